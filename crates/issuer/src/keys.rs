//! The service's keys: one master key in a file of its own, everything else sealed under it.
//!
//! ```text
//! master.key ─┬─ HKDF "skts/service/seeds/v1"   ─► tokens.secrets   (context serial ‖ institution ‖ version)
//!             ├─ HKDF "skts/service/state/v1"   ─► key exchange state, replies, OPAQUE records
//!             ├─ HKDF "skts/service/digest/v1"  ─► digests of calls that hold a password
//!             └─ HKDF "skts/service/keys/v1"    ─► opaque.sealed, provisioning.sealed, list.sealed, audit.sealed
//! ```
//!
//! The OPRF key is never in the database: the database alone gives no password away, however short.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use rand_core::CryptoRngCore;
use skts_provisioning::institution::ListSigningKey;
use skts_provisioning::opaque::OpaqueSetup;
use skts_provisioning::s::ProvisioningSigningKey;
use skts_sealed::{Namespace, SealingKey, SecretBytes, UnsealError, seal, unseal};

use crate::audit::AuditKey;

/// Version of the seed key that new seeds are sealed under.
pub(crate) const SEED_KEY_VERSION: i64 = 1;

const MASTER_FILE: &str = "master.key";
const OPAQUE_FILE: &str = "opaque.sealed";
const PROVISIONING_FILE: &str = "provisioning.sealed";
const LIST_FILE: &str = "list.sealed";
const AUDIT_FILE: &str = "audit.sealed";

/// Every key the service works with.
pub struct ServiceKeys {
    pub(crate) opaque: OpaqueSetup,
    pub(crate) provisioning: ProvisioningSigningKey,
    pub(crate) list: ListSigningKey,
    pub(crate) audit: AuditKey,
    pub(crate) digest: SealingKey,
    seeds: SealingKey,
    state: SealingKey,
}

impl ServiceKeys {
    /// Makes all keys in `folder`. What is there is never overwritten.
    ///
    /// # Errors
    /// [`KeyError::Exists`] if there is a master key already, or [`KeyError::Disk`].
    pub fn make<R: CryptoRngCore>(folder: &Path, rng: &mut R) -> Result<Self, KeyError> {
        let master = SealingKey::make(rng);
        let (opaque, provisioning) = (OpaqueSetup::make(rng), ProvisioningSigningKey::make(rng));
        let (list, audit) = (ListSigningKey::make(rng), AuditKey::make(rng));
        // EXPOSE: the master key lives in a file of its own, readable by its owner only.
        write_new(&folder.join(MASTER_FILE), master.expose_secret())?;
        let wrap = wrapping_key(&master);
        for (name, secret) in [
            (OPAQUE_FILE, opaque.encode()),
            (PROVISIONING_FILE, provisioning.encode()),
            (LIST_FILE, list.encode()),
            (AUDIT_FILE, audit.encode()),
        ] {
            // EXPOSE: sealed on the spot.
            let plain = secret.expose_secret();
            let sealed = seal(&wrap, Namespace::ServiceKey, name.as_bytes(), plain, rng);
            write_new(&folder.join(name), &sealed)?;
        }
        Ok(Self::derive(&master, opaque, provisioning, list, audit))
    }

    /// Reads the keys of `folder`.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(MASTER_FILE);
        refuse_if_others_can_read(&path)?;
        let bytes = SecretBytes::new(fs::read(&path).map_err(KeyError::from_io)?);
        // EXPOSE: parsed into the key type at once.
        let master =
            SealingKey::try_from_slice(bytes.expose_secret()).map_err(|_| KeyError::Damaged)?;
        let wrap = wrapping_key(&master);
        let read = |name: &str| {
            let sealed = fs::read(folder.join(name)).map_err(KeyError::from_io)?;
            unseal(&wrap, Namespace::ServiceKey, name.as_bytes(), &sealed)
                .map_err(|_| KeyError::Damaged)
        };
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
        Ok(Self::derive(&master, opaque, provisioning, list, audit))
    }

    fn derive(
        master: &SealingKey,
        opaque: OpaqueSetup,
        provisioning: ProvisioningSigningKey,
        list: ListSigningKey,
        audit: AuditKey,
    ) -> Self {
        Self {
            opaque,
            provisioning,
            list,
            audit,
            digest: subkey(master, "skts/service/digest/v1"),
            seeds: subkey(master, "skts/service/seeds/v1"),
            state: subkey(master, "skts/service/state/v1"),
        }
    }

    /// Seals a token's secrets for its row.
    pub(crate) fn seal_token<R: CryptoRngCore>(
        &self,
        serial: &str,
        institution_id: &str,
        secrets: &SecretBytes,
        rng: &mut R,
    ) -> Vec<u8> {
        let context = token_context(serial, institution_id, SEED_KEY_VERSION);
        // EXPOSE: sealed on the spot.
        seal(
            &self.seeds,
            Namespace::ServiceSeed,
            &context,
            // EXPOSE: the token's secrets are the plaintext of the envelope.
            secrets.expose_secret(),
            rng,
        )
    }

    /// Opens a token's secrets. A row's secrets open in that row only.
    pub(crate) fn unseal_token(
        &self,
        serial: &str,
        institution_id: &str,
        version: i64,
        sealed: &[u8],
    ) -> Result<SecretBytes, UnsealError> {
        let context = token_context(serial, institution_id, version);
        unseal(&self.seeds, Namespace::ServiceSeed, &context, sealed)
    }

    /// Seals what belongs to one set-up, named by `context`.
    pub(crate) fn seal_state<R: CryptoRngCore>(
        &self,
        namespace: Namespace,
        context: &[u8],
        plain: &[u8],
        rng: &mut R,
    ) -> Vec<u8> {
        seal(&self.state, namespace, context, plain, rng)
    }

    /// Opens what [`ServiceKeys::seal_state`] sealed.
    pub(crate) fn unseal_state(
        &self,
        namespace: Namespace,
        context: &[u8],
        sealed: &[u8],
    ) -> Result<SecretBytes, UnsealError> {
        unseal(&self.state, namespace, context, sealed)
    }
}

impl std::fmt::Debug for ServiceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceKeys(redacted)")
    }
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

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file: File = options.open(path).map_err(KeyError::from_io)?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(KeyError::from_io)
}

#[cfg(unix)]
fn refuse_if_others_can_read(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    let mode = fs::metadata(path)
        .map_err(KeyError::from_io)?
        .permissions()
        .mode();
    if mode & 0o077 == 0 {
        Ok(())
    } else {
        Err(KeyError::ReadableByOthers)
    }
}

#[cfg(not(unix))]
fn refuse_if_others_can_read(_path: &Path) -> Result<(), KeyError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use rand_core::OsRng;

    use super::*;

    #[test]
    fn keys_read_back_and_are_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let made = ServiceKeys::make(folder.path(), &mut OsRng).unwrap();
        let opened = ServiceKeys::open(folder.path()).unwrap();
        let secrets = SecretBytes::from_slice(b"seed");
        let sealed = made.seal_token("SKTS00000001", "a", &secrets, &mut OsRng);
        let plain = opened
            .unseal_token("SKTS00000001", "a", SEED_KEY_VERSION, &sealed)
            .unwrap();
        assert!(plain.ct_eq(&secrets));
        let again = ServiceKeys::make(folder.path(), &mut OsRng);
        assert_eq!(again.err(), Some(KeyError::Exists));
    }

    #[test]
    fn secrets_moved_to_another_row_do_not_open() {
        let folder = tempfile::tempdir().unwrap();
        let keys = ServiceKeys::make(folder.path(), &mut OsRng).unwrap();
        let secrets = SecretBytes::from_slice(b"seed");
        let sealed = keys.seal_token("SKTS00000001", "a", &secrets, &mut OsRng);
        for (serial, institution, version) in [
            ("SKTS00000002", "a", 1),
            ("SKTS00000001", "b", 1),
            ("SKTS00000001", "a", 2),
        ] {
            let opened = keys.unseal_token(serial, institution, version, &sealed);
            assert_eq!(opened.err(), Some(UnsealError::Refused));
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_master_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        ServiceKeys::make(folder.path(), &mut OsRng).unwrap();
        let path = folder.path().join(MASTER_FILE);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert_eq!(
            ServiceKeys::open(folder.path()).err(),
            Some(KeyError::ReadableByOthers)
        );
    }
}
