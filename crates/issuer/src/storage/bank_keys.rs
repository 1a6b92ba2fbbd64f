//! The keys that banks call with, known by their hashes only.

use skts_otp::UnixTime;

use super::institutions::{seconds, time};
use super::sql::query;
use super::{Connection, StorageError};
use crate::bank_tls::Thumbprint;
use crate::rules::scope::Scopes;

/// A key, as stored.
#[derive(Debug, Clone)]
pub(crate) struct BankKeyRow {
    pub(crate) institution_id: String,
    /// The bank's own name for it.
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) created_at: UnixTime,
    pub(crate) ends_at: Option<UnixTime>,
    /// The certificate it is bound to, if it is.
    pub(crate) certificate: Option<Thumbprint>,
}

/// Adds a key. False if the bank has one of this name.
pub(crate) async fn add(
    connection: &mut Connection,
    key: &BankKeyRow,
    key_hash: &[u8; 32],
) -> Result<bool, StorageError> {
    let scopes = key.scopes.to_string();
    let certificate = key.certificate.as_ref().map(Thumbprint::as_bytes);
    let changed = query(
        "INSERT INTO relying_parties
             (key_hash, institution_id, created_at, name, scopes, ends_at, certificate_sha256)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
    )
    .bind(key_hash)
    .bind(&key.institution_id)
    .bind(seconds(key.created_at))
    .bind(&key.name)
    .bind(&scopes)
    .bind(key.ends_at.map(seconds))
    .bind(certificate.map(<[u8; 32]>::as_slice))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// The key with this hash. The keys have 256 random bits: looking one up by its hash tells nothing.
pub(crate) async fn find(
    connection: &mut Connection,
    key_hash: &[u8; 32],
) -> Result<Option<BankKeyRow>, StorageError> {
    let row = query(
        "SELECT institution_id, name, scopes, created_at, ends_at, certificate_sha256
         FROM relying_parties
         WHERE key_hash = $1",
    )
    .bind(key_hash)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(BankKeyRow::from_row).transpose()
}

/// Every key of an institution, oldest first.
pub(crate) async fn all(
    connection: &mut Connection,
    institution_id: &str,
) -> Result<Vec<BankKeyRow>, StorageError> {
    let rows = query(
        "SELECT institution_id, name, scopes, created_at, ends_at, certificate_sha256
         FROM relying_parties
         WHERE institution_id = $1 ORDER BY created_at, name",
    )
    .bind(institution_id)
    .fetch_all(connection)
    .await?;
    rows.iter().map(BankKeyRow::from_row).collect()
}

/// Has a key end at `ends_at`, unless it ends before. False if there is none of this name.
pub(crate) async fn end(
    connection: &mut Connection,
    institution_id: &str,
    name: &str,
    ends_at: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE relying_parties
         SET ends_at = CASE WHEN ends_at < $3 THEN ends_at ELSE $3 END
         WHERE institution_id = $1 AND name = $2",
    )
    .bind(institution_id)
    .bind(name)
    .bind(seconds(ends_at))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

impl BankKeyRow {
    fn from_row(row: &super::sql::Row) -> Result<Self, StorageError> {
        let scopes = row.get::<&str>(2)?.parse();
        let certificate = row.get::<Option<&[u8]>>(5)?.map(<[u8; 32]>::try_from);
        Ok(Self {
            institution_id: row.get(0)?,
            name: row.get(1)?,
            scopes: scopes.map_err(|_| unreadable("scopes"))?,
            created_at: time(row.get(3)?),
            ends_at: row.get::<Option<i64>>(4)?.map(time),
            // What cannot be read binds to nothing, and must not be taken for unbound.
            certificate: certificate
                .transpose()
                .map_err(|_| unreadable("certificate_sha256"))?
                .map(Thumbprint::from_bytes),
        })
    }
}

const fn unreadable(column: &'static str) -> StorageError {
    StorageError::Inconsistent {
        table: "relying_parties",
        column,
    }
}
