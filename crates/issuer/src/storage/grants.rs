//! Replies that carried a token, kept to be given again, and their confirmations.

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;

use super::institutions::seconds;
use super::sql::query;
use super::{Connection, StorageError};

/// A grant, as stored.
#[derive(Debug)]
pub(crate) struct GrantRow {
    pub(crate) digest: Vec<u8>,
    pub(crate) token_serial: String,
    /// Sealed reply body, while it is handed out.
    pub(crate) reply: Option<Vec<u8>>,
    /// Sealed.
    pub(crate) confirm_secret: Vec<u8>,
    pub(crate) device_spki: Vec<u8>,
    pub(crate) confirm_digest: Option<Vec<u8>>,
}

/// Keeps a grant.
pub(crate) async fn keep(
    connection: &mut Connection,
    request_id: &RequestId,
    grant: &GrantRow,
    expires_at: UnixTime,
) -> Result<(), StorageError> {
    query(
        "INSERT INTO grants
             (request_id, digest, token_serial, reply, confirm_secret, device_spki, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(request_id.as_bytes())
    .bind(&grant.digest)
    .bind(&grant.token_serial)
    .bind(&grant.reply)
    .bind(&grant.confirm_secret)
    .bind(&grant.device_spki)
    .bind(seconds(expires_at))
    .execute(connection)
    .await?;
    Ok(())
}

/// The grant of this set-up.
pub(crate) async fn find(
    connection: &mut Connection,
    request_id: &RequestId,
) -> Result<Option<GrantRow>, StorageError> {
    let row = query(
        "SELECT digest, token_serial, reply, confirm_secret, device_spki, confirm_digest
         FROM grants WHERE request_id = $1",
    )
    .bind(request_id.as_bytes())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(GrantRow {
        digest: row.get(0)?,
        token_serial: row.get(1)?,
        reply: row.get(2)?,
        confirm_secret: row.get(3)?,
        device_spki: row.get(4)?,
        confirm_digest: row.get(5)?,
    }))
}

/// Notes the confirmation that was taken.
pub(crate) async fn confirm(
    connection: &mut Connection,
    request_id: &RequestId,
    digest: &[u8; 32],
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE grants SET confirm_digest = $2
         WHERE request_id = $1 AND (confirm_digest IS NULL OR confirm_digest = $2)",
    )
    .bind(request_id.as_bytes())
    .bind(digest)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Voids what an earlier set-up of the same token was granted: its seed is no longer the token's.
pub(crate) async fn void_earlier(
    connection: &mut Connection,
    serial: &str,
) -> Result<(), StorageError> {
    query("DELETE FROM grants WHERE token_serial = $1")
        .bind(serial)
        .execute(connection)
        .await?;
    Ok(())
}

/// Stops handing out the reply: the token is in use.
pub(crate) async fn forget_reply(
    connection: &mut Connection,
    serial: &str,
) -> Result<(), StorageError> {
    query("UPDATE grants SET reply = NULL WHERE token_serial = $1")
        .bind(serial)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets replies past their time.
pub(crate) async fn prune(connection: &mut Connection, now: UnixTime) -> Result<(), StorageError> {
    query("UPDATE grants SET reply = NULL WHERE expires_at <= $1 AND reply IS NOT NULL")
        .bind(seconds(now))
        .execute(connection)
        .await?;
    Ok(())
}
