//! What is asked of the keystore on which version of Android, and how its answers are read.

use skts_otp::HashAlgorithm;
use skts_sealed::{FieldWriter, LabelledHash};

use crate::platform_key::Place;

/// `Build.VERSION.SDK_INT`.
pub(super) type Api = i32;

/// Android 9: StrongBox for keys that are made, and keys for an unlocked device.
const PIE: Api = 28;
/// Android 12: StrongBox for keys that are put in, and `KeyInfo.getSecurityLevel`.
pub(super) const S: Api = 31;
/// Android 15.
const VANILLA: Api = 35;

/// One way to make the profile's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) strong_box: bool,
    pub(super) attested: bool,
}

/// The ways to try, the best first. Attested keys in the processor's trusted part are preferred to
/// unattested ones in a chip of their own: only evidence counts for the service.
pub(super) fn ways(api: Api) -> &'static [Way] {
    const WAYS: [Way; 3] = [
        Way {
            strong_box: true,
            attested: true,
        },
        Way {
            strong_box: false,
            attested: true,
        },
        Way {
            strong_box: false,
            attested: false,
        },
    ];
    match &WAYS {
        [_, others @ ..] if api < PIE => others,
        all => all,
    }
}

/// Whether keys are made to work only while the device is unlocked.
///
/// Not on Android 12 to 14. There, by the documentation of `setUnlockedDeviceRequired`, such keys
/// cannot be made without a screen lock, are deleted when the lock is removed, and do not work
/// after an unlocking by a weak biometric: a customer would lose the token.
pub(super) fn unlocked_device_required(api: Api) -> bool {
    (PIE..S).contains(&api) || api >= VANILLA
}

/// Where a new HMAC key is tried: in the chip only where the profile's own keys are and where
/// chips are specified to take it (HMAC-SHA256, from Android 12 on), else in the trusted part.
pub(super) fn hmac_in_strong_box(api: Api, profile: Place, hash: HashAlgorithm) -> &'static [bool] {
    if profile == Place::StrongBox && api >= S && hash == HashAlgorithm::Sha256 {
        &[true, false]
    } else {
        &[false]
    }
}

/// Reads `KeyInfo.getSecurityLevel()`; `None` is software, and what is unknown is taken for it.
pub(super) fn place_of_level(level: i32) -> Option<Place> {
    match level {
        2 => Some(Place::StrongBox),
        // TRUSTED_ENVIRONMENT, and UNKNOWN_SECURE: at least as good as that.
        1 | -1 => Some(Place::Trusted),
        _ => None,
    }
}

/// Reads `KeyInfo.isInsideSecureHardware()`, before there were levels: a chip that was asked for
/// and is not there is an exception.
pub(super) fn place_of_hardware(is_inside: bool, asked_strong_box: bool) -> Option<Place> {
    match (is_inside, asked_strong_box) {
        (false, _) => None,
        (true, false) => Some(Place::Trusted),
        (true, true) => Some(Place::StrongBox),
    }
}

/// The challenge of a profile's device key: `SHA-256("skts/attest/v1", profile id)`.
pub(super) fn challenge(profile_id: &str) -> [u8; 32] {
    LabelledHash::new("skts/attest/v1")
        .field(profile_id.as_bytes())
        .sha256()
}

/// The chain as the service reads it: `field("android-key/v1") ‖ field(profile id) ‖
/// field(certificate)…`, DER, leaf first. No bytes where it would be refused for its size: then
/// the key counts as one without evidence.
pub(super) fn statement(profile_id: &str, chain: &[Vec<u8>]) -> Vec<u8> {
    const MOST_CERTIFICATES: usize = 8;
    const MOST_BYTES: usize = 8 * 1024;
    if !(1..=MOST_CERTIFICATES).contains(&chain.len()) {
        return Vec::new();
    }
    let writer = FieldWriter::new()
        .bytes(b"android-key/v1")
        .bytes(profile_id.as_bytes());
    let record = chain
        .iter()
        .fold(writer, |writer, certificate| writer.bytes(certificate))
        .finish();
    // EXPOSE: certificates.
    let statement = record.expose_secret();
    if statement.len() > MOST_BYTES {
        return Vec::new();
    }
    statement.to_vec()
}

#[cfg(test)]
mod tests {
    use skts_sealed::FieldReader;

    use super::*;

    #[test]
    fn a_chip_is_asked_for_from_android_9_on_and_evidence_before_it() {
        assert_eq!(ways(27).len(), 2);
        assert!(ways(27).iter().all(|way| !way.strong_box));
        for api in [28, 30, 31, 36] {
            let ways = ways(api);
            assert_eq!(ways.len(), 3);
            assert!(ways[0].strong_box && ways[0].attested, "{api}");
            assert!(!ways[1].strong_box && ways[1].attested, "{api}");
        }
    }

    #[test]
    fn no_key_is_made_that_android_12_to_14_would_delete_with_the_screen_lock() {
        for (api, required) in [
            (24, false),
            (27, false),
            (28, true),
            (30, true),
            (31, false),
            (33, false),
            (34, false),
            (35, true),
            (36, true),
        ] {
            assert_eq!(unlocked_device_required(api), required, "{api}");
        }
    }

    #[test]
    fn a_seed_goes_into_a_chip_only_where_the_device_key_is_and_the_hash_is_done_there() {
        let both: &[bool] = &[true, false];
        let trusted: &[bool] = &[false];
        for (api, place, hash, tried) in [
            (31, Place::StrongBox, HashAlgorithm::Sha256, both),
            (30, Place::StrongBox, HashAlgorithm::Sha256, trusted),
            (36, Place::StrongBox, HashAlgorithm::Sha1, trusted),
            (36, Place::StrongBox, HashAlgorithm::Sha512, trusted),
            (36, Place::Trusted, HashAlgorithm::Sha256, trusted),
        ] {
            assert_eq!(
                hmac_in_strong_box(api, place, hash),
                tried,
                "{api} {hash:?}"
            );
        }
    }

    #[test]
    fn what_is_not_said_to_be_hardware_is_software() {
        for (level, place) in [
            (-2, None),
            (-1, Some(Place::Trusted)),
            (0, None),
            (1, Some(Place::Trusted)),
            (2, Some(Place::StrongBox)),
            (3, None),
        ] {
            assert_eq!(place_of_level(level), place, "{level}");
        }
        assert_eq!(place_of_hardware(false, true), None);
        assert_eq!(place_of_hardware(true, false), Some(Place::Trusted));
        assert_eq!(place_of_hardware(true, true), Some(Place::StrongBox));
    }

    /// Label and id, each with its length before it, as the service hashes them.
    #[test]
    fn the_challenge_is_the_hash_of_the_profile_that_the_service_computes() {
        use sha2::{Digest, Sha256};
        let input = b"\0\0\0\x0eskts/attest/v1\0\0\0\x040011";
        let expected: [u8; 32] = Sha256::digest(input).into();
        assert_eq!(challenge("0011"), expected);
        assert_ne!(challenge("0012"), expected);
    }

    #[test]
    fn a_chain_is_written_leaf_first_with_what_its_challenge_is_made_of() {
        let chain = [b"leaf".to_vec(), b"root".to_vec()];
        let statement = statement("0011", &chain);
        let mut reader = FieldReader::new(&statement);
        for expected in [&b"android-key/v1"[..], b"0011", b"leaf", b"root"] {
            assert_eq!(reader.bytes(), Ok(expected));
        }
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn a_chain_that_would_be_refused_is_left_out() {
        assert!(statement("0011", &[]).is_empty());
        let many = vec![vec![1]; 9];
        assert!(statement("0011", &many).is_empty());
        let long = [vec![1; 8192]];
        assert!(statement("0011", &long).is_empty());
        let fits = [vec![1; 8000]];
        assert!(!statement("0011", &fits).is_empty());
    }
}
