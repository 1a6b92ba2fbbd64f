//! What banks asked and were told, and wrong codes at registration.

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;

use super::institutions::seconds;
use super::sql::{Value, places, query, query_of};
use super::{Connection, StorageError};
use crate::rules::throttle::wait_secs;

/// What is known of a call with this id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Earlier {
    /// Nothing.
    None,
    /// The same call: its answer.
    Same(String),
    /// Another call under the same id.
    Other,
}

/// Looks for an earlier call.
pub(crate) async fn earlier(
    connection: &mut Connection,
    institution_id: &str,
    request_id: &RequestId,
    digest: &[u8; 32],
) -> Result<Earlier, StorageError> {
    let row =
        query("SELECT digest, answer FROM rp_calls WHERE institution_id = $1 AND request_id = $2")
            .bind(institution_id)
            .bind(request_id.as_bytes())
            .fetch_optional(connection)
            .await?;
    let Some(row) = row else {
        return Ok(Earlier::None);
    };
    if row.get::<&[u8]>(0)? == digest {
        Ok(Earlier::Same(row.get(1)?))
    } else {
        Ok(Earlier::Other)
    }
}

/// A call and its answer, to be kept.
#[derive(Debug)]
pub(crate) struct KeptCall<'a> {
    pub(crate) institution_id: &'a str,
    pub(crate) request_id: &'a RequestId,
    pub(crate) digest: &'a [u8; 32],
    pub(crate) answer: String,
    pub(crate) now: UnixTime,
}

/// Keeps calls and their answers.
pub(crate) async fn keep_all(
    connection: &mut Connection,
    calls: &[KeptCall<'_>],
) -> Result<(), StorageError> {
    if calls.is_empty() {
        return Ok(());
    }
    let places = places(calls.len(), KEPT);
    let values = calls.iter().flat_map(kept);
    query_of(format!(
        "INSERT INTO rp_calls ({KEPT_COLUMNS}) VALUES {places}"
    ))
    .bind_all(values)
    .execute(connection)
    .await?;
    Ok(())
}

/// The columns of a call that is kept.
pub(super) const KEPT_COLUMNS: &str = "institution_id, request_id, digest, answer, created_at";
/// How many those are.
pub(super) const KEPT: usize = 5;

/// What goes into [`KEPT_COLUMNS`].
pub(super) fn kept<'c>(call: &'c KeptCall<'_>) -> [Value<'c>; KEPT] {
    [
        call.institution_id.into(),
        call.request_id.as_bytes().into(),
        call.digest.into(),
        (&call.answer).into(),
        seconds(call.now).into(),
    ]
}

/// Whether the customer may try to register now.
pub(crate) async fn may_register(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let row = query(
        "SELECT not_before FROM registration_tries
         WHERE institution_id = $1 AND subscriber_ref = $2",
    )
    .bind(institution_id)
    .bind(subscriber_ref)
    .fetch_optional(connection)
    .await?;
    match row {
        None => Ok(true),
        Some(row) => Ok(row.get::<i64>(0)? <= seconds(now)),
    }
}

/// Counts a wrong code at registration, against the customer.
pub(crate) async fn count_registration_failure(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
    now: UnixTime,
) -> Result<(), StorageError> {
    let row = query(
        "INSERT INTO registration_tries (institution_id, subscriber_ref, fails, not_before)
         VALUES ($1, $2, 1, 0)
         ON CONFLICT (institution_id, subscriber_ref)
             DO UPDATE SET fails = registration_tries.fails + 1
         RETURNING fails",
    )
    .bind(institution_id)
    .bind(subscriber_ref)
    .fetch_one(&mut *connection)
    .await?;
    let fails = u32::try_from(row.get::<i64>(0)?).unwrap_or(u32::MAX);
    query(
        "UPDATE registration_tries SET not_before = $3
         WHERE institution_id = $1 AND subscriber_ref = $2",
    )
    .bind(institution_id)
    .bind(subscriber_ref)
    .bind(seconds(now.saturating_add_secs(wait_secs(fails))))
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets wrong codes after a right one.
pub(crate) async fn clear_registration_failures(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
) -> Result<(), StorageError> {
    query("DELETE FROM registration_tries WHERE institution_id = $1 AND subscriber_ref = $2")
        .bind(institution_id)
        .bind(subscriber_ref)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets old calls.
pub(crate) async fn prune(
    connection: &mut Connection,
    now: UnixTime,
    kept_secs: u64,
) -> Result<(), StorageError> {
    query("DELETE FROM rp_calls WHERE created_at + $2 <= $1")
        .bind(seconds(now))
        .bind(i64::try_from(kept_secs).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}
