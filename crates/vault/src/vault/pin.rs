//! The lock of an open profile: set, changed, taken off.

use std::sync::Arc;

use rand_core::CryptoRngCore;
use skts_sealed::{FieldWriter, SecretBytes};

use super::Vault;
use crate::pin::item::Lock;
use crate::pin::lock::{LockSmith, Tried};
use crate::{KeyStore, Moment, Pin, PinStatus, VaultError};

/// What came of the PIN in force, which a change asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PinChange {
    /// It was right, and the change is made.
    Done,
    /// It was wrong, and counted.
    Refused(PinStatus),
    /// It was not looked at: there is a wait, or it is over.
    NotNow(PinStatus),
}

impl Vault {
    /// Whether a PIN locks this profile.
    pub fn has_pin(&self) -> bool {
        self.opened.key_store.holds_pad()
    }

    /// Locks the profile by a PIN, where none does. From now on [`Profile::unlock`] opens it.
    ///
    /// [`Profile::unlock`]: crate::Profile::unlock
    ///
    /// # Errors
    /// [`VaultError::PinSet`] where there is one; [`VaultError::KeyStore`], [`VaultError::DeviceKey`]
    /// or [`VaultError::Disk`]: open the profile anew to see whether it was set.
    pub fn set_pin<R: CryptoRngCore>(&mut self, pin: &Pin, rng: &mut R) -> Result<(), VaultError> {
        if self.has_pin() {
            return Err(VaultError::PinSet);
        }
        self.close(None, pin, rng)
    }

    /// Puts a new PIN in the place of the one in force.
    ///
    /// # Errors
    /// [`VaultError::NoPin`] where there is none; else as [`Vault::set_pin`].
    pub fn change_pin<R: CryptoRngCore>(
        &mut self,
        current: &Pin,
        new: &Pin,
        now: &Moment,
        rng: &mut R,
    ) -> Result<PinChange, VaultError> {
        let lock = match self.confirm(current, now)? {
            Confirmed::Right(lock) => lock,
            Confirmed::Not(change) => return Ok(change),
        };
        self.close(Some(&lock), new, rng)?;
        Ok(PinChange::Done)
    }

    /// Takes the PIN off.
    ///
    /// # Errors
    /// [`VaultError::NoPin`] where there is none; else as [`Vault::set_pin`].
    pub fn remove_pin(&mut self, current: &Pin, now: &Moment) -> Result<PinChange, VaultError> {
        let lock = match self.confirm(current, now)? {
            Confirmed::Right(lock) => lock,
            Confirmed::Not(change) => return Ok(change),
        };
        let secret = self.device_secret()?;
        let context = self.seal_context();
        self.smith(&context).take_off(&lock, &secret)?;
        self.opened.key_store.hold(None);
        Ok(PinChange::Done)
    }

    /// Tries the PIN in force, counted as at the start.
    fn confirm(&self, current: &Pin, now: &Moment) -> Result<Confirmed, VaultError> {
        let context = self.seal_context();
        let smith = self.smith(&context);
        let lock = smith.lock()?.ok_or(VaultError::NoPin)?;
        let held = |pad: &SecretBytes| Ok(self.opened.key_store.is_held(pad));
        Ok(match smith.try_pin(&lock, current, now, held)? {
            Tried::Right => Confirmed::Right(lock),
            Tried::Wrong(status) => Confirmed::Not(PinChange::Refused(status)),
            Tried::NotNow(status) => Confirmed::Not(PinChange::NotNow(status)),
        })
    }

    fn close(
        &self,
        old: Option<&Lock>,
        pin: &Pin,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<(), VaultError> {
        let secret = self.device_secret()?;
        let piece = self.opened.profile.device_piece()?;
        let context = self.seal_context();
        let pad = self.smith(&context).close(old, &secret, pin, &piece, rng)?;
        self.opened.key_store.hold(Some(pad));
        Ok(())
    }

    fn device_secret(&self) -> Result<SecretBytes, VaultError> {
        let item = format!("{}.device", self.opened.marker.profile_id);
        Ok(self.opened.key_store.get(&item)?)
    }

    fn smith<'a>(&'a self, context: &'a SecretBytes) -> LockSmith<'a> {
        LockSmith {
            store: Arc::as_ref(&self.opened.key_store),
            profile_id: &self.opened.marker.profile_id,
            context,
            guards: self.opened.profile.guards(self.opened.device.kind()),
        }
    }

    /// As the device key's own: profile ‖ application ‖ machine.
    fn seal_context(&self) -> SecretBytes {
        FieldWriter::new()
            .bytes(self.opened.marker.profile_id.as_bytes())
            .bytes(self.opened.profile.app_id().as_bytes())
            .bytes(self.opened.machine.as_bytes())
            .finish()
    }
}

enum Confirmed {
    Right(Lock),
    Not(PinChange),
}
