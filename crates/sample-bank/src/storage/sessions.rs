//! Sessions, wrong login passwords, and the demonstration's clock.

use skts_otp::UnixTime;
use sqlx::Row;

use super::{Connection, StorageError, seconds, time};
use crate::rules::tries::login_wait_secs;

/// A session, as stored.
#[derive(Debug, Clone)]
pub(crate) struct SessionRow {
    /// SHA-256 of what the cookie holds.
    pub(crate) id_hash: [u8; 32],
    pub(crate) csrf: String,
    /// Who is logged in.
    pub(crate) contract_id: Option<String>,
    pub(crate) staff: bool,
}

/// Adds a session.
pub(crate) async fn add(
    connection: &mut Connection,
    session: &SessionRow,
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO sessions (id_hash, csrf, contract_id, staff, created_at, seen_at)
         VALUES ($1, $2, $3, $4, $5, $5)",
    )
    .bind(session.id_hash.as_slice())
    .bind(&session.csrf)
    .bind(&session.contract_id)
    .bind(session.staff)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// A session used since `not_idle_since` and begun since `not_older`, and when it was used last.
pub(crate) async fn find(
    connection: &mut Connection,
    id_hash: &[u8; 32],
    not_idle_since: UnixTime,
    not_older: UnixTime,
) -> Result<Option<(SessionRow, UnixTime)>, StorageError> {
    let row = sqlx::query(
        "SELECT csrf, contract_id, staff, seen_at FROM sessions
         WHERE id_hash = $1 AND seen_at >= $2 AND created_at >= $3",
    )
    .bind(id_hash.as_slice())
    .bind(seconds(not_idle_since))
    .bind(seconds(not_older))
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let session = SessionRow {
        id_hash: *id_hash,
        csrf: row.try_get(0)?,
        contract_id: row.try_get(1)?,
        staff: row.try_get(2)?,
    };
    Ok(Some((session, time(row.try_get(3)?))))
}

/// Notes a use. Not of a session that was ended meanwhile.
pub(crate) async fn touch(
    connection: &mut Connection,
    id_hash: &[u8; 32],
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE sessions SET seen_at = $2 WHERE id_hash = $1 AND seen_at > 0")
        .bind(id_hash.as_slice())
        .bind(seconds(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends a session with its procedures. Those with an open question stay, beyond anybody's reach,
/// until it is answered.
pub(crate) async fn end(
    connection: &mut Connection,
    id_hash: &[u8; 32],
) -> Result<(), StorageError> {
    sqlx::query("UPDATE sessions SET seen_at = 0, contract_id = NULL WHERE id_hash = $1")
        .bind(id_hash.as_slice())
        .execute(&mut *connection)
        .await?;
    prune_sessions(connection, UnixTime::from_secs(1)).await
}

async fn prune_sessions(
    connection: &mut Connection,
    idle_since: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query(
        "DELETE FROM sessions WHERE seen_at < $1 AND id_hash NOT IN
             (SELECT session FROM runs WHERE call IS NOT NULL)",
    )
    .bind(seconds(idle_since))
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what is over. A run whose question is still open stays: its answer counts.
pub(crate) async fn prune(
    connection: &mut Connection,
    idle_since: UnixTime,
    tries_before: UnixTime,
) -> Result<(), StorageError> {
    prune_sessions(connection, idle_since).await?;
    sqlx::query("DELETE FROM login_tries WHERE last_at < $1 AND not_before < $1")
        .bind(seconds(tries_before))
        .execute(connection)
        .await?;
    Ok(())
}

/// Counts a try before its password is looked at, so that no number of parallel tries gets more.
/// False if the wait is not over: then nothing is looked at.
pub(crate) async fn count_login_try(
    connection: &mut Connection,
    subject: &str,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "INSERT INTO login_tries (subject, fails, not_before, last_at) VALUES ($1, 1, 0, $2)
         ON CONFLICT (subject) DO UPDATE SET fails = fails + 1, last_at = $2
             WHERE not_before <= $2
         RETURNING fails",
    )
    .bind(subject)
    .bind(seconds(now))
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(false) };
    let fails = u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or(u32::MAX);
    sqlx::query("UPDATE login_tries SET not_before = $2 WHERE subject = $1")
        .bind(subject)
        .bind(seconds(now.saturating_add_secs(login_wait_secs(fails))))
        .execute(connection)
        .await?;
    Ok(true)
}

/// Forgets wrong ones after a right one.
pub(crate) async fn clear_login_tries(
    connection: &mut Connection,
    subject: &str,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM login_tries WHERE subject = $1")
        .bind(subject)
        .execute(connection)
        .await?;
    Ok(())
}

/// Days that the bank's own today lies ahead.
pub(crate) async fn days_ahead(connection: &mut Connection) -> Result<u32, StorageError> {
    let row = sqlx::query("SELECT days_ahead FROM demo_clock")
        .fetch_one(connection)
        .await?;
    Ok(u32::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// Moves the bank's own today on by a day, up to a year.
pub(crate) async fn go_one_day_ahead(connection: &mut Connection) -> Result<(), StorageError> {
    sqlx::query("UPDATE demo_clock SET days_ahead = days_ahead + 1 WHERE days_ahead < 366")
        .execute(connection)
        .await?;
    Ok(())
}
