//! Hardware tokens of the demonstration.

use skts_otp::{SerialNumber, UnixTime};
use sqlx::Row;

use super::{Connection, StorageError, seconds, time};

/// A device, as stored.
#[derive(Clone)]
pub(crate) struct CardRow {
    pub(crate) serial: SerialNumber,
    pub(crate) secret: Vec<u8>,
    pub(crate) expires_at: UnixTime,
    /// When its button was pressed last.
    pub(crate) pressed_at: UnixTime,
}

impl std::fmt::Debug for CardRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CardRow({})", self.serial)
    }
}

impl CardRow {
    fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, StorageError> {
        let wrong = |column| StorageError::Inconsistent {
            table: "demo_cards",
            column,
        };
        Ok(Self {
            serial: SerialNumber::parse(row.try_get(0)?).map_err(|_| wrong("serial"))?,
            secret: hex::decode(row.try_get::<&str, _>(1)?).map_err(|_| wrong("secret_hex"))?,
            expires_at: time(row.try_get(2)?),
            pressed_at: time(row.try_get(3)?),
        })
    }
}

/// Adds a device.
pub(crate) async fn add(connection: &mut Connection, card: &CardRow) -> Result<(), StorageError> {
    sqlx::query("INSERT INTO demo_cards (serial, secret_hex, expires_at) VALUES ($1, $2, $3)")
        .bind(card.serial.as_str())
        .bind(hex::encode(&card.secret))
        .bind(seconds(card.expires_at))
        .execute(connection)
        .await?;
    Ok(())
}

/// Every device.
pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<CardRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT serial, secret_hex, expires_at, pressed_at FROM demo_cards ORDER BY rowid",
    )
    .fetch_all(connection)
    .await?;
    rows.iter().map(CardRow::from_row).collect()
}

/// One device.
pub(crate) async fn of_serial(
    connection: &mut Connection,
    serial: &str,
) -> Result<Option<CardRow>, StorageError> {
    let row = sqlx::query(
        "SELECT serial, secret_hex, expires_at, pressed_at FROM demo_cards WHERE serial = $1",
    )
    .bind(serial)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(CardRow::from_row).transpose()
}

/// Its button is pressed.
pub(crate) async fn press(
    connection: &mut Connection,
    serial: &str,
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE demo_cards SET pressed_at = $2 WHERE serial = $1")
        .bind(serial)
        .bind(seconds(now))
        .execute(connection)
        .await?;
    Ok(())
}
