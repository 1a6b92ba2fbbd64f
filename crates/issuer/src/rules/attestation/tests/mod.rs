//! Chains made for a test and published ones, whole, forged and damaged.

mod android;
#[path = "../../../../tests/service/world/chains.rs"]
mod chains;
mod tpm;

use proptest::prelude::*;
use rcgen::{KeyPair, PublicKeyData};
use skts_otp::UnixTime;

use super::chain::parse;
use super::*;
use chains::{Maker, PACKAGE, SIGNER};

/// November 2026.
const NOW: UnixTime = UnixTime::from_secs(1_795_212_000);

/// A key's SPKI, as the set-up carries it.
fn spki(key: &KeyPair) -> Vec<u8> {
    key.subject_public_key_info()
}

/// A key whose root is pinned for chips and for phones.
struct Pinned {
    maker: Maker,
    between: Maker,
    trust: Trust,
}

impl Pinned {
    fn new() -> Self {
        let maker = Maker::root("Root");
        let between = Maker::under("Between", &maker, Vec::new());
        let mut trust = Trust {
            app: Some(AndroidApp {
                package: PACKAGE.to_owned(),
                signers: vec![[0; 32], SIGNER],
            }),
            ..Trust::default()
        };
        trust.tpm.pin(&maker.der(), &Revoked::default()).unwrap();
        trust
            .android
            .pin(&maker.der(), &Revoked::default())
            .unwrap();
        Self {
            maker,
            between,
            trust,
        }
    }

    fn revoke(&mut self, list: &str) {
        self.trust.revoked = Revoked::parse(list.as_bytes()).unwrap();
    }
}

#[test]
fn nothing_said_is_worth_the_lowest_level() {
    let assessed = assess(&Pinned::new().trust, &[], &[], NOW).unwrap();
    assert_eq!(assessed, Assessed::Nothing);
    assert_eq!(assessed.level(), AssuranceLevel::L1);
    assert_eq!(assessed.reachable(), AssuranceLevel::L1);
}

#[test]
fn a_list_of_revoked_certificates_is_read_whole_or_refused() {
    let list = br#"{"entries":{"00C35747":{"status":"REVOKED","reason":"KEY_COMPROMISE"},
                    "6681152659205225093":{"status":"SUSPENDED"}},"more":1}"#;
    assert_eq!(Revoked::parse(list).unwrap().count(), 2);
    // A status of tomorrow, and serials as people write them.
    let by_hand = br#"{"entries":{"0x1A2B":{"status":"GOOD"},"c3:57:47":{"status":"?"}}}"#;
    assert_eq!(Revoked::parse(by_hand).unwrap().count(), 2);
    for wrong in [
        "",
        "{}",
        r#"{"entries":{"":{"status":"REVOKED"}}}"#,
        r#"{"entries":{"serial":{"status":"REVOKED"}}}"#,
    ] {
        Revoked::parse(wrong.as_bytes()).unwrap_err();
    }
}

#[test]
fn what_is_no_certificate_and_what_stands_for_software_is_not_pinned() {
    let mut roots = Roots::default();
    for wrong in [b"".as_slice(), b"root", &[0x30, 0x80]] {
        assert_eq!(
            roots.pin(wrong, &Revoked::default()),
            Err(RootsError::Malformed)
        );
    }
    let name = "Android Keystore Software Attestation Root";
    assert_eq!(
        roots.pin(&Maker::root(name).der(), &Revoked::default()),
        Err(RootsError::Software)
    );
    assert_eq!(roots.count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn nothing_said_panics(bytes in proptest::collection::vec(any::<u8>(), 0..600), android: bool) {
        let pinned = Trust::default();
        let head: &[u8] = if android {
            b"\0\0\0\x0eandroid-key/v1\0\0\0\x01i"
        } else {
            b"\0\0\0\x09tpm-ek/v1\0\0\0\x01p"
        };
        prop_assert!(assess(&pinned, &[head, &bytes].concat(), &[], NOW).is_err());
    }
}
