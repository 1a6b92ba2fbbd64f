//! Keys in chips. That a credential opens in a real one is shown by the service's tests and by the
//! stories with `swtpm`.

use rand_core::OsRng;
use rcgen::{PKCS_RSA_SHA256, SignatureAlgorithm};
use rsa::pkcs1::EncodeRsaPublicKey;
use rsa::{RsaPrivateKey, RsaPublicKey};
use skts_provisioning::statement::TpmStatement;
use skts_sealed::SecretBytes;

use super::chains::{Says, chip_name, of_a_chip, public_area};
use super::*;

/// Infineon's.
const VENDOR: &str = "id:49465800";

fn statement(public: Vec<u8>, certificates: Vec<Vec<u8>>) -> Vec<u8> {
    Statement::Tpm(TpmStatement {
        public,
        certificates,
    })
    .encode()
}

/// What becomes of a chip whose certificate says this.
fn certificate_says(says: Says) -> Result<Assessed, Doubt> {
    let (pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let chip = KeyPair::generate().unwrap();
    let spki = spki(&key);
    let certificate = pinned.between.sign(&chip, says);
    let said = statement(public_area(&spki), vec![certificate, pinned.between.der()]);
    assess(&pinned.trust, &said, &spki, NOW)
}

#[test]
fn a_chip_of_a_pinned_maker_is_believed_when_it_has_proved_that_it_holds_the_key() {
    let assessed = certificate_says(of_a_chip(VENDOR)).unwrap();
    assert!(matches!(assessed, Assessed::OnProof { .. }));
    assert_eq!(assessed.level(), AssuranceLevel::L1);
    assert_eq!(assessed.reachable(), AssuranceLevel::L3);
}

#[test]
fn a_certificate_that_is_none_of_an_endorsement_key_is_refused() {
    let without_name = Says {
        extensions: Vec::new(),
        ..of_a_chip(VENDOR)
    };
    let without_purpose = Says {
        purposes: Vec::new(),
        ..of_a_chip(VENDOR)
    };
    let wrong_purpose = Says {
        purposes: vec![vec![1, 3, 6, 1, 5, 5, 7, 3, 1]],
        ..of_a_chip(VENDOR)
    };
    let expired = Says {
        until: 2026,
        ..of_a_chip(VENDOR)
    };
    assert_eq!(certificate_says(without_name), Err(Doubt::Purpose));
    assert_eq!(certificate_says(without_purpose), Err(Doubt::Purpose));
    assert_eq!(certificate_says(wrong_purpose), Err(Doubt::Chain));
    assert_eq!(certificate_says(expired), Err(Doubt::Chain));
    for name in ["", "IFX", "id:", "id:4946580", "id:494658000000"] {
        let doubt = certificate_says(of_a_chip(name));
        assert_eq!(doubt, Err(Doubt::Purpose), "{name}");
    }
    let twice = Says {
        extensions: vec![chip_name(VENDOR), chip_name(VENDOR)],
        ..of_a_chip(VENDOR)
    };
    certificate_says(twice).unwrap_err();
}

#[test]
fn a_chip_that_is_a_program_is_worth_no_more_than_software_whoever_signed() {
    // The simulator's number, IBM, VMware, Microsoft, Amazon, Google.
    for id in [
        "id:00001014",
        "id:49424D00",
        "id:49424D20",
        "id:564D5700",
        "id:4D534654",
        "id:414D5A4E",
        "id:474F4F47",
    ] {
        let doubt = certificate_says(of_a_chip(id));
        assert_eq!(doubt, Err(Doubt::VirtualChip), "{id}");
    }
}

#[test]
fn a_stranger_s_chip_is_refused() {
    let (pinned, key, chip) = (
        Pinned::new(),
        KeyPair::generate().unwrap(),
        KeyPair::generate().unwrap(),
    );
    let (spki, stranger) = (spki(&key), Maker::root("Root"));
    let certificate = stranger.sign(&chip, of_a_chip(VENDOR));
    let said = statement(public_area(&spki), vec![certificate, stranger.der()]);
    assert_eq!(assess(&pinned.trust, &said, &spki, NOW), Err(Doubt::Chain));
}

#[test]
fn a_public_area_that_is_not_what_the_app_makes_is_refused() {
    let (pinned, key, chip) = (
        Pinned::new(),
        KeyPair::generate().unwrap(),
        KeyPair::generate().unwrap(),
    );
    let spki = spki(&key);
    let certificates = vec![
        pinned.between.sign(&chip, of_a_chip(VENDOR)),
        pinned.between.der(),
    ];
    let assess = |public: Vec<u8>| {
        let said = statement(public, certificates.clone());
        assess(&pinned.trust, &said, &spki, NOW)
    };
    let good = public_area(&spki);
    assert!(assess(good.clone()).is_ok());
    // Every attribute, algorithm and size is what it has to be: one bit elsewhere is another key.
    for at in 0..20 {
        for bit in 0..8 {
            let mut changed = good.clone();
            changed[at] ^= 1 << bit;
            assert_eq!(assess(changed), Err(Doubt::KeyKind), "byte {at} bit {bit}");
        }
    }
    for at in [22, 53, 56, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        assert_eq!(assess(changed), Err(Doubt::OtherKey), "byte {at}");
    }
    for cut in 1..good.len() {
        assert!(assess(good[..cut].to_vec()).is_err(), "cut at {cut}");
    }
    assert_eq!(
        assess([good.as_slice(), &[0]].concat()),
        Err(Doubt::Malformed)
    );
    let other = super::spki(&KeyPair::generate().unwrap());
    assert_eq!(assess(public_area(&other)), Err(Doubt::OtherKey));
}

/// An RSA key that somebody else certifies.
struct RsaKey(Vec<u8>);

impl PublicKeyData for RsaKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_RSA_SHA256
    }
}

#[test]
fn an_rsa_endorsement_key_is_taken_in_its_usual_size_only() {
    let (pinned, key) = (Pinned::new(), KeyPair::generate().unwrap());
    let spki = spki(&key);
    for (bits, usual) in [(1024, false), (2048, true)] {
        let chip = RsaPrivateKey::new(&mut OsRng, bits).unwrap();
        let chip = RsaPublicKey::from(&chip).to_pkcs1_der().unwrap();
        let certificate = pinned
            .between
            .sign(&RsaKey(chip.as_bytes().to_vec()), of_a_chip(VENDOR));
        let said = statement(public_area(&spki), vec![certificate, pinned.between.der()]);
        match assess(&pinned.trust, &said, &spki, NOW) {
            Ok(Assessed::OnProof {
                endorsement_key,
                name,
            }) if usual => {
                let secret = SecretBytes::new(vec![7; CREDENTIAL_BYTES]);
                let credential =
                    make_credential(&endorsement_key, &name, &secret, &mut OsRng).unwrap();
                assert_eq!(credential.encrypted_secret.len(), 256);
                assert_eq!(credential.id_object.len(), 2 + 32 + 2 + CREDENTIAL_BYTES);
            }
            assessed => assert_eq!(assessed, Err(Doubt::EndorsementKey), "{bits}"),
        }
    }
}
