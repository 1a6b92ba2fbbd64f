//! Keys in the Secure Enclave.
//!
//! ```text
//! skts.<profile id>.signing   : P-256, signs
//! skts.<profile id>.wrapping  : P-256, decrypts the 32 bytes that `note` holds under ECIES
//! ```
//! Both are made in the enclave, open while the device is unlocked, and go into no backup and to no
//! other device. The enclave computes no HMAC: a seed is sealed, and in memory for one computation.
//! The attributes of a new key are put together here, because `security-framework` 3.7.0 leaves
//! out access control and permanence on iOS.

use std::ptr;

use core_foundation::base::{CFType, TCFType};
use core_foundation::boolean::CFBoolean;
use core_foundation::dictionary::CFDictionary;
use core_foundation::error::{CFError, CFErrorRef};
use core_foundation::number::CFNumber;
use core_foundation::string::{CFString, CFStringRef};
use p256::PublicKey;
use rand_core::CryptoRngCore;
use security_framework::access_control::{ProtectionMode, SecAccessControl};
use security_framework::item::{
    ItemClass, ItemSearchOptions, KeyClass, Limit, Reference, SearchResult,
};
use security_framework::key::{Algorithm, SecKey};
use security_framework_sys::access_control::kSecAccessControlPrivateKeyUsage;
use security_framework_sys::item as names;
use security_framework_sys::key::SecKeyCreateRandomKey;
use skts_otp::{HashAlgorithm, Mac};
use skts_sealed::SecretBytes;

use super::status;
use crate::platform_key::{Element, Handle, Place, SECRET_BYTES, key_name, prove, spki_of};
use crate::{DeviceKeyError, DeviceKeyKind};

const SIGNING: &str = "signing";
const WRAPPING: &str = "wrapping";
const KEY_BITS: i32 = 256;
/// The variant with an all-zero IV is called legacy in `SecKey.h`.
const ECIES: Algorithm = Algorithm::ECIESEncryptionCofactorVariableIVX963SHA256AESGCM;
const ECDSA: Algorithm = Algorithm::ECDSASignatureMessageX962SHA256;

/// The Secure Enclave of this device.
#[derive(Clone)]
pub(crate) struct Enclave;

impl Element for Enclave {
    const KIND: DeviceKeyKind = DeviceKeyKind::SecureEnclave;

    /// Makes a key that is kept nowhere, which is all that tells whether keys can be made.
    fn probe(&self) -> Result<(), DeviceKeyError> {
        make_key(None).map(|_| ())
    }

    fn make(
        &self,
        profile_id: &str,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<Handle, DeviceKeyError> {
        // Two keys of one name could not be told apart later.
        self.clear(profile_id)?;
        let signing_key = make_key(Some(&key_name(profile_id, SIGNING)))?;
        let wrapping_key = make_key(Some(&key_name(profile_id, WRAPPING)))?;
        let secret = SecretBytes::make(SECRET_BYTES, &mut rng);
        let public = wrapping_key.public_key().ok_or(DeviceKeyError::Refused)?;
        // EXPOSE: encrypted here for the key in the enclave.
        let note = public.encrypt_data(ECIES, secret.expose_secret());
        let handle = Handle {
            profile_id: profile_id.to_owned(),
            spki: public_key(&signing_key)?,
            place: Place::Trusted,
            note: note.map_err(|error| of_error(&error))?,
        };
        let proven = prove(self, &handle).and_then(|()| {
            if self.secret(&handle)?.ct_eq(&secret) {
                Ok(handle)
            } else {
                Err(DeviceKeyError::Refused)
            }
        });
        if proven.is_err() {
            // A second failure changes nothing of the first.
            let _ = self.clear(profile_id);
        }
        proven
    }

    fn spki(&self, handle: &Handle) -> Result<Vec<u8>, DeviceKeyError> {
        public_key(&find(&handle.profile_id, SIGNING)?)
    }

    fn sign(&self, handle: &Handle, message: &[u8]) -> Result<Vec<u8>, DeviceKeyError> {
        find(&handle.profile_id, SIGNING)?
            .create_signature(ECDSA, message)
            .map_err(|error| of_error(&error))
    }

    fn secret(&self, handle: &Handle) -> Result<SecretBytes, DeviceKeyError> {
        find(&handle.profile_id, WRAPPING)?
            .decrypt_data(ECIES, &handle.note)
            .map(SecretBytes::new)
            .map_err(|error| of_error(&error))
    }

    fn hold(
        &self,
        _handle: &Handle,
        _key: &SecretBytes,
        _hash: HashAlgorithm,
        _rng: &mut dyn CryptoRngCore,
    ) -> Result<Option<String>, DeviceKeyError> {
        Ok(None)
    }

    /// No item of ours says that the enclave holds its key.
    fn hmacs(
        &self,
        _name: &str,
        _hash: HashAlgorithm,
        _messages: &[&[u8]],
    ) -> Result<Vec<Mac>, DeviceKeyError> {
        Err(DeviceKeyError::Unsupported)
    }

    fn forget(&self, _name: &str) -> Result<(), DeviceKeyError> {
        Ok(())
    }

    fn clear(&self, profile_id: &str) -> Result<(), DeviceKeyError> {
        for which in [SIGNING, WRAPPING] {
            let deleted = query(&key_name(profile_id, which)).delete();
            match deleted.map_err(|error| of_status(error.code())) {
                Ok(()) | Err(DeviceKeyError::Gone) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Every private key of ours under that label, in the data protection keychain.
fn query(label: &str) -> ItemSearchOptions {
    let mut query = ItemSearchOptions::new();
    query
        .class(ItemClass::key())
        .key_class(KeyClass::private())
        .label(label);
    #[cfg(target_os = "macos")]
    query.ignore_legacy_keychains();
    query
}

fn find(profile_id: &str, which: &str) -> Result<SecKey, DeviceKeyError> {
    let mut query = query(&key_name(profile_id, which));
    query.load_refs(true).limit(Limit::Max(1));
    let found = query.search().map_err(|error| of_status(error.code()))?;
    match found.into_iter().next() {
        Some(SearchResult::Ref(Reference::Key(key))) => Ok(key),
        _ => Err(DeviceKeyError::Gone),
    }
}

/// DER SubjectPublicKeyInfo; the system gives the point, `04 ‖ x ‖ y`.
fn public_key(key: &SecKey) -> Result<Vec<u8>, DeviceKeyError> {
    let public = key.public_key().ok_or(DeviceKeyError::Refused)?;
    let point = public
        .external_representation()
        .ok_or(DeviceKeyError::Refused)?;
    spki_of(PublicKey::from_sec1_bytes(point.bytes()).ok())
}

fn of_error(error: &CFError) -> DeviceKeyError {
    let code = i64::try_from(error.code()).unwrap_or_default();
    status::of_enclave(&error.domain().to_string(), code)
}

fn of_status(status: i32) -> DeviceKeyError {
    status::of_enclave("NSOSStatusErrorDomain", i64::from(status))
}

/// A string constant of the framework.
#[expect(unsafe_code, reason = "the framework's constants are raw pointers")]
fn constant(name: CFStringRef) -> CFString {
    // SAFETY: every caller passes a constant of the Security framework, a CFString that lives as
    // long as the program. It is not ours ("get" rule): wrapping retains it, dropping releases it.
    unsafe { CFString::wrap_under_get_rule(name) }
}

/// Makes a P-256 key in the enclave; with a label it is kept, without one it goes with its reference.
///
/// `kSecAttrTokenID` may only stand on the outside, permanence, label and access control belong to
/// the private key: so says `SecKey.h`.
#[expect(
    unsafe_code,
    reason = "no safe call takes access control on iOS; see the module's text"
)]
fn make_key(label: Option<&str>) -> Result<SecKey, DeviceKeyError> {
    let access_control = SecAccessControl::create_with_protection(
        Some(ProtectionMode::AccessibleWhenUnlockedThisDeviceOnly),
        kSecAccessControlPrivateKeyUsage,
    )
    .map_err(|error| of_status(error.code()))?;
    // SAFETY: reading the framework's constants, which are set before the program starts and never
    // change.
    let [
        permanent,
        labelled,
        access,
        kind,
        bits,
        token,
        enclave,
        private,
        protected,
        prime,
    ] = unsafe {
        [
            names::kSecAttrIsPermanent,
            names::kSecAttrLabel,
            names::kSecAttrAccessControl,
            names::kSecAttrKeyType,
            names::kSecAttrKeySizeInBits,
            names::kSecAttrTokenID,
            names::kSecAttrTokenIDSecureEnclave,
            names::kSecPrivateKeyAttrs,
            names::kSecUseDataProtectionKeychain,
            names::kSecAttrKeyTypeECSECPrimeRandom,
        ]
    }
    .map(constant);
    let mut of_private_key: Vec<(CFString, CFType)> = vec![
        (permanent, CFBoolean::from(label.is_some()).into_CFType()),
        (access, access_control.into_CFType()),
    ];
    if let Some(label) = label {
        of_private_key.push((labelled, CFString::new(label).into_CFType()));
    }
    let of_private_key = CFDictionary::from_CFType_pairs(&of_private_key);
    let parameters: CFDictionary<CFString, CFType> = CFDictionary::from_CFType_pairs(&[
        (kind, prime.into_CFType()),
        (bits, CFNumber::from(KEY_BITS).into_CFType()),
        (token, enclave.into_CFType()),
        (private, of_private_key.into_CFType()),
        (protected, CFBoolean::true_value().into_CFType()),
    ]);
    let mut error: CFErrorRef = ptr::null_mut();
    // SAFETY: `parameters` is a live dictionary of CFTypes, `error` a place for one pointer.
    let key = unsafe { SecKeyCreateRandomKey(parameters.as_concrete_TypeRef(), &mut error) };
    if key.is_null() {
        if error.is_null() {
            return Err(DeviceKeyError::Refused);
        }
        // SAFETY: an error that was written here is ours to release ("create" rule), once.
        return Err(of_error(&unsafe { CFError::wrap_under_create_rule(error) }));
    }
    // SAFETY: a key that was created is ours to release ("create" rule), once; it is not null.
    Ok(unsafe { SecKey::wrap_under_create_rule(key) })
}
