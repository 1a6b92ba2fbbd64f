//! A device key in the TPM of a Windows computer, through the Platform Crypto Provider.
//!
//! ```text
//! keystore `<profile id>.device`   : 32 random bytes
//! provider `<app>.<profile>.sign`  : the device key, ECDSA P-256; never leaves the chip
//! provider `<app>.<profile>.unwrap`: RSA-2048; never leaves the chip
//! device.skts                      : envelope { SPKI ‖ DPAPI(OAEP(data key)) }, under a key derived
//!                                    from the 32 bytes; these are DPAPI's entropy too
//! items and files                  : envelopes under keys derived from the data key
//! ```
//! To get at a seed it takes the user's Credential Manager, the user's DPAPI and this computer's chip,
//! anew for each computation; the provider computes no HMAC, so the seed is in memory for that long.
//! What calls Windows is behind [`Provider`], so that all the rest is tested on every system.

mod claims;
mod piece;
mod status;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use p256::pkcs8::EncodePublicKey;
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac};
use skts_sealed::{SealingKey, SecretBytes};

pub(crate) use self::claims::Claims;
use self::piece::{Names, Piece, entropy};
pub(crate) use self::status::{Doing, meaning};
use crate::device_key::{FILE_LABELS, device_item_name, seal_context};
use crate::sealed_key::{check_length, macs_of_sealed, seal_key};
use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStore,
    KeyStoreError,
};

const SECRET_BYTES: usize = 32;

/// Why a provider did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProviderError {
    /// It said so, with this number: see [`status`].
    Status(u32),
    /// It answered with what is no answer.
    Unreadable,
}

type Answer<T> = Result<T, ProviderError>;

/// A provider of persisted keys with names, and the user's DPAPI.
pub(crate) trait Provider: Send + Sync {
    /// What it says of itself.
    fn claims(&self) -> Answer<Claims>;
    /// Whether it makes both kinds of keys.
    fn makes_both(&self) -> Answer<()>;
    /// Makes a P-256 key that signs, in the place of one of that name.
    fn make_signing_key(&self, name: &str) -> Answer<()>;
    /// Makes an RSA-2048 key that decrypts, in the place of one of that name.
    fn make_unwrapping_key(&self, name: &str) -> Answer<()>;
    /// The public point of a signing key: x ‖ y, 64 bytes.
    fn public_point(&self, name: &str) -> Answer<Vec<u8>>;
    /// Signs a SHA-256 digest: r ‖ s, 64 bytes.
    fn sign(&self, name: &str, digest: &[u8; 32]) -> Answer<Vec<u8>>;
    /// Encrypts by OAEP with SHA-256.
    fn wrap_key(&self, name: &str, key: &SecretBytes) -> Answer<Vec<u8>>;
    /// Decrypts by OAEP with SHA-256.
    fn unwrap_key(&self, name: &str, wrapped: &[u8]) -> Answer<SecretBytes>;
    /// Deletes a key; one that is not there is deleted already.
    fn delete_key(&self, name: &str) -> Answer<()>;
    /// Puts bytes under the user's DPAPI.
    fn protect(&self, bytes: &[u8], entropy: &SecretBytes) -> Answer<Vec<u8>>;
    /// Takes them out again.
    fn unprotect(&self, protected: &[u8], entropy: &SecretBytes) -> Answer<Vec<u8>>;
}

/// Makes and opens device keys in a provider, once it has shown that it is hardware.
pub(crate) struct Platform<P>(Arc<P>);

/// The key as it is kept while the profile is open: its parts are read anew for each use.
struct PlatformKey<P> {
    provider: Arc<P>,
    names: Names,
    key_store: Arc<dyn KeyStore>,
    item_name: String,
    context: SecretBytes,
    piece: Vec<u8>,
    spki: Vec<u8>,
    level: AssuranceLevel,
    /// The keys of the profile's files, which hold no seed.
    file_keys: [(&'static str, SealingKey); 2],
}

impl<P: Provider> Platform<P> {
    pub(crate) fn new(provider: P) -> Self {
        Self(Arc::new(provider))
    }

    fn level(&self, doing: Doing) -> Result<AssuranceLevel, DeviceKeyError> {
        self.0.claims().map_err(on(doing))?.level()
    }

    fn make_key(
        &self,
        context: &DeviceKeyContext<'_>,
        level: AssuranceLevel,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<(PlatformKey<P>, Vec<u8>), DeviceKeyError> {
        let (provider, names) = (&self.0, Names::of(context));
        let making = on(Doing::Making);
        provider.make_signing_key(&names.signing).map_err(making)?;
        let point = provider.public_point(&names.signing).map_err(making)?;
        provider
            .make_unwrapping_key(&names.unwrapping)
            .map_err(making)?;
        // The provider is asked before anything is written: without it another kind is made.
        let secret = SecretBytes::make(SECRET_BYTES, &mut rng);
        let data_key = SecretBytes::make(SECRET_BYTES, &mut rng);
        let wrapped = provider
            .wrap_key(&names.unwrapping, &data_key)
            .map_err(making)?;
        let piece = Piece {
            spki: spki(&point)?,
            protected: provider
                .protect(&wrapped, &entropy(&secret))
                .map_err(making)?,
        };
        let item_name = device_item_name(context);
        // EXPOSE: half of the lock goes to the keystore, which is its place.
        context.key_store.put(&item_name, secret.expose_secret())?;
        if !context.key_store.get(&item_name)?.ct_eq(&secret) {
            return Err(KeyStoreError::Damaged.into());
        }
        let written = piece.seal(&secret, &seal_context(context), rng);
        let key = self.key(context, &written, level, Doing::Making)?;
        key.test()?;
        // EXPOSE: compared in constant time with what was wrapped.
        if !SecretBytes::from_slice(key.data_key()?.expose_secret()).ct_eq(&data_key) {
            return Err(DeviceKeyError::Refused);
        }
        Ok((key, written))
    }

    fn key(
        &self,
        context: &DeviceKeyContext<'_>,
        written: &[u8],
        level: AssuranceLevel,
        doing: Doing,
    ) -> Result<PlatformKey<P>, DeviceKeyError> {
        let names = Names::of(context);
        let bound_to = seal_context(context);
        let secret = context.key_store.get(&device_item_name(context))?;
        let piece = Piece::unseal(written, &secret, &bound_to)?;
        let point = self.0.public_point(&names.signing).map_err(on(doing))?;
        if spki(&point)? != piece.spki {
            // Another key has come into the place of ours.
            return Err(DeviceKeyError::Gone);
        }
        let data_key = open_data_key(self.0.as_ref(), &names, &piece, &secret, doing)?;
        Ok(PlatformKey {
            provider: Arc::clone(&self.0),
            names,
            key_store: Arc::clone(context.key_store),
            item_name: device_item_name(context),
            context: bound_to,
            piece: written.to_vec(),
            spki: piece.spki,
            level,
            file_keys: FILE_LABELS.map(|label| (label, derive(&data_key, label))),
        })
    }
}

impl<P: Provider + 'static> DeviceKeyBackend for Platform<P> {
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::PlatformProvider
    }

    fn probe(&self) -> Result<(), DeviceKeyError> {
        self.level(Doing::Making)?;
        self.0.makes_both().map_err(on(Doing::Making))
    }

    fn make(
        &self,
        context: &DeviceKeyContext<'_>,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        let level = self.level(Doing::Making)?;
        match self.make_key(context, level, rng) {
            Ok((key, piece)) => Ok((Box::new(key), piece)),
            Err(error) => {
                // The first error is the one that counts. What cannot be taken away now is
                // overwritten by the next try, which has the same names.
                let _ = self.forget(context);
                let _ = context.key_store.delete(&device_item_name(context));
                Err(error)
            }
        }
    }

    fn open(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let level = self.level(Doing::Using)?;
        let key = self.key(context, piece, level, Doing::Using)?;
        Ok(Box::new(key))
    }

    fn forget(&self, context: &DeviceKeyContext<'_>) -> Result<(), DeviceKeyError> {
        // Nothing of ours was ever made in what is not hardware, and it is not asked for more.
        self.level(Doing::Using)?;
        let names = Names::of(context);
        let signing = self.0.delete_key(&names.signing);
        let unwrapping = self.0.delete_key(&names.unwrapping);
        signing.and(unwrapping).map_err(on(Doing::Using))
    }
}

impl<P: Provider> PlatformKey<P> {
    /// The data key; in memory for one computation.
    fn data_key(&self) -> Result<SealingKey, DeviceKeyError> {
        let secret = self.key_store.get(&self.item_name)?;
        let piece = Piece::unseal(&self.piece, &secret, &self.context)?;
        open_data_key(
            self.provider.as_ref(),
            &self.names,
            &piece,
            &secret,
            Doing::Using,
        )
    }

    /// Lets the device key work once, and verifies what it did.
    fn test(&self) -> Result<(), DeviceKeyError> {
        use p256::pkcs8::DecodePublicKey;
        const MESSAGE: &[u8] = b"skts/platform-test/v1";
        let signed = self.signature(MESSAGE, Doing::Making)?;
        let key = VerifyingKey::from_public_key_der(&self.spki);
        let signature = Signature::from_slice(&signed);
        match (key, signature) {
            (Ok(key), Ok(signature)) if key.verify(MESSAGE, &signature).is_ok() => Ok(()),
            _ => Err(DeviceKeyError::Refused),
        }
    }

    fn signature(&self, message: &[u8], doing: Doing) -> Result<Vec<u8>, DeviceKeyError> {
        let digest = Sha256::digest(message).into();
        let signed = self.provider.sign(&self.names.signing, &digest);
        signed.map_err(on(doing))
    }
}

impl<P: Provider> DeviceKey for PlatformKey<P> {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        self.signature(message, Doing::Using)
    }

    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::PlatformProvider
    }

    fn level(&self) -> AssuranceLevel {
        self.level
    }

    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        _hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        check_length(key)?;
        let item_key = derive(&self.data_key()?, ITEM_LABEL);
        Ok(seal_key(&item_key, key, context, rng))
    }

    fn hmacs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        let item_key = derive(&self.data_key()?, ITEM_LABEL);
        macs_of_sealed(&item_key, item, context, hash, messages)
    }

    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        let known = self.file_keys.iter().find(|(known, _)| *known == label);
        match known {
            // EXPOSE: handed on in a type that wipes itself.
            Some((_, key)) => Ok(SealingKey::from_bytes(key.expose_secret())),
            None => Ok(derive(&self.data_key()?, label)),
        }
    }
}

/// Through DPAPI and through the chip.
fn open_data_key(
    provider: &impl Provider,
    names: &Names,
    piece: &Piece,
    secret: &SecretBytes,
    doing: Doing,
) -> Result<SealingKey, DeviceKeyError> {
    let wrapped = provider
        .unprotect(&piece.protected, &entropy(secret))
        .map_err(on(doing))?;
    let data_key = provider
        .unwrap_key(&names.unwrapping, &wrapped)
        .map_err(on(doing))?;
    // EXPOSE: into a type that wipes itself. What was wrapped was authentic: another length comes
    // from another key.
    SealingKey::try_from_slice(data_key.expose_secret()).map_err(|_| DeviceKeyError::Gone)
}

const ITEM_LABEL: &str = "skts/platform-item/v1";

fn derive(data_key: &SealingKey, label: &str) -> SealingKey {
    // EXPOSE: input of the derivation.
    SealingKey::derive(data_key.expose_secret(), &[], label, &[])
}

/// x ‖ y as DER SubjectPublicKeyInfo; a point that is none is refused.
fn spki(point: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
    let sec1 = [&[4], point].concat();
    let key = p256::PublicKey::from_sec1_bytes(&sec1).map_err(|_| DeviceKeyError::Refused)?;
    let der = key.to_public_key_der();
    Ok(der.map_err(|_| DeviceKeyError::Refused)?.into_vec())
}

fn on(doing: Doing) -> impl Fn(ProviderError) -> DeviceKeyError + Copy {
    move |error| match error {
        ProviderError::Status(code) => meaning(code, doing),
        ProviderError::Unreadable => DeviceKeyError::Refused,
    }
}
