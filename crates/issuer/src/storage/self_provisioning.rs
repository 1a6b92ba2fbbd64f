//! Hellos of self-provisioning (S).

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;

use super::institutions::{seconds, time};
use super::sql::query;
use super::{Connection, StorageError};

/// A hello, as stored.
#[derive(Debug)]
pub(crate) struct HelloRow {
    pub(crate) digest: Vec<u8>,
    pub(crate) institution_id: String,
    pub(crate) body: Vec<u8>,
    pub(crate) challenge: Vec<u8>,
    pub(crate) work_bits: u8,
    pub(crate) expires_at: UnixTime,
}

/// Keeps a hello and the challenge given for it.
pub(crate) async fn keep(
    connection: &mut Connection,
    request_id: &RequestId,
    hello: &HelloRow,
    now: UnixTime,
) -> Result<(), StorageError> {
    query(
        "INSERT INTO self_hellos
             (request_id, digest, institution_id, body, challenge, work_bits, expires_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(request_id.as_bytes())
    .bind(&hello.digest)
    .bind(&hello.institution_id)
    .bind(&hello.body)
    .bind(&hello.challenge)
    .bind(i64::from(hello.work_bits))
    .bind(seconds(hello.expires_at))
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// The hello of this set-up.
pub(crate) async fn find(
    connection: &mut Connection,
    request_id: &RequestId,
) -> Result<Option<HelloRow>, StorageError> {
    let row = query(
        "SELECT digest, institution_id, body, challenge, work_bits, expires_at
         FROM self_hellos WHERE request_id = $1",
    )
    .bind(request_id.as_bytes())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(HelloRow {
        digest: row.get(0)?,
        institution_id: row.get(1)?,
        body: row.get(2)?,
        challenge: row.get(3)?,
        work_bits: u8::try_from(row.get::<i64>(4)?).unwrap_or(0),
        expires_at: time(row.get(5)?),
    }))
}

/// Forgets old hellos.
pub(crate) async fn prune(
    connection: &mut Connection,
    now: UnixTime,
    kept_secs: u64,
) -> Result<(), StorageError> {
    query("DELETE FROM self_hellos WHERE created_at + $2 <= $1")
        .bind(seconds(now))
        .bind(i64::try_from(kept_secs).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}
