//! Android: preferences sealed under a keystore key, and keys that stay in the keystore.

#[cfg(target_os = "android")]
mod element;
mod fault;
#[cfg(target_os = "android")]
mod java;
#[cfg(target_os = "android")]
mod keys;
mod plan;
#[cfg(target_os = "android")]
mod preferences;
#[cfg(target_os = "android")]
mod specification;

#[cfg(target_os = "android")]
use crate::{DeviceKeyBackend, platform_key::PlatformHardware};
#[cfg(target_os = "android")]
pub(crate) use preferences::open;

/// Keys in the Android Keystore.
#[cfg(target_os = "android")]
pub(crate) fn hardware() -> impl DeviceKeyBackend {
    PlatformHardware::new(element::AndroidElement)
}
