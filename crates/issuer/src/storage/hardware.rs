//! Hardware tokens: brought in by the file, sent to a customer, reported as faulty.

use skts_otp::{AssuranceLevel, Drift, SerialNumber, TokenPolicy, UnixTime};

use super::institutions::{policy_to_json, seconds, time};
use super::sql::query;
use super::{Connection, StorageError};
use crate::rules::token::TokenKind;

/// A hardware token about to be stored.
#[derive(Debug)]
pub(crate) struct NewHardware<'a> {
    pub(crate) serial: &'a SerialNumber,
    pub(crate) institution_id: &'a str,
    pub(crate) kind: TokenKind,
    pub(crate) secrets: &'a [u8],
    pub(crate) key_version: i64,
    pub(crate) policy: &'a TokenPolicy,
    pub(crate) model: &'a str,
    pub(crate) drift: Drift,
    /// The counter before its next one; −1 for none, and for a token with a clock.
    pub(crate) last_step: i64,
    pub(crate) sign_suite: Option<&'a str>,
    pub(crate) started_at: UnixTime,
    pub(crate) expires_at: UnixTime,
}

/// Stores a hardware token, not yet sent to anybody. False if there is, or ever was, one of its serial.
pub(crate) async fn add(
    connection: &mut Connection,
    new: &NewHardware<'_>,
) -> Result<bool, StorageError> {
    let policy = policy_to_json(new.policy);
    // A key in a sealed case, of which nothing was proved to this service.
    let level = AssuranceLevel::L2;
    let changed = query(
        "INSERT INTO tokens
             (serial, institution_id, state, kind, secrets, key_version, policy, level, device_id,
              device_label, match_number, drift, last_step, sign_suite, started_at, expires_at,
              confirmed_at)
         VALUES ($1, $2, 'provisioned', $3, $4, $5, $6, $7, $8, $9, '', $10, $11, $12, $13, $14, $13)
         ON CONFLICT (serial) DO NOTHING",
    )
    .bind(new.serial.as_str())
    .bind(new.institution_id)
    .bind(new.kind.as_str())
    .bind(new.secrets)
    .bind(new.key_version)
    .bind(&policy)
    .bind(i64::from(u8::from(level)))
    .bind(b"".as_slice())
    .bind(new.model)
    .bind(i64::from(new.drift.steps()))
    .bind(new.last_step)
    .bind(new.sign_suite)
    .bind(seconds(new.started_at))
    .bind(seconds(new.expires_at))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Notes to whom a token was sent. Returns until when it can be used, or none if it is no hardware
/// token of this institution that is still to be registered.
pub(crate) async fn assign(
    connection: &mut Connection,
    institution_id: &str,
    serial: &SerialNumber,
    subscriber_ref: &str,
    now: UnixTime,
) -> Result<Option<UnixTime>, StorageError> {
    let row = query(
        "UPDATE tokens SET sent_to = $3
         WHERE serial = $1 AND institution_id = $2 AND kind <> 'soft' AND state = 'provisioned'
           AND expires_at > $4
         RETURNING expires_at",
    )
    .bind(serial.as_str())
    .bind(institution_id)
    .bind(subscriber_ref)
    .bind(seconds(now))
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get(0).map(time)).transpose()
}

/// Notes what the customer says is wrong. False if he has no hardware token in use.
pub(crate) async fn report(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
    fault: &str,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens SET reported = $3
         WHERE institution_id = $1 AND subscriber_ref = $2 AND kind <> 'soft'
           AND state IN ('active', 'locked', 'suspended')",
    )
    .bind(institution_id)
    .bind(subscriber_ref)
    .bind(fault)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}
