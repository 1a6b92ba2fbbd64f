//! Vouchers for dead phones, and resyncs that staff started.

use skts_otp::UnixTime;

use super::institutions::seconds;
use super::sql::{query, query_of};
use super::{Connection, StorageError};

/// A voucher about to be stored.
#[derive(Debug)]
pub(crate) struct NewVoucher<'a> {
    pub(crate) hash: &'a [u8; 32],
    pub(crate) institution_id: &'a str,
    pub(crate) subscriber_ref: &'a str,
    /// The token it stands in for.
    pub(crate) serial: &'a str,
    pub(crate) made_by: &'a str,
    pub(crate) made_at: UnixTime,
    pub(crate) valid_from: UnixTime,
    pub(crate) expires_at: UnixTime,
}

/// Stores a voucher; earlier ones for the same token are void.
pub(crate) async fn add(
    connection: &mut Connection,
    new: &NewVoucher<'_>,
) -> Result<(), StorageError> {
    query("DELETE FROM vouchers WHERE serial = $1 AND used_at IS NULL")
        .bind(new.serial)
        .execute(&mut *connection)
        .await?;
    query(
        "INSERT INTO vouchers (hash, institution_id, subscriber_ref, serial, made_by, made_at,
                               valid_from, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.hash)
    .bind(new.institution_id)
    .bind(new.subscriber_ref)
    .bind(new.serial)
    .bind(new.made_by)
    .bind(seconds(new.made_at))
    .bind(seconds(new.valid_from))
    .bind(seconds(new.expires_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// A voucher as a customer brings it.
#[derive(Debug)]
pub(crate) struct Shown<'a> {
    pub(crate) hash: [u8; 32],
    pub(crate) institution_id: &'a str,
    pub(crate) subscriber_ref: &'a str,
}

/// Its token is as it was, and no code of it was accepted since: a phone that still shows codes is
/// not dead, and whoever holds it did not ask for this.
const GOOD: &str = "hash = $1 AND institution_id = $2 AND subscriber_ref = $3 AND used_at IS NULL
     AND valid_from <= $4 AND expires_at > $4
     AND EXISTS (SELECT 1 FROM tokens WHERE tokens.serial = vouchers.serial
         AND tokens.subscriber_ref = $3 AND tokens.state IN ('active', 'locked')
         AND tokens.expires_at > $4
         AND (tokens.last_call_at IS NULL OR tokens.last_call_at <= vouchers.made_at))";

/// The serial of the token that a voucher stands in for, if it is good.
pub(crate) async fn good(
    connection: &mut Connection,
    shown: &Shown<'_>,
    now: UnixTime,
) -> Result<Option<String>, StorageError> {
    let sql = format!("SELECT serial FROM vouchers WHERE {GOOD}");
    let row = query_of(sql)
        .bind(&shown.hash)
        .bind(shown.institution_id)
        .bind(shown.subscriber_ref)
        .bind(seconds(now))
        .fetch_optional(connection)
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Takes a voucher and replaces its token, both or neither (the caller drops the transaction on
/// false).
pub(crate) async fn replace(
    connection: &mut Connection,
    shown: &Shown<'_>,
    serial: &str,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let sql = format!("UPDATE vouchers SET used_at = $4 WHERE {GOOD}");
    let taken = query_of(sql)
        .bind(&shown.hash)
        .bind(shown.institution_id)
        .bind(shown.subscriber_ref)
        .bind(seconds(now))
        .execute(&mut *connection)
        .await?;
    let replaced = query(
        "UPDATE tokens SET state = 'replaced'
         WHERE serial = $1 AND state IN ('active', 'locked') AND expires_at > $2",
    )
    .bind(serial)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok((taken, replaced) == (1, 1))
}

/// Asks for a resync until `expires_at`.
pub(crate) async fn ask_resync(
    connection: &mut Connection,
    serial: &str,
    expires_at: UnixTime,
) -> Result<(), StorageError> {
    query(
        "INSERT INTO resync_asks (serial, expires_at) VALUES ($1, $2)
         ON CONFLICT (serial) DO UPDATE SET expires_at = excluded.expires_at",
    )
    .bind(serial)
    .bind(seconds(expires_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether staff asked for a resync of this token that is still to be done.
pub(crate) async fn resync_is_asked(
    connection: &mut Connection,
    serial: &str,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let row = query("SELECT 1 FROM resync_asks WHERE serial = $1 AND expires_at > $2")
        .bind(serial)
        .bind(seconds(now))
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// A resync was done: nothing is asked for any more, and the phone that showed two codes is not dead.
pub(crate) async fn resync_done(
    connection: &mut Connection,
    serial: &str,
) -> Result<(), StorageError> {
    query("DELETE FROM resync_asks WHERE serial = $1")
        .bind(serial)
        .execute(&mut *connection)
        .await?;
    void(connection, serial).await
}

/// The phone of this token is not dead: no voucher stands in for it.
pub(crate) async fn void(connection: &mut Connection, serial: &str) -> Result<(), StorageError> {
    query("DELETE FROM vouchers WHERE serial = $1 AND used_at IS NULL")
        .bind(serial)
        .execute(connection)
        .await?;
    Ok(())
}
