//! A new master key, while the service runs: everything is sealed anew, row by row, then the old key is
//! taken away.

use serde::Serialize;

use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::keys::KeyError;
use crate::storage::reseal::{self, COLUMNS};
use crate::storage::{StorageError, audit};

const MOST_TOKENS: u32 = 200;
/// The audit trail's word for the service itself, where no institution is meant.
const SERVICE: &str = "-";

/// What was sealed anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Resealed {
    /// Tokens' secrets.
    pub tokens: u64,
    /// What belongs to set-ups and banks.
    pub others: u64,
}

/// Why a key was not rotated or taken away.
#[derive(Debug, thiserror::Error)]
pub enum RotationError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The newest master key seals everything; it stays.
    #[error("this is the newest master key, or there is none of this version")]
    Newest,
    /// Something is sealed under it still.
    #[error("something is sealed under this master key still: seal everything anew first")]
    InUse,
    /// A row does not open: it was damaged, or moved from another row.
    #[error("the secrets of token {serial} do not open; nothing of it was changed")]
    Damaged {
        /// Which token.
        serial: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Issuer {
    /// Makes a new master key; returns its version. Copy its file to the other machines before sealing
    /// anew.
    ///
    /// # Errors
    /// [`RotationError`].
    pub async fn rotate_keys(&self) -> Result<i64, RotationError> {
        let version = self.entropy.with(|rng| self.keys.rotate(rng))?;
        self.note_rotation(Action::KeysRotated, version).await?;
        Ok(version)
    }

    /// Seals everything anew that is sealed under an older master key. Can be stopped and begun again.
    ///
    /// # Errors
    /// [`RotationError`]; what was sealed anew before it stays so.
    pub async fn reseal(&self) -> Result<Resealed, RotationError> {
        let mut done = Resealed::default();
        let newest = self.keys.newest();
        loop {
            let mut connection = self.storage.read().await?;
            let tokens = reseal::tokens_before(&mut connection, newest, MOST_TOKENS).await?;
            drop(connection);
            if tokens.is_empty() {
                break;
            }
            let mut connection = self.storage.writer().await?;
            for token in &tokens {
                let (serial, institution) = (&token.serial, &token.institution_id);
                let (version, sealed) = (token.key_version, &token.secrets);
                let secrets = self.keys.unseal_token(serial, institution, version, sealed);
                let secrets = secrets.map_err(|_| RotationError::Damaged {
                    serial: serial.clone(),
                })?;
                let (sealed, version) = self
                    .entropy
                    .with(|rng| self.keys.seal_token(serial, institution, &secrets, rng));
                let replaced =
                    reseal::replace_token(&mut connection, token, version, &sealed).await?;
                done.tokens += u64::from(replaced);
            }
        }
        for column in COLUMNS {
            let mut connection = self.storage.read().await?;
            let values = reseal::values(&mut connection, column).await?;
            drop(connection);
            for value in values {
                let namespace = column.namespace;
                if self.keys.is_newest(namespace, &value.key, &value.sealed) {
                    continue;
                }
                // What opens under no key is of no use to anybody: it goes by its date.
                let Ok(plain) = self.keys.unseal_state(namespace, &value.key, &value.sealed) else {
                    continue;
                };
                let sealed = self.entropy.with(|rng| {
                    // EXPOSE: sealed on the spot.
                    self.keys
                        .seal_state(namespace, &value.key, plain.expose_secret(), rng)
                });
                let mut connection = self.storage.writer().await?;
                let replaced = reseal::replace(&mut connection, column, &value, &sealed).await?;
                done.others += u64::from(replaced);
            }
        }
        Ok(done)
    }

    /// Takes an old master key away.
    ///
    /// # Errors
    /// [`RotationError::InUse`] while something is sealed under it.
    pub async fn retire_key(&self, version: i64) -> Result<(), RotationError> {
        let newest = self.keys.newest();
        if version >= newest {
            return Err(RotationError::Newest);
        }
        let mut connection = self.storage.read().await?;
        let mut in_use = !reseal::tokens_before(&mut connection, newest, 1)
            .await?
            .is_empty();
        for column in COLUMNS {
            for value in reseal::values(&mut connection, column).await? {
                let namespace = column.namespace;
                let newest = self.keys.is_newest(namespace, &value.key, &value.sealed);
                let opens = self
                    .keys
                    .unseal_state(namespace, &value.key, &value.sealed)
                    .is_ok();
                in_use |= opens && !newest;
            }
        }
        drop(connection);
        if in_use {
            return Err(RotationError::InUse);
        }
        self.keys.retire(version)?;
        Ok(self.note_rotation(Action::KeysRetired, version).await?)
    }

    async fn note_rotation(&self, action: Action, version: i64) -> Result<(), StorageError> {
        let detail = format!("master key {version}");
        let entry = Entry {
            detail: Some(&detail),
            ..Entry::of(self.now(), SERVICE, "staff", action, "done")
        };
        audit::write(&mut self.storage.writer().await?, &entry).await
    }
}
