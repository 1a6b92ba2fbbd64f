//! Customers, their tokens as the bank knows them, and the hardware tokens sent to them.

use chrono::NaiveDate;
use skts_otp::{SerialNumber, UnixTime};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Connection, StorageError, seconds, time};
use crate::rules::access::TokenKind;
use crate::rules::transfer_password::{AskedPositions, TransferPassword};
use crate::rules::tries::TRANSFER_PASSWORD_TRIES;

/// A customer, as stored.
#[derive(Debug, Clone)]
pub(crate) struct CustomerRow {
    pub(crate) contract_id: String,
    pub(crate) subscriber_ref: String,
    pub(crate) name: String,
    /// Argon2id, PHC text.
    pub(crate) login_password: String,
    pub(crate) transfer_password: TransferPassword,
    pub(crate) asked: AskedPositions,
    /// 確認用パスワード: Argon2id, PHC text.
    pub(crate) confirmation_password: Option<String>,
    /// Wrong ones of either in a row.
    pub(crate) transfer_fails: u32,
    pub(crate) balance_yen: i64,
    pub(crate) daily_limit_yen: i64,
    pub(crate) mail: String,
    pub(crate) phone: String,
    pub(crate) token: Option<HeldToken>,
    /// The day of the last 利用解除.
    pub(crate) released_on: Option<NaiveDate>,
}

/// The token a customer uses, as the bank knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HeldToken {
    pub(crate) serial: SerialNumber,
    pub(crate) kind: TokenKind,
    /// ログイン時のワンタイムパスワード認証 する.
    pub(crate) at_login: bool,
    pub(crate) registered_at: UnixTime,
    pub(crate) usable_from: NaiveDate,
    /// Held by staff.
    pub(crate) held: bool,
}

const COLUMNS: &str = "contract_id, subscriber_ref, name, login_password, transfer_password, \
    asked_first, asked_second, transfer_fails, balance_yen, daily_limit_yen, mail, phone, \
    token_serial, token_login, token_registered_at, token_usable_from, token_held, \
    confirmation_password, released_on, token_hardware";

impl CustomerRow {
    fn from_row(row: &SqliteRow) -> Result<Self, StorageError> {
        let wrong = |column| StorageError::Inconsistent {
            table: "customers",
            column,
        };
        let position = |index: usize| -> Result<u8, StorageError> {
            Ok(u8::try_from(row.try_get::<i64, _>(index)?).unwrap_or_default())
        };
        let token = match row.try_get::<Option<&str>, _>(12)? {
            None => None,
            Some(serial) => Some(HeldToken {
                serial: SerialNumber::parse(serial).map_err(|_| wrong("token_serial"))?,
                kind: match row.try_get::<bool, _>(19)? {
                    true => TokenKind::Hardware,
                    false => TokenKind::Software,
                },
                at_login: row.try_get(13)?,
                registered_at: time(row.try_get(14)?),
                usable_from: row
                    .try_get::<&str, _>(15)?
                    .parse()
                    .map_err(|_| wrong("token_usable_from"))?,
                held: row.try_get(16)?,
            }),
        };
        Ok(Self {
            contract_id: row.try_get(0)?,
            subscriber_ref: row.try_get(1)?,
            name: row.try_get(2)?,
            login_password: row.try_get(3)?,
            transfer_password: TransferPassword::parse(row.try_get(4)?)
                .ok_or_else(|| wrong("transfer_password"))?,
            asked: AskedPositions::new(position(5)?, position(6)?)
                .ok_or_else(|| wrong("asked_first"))?,
            transfer_fails: u32::try_from(row.try_get::<i64, _>(7)?).unwrap_or(u32::MAX),
            balance_yen: row.try_get(8)?,
            daily_limit_yen: row.try_get(9)?,
            mail: row.try_get(10)?,
            phone: row.try_get(11)?,
            token,
            confirmation_password: row.try_get(17)?,
            released_on: row
                .try_get::<Option<&str>, _>(18)?
                .map(str::parse)
                .transpose()
                .map_err(|_| wrong("released_on"))?,
        })
    }
}

/// The customer of a contract.
pub(crate) async fn of_contract(
    connection: &mut Connection,
    contract_id: &str,
) -> Result<Option<CustomerRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM customers WHERE contract_id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(contract_id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(CustomerRow::from_row).transpose()
}

/// The customer whom the token service knows by this name.
pub(crate) async fn of_subscriber(
    connection: &mut Connection,
    subscriber_ref: &str,
) -> Result<Option<CustomerRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM customers WHERE subscriber_ref = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(subscriber_ref)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(CustomerRow::from_row).transpose()
}

/// Adds a customer. False if the contract has one.
pub(crate) async fn add(
    connection: &mut Connection,
    customer: &CustomerRow,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO customers (contract_id, subscriber_ref, name, login_password,
             transfer_password, asked_first, asked_second, balance_yen, daily_limit_yen, mail, phone,
             confirmation_password)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (contract_id) DO NOTHING",
    )
    .bind(&customer.contract_id)
    .bind(&customer.subscriber_ref)
    .bind(&customer.name)
    .bind(&customer.login_password)
    // EXPOSE: two of the digits are asked for at random, so the database has to hold them.
    .bind(customer.transfer_password.expose_secret())
    .bind(i64::from(customer.asked.first()))
    .bind(i64::from(customer.asked.second()))
    .bind(customer.balance_yen)
    .bind(customer.daily_limit_yen)
    .bind(&customer.mail)
    .bind(&customer.phone)
    .bind(&customer.confirmation_password)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a wrong 資金移動用パスワード. False if too many were counted already.
pub(crate) async fn count_transfer_failure(
    connection: &mut Connection,
    contract_id: &str,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE customers SET transfer_fails = transfer_fails + 1
         WHERE contract_id = $1 AND transfer_fails < $2",
    )
    .bind(contract_id)
    .bind(i64::from(TRANSFER_PASSWORD_TRIES))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets wrong ones and asks for other positions from now on.
pub(crate) async fn ask_other_positions(
    connection: &mut Connection,
    contract_id: &str,
    asked: AskedPositions,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE customers SET transfer_fails = 0, asked_first = $2, asked_second = $3
         WHERE contract_id = $1",
    )
    .bind(contract_id)
    .bind(i64::from(asked.first()))
    .bind(i64::from(asked.second()))
    .execute(connection)
    .await?;
    Ok(())
}

/// The customer's token is `token` from now on.
pub(crate) async fn hold_token(
    connection: &mut Connection,
    contract_id: &str,
    token: &HeldToken,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE customers SET token_serial = $2, token_login = $3, token_registered_at = $4,
             token_usable_from = $5, token_held = $6, token_hardware = $7
         WHERE contract_id = $1",
    )
    .bind(contract_id)
    .bind(token.serial.as_str())
    .bind(token.at_login)
    .bind(seconds(token.registered_at))
    .bind(token.usable_from.to_string())
    .bind(token.held)
    .bind(token.kind == TokenKind::Hardware)
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE sent_tokens SET used_at = $2 WHERE serial = $1 AND used_at IS NULL")
        .bind(token.serial.as_str())
        .bind(seconds(token.registered_at))
        .execute(connection)
        .await?;
    Ok(())
}

/// The customer has no token any more.
pub(crate) async fn drop_token(
    connection: &mut Connection,
    contract_id: &str,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE customers SET token_serial = NULL, token_login = NULL, token_registered_at = NULL,
             token_usable_from = NULL, token_held = NULL
         WHERE contract_id = $1",
    )
    .bind(contract_id)
    .execute(connection)
    .await?;
    Ok(())
}

/// Notes that staff hold the token, or released it.
pub(crate) async fn mark_held(
    connection: &mut Connection,
    contract_id: &str,
    held: bool,
) -> Result<(), StorageError> {
    sqlx::query(
        "UPDATE customers SET token_held = $2
         WHERE contract_id = $1 AND token_serial IS NOT NULL",
    )
    .bind(contract_id)
    .bind(held)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether the bank sent `serial` to this customer, and it was never registered.
pub(crate) async fn was_sent(
    connection: &mut Connection,
    contract_id: &str,
    serial: &SerialNumber,
) -> Result<bool, StorageError> {
    let row = sqlx::query(
        "SELECT 1 FROM sent_tokens WHERE serial = $1 AND contract_id = $2 AND used_at IS NULL",
    )
    .bind(serial.as_str())
    .bind(contract_id)
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// Notes that a hardware token goes to the customer. False if that serial was sent before.
pub(crate) async fn send_token(
    connection: &mut Connection,
    contract_id: &str,
    serial: &SerialNumber,
    fee_yen: i64,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "INSERT INTO sent_tokens (serial, contract_id, fee_yen, sent_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (serial) DO NOTHING",
    )
    .bind(serial.as_str())
    .bind(contract_id)
    .bind(fee_yen)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// It does not go to anybody after all.
pub(crate) async fn take_back_token(
    connection: &mut Connection,
    serial: &SerialNumber,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM sent_tokens WHERE serial = $1 AND used_at IS NULL")
        .bind(serial.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// The customer's new mail address and telephone number.
pub(crate) async fn change_details(
    connection: &mut Connection,
    contract_id: &str,
    mail: &str,
    phone: &str,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE customers SET mail = $2, phone = $3 WHERE contract_id = $1")
        .bind(contract_id)
        .bind(mail)
        .bind(phone)
        .execute(connection)
        .await?;
    Ok(())
}

/// The customer's new daily limit.
pub(crate) async fn change_limit(
    connection: &mut Connection,
    contract_id: &str,
    daily_limit_yen: i64,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE customers SET daily_limit_yen = $2 WHERE contract_id = $1")
        .bind(contract_id)
        .bind(daily_limit_yen)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets wrong ones.
pub(crate) async fn clear_transfer_failures(
    connection: &mut Connection,
    contract_id: &str,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE customers SET transfer_fails = 0 WHERE contract_id = $1")
        .bind(contract_id)
        .execute(connection)
        .await?;
    Ok(())
}

/// 利用解除: no token any more, the limit lowered to `most_yen`, a new token from the next day.
pub(crate) async fn release_token(
    connection: &mut Connection,
    contract_id: &str,
    today: NaiveDate,
    most_yen: i64,
) -> Result<(), StorageError> {
    drop_token(&mut *connection, contract_id).await?;
    sqlx::query(
        "UPDATE customers SET released_on = $2, daily_limit_yen = MIN(daily_limit_yen, $3)
         WHERE contract_id = $1",
    )
    .bind(contract_id)
    .bind(today.to_string())
    .bind(most_yen)
    .execute(connection)
    .await?;
    Ok(())
}
