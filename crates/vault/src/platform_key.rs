//! A device key in hardware that the operating system keeps for its programs: the Secure Enclave,
//! the Android Keystore.
//!
//! ```text
//! keystore `<profile id>.device` : 32 random bytes, half of the lock
//! in the hardware                : a signing key, and 32 bytes that only this hardware gives
//! device.skts                    : envelope { what finds the keys again }, under a key from the half
//! a token's item                 : fields { 1, name of an HMAC key in the hardware, seal of the name }
//!                                  or, where it holds none: fields { 2, envelope { HMAC key } }
//! items and files                : envelopes under HKDF(the 32 bytes, salt: the half)
//! ```
//! What the system does is in [`Element`]; everything else is here, the same for both, and tested
//! with an element in software.

mod element;
mod piece;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use p256::ecdsa::Signature;
use rand_core::CryptoRngCore;
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac};
use skts_sealed::{FieldWriter, Namespace, SealingKey, SecretBytes};

use crate::device_key::{device_item_name, seal_context, unseal_error};
use crate::sealed_key::{check_length, macs_of_sealed, seal_key};
use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStore,
    KeyStoreError,
};
#[cfg(target_os = "android")]
pub(crate) use element::key_prefix;
pub(crate) use element::{Element, Handle, Place, SECRET_BYTES, key_name, prove, spki_of};
use element::{is_named_for, secret};
use piece::Item;

/// Makes and opens keys in one kind of element.
pub(crate) struct PlatformHardware<E>(E);

impl<E: Element> PlatformHardware<E> {
    pub(crate) fn new(element: E) -> Self {
        Self(element)
    }
}

/// The key while the profile is open. The keystore's half is read anew for each use of a seed.
struct PlatformKey<E> {
    element: E,
    handle: Handle,
    key_store: Arc<dyn KeyStore>,
    item_name: String,
    data_key: SealingKey,
}

impl<E: Element> DeviceKeyBackend for PlatformHardware<E> {
    fn kind(&self) -> DeviceKeyKind {
        E::KIND
    }

    fn probe(&self) -> Result<(), DeviceKeyError> {
        self.0.probe()
    }

    fn make(
        &self,
        context: &DeviceKeyContext<'_>,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        // The hardware is asked before anything is written: without it, another kind of key is made.
        let handle = self.0.make(context.profile_id, rng).map_err(at_making)?;
        let mut keep = || {
            let half = SecretBytes::make(SECRET_BYTES, &mut rng);
            let name = device_item_name(context);
            // EXPOSE: half of the lock goes to the keystore, which is its place.
            context.key_store.put(&name, half.expose_secret())?;
            if !context.key_store.get(&name)?.ct_eq(&half) {
                return Err(KeyStoreError::Damaged.into());
            }
            let piece = skts_sealed::seal(
                &piece_key(&half),
                Namespace::DeviceKey,
                // EXPOSE: a context is not secret.
                seal_context(context).expose_secret(),
                &handle.encode(),
                &mut rng,
            );
            Ok((self.key(context, handle.clone(), &half)?, piece))
        };
        let kept = keep();
        if kept.is_err() {
            // Keys that nothing names any more; a second failure changes nothing of the first.
            let _ = self.0.clear(context.profile_id);
        }
        kept
    }

    fn open(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let half = context.key_store.get(&device_item_name(context))?;
        let piece = skts_sealed::unseal(
            &piece_key(&half),
            Namespace::DeviceKey,
            // EXPOSE: a context is not secret.
            seal_context(context).expose_secret(),
            piece,
        )
        .map_err(|error| unseal_error(error, DeviceKeyError::Damaged))?;
        // EXPOSE: names and a public key.
        let handle = Handle::decode(context.profile_id, piece.expose_secret())?;
        // Another key under the same name is not the one that was made here.
        if self.0.spki(&handle)? != handle.spki {
            return Err(DeviceKeyError::Gone);
        }
        self.key(context, handle, &half)
    }

    fn forget(&self, context: &DeviceKeyContext<'_>) -> Result<(), DeviceKeyError> {
        self.0.clear(context.profile_id)
    }
}

impl<E: Element> PlatformHardware<E> {
    fn key(
        &self,
        context: &DeviceKeyContext<'_>,
        handle: Handle,
        half: &SecretBytes,
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let data_key = joined_key(&secret(&self.0, &handle)?, half, FILES);
        Ok(Box::new(PlatformKey {
            element: self.0.clone(),
            handle,
            key_store: Arc::clone(context.key_store),
            item_name: device_item_name(context),
            data_key,
        }))
    }
}

impl<E: Element> PlatformKey<E> {
    /// The key of the items; in memory for one computation.
    fn item_key(&self) -> Result<SealingKey, DeviceKeyError> {
        let half = self.key_store.get(&self.item_name)?;
        Ok(joined_key(
            &secret(&self.element, &self.handle)?,
            &half,
            ITEMS,
        ))
    }
}

impl<E: Element> DeviceKey for PlatformKey<E> {
    fn spki(&self) -> &[u8] {
        &self.handle.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let signature = self.element.sign(&self.handle, message)?;
        let signature = Signature::from_der(&signature).map_err(|_| DeviceKeyError::Refused)?;
        Ok(signature.to_bytes().to_vec())
    }

    fn kind(&self) -> DeviceKeyKind {
        E::KIND
    }

    fn level(&self) -> AssuranceLevel {
        // What hardware says of itself is no evidence: the service decides by certificates.
        AssuranceLevel::L2
    }

    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        hash: HashAlgorithm,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        check_length(key)?;
        // Before the hardware takes the key in: what follows that cannot fail any more.
        let item_key = self.item_key()?;
        let held = self.element.hold(&self.handle, key, hash, rng)?;
        let item = match held {
            Some(name) => {
                let context = held_context(context, &name);
                // EXPOSE: a context is not secret.
                let context = context.expose_secret();
                let bound =
                    skts_sealed::seal(&item_key, Namespace::TokenSeed, context, &[], &mut rng);
                Item::Held { name, bound }
            }
            None => Item::Sealed(seal_key(&item_key, key, context, rng)),
        };
        Ok(item.encode())
    }

    fn hmacs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let item = Item::decode(item)?;
        let item_key = self.item_key()?;
        match item {
            Item::Held { name, bound } => {
                let context = held_context(context, &name);
                // EXPOSE: a context is not secret.
                let context = context.expose_secret();
                skts_sealed::unseal(&item_key, Namespace::TokenSeed, context, &bound)
                    .map_err(|error| unseal_error(error, DeviceKeyError::WrongItem))?;
                // The device's own keys are there: it is this token's that is not.
                self.element
                    .hmacs(&name, hash, messages)
                    .map_err(|error| match error {
                        DeviceKeyError::Gone => KeyStoreError::Missing.into(),
                        error => error,
                    })
            }
            Item::Sealed(envelope) => macs_of_sealed(&item_key, &envelope, context, hash, messages),
        }
    }

    fn forget_hmac_key(&self, item: &[u8]) -> Result<(), DeviceKeyError> {
        match Item::decode(item) {
            // The name alone is no proof that this profile made the key.
            Ok(Item::Held { name, .. }) if is_named_for(&name, &self.handle.profile_id) => {
                self.element.forget(&name)
            }
            _ => Ok(()),
        }
    }

    fn holder(&self) -> &'static str {
        self.element.holder(self.handle.place)
    }

    fn statement(&self) -> Result<Vec<u8>, DeviceKeyError> {
        self.element.statement(&self.handle)
    }

    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        // EXPOSE: input of the derivation.
        let data_key = self.data_key.expose_secret();
        Ok(SealingKey::derive(data_key, &[], label, &[]))
    }
}

/// A key that was never made cannot be gone.
fn at_making(error: DeviceKeyError) -> DeviceKeyError {
    match error {
        DeviceKeyError::Gone => DeviceKeyError::Absent,
        error => error,
    }
}

const PIECE: &str = "skts/platform-piece/v1";
const FILES: &str = "skts/platform-files/v1";
const ITEMS: &str = "skts/platform-items/v1";

/// The key around `device.skts`: without the keystore's half nothing is read of the other.
fn piece_key(half: &SecretBytes) -> SealingKey {
    // EXPOSE: input of the derivation.
    SealingKey::derive(half.expose_secret(), &[], PIECE, &[])
}

/// A key that needs both the hardware and the keystore's half.
fn joined_key(secret: &SecretBytes, half: &SecretBytes, label: &str) -> SealingKey {
    // EXPOSE: inputs of the derivation.
    SealingKey::derive(secret.expose_secret(), half.expose_secret(), label, &[])
}

/// What a key in the hardware is for: the token's context, and the key's own name.
fn held_context(context: &[u8], name: &str) -> SecretBytes {
    FieldWriter::new()
        .bytes(context)
        .bytes(name.as_bytes())
        .finish()
}
