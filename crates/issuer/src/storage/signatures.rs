//! Payments to be signed. A challenge is good once, and so is a payment's signature.

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;

use super::institutions::seconds;
use super::sql::query;
use super::{Connection, StorageError};
use crate::rules::sign::Signed;

/// A challenge, as stored.
#[derive(Debug)]
pub(crate) struct ChallengeRow {
    /// 64 hexadecimal digits.
    pub(crate) payment: String,
    /// 8 digits, for a token with a keypad.
    pub(crate) keypad: Option<String>,
    /// Whether it was answered.
    pub(crate) signed: bool,
}

/// Keeps a challenge.
pub(crate) async fn keep(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
    request_id: &RequestId,
    challenge: &ChallengeRow,
    expires_at: UnixTime,
) -> Result<(), StorageError> {
    query(
        "INSERT INTO signing_challenges
             (institution_id, request_id, subscriber_ref, payment, keypad, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(institution_id)
    .bind(request_id.as_bytes())
    .bind(subscriber_ref)
    .bind(&challenge.payment)
    .bind(&challenge.keypad)
    .bind(seconds(expires_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// The customer's challenge, unless its time is over.
pub(crate) async fn find(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
    request_id: &RequestId,
    now: UnixTime,
) -> Result<Option<ChallengeRow>, StorageError> {
    let row = query(
        "SELECT payment, keypad, signed_by FROM signing_challenges
         WHERE institution_id = $1 AND request_id = $2 AND subscriber_ref = $3 AND expires_at > $4",
    )
    .bind(institution_id)
    .bind(request_id.as_bytes())
    .bind(subscriber_ref)
    .bind(seconds(now))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(ChallengeRow {
        payment: row.get(0)?,
        keypad: row.get(1)?,
        signed: row.get::<Option<String>>(2)?.is_some(),
    }))
}

/// Whether this token signed this payment at this step before: the same digits then.
pub(crate) async fn was_signed(
    connection: &mut Connection,
    serial: &str,
    payment: &str,
    step: i64,
) -> Result<bool, StorageError> {
    let row = query(
        "SELECT 1 FROM signing_challenges
         WHERE signed_by = $1 AND payment = $2 AND signed_at_step = $3",
    )
    .bind(serial)
    .bind(payment)
    .bind(step)
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Uses a challenge up. False if it was.
pub(crate) async fn sign(
    connection: &mut Connection,
    institution_id: &str,
    request_id: &RequestId,
    serial: &str,
    step: i64,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE signing_challenges SET signed_by = $3, signed_at_step = $4
         WHERE institution_id = $1 AND request_id = $2 AND signed_by IS NULL",
    )
    .bind(institution_id)
    .bind(request_id.as_bytes())
    .bind(serial)
    .bind(step)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Notes a signature at its token, while that is open; wrong codes before it are over. False if it is not
/// open, or used up. With a counter, none up to this one is good any more; of a step others may follow.
pub(crate) async fn accept(
    connection: &mut Connection,
    serial: &str,
    signed: Signed,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens
         SET sign_last = CASE WHEN $4 THEN $2 ELSE sign_last END, accepted = accepted + 1,
             fails = 0, wrong_in_a_row = 0, not_before = NULL
         WHERE serial = $1 AND state = 'active' AND expires_at > $3
           AND (not_before IS NULL OR not_before <= $3) AND ($5 = FALSE OR sign_last < $2)",
    )
    .bind(serial)
    .bind(signed.step)
    .bind(seconds(now))
    .bind(signed.counts)
    .bind(signed.moves)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Forgets challenges long over. They are kept as long as a signature of theirs could come again.
pub(crate) async fn prune(
    connection: &mut Connection,
    now: UnixTime,
    kept_secs: u64,
) -> Result<(), StorageError> {
    query("DELETE FROM signing_challenges WHERE expires_at + $2 <= $1")
        .bind(seconds(now))
        .bind(i64::try_from(kept_secs).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}
