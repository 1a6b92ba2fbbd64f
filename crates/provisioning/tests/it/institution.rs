//! The signed institution list: who may sign it and where it may lead.

use crate::common::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use skts_otp::{TokenPolicy, UnixTime};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::{
    Institution, InstitutionList, ListError, ListSigningKey, Localized, SignedList, check_address,
};

fn institution(id: &str, service_id: &str, address: &str) -> Institution {
    Institution {
        id: id.to_owned(),
        service_id: ServiceId::parse(service_id).unwrap(),
        name: Localized {
            ja: "見本信用金庫".to_owned(),
            en: "Mihon Shinkin Bank".to_owned(),
        },
        contact: Localized {
            ja: "見本窓口".to_owned(),
            en: "Sample desk".to_owned(),
        },
        accent: "#0a5c36".to_owned(),
        address: address.to_owned(),
        provisioning_keys: vec![provisioning_key().public()],
        policy: TokenPolicy::self_provisioned(),
    }
}

fn list(institutions: Vec<Institution>) -> InstitutionList {
    InstitutionList {
        issued_at: UnixTime::from_secs(1_763_600_000),
        institutions,
    }
}

fn key() -> ListSigningKey {
    ListSigningKey::make(&mut rng(30))
}

const LOCAL: &str = "http://127.0.0.1:4000";

#[test]
fn a_list_signed_by_the_pinned_key_is_taken_as_it_was() {
    let list = list(vec![
        institution("mihon-shinkin", "10000001", "https://token.example.jp"),
        institution("mihon-shinkumi", "10112235", LOCAL),
    ]);
    let text = SignedList::sign(&list, &key()).unwrap();
    assert_eq!(
        SignedList::verify_pinned(&text, &key().public_sec1()),
        Ok(list)
    );
    let stored = ListSigningKey::decode(key().encode().expose_secret()).unwrap();
    assert_eq!(stored.public_sec1(), key().public_sec1());
}

#[test]
fn another_key_than_the_pinned_one_is_refused() {
    let text = SignedList::sign(&list(vec![institution("a", "10000001", LOCAL)]), &key()).unwrap();
    let other = ListSigningKey::make(&mut rng(31)).public_sec1();
    assert_eq!(
        SignedList::verify_pinned(&text, &other),
        Err(ListError::WrongSignature)
    );
}

#[test]
fn every_changed_bit_of_list_and_signature_is_seen() {
    let text = SignedList::sign(&list(vec![institution("a", "10000001", LOCAL)]), &key()).unwrap();
    let signed: Value = serde_json::from_str(&text).unwrap();
    for field in ["list", "signature"] {
        let bytes = STANDARD.decode(signed[field].as_str().unwrap()).unwrap();
        for at in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            let mut other = signed.clone();
            other[field] = Value::String(STANDARD.encode(changed));
            let text = other.to_string();
            let pinned = key().public_sec1();
            let refused = Err(ListError::WrongSignature);
            assert_eq!(
                SignedList::verify_pinned(&text, &pinned),
                refused,
                "{field} {at}"
            );
            assert_eq!(SignedList::verify_outside(&text), refused, "{field} {at}");
        }
    }
}

#[test]
fn a_list_from_outside_leads_to_loopback_only() {
    for local in [
        LOCAL,
        "http://localhost:1",
        "http://[::1]:4000",
        "https://127.8.9.10",
    ] {
        let list = list(vec![institution("a", "10000001", local)]);
        let text = SignedList::sign(&list, &key()).unwrap();
        assert_eq!(SignedList::verify_outside(&text), Ok(list));
    }
    // One foreign address among good ones spoils the list.
    for foreign in [
        "https://token.example.jp",
        "https://localhost.evil.jp",
        "https://10.0.0.1",
    ] {
        let list = list(vec![
            institution("a", "10000001", LOCAL),
            institution("b", "10000002", foreign),
        ]);
        let text = SignedList::sign(&list, &key()).unwrap();
        assert_eq!(
            SignedList::verify_outside(&text),
            Err(ListError::ForeignAddress)
        );
        assert!(SignedList::verify_pinned(&text, &key().public_sec1()).is_ok());
    }
}

#[test]
fn addresses_two_parsers_could_read_otherwise_are_refused() {
    for good in [
        "https://token.example.jp",
        "https://token.example.jp:8443",
        "https://[2001:db8::1]:443",
        "http://127.0.0.1",
        "http://127.255.0.3:65535",
        "http://[::1]",
        "http://localhost:8080",
    ] {
        assert_eq!(check_address(good), Ok(()), "{good}");
    }
    for bad in [
        "",
        "token.example.jp",
        "ftp://127.0.0.1",
        "HTTP://127.0.0.1",
        "http://",
        "https://",
        "http://example.jp",
        "http://127.0.0.1@evil.jp",
        "http://127.0.0.1:80@evil.jp",
        "https://user:pass@token.example.jp",
        "http://localhost.evil.jp",
        "http://localhost.",
        "http://LOCALHOST",
        "http://127.0.0.1.evil.jp",
        "http://127.0.0.1/",
        "http://127.0.0.1/path",
        "http://127.0.0.1?x=1",
        "http://127.0.0.1#x",
        "http://127.0.0.1\\@evil.jp",
        "http://127.0.0.1%2eevil.jp",
        "http://%31%32%37.0.0.1",
        "http://l%6fcalhost",
        "http://127.1",
        "http://0177.0.0.1",
        "http://0x7f.0.0.1",
        "http://2130706433",
        "http://127.0.0.01",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::ffff:127.0.0.1]",
        "http://[::ffff:7f00:1]",
        "http://[::127.0.0.1]",
        "http://[::1%25lo]",
        "http://[::1]evil.jp",
        "http://[::1",
        "http://127.0.0.1:",
        "http://127.0.0.1:0",
        "http://127.0.0.1:080",
        "http://127.0.0.1:65536",
        "http://127.0.0.1:80:80",
        "http://127.0.0.1:+80",
        " http://127.0.0.1",
        "http://127.0.0.1 ",
        "http://127.0.0.1\n",
        "http://１２７.0.0.1",
        "http://localhоst",
        "https://127.1",
        "https://2130706433",
        "https://0x7f.0.0.1",
        "https://-bad.example",
        "https://a..b",
    ] {
        assert_eq!(
            check_address(bad),
            Err(ListError::InsecureAddress),
            "{bad:?}"
        );
    }
}

#[test]
fn a_list_that_contradicts_itself_is_refused() {
    let base = || institution("a", "10000001", LOCAL);
    let refused =
        |institutions: Vec<Institution>| SignedList::sign(&list(institutions), &key()).unwrap_err();
    let same_service = institution("b", "10000001", LOCAL);
    assert_eq!(refused(vec![base(), same_service]), ListError::Duplicate);
    let same_id = institution("a", "10000002", LOCAL);
    assert_eq!(refused(vec![base(), same_id]), ListError::Duplicate);
    let change = |change: fn(&mut Institution)| {
        let mut institution = base();
        change(&mut institution);
        refused(vec![institution])
    };
    assert_eq!(change(|i| i.id = "../x".to_owned()), ListError::Malformed);
    assert_eq!(
        change(|i| i.accent = "red;}body{".to_owned()),
        ListError::Malformed
    );
    assert_eq!(change(|i| i.name.ja = " ".to_owned()), ListError::Malformed);
    assert_eq!(
        change(|i| i.contact.en = "a\u{7}".to_owned()),
        ListError::Malformed
    );
    assert_eq!(
        change(|i| i.provisioning_keys.clear()),
        ListError::Malformed
    );
    assert_eq!(
        change(|i| i.provisioning_keys[0].sec1.0[64] ^= 1),
        ListError::Malformed
    );
    assert_eq!(
        change(|i| i.address = "http://example.jp".to_owned()),
        ListError::InsecureAddress
    );
    assert_eq!(change(|i| i.policy.validity_days = 0), ListError::BadPolicy);
}

#[test]
fn text_that_is_no_list_is_refused() {
    for text in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"list":"","key":"","signature":""}"#,
    ] {
        assert_eq!(
            SignedList::verify_outside(text),
            Err(ListError::Malformed),
            "{text}"
        );
    }
    let long = " ".repeat(3 * 1024 * 1024);
    assert_eq!(SignedList::verify_outside(&long), Err(ListError::Malformed));
}
