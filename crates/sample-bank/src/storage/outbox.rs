//! Mail on its way to customers.

use skts_otp::UnixTime;
use sqlx::Row;

use super::{Connection, StorageError, seconds};

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MailRow {
    pub(crate) id: i64,
    /// The same at every try, so that the receiving side knows a repeat.
    pub(crate) message_id: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body: String,
    pub(crate) created_at: i64,
    pub(crate) tries: u32,
}

/// A mail to be queued.
#[derive(Debug, Clone)]
pub(crate) struct NewMail {
    /// What it tells of: a second mail of the same event is not queued.
    pub(crate) event: String,
    pub(crate) message_id: String,
    pub(crate) recipient: String,
    pub(crate) subject: String,
    pub(crate) body: String,
}

/// Queues a mail, in the transaction of what it tells.
pub(crate) async fn queue(
    connection: &mut Connection,
    mail: &NewMail,
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO mail_outbox
             (event, message_id, recipient, subject, body, created_at, next_try_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6) ON CONFLICT (event) DO NOTHING",
    )
    .bind(&mail.event)
    .bind(&mail.message_id)
    .bind(&mail.recipient)
    .bind(&mail.subject)
    .bind(&mail.body)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// How long a mail that is not taken keeps back what its customer is to read after it.
const IN_ORDER_SECS: i64 = 24 * 3600;

/// The mail that is due longest. A customer reads what happened in its order: an earlier mail to the
/// same address goes first, unless that address has not taken it for a day.
pub(crate) async fn due(
    connection: &mut Connection,
    now: UnixTime,
) -> Result<Option<MailRow>, StorageError> {
    let row = sqlx::query(
        "SELECT id, message_id, recipient, subject, body, created_at, tries FROM mail_outbox m
         WHERE sent_at IS NULL AND next_try_at <= $1 AND NOT EXISTS
             (SELECT 1 FROM mail_outbox earlier
              WHERE earlier.recipient = m.recipient AND earlier.id < m.id
                AND earlier.sent_at IS NULL AND earlier.created_at + $2 > $1)
         ORDER BY next_try_at, id LIMIT 1",
    )
    .bind(seconds(now))
    .bind(IN_ORDER_SECS)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(MailRow {
        id: row.try_get(0)?,
        message_id: row.try_get(1)?,
        recipient: row.try_get(2)?,
        subject: row.try_get(3)?,
        body: row.try_get(4)?,
        created_at: row.try_get(5)?,
        tries: u32::try_from(row.try_get::<i64, _>(6)?).unwrap_or(u32::MAX),
    }))
}

/// It was taken by the mail server.
pub(crate) async fn sent(
    connection: &mut Connection,
    id: i64,
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE mail_outbox SET sent_at = $2 WHERE id = $1")
        .bind(id)
        .bind(seconds(now))
        .execute(connection)
        .await?;
    Ok(())
}

/// It was not taken: again at `next_try_at`.
pub(crate) async fn postpone(
    connection: &mut Connection,
    id: i64,
    next_try_at: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE mail_outbox SET tries = tries + 1, next_try_at = $2 WHERE id = $1")
        .bind(id)
        .bind(seconds(next_try_at))
        .execute(connection)
        .await?;
    Ok(())
}
