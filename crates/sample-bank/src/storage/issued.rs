//! Tokens issued and not in use yet.

use chrono::NaiveDate;
use sqlx::Row;

use super::{Connection, StorageError};
use crate::rules::standing::Pending;

/// What is issued, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum IssuedRow {
    /// For the app: サービスID and ユーザID.
    Software { service_id: String, user_id: String },
    /// A device, and about when it arrives.
    Hardware { arrives_on: NaiveDate },
}

impl IssuedRow {
    /// Its kind.
    pub(crate) const fn pending(&self) -> Pending {
        match self {
            Self::Software { .. } => Pending::Software,
            Self::Hardware { .. } => Pending::Hardware,
        }
    }
}

/// What is issued to the customer.
pub(crate) async fn of_contract(
    connection: &mut Connection,
    contract_id: &str,
) -> Result<Option<IssuedRow>, StorageError> {
    let row = sqlx::query(
        "SELECT service_id, user_id, arrives_on FROM issued_tokens WHERE contract_id = $1",
    )
    .bind(contract_id)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(match row.try_get::<Option<&str>, _>(2)? {
        None => IssuedRow::Software {
            service_id: row.try_get(0)?,
            user_id: row.try_get(1)?,
        },
        Some(day) => IssuedRow::Hardware {
            arrives_on: day.parse().map_err(|_| StorageError::Inconsistent {
                table: "issued_tokens",
                column: "arrives_on",
            })?,
        },
    }))
}

/// This is issued from now on; what was before is void.
pub(crate) async fn put(
    connection: &mut Connection,
    contract_id: &str,
    issued: &IssuedRow,
) -> Result<(), StorageError> {
    let (service_id, user_id, arrives_on) = match issued {
        IssuedRow::Software {
            service_id,
            user_id,
        } => (Some(service_id), Some(user_id), None),
        IssuedRow::Hardware { arrives_on } => (None, None, Some(arrives_on.to_string())),
    };
    sqlx::query(
        "INSERT OR REPLACE INTO issued_tokens (contract_id, service_id, user_id, arrives_on)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(contract_id)
    .bind(service_id)
    .bind(user_id)
    .bind(arrives_on)
    .execute(connection)
    .await?;
    Ok(())
}

/// It is in use, or void.
pub(crate) async fn clear(
    connection: &mut Connection,
    contract_id: &str,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM issued_tokens WHERE contract_id = $1")
        .bind(contract_id)
        .execute(connection)
        .await?;
    Ok(())
}
