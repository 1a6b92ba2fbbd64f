//! An open profile.
//!
//! A token is added in this order, and counts only after the last step; cut off before it, the
//! pieces already written are named by the marker's `discarding` and cleared away at the next
//! opening:
//! ```text
//! marker: discarding + id ─► keystore item ─► read again, compare MACs ─► record ─► marker: tokens + id
//! ```

mod pieces;
mod pin;

pub use pin::PinChange;

use std::sync::Arc;

use rand_core::CryptoRngCore;
use skts_otp::{HashAlgorithm, Mac, SerialNumber, TimeStep};
use skts_sealed::{Namespace, SecretBytes, scrub_stack};

use crate::device_key::PENDING_LABEL;
use crate::files::ProfileLock;
use crate::marker::Marker;
use crate::pin::store::PinStore;
use crate::profile::{PENDING, device_id};
use crate::record::{self, Kind};
use crate::{
    DeviceKey, DeviceKeyError, FaultyToken, KeyStore, KeyStoreError, KeyStoreKind, MachineId,
    NewToken, OpenError, Profile, TokenFault, TokenId, TokenRecord, TokenState, VaultError,
};

/// Time steps at which a new token is compared with the keys in hand: the first, one of now, and
/// one past 32 bits.
const COMPARED_STEPS: [u64; 3] = [0, 59_000_000, 0x1_0000_0001];

/// An open profile: holds its lock until dropped, and no seed at any time between two calls.
pub struct Vault {
    opened: Opened,
    tokens: Vec<TokenRecord>,
    faulty: Vec<FaultyToken>,
}

/// What a profile gives once it is open.
pub(crate) struct Opened {
    pub(crate) profile: Profile,
    #[expect(dead_code, reason = "held until the vault is dropped")]
    pub(crate) lock: ProfileLock,
    pub(crate) key_store: Arc<PinStore>,
    pub(crate) device: Box<dyn DeviceKey>,
    pub(crate) marker: Marker,
    pub(crate) machine: MachineId,
}

/// One of the two keys of a token.
#[derive(Clone, Copy)]
enum Use {
    Codes,
    Signing,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault")
            .field("profile", &self.opened.profile)
            .field("tokens", &self.tokens.len())
            .field("faulty", &self.faulty.len())
            .finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads and tests every token. Fails for a state that concerns them all, or if none works.
    pub(crate) fn load(opened: Opened) -> Result<Self, OpenError> {
        let mut vault = Self {
            opened,
            tokens: Vec::new(),
            faulty: Vec::new(),
        };
        vault.discard_leftovers();
        for id in vault.opened.marker.tokens.clone() {
            let record = match vault.read_record(&id) {
                Ok(record) => record,
                Err(error) => {
                    let fault = fault_of(error)?;
                    let (serial, institution_id) = (None, None);
                    vault.faulty.push(FaultyToken {
                        id,
                        serial,
                        institution_id,
                        fault,
                    });
                    continue;
                }
            };
            match vault.test_record(&record) {
                Ok(()) => vault.tokens.push(record),
                Err(error) => {
                    let fault = fault_of(error)?;
                    let serial = Some(record.serial);
                    let institution_id = Some(record.institution_id);
                    vault.faulty.push(FaultyToken {
                        id,
                        serial,
                        institution_id,
                        fault,
                    });
                }
            }
        }
        match vault.faulty.first() {
            Some(first) if vault.tokens.is_empty() => Err(match &first.fault {
                TokenFault::ItemMissing => OpenError::ItemMissing {
                    institution_id: first.institution_id.clone(),
                },
                TokenFault::Corrupt { saved_aside } => OpenError::Corrupt {
                    saved_aside: saved_aside.clone(),
                },
                TokenFault::NewerFormat => OpenError::NewerFormat,
            }),
            _ => Ok(vault),
        }
    }

    /// The key that ties this profile to the device.
    pub fn device(&self) -> &dyn DeviceKey {
        self.opened.device.as_ref()
    }

    /// SHA-256 of the device key's SPKI.
    pub fn device_id(&self) -> [u8; 32] {
        device_id(self.device())
    }

    /// Which keystore holds the items.
    pub fn key_store_kind(&self) -> KeyStoreKind {
        self.opened.key_store.kind()
    }

    /// The usable tokens, in the order they were set up.
    pub fn tokens(&self) -> &[TokenRecord] {
        &self.tokens
    }

    /// The usable token of that name.
    pub fn token(&self, id: &TokenId) -> Option<&TokenRecord> {
        self.tokens.iter().find(|token| token.id == *id)
    }

    /// Tokens that are listed and cannot be used, while others can.
    pub fn faulty_tokens(&self) -> &[FaultyToken] {
        &self.faulty
    }

    /// Seals and stores the state of a set-up that is under way, replacing what `id` had.
    ///
    /// # Shapes and units
    /// - `id`: 1..=64 of `a-z`, `0-9` and `-`.
    /// - `state`: any bytes, at most 128 KiB, secret.
    ///
    /// # Errors
    /// [`VaultError::Name`], [`VaultError::Disk`], [`VaultError::DeviceKey`].
    pub fn put_pending<R: CryptoRngCore>(
        &mut self,
        id: &str,
        state: &[u8],
        rng: &mut R,
    ) -> Result<(), VaultError> {
        let name = pending_name(id)?;
        let key = self.device().derive_sealing_key(PENDING_LABEL)?;
        let context = record::record_context(&self.opened.marker.profile_id, id);
        // EXPOSE: a context is not secret.
        let context = context.expose_secret();
        let envelope = skts_sealed::seal(&key, Namespace::PendingSetUp, context, state, rng);
        let folder = self.opened.profile.folder();
        folder
            .replace(&name, &record::encode_frame(Kind::Pending, &envelope))
            .map_err(disk)
    }

    /// Every set-up under way, by name.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`], [`VaultError::NewerFormat`], [`VaultError::Disk`].
    pub fn pending(&self) -> Result<Vec<(String, SecretBytes)>, VaultError> {
        let folder = self.opened.profile.folder();
        let key = self.device().derive_sealing_key(PENDING_LABEL)?;
        let mut states = Vec::new();
        for id in folder.list(PENDING).map_err(disk)? {
            let Ok(name) = pending_name(&id) else {
                continue;
            };
            let Some(file) = folder.read(&name).map_err(disk)? else {
                continue;
            };
            let context = record::record_context(&self.opened.marker.profile_id, &id);
            let state = record::decode_frame(Kind::Pending, &file).and_then(|envelope| {
                // EXPOSE: a context is not secret.
                let context = context.expose_secret();
                Ok(skts_sealed::unseal(
                    &key,
                    Namespace::PendingSetUp,
                    context,
                    envelope,
                )?)
            });
            let state = state.map_err(|error| self.record_error(error, &name))?;
            states.push((id, state));
        }
        Ok(states)
    }

    /// Forgets a set-up; one that is not there is forgotten already.
    ///
    /// # Errors
    /// [`VaultError::Name`], [`VaultError::Disk`].
    pub fn clear_pending(&mut self, id: &str) -> Result<(), VaultError> {
        self.opened
            .profile
            .folder()
            .remove(&pending_name(id)?)
            .map_err(disk)
    }

    /// Seals a provisioned token into the keystore and the profile, and compares what the
    /// keystore gives back with the keys in hand before the marker names it. A token of the same
    /// institution and serial is replaced by it.
    ///
    /// # Shapes and units
    /// - `seed`, `signing_key`: 16..=64 bytes, secret.
    ///
    /// # Errors
    /// [`VaultError::KeyStore`], [`VaultError::SelfTest`], [`VaultError::DeviceKey`] or
    /// [`VaultError::Disk`]; the profile then has the tokens it had.
    pub fn add_token<R: CryptoRngCore>(
        &mut self,
        token: NewToken,
        seed: SecretBytes,
        signing_key: SecretBytes,
        rng: &mut R,
    ) -> Result<TokenId, VaultError> {
        let id = TokenId::make(rng);
        let mut marker = self.opened.marker.clone();
        marker.discarding.push(id.clone());
        self.write_marker(marker)?;
        let written = self.write_token(&id, token, &seed, &signing_key, rng);
        let record = match written {
            Ok(record) => record,
            Err(error) => {
                self.discard_leftovers();
                return Err(error);
            }
        };

        let replaced = self.find(&record.institution_id, &record.serial);
        let mut marker = self.opened.marker.clone();
        marker.discarding.retain(|old| *old != id);
        marker.tokens.push(id.clone());
        if let Some(old) = &replaced {
            marker.tokens.retain(|other| other != old);
            marker.discarding.push(old.clone());
        }
        self.write_marker(marker)?;
        if let Some(old) = &replaced {
            self.forget(old);
        }
        self.tokens.push(record);
        self.discard_leftovers();
        Ok(id)
    }

    /// Computes HMAC over one time step with the token's seed, read from the keystore.
    ///
    /// # Errors
    /// [`VaultError::UnknownToken`], [`VaultError::KeyStore`] (`Missing`: the item is gone),
    /// [`VaultError::DeviceKey`], [`VaultError::Corrupt`], [`VaultError::NewerFormat`].
    pub fn mac(&self, id: &TokenId, step: TimeStep) -> Result<Mac, VaultError> {
        self.macs(id, &[step])?
            .pop()
            .ok_or(VaultError::UnknownToken)
    }

    /// The same for several time steps, in their order, with one read of the keystore.
    ///
    /// # Errors
    /// As [`Vault::mac`].
    pub fn macs(&self, id: &TokenId, steps: &[TimeStep]) -> Result<Vec<Mac>, VaultError> {
        let record = self.token(id).ok_or(VaultError::UnknownToken)?;
        let item = self.read_item(id)?;
        let context = self.item_context(record, Use::Codes);
        // EXPOSE: a context is not secret.
        let context = context.expose_secret();
        let hash = record.policy.hash;
        let macs = self.device().macs(&item.seed, context, hash, steps);
        scrub_stack();
        Ok(macs?)
    }

    /// Computes HMAC-SHA-256 over `message` with the token's signing key, read from the keystore.
    ///
    /// # Shapes and units
    /// - `message`: at most 1024 bytes, not secret.
    ///
    /// # Errors
    /// As [`Vault::mac`].
    pub fn signing_mac(&self, id: &TokenId, message: &[u8]) -> Result<Mac, VaultError> {
        let record = self.token(id).ok_or(VaultError::UnknownToken)?;
        let item = self.read_item(id)?;
        let context = self.item_context(record, Use::Signing);
        // EXPOSE: a context is not secret.
        let context = context.expose_secret();
        let hash = HashAlgorithm::Sha256;
        let macs = self
            .device()
            .hmacs(&item.signing_key, context, hash, &[message]);
        scrub_stack();
        macs?.pop().ok_or(VaultError::UnknownToken)
    }

    /// Reads every token's item from the keystore again and computes one MAC with each.
    ///
    /// # Errors
    /// The first failure, as [`Vault::mac`]; [`VaultError::SelfTest`] if a token would compute
    /// other codes than when it was set up.
    pub fn self_test(&self) -> Result<(), VaultError> {
        self.tokens
            .iter()
            .try_for_each(|record| self.test_record(record))
    }

    /// Changes the parts of a token that change while it lives, on disk before in memory.
    ///
    /// # Errors
    /// [`VaultError::UnknownToken`], [`VaultError::Disk`], [`VaultError::DeviceKey`]; the token
    /// is then as it was.
    pub fn update_token<R: CryptoRngCore>(
        &mut self,
        id: &TokenId,
        state: TokenState,
        rng: &mut R,
    ) -> Result<(), VaultError> {
        let index = self.tokens.iter().position(|token| token.id == *id);
        let mut record = self.tokens.remove(index.ok_or(VaultError::UnknownToken)?);
        let before = std::mem::replace(&mut record.state, state);
        let written = self.write_record(&record, rng);
        if written.is_err() {
            record.state = before;
        }
        self.tokens.insert(index.unwrap_or_default(), record);
        written
    }

    /// Removes a token, usable or not: off the list first, then its item and record. A keystore
    /// that does not answer delays the rest to the next opening.
    ///
    /// # Errors
    /// [`VaultError::UnknownToken`], [`VaultError::Disk`].
    pub fn remove_token(&mut self, id: &TokenId) -> Result<(), VaultError> {
        let mut marker = self.opened.marker.clone();
        if !marker.tokens.contains(id) {
            return Err(VaultError::UnknownToken);
        }
        marker.tokens.retain(|other| other != id);
        marker.discarding.push(id.clone());
        self.write_marker(marker)?;
        self.forget(id);
        self.discard_leftovers();
        Ok(())
    }

    fn find(&self, institution_id: &str, serial: &SerialNumber) -> Option<TokenId> {
        let usable = self
            .tokens
            .iter()
            .find(|token| token.institution_id == institution_id && token.serial == *serial);
        let faulty = self.faulty.iter().find(|token| {
            token.institution_id.as_deref() == Some(institution_id)
                && token.serial.as_ref() == Some(serial)
        });
        usable
            .map(|token| token.id.clone())
            .or_else(|| faulty.map(|token| token.id.clone()))
    }

    fn forget(&mut self, id: &TokenId) {
        self.tokens.retain(|token| token.id != *id);
        self.faulty.retain(|token| token.id != *id);
    }
}

/// What concerns one token only; everything else concerns the whole profile.
fn fault_of(error: VaultError) -> Result<TokenFault, OpenError> {
    match error {
        VaultError::KeyStore(KeyStoreError::Missing) => Ok(TokenFault::ItemMissing),
        VaultError::Corrupt { saved_aside } => Ok(TokenFault::Corrupt { saved_aside }),
        VaultError::KeyStore(KeyStoreError::Damaged)
        | VaultError::DeviceKey(DeviceKeyError::Damaged | DeviceKeyError::WrongItem)
        | VaultError::SelfTest => Ok(TokenFault::Corrupt { saved_aside: None }),
        VaultError::NewerFormat => Ok(TokenFault::NewerFormat),
        other => Err(other.into()),
    }
}

fn pending_name(id: &str) -> Result<String, VaultError> {
    let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-');
    if (1..=64).contains(&id.len()) && id.bytes().all(allowed) {
        Ok(format!("{PENDING}/{id}.skts"))
    } else {
        Err(VaultError::Name)
    }
}

fn disk(error: std::io::Error) -> VaultError {
    VaultError::Disk(error.kind())
}
