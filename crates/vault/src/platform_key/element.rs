//! What the system's hardware does, and what is asked of new keys in it.

use p256::PublicKey;
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::{DecodePublicKey, EncodePublicKey};
use rand_core::CryptoRngCore;
use skts_otp::{HashAlgorithm, Mac};
use skts_sealed::SecretBytes;

use crate::{DeviceKeyError, DeviceKeyKind};

/// How many bytes an element gives, and how many the keystore's half has.
pub(crate) const SECRET_BYTES: usize = 32;

/// Where the hardware says that a key is, from the weakest up. What is in software is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the processor's trusted part.
    Trusted,
    /// In a chip of its own.
    StrongBox,
}

/// What finds a profile's keys again. Nothing in it is secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handle {
    pub(crate) profile_id: String,
    /// DER SubjectPublicKeyInfo of the signing key.
    pub(crate) spki: Vec<u8>,
    pub(crate) place: Place,
    /// What the element wrote for itself.
    pub(crate) note: Vec<u8>,
}

/// The few things that the system's hardware does. Each method is one short conversation.
///
/// # Errors
/// Any [`DeviceKeyError`]; `Gone` where a key that was made is no longer there, `Busy` where it
/// may answer later.
pub(crate) trait Element: Clone + Send + Sync + 'static {
    /// Which kind of device key this gives.
    const KIND: DeviceKeyKind;

    /// Tells whether keys could be made here now.
    fn probe(&self) -> Result<(), DeviceKeyError>;

    /// Makes the profile's keys, in place of those that a cut-off set-up left, and [`prove`]s them.
    fn make(&self, profile_id: &str, rng: &mut dyn CryptoRngCore)
    -> Result<Handle, DeviceKeyError>;

    /// The public key of the signing key that is there now, as DER SubjectPublicKeyInfo.
    fn spki(&self, handle: &Handle) -> Result<Vec<u8>, DeviceKeyError>;

    /// Signs with ECDSA over SHA-256; returns the DER form.
    fn sign(&self, handle: &Handle, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError>;

    /// The 32 bytes that only this hardware gives, always the same.
    fn secret(&self, handle: &Handle) -> Result<SecretBytes, DeviceKeyError>;

    /// Takes an HMAC key in and lets it work once; returns its name, or `None` where the hardware
    /// does not hold such a key.
    fn hold(
        &self,
        handle: &Handle,
        key: &SecretBytes,
        hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Option<String>, DeviceKeyError>;

    /// Computes with a key that `hold` took in.
    fn hmacs(
        &self,
        name: &str,
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError>;

    /// Deletes a key that `hold` took in; one that is not there is no error.
    fn forget(&self, name: &str) -> Result<(), DeviceKeyError>;

    /// Deletes every key of the profile.
    fn clear(&self, profile_id: &str) -> Result<(), DeviceKeyError>;

    /// See [`DeviceKey::holder`](crate::DeviceKey::holder).
    fn holder(&self, _place: Place) -> &'static str {
        Self::KIND.as_str()
    }

    /// See [`DeviceKey::statement`](crate::DeviceKey::statement).
    fn statement(&self, _handle: &Handle) -> Result<Vec<u8>, DeviceKeyError> {
        Ok(Vec::new())
    }
}

/// The name of one of a profile's keys in the hardware.
pub(crate) fn key_name(profile_id: &str, which: &str) -> String {
    format!("{}{which}", key_prefix(profile_id))
}

/// What the names of all of a profile's keys begin with.
pub(crate) fn key_prefix(profile_id: &str) -> String {
    format!("skts.{profile_id}.")
}

pub(super) fn is_named_for(name: &str, profile_id: &str) -> bool {
    name.starts_with(&key_prefix(profile_id))
}

/// Lets new keys work once, so that hardware that does not is found before anything relies on it.
pub(crate) fn prove<E: Element>(element: &E, handle: &Handle) -> Result<(), DeviceKeyError> {
    let message = b"skts/self-test/v1";
    let signature = element.sign(handle, message)?;
    let signature = Signature::from_der(&signature).map_err(|_| DeviceKeyError::Refused)?;
    VerifyingKey::from_public_key_der(&handle.spki)
        .ok()
        .and_then(|key| key.verify(message, &signature).ok())
        .ok_or(DeviceKeyError::Refused)?;
    let first = secret(element, handle)?;
    if !first.ct_eq(&secret(element, handle)?) {
        return Err(DeviceKeyError::Refused);
    }
    Ok(())
}

/// One spelling of a P-256 public key, whichever way the system wrote it.
pub(crate) fn spki_of(key: Option<PublicKey>) -> Result<Vec<u8>, DeviceKeyError> {
    key.and_then(|key| key.to_public_key_der().ok())
        .map(p256::pkcs8::Document::into_vec)
        .ok_or(DeviceKeyError::Damaged)
}

/// What the element gives, in its right length.
pub(super) fn secret<E: Element>(
    element: &E,
    handle: &Handle,
) -> Result<SecretBytes, DeviceKeyError> {
    let secret = element.secret(handle)?;
    if secret.len() == SECRET_BYTES {
        Ok(secret)
    } else {
        Err(DeviceKeyError::Refused)
    }
}
