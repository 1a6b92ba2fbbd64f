//! Persisted keys by NCrypt. Nothing is kept open between two calls: handles may not outlive sleep.
//!
//! No call has `NCRYPT_SILENT_FLAG`: keys without a UI policy ask for nothing, and the platform
//! provider refuses the flag in some calls.
#![expect(unsafe_code, reason = "calls of the system, each with why it is sound")]

use std::ffi::c_void;
use std::ptr;

use skts_sealed::SecretBytes;
use windows_sys::Win32::Foundation::{NTE_BAD_KEYSET, NTE_NOT_FOUND, NTE_NOT_SUPPORTED};
use windows_sys::Win32::Security::Cryptography::{
    BCRYPT_ECCPUBLIC_BLOB, BCRYPT_ECDSA_P256_ALGORITHM, BCRYPT_ECDSA_PUBLIC_P256_MAGIC,
    BCRYPT_OAEP_PADDING_INFO, BCRYPT_RSA_ALGORITHM, BCRYPT_SHA256_ALGORITHM,
    NCRYPT_ALLOW_ARCHIVING_FLAG, NCRYPT_ALLOW_DECRYPT_FLAG, NCRYPT_ALLOW_EXPORT_FLAG,
    NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG, NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG,
    NCRYPT_ALLOW_SIGNING_FLAG, NCRYPT_EXPORT_POLICY_PROPERTY, NCRYPT_IMPL_HARDWARE_FLAG,
    NCRYPT_IMPL_SOFTWARE_FLAG, NCRYPT_IMPL_TYPE_PROPERTY, NCRYPT_KEY_USAGE_PROPERTY,
    NCRYPT_LENGTH_PROPERTY, NCRYPT_OVERWRITE_KEY_FLAG, NCRYPT_PAD_OAEP_FLAG,
    NCRYPT_PCP_PLATFORM_TYPE_PROPERTY, NCRYPT_PCP_TPM_IFX_RSA_KEYGEN_VULNERABILITY_PROPERTY,
    NCRYPT_PCP_TPM_MANUFACTURER_ID_PROPERTY, NCryptCreatePersistedKey, NCryptDecrypt,
    NCryptDeleteKey, NCryptEncrypt, NCryptExportKey, NCryptFinalizeKey, NCryptFreeObject,
    NCryptGetProperty, NCryptIsAlgSupported, NCryptOpenKey, NCryptOpenStorageProvider,
    NCryptSetProperty, NCryptSignHash,
};
use windows_sys::Win32::System::LibraryLoader::{GetModuleHandleW, GetProcAddress};
use windows_sys::core::{PCWSTR, s, w};

use super::dpapi;
use crate::DeviceKeyError;
use crate::platform_provider::{Claims, Doing, Provider, ProviderError, meaning};

type Answer<T> = Result<T, ProviderError>;

/// The provider that keeps keys in the TPM.
pub(super) const PLATFORM_PROVIDER: &str = "Microsoft Platform Crypto Provider";

const RSA_BITS: u32 = 2048;
const RSA_BYTES: usize = 256;
const POINT_BYTES: usize = 64;
const SIGNATURE_BYTES: usize = 64;
/// What no key of ours may be, in whatever form.
const EXPORTABLE: u32 = NCRYPT_ALLOW_EXPORT_FLAG
    | NCRYPT_ALLOW_PLAINTEXT_EXPORT_FLAG
    | NCRYPT_ALLOW_ARCHIVING_FLAG
    | NCRYPT_ALLOW_PLAINTEXT_ARCHIVING_FLAG;
/// Properties are a number or a line of text.
const PROPERTY_BYTES: usize = 1024;

/// A storage provider, by its name.
pub(super) struct NCrypt {
    provider: Vec<u16>,
}

/// A provider or a key, closed when dropped.
struct Handle(usize);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: the system gave this handle, and it is closed here only.
        unsafe { NCryptFreeObject(self.0) };
    }
}

impl NCrypt {
    pub(super) fn named(provider: &str) -> Self {
        Self {
            provider: wide(provider),
        }
    }

    fn open(&self) -> Answer<Handle> {
        let mut provider = 0;
        // SAFETY: the name ends with 0 and lives as long as the call; the handle is ours.
        let status = unsafe { NCryptOpenStorageProvider(&mut provider, self.provider.as_ptr(), 0) };
        good(status)?;
        Ok(Handle(provider))
    }

    fn key(&self, name: &str) -> Answer<Handle> {
        let (provider, name) = (self.open()?, wide(name));
        let mut key = 0;
        // SAFETY: as above; the provider is open.
        good(unsafe { NCryptOpenKey(provider.0, &mut key, name.as_ptr(), 0, 0) })?;
        Ok(Handle(key))
    }

    /// Makes a key of this user that can be exported in no form.
    fn make(&self, name: &str, algorithm: PCWSTR, bits: Option<u32>, usage: u32) -> Answer<()> {
        let (provider, name) = (self.open()?, wide(name));
        let mut key = 0;
        // SAFETY: both names end with 0 and live as long as the call; the provider is open.
        good(unsafe {
            NCryptCreatePersistedKey(
                provider.0,
                &mut key,
                algorithm,
                name.as_ptr(),
                0,
                NCRYPT_OVERWRITE_KEY_FLAG,
            )
        })?;
        let key = Handle(key);
        if let Some(bits) = bits {
            good(set_number(&key, NCRYPT_LENGTH_PROPERTY, bits))?;
        }
        // Hardware need not let itself be told what it never does, nor be able to say so.
        for (property, value) in [
            (NCRYPT_EXPORT_POLICY_PROPERTY, 0),
            (NCRYPT_KEY_USAGE_PROPERTY, usage),
        ] {
            match set_number(&key, property, value) {
                NTE_NOT_SUPPORTED => {}
                status => good(status)?,
            }
        }
        // SAFETY: the key is open.
        good(unsafe { NCryptFinalizeKey(key.0, 0) })?;
        match number(&key, NCRYPT_EXPORT_POLICY_PROPERTY) {
            Ok(policy) if policy & EXPORTABLE == 0 => Ok(()),
            Ok(_) => Err(ProviderError::Unreadable),
            Err(ProviderError::Status(code)) if code.cast_signed() == NTE_NOT_SUPPORTED => Ok(()),
            Err(error) => Err(error),
        }
    }
}

impl Provider for NCrypt {
    fn claims(&self) -> Answer<Claims> {
        let provider = self.open()?;
        let kind = told(number(&provider, NCRYPT_IMPL_TYPE_PROPERTY))?.unwrap_or(0);
        let weak = told(number(
            &provider,
            NCRYPT_PCP_TPM_IFX_RSA_KEYGEN_VULNERABILITY_PROPERTY,
        ))?;
        let platform = told(property(&provider, NCRYPT_PCP_PLATFORM_TYPE_PROPERTY))?;
        Ok(Claims {
            wine: is_wine(),
            hardware: kind & NCRYPT_IMPL_HARDWARE_FLAG != 0
                && kind & NCRYPT_IMPL_SOFTWARE_FLAG == 0,
            platform: platform.map(|bytes| text(&bytes)),
            maker: told(number(&provider, NCRYPT_PCP_TPM_MANUFACTURER_ID_PROPERTY))?,
            weak_rsa: weak.is_some_and(|level| level != 0),
        })
    }

    fn makes_both(&self) -> Answer<()> {
        let provider = self.open()?;
        for algorithm in [BCRYPT_ECDSA_P256_ALGORITHM, BCRYPT_RSA_ALGORITHM] {
            // SAFETY: a constant of the system; the provider is open.
            good(unsafe { NCryptIsAlgSupported(provider.0, algorithm, 0) })?;
        }
        Ok(())
    }

    fn make_signing_key(&self, name: &str) -> Answer<()> {
        let algorithm = BCRYPT_ECDSA_P256_ALGORITHM;
        self.make(name, algorithm, None, NCRYPT_ALLOW_SIGNING_FLAG)
    }

    fn make_unwrapping_key(&self, name: &str) -> Answer<()> {
        let algorithm = BCRYPT_RSA_ALGORITHM;
        self.make(name, algorithm, Some(RSA_BITS), NCRYPT_ALLOW_DECRYPT_FLAG)
    }

    /// BCRYPT_ECCKEY_BLOB: a magic number and the length of a coordinate, then x ‖ y.
    fn public_point(&self, name: &str) -> Answer<Vec<u8>> {
        const HEADER_BYTES: usize = 8;
        let key = self.key(name)?;
        let blob = filled(HEADER_BYTES + POINT_BYTES, |to, room, length| {
            // SAFETY: the key is open and `to` has `room` bytes; the other arguments may be null.
            unsafe {
                NCryptExportKey(
                    key.0,
                    0,
                    BCRYPT_ECCPUBLIC_BLOB,
                    ptr::null(),
                    to,
                    room,
                    length,
                    0,
                )
            }
        })?;
        match blob.split_first_chunk::<4>() {
            Some((magic, rest))
                if blob.len() == HEADER_BYTES + POINT_BYTES
                    && u32::from_le_bytes(*magic) == BCRYPT_ECDSA_PUBLIC_P256_MAGIC =>
            {
                // Past the length, which is that of the whole.
                Ok(rest.get(4..).unwrap_or_default().to_vec())
            }
            _ => Err(ProviderError::Unreadable),
        }
    }

    fn sign(&self, name: &str, digest: &[u8; 32]) -> Answer<Vec<u8>> {
        let key = self.key(name)?;
        let (from, from_bytes) = (digest.as_ptr(), size(digest)?);
        let signature = filled(SIGNATURE_BYTES, |to, room, length| {
            // SAFETY: the key is open; ECDSA has no padding; the digest lives as long as the call and
            // `to` has `room` bytes.
            unsafe { NCryptSignHash(key.0, ptr::null(), from, from_bytes, to, room, length, 0) }
        })?;
        if signature.len() == SIGNATURE_BYTES {
            Ok(signature)
        } else {
            Err(ProviderError::Unreadable)
        }
    }

    fn wrap_key(&self, name: &str, secret: &SecretBytes) -> Answer<Vec<u8>> {
        let (key, padding) = (self.key(name)?, oaep());
        // EXPOSE: encrypted here.
        let secret = secret.expose_secret();
        let (from, from_bytes) = (secret.as_ptr(), size(secret)?);
        filled(RSA_BYTES, |to, room, length| {
            let padding: *const c_void = (&raw const padding).cast();
            // SAFETY: the key is open; padding and input live as long as the call, and the padding is
            // what the flag says; `to` has `room` bytes.
            unsafe {
                let flags = NCRYPT_PAD_OAEP_FLAG;
                NCryptEncrypt(key.0, from, from_bytes, padding, to, room, length, flags)
            }
        })
    }

    fn unwrap_key(&self, name: &str, wrapped: &[u8]) -> Answer<SecretBytes> {
        let (key, padding) = (self.key(name)?, oaep());
        let (from, from_bytes) = (wrapped.as_ptr(), size(wrapped)?);
        let secret = filled(RSA_BYTES, |to, room, length| {
            let padding: *const c_void = (&raw const padding).cast();
            // SAFETY: as above.
            unsafe {
                let flags = NCRYPT_PAD_OAEP_FLAG;
                NCryptDecrypt(key.0, from, from_bytes, padding, to, room, length, flags)
            }
        })?;
        Ok(SecretBytes::new(secret))
    }

    fn delete_key(&self, name: &str) -> Answer<()> {
        let key = match self.key(name) {
            Ok(key) => key,
            Err(ProviderError::Status(code))
                if [NTE_BAD_KEYSET, NTE_NOT_FOUND].contains(&code.cast_signed()) =>
            {
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        // SAFETY: the key is open.
        good(unsafe { NCryptDeleteKey(key.0, 0) })?;
        // Deleting has closed it.
        std::mem::forget(key);
        Ok(())
    }

    fn protect(&self, bytes: &[u8], entropy: &SecretBytes) -> Answer<Vec<u8>> {
        dpapi::protect(bytes, entropy)
    }

    fn unprotect(&self, protected: &[u8], entropy: &SecretBytes) -> Answer<Vec<u8>> {
        dpapi::unprotect(protected, entropy)
    }
}

/// Wine says what it is by a function that Windows does not have.
pub(super) fn is_wine() -> bool {
    // SAFETY: constant names that end with 0; every process has ntdll, and nothing is called.
    unsafe {
        let ntdll = GetModuleHandleW(w!("ntdll.dll"));
        !ntdll.is_null() && GetProcAddress(ntdll, s!("wine_get_version")).is_some()
    }
}

/// OAEP with SHA-256 and no label.
fn oaep() -> BCRYPT_OAEP_PADDING_INFO {
    BCRYPT_OAEP_PADDING_INFO {
        pszAlgId: BCRYPT_SHA256_ALGORITHM,
        pbLabel: ptr::null_mut(),
        cbLabel: 0,
    }
}

/// Sets a number; returns the status.
fn set_number(handle: &Handle, name: PCWSTR, number: u32) -> i32 {
    let bytes = number.to_ne_bytes();
    // SAFETY: the handle is open, the name a constant that ends with 0, and four bytes are there.
    unsafe { NCryptSetProperty(handle.0, name, bytes.as_ptr(), 4, 0) }
}

/// What a provider says of itself; none where it has no such property. A chip that does not answer just
/// now has said nothing, which must not be taken for a no.
fn told<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(ProviderError::Status(code)) if meaning(code, Doing::Using) == DeviceKeyError::Busy => {
            Err(ProviderError::Status(code))
        }
        Err(_) => Ok(None),
    }
}

fn number(handle: &Handle, name: PCWSTR) -> Answer<u32> {
    let bytes = property(handle, name)?;
    let number = bytes.try_into().map_err(|_| ProviderError::Unreadable)?;
    Ok(u32::from_ne_bytes(number))
}

fn property(handle: &Handle, name: PCWSTR) -> Answer<Vec<u8>> {
    filled(PROPERTY_BYTES, |to, room, length| {
        // SAFETY: the handle is open, the name a constant that ends with 0, `to` has `room` bytes.
        unsafe { NCryptGetProperty(handle.0, name, to, room, length, 0) }
    })
}

/// What `call` writes into `room` bytes. The buffer is the only one and is given on, or wiped with
/// [`SecretBytes`].
fn filled(room_bytes: usize, call: impl FnOnce(*mut u8, u32, *mut u32) -> i32) -> Answer<Vec<u8>> {
    let mut bytes = vec![0; room_bytes];
    let room = size(&bytes)?;
    let mut length = 0;
    good(call(bytes.as_mut_ptr(), room, &mut length))?;
    let length = usize::try_from(length).map_err(|_| ProviderError::Unreadable)?;
    if length > room_bytes {
        return Err(ProviderError::Unreadable);
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn size(bytes: &[u8]) -> Answer<u32> {
    u32::try_from(bytes.len()).map_err(|_| ProviderError::Unreadable)
}

fn good(status: i32) -> Answer<()> {
    match status {
        0 => Ok(()),
        status => Err(ProviderError::Status(status.cast_unsigned())),
    }
}

/// UTF-16 that ends with 0.
fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// UTF-16 up to its end or its first 0.
fn text(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}
