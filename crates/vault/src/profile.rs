//! The folder of one installation.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_core::CryptoRngCore;

use crate::{KeyStore, MachineId, Marker, OpenError, Vault};

/// Where a profile is kept, and for which application.
#[derive(Clone, Debug)]
pub struct Profile {
    path: PathBuf,
    app_id: String,
}

/// What the public marker says, without a keystore call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nothing was set up here.
    NotSetUp,
    /// The device key exists and no token yet: a set-up was begun.
    Prepared(Marker),
    /// At least one token was set up here.
    SetUp(Marker),
}

impl Profile {
    /// Names the folder; touches nothing.
    pub fn at(path: impl Into<PathBuf>, app_id: impl Into<String>) -> Self {
        Self { path: path.into(), app_id: app_id.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The application's identifier.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Reads the public marker only: no keystore call, no lock, no change.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::NewerFormat`], [`OpenError::Disk`].
    pub fn presence(&self) -> Result<Presence, OpenError> {
        todo!()
    }

    /// Makes the device key of a profile in which nothing was set up. If a profile is there
    /// already, it is opened instead, and no key is made.
    ///
    /// # Errors
    /// Any [`OpenError`].
    pub fn create<R: CryptoRngCore>(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: &MachineId,
        rng: &mut R,
    ) -> Result<Vault, OpenError> {
        let _ = (key_store, machine, rng);
        todo!()
    }

    /// Opens what was set up, with a self-test of every token.
    ///
    /// # Errors
    /// Any [`OpenError`].
    pub fn open(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: &MachineId,
    ) -> Result<Vault, OpenError> {
        let _ = (key_store, machine);
        todo!()
    }

    /// Moves every file of the profile into `aside/<n>/`, so that it counts as not set up, and
    /// removes this profile's items from the keystore if it was made on this machine.
    ///
    /// # Errors
    /// [`OpenError::InUse`] or [`OpenError::Disk`]; a keystore that fails is passed over.
    pub fn start_over(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: Option<&MachineId>,
    ) -> Result<PathBuf, OpenError> {
        let _ = (key_store, machine);
        todo!()
    }
}
