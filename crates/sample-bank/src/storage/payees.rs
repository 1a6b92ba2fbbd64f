//! Accounts that customers have sent money to.

use skts_otp::UnixTime;

use super::{Connection, StorageError, seconds};

/// An account, as the customer typed it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PayeeKey<'a> {
    pub(crate) contract_id: &'a str,
    pub(crate) bank: &'a str,
    pub(crate) branch: &'a str,
    /// Seven digits.
    pub(crate) account: &'a str,
}

/// Whether the customer has sent money there.
pub(crate) async fn is_known(
    connection: &mut Connection,
    key: PayeeKey<'_>,
) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT 1 FROM payees WHERE contract_id = $1 AND bank = $2 AND branch = $3 AND account = $4",
    )
    .bind(key.contract_id)
    .bind(key.bank)
    .bind(key.branch)
    .bind(key.account)
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Notes that the customer has sent money there.
pub(crate) async fn remember(
    connection: &mut Connection,
    key: PayeeKey<'_>,
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO payees (contract_id, bank, branch, account, first_sent_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(key.contract_id)
    .bind(key.bank)
    .bind(key.branch)
    .bind(key.account)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}
