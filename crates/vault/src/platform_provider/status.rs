//! What the numbers mean that Windows gives for a failure.
//!
//! The names and numbers are those of `winerror.h`; a test on Windows holds each to it.

use crate::DeviceKeyError;

/// Whether a key is looked for that was made before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// No: it is asked what there is, or a key is made.
    Making,
    /// Yes.
    Using,
}

/// The meaning of the status `code` of NCrypt, of the TPM's services below it, or of DPAPI.
///
/// Two kinds depend on what was being done. A chip that is "not ready" may stay so: before there is
/// a key in it, it counts as absent, or nobody could set a token up on such a computer. And
/// what is missing is a loss only where something was.
pub(crate) fn meaning(code: u32, doing: Doing) -> DeviceKeyError {
    use DeviceKeyError as Is;
    let among = |codes: &[(u32, &str)]| codes.iter().any(|(known, _)| *known == code);
    match doing {
        _ if among(ABSENT) => Is::Absent,
        _ if among(DENIED) => Is::Denied,
        _ if among(BUSY) => Is::Busy,
        _ if among(UNSUPPORTED) => Is::Unsupported,
        Doing::Making if among(NOT_READY) => Is::Absent,
        Doing::Using if among(NOT_READY) => Is::Busy,
        Doing::Using if among(GONE) => Is::Gone,
        _ => Is::Refused,
    }
}

/// No TPM, or nothing that leads to it.
pub(super) const ABSENT: &[(u32, &str)] = &[
    (0x8009_0013, "NTE_BAD_PROVIDER"),
    (0x8009_0017, "NTE_PROV_TYPE_NOT_DEF"),
    (0x8009_0019, "NTE_KEYSET_NOT_DEF"),
    (0x8009_001d, "NTE_PROVIDER_DLL_FAIL"),
    (0x8009_001e, "NTE_PROV_DLL_NOT_FOUND"),
    (0x8009_0035, "NTE_DEVICE_NOT_FOUND"),
    (0x8028_400f, "TBS_E_TPM_NOT_FOUND"),
    (0x8028_4010, "TBS_E_SERVICE_DISABLED"),
    (0x8028_4016, "TBS_E_PROVISIONING_INCOMPLETE"),
    (0x8028_0101, "TPM_20_E_FAILURE"),
    (0x8028_0120, "TPM_20_E_DISABLED"),
];

/// This user may not.
pub(super) const DENIED: &[(u32, &str)] = &[
    (0x8007_0005, "E_ACCESSDENIED"),
    (0x8009_0010, "NTE_PERM"),
    (0x8009_0024, "NTE_TEMPORARY_PROFILE"),
    (0x8028_0400, "TPM_E_COMMAND_BLOCKED"),
    (0x8028_4012, "TBS_E_ACCESS_DENIED"),
    (0x8028_4013, "TBS_E_PROVISIONING_NOT_ALLOWED"),
];

/// Later it may do it: busy, out of room for now, or in its lockout.
pub(super) const BUSY: &[(u32, &str)] = &[
    (0x8007_000e, "E_OUTOFMEMORY"),
    (0x8009_000e, "NTE_NO_MEMORY"),
    (0x8028_0130, "TPM_20_E_REBOOT"),
    (0x8028_0153, "TPM_20_E_NEEDS_TEST"),
    (0x8028_0800, "TPM_E_RETRY"),
    (0x8028_0801, "TPM_E_NEEDS_SELFTEST"),
    (0x8028_0802, "TPM_E_DOING_SELFTEST"),
    (0x8028_0803, "TPM_E_DEFEND_LOCK_RUNNING"),
    (0x8028_0901, "TPM_20_E_CONTEXT_GAP"),
    (0x8028_0902, "TPM_20_E_OBJECT_MEMORY"),
    (0x8028_0903, "TPM_20_E_SESSION_MEMORY"),
    (0x8028_0904, "TPM_20_E_MEMORY"),
    (0x8028_0905, "TPM_20_E_SESSION_HANDLES"),
    (0x8028_0906, "TPM_20_E_OBJECT_HANDLES"),
    (0x8028_0908, "TPM_20_E_YIELDED"),
    (0x8028_0909, "TPM_20_E_CANCELED"),
    (0x8028_090a, "TPM_20_E_TESTING"),
    (0x8028_0920, "TPM_20_E_NV_RATE"),
    (0x8028_0921, "TPM_20_E_LOCKOUT"),
    (0x8028_0922, "TPM_20_E_RETRY"),
    (0x8028_0923, "TPM_20_E_NV_UNAVAILABLE"),
    (0x8028_4009, "TBS_E_TOO_MANY_TBS_CONTEXTS"),
    (0x8028_400a, "TBS_E_TOO_MANY_RESOURCES"),
    (0x8028_400b, "TBS_E_SERVICE_START_PENDING"),
    (0x8028_400d, "TBS_E_COMMAND_CANCELED"),
    (0x8029_041b, "TPM_E_LOCKED_OUT"),
    (0x8029_0422, "TPM_E_PCP_KEY_HANDLE_INVALIDATED"),
];

/// It says itself that it is not ready.
pub(super) const NOT_READY: &[(u32, &str)] = &[
    (0x8009_0030, "NTE_DEVICE_NOT_READY"),
    (0x8028_0100, "TPM_20_E_INITIALIZE"),
    (0x8028_4006, "TBS_E_IOERROR"),
    (0x8028_4008, "TBS_E_SERVICE_NOT_RUNNING"),
    (0x8029_0401, "TPM_E_PCP_DEVICE_NOT_READY"),
];

/// Not this kind of key.
pub(super) const UNSUPPORTED: &[(u32, &str)] = &[
    (0x8009_0008, "NTE_BAD_ALGID"),
    (0x8009_0029, "NTE_NOT_SUPPORTED"),
    (0x8028_0081, "TPM_20_E_ASYMMETRIC"),
    (0x8028_0083, "TPM_20_E_HASH"),
    (0x8028_0087, "TPM_20_E_KEY_SIZE"),
    (0x8028_0092, "TPM_20_E_SCHEME"),
    (0x8028_00a6, "TPM_20_E_CURVE"),
    (0x8028_0143, "TPM_20_E_COMMAND_CODE"),
    (0x8029_0405, "TPM_E_PCP_NOT_SUPPORTED"),
    (0x8029_041d, "TPM_E_VERSION_NOT_SUPPORTED"),
    // Infineon's weak RSA keys (CVE-2017-15361): Windows makes none any more.
    (0x8029_041f, "TPM_E_PCP_IFX_RSA_KEY_CREATION_BLOCKED"),
];

/// The key that was made is not there, or is another: deleted, the chip cleared, or the user's
/// password reset by somebody else, with which DPAPI forgets what it guarded.
pub(super) const GONE: &[(u32, &str)] = &[
    (0x8007_0002, "ERROR_FILE_NOT_FOUND"),
    (0x8007_000d, "ERROR_INVALID_DATA"),
    (0x8009_0005, "NTE_BAD_DATA"),
    (0x8009_000b, "NTE_BAD_KEY_STATE"),
    (0x8009_000d, "NTE_NO_KEY"),
    (0x8009_0011, "NTE_NOT_FOUND"),
    (0x8009_0016, "NTE_BAD_KEYSET"),
    (0x8009_001a, "NTE_KEYSET_ENTRY_BAD"),
    (0x8009_002c, "NTE_DECRYPTION_FAILURE"),
    (0x8028_008b, "TPM_20_E_HANDLE"),
    (0x8028_009f, "TPM_20_E_INTEGRITY"),
    (0x8029_040e, "TPM_E_PCP_WRONG_PARENT"),
];

#[cfg(test)]
mod tests {
    use super::*;

    const TABLES: [&[(u32, &str)]; 6] = [ABSENT, DENIED, BUSY, NOT_READY, UNSUPPORTED, GONE];

    #[test]
    fn each_number_has_one_meaning_for_each_thing_that_is_done() {
        use DeviceKeyError as Is;
        for (table, making, using) in [
            (ABSENT, Is::Absent, Is::Absent),
            (DENIED, Is::Denied, Is::Denied),
            (BUSY, Is::Busy, Is::Busy),
            (NOT_READY, Is::Absent, Is::Busy),
            (UNSUPPORTED, Is::Unsupported, Is::Unsupported),
            (GONE, Is::Refused, Is::Gone),
        ] {
            for (code, name) in table {
                assert_eq!(meaning(*code, Doing::Making), making, "{name}");
                assert_eq!(meaning(*code, Doing::Using), using, "{name}");
            }
        }
        for unknown in [0, 1, 0x8009_0020, 0x8028_4001, u32::MAX] {
            for doing in [Doing::Making, Doing::Using] {
                assert_eq!(meaning(unknown, doing), Is::Refused, "{unknown:x}");
            }
        }
        let codes: Vec<u32> = TABLES.concat().into_iter().map(|(code, _)| code).collect();
        let mut once = codes.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), codes.len(), "a number stands in two tables");
    }

    /// The numbers against those of the system's own headers.
    #[cfg(windows)]
    #[test]
    fn the_numbers_are_those_of_windows() {
        use windows_sys::Win32::Foundation as found;
        macro_rules! of_windows {
            ($($name:ident)*) => { [$((stringify!($name), found::$name.cast_unsigned())),*] };
        }
        let known = of_windows!(
            NTE_BAD_PROVIDER NTE_PROV_TYPE_NOT_DEF NTE_KEYSET_NOT_DEF NTE_PROVIDER_DLL_FAIL
            NTE_PROV_DLL_NOT_FOUND NTE_DEVICE_NOT_FOUND TBS_E_TPM_NOT_FOUND TBS_E_SERVICE_DISABLED
            TBS_E_PROVISIONING_INCOMPLETE TPM_20_E_FAILURE TPM_20_E_DISABLED
            E_ACCESSDENIED NTE_PERM NTE_TEMPORARY_PROFILE TPM_E_COMMAND_BLOCKED TBS_E_ACCESS_DENIED
            TBS_E_PROVISIONING_NOT_ALLOWED
            E_OUTOFMEMORY NTE_NO_MEMORY TPM_20_E_REBOOT TPM_20_E_NEEDS_TEST TPM_E_RETRY
            TPM_E_NEEDS_SELFTEST TPM_E_DOING_SELFTEST TPM_E_DEFEND_LOCK_RUNNING TPM_20_E_CONTEXT_GAP
            TPM_20_E_OBJECT_MEMORY TPM_20_E_SESSION_MEMORY TPM_20_E_MEMORY TPM_20_E_SESSION_HANDLES
            TPM_20_E_OBJECT_HANDLES TPM_20_E_YIELDED TPM_20_E_CANCELED TPM_20_E_TESTING
            TPM_20_E_NV_RATE TPM_20_E_LOCKOUT TPM_20_E_RETRY TPM_20_E_NV_UNAVAILABLE
            TBS_E_TOO_MANY_TBS_CONTEXTS TBS_E_TOO_MANY_RESOURCES TBS_E_SERVICE_START_PENDING
            TBS_E_COMMAND_CANCELED TPM_E_LOCKED_OUT TPM_E_PCP_KEY_HANDLE_INVALIDATED
            NTE_DEVICE_NOT_READY TPM_20_E_INITIALIZE TBS_E_IOERROR TBS_E_SERVICE_NOT_RUNNING
            TPM_E_PCP_DEVICE_NOT_READY
            NTE_BAD_ALGID NTE_NOT_SUPPORTED TPM_20_E_ASYMMETRIC TPM_20_E_HASH TPM_20_E_KEY_SIZE
            TPM_20_E_SCHEME TPM_20_E_CURVE TPM_20_E_COMMAND_CODE TPM_E_PCP_NOT_SUPPORTED
            TPM_E_VERSION_NOT_SUPPORTED TPM_E_PCP_IFX_RSA_KEY_CREATION_BLOCKED
            NTE_BAD_DATA NTE_BAD_KEY_STATE NTE_NO_KEY NTE_NOT_FOUND NTE_BAD_KEYSET
            NTE_KEYSET_ENTRY_BAD NTE_DECRYPTION_FAILURE TPM_20_E_HANDLE TPM_20_E_INTEGRITY
            TPM_E_PCP_WRONG_PARENT
        );
        let win32 = |code: u32| 0x8007_0000 | code;
        let known = known.into_iter().chain([
            ("ERROR_FILE_NOT_FOUND", win32(found::ERROR_FILE_NOT_FOUND)),
            ("ERROR_INVALID_DATA", win32(found::ERROR_INVALID_DATA)),
        ]);
        let known: std::collections::BTreeMap<&str, u32> = known.collect();
        let tables = TABLES.concat();
        assert_eq!(known.len(), tables.len());
        for (code, name) in tables {
            assert_eq!(known.get(name), Some(&code), "{name}");
        }
    }
}
