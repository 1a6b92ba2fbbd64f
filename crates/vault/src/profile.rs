//! The folder of one installation, and how it is made, opened and set aside.
//!
//! ```text
//! marker.json        public; see `marker.rs`
//! device.skts        the device's piece
//! tokens/<id>.skts   one sealed record a token
//! pending/<id>.skts  one sealed set-up under way
//! lock               held while the profile is open
//! damaged/ aside/    copies of damaged files; profiles that were started over
//! ```

mod unlock;

pub use unlock::Unlocked;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use skts_sealed::scrub_stack;

use crate::files::{Disk, FileSystem, Folder, ProfileLock};
use crate::marker::{MarkedDevice, Marker, MarkerError};
use crate::pin::store::PinStore;
use crate::record::{self, Kind, RecordError};
use crate::software::Software;
use crate::token::make_random_name;
use crate::vault::Opened;
use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStore,
    KeyStoreError, MachineId, OpenError, Vault,
};

pub(crate) const MARKER: &str = "marker.json";
pub(crate) const DEVICE: &str = "device.skts";
pub(crate) const TOKENS: &str = "tokens";
pub(crate) const PENDING: &str = "pending";

/// Where a profile is kept, and for which application.
#[derive(Clone)]
pub struct Profile {
    folder: Folder,
    app_id: String,
    /// The hardware of this device, where there may be some.
    hardware: Option<Arc<dyn DeviceKeyBackend>>,
}

impl std::fmt::Debug for Profile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Profile")
            .field("path", &self.folder.root())
            .field("app_id", &self.app_id)
            .finish_non_exhaustive()
    }
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
        Self::on(Arc::new(Disk), path, app_id)
    }

    pub(crate) fn on(
        disk: Arc<dyn FileSystem>,
        path: impl Into<PathBuf>,
        app_id: impl Into<String>,
    ) -> Self {
        let folder = Folder::new(path.into(), disk);
        Self {
            folder,
            app_id: app_id.into(),
            hardware: None,
        }
    }

    /// Makes device keys in this hardware from now on, and opens those that were made in it.
    #[must_use]
    pub fn with_hardware(mut self, hardware: Option<Arc<dyn DeviceKeyBackend>>) -> Self {
        self.hardware = hardware;
        self
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.root()
    }

    /// The application's identifier, also the service name of its keystore items.
    pub fn app_id(&self) -> &str {
        &self.app_id
    }

    /// Reads the public marker only: no keystore call, no lock, no change but the copy of a
    /// damaged marker.
    ///
    /// # Errors
    /// [`OpenError::Corrupt`], [`OpenError::NewerFormat`], [`OpenError::Disk`].
    pub fn presence(&self) -> Result<Presence, OpenError> {
        Ok(match self.read_marker()? {
            None => Presence::NotSetUp,
            Some(marker) if marker.device.is_none() => Presence::NotSetUp,
            Some(marker) if marker.tokens.is_empty() => Presence::Prepared(marker),
            Some(marker) => Presence::SetUp(marker),
        })
    }

    /// Makes the device key of a profile in which nothing was set up. If a device key is there
    /// already, the profile is opened instead, and no key is made.
    ///
    /// # Errors
    /// Any [`OpenError`] but `NotSetUp`.
    pub fn create<R: CryptoRngCore>(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: &MachineId,
        rng: &mut R,
    ) -> Result<Vault, OpenError> {
        if self
            .read_marker()?
            .is_some_and(|marker| marker.device.is_some())
        {
            return self.open(key_store, machine);
        }
        for folder in ["", TOKENS, PENDING] {
            self.folder.make(folder).map_err(disk)?;
        }
        let lock = self.folder.lock()?;
        let begun = self.read_marker()?;
        if begun.as_ref().is_some_and(|marker| marker.device.is_some()) {
            drop(lock);
            return self.open(key_store, machine);
        }
        // A set-up that was cut off is begun again under its own name, so that no item is left
        // over in the keystore; one that came here as a copy gets a name of its own.
        let mut marker = begun
            .filter(|marker| marker.made_on(machine))
            .unwrap_or_else(|| Marker::preparing(make_random_name(rng), machine));
        self.write_marker(&marker).map_err(disk)?;

        let (pin_store, key_store) = behind_pin(key_store, &marker);
        let context = self.context(&marker, machine, &key_store);
        let (device, piece) = self.make_device(&context, rng)?;
        let file = record::encode_frame(Kind::Device, &piece);
        self.folder.replace(DEVICE, &file).map_err(disk)?;
        self.check_device_piece(&context, device.as_ref())?;

        marker.device = Some(MarkedDevice {
            kind: device.kind(),
            id: device_id(device.as_ref()),
        });
        self.write_marker(&marker).map_err(disk)?;
        self.load(marker, machine, pin_store, lock, device)
    }

    /// Opens what was set up, with a self-test of every token. Makes no key and repairs nothing.
    ///
    /// # Errors
    /// Any [`OpenError`]; [`OpenError::PinLocked`] for what [`unlock`](Self::unlock) opens.
    pub fn open(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: &MachineId,
    ) -> Result<Vault, OpenError> {
        // Before the lock, so that not one byte of a copied profile changes.
        self.read_ready_marker(machine)?;
        let lock = self.folder.lock()?;
        let (marker, marked) = self.read_ready_marker(machine)?;
        let (pin_store, key_store) = behind_pin(key_store, &marker);
        let context = self.context(&marker, machine, &key_store);
        let opened = self.open_device(&context, marked.kind);
        if pin_store.met_lock() {
            return Err(OpenError::PinLocked);
        }
        let device = opened?;
        if device_id(device.as_ref()) != marked.id || device.kind() != marked.kind {
            return Err(self.corrupt(MARKER));
        }
        self.load(marker, machine, pin_store, lock, device)
    }

    fn load(
        &self,
        marker: Marker,
        machine: &MachineId,
        key_store: Arc<PinStore>,
        lock: ProfileLock,
        device: Box<dyn DeviceKey>,
    ) -> Result<Vault, OpenError> {
        Vault::load(Opened {
            profile: self.clone(),
            lock,
            key_store,
            device,
            marker,
            machine: machine.clone(),
        })
    }

    /// Moves every file of the profile into `aside/<n>/`, so that it counts as not set up, and
    /// removes this profile's items from the keystore and its keys from the hardware if it was made on
    /// this machine. Returns that folder.
    ///
    /// # Errors
    /// [`OpenError::InUse`] or [`OpenError::Disk`]; a keystore or hardware that fails is passed over.
    pub fn start_over(
        &self,
        key_store: Arc<dyn KeyStore>,
        machine: Option<&MachineId>,
    ) -> Result<PathBuf, OpenError> {
        self.folder.make("").map_err(disk)?;
        let _lock = self.folder.lock()?;
        let marker = self.folder.read(MARKER).map_err(disk)?;
        let marker = marker.and_then(|bytes| Marker::decode(&bytes).ok());
        if let Some((marker, machine)) = marker
            .zip(machine)
            .filter(|(marker, id)| marker.made_on(id))
        {
            self.forget_pin(&key_store, &marker, machine);
            let ids = marker
                .tokens
                .iter()
                .chain(&marker.discarding)
                .map(|id| id.as_str());
            for name in ids.chain(["device", "tries"]) {
                let deleted = key_store.delete(&format!("{}.{name}", marker.profile_id));
                // A keystore that does not answer would not answer the next call either.
                if let Err(KeyStoreError::Slow | KeyStoreError::Absent | KeyStoreError::Locked) =
                    deleted
                {
                    break;
                }
            }
            if let Some(hardware) = &self.hardware {
                // As with a keystore that fails: the customer cannot wait for it to start over.
                let _ = hardware.forget(&self.context(&marker, machine, &key_store));
            }
        }
        let mut number: u32 = 1;
        while self.folder.path(&format!("aside/{number}")).exists() {
            number = number.saturating_add(1);
        }
        let aside = format!("aside/{number}");
        self.folder.make("aside").map_err(disk)?;
        self.folder.make(&aside).map_err(disk)?;
        // The marker last: cut off before, the profile is still one that was set up.
        for name in [TOKENS, PENDING, DEVICE, MARKER] {
            self.folder
                .move_to(name, &format!("{aside}/{name}"))
                .map_err(disk)?;
        }
        Ok(self.folder.path(&aside))
    }

    pub(crate) fn folder(&self) -> &Folder {
        &self.folder
    }

    pub(crate) fn write_marker(&self, marker: &Marker) -> io::Result<()> {
        self.folder.replace(MARKER, &marker.encode())
    }

    /// Reads the marker; `None` if there is nothing of a profile at all.
    pub(crate) fn read_marker(&self) -> Result<Option<Marker>, OpenError> {
        let marker = match self.folder.read(MARKER).map_err(disk)? {
            None => None,
            Some(bytes) => Some(Marker::decode(&bytes).map_err(|error| match error {
                MarkerError::NewerFormat => OpenError::NewerFormat,
                MarkerError::Damaged => self.corrupt(MARKER),
            })?),
        };
        // Records are only ever written under a marker that is ready: whoever took it away did
        // not make this a first run.
        if marker.as_ref().is_none_or(|marker| marker.device.is_none()) {
            let device_left = marker.is_none() && self.folder.path(DEVICE).exists();
            let records_left = !self.folder.list(TOKENS).map_err(disk)?.is_empty()
                || !self.folder.list(PENDING).map_err(disk)?.is_empty();
            if device_left || records_left {
                return Err(OpenError::Corrupt { saved_aside: None });
            }
        }
        Ok(marker)
    }

    pub(crate) fn corrupt(&self, name: &str) -> OpenError {
        OpenError::Corrupt {
            saved_aside: self.folder.save_aside(name),
        }
    }

    fn read_ready_marker(&self, machine: &MachineId) -> Result<(Marker, MarkedDevice), OpenError> {
        let marker = self.read_marker()?.ok_or(OpenError::NotSetUp)?;
        let device = marker.device.ok_or(OpenError::NotSetUp)?;
        if marker.made_on(machine) {
            Ok((marker, device))
        } else {
            Err(OpenError::CopiedProfile)
        }
    }

    fn context<'a>(
        &'a self,
        marker: &'a Marker,
        machine: &'a MachineId,
        key_store: &'a Arc<dyn KeyStore>,
    ) -> DeviceKeyContext<'a> {
        DeviceKeyContext {
            profile_id: &marker.profile_id,
            app_id: &self.app_id,
            machine,
            key_store,
        }
    }

    fn open_device(
        &self,
        context: &DeviceKeyContext<'_>,
        kind: DeviceKeyKind,
    ) -> Result<Box<dyn DeviceKey>, OpenError> {
        let file = self
            .folder
            .read(DEVICE)
            .map_err(disk)?
            .ok_or(OpenError::DeviceKeyGone)?;
        let piece = record::decode_frame(Kind::Device, &file).map_err(|error| match error {
            RecordError::NewerFormat => OpenError::NewerFormat,
            RecordError::Damaged => self.corrupt(DEVICE),
        })?;
        let opened = match (kind, &self.hardware) {
            (DeviceKeyKind::Software, _) => Software.open(context, piece),
            (kind, Some(hardware)) if hardware.kind() == kind => hardware.open(context, piece),
            // Made in hardware that this device does not have, or no longer.
            _ => Err(DeviceKeyError::Absent),
        };
        scrub_stack();
        opened.map_err(|error| match error {
            DeviceKeyError::Damaged | DeviceKeyError::WrongItem => self.corrupt(DEVICE),
            other => other.into(),
        })
    }

    /// Makes the device key in hardware; where there is none that can, in software. Hardware that
    /// is only busy is waited for by the customer: a token made meanwhile would be weaker for good.
    fn make_device(
        &self,
        context: &DeviceKeyContext<'_>,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        if let Some(hardware) = &self.hardware {
            match hardware.make(context, rng) {
                Err(
                    DeviceKeyError::Absent
                    | DeviceKeyError::NotHardware
                    | DeviceKeyError::Denied
                    | DeviceKeyError::Unsupported
                    | DeviceKeyError::Refused,
                ) => {}
                made => return made,
            }
        }
        let made = Software.make(context, rng);
        scrub_stack();
        made
    }

    /// Opens the device key from what was written, before the marker says that it is there.
    fn check_device_piece(
        &self,
        context: &DeviceKeyContext<'_>,
        made: &dyn DeviceKey,
    ) -> Result<(), OpenError> {
        let opened = self.open_device(context, made.kind())?;
        if opened.spki() == made.spki() {
            Ok(())
        } else {
            Err(self.corrupt(DEVICE))
        }
    }
}

/// The keystore, with what a PIN locks of it; as itself and as what a device key is shown.
fn behind_pin(below: Arc<dyn KeyStore>, marker: &Marker) -> (Arc<PinStore>, Arc<dyn KeyStore>) {
    let device_item = format!("{}.device", marker.profile_id);
    let store = Arc::new(PinStore::new(below, device_item));
    (Arc::clone(&store), store)
}

pub(crate) fn disk(error: io::Error) -> OpenError {
    OpenError::Disk(error.kind())
}

pub(crate) fn device_id(device: &dyn DeviceKey) -> [u8; 32] {
    Sha256::digest(device.spki()).into()
}
