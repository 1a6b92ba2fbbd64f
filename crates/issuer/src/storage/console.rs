//! What the console shows of tokens.

use skts_otp::{AssuranceLevel, UnixTime};

use super::institutions::time;
use super::sql::query;
use super::tokens::level_from;
use super::{Connection, StorageError};
use crate::rules::token::{TokenKind, TokenState};

/// A token as a line of a table.
#[derive(Debug)]
pub(crate) struct TokenLine {
    pub(crate) serial: String,
    pub(crate) subscriber_ref: Option<String>,
    pub(crate) kind: TokenKind,
    pub(crate) state: TokenState,
    pub(crate) device_label: String,
    /// What is proved of the device.
    pub(crate) level: AssuranceLevel,
    pub(crate) registered_at: Option<UnixTime>,
    pub(crate) expires_at: UnixTime,
}

impl TokenLine {
    /// Where it stands at `now`, whoever wrote that down.
    pub(crate) fn state_at(&self, now: UnixTime) -> TokenState {
        if now >= self.expires_at && !self.state.is_final() {
            TokenState::Expired
        } else {
            self.state
        }
    }
}

/// An institution's tokens of this customer or of this serial, the latest first.
pub(crate) async fn lines(
    connection: &mut Connection,
    institution_id: &str,
    customer: Option<&str>,
    serial: Option<&str>,
) -> Result<Vec<TokenLine>, StorageError> {
    const MOST: i64 = 50;
    let rows = query(
        "SELECT serial, subscriber_ref, kind, state, device_label, registered_at, expires_at,
                level
         FROM tokens
         WHERE institution_id = $1 AND (subscriber_ref = $2 OR serial = $3)
         ORDER BY registered_at DESC, serial LIMIT $4",
    )
    .bind(institution_id)
    .bind(customer)
    .bind(serial)
    .bind(MOST)
    .fetch_all(connection)
    .await?;
    let wrong = |column| StorageError::Inconsistent {
        table: "tokens",
        column,
    };
    rows.iter()
        .map(|row| {
            Ok(TokenLine {
                serial: row.get(0)?,
                subscriber_ref: row.get(1)?,
                kind: row.get::<&str>(2)?.parse().map_err(|_| wrong("kind"))?,
                state: row.get::<&str>(3)?.parse().map_err(|_| wrong("state"))?,
                device_label: row.get(4)?,
                registered_at: row.get::<Option<i64>>(5)?.map(time),
                expires_at: time(row.get(6)?),
                level: level_from(row, 7)?,
            })
        })
        .collect()
}
