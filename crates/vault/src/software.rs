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

use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use rand_core::CryptoRngCore;
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac, TimeStep};
use skts_sealed::{FieldWriter, Namespace, SealingKey, SecretBytes, UnsealError};
use zeroize::Zeroizing;

use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStoreError,
};

const SCALAR_BYTES: usize = 32;
const HMAC_KEY_BYTES: std::ops::RangeInclusive<usize> = 16..=64;

/// Makes and opens [`SoftwareKey`]s.
#[derive(Debug)]
pub(crate) struct Software;

/// The key, unsealed for as long as the profile is open. Wiped when dropped.
struct SoftwareKey {
    signing_key: SigningKey,
    data_key: SealingKey,
    spki: Vec<u8>,
}

impl DeviceKeyBackend for Software {
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Software
    }

    fn make(
        &self,
        context: &DeviceKeyContext<'_>,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        let name = item_name(context);
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
        Ok((Box::new(SoftwareKey::new(signing_key, data_key)?), piece))
    }

    fn open(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let stored = context.key_store.get(&item_name(context))?;
        // EXPOSE: the wrap key opens the piece in the next statement.
        let wrap_key = SealingKey::try_from_slice(stored.expose_secret())
            .map_err(|_| KeyStoreError::Damaged)?;
        let aad = seal_context(context);
        let plaintext =
            // EXPOSE: a context is not secret.
            skts_sealed::unseal(&wrap_key, Namespace::DeviceKey, aad.expose_secret(), piece)
                .map_err(|error| unseal_error(error, DeviceKeyError::Damaged))?;
        // EXPOSE: taken apart into two wiping keys.
        let (scalar, data_key) = plaintext
            .expose_secret()
            .split_at_checked(SCALAR_BYTES)
            .ok_or(DeviceKeyError::Damaged)?;
        let signing_key = SigningKey::from_slice(scalar).map_err(|_| DeviceKeyError::Damaged)?;
        let data_key = SealingKey::try_from_slice(data_key).map_err(|_| DeviceKeyError::Damaged)?;
        Ok(Box::new(SoftwareKey::new(signing_key, data_key)?))
    }
}

impl SoftwareKey {
    fn new(signing_key: SigningKey, data_key: SealingKey) -> Result<Self, DeviceKeyError> {
        let spki = signing_key
            .verifying_key()
            .to_public_key_der()
            .map_err(|_| DeviceKeyError::Damaged)?
            .into_vec();
        Ok(Self {
            signing_key,
            data_key,
            spki,
        })
    }
}

impl DeviceKey for SoftwareKey {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let signature: Signature = self
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
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        if !HMAC_KEY_BYTES.contains(&key.len()) {
            return Err(DeviceKeyError::KeyLength);
        }
        let item_key = self.derive_sealing_key(ITEM_LABEL)?;
        // EXPOSE: sealed here.
        let key = key.expose_secret();
        Ok(skts_sealed::seal(
            &item_key,
            Namespace::TokenSeed,
            context,
            key,
            &mut rng,
        ))
    }

    fn mac(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        step: TimeStep,
    ) -> Result<Mac, DeviceKeyError> {
        let item_key = self.derive_sealing_key(ITEM_LABEL)?;
        let key = skts_sealed::unseal(&item_key, Namespace::TokenSeed, context, item)
            .map_err(|error| unseal_error(error, DeviceKeyError::WrongItem))?;
        // EXPOSE: one computation, then the buffer is wiped.
        skts_otp::mac(key.expose_secret(), hash, step).map_err(|_| DeviceKeyError::KeyLength)
    }

    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        // EXPOSE: input of the derivation.
        Ok(SealingKey::derive(
            self.data_key.expose_secret(),
            &[],
            label,
            &[],
        ))
    }
}

const ITEM_LABEL: &str = "skts/vault-item/v1";

fn item_name(context: &DeviceKeyContext<'_>) -> String {
    format!("{}.device", context.profile_id)
}

fn seal_context(context: &DeviceKeyContext<'_>) -> SecretBytes {
    FieldWriter::new()
        .bytes(context.profile_id.as_bytes())
        .bytes(context.app_id.as_bytes())
        .bytes(context.machine.as_bytes())
        .finish()
}

/// Tells a newer format and a broken shape from a refusal, which only the caller can name.
fn unseal_error(error: UnsealError, refused: DeviceKeyError) -> DeviceKeyError {
    match error {
        UnsealError::UnknownVersion(version) if version > crate::record::VERSION => {
            DeviceKeyError::NewerFormat
        }
        UnsealError::Refused => refused,
        _ => DeviceKeyError::Damaged,
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier;
    use p256::pkcs8::DecodePublicKey;
    use rand_core::OsRng;

    use super::*;
    use crate::{KeyStore, MachineId, MemoryKeyStore};

    fn context<'a>(key_store: &'a dyn KeyStore, machine: &'a MachineId) -> DeviceKeyContext<'a> {
        DeviceKeyContext {
            profile_id: "p",
            app_id: "jp.example.skts",
            machine,
            key_store,
        }
    }

    #[test]
    fn opens_as_the_key_it_made() {
        let store = MemoryKeyStore::new();
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
        let store = MemoryKeyStore::new();
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
        let store = MemoryKeyStore::new();
        let machine = MachineId::from_system_text("one").unwrap();
        let (key, _) = Software
            .make(&context(&store, &machine), &mut OsRng)
            .unwrap();
        let secret = [0x31u8; 32];
        let item = key
            .import_hmac_key(&SecretBytes::from_slice(&secret), b"here", &mut OsRng)
            .unwrap();
        let step = TimeStep::from_index(37_037_036);
        for hash in [
            HashAlgorithm::Sha1,
            HashAlgorithm::Sha256,
            HashAlgorithm::Sha512,
        ] {
            let mac = key.mac(&item, b"here", hash, step).unwrap();
            assert_eq!(
                mac.as_bytes(),
                skts_otp::mac(&secret, hash, step).unwrap().as_bytes()
            );
        }
        let elsewhere = key.mac(&item, b"there", HashAlgorithm::Sha256, step);
        assert_eq!(elsewhere.err(), Some(DeviceKeyError::WrongItem));
    }

    #[test]
    fn refuses_a_key_too_short_or_too_long_for_hmac() {
        let store = MemoryKeyStore::new();
        let machine = MachineId::from_system_text("one").unwrap();
        let (key, _) = Software
            .make(&context(&store, &machine), &mut OsRng)
            .unwrap();
        for length in [0, 15, 65] {
            let secret = SecretBytes::new(vec![1; length]);
            let imported = key.import_hmac_key(&secret, b"", &mut OsRng);
            assert_eq!(imported.err(), Some(DeviceKeyError::KeyLength));
        }
    }
}
