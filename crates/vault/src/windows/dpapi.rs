//! The user's DPAPI.
#![expect(unsafe_code, reason = "calls of the system, each with why it is sound")]

use std::ptr;

use skts_sealed::SecretBytes;
use windows_sys::Win32::Foundation::{GetLastError, LocalFree};
use windows_sys::Win32::Security::Cryptography::{
    CRYPT_INTEGER_BLOB, CRYPTPROTECT_UI_FORBIDDEN, CryptProtectData, CryptUnprotectData,
};

use crate::platform_provider::ProviderError;

/// Encrypts for this user; `entropy` is asked for again.
pub(super) fn protect(bytes: &[u8], entropy: &SecretBytes) -> Result<Vec<u8>, ProviderError> {
    // EXPOSE: goes into the system's derivation.
    let (input, entropy) = (blob(bytes)?, blob(entropy.expose_secret())?);
    let mut output = none();
    // SAFETY: both inputs are of living slices and are only read; the description and the prompt may
    // be null; the output is written on success only.
    let done = unsafe {
        CryptProtectData(
            &input,
            ptr::null(),
            &entropy,
            ptr::null(),
            ptr::null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &mut output,
        )
    };
    taken(done, output)
}

/// Decrypts what [`protect`] gave.
pub(super) fn unprotect(protected: &[u8], entropy: &SecretBytes) -> Result<Vec<u8>, ProviderError> {
    // EXPOSE: goes into the system's derivation.
    let (input, entropy) = (blob(protected)?, blob(entropy.expose_secret())?);
    let mut output = none();
    // SAFETY: as above; no description is asked for.
    let done = unsafe {
        CryptUnprotectData(
            &input,
            ptr::null_mut(),
            &entropy,
            ptr::null(),
            ptr::null(),
            CRYPTPROTECT_UI_FORBIDDEN,
            &mut output,
        )
    };
    taken(done, output)
}

/// Points to `bytes`, which the system only reads.
fn blob(bytes: &[u8]) -> Result<CRYPT_INTEGER_BLOB, ProviderError> {
    Ok(CRYPT_INTEGER_BLOB {
        cbData: u32::try_from(bytes.len()).map_err(|_| ProviderError::Unreadable)?,
        pbData: bytes.as_ptr().cast_mut(),
    })
}

fn none() -> CRYPT_INTEGER_BLOB {
    CRYPT_INTEGER_BLOB {
        cbData: 0,
        pbData: ptr::null_mut(),
    }
}

/// Copies what the system made, and gives it back to the system.
fn taken(done: i32, output: CRYPT_INTEGER_BLOB) -> Result<Vec<u8>, ProviderError> {
    if done == 0 {
        // SAFETY: reads a number of this thread.
        return Err(ProviderError::Status(as_result(unsafe { GetLastError() })));
    }
    let length = usize::try_from(output.cbData).map_err(|_| ProviderError::Unreadable)?;
    if output.pbData.is_null() {
        return Err(ProviderError::Unreadable);
    }
    // SAFETY: on success the system made `cbData` bytes there, which are nobody else's.
    let bytes = unsafe { std::slice::from_raw_parts(output.pbData, length) }.to_vec();
    // SAFETY: made by the system with LocalAlloc, not used after this and freed once.
    unsafe { LocalFree(output.pbData.cast()) };
    Ok(bytes)
}

/// HRESULT_FROM_WIN32: the small numbers in the place that is theirs among the large ones.
fn as_result(code: u32) -> u32 {
    match code {
        1..=0xffff => 0x8007_0000 | code,
        code => code,
    }
}
