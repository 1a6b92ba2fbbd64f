//! The seed on the device.
//!
//! A token's seed lies sealed in the operating system's keystore; what opens it is a second piece
//! held by the device. Either piece alone is useless. A public marker says that a token was set
//! up, so that a missing item is never taken for a first run.
//!
//! ```text
//! Profile::presence ── NotSetUp ──create──► Vault ──add_token──► Vault with tokens
//!        │                                    ▲
//!        └─ Prepared / SetUp ──open───────────┤   or one OpenError, told apart, nothing changed
//!                               └─ PinLocked ──unlock
//! ```
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

// Of these two, what can be computed anywhere is tested anywhere.
#[cfg(any(test, target_os = "android"))]
mod android;
#[cfg(any(test, target_os = "macos", target_os = "ios"))]
mod apple;
mod device_key;
mod error;
mod files;
mod key_store;
mod keyring;
mod machine;
mod marker;
#[cfg(any(test, feature = "dangerous-memory-store"))]
mod memory;
mod pin;
mod platform;
#[cfg(any(test, target_os = "android", target_os = "macos", target_os = "ios"))]
mod platform_key;
#[cfg(any(windows, test))]
mod platform_provider;
mod profile;
mod record;
mod sealed_key;
#[cfg(target_os = "linux")]
mod secret_service;
mod software;
#[cfg(test)]
mod tests;
mod token;
#[cfg(target_os = "linux")]
mod tpm;
mod vault;
#[cfg(windows)]
mod windows;
mod worker;

pub use device_key::{
    DeviceKey, DeviceKeyBackend, DeviceKeyContext, DeviceKeyError, DeviceKeyKind, PinGuards,
};
pub use error::{OpenError, VaultError};
pub use key_store::{KeyStore, KeyStoreError, KeyStoreKind};
pub use machine::{MachineId, NoMachineId, machine_id};
pub use marker::Marker;
#[cfg(any(test, feature = "dangerous-memory-store"))]
pub use memory::MemoryKeyStore;
pub use pin::{MOST_PIN_TRIES, Moment, PIN_DIGITS, Pin, PinFault, PinStatus, PinWait};
#[cfg(not(target_os = "linux"))]
pub use platform::platform_hardware;
pub use platform::platform_key_store;
pub use profile::{Presence, Profile, Unlocked};
pub use token::{
    FaultyToken, NewToken, TokenFault, TokenId, TokenIdError, TokenRecord, TokenState,
};
#[cfg(target_os = "linux")]
pub use tpm::Tpm;
pub use vault::{PinChange, Vault};
pub use worker::Worker;
