//! A device key in a TPM 2.0.
//!
//! ```text
//! keystore `<profile id>.device` : 32 random bytes, from which every object's authorisation comes
//! device.skts                    : envelope { parent ‖ signing key ‖ derivation key }, the keys as the
//!                                  chip sealed them; under a key derived from the 32 bytes
//! a token's item                 : an HMAC key, as the chip sealed it; its codes are computed inside
//! items the chip cannot hold     : an envelope under a key that the derivation key computes
//! files                          : envelopes under keys derived from another such key
//! ```
//! The authorisation of an object is bound to what it is for (profile, application, machine, token),
//! so that one put in another's place does not work. Copied to another machine the objects do not
//! load; without the keystore item they load and do nothing.

mod chip;
mod endorsement;
mod frame;
mod guard;
mod link;
mod piece;
mod policy;
mod templates;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use p256::pkcs8::EncodePublicKey;
use p256::{EncodedPoint, PublicKey, elliptic_curve::sec1::FromEncodedPoint};
use rand_core::CryptoRngCore;
use sha2::{Digest, Sha256};
use skts_otp::{AssuranceLevel, HashAlgorithm, Mac};
use skts_sealed::{FieldWriter, Namespace, SealingKey, SecretBytes};

use crate::device_key::{
    PinGuards, device_item_name, is_virtual_maker, seal_context, unseal_error,
};
use crate::sealed_key::{check_length, macs_of_sealed, seal_key};
use crate::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, KeyStore,
    KeyStoreError,
};
use chip::{Chip, ChipError, Loaded, Object};
use link::Place;
use piece::{Item, Piece};

const SECRET_BYTES: usize = 32;

/// Makes and opens keys in the TPM at one place.
#[derive(Debug)]
pub struct Tpm {
    place: Place,
}

impl Tpm {
    /// The kernel's resource-managed device.
    pub const DEVICE: &'static str = "/dev/tpmrm0";

    /// Names the device, or the socket of a simulator; touches nothing.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self {
            place: Place::at(path.into()),
        }
    }

    /// Waits this long for an answer, instead of ten seconds.
    #[must_use]
    pub fn with_time_limit(self, time_limit: Duration) -> Self {
        Self {
            place: self.place.with_time_limit(time_limit),
        }
    }
}

/// The key as it is kept while the profile is open. The keystore's half is read anew for each use.
struct TpmKey {
    place: Place,
    piece: Piece,
    key_store: Arc<dyn KeyStore>,
    item_name: String,
    context: SecretBytes,
    spki: Vec<u8>,
    data_key: SealingKey,
    level: AssuranceLevel,
}

impl DeviceKeyBackend for Tpm {
    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Tpm
    }

    fn probe(&self) -> Result<(), DeviceKeyError> {
        Chip::open(&self.place)?.parents()?;
        Ok(())
    }

    fn make(
        &self,
        context: &DeviceKeyContext<'_>,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<(Box<dyn DeviceKey>, Vec<u8>), DeviceKeyError> {
        // The chip is asked before anything is written: without one, another kind of key is made.
        let secret = SecretBytes::make(SECRET_BYTES, &mut rng);
        let piece = self.make_piece(&secret, &seal_context(context))?;
        let name = device_item_name(context);
        // EXPOSE: half of the lock goes to the keystore, which is its place.
        context.key_store.put(&name, secret.expose_secret())?;
        if !context.key_store.get(&name)?.ct_eq(&secret) {
            return Err(KeyStoreError::Damaged.into());
        }
        let written = skts_sealed::seal(
            &piece_key(&secret),
            Namespace::DeviceKey,
            // EXPOSE: a context is not secret.
            seal_context(context).expose_secret(),
            &piece.encode(),
            &mut rng,
        );
        Ok((self.key(context, piece, &secret)?, written))
    }

    fn open(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: &[u8],
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let secret = context.key_store.get(&device_item_name(context))?;
        let piece = skts_sealed::unseal(
            &piece_key(&secret),
            Namespace::DeviceKey,
            // EXPOSE: a context is not secret.
            seal_context(context).expose_secret(),
            piece,
        )
        .map_err(|error| unseal_error(error, DeviceKeyError::Damaged))?;
        // EXPOSE: objects as the chip sealed them.
        let piece = Piece::decode(piece.expose_secret())?;
        self.key(context, piece, &secret)
    }

    fn pin_guards(&self) -> Option<&dyn PinGuards> {
        Some(self)
    }
}

impl Tpm {
    /// Makes both keys under the first parent that lets it.
    fn make_piece(
        &self,
        secret: &SecretBytes,
        context: &SecretBytes,
    ) -> Result<Piece, DeviceKeyError> {
        let mut chip = Chip::open(&self.place)?;
        let mut refused = ChipError::Refused;
        for parent in chip.parents()? {
            let made = chip.parent(&parent).and_then(|under| {
                let mut object = |template: Result<_, ChipError>, label| {
                    let auth = authorisation(secret, label, context);
                    chip.create(under, &template?, &auth, None)
                };
                let signing_key = object(templates::signing_key(), SIGNING_AUTH)?;
                let derivation = templates::hmac_key(true, HashAlgorithm::Sha256);
                Ok((signing_key, object(derivation, DERIVATION_AUTH)?))
            });
            match made {
                Ok((signing_key, derivation_key)) => {
                    return Ok(Piece {
                        parent,
                        signing_key,
                        derivation_key,
                    });
                }
                Err(error @ (ChipError::Busy | ChipError::Absent)) => return Err(error.into()),
                Err(error) => refused = error,
            }
        }
        Err(refused.into())
    }

    /// Loads both keys and lets each work once, so that a wrong half is found here.
    fn key(
        &self,
        context: &DeviceKeyContext<'_>,
        piece: Piece,
        secret: &SecretBytes,
    ) -> Result<Box<dyn DeviceKey>, DeviceKeyError> {
        let bound_to = seal_context(context);
        let spki = spki(&piece.signing_key.public)?;
        let mut chip = Chip::open(&self.place)?;
        let under = chip.parent(&piece.parent)?;
        // The parent is the one these were made under: what does not load now was damaged.
        let key = chip.load(under, &piece.signing_key).map_err(of_an_object)?;
        let auth = authorisation(secret, SIGNING_AUTH, &bound_to);
        chip.sign(key, &auth, &[0; 32])?;
        chip.flush(key);
        let key = chip
            .load(under, &piece.derivation_key)
            .map_err(of_an_object)?;
        let auth = authorisation(secret, DERIVATION_AUTH, &bound_to);
        let data_key = derived_key(&mut chip, key, &auth, FILES)?;
        // What a chip says of itself is no evidence: the service decides by certificates.
        let is_program = self.place.is_socket() || is_virtual_maker(&chip.manufacturer()?);
        drop(chip);
        Ok(Box::new(TpmKey {
            place: self.place.clone(),
            piece,
            key_store: Arc::clone(context.key_store),
            item_name: device_item_name(context),
            context: bound_to,
            spki,
            data_key,
            level: if is_program {
                AssuranceLevel::L1
            } else {
                AssuranceLevel::L2
            },
        }))
    }
}

impl TpmKey {
    /// Opens a conversation with the parent of everything loaded.
    fn converse<T>(
        &self,
        talk: impl FnOnce(&mut Chip, Loaded) -> Result<T, DeviceKeyError>,
    ) -> Result<T, DeviceKeyError> {
        let mut chip = Chip::open(&self.place)?;
        let under = chip.parent(&self.piece.parent)?;
        talk(&mut chip, under)
    }

    /// The authorisation of one of the device's own keys.
    fn auth(&self, label: &str) -> Result<SecretBytes, DeviceKeyError> {
        let secret = self.key_store.get(&self.item_name)?;
        Ok(authorisation(&secret, label, &self.context))
    }

    /// The authorisation of an item for what `context` says.
    fn item_auth(&self, context: &[u8]) -> Result<SecretBytes, DeviceKeyError> {
        let context = FieldWriter::new()
            // EXPOSE: a context is not secret.
            .bytes(self.context.expose_secret())
            .bytes(context)
            .finish();
        let secret = self.key_store.get(&self.item_name)?;
        Ok(authorisation(&secret, ITEM_AUTH, &context))
    }

    /// The key of the items that the chip does not hold; in memory for one computation.
    fn item_key(&self) -> Result<SealingKey, DeviceKeyError> {
        let auth = self.auth(DERIVATION_AUTH)?;
        self.converse(|chip, under| {
            let key = chip.load(under, &self.piece.derivation_key)?;
            derived_key(chip, key, &auth, ITEMS)
        })
    }

    /// Puts an HMAC key into the chip and lets it work once.
    fn import(
        &self,
        key: &SecretBytes,
        auth: &SecretBytes,
        hash: HashAlgorithm,
    ) -> Result<Object, DeviceKeyError> {
        let template = templates::hmac_key(false, hash)?;
        self.converse(|chip, under| {
            let object = chip.create(under, &template, auth, Some(key))?;
            let key = chip.load(under, &object)?;
            chip.hmac(key, auth, hash, &[])?;
            Ok(object)
        })
    }
}

impl DeviceKey for TpmKey {
    fn spki(&self) -> &[u8] {
        &self.spki
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let auth = self.auth(SIGNING_AUTH)?;
        self.converse(|chip, under| {
            let key = chip.load(under, &self.piece.signing_key)?;
            Ok(chip.sign(key, &auth, &Sha256::digest(message).into())?)
        })
    }

    fn statement(&self) -> Result<Vec<u8>, DeviceKeyError> {
        let mut chip = Chip::open(&self.place.patient())?;
        endorsement::statement(&mut chip, &self.piece.signing_key)
    }

    fn activate_credential(&self, credential: &[u8]) -> Result<SecretBytes, DeviceKeyError> {
        let auth = self.auth(SIGNING_AUTH)?;
        let mut chip = Chip::open(&self.place.patient())?;
        let under = chip.parent(&self.piece.parent)?;
        let key = chip.load(under, &self.piece.signing_key)?;
        chip.flush(under);
        endorsement::activate(&mut chip, key, &auth, credential)
    }

    fn kind(&self) -> DeviceKeyKind {
        DeviceKeyKind::Tpm
    }

    fn level(&self) -> AssuranceLevel {
        self.level
    }

    fn import_hmac_key(
        &self,
        key: &SecretBytes,
        context: &[u8],
        hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        check_length(key)?;
        match self.import(key, &self.item_auth(context)?, hash) {
            Ok(object) => Ok(Item::Held(object).encode()),
            Err(DeviceKeyError::Unsupported) => {
                let sealed = seal_key(&self.item_key()?, key, context, rng);
                Ok(Item::Sealed(sealed).encode())
            }
            Err(error) => Err(error),
        }
    }

    fn hmacs(
        &self,
        item: &[u8],
        context: &[u8],
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        match Item::decode(item)? {
            Item::Held(object) => {
                let auth = self.item_auth(context)?;
                self.converse(|chip, under| {
                    let loaded = chip.load(under, &object);
                    // The device's own keys loaded: it is the item that is another's, or damaged.
                    let key = loaded.map_err(|error| match of_an_object(error) {
                        DeviceKeyError::Damaged => DeviceKeyError::WrongItem,
                        error => error,
                    })?;
                    let mac = |message: &&[u8]| {
                        // The one error that an object in another's place gives.
                        chip.hmac(key, &auth, hash, message)
                            .map_err(|error| match error {
                                ChipError::Auth => DeviceKeyError::WrongItem,
                                error => error.into(),
                            })
                    };
                    messages.iter().map(mac).collect()
                })
            }
            Item::Sealed(sealed) => {
                macs_of_sealed(&self.item_key()?, &sealed, context, hash, messages)
            }
        }
    }

    fn derive_sealing_key(&self, label: &str) -> Result<SealingKey, DeviceKeyError> {
        // EXPOSE: input of the derivation.
        let data_key = self.data_key.expose_secret();
        Ok(SealingKey::derive(data_key, &[], label, &[]))
    }
}

impl From<ChipError> for DeviceKeyError {
    fn from(error: ChipError) -> Self {
        match error {
            ChipError::Absent => Self::Absent,
            ChipError::Denied => Self::Denied,
            ChipError::Busy => Self::Busy,
            ChipError::Foreign => Self::Gone,
            ChipError::Auth => Self::Damaged,
            ChipError::Unsupported => Self::Unsupported,
            ChipError::Refused => Self::Refused,
        }
    }
}

const SIGNING_AUTH: &str = "skts/tpm-signing-auth/v1";
const DERIVATION_AUTH: &str = "skts/tpm-derivation-auth/v1";
const ITEM_AUTH: &str = "skts/tpm-item-auth/v1";
const PIECE: &str = "skts/tpm-piece/v1";
const FILES: &[u8] = b"skts/tpm-files/v1";
const ITEMS: &[u8] = b"skts/tpm-items/v1";

fn authorisation(secret: &SecretBytes, label: &str, context: &SecretBytes) -> SecretBytes {
    // EXPOSE: input of the derivation, with a context that is not secret.
    let (secret, context) = (secret.expose_secret(), context.expose_secret());
    let key = SealingKey::derive(secret, &[], label, context);
    // EXPOSE: into a type that wipes itself.
    SecretBytes::from_slice(key.expose_secret())
}

/// The key around `device.skts`: without the keystore's half nothing is read of the other.
fn piece_key(secret: &SecretBytes) -> SealingKey {
    // EXPOSE: input of the derivation.
    SealingKey::derive(secret.expose_secret(), &[], PIECE, &[])
}

/// What does not load under its own parent was damaged, or made for another.
fn of_an_object(error: ChipError) -> DeviceKeyError {
    match error {
        ChipError::Foreign | ChipError::Refused | ChipError::Unsupported => DeviceKeyError::Damaged,
        error => error.into(),
    }
}

fn derived_key(
    chip: &mut Chip,
    key: Loaded,
    auth: &SecretBytes,
    label: &[u8],
) -> Result<SealingKey, DeviceKeyError> {
    let mac = chip.hmac(key, auth, HashAlgorithm::Sha256, label)?;
    SealingKey::try_from_slice(mac.as_bytes()).map_err(|_| DeviceKeyError::Refused)
}

fn spki(public: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
    let [x, y] = chip::point(public).map_err(|_| DeviceKeyError::Damaged)?;
    let point = [&[4], x.as_slice(), &y].concat();
    let point = EncodedPoint::from_bytes(point).map_err(|_| DeviceKeyError::Damaged)?;
    Option::from(PublicKey::from_encoded_point(&point))
        .and_then(|key: PublicKey| key.to_public_key_der().ok())
        .map(p256::pkcs8::Document::into_vec)
        .ok_or(DeviceKeyError::Damaged)
}
