//! A device key in the Android Keystore.
//!
//! ```text
//! skts.<profile id>.signing     : EC P-256, signs; with a certificate chain where the phone attests
//! skts.<profile id>.derivation  : HMAC-SHA256, made inside; gives the 32 bytes
//! skts.<profile id>.<random>    : a token's seed or signing key, HMAC; its codes are computed inside
//! ```
//! In a chip of its own (StrongBox) where that works, else in the processor's trusted part.

use rand_core::CryptoRngCore;
use skts_otp::{HashAlgorithm, Mac, TimeStep};
use skts_sealed::{SecretBytes, scrub_stack};

use super::java::{Java, talk};
use super::keys::Keys;
use super::plan::{self, Way};
use crate::platform_key::{Element, Handle, Place, key_name, key_prefix, prove};
use crate::{DeviceKeyError, DeviceKeyKind};

const SIGNING: &str = "signing";
const DERIVATION: &str = "derivation";
const LABEL: &[u8] = b"skts/android-secret/v1";
const NAME_BYTES: usize = 16;
/// In a handle's note: the chain answers our challenge.
const ATTESTED: &[u8] = b"attested";

/// The keystore of this phone.
#[derive(Clone)]
pub(crate) struct AndroidElement;

impl Element for AndroidElement {
    const KIND: DeviceKeyKind = DeviceKeyKind::AndroidKeystore;

    fn probe(&self) -> Result<(), DeviceKeyError> {
        talk(|java| Keys::open(java).map(|_| ()))
    }

    /// Tries each way, until keys are made that work.
    fn make(
        &self,
        profile_id: &str,
        _rng: &mut dyn CryptoRngCore,
    ) -> Result<Handle, DeviceKeyError> {
        let mut refused = DeviceKeyError::Unsupported;
        for way in plan::ways(talk(|java| Ok(java.api))?) {
            let made = talk(|java| make_keys(java, profile_id, *way));
            let proven = made.and_then(|handle| {
                prove(self, &handle)?;
                Ok(handle)
            });
            match proven {
                Ok(handle) => return Ok(handle),
                // Waited for: keys made another way meanwhile would be weaker for good.
                Err(DeviceKeyError::Busy) => {
                    refused = DeviceKeyError::Busy;
                    break;
                }
                Err(error) => refused = error,
            }
        }
        // What was made halfway; a second failure changes nothing of the first.
        let _ = self.clear(profile_id);
        Err(refused)
    }

    fn spki(&self, handle: &Handle) -> Result<Vec<u8>, DeviceKeyError> {
        let name = key_name(&handle.profile_id, SIGNING);
        talk(|java| Keys::open(java)?.spki(java, &name))
    }

    fn sign(&self, handle: &Handle, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        let name = key_name(&handle.profile_id, SIGNING);
        talk(|java| Keys::open(java)?.sign(java, &name, message))
    }

    fn secret(&self, handle: &Handle) -> Result<SecretBytes, DeviceKeyError> {
        let name = key_name(&handle.profile_id, DERIVATION);
        talk(|java| {
            let keys = Keys::open(java)?;
            let macs = keys.hmac(java, &name, HashAlgorithm::Sha256, &[LABEL])?;
            let mac = macs.first().ok_or(DeviceKeyError::Refused)?;
            Ok(SecretBytes::from_slice(mac))
        })
    }

    fn hold(
        &self,
        handle: &Handle,
        key: &SecretBytes,
        hash: HashAlgorithm,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Option<String>, DeviceKeyError> {
        let mut random = [0; NAME_BYTES];
        rng.fill_bytes(&mut random);
        let name = key_name(&handle.profile_id, &hex::encode(random));
        let api = talk(|java| Ok(java.api))?;
        for strong_box in plan::hmac_in_strong_box(api, handle.place, hash) {
            match talk(|java| put_and_try(java, &name, key, hash, *strong_box)) {
                Ok(()) => return Ok(Some(name)),
                Err(DeviceKeyError::Busy) => {
                    self.forget(&name)?;
                    return Err(DeviceKeyError::Busy);
                }
                // A key that stays where it is of no use would be a copy that nobody knows of.
                Err(_) => self.forget(&name)?,
            }
        }
        Ok(None)
    }

    fn hmacs(
        &self,
        name: &str,
        hash: HashAlgorithm,
        messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        talk(|java| Keys::open(java)?.macs(java, name, hash, messages))
    }

    fn forget(&self, name: &str) -> Result<(), DeviceKeyError> {
        talk(|java| Keys::open(java)?.delete(java, name))
    }

    fn clear(&self, profile_id: &str) -> Result<(), DeviceKeyError> {
        let prefix = key_prefix(profile_id);
        talk(|java| {
            let keys = Keys::open(java)?;
            let names = keys.names(java)?;
            names
                .iter()
                .filter(|name| name.starts_with(&prefix))
                .try_for_each(|name| keys.delete(java, name))
        })
    }

    fn holder(&self, place: Place) -> &'static str {
        match place {
            Place::Trusted => "tee",
            Place::StrongBox => "strongbox",
        }
    }

    fn statement(&self, handle: &Handle) -> Result<Vec<u8>, DeviceKeyError> {
        if handle.note != ATTESTED {
            return Ok(Vec::new());
        }
        let name = key_name(&handle.profile_id, SIGNING);
        let chain = talk(|java| Keys::open(java)?.chain(java, &name))?;
        Ok(plan::statement(&handle.profile_id, &chain))
    }
}

/// Makes both keys of a profile in one way, and reads back where they are.
fn make_keys(
    java: &mut Java<'_, '_>,
    profile_id: &str,
    way: Way,
) -> Result<Handle, DeviceKeyError> {
    let signing = key_name(profile_id, SIGNING);
    let derivation = key_name(profile_id, DERIVATION);
    Keys::make_signing_key(java, &signing, way, &plan::challenge(profile_id))?;
    Keys::make_hmac_key(java, &derivation, way.strong_box)?;
    let keys = Keys::open(java)?;
    let asked = way.strong_box;
    let of_pair = keys.place_of_pair(java, &signing, asked)?;
    let of_derivation = keys.place_of_hmac_key(java, &derivation, HashAlgorithm::Sha256, asked)?;
    Ok(Handle {
        profile_id: profile_id.to_owned(),
        spki: keys.spki(java, &signing)?,
        place: of_pair.min(of_derivation),
        note: if way.attested {
            ATTESTED.to_vec()
        } else {
            Vec::new()
        },
    })
}

/// Puts a key in, compares what it computes with what the key in hand does, and looks where it is.
fn put_and_try(
    java: &mut Java<'_, '_>,
    name: &str,
    key: &SecretBytes,
    hash: HashAlgorithm,
    strong_box: bool,
) -> Result<(), DeviceKeyError> {
    let step = TimeStep::from_index(0);
    // EXPOSE: the known answer, from the key in hand.
    let in_hand = skts_otp::mac(key.expose_secret(), hash, step);
    scrub_stack();
    let in_hand = in_hand.map_err(|_| DeviceKeyError::KeyLength)?;
    let keys = Keys::open(java)?;
    keys.put_hmac_key(java, name, key, hash, strong_box)?;
    let computed = keys.macs(java, name, hash, &[&step.index().to_be_bytes()])?;
    match computed.as_slice() {
        [mac] if mac.as_bytes() == in_hand.as_bytes() => {
            keys.place_of_hmac_key(java, name, hash, strong_box)?;
            Ok(())
        }
        _ => Err(DeviceKeyError::Refused),
    }
}
