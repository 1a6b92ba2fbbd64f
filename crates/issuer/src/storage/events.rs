//! What banks are told: an event beside each entry of the audit trail that changes something for a
//! customer. Numbers are given while their row is held, so no event appears behind a later one.

use skts_otp::UnixTime;

use super::institutions::{seconds, time};
use super::sql::{Row, query};
use super::{Connection, StorageError};
use crate::audit::{Action, Entry};

/// An event, as stored.
#[derive(Debug)]
pub(crate) struct EventRow {
    pub(crate) number: u64,
    pub(crate) at: UnixTime,
    pub(crate) kind: String,
    pub(crate) subscriber_ref: String,
    pub(crate) serial: Option<String>,
    pub(crate) state: Option<String>,
}

/// Adds the event that goes with `entry`, if one does.
pub(super) async fn add(
    connection: &mut Connection,
    entry: &Entry<'_>,
) -> Result<(), StorageError> {
    let Some(subscriber_ref) = entry.subscriber_ref.filter(|_| is_news(entry)) else {
        return Ok(());
    };
    let row = query(
        "INSERT INTO event_numbers (institution_id, last) VALUES ($1, 1)
         ON CONFLICT (institution_id) DO UPDATE SET last = event_numbers.last + 1
         RETURNING last",
    )
    .bind(entry.institution_id)
    .fetch_one(connection)
    .await?;
    query(
        "INSERT INTO events (institution_id, number, at, kind, subscriber_ref, serial, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(entry.institution_id)
    .bind(row.get::<i64>(0)?)
    .bind(seconds(entry.at))
    .bind(entry.action.as_str())
    .bind(subscriber_ref)
    .bind(entry.serial)
    .bind(entry.state)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether a bank is told of `entry`, if it is about one of its customers.
pub(super) fn is_news(entry: &Entry<'_>) -> bool {
    let told = entry.state.is_some()
        || matches!(
            entry.action,
            Action::OtherDevice | Action::RenewalDue | Action::Report
        );
    told && (entry.outcome != "refused" || entry.action == Action::OtherDevice)
}

/// The first `most` events after `number`.
pub(crate) async fn after(
    connection: &mut Connection,
    institution_id: &str,
    number: u64,
    most: u32,
) -> Result<Vec<EventRow>, StorageError> {
    let rows = query(
        "SELECT number, at, kind, subscriber_ref, serial, state FROM events
         WHERE institution_id = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(institution_id)
    .bind(i64::try_from(number).unwrap_or(i64::MAX))
    .bind(i64::from(most))
    .fetch_all(connection)
    .await?;
    rows.iter().map(EventRow::from_row).collect()
}

impl EventRow {
    fn from_row(row: &Row) -> Result<Self, StorageError> {
        Ok(Self {
            number: u64::try_from(row.get::<i64>(0)?).unwrap_or(0),
            at: time(row.get(1)?),
            kind: row.get(2)?,
            subscriber_ref: row.get(3)?,
            serial: row.get(4)?,
            state: row.get(5)?,
        })
    }
}

/// Forgets events long past, but none that a webhook still has to take.
pub(crate) async fn prune(
    connection: &mut Connection,
    now: UnixTime,
    kept_secs: u64,
) -> Result<(), StorageError> {
    query(
        "DELETE FROM events WHERE at + $2 <= $1 AND NOT EXISTS
             (SELECT 1 FROM webhooks w
              WHERE w.institution_id = events.institution_id AND w.delivered < events.number)",
    )
    .bind(seconds(now))
    .bind(i64::try_from(kept_secs).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(())
}

/// Where an institution's events are sent.
#[derive(Debug)]
pub(crate) struct WebhookRow {
    pub(crate) institution_id: String,
    pub(crate) url: String,
    /// Sealed.
    pub(crate) secret: Vec<u8>,
    pub(crate) delivered: u64,
    pub(crate) failures: u32,
}

/// Sets where events are sent, beginning with those to come; none ends it.
pub(crate) async fn set_webhook(
    connection: &mut Connection,
    institution_id: &str,
    target: Option<(&str, &[u8])>,
) -> Result<(), StorageError> {
    let Some((url, secret)) = target else {
        query("DELETE FROM webhooks WHERE institution_id = $1")
            .bind(institution_id)
            .execute(connection)
            .await?;
        return Ok(());
    };
    query(
        "INSERT INTO webhooks (institution_id, url, secret, delivered)
         VALUES ($1, $2, $3,
                 COALESCE((SELECT last FROM event_numbers WHERE institution_id = $1), 0))
         ON CONFLICT (institution_id) DO UPDATE
             SET url = excluded.url, secret = excluded.secret, failures = 0, not_before = 0",
    )
    .bind(institution_id)
    .bind(url)
    .bind(secret)
    .execute(connection)
    .await?;
    Ok(())
}

/// Takes the webhook that has waited longest to send something now, so that no other process sends it
/// meanwhile. One only: the next would wait for it, and be held no longer when its turn comes.
pub(crate) async fn take_due(
    connection: &mut Connection,
    now: UnixTime,
    held_secs: u64,
) -> Result<Option<WebhookRow>, StorageError> {
    let row = query(
        "UPDATE webhooks SET not_before = $1 + $2
         WHERE not_before <= $1 AND institution_id =
             (SELECT w.institution_id FROM webhooks w
              WHERE w.not_before <= $1 AND EXISTS
                  (SELECT 1 FROM events e
                   WHERE e.institution_id = w.institution_id AND e.number > w.delivered)
              ORDER BY w.not_before, w.institution_id LIMIT 1)
         RETURNING institution_id, url, secret, delivered, failures",
    )
    .bind(seconds(now))
    .bind(i64::try_from(held_secs).unwrap_or(i64::MAX))
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        Ok(WebhookRow {
            institution_id: row.get(0)?,
            url: row.get(1)?,
            secret: row.get(2)?,
            delivered: u64::try_from(row.get::<i64>(3)?).unwrap_or(0),
            failures: u32::try_from(row.get::<i64>(4)?).unwrap_or(u32::MAX),
        })
    })
    .transpose()
}

/// How many events webhooks have not taken yet.
pub(crate) async fn undelivered(connection: &mut Connection) -> Result<u64, StorageError> {
    let row = query(
        "SELECT COUNT(*) FROM webhooks w
         JOIN events e ON e.institution_id = w.institution_id AND e.number > w.delivered",
    )
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(row.get::<i64>(0)?).unwrap_or(0))
}

/// Notes how a sending went: taken up to `delivered`, or to be tried again from `not_before` on.
pub(crate) async fn note_sent(
    connection: &mut Connection,
    institution_id: &str,
    delivered: u64,
    failures: u32,
    not_before: UnixTime,
) -> Result<(), StorageError> {
    query(
        "UPDATE webhooks SET delivered = $2, failures = $3, not_before = $4
         WHERE institution_id = $1 AND delivered <= $2",
    )
    .bind(institution_id)
    .bind(i64::try_from(delivered).unwrap_or(i64::MAX))
    .bind(i64::from(failures))
    .bind(seconds(not_before))
    .execute(connection)
    .await?;
    Ok(())
}
