//! Master keys wrapped by a key that never leaves an HSM (PKCS#11).
//!
//! `iv (12) ‖ AES-256-GCM(HSM key, master key; "skts/master/v1" ‖ version)`. The HSM is asked when the
//! service starts and when a master key is made, not for each code.

use std::path::PathBuf;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::types::AuthPin;
use rand_core::CryptoRngCore;
use serde::Deserialize;
use skts_sealed::SecretBytes;

use super::KeyError;

const IV_BYTES: usize = 12;
const TAG_BITS: u64 = 128;
const KEY_BYTES: u64 = 32;

/// Which key of which HSM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HsmConfig {
    /// The maker's PKCS#11 library.
    pub module: PathBuf,
    /// Label of the token (slot) with the key.
    pub token: String,
    /// Label of the AES-256 key.
    pub key: String,
    /// File with the PIN in its first line, readable by its owner only.
    pub pin_file: PathBuf,
}

impl HsmConfig {
    /// Makes the wrapping key, unless there is one of its label.
    pub(super) fn make_key(&self) -> Result<(), KeyError> {
        let open = self.open()?;
        if open.find()?.is_some() {
            return Ok(());
        }
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::ValueLen(KEY_BYTES.into()),
            Attribute::Label(self.key.as_bytes().to_vec()),
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ];
        let made = open.session.generate_key(&Mechanism::AesKeyGen, &template);
        made.map(drop).map_err(|error| refused(&error))
    }

    /// Wraps a master key.
    pub(super) fn wrap<R: CryptoRngCore>(
        &self,
        version: i64,
        master: &[u8],
        rng: &mut R,
    ) -> Result<Vec<u8>, KeyError> {
        let open = self.open()?;
        let mut iv = [0; IV_BYTES];
        rng.fill_bytes(&mut iv);
        let mut wrapped = iv.to_vec();
        let aad = aad(version);
        let gcm = gcm(&mut iv, &aad)?;
        let encrypted = open
            .session
            .encrypt(&Mechanism::AesGcm(gcm), open.key()?, master);
        wrapped.extend(encrypted.map_err(|error| refused(&error))?);
        Ok(wrapped)
    }

    /// Opens what [`HsmConfig::wrap`] wrapped.
    pub(super) fn unwrap(&self, version: i64, wrapped: &[u8]) -> Result<SecretBytes, KeyError> {
        let open = self.open()?;
        let (iv, encrypted) = wrapped
            .split_first_chunk::<IV_BYTES>()
            .ok_or(KeyError::Damaged)?;
        let mut iv = *iv;
        let aad = aad(version);
        let gcm = gcm(&mut iv, &aad)?;
        let opened = open
            .session
            .decrypt(&Mechanism::AesGcm(gcm), open.key()?, encrypted);
        // Another key, another version or a changed byte: which of them, the HSM does not say.
        opened.map(SecretBytes::new).map_err(|_| KeyError::Damaged)
    }

    fn open(&self) -> Result<Open<'_>, KeyError> {
        super::files::refuse_if_others_can_read(&self.pin_file)?;
        let text = std::fs::read_to_string(&self.pin_file).map_err(KeyError::from_io)?;
        let pin = AuthPin::new(text.lines().next().unwrap_or_default().into());
        let library = Pkcs11::new(&self.module).map_err(|error| refused(&error))?;
        match library.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(refused(&error)),
        }
        let slots = library
            .get_slots_with_token()
            .map_err(|error| refused(&error))?;
        let slot = slots.into_iter().find(|slot| {
            let info = library.get_token_info(*slot);
            info.is_ok_and(|info| info.label() == self.token)
        });
        let slot = slot.ok_or(KeyError::Hsm("there is no token of this label"))?;
        let session = library
            .open_rw_session(slot)
            .map_err(|error| refused(&error))?;
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {}
            Err(error) => return Err(refused(&error)),
        }
        let label = &self.key;
        Ok(Open { session, label })
    }
}

struct Open<'a> {
    session: Session,
    label: &'a str,
}

impl Open<'_> {
    fn find(&self) -> Result<Option<ObjectHandle>, KeyError> {
        let template = [
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::Label(self.label.as_bytes().to_vec()),
        ];
        let found = self
            .session
            .find_objects(&template)
            .map_err(|error| refused(&error))?;
        match found.as_slice() {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            _ => Err(KeyError::Hsm("there are several keys of this label")),
        }
    }

    fn key(&self) -> Result<ObjectHandle, KeyError> {
        self.find()?
            .ok_or(KeyError::Hsm("there is no key of this label"))
    }
}

fn gcm<'a>(iv: &'a mut [u8], aad: &'a [u8]) -> Result<GcmParams<'a>, KeyError> {
    GcmParams::new(iv, aad, TAG_BITS.into()).map_err(|error| refused(&error))
}

fn aad(version: i64) -> Vec<u8> {
    [b"skts/master/v1".as_slice(), &version.to_be_bytes()].concat()
}

fn refused(error: &Error) -> KeyError {
    KeyError::Hsm(match error {
        Error::LibraryLoading(_) => "its library cannot be loaded",
        Error::Pkcs11(RvError::PinIncorrect, _) => "it does not take the PIN",
        Error::Pkcs11(RvError::PinLocked, _) => "its PIN is locked",
        Error::Pkcs11(RvError::MechanismInvalid, _) => "it does not know AES-GCM",
        _ => "it refused what it was asked",
    })
}
