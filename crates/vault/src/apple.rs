//! macOS and iOS: the data protection keychain, and keys in the Secure Enclave.

#[cfg(any(target_os = "macos", target_os = "ios"))]
mod enclave;
#[cfg(any(target_os = "macos", target_os = "ios"))]
mod keychain;
mod status;

#[cfg(any(target_os = "macos", target_os = "ios"))]
pub(crate) use keychain::{open, platform_failure};

#[cfg(any(target_os = "macos", target_os = "ios"))]
use crate::{DeviceKeyBackend, platform_key::PlatformHardware};

/// Keys in the Secure Enclave.
#[cfg(any(target_os = "macos", target_os = "ios"))]
pub(crate) fn hardware() -> impl DeviceKeyBackend {
    PlatformHardware::new(enclave::Enclave)
}
