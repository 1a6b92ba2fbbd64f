//! A token's HMAC key as a keystore item, sealed under a key that only the device can make.

use std::ops::RangeInclusive;

use rand_core::CryptoRngCore;
use skts_otp::{HashAlgorithm, Mac};
use skts_sealed::{Namespace, SealingKey, SecretBytes};

use crate::DeviceKeyError;
use crate::device_key::unseal_error;

/// RFC 4226 §4 R6 asks for 16; no hash of ours takes more than 64 without hashing them first.
const HMAC_KEY_BYTES: RangeInclusive<usize> = 16..=64;

/// Refuses a key of a length that no backend takes.
pub(crate) fn check_length(key: &SecretBytes) -> Result<(), DeviceKeyError> {
    if HMAC_KEY_BYTES.contains(&key.len()) {
        Ok(())
    } else {
        Err(DeviceKeyError::KeyLength)
    }
}

/// Seals `key` for what `context` says.
pub(crate) fn seal_key(
    item_key: &SealingKey,
    key: &SecretBytes,
    context: &[u8],
    mut rng: &mut dyn CryptoRngCore,
) -> Vec<u8> {
    // EXPOSE: sealed here.
    let key = key.expose_secret();
    skts_sealed::seal(item_key, Namespace::TokenSeed, context, key, &mut rng)
}

/// Opens what [`seal_key`] made, for the same `context`, and computes with it.
///
/// # Errors
/// [`DeviceKeyError::WrongItem`], `Damaged`, `NewerFormat`, `KeyLength`.
pub(crate) fn macs_of_sealed(
    item_key: &SealingKey,
    item: &[u8],
    context: &[u8],
    hash: HashAlgorithm,
    messages: &[&[u8]],
) -> Result<Vec<Mac>, DeviceKeyError> {
    let key = skts_sealed::unseal(item_key, Namespace::TokenSeed, context, item)
        .map_err(|error| unseal_error(error, DeviceKeyError::WrongItem))?;
    // EXPOSE: a few computations, then the buffer is wiped.
    let key = key.expose_secret();
    let mac = |message: &&[u8]| {
        skts_otp::keyed_hash(key, hash, message).map_err(|_| DeviceKeyError::KeyLength)
    };
    messages.iter().map(mac).collect()
}
