//! The service's keys: a master key in a file of its own or wrapped by an HSM, everything else sealed
//! under it.
//!
//! ```text
//! master key n ─┬─ HKDF "skts/service/seeds/v1"   ─► tokens.secrets   (context serial ‖ institution ‖ n)
//!               ├─ HKDF "skts/service/state/v1"   ─► key exchange state, replies, OPAQUE records, webhooks
//!               ├─ HKDF "skts/service/digest/v1"  ─► digests of calls that hold a password
//!               └─ HKDF "skts/service/keys/v1"    ─► opaque, provisioning, list and audit.sealed
//! ```
//!
//! The newest master key seals; older ones still open, until everything has been sealed anew and they
//! are taken away. The OPRF key is never in the database: the database alone gives no password away,
//! however short.

mod files;
mod hsm;
mod master;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use rand_core::CryptoRngCore;
use skts_provisioning::institution::ListSigningKey;
use skts_provisioning::opaque::OpaqueSetup;
use skts_provisioning::s::ProvisioningSigningKey;
use skts_sealed::{Namespace, SealingKey, SecretBytes, UnsealError, seal, unseal};

pub(crate) use self::files::refuse_if_others_can_read;
use self::files::write_new;
pub use self::hsm::HsmConfig;
use self::master::{Derived, FIRST, Keeper};
use crate::audit::AuditKey;

const OPAQUE_FILE: &str = "opaque.sealed";
const PROVISIONING_FILE: &str = "provisioning.sealed";
const LIST_FILE: &str = "list.sealed";
const AUDIT_FILE: &str = "audit.sealed";

const SEALED_FILES: [&str; 4] = [OPAQUE_FILE, PROVISIONING_FILE, LIST_FILE, AUDIT_FILE];

/// Every key the service works with.
pub struct ServiceKeys {
    pub(crate) opaque: OpaqueSetup,
    pub(crate) provisioning: ProvisioningSigningKey,
    pub(crate) list: ListSigningKey,
    pub(crate) audit: AuditKey,
    pub(crate) digest: SealingKey,
    derived: RwLock<BTreeMap<i64, Derived>>,
    keeper: Keeper,
    folder: PathBuf,
}

impl ServiceKeys {
    /// Makes all keys in `folder`, the master key wrapped by `hsm` if there is one. What is there is
    /// never overwritten.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is a master key already, [`KeyError::Disk`] or [`KeyError::Hsm`].
    pub fn make<R: CryptoRngCore>(
        folder: &Path,
        hsm: Option<&HsmConfig>,
        rng: &mut R,
    ) -> Result<(), KeyError> {
        let keeper = Keeper::new(folder, hsm);
        let master = keeper.make(FIRST, rng)?;
        let wrap = wrapping_key(&master);
        for (name, secret) in [
            (OPAQUE_FILE, OpaqueSetup::make(rng).encode()),
            (
                PROVISIONING_FILE,
                ProvisioningSigningKey::make(rng).encode(),
            ),
            (LIST_FILE, ListSigningKey::make(rng).encode()),
            (AUDIT_FILE, AuditKey::make(rng).encode()),
        ] {
            // EXPOSE: sealed on the spot.
            let plain = secret.expose_secret();
            let sealed = seal(&wrap, Namespace::ServiceKey, name.as_bytes(), plain, rng);
            write_new(&folder.join(name), &sealed)?;
        }
        Ok(())
    }

    /// Reads the keys of `folder`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(folder: &Path, hsm: Option<&HsmConfig>) -> Result<Self, KeyError> {
        let keeper = Keeper::new(folder, hsm);
        let masters = keeper.read_all()?;
        let newest = masters.values().next_back().ok_or(KeyError::Missing)?;
        let read = |name: &str| read_sealed(folder, name, &masters);
        let (opaque, provisioning, list, audit) = (
            read(OPAQUE_FILE)?,
            read(PROVISIONING_FILE)?,
            read(LIST_FILE)?,
            read(AUDIT_FILE)?,
        );
        // EXPOSE: parsed into their key types at once.
        let opaque = OpaqueSetup::decode(opaque.expose_secret()).map_err(|_| KeyError::Damaged)?;
        // EXPOSE: as above.
        let provisioning = ProvisioningSigningKey::decode(provisioning.expose_secret())
            .map_err(|_| KeyError::Damaged)?;
        // EXPOSE: as above.
        let list = ListSigningKey::decode(list.expose_secret()).map_err(|_| KeyError::Damaged)?;
        // EXPOSE: as above.
        let audit = AuditKey::decode(audit.expose_secret()).ok_or(KeyError::Damaged)?;
        Ok(Self {
            opaque,
            provisioning,
            list,
            audit,
            digest: subkey(newest, "skts/service/digest/v1"),
            derived: RwLock::new(
                masters
                    .iter()
                    .map(|(version, master)| (*version, Derived::of(master)))
                    .collect(),
            ),
            keeper,
            folder: folder.to_owned(),
        })
    }

    /// Makes a new master key, under which everything is sealed from now on. Running processes learn of it
    /// when they meet what it sealed.
    ///
    /// # Errors
    /// [`KeyError`]; nothing is changed then, or a new master key is there that nothing was sealed with.
    pub(crate) fn rotate<R: CryptoRngCore>(&self, rng: &mut R) -> Result<i64, KeyError> {
        let masters = self.keeper.read_all()?;
        let version = masters.keys().next_back().ok_or(KeyError::Missing)? + 1;
        let master = self.keeper.make(version, rng)?;
        let wrap = wrapping_key(&master);
        for name in SEALED_FILES {
            let secret = read_sealed(&self.folder, name, &masters)?;
            // EXPOSE: sealed on the spot.
            let plain = secret.expose_secret();
            let sealed = seal(&wrap, Namespace::ServiceKey, name.as_bytes(), plain, rng);
            // Whole or not at all: the new file takes the old one's place.
            let new = self.folder.join(format!("{name}.new"));
            let _ = fs::remove_file(&new);
            write_new(&new, &sealed)?;
            fs::rename(&new, self.folder.join(name)).map_err(KeyError::from_io)?;
        }
        self.learn(version, &master);
        Ok(version)
    }

    /// Takes an old master key away; nothing must be sealed under it any more.
    ///
    /// # Errors
    /// [`KeyError`].
    pub(crate) fn retire(&self, version: i64) -> Result<(), KeyError> {
        self.keeper.remove(version)?;
        let mut derived = self.derived.write().unwrap_or_else(PoisonError::into_inner);
        derived.remove(&version);
        Ok(())
    }

    /// The version that new seeds are sealed under.
    pub(crate) fn newest(&self) -> i64 {
        self.derived().keys().next_back().copied().unwrap_or(FIRST)
    }

    fn derived(&self) -> RwLockReadGuard<'_, BTreeMap<i64, Derived>> {
        self.derived.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn learn(&self, version: i64, master: &SealingKey) {
        let mut derived = self.derived.write().unwrap_or_else(PoisonError::into_inner);
        derived.insert(version, Derived::of(master));
    }

    /// Whether the master key of `version` is known now: another process may have made it.
    fn knows(&self, version: i64) -> bool {
        if self.derived().contains_key(&version) {
            return true;
        }
        match self.keeper.read(version) {
            Ok(Some(master)) => {
                self.learn(version, &master);
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::error!(%error, version, "a master key cannot be read");
                false
            }
        }
    }

    /// Seals a token's secrets for its row; returns the version they are sealed under too.
    pub fn seal_token<R: CryptoRngCore>(
        &self,
        serial: &str,
        institution_id: &str,
        secrets: &SecretBytes,
        rng: &mut R,
    ) -> (Vec<u8>, i64) {
        let derived = self.derived();
        let (version, keys) = derived.last_key_value().expect("there is a master key");
        let context = token_context(serial, institution_id, *version);
        // EXPOSE: the token's secrets are the plaintext of the envelope.
        let plain = secrets.expose_secret();
        let sealed = seal(&keys.seeds, Namespace::ServiceSeed, &context, plain, rng);
        (sealed, *version)
    }

    /// Opens a token's secrets. A row's secrets open in that row only.
    pub(crate) fn unseal_token(
        &self,
        serial: &str,
        institution_id: &str,
        version: i64,
        sealed: &[u8],
    ) -> Result<SecretBytes, UnsealError> {
        if !self.knows(version) {
            return Err(UnsealError::Refused);
        }
        let derived = self.derived();
        let keys = derived.get(&version).ok_or(UnsealError::Refused)?;
        let context = token_context(serial, institution_id, version);
        unseal(&keys.seeds, Namespace::ServiceSeed, &context, sealed)
    }

    /// Seals what belongs to one set-up or one bank, named by `context`.
    pub(crate) fn seal_state<R: CryptoRngCore>(
        &self,
        namespace: Namespace,
        context: &[u8],
        plain: &[u8],
        rng: &mut R,
    ) -> Vec<u8> {
        let derived = self.derived();
        let (_, keys) = derived.last_key_value().expect("there is a master key");
        seal(&keys.state, namespace, context, plain, rng)
    }

    /// Opens what [`ServiceKeys::seal_state`] sealed, under whichever master key.
    pub(crate) fn unseal_state(
        &self,
        namespace: Namespace,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, UnsealError> {
        let known = || self.unseal_known(namespace, context, sealed);
        let opened = known().or_else(|| {
            // Another process may have sealed it under a master key made since.
            self.knows(self.newest() + 1).then(known)?
        });
        opened.ok_or(UnsealError::Refused)
    }

    fn unseal_known(
        &self,
        namespace: Namespace,
        context: &[u8],
        sealed: &[u8],
    ) -> Option<SecretBytes> {
        let derived = self.derived();
        let mut newest_first = derived.values().rev();
        newest_first.find_map(|keys| unseal(&keys.state, namespace, context, sealed).ok())
    }

    /// Whether [`ServiceKeys::seal_state`] sealed this under the newest master key.
    pub(crate) fn is_newest(&self, namespace: Namespace, context: &[u8], sealed: &[u8]) -> bool {
        let derived = self.derived();
        let newest = derived.values().next_back();
        newest.is_some_and(|keys| unseal(&keys.state, namespace, context, sealed).is_ok())
    }
}

impl std::fmt::Debug for ServiceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceKeys(redacted)")
    }
}

/// One of the sealed files, under whichever master key it is.
fn read_sealed(
    folder: &Path,
    name: &str,
    masters: &BTreeMap<i64, SealingKey>,
) -> Result<SecretBytes, KeyError> {
    let sealed = fs::read(folder.join(name)).map_err(KeyError::from_io)?;
    let context = name.as_bytes();
    let mut newest_first = masters.values().rev();
    newest_first
        .find_map(|master| {
            unseal(
                &wrapping_key(master),
                Namespace::ServiceKey,
                context,
                &sealed,
            )
            .ok()
        })
        .ok_or(KeyError::Damaged)
}

/// Why the keys could not be made or read. Carries nothing of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// A key file does not hold what it should.
    #[error("a key file is damaged, or belongs to another service")]
    Damaged,
    /// Reading or writing failed.
    #[error("a key file could not be read or written: {0}")]
    Disk(io::ErrorKind),
    /// There is no master key.
    #[error("this folder holds no master key")]
    Missing,
    /// The HSM.
    #[error("the HSM cannot be used: {0}")]
    Hsm(&'static str),
    /// There is a service in this folder already.
    #[error("this folder holds a service already")]
    Exists,
    /// Group or others can read the master key.
    #[error("the master key file can be read by others: run `chmod 600` on it")]
    ReadableByOthers,
}

impl KeyError {
    fn from_io(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::AlreadyExists => Self::Exists,
            kind => Self::Disk(kind),
        }
    }
}

fn subkey(master: &SealingKey, label: &str) -> SealingKey {
    // EXPOSE: a key derived from a key.
    SealingKey::derive(master.expose_secret(), b"", label, b"")
}

fn wrapping_key(master: &SealingKey) -> SealingKey {
    subkey(master, "skts/service/keys/v1")
}

fn token_context(serial: &str, institution_id: &str, version: i64) -> Vec<u8> {
    let mut context = Vec::new();
    for part in [serial, institution_id] {
        context.extend_from_slice(&(part.len() as u64).to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context.extend_from_slice(&version.to_be_bytes());
    context
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    fn made() -> (tempfile::TempDir, ServiceKeys) {
        let folder = tempfile::tempdir().unwrap();
        ServiceKeys::make(folder.path(), None, &mut OsRng).unwrap();
        let keys = ServiceKeys::open(folder.path(), None).unwrap();
        (folder, keys)
    }

    fn opens(keys: &ServiceKeys, serial: &str, institution: &str, sealed: &(Vec<u8>, i64)) -> bool {
        keys.unseal_token(serial, institution, sealed.1, &sealed.0)
            .is_ok()
    }

    #[test]
    fn keys_read_back_and_are_never_overwritten() {
        let (folder, keys) = made();
        let secrets = SecretBytes::from_slice(b"seed");
        let sealed = keys.seal_token("SKTS00000001", "a", &secrets, &mut OsRng);
        let opened = ServiceKeys::open(folder.path(), None).unwrap();
        let plain = opened
            .unseal_token("SKTS00000001", "a", sealed.1, &sealed.0)
            .unwrap();
        assert!(plain.ct_eq(&secrets));
        let again = ServiceKeys::make(folder.path(), None, &mut OsRng);
        assert_eq!(again, Err(KeyError::Exists));
    }

    #[test]
    fn secrets_moved_to_another_row_do_not_open() {
        let (_folder, keys) = made();
        let secrets = SecretBytes::from_slice(b"seed");
        let sealed = keys.seal_token("SKTS00000001", "a", &secrets, &mut OsRng);
        assert!(opens(&keys, "SKTS00000001", "a", &sealed));
        assert!(!opens(&keys, "SKTS00000002", "a", &sealed));
        assert!(!opens(&keys, "SKTS00000001", "b", &sealed));
        keys.rotate(&mut OsRng).unwrap();
        assert!(!opens(&keys, "SKTS00000001", "a", &(sealed.0, 2)));
    }

    #[test]
    fn a_new_master_key_seals_and_the_old_one_still_opens_until_it_is_taken_away() {
        let (folder, keys) = made();
        // Another process that has not heard of it.
        let other = ServiceKeys::open(folder.path(), None).unwrap();
        let secrets = SecretBytes::from_slice(b"seed");
        let old = keys.seal_token("SKTS00000001", "a", &secrets, &mut OsRng);
        assert_eq!(keys.rotate(&mut OsRng), Ok(2));
        let new = keys.seal_token("SKTS00000002", "a", &secrets, &mut OsRng);
        assert_eq!((old.1, new.1), (1, 2));
        let state = keys.seal_state(Namespace::ServiceState, b"x", b"state", &mut OsRng);
        for keys in [&keys, &other] {
            assert!(opens(keys, "SKTS00000001", "a", &old));
            assert!(opens(keys, "SKTS00000002", "a", &new));
            assert!(
                keys.unseal_state(Namespace::ServiceState, b"x", &state)
                    .is_ok()
            );
        }
        keys.retire(1).unwrap();
        assert!(!opens(&keys, "SKTS00000001", "a", &old));
        // Started anew, the service has the same signing keys, without the first master key.
        let anew = ServiceKeys::open(folder.path(), None).unwrap();
        assert_eq!(anew.provisioning.public(), other.provisioning.public());
        assert!(opens(&anew, "SKTS00000002", "a", &new));
    }

    #[cfg(unix)]
    #[test]
    fn a_master_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let (folder, _keys) = made();
        let path = folder.path().join("master.key");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let opened = ServiceKeys::open(folder.path(), None);
        assert_eq!(opened.err(), Some(KeyError::ReadableByOthers));
    }
}
