//! Tokens that their own devices stopped: the first answer, for a repeated call, and its receipt.

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;
use skts_provisioning::wire::StopReceipt;

use super::institutions::{seconds, time};
use super::sql::query;
use super::{Connection, StorageError};

/// The first call to stop a token.
#[derive(Debug)]
pub(crate) struct FirstStop {
    pub(crate) request_id: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    pub(crate) reply: Vec<u8>,
    /// None if the token was over by something else.
    pub(crate) receipt: Option<StopReceipt>,
}

/// The first call to stop this token, if there was one.
pub(crate) async fn first(
    connection: &mut Connection,
    serial: &str,
) -> Result<Option<FirstStop>, StorageError> {
    let row = query(
        "SELECT request_id, digest, reply, receipt_number, answered_at FROM stops
         WHERE serial = $1",
    )
    .bind(serial)
    .fetch_optional(connection)
    .await?;
    row.map(|row| {
        let at = time(row.get(4)?);
        let number: Option<String> = row.get(3)?;
        Ok(FirstStop {
            request_id: row.get(0)?,
            digest: row.get(1)?,
            reply: row.get(2)?,
            receipt: number.map(|number| StopReceipt { number, at }),
        })
    })
    .transpose()
}

/// An answer to be kept.
#[derive(Debug)]
pub(crate) struct AnsweredStop<'a> {
    pub(crate) serial: &'a str,
    pub(crate) request_id: &'a RequestId,
    pub(crate) digest: &'a [u8; 32],
    pub(crate) reply: &'a [u8],
    pub(crate) receipt: Option<&'a StopReceipt>,
}

/// Keeps the first answer. False if there is one already.
pub(crate) async fn keep(
    connection: &mut Connection,
    answered: &AnsweredStop<'_>,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "INSERT INTO stops (serial, request_id, digest, reply, receipt_number, answered_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (serial) DO NOTHING",
    )
    .bind(answered.serial)
    .bind(answered.request_id.as_bytes())
    .bind(answered.digest)
    .bind(answered.reply)
    .bind(answered.receipt.map(|receipt| receipt.number.as_str()))
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}
