//! The vault as a whole, on a memory keystore and temporary folders.

mod crashes;
mod frozen;
mod hidden;
mod pin;
mod states;
mod tokens;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use rand_core::OsRng;
use skts_otp::{HashAlgorithm, Mac, SerialNumber, TimeStep, TokenPolicy, UnixTime};
use skts_sealed::SecretBytes;
use tempfile::TempDir;

use crate::files::{Disk, FileSystem};
use crate::*;

pub(crate) const APP: &str = "jp.example.skts";
pub(crate) const STEP: TimeStep = TimeStep::from_index(58_000_000);

/// One machine with a profile folder and a keystore.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) store: Arc<MemoryKeyStore>,
    pub(crate) machine: MachineId,
}

/// Everything a site holds: files by relative name, items by name.
pub(crate) type Everything = (BTreeMap<PathBuf, Vec<u8>>, BTreeMap<String, Vec<u8>>);

impl Site {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::Builder::new()
                .prefix("skts-vault-")
                .tempdir()
                .unwrap(),
            store: Arc::new(MemoryKeyStore::new()),
            machine: machine("first machine"),
        }
    }

    /// A site with one token, and the token.
    pub(crate) fn with_token(secret: u8) -> (Self, TokenId) {
        let site = Self::new();
        let id = add(&mut site.create().unwrap(), secret, "SKTS00000001").unwrap();
        (site, id)
    }

    /// Another site with the same content.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new();
        copy.restore(&self.everything());
        copy
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("profile")
    }

    pub(crate) fn profile(&self) -> Profile {
        Profile::at(self.path(), APP)
    }

    pub(crate) fn create(&self) -> Result<Vault, OpenError> {
        self.profile()
            .create(self.store.clone(), &self.machine, &mut OsRng)
    }

    pub(crate) fn open(&self) -> Result<Vault, OpenError> {
        self.profile().open(self.store.clone(), &self.machine)
    }

    pub(crate) fn everything(&self) -> Everything {
        let mut files = BTreeMap::new();
        collect(&self.path(), &self.path(), &mut files);
        (files, self.store.items())
    }

    pub(crate) fn restore(&self, everything: &Everything) {
        for (name, bytes) in &everything.0 {
            let path = self.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        self.store.set_items(everything.1.clone());
    }

    pub(crate) fn only_token_file(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.path().join("tokens")).unwrap();
        let path = entries.next().unwrap().unwrap().path();
        assert!(entries.next().is_none());
        path
    }

    /// Names of items and token files, to see that nothing is left over.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let (files, items) = self.everything();
        let tokens = files
            .keys()
            .filter(|name| name.starts_with("tokens"))
            .count();
        (items.len(), tokens)
    }
}

fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(root, &path, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_owned();
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

pub(crate) fn machine(name: &str) -> MachineId {
    MachineId::from_system_text(name).unwrap()
}

pub(crate) fn new_token(serial: &str) -> NewToken {
    NewToken {
        serial: SerialNumber::parse(serial).unwrap(),
        institution_id: "mihon-shinkin".to_owned(),
        service_id: "10000001".to_owned(),
        policy: TokenPolicy::self_provisioned(),
        started_at: UnixTime::from_secs(1_763_000_000),
        expires_at: UnixTime::from_secs(1_921_000_000),
        match_number: Some("0427".to_owned()),
        server_offset_secs: -3,
        ratchet: SecretBytes::new(vec![0x5a; 32]),
        notes: None,
    }
}

/// Adds a token whose seed is 32 times `secret`, and whose signing key is the next number.
pub(crate) fn add(vault: &mut Vault, secret: u8, serial: &str) -> Result<TokenId, VaultError> {
    let seed = SecretBytes::new(vec![secret; 32]);
    let signing_key = SecretBytes::new(vec![secret + 1; 32]);
    vault.add_token(new_token(serial), seed, signing_key, &mut OsRng)
}

pub(crate) fn expected_mac(secret: u8) -> Mac {
    skts_otp::mac(&[secret; 32], HashAlgorithm::Sha256, STEP).unwrap()
}

pub(crate) fn assert_computes(vault: &Vault, id: &TokenId, secret: u8) {
    let mac = vault.mac(id, STEP).unwrap();
    assert_eq!(mac.as_bytes(), expected_mac(secret).as_bytes());
}

/// What happens to a step once the fuse is burnt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// The program is killed: nothing happens any more.
    Killed,
    /// Killed in the middle of writing a file.
    KilledHalfway,
    /// The disk is full: no file is written, the rest still works.
    Full,
}

/// Counts down the steps that still succeed, on disk and in the keystore together.
#[derive(Clone, Debug)]
pub(crate) struct Fuse {
    left: Arc<AtomicI64>,
    cut: Cut,
}

impl Fuse {
    pub(crate) fn new(steps: i64, cut: Cut) -> Self {
        Self {
            left: Arc::new(AtomicI64::new(steps)),
            cut,
        }
    }

    fn burns(&self) -> bool {
        self.left.fetch_sub(1, Ordering::SeqCst) <= 0
    }

    pub(crate) fn is_burnt(&self) -> bool {
        self.left.load(Ordering::SeqCst) < 0
    }

    pub(crate) fn profile(&self, site: &Site) -> Profile {
        Profile::on(Arc::new(FusedDisk(self.clone())), site.path(), APP)
    }

    pub(crate) fn store(&self, site: &Site) -> Arc<dyn KeyStore> {
        Arc::new(FusedStore {
            fuse: self.clone(),
            store: site.store.clone(),
        })
    }

    fn step(&self, does: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        if self.burns() && self.cut != Cut::Full {
            return Err(io::Error::other("killed"));
        }
        does()
    }
}

#[derive(Debug)]
struct FusedDisk(Fuse);

impl FileSystem for FusedDisk {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.0.step(|| Disk.make_folder(path))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if !self.0.burns() {
            return Disk.write(path, bytes);
        }
        match self.0.cut {
            Cut::Killed => Err(io::Error::other("killed")),
            Cut::KilledHalfway => {
                Disk.write(path, &bytes[..bytes.len() / 2])?;
                Err(io::Error::other("killed"))
            }
            Cut::Full => {
                Disk.write(path, &bytes[..bytes.len() / 2])?;
                Err(io::ErrorKind::StorageFull.into())
            }
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.step(|| Disk.rename(from, to))
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.0.step(|| Disk.sync_folder(path))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.0.step(|| Disk.remove(path))
    }
}

struct FusedStore {
    fuse: Fuse,
    store: Arc<MemoryKeyStore>,
}

impl KeyStore for FusedStore {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        if self.fuse.burns() && self.fuse.cut != Cut::Full {
            return Err(KeyStoreError::Refused);
        }
        self.store.put(name, value)
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        self.store.get(name)
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        if self.fuse.burns() && self.fuse.cut != Cut::Full {
            return Err(KeyStoreError::Refused);
        }
        self.store.delete(name)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.store.probe()
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::Memory
    }
}
