//! Where master keys are: in files of their own, or in files wrapped by an HSM.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rand_core::CryptoRngCore;
use skts_sealed::{SealingKey, SecretBytes};

use super::files::{refuse_if_others_can_read, write_new};
use super::{HsmConfig, KeyError, subkey};

/// The version that a service begins with.
pub(super) const FIRST: i64 = 1;

/// Keeps master keys in a folder.
#[derive(Debug, Clone)]
pub(super) struct Keeper {
    folder: PathBuf,
    hsm: Option<HsmConfig>,
}

impl Keeper {
    pub(super) fn new(folder: &Path, hsm: Option<&HsmConfig>) -> Self {
        Self {
            folder: folder.to_owned(),
            hsm: hsm.cloned(),
        }
    }

    fn path(&self, version: i64) -> PathBuf {
        let number = match version {
            FIRST => String::new(),
            later => format!("-{later}"),
        };
        let kind = if self.hsm.is_some() { "wrapped" } else { "key" };
        self.folder.join(format!("master{number}.{kind}"))
    }

    /// Makes and keeps a master key. What is there is never overwritten.
    pub(super) fn make<R: CryptoRngCore>(
        &self,
        version: i64,
        rng: &mut R,
    ) -> Result<SealingKey, KeyError> {
        let master = SealingKey::make(rng);
        // EXPOSE: wrapped on the spot, or into a file of its own that only its owner can read.
        let bytes = master.expose_secret();
        match &self.hsm {
            Some(hsm) => {
                hsm.make_key()?;
                write_new(&self.path(version), &hsm.wrap(version, bytes, rng)?)?;
            }
            None => write_new(&self.path(version), bytes)?,
        }
        Ok(master)
    }

    /// Reads one master key; none if there is no file of it.
    pub(super) fn read(&self, version: i64) -> Result<Option<SealingKey>, KeyError> {
        let path = self.path(version);
        if !path.exists() {
            return Ok(None);
        }
        refuse_if_others_can_read(&path)?;
        let bytes = SecretBytes::new(std::fs::read(&path).map_err(KeyError::from_io)?);
        let bytes = match &self.hsm {
            // EXPOSE: wrapped; the HSM opens it.
            Some(hsm) => hsm.unwrap(version, bytes.expose_secret())?,
            None => bytes,
        };
        // EXPOSE: parsed into the key type at once.
        let master = SealingKey::try_from_slice(bytes.expose_secret());
        master.map(Some).map_err(|_| KeyError::Damaged)
    }

    /// Every master key there is: there may be none of the first versions any more.
    pub(super) fn read_all(&self) -> Result<BTreeMap<i64, SealingKey>, KeyError> {
        let mut found = BTreeMap::new();
        for version in FIRST..=MOST_VERSIONS {
            if let Some(master) = self.read(version)? {
                found.insert(version, master);
            }
        }
        Ok(found)
    }

    /// Takes the file of a master key away.
    pub(super) fn remove(&self, version: i64) -> Result<(), KeyError> {
        std::fs::remove_file(self.path(version)).map_err(KeyError::from_io)
    }
}

/// A master key a year, for a thousand years.
const MOST_VERSIONS: i64 = 1000;

/// The keys derived of one master key that rows are sealed under.
pub(super) struct Derived {
    pub(super) seeds: SealingKey,
    pub(super) state: SealingKey,
}

impl Derived {
    pub(super) fn of(master: &SealingKey) -> Self {
        Self {
            seeds: subkey(master, "skts/service/seeds/v1"),
            state: subkey(master, "skts/service/state/v1"),
        }
    }
}
