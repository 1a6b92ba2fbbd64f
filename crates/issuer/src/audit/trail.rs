//! Sealing the trail, reading it, and checking it from its beginning.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Anchor, AuditEntry, BEGINNING, Seal};
use crate::issuer::Issuer;
use crate::storage::{StorageError, audit};

const EVERY: Duration = Duration::from_secs(5);
/// Entries read at once.
const CHUNK: u64 = 1000;

/// Which entries to read.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Of this institution.
    pub institution_id: Option<String>,
    /// About this customer of a bank.
    pub subscriber_ref: Option<String>,
    /// About this token.
    pub serial: Option<String>,
    /// The last so many.
    pub most: u64,
}

/// A trail that was found whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Trail {
    /// Entries under a seal.
    pub sealed: u64,
    /// Entries since the last seal: nothing speaks for them yet.
    pub unsealed: u64,
    /// Seals in the database.
    pub seals: u64,
    /// Seals from outside that were found in it.
    pub anchored: u64,
    /// Lines outside that break off, as a full disk or a power cut leaves them.
    pub broken_off: u64,
}

/// Why a trail cannot be trusted, or could not be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// Entries up to this one were changed, taken out or put in.
    #[error("the entries up to {up_to} are not what was sealed")]
    Changed {
        /// The seal they do not fit.
        up_to: u64,
    },
    /// A seal this service did not sign.
    #[error("the seal of entry {up_to} is not signed by this service")]
    Forged {
        /// The seal.
        up_to: u64,
    },
    /// The seals kept outside go on where the database ends.
    #[error(
        "the database ends at the seal of entry {last}, but {path} has one of entry {up_to}: entries \
         were cut off, or an older database was put back", path = path.display()
    )]
    Behind {
        /// The last entry sealed in the database.
        last: u64,
        /// The first seal outside that is missing in it.
        up_to: u64,
        /// Where it was kept.
        path: PathBuf,
    },
    /// A seal kept outside fits nothing in the database.
    #[error(
        "the seal of entry {up_to} in {path} is not in the database: entries were cut off or written \
         anew, or it goes on from an older database that was put back", path = path.display()
    )]
    NotInDatabase {
        /// The seal.
        up_to: u64,
        /// Where it was kept.
        path: PathBuf,
    },
    /// A file of seals.
    #[error("{path} cannot be read: {why}", path = path.display())]
    Anchor {
        /// The file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Issuer {
    /// Seals what was written since the last seal, and adds the seal to the anchor file.
    ///
    /// # Errors
    /// [`AuditError::Storage`]; [`AuditError::Anchor`] if the file could not be written: the next seal
    /// covers these entries too.
    pub async fn seal_audit(&self) -> Result<(), AuditError> {
        let last = audit::last_settled(&self.storage).await?;
        let mut connection = self.storage.read().await?;
        let before = audit::last_seal(&mut connection).await?;
        let (from, mut entries, mut hash) = match &before {
            Some(seal) => (seal.up_to, seal.entries, seal.hash),
            None => (0, 0, BEGINNING),
        };
        if last > from {
            let mut read_to = from;
            while read_to < last {
                let chunk = audit::between(&mut connection, read_to, last, CHUNK).await?;
                let Some(end) = chunk.last() else { break };
                read_to = end.id;
                entries += chunk.len() as u64;
                hash = chunk.iter().fold(hash, |hash, entry| entry.chained(&hash));
            }
            let seal = Seal::sign(&self.keys.audit, last, entries, hash, self.now());
            // Another process may have sealed them meanwhile: that one stands.
            if !audit::add_seal(&self.storage, from, &seal).await? {
                return Ok(());
            }
            return self.anchor(&seal);
        }
        // One that could not be written outside when it was made.
        match before {
            Some(seal) if !self.is_anchored(seal.up_to) => self.anchor(&seal),
            _ => Ok(()),
        }
    }

    fn anchor(&self, seal: &Seal) -> Result<(), AuditError> {
        let anchor = Anchor(self.config.audit_anchor());
        anchor.add(seal).map_err(|why| AuditError::Anchor {
            path: anchor.0.clone(),
            why,
        })?;
        self.note_anchored(seal.up_to);
        Ok(())
    }

    /// Seals every few seconds, for ever.
    pub async fn keep_sealed(self: Arc<Self>) {
        loop {
            if let Err(error) = self.seal_audit().await {
                tracing::error!(%error, "sealing the audit trail failed");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    /// The file that seals are added to.
    pub fn audit_anchor(&self) -> PathBuf {
        self.config.audit_anchor()
    }

    /// Checks the whole trail against its seals, and against those in `anchors`.
    ///
    /// # Errors
    /// [`AuditError`]: what does not fit, the first of it.
    pub async fn verify_audit(&self, anchors: &[PathBuf]) -> Result<Trail, AuditError> {
        let mut connection = self.storage.read().await?;
        let seals = audit::seals(&mut connection).await?;
        let key = self.keys.audit.public();
        let (mut read_to, mut entries, mut hash) = (0, 0, BEGINNING);
        for seal in &seals {
            if !seal.is_signed_by(&key) {
                return Err(AuditError::Forged { up_to: seal.up_to });
            }
            while read_to < seal.up_to {
                let chunk = audit::between(&mut connection, read_to, seal.up_to, CHUNK).await?;
                let Some(end) = chunk.last() else { break };
                read_to = end.id;
                entries += chunk.len() as u64;
                hash = chunk.iter().fold(hash, |hash, entry| entry.chained(&hash));
            }
            if (seal.entries, seal.hash) != (entries, hash) {
                return Err(AuditError::Changed { up_to: seal.up_to });
            }
        }
        let inside: BTreeMap<u64, &Seal> = seals.iter().map(|seal| (seal.up_to, seal)).collect();
        let (mut anchored, mut broken_off) = (0, 0);
        for path in anchors {
            let (kept, pieces) = Anchor::read(path).map_err(|why| AuditError::Anchor {
                path: path.clone(),
                why,
            })?;
            broken_off += pieces;
            for seal in kept {
                if !seal.is_signed_by(&key) {
                    return Err(AuditError::Forged { up_to: seal.up_to });
                }
                if inside.get(&seal.up_to).map(|found| found.hash) != Some(seal.hash) {
                    let (up_to, path) = (seal.up_to, path.clone());
                    let last = seals.last().map_or(0, |seal| seal.up_to);
                    return Err(match up_to > last {
                        true => AuditError::Behind { last, up_to, path },
                        false => AuditError::NotInDatabase { up_to, path },
                    });
                }
                anchored += 1;
            }
        }
        let all = audit::count(&mut connection).await?;
        Ok(Trail {
            sealed: entries,
            unsealed: all.saturating_sub(entries),
            seals: seals.len() as u64,
            anchored,
            broken_off,
        })
    }

    /// The last entries that fit `filter`, oldest first.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
    ) -> Result<Vec<AuditEntry>, StorageError> {
        audit::last_of(&mut self.storage.read().await?, filter).await
    }
}
