//! What the Security framework's answers mean: a table, and nothing that needs the system.
//!
//! Sources: `SecBase.h` (OSStatus), `TKError.h` (CryptoTokenKit, through which the Secure Enclave is
//! reached), `LAError.h`.

use crate::{DeviceKeyError, KeyStoreError};

const OS_STATUS: &str = "NSOSStatusErrorDomain";
const CRYPTO_TOKEN_KIT: &str = "CryptoTokenKit";
const LOCAL_AUTHENTICATION: &str = "com.apple.LocalAuthentication";

/// The keychain's answer to a call about an item.
pub(super) fn of_keychain(status: i64) -> KeyStoreError {
    match status {
        // errSecMissingEntitlement
        -34018 => KeyStoreError::NotEntitled,
        // errSecItemNotFound
        -25300 => KeyStoreError::Missing,
        // errSecDecode
        -26275 => KeyStoreError::Damaged,
        // A locked device (-25308), a dismissed request (-128) and a failed one (-25293) among them;
        // what the customer can do about each is the same.
        _ => KeyStoreError::Locked,
    }
}

/// An answer about a key in the Secure Enclave.
pub(super) fn of_enclave(domain: &str, code: i64) -> DeviceKeyError {
    match (domain, code) {
        (OS_STATUS, -34018) => KeyStoreError::NotEntitled.into(),
        // errSecItemNotFound; TKErrorCodeObjectNotFound
        (OS_STATUS, -25300) | (CRYPTO_TOKEN_KIT, -6) => DeviceKeyError::Gone,
        // errSecInteractionNotAllowed, errSecNotAvailable: locked, or not unlocked since the start
        (OS_STATUS, -25308 | -25291) => DeviceKeyError::Busy,
        // TKErrorCodeAuthenticationNeeded, LAErrorNotInteractive
        (CRYPTO_TOKEN_KIT, -9) | (LOCAL_AUTHENTICATION, -1004) => DeviceKeyError::Busy,
        // errSecUnimplemented; TKErrorCodeNotImplemented, TKErrorCodeTokenNotFound
        (OS_STATUS, -4) | (CRYPTO_TOKEN_KIT, -1 | -7) => DeviceKeyError::Absent,
        // errSecAuthFailed; TKErrorCodeAuthenticationFailed
        (OS_STATUS, -25293) | (CRYPTO_TOKEN_KIT, -5) => DeviceKeyError::Denied,
        // errSecParam; TKErrorCodeBadParameter
        (OS_STATUS, -50) | (CRYPTO_TOKEN_KIT, -8) => DeviceKeyError::Unsupported,
        _ => DeviceKeyError::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_without_the_entitlement_is_told_from_a_keychain_that_is_locked_or_absent() {
        assert_eq!(of_keychain(-34018), KeyStoreError::NotEntitled);
        let told = of_enclave("NSOSStatusErrorDomain", -34018);
        assert_eq!(told, DeviceKeyError::KeyStore(KeyStoreError::NotEntitled));
        for locked in [-25308, -128, -25293, -25291, -1] {
            assert_eq!(of_keychain(locked), KeyStoreError::Locked, "{locked}");
        }
        assert_eq!(of_keychain(-25300), KeyStoreError::Missing);
        assert_eq!(of_keychain(-26275), KeyStoreError::Damaged);
    }

    #[test]
    fn each_answer_of_the_enclave_has_its_meaning_in_its_own_domain() {
        for (domain, code, meaning) in [
            ("NSOSStatusErrorDomain", -25300, DeviceKeyError::Gone),
            ("CryptoTokenKit", -6, DeviceKeyError::Gone),
            ("NSOSStatusErrorDomain", -25308, DeviceKeyError::Busy),
            ("CryptoTokenKit", -9, DeviceKeyError::Busy),
            ("com.apple.LocalAuthentication", -1004, DeviceKeyError::Busy),
            ("NSOSStatusErrorDomain", -4, DeviceKeyError::Absent),
            // The same number says something else elsewhere.
            ("CryptoTokenKit", -4, DeviceKeyError::Refused),
            ("CryptoTokenKit", -7, DeviceKeyError::Absent),
            ("NSOSStatusErrorDomain", -25293, DeviceKeyError::Denied),
            ("NSOSStatusErrorDomain", -50, DeviceKeyError::Unsupported),
            ("NSPOSIXErrorDomain", -25300, DeviceKeyError::Refused),
            ("", 0, DeviceKeyError::Refused),
        ] {
            assert_eq!(of_enclave(domain, code), meaning, "{domain} {code}");
        }
    }
}
