//! How far the bank has followed the token service's events.

use sqlx::Row;

use super::{Connection, StorageError};

/// The number of the last event acted on; 0 for none.
pub(crate) async fn last(connection: &mut Connection) -> Result<u64, StorageError> {
    let row = sqlx::query("SELECT last FROM events_heard")
        .fetch_one(connection)
        .await?;
    Ok(u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or_default())
}

/// Notes that the event of this number was acted on. False if it was before.
pub(crate) async fn note(connection: &mut Connection, number: u64) -> Result<bool, StorageError> {
    let done = sqlx::query("UPDATE events_heard SET last = $1 WHERE last < $1")
        .bind(i64::try_from(number).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(done.rows_affected() == 1)
}
