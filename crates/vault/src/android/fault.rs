//! What the Android Keystore's exceptions mean: a table, and nothing that needs the system.
//!
//! Sources: the class documentation of `android.security.keystore` and
//! `android.security.KeyStoreException` (error codes, API 33); AOSP's `AndroidKeyStoreSpi`, which
//! gives an invalidated key as an `UnrecoverableKeyException` without a cause, and
//! `KeyStoreCryptoOperationUtils`, which gives a locked keystore as a `UserNotAuthenticatedException`.

use crate::DeviceKeyError;

/// One exception, or the cause of one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Thrown {
    /// The name of its class, with dots.
    pub(super) class: String,
    /// What `android.security.KeyStoreException` says of itself from API 33 on.
    pub(super) said: Option<Said>,
}

/// Code and hint of a `KeyStoreException`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// `getNumericErrorCode()`.
    pub(super) code: i32,
    /// `isTransientFailure()`: the same again may succeed.
    pub(super) is_transient: bool,
}

/// The meaning of an exception, outermost first, with its causes.
///
/// `is_locked`: the device is locked now, where that is known. Then whatever has no other
/// meaning is taken for a key that waits for the unlocking.
pub(super) fn meaning(chain: &[Thrown], is_locked: bool) -> DeviceKeyError {
    let last = chain.len().saturating_sub(1);
    let found = chain
        .iter()
        .enumerate()
        .find_map(|(at, thrown)| thrown.meaning(at == last));
    match found {
        Some(meaning) => meaning,
        None if is_locked => DeviceKeyError::Busy,
        None => DeviceKeyError::Refused,
    }
}

impl Thrown {
    fn meaning(&self, is_last: bool) -> Option<DeviceKeyError> {
        Some(match self.class.as_str() {
            "android.security.keystore.KeyPermanentlyInvalidatedException" => DeviceKeyError::Gone,
            // With a cause it is the cause that tells.
            "java.security.UnrecoverableKeyException" if is_last => DeviceKeyError::Gone,
            "android.security.keystore.UserNotAuthenticatedException"
            | "android.security.keystore.BackendBusyException" => DeviceKeyError::Busy,
            "android.security.keystore.StrongBoxUnavailableException"
            | "java.security.NoSuchAlgorithmException"
            | "java.security.NoSuchProviderException"
            | "java.security.InvalidAlgorithmParameterException"
            | "java.lang.NoSuchMethodError"
            | "java.lang.NoClassDefFoundError"
            | "java.lang.ClassNotFoundException" => DeviceKeyError::Unsupported,
            "android.security.KeyStoreException" => return self.said.and_then(Said::meaning),
            _ => return None,
        })
    }
}

impl Said {
    fn meaning(self) -> Option<DeviceKeyError> {
        match self.code {
            // ERROR_USER_AUTHENTICATION_REQUIRED (also a locked device), ERROR_KEYSTORE_UNINITIALIZED
            2 | 3 => Some(DeviceKeyError::Busy),
            // ERROR_KEY_DOES_NOT_EXIST, ERROR_KEY_CORRUPTED
            6 | 7 => Some(DeviceKeyError::Gone),
            _ if self.is_transient => Some(DeviceKeyError::Busy),
            // ERROR_PERMISSION_DENIED
            5 => Some(DeviceKeyError::Denied),
            // ERROR_UNIMPLEMENTED, ERROR_ATTESTATION_KEYS_UNAVAILABLE
            12 | 16 => Some(DeviceKeyError::Unsupported),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(classes: &[&str]) -> Vec<Thrown> {
        let thrown = |class: &&str| Thrown {
            class: (*class).to_owned(),
            said: None,
        };
        classes.iter().map(thrown).collect()
    }

    fn saying(code: i32, is_transient: bool) -> Vec<Thrown> {
        let mut chain = chain(&[
            "java.security.ProviderException",
            "android.security.KeyStoreException",
        ]);
        chain[1].said = Some(Said { code, is_transient });
        chain
    }

    #[test]
    fn a_key_that_is_gone_is_told_from_one_that_waits_for_the_unlocking() {
        const INVALID: &str = "android.security.keystore.KeyPermanentlyInvalidatedException";
        const UNRECOVERABLE: &str = "java.security.UnrecoverableKeyException";
        const LOCKED: &str = "android.security.keystore.UserNotAuthenticatedException";
        for (classes, meant) in [
            (&[INVALID][..], DeviceKeyError::Gone),
            (
                &["java.security.InvalidKeyException", INVALID],
                DeviceKeyError::Gone,
            ),
            (&[UNRECOVERABLE], DeviceKeyError::Gone),
            (&[LOCKED], DeviceKeyError::Busy),
            (
                &["java.security.ProviderException", LOCKED],
                DeviceKeyError::Busy,
            ),
        ] {
            for is_locked in [false, true] {
                assert_eq!(meaning(&chain(classes), is_locked), meant, "{classes:?}");
            }
        }
        // The daemon failed: nothing says that the key is lost.
        let failed = chain(&[UNRECOVERABLE, "android.security.KeyStoreException"]);
        assert_eq!(meaning(&failed, false), DeviceKeyError::Refused);
        assert_eq!(meaning(&failed, true), DeviceKeyError::Busy);
    }

    #[test]
    fn the_codes_of_a_keystore_exception_say_what_the_documentation_says() {
        for (code, is_transient, meant) in [
            (2, false, DeviceKeyError::Busy),
            (3, false, DeviceKeyError::Busy),
            (5, false, DeviceKeyError::Denied),
            (6, false, DeviceKeyError::Gone),
            (7, false, DeviceKeyError::Gone),
            (10, true, DeviceKeyError::Busy),
            (10, false, DeviceKeyError::Refused),
            (12, false, DeviceKeyError::Unsupported),
            (15, true, DeviceKeyError::Busy),
            // Certificates that are still being fetched are waited for; none to be had is not.
            (16, true, DeviceKeyError::Busy),
            (16, false, DeviceKeyError::Unsupported),
            (18, false, DeviceKeyError::Refused),
        ] {
            assert_eq!(meaning(&saying(code, is_transient), false), meant, "{code}");
        }
    }

    #[test]
    fn what_a_phone_does_not_have_is_unsupported_and_what_is_unknown_is_refused() {
        for class in [
            "android.security.keystore.StrongBoxUnavailableException",
            "java.security.NoSuchAlgorithmException",
            "java.lang.NoSuchMethodError",
        ] {
            let meant = meaning(&chain(&[class]), false);
            assert_eq!(meant, DeviceKeyError::Unsupported, "{class}");
        }
        assert_eq!(meaning(&chain(&["x.Y"]), false), DeviceKeyError::Refused);
        assert_eq!(meaning(&[], false), DeviceKeyError::Refused);
        assert_eq!(meaning(&[], true), DeviceKeyError::Busy);
    }
}
