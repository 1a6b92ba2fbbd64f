//! Money and receipts.

use chrono::NaiveDate;
use skts_otp::UnixTime;
use sqlx::Row;

use super::{Connection, StorageError, seconds, time};
use crate::screen::Table;

/// A receipt, as stored.
#[derive(Debug, Clone)]
pub(crate) struct ReceiptRow {
    /// 受付番号.
    pub(crate) number: i64,
    pub(crate) title: String,
    /// 受付時刻.
    pub(crate) accepted_at: UnixTime,
    pub(crate) tables: Vec<Table>,
}

/// A receipt to be written.
#[derive(Debug)]
pub(crate) struct NewReceipt<'a> {
    pub(crate) contract_id: &'a str,
    pub(crate) title: &'static str,
    pub(crate) accepted_at: UnixTime,
    pub(crate) day: NaiveDate,
    pub(crate) sent_yen: i64,
    pub(crate) tables: Vec<Table>,
}

/// Writes a receipt and gives its number.
pub(crate) async fn write_receipt(
    connection: &mut Connection,
    receipt: NewReceipt<'_>,
) -> Result<i64, StorageError> {
    let tables =
        serde_json::to_string(&receipt.tables).map_err(|_| StorageError::Inconsistent {
            table: "receipts",
            column: "tables",
        })?;
    let row = sqlx::query(
        "INSERT INTO receipts (contract_id, title, accepted_at, day, sent_yen, tables)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING number",
    )
    .bind(receipt.contract_id)
    .bind(receipt.title)
    .bind(seconds(receipt.accepted_at))
    .bind(receipt.day.to_string())
    .bind(receipt.sent_yen)
    .bind(tables)
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

fn receipt(row: &sqlx::sqlite::SqliteRow) -> Result<ReceiptRow, StorageError> {
    Ok(ReceiptRow {
        number: row.try_get(0)?,
        title: row.try_get(1)?,
        accepted_at: time(row.try_get(2)?),
        tables: serde_json::from_str(row.try_get(3)?).map_err(|_| StorageError::Inconsistent {
            table: "receipts",
            column: "tables",
        })?,
    })
}

/// One receipt.
pub(crate) async fn receipt_of(
    connection: &mut Connection,
    number: i64,
) -> Result<Option<ReceiptRow>, StorageError> {
    let row =
        sqlx::query("SELECT number, title, accepted_at, tables FROM receipts WHERE number = $1")
            .bind(number)
            .fetch_optional(connection)
            .await?;
    row.as_ref().map(receipt).transpose()
}

/// The customer's last receipts, the newest first.
pub(crate) async fn last_receipts(
    connection: &mut Connection,
    contract_id: &str,
    most: u8,
) -> Result<Vec<ReceiptRow>, StorageError> {
    let rows = sqlx::query(
        "SELECT number, title, accepted_at, tables FROM receipts
         WHERE contract_id = $1 ORDER BY number DESC LIMIT $2",
    )
    .bind(contract_id)
    .bind(i64::from(most))
    .fetch_all(connection)
    .await?;
    rows.iter().map(receipt).collect()
}

/// What the customer sent on `day`, in yen.
pub(crate) async fn sent_on(
    connection: &mut Connection,
    contract_id: &str,
    day: NaiveDate,
) -> Result<i64, StorageError> {
    let row = sqlx::query(
        "SELECT COALESCE(SUM(sent_yen), 0) FROM receipts WHERE contract_id = $1 AND day = $2",
    )
    .bind(contract_id)
    .bind(day.to_string())
    .fetch_one(connection)
    .await?;
    Ok(row.try_get(0)?)
}

/// Takes `amount_yen` off the balance. False if there is less.
pub(crate) async fn withdraw(
    connection: &mut Connection,
    contract_id: &str,
    amount_yen: i64,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE customers SET balance_yen = balance_yen - $2
         WHERE contract_id = $1 AND balance_yen >= $2",
    )
    .bind(contract_id)
    .bind(amount_yen)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Puts `amount_yen` on the balance.
pub(crate) async fn deposit(
    connection: &mut Connection,
    contract_id: &str,
    amount_yen: i64,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE customers SET balance_yen = balance_yen + $2 WHERE contract_id = $1")
        .bind(contract_id)
        .bind(amount_yen)
        .execute(connection)
        .await?;
    Ok(())
}

/// What names a bill.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct BillKey {
    /// 収納機関番号.
    pub(crate) collector: String,
    /// お客様番号.
    pub(crate) number: String,
    /// 確認番号.
    pub(crate) check_digits: String,
}

/// A bill, as stored.
#[derive(Debug, Clone)]
pub(crate) struct BillRow {
    pub(crate) payee: String,
    pub(crate) amount_yen: i64,
    pub(crate) paid: bool,
}

/// The bill of `key`.
pub(crate) async fn bill(
    connection: &mut Connection,
    key: &BillKey,
) -> Result<Option<BillRow>, StorageError> {
    let row = sqlx::query(
        "SELECT payee, amount_yen, paid_at FROM bills
         WHERE collector = $1 AND number = $2 AND check_digits = $3",
    )
    .bind(&key.collector)
    .bind(&key.number)
    .bind(&key.check_digits)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(BillRow {
        payee: row.try_get(0)?,
        amount_yen: row.try_get(1)?,
        paid: row.try_get::<Option<i64>, _>(2)?.is_some(),
    }))
}

/// Adds a bill; one that is there stays as it is.
pub(crate) async fn add_bill(
    connection: &mut Connection,
    key: &BillKey,
    payee: &str,
    amount_yen: i64,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO bills (collector, number, check_digits, payee, amount_yen)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
    )
    .bind(&key.collector)
    .bind(&key.number)
    .bind(&key.check_digits)
    .bind(payee)
    .bind(amount_yen)
    .execute(connection)
    .await?;
    Ok(())
}

/// Marks a bill as paid. False if it was.
pub(crate) async fn pay_bill(
    connection: &mut Connection,
    key: &BillKey,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE bills SET paid_at = $4
         WHERE collector = $1 AND number = $2 AND check_digits = $3 AND paid_at IS NULL",
    )
    .bind(&key.collector)
    .bind(&key.number)
    .bind(&key.check_digits)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}
