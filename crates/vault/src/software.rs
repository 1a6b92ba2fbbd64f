//! A device key in software: P-256, sealed in the profile under a key kept in the keystore.
//!
//! ```text
//! keystore `<profile id>.device` : wrap key, 32 random bytes
//! device.skts                    : envelope(wrap key) { P-256 scalar (32) ‖ data key (32) }
//!                                  context = profile id ‖ application ‖ machine
//! items and files                : envelopes under keys derived from the data key
//! ```
//! It can claim level 1 at most: whoever copies both pieces and forges the machine's identifier
//! has the key.

use std::sync::Arc;

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use rand_core::CryptoRngCore;
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac};
use skts_sealed::{Namespace, SealingKey, SecretBytes};
use zeroize::Zeroizing;

use crate::device_key::{FILE_LABELS, device_item_name, seal_context, unseal_error};
use crate::sealed_key::{check_length, macs_of_sealed, seal_key};
use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStore,
    KeyStoreError,
};

const SCALAR_BYTES: usize = 32;

/// Makes and opens [`SoftwareKey`]s.
#[derive(Debug)]
pub(crate) struct Software;

/// The key as it is kept while the profile is open: sealed, with its wrap key in the keystore. What
/// opens a seed is in memory for one computation only.
struct SoftwareKey {
    key_store: Arc<dyn KeyStore>,
    item_name: String,
    context: SecretBytes,
    piece: Vec<u8>,
    spki: Vec<u8>,
    /// The keys of the profile's files, which hold no seed.
    file_keys: [(&'static str, SealingKey); 2],
}

/// Both keys, unsealed. Wiped when dropped.
struct Unsealed {
    signing_key: SigningKey,
    data_key: SealingKey,
}

impl DeviceKeyBackend for Software {
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Software
    }

    fn probe(&self) -> Result<(), DeviceKeyError> {
        Ok(())
    }

    fn make(
        &self,
        context: &DeviceKeyContext<'_>,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        let name = device_item_name(context);
        let wrap_key = SealingKey::make(&mut rng);
        // EXPOSE: half of the lock goes to the keystore, which is its place.
        context.key_store.put(&name, wrap_key.expose_secret())?;
        let stored = context.key_store.get(&name)?;
        // EXPOSE: compared in constant time with what was put.
        if !stored.ct_eq(&SecretBytes::from_slice(wrap_key.expose_secret())) {
            return Err(KeyStoreError::Damaged.into());
        }
        let signing_key = SigningKey::random(&mut rng);
        let data_key = SealingKey::make(&mut rng);
        let mut plaintext = Zeroizing::new(Vec::with_capacity(2 * SCALAR_BYTES));
        let scalar = Zeroizing::new(<[u8; SCALAR_BYTES]>::from(signing_key.to_bytes()));
        plaintext.extend_from_slice(scalar.as_slice());
        // EXPOSE: sealed in the next statement.
        plaintext.extend_from_slice(data_key.expose_secret());
        let aad = seal_context(context);
        let piece = skts_sealed::seal(
            &wrap_key,
            Namespace::DeviceKey,
            // EXPOSE: a context is not secret.
            aad.expose_secret(),
            &plaintext,
            &mut rng,
        );
        let unsealed = Unsealed {
            signing_key,
            data_key,
        };
        let key = SoftwareKey::new(context, &unsealed, piece.clone())?;
        Ok((Box::new(key), piece))
    }

    fn open(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let wrap_key = context.key_store.get(&device_item_name(context))?;
        let unsealed = Unsealed::unseal(&wrap_key, &seal_context(context), piece)?;
        let key = SoftwareKey::new(context, &unsealed, piece.to_vec())?;
        Ok(Box::new(key))
    }
}

impl Unsealed {
    fn unseal(
        wrap_key: &SecretBytes,
        context: &SecretBytes,
        piece: &[u8],
    ) -> Result<Self, DeviceKeyError> {
        // EXPOSE: the wrap key opens the piece in the next statement.
        let wrap_key = SealingKey::try_from_slice(wrap_key.expose_secret())
            .map_err(|_| KeyStoreError::Damaged)?;
        // EXPOSE: a context is not secret.
        let context = context.expose_secret();
        let plaintext = skts_sealed::unseal(&wrap_key, Namespace::DeviceKey, context, piece)
            .map_err(|error| unseal_error(error, DeviceKeyError::Damaged))?;
        // EXPOSE: taken apart into two wiping keys.
        let (scalar, data_key) = plaintext
            .expose_secret()
            .split_at_checked(SCALAR_BYTES)
            .ok_or(DeviceKeyError::Damaged)?;
        Ok(Self {
            signing_key: SigningKey::from_slice(scalar).map_err(|_| DeviceKeyError::Damaged)?,
            data_key: SealingKey::try_from_slice(data_key).map_err(|_| DeviceKeyError::Damaged)?,
        })
    }

    fn derive(&self, label: &str) -> SealingKey {
        // EXPOSE: input of the derivation.
        SealingKey::derive(self.data_key.expose_secret(), &[], label, &[])
    }
}

impl SoftwareKey {
    fn new(
        context: &DeviceKeyContext<'_>,
        unsealed: &Unsealed,
        piece: Vec<u8>,
    ) -> Result<Self, DeviceKeyError> {
        let public_key = unsealed.signing_key.verifying_key().to_public_key_der();
        Ok(Self {
            key_store: Arc::clone(context.key_store),
            item_name: device_item_name(context),
            context: seal_context(context),
            piece,
            spki: public_key.map_err(|_| DeviceKeyError::Damaged)?.into_vec(),
            file_keys: FILE_LABELS.map(|label| (label, unsealed.derive(label))),
        })
    }

    fn unseal(&self) -> Result<Unsealed, DeviceKeyError> {
        let wrap_key = self.key_store.get(&self.item_name)?;
        Unsealed::unseal(&wrap_key, &self.context, &self.piece)
    }
}

impl DeviceKey for SoftwareKey {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let signature: Signature = self
            .unseal()?
            .signing_key
            .try_sign(message)
            .map_err(|_| DeviceKeyError::Refused)?;
        Ok(signature.to_bytes().to_vec())
    }

    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Software
    }

    fn level(&self) -> AssuranceLevel {
        AssuranceLevel::L1
    }

    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        _hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        check_length(key)?;
        let item_key = self.unseal()?.derive(ITEM_LABEL);
        Ok(seal_key(&item_key, key, context, rng))
    }

    fn hmacs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let item_key = self.unseal()?.derive(ITEM_LABEL);
        macs_of_sealed(&item_key, item, context, hash, messages)
    }

    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        let known = self.file_keys.iter().find(|(known, _)| *known == label);
        match known {
            // EXPOSE: handed on in a type that wipes itself.
            Some((_, key)) => Ok(SealingKey::from_bytes(key.expose_secret())),
            None => Ok(self.unseal()?.derive(label)),
        }
    }
}

const ITEM_LABEL: &str = "skts/vault-item/v1";

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;
    use p256::pkcs8::DecodePublicKey;
    use rand_core::OsRng;
    use skts_otp::TimeStep;

    use super::*;
    use crate::{MachineId, MemoryKeyStore};

    fn context<'a>(
        key_store: &'a Arc<dyn KeyStore>,
        machine: &'a MachineId,
    ) -> DeviceKeyContext<'a> {
        DeviceKeyContext {
            profile_id: "p",
            app_id: "jp.example.skts",
            machine,
            key_store,
        }
    }

    #[test]
    fn opens_as_the_key_it_made() {
        let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
        let machine = MachineId::from_system_text("one").unwrap();
        let (made, piece) = Software
            .make(&context(&store, &machine), &mut OsRng)
            .unwrap();
        let opened = Software.open(&context(&store, &machine), &piece).unwrap();
        assert_eq!(made.spki(), opened.spki());
        let key = VerifyingKey::from_public_key_der(made.spki()).unwrap();
        let signature = Signature::from_slice(&opened.sign(b"message").unwrap()).unwrap();
        key.verify(b"message", &signature).unwrap();
        assert!(key.verify(b"another", &signature).is_err());
    }

    #[test]
    fn refuses_another_machine_application_or_profile() {
        let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
        let machine = MachineId::from_system_text("one").unwrap();
        let other = MachineId::from_system_text("two").unwrap();
        let (_, piece) = Software
            .make(&context(&store, &machine), &mut OsRng)
            .unwrap();
        for refused in [
            context(&store, &other),
            DeviceKeyContext {
                app_id: "jp.example.other",
                ..context(&store, &machine)
            },
        ] {
            assert_eq!(
                Software.open(&refused, &piece).err(),
                Some(DeviceKeyError::Damaged)
            );
        }
        let elsewhere = DeviceKeyContext {
            profile_id: "q",
            ..context(&store, &machine)
        };
        let missing = DeviceKeyError::KeyStore(KeyStoreError::Missing);
        assert_eq!(Software.open(&elsewhere, &piece).err(), Some(missing));
    }

    #[test]
    fn computes_the_mac_of_the_key_in_hand_and_only_in_its_context() {
        let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
        let machine = MachineId::from_system_text("one").unwrap();
        let (key, _) = Software
            .make(&context(&store, &machine), &mut OsRng)
            .unwrap();
        let secret = [0x31u8; 32];
        let item = key
            .import_hmac_key(
                &SecretBytes::from_slice(&secret),
                b"here",
                HashAlgorithm::Sha256,
                &mut OsRng,
            )
            .unwrap();
        let step = TimeStep::from_index(37_037_036);
        for hash in [
            HashAlgorithm::Sha1,
            HashAlgorithm::Sha256,
            HashAlgorithm::Sha512,
        ] {
            let mac = key.macs(&item, b"here", hash, &[step]).unwrap();
            assert_eq!(
                mac[0].as_bytes(),
                skts_otp::mac(&secret, hash, step).unwrap().as_bytes()
            );
        }
        let elsewhere = key.macs(&item, b"there", HashAlgorithm::Sha256, &[step]);
        assert_eq!(elsewhere.err(), Some(DeviceKeyError::WrongItem));
    }

    #[test]
    fn refuses_a_key_too_short_or_too_long_for_hmac() {
        let store: Arc<dyn KeyStore> = Arc::new(MemoryKeyStore::new());
        let machine = MachineId::from_system_text("one").unwrap();
        let (key, _) = Software
            .make(&context(&store, &machine), &mut OsRng)
            .unwrap();
        for length in [0, 15, 65] {
            let secret = SecretBytes::new(vec![1; length]);
            let imported = key.import_hmac_key(&secret, b"", HashAlgorithm::Sha256, &mut OsRng);
            assert_eq!(imported.err(), Some(DeviceKeyError::KeyLength));
        }
    }
}
