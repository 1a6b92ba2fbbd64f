//! Windows: Credential Manager, the TPM by NCrypt, and DPAPI.

mod credentials;
mod dpapi;
mod ncrypt;
#[cfg(test)]
mod tests;

pub(crate) use self::credentials::open;
use self::ncrypt::{NCrypt, PLATFORM_PROVIDER};
use crate::DeviceKeyBackend;
use crate::platform_provider::Platform;

/// Keys in this computer's TPM, by the Platform Crypto Provider.
pub(crate) fn hardware() -> impl DeviceKeyBackend {
    Platform::new(NCrypt::named(PLATFORM_PROVIDER))
}
