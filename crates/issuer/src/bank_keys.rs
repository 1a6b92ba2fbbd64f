//! Keys of banks: made, listed, ended. A key is shown once, when it is made.

use rand_core::CryptoRngCore;
use serde::Serialize;
use skts_otp::UnixTime;

use crate::audit::{Action, Entry};
use crate::bank_tls::Thumbprint;
use crate::http::key_hash;
use crate::issuer::Issuer;
use crate::rules::scope::Scopes;
use crate::storage::bank_keys::BankKeyRow;
use crate::storage::{Connection, StorageError, audit, bank_keys, institutions};

/// The name of the key that an institution is added with.
pub(crate) const FIRST: &str = "first";

/// A key as an operator sees it.
#[derive(Debug, Serialize)]
pub struct BankKey {
    /// The bank's own name for it.
    pub name: String,
    /// What it may be used for.
    pub scopes: String,
    /// When it was made.
    pub created_at: UnixTime,
    /// When it ends, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<UnixTime>,
    /// The certificate it is good over, and over no other; none for any way in.
    #[serde(rename = "x5t#S256", skip_serializing_if = "Option::is_none")]
    pub certificate: Option<Thumbprint>,
    /// The key itself: 64 hex digits, secret, when it was just made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_key: Option<String>,
}

/// Why a key was not made or ended.
#[derive(Debug, thiserror::Error)]
pub enum BankKeyError {
    /// No such institution.
    #[error("there is no institution of this id")]
    NoInstitution,
    /// The bank has a key of this name; a name is used once.
    #[error("this institution has, or had, a key of this name")]
    Known,
    /// No such key.
    #[error("this institution has no key of this name")]
    NoKey,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Issuer {
    /// Makes a key for a bank's programs, good over `certificate` only if there is one.
    ///
    /// # Errors
    /// [`BankKeyError`].
    pub async fn add_bank_key(
        &self,
        institution_id: &str,
        name: &str,
        scopes: Scopes,
        ends_at: Option<UnixTime>,
        certificate: Option<Thumbprint>,
    ) -> Result<BankKey, BankKeyError> {
        let api_key = self.entropy.with(|rng| make(rng));
        let row = &BankKeyRow {
            institution_id: institution_id.to_owned(),
            name: name.to_owned(),
            scopes,
            created_at: self.now(),
            ends_at,
            certificate,
        };
        let hash = &key_hash(&api_key);
        self.storage
            .change(
                &format!("{institution_id}/keys"),
                |mut transaction| async move {
                    let added = self.store_key(&mut transaction, row, hash).await;
                    (transaction, added)
                },
            )
            .await?;
        Ok(BankKey {
            api_key: Some(api_key),
            ..shown(row.clone())
        })
    }

    async fn store_key(
        &self,
        connection: &mut Connection,
        row: &BankKeyRow,
        hash: &[u8; 32],
    ) -> Result<(), BankKeyError> {
        institutions::by_id(connection, &row.institution_id)
            .await?
            .ok_or(BankKeyError::NoInstitution)?;
        if !bank_keys::add(connection, row, hash).await? {
            return Err(BankKeyError::Known);
        }
        // A binding taken out of the database by hand is to be seen against the trail.
        let detail = match &row.certificate {
            Some(certificate) => format!("{}, x5t#S256 {certificate}", row.name),
            None => row.name.clone(),
        };
        let entry = Entry {
            detail: Some(&detail),
            ..Entry::of(
                self.now(),
                &row.institution_id,
                "staff",
                Action::KeyAdded,
                "done",
            )
        };
        Ok(audit::write(connection, &entry).await?)
    }

    /// Every key of an institution.
    ///
    /// # Errors
    /// [`BankKeyError`].
    pub async fn bank_keys(&self, institution_id: &str) -> Result<Vec<BankKey>, BankKeyError> {
        let rows = bank_keys::all(&mut self.storage.read().await?, institution_id).await?;
        Ok(rows.into_iter().map(shown).collect())
    }

    /// Has a key end at `ends_at`. A process that knows the key forgets it within five seconds of that.
    ///
    /// # Errors
    /// [`BankKeyError`].
    pub async fn end_bank_key(
        &self,
        institution_id: &str,
        name: &str,
        ends_at: UnixTime,
    ) -> Result<(), BankKeyError> {
        let now = self.now();
        self.storage
            .change(
                &format!("{institution_id}/keys"),
                |mut transaction| async move {
                    let ended = end(&mut transaction, institution_id, name, ends_at, now).await;
                    (transaction, ended)
                },
            )
            .await
    }
}

async fn end(
    connection: &mut Connection,
    institution_id: &str,
    name: &str,
    ends_at: UnixTime,
    now: UnixTime,
) -> Result<(), BankKeyError> {
    if !bank_keys::end(connection, institution_id, name, ends_at).await? {
        return Err(BankKeyError::NoKey);
    }
    let entry = Entry {
        detail: Some(name),
        ..Entry::of(now, institution_id, "staff", Action::KeyEnded, "done")
    };
    Ok(audit::write(connection, &entry).await?)
}

/// 256 random bits, as 64 hex digits.
pub(crate) fn make<R: CryptoRngCore>(rng: &mut R) -> String {
    let mut key = [0; 32];
    rng.fill_bytes(&mut key);
    hex::encode(key)
}

fn shown(row: BankKeyRow) -> BankKey {
    BankKey {
        name: row.name,
        scopes: row.scopes.to_string(),
        created_at: row.created_at,
        ends_at: row.ends_at,
        certificate: row.certificate,
        api_key: None,
    }
}
