//! A token's way from state to state, and what an exchange is proved by.

use skts_otp::{Drift, TimeStep, UnixTime};
use skts_provisioning::ids::RequestId;

use super::institutions::seconds;
use super::sql::query;
use super::tokens::step_column;
use super::{Connection, StorageError};
use crate::rules::token::TokenState;

/// Moves a token from one state to another (`rules::token` says from where to where). False if it
/// was not there any more.
pub(crate) async fn move_on(
    connection: &mut Connection,
    serial: &str,
    from: TokenState,
    to: TokenState,
    now: UnixTime,
) -> Result<bool, StorageError> {
    // What there are copies of is not in use again. Wrong codes are over once staff unlock, not by being held and released; those in a row stay
    // (`rules::throttle`).
    let changed = query(
        "UPDATE tokens
         SET state = $3, fails = CASE WHEN state = 'locked' THEN 0 ELSE fails END,
             not_before = CASE WHEN state = 'locked' THEN NULL ELSE not_before END
         WHERE serial = $1 AND state = $2 AND expires_at > $4
           AND (copy_suspected = FALSE OR $3 <> 'active')",
    )
    .bind(serial)
    .bind(from.as_str())
    .bind(to.as_str())
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// That a customer has the token in use at hand: the call by which its last code was accepted.
#[derive(Debug)]
pub(crate) struct Proof<'a> {
    pub(crate) institution_id: &'a str,
    pub(crate) subscriber_ref: &'a str,
    pub(crate) request_id: &'a RequestId,
    /// When the code may have been accepted at the earliest.
    pub(crate) not_older: UnixTime,
}

/// The serial of the token that `proof` speaks of, if it is good.
pub(crate) async fn proved(
    connection: &mut Connection,
    proof: &Proof<'_>,
    now: UnixTime,
) -> Result<Option<String>, StorageError> {
    let row = query(
        "SELECT serial FROM tokens
         WHERE institution_id = $1 AND subscriber_ref = $2 AND state = 'active'
           AND last_call = $3 AND last_call_at >= $4 AND expires_at > $5",
    )
    .bind(proof.institution_id)
    .bind(proof.subscriber_ref)
    .bind(proof.request_id.as_bytes())
    .bind(seconds(proof.not_older))
    .bind(seconds(now))
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Active → Replaced, while `proof` is good.
pub(crate) async fn replace(
    connection: &mut Connection,
    serial: &str,
    proof: &Proof<'_>,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens SET state = 'replaced'
         WHERE serial = $1 AND state = 'active' AND last_call = $2 AND last_call_at >= $3
           AND expires_at > $4",
    )
    .bind(serial)
    .bind(proof.request_id.as_bytes())
    .bind(seconds(proof.not_older))
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Sets the drift that two consecutive codes showed, and takes both: the next code is the first that
/// is accepted. False if a later code was accepted before, or the token is not open now.
pub(crate) async fn resync(
    connection: &mut Connection,
    serial: &str,
    second: TimeStep,
    drift: Drift,
    now: UnixTime,
) -> Result<bool, StorageError> {
    // Codes taken for a resync prove nothing for an exchange, and end what proved it before.
    let changed = query(
        "UPDATE tokens
         SET last_step = $2, drift = $3, fails = 0, wrong_in_a_row = 0, not_before = NULL,
             last_call_at = 0
         WHERE serial = $1 AND state = 'active' AND expires_at > $4
           AND (not_before IS NULL OR not_before <= $4) AND last_step < $2 - 1",
    )
    .bind(serial)
    .bind(step_column(second))
    .bind(i64::from(drift.steps()))
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}
