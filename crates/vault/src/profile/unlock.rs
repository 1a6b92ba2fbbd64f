//! A profile behind a PIN: how it stands, and how it is opened.

use std::sync::Arc;

use skts_sealed::scrub_stack;

use super::{DEVICE, Profile, behind_pin, device_id, disk};
use crate::device_key::{PinGuards, seal_context};
use crate::marker::Marker;
use crate::pin::item::Lock;
use crate::pin::lock::{LockSmith, Tried};
use crate::pin::store::PinStore;
use crate::record::{self, Kind};
use crate::software::Software;
use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStore,
    MachineId, Moment, OpenError, Pin, PinStatus, Vault, VaultError,
};

/// What came of a PIN.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one value of it at a time"
)]
pub enum Unlocked {
    /// It was right.
    Open(Vault),
    /// It was wrong, and counted.
    Refused(PinStatus),
    /// It was not looked at: there is a wait, or it is over.
    NotNow(PinStatus),
}

impl Profile {
    /// Where the lock of this profile stands; `None` if there is none.
    ///
    /// # Errors
    /// Any [`OpenError`] of the keystore or the chip; [`OpenError::ItemMissing`] if the count is gone.
    pub fn pin_status(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: &MachineId,
        now: &Moment,
    ) -> Result<Option<PinStatus>, OpenError> {
        let (marker, marked) = self.read_ready_marker(machine)?;
        let (store, key_store) = behind_pin(key_store, &marker);
        let context = seal_context(&self.context(&marker, machine, &key_store));
        let smith = LockSmith {
            store: &store,
            profile_id: &marker.profile_id,
            context: &context,
            guards: self.guards(marked.kind),
        };
        match smith.lock()? {
            None => Ok(None),
            Some(lock) => Ok(Some(smith.status(&lock, now)?)),
        }
    }

    /// Opens a profile that is locked by `pin`. The try is counted before the PIN is looked at, and a
    /// right one sets the count back.
    ///
    /// # Errors
    /// Any [`OpenError`]; none of them costs a try.
    pub fn unlock(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: &MachineId,
        pin: &Pin,
        now: &Moment,
    ) -> Result<Unlocked, OpenError> {
        self.read_ready_marker(machine)?;
        let held = self.folder.lock()?;
        let (marker, marked) = self.read_ready_marker(machine)?;
        let (store, key_store) = behind_pin(key_store, &marker);
        let context = self.context(&marker, machine, &key_store);
        let sealed_for = seal_context(&context);
        let smith = LockSmith {
            store: &store,
            profile_id: &marker.profile_id,
            context: &sealed_for,
            guards: self.guards(marked.kind),
        };
        let Some(lock) = smith.lock()? else {
            drop(held);
            return self.open(key_store, machine).map(Unlocked::Open);
        };
        let piece = self.folder.read(DEVICE).map_err(disk)?;
        let piece = piece.ok_or(OpenError::DeviceKeyGone)?;
        if let Lock::Closed(closed) = &lock
            && !closed.fits(&piece)
        {
            return Err(self.corrupt(DEVICE));
        }
        let mut device = None;
        let tried = smith.try_pin(&lock, pin, now, |pad| {
            store.hold(Some(skts_sealed::SecretBytes::from_slice(
                // EXPOSE: held while the profile is open.
                pad.expose_secret(),
            )));
            device = self.try_device(&context, marked.kind, &piece)?;
            Ok(device.is_some())
        });
        if !matches!(tried, Ok(Tried::Right)) {
            store.hold(None);
        }
        let device = match tried? {
            Tried::Wrong(status) => return Ok(Unlocked::Refused(status)),
            Tried::NotNow(status) => return Ok(Unlocked::NotNow(status)),
            Tried::Right => device.ok_or(OpenError::DeviceKeyGone)?,
        };
        if device_id(device.as_ref()) != marked.id {
            return Err(self.corrupt(super::MARKER));
        }
        let opened = self.load(marker.clone(), machine, Arc::clone(&store), held, device)?;
        Ok(Unlocked::Open(opened))
    }

    /// The device key, if the secret that the store gives now is its own.
    fn try_device(
        &self,
        context: &DeviceKeyContext<'_>,
        kind: DeviceKeyKind,
        piece: &[u8],
    ) -> Result<Option<Box<dyn DeviceKey>>, VaultError> {
        let piece = record::decode_frame(Kind::Device, piece)
            .map_err(|_| VaultError::Corrupt { saved_aside: None })?;
        let opened = match (kind, &self.hardware) {
            (DeviceKeyKind::Software, _) => Software.open(context, piece),
            (kind, Some(hardware)) if hardware.kind() == kind => hardware.open(context, piece),
            _ => Err(DeviceKeyError::Absent),
        };
        scrub_stack();
        match opened {
            Ok(device) => Ok(Some(device)),
            Err(DeviceKeyError::Damaged | DeviceKeyError::WrongItem) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the hardware that holds the device key counts wrong PINs.
    pub(crate) fn guards(&self, kind: DeviceKeyKind) -> Option<&dyn PinGuards> {
        let hardware = self.hardware.as_ref()?;
        if hardware.kind() == kind {
            hardware.pin_guards()
        } else {
            None
        }
    }

    pub(crate) fn device_piece(&self) -> Result<Vec<u8>, VaultError> {
        let piece = self
            .folder
            .read(DEVICE)
            .map_err(|error| VaultError::Disk(error.kind()))?;
        piece.ok_or(VaultError::DeviceKey(DeviceKeyError::Gone))
    }

    /// What the hardware keeps for the lock of a profile that is started over.
    pub(super) fn forget_pin(
        &self,
        key_store: &Arc<dyn KeyStore>,
        marker: &Marker,
        machine: &MachineId,
    ) {
        let Some(guards) = marker.device.and_then(|device| self.guards(device.kind)) else {
            return;
        };
        let (store, below) = behind_pin(Arc::clone(key_store), marker);
        let context = seal_context(&self.context(marker, machine, &below));
        let smith = LockSmith {
            store: store.as_ref() as &PinStore,
            profile_id: &marker.profile_id,
            context: &context,
            guards: Some(guards),
        };
        smith.forget();
    }
}
