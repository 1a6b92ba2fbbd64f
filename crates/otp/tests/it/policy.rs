//! The policy of an institution's tokens, as it stands in a list.

use serde_json::{Value, json};
use skts_otp::{
    AcceptanceWindow, AssuranceLevel, CodeLength, Digits, EffectiveDay, HashAlgorithm, Period,
    PolicyError, SerialScheme, SetUpKind, TokenPolicy,
};

fn changed(policy: &TokenPolicy, field: &str, value: Value) -> Result<TokenPolicy, String> {
    let mut json = serde_json::to_value(policy).unwrap();
    json[field] = value;
    serde_json::from_value(json).map_err(|error| error.to_string())
}

#[test]
fn the_two_usual_policies_stand_as_documented() {
    let own = json!({
        "set_up": "self_provisioned",
        "serial": { "kind": "class_a", "prefix": "SKTS" },
        "code_length": "six",
        "period": 30,
        "hash": "sha256",
        "validity_days": 1826,
        "window": { "behind": 1, "ahead": 1 },
        "lock_after": 5,
        "lowest_level": 1,
        "signing": true,
        "effective": "next_day",
        "check_in_notice_days": null,
    });
    let policy = TokenPolicy::self_provisioned();
    assert_eq!(serde_json::to_value(&policy).unwrap(), own);
    let activated = serde_json::to_value(TokenPolicy::activated()).unwrap();
    for (field, value) in [
        ("set_up", json!("activated")),
        ("serial", json!({ "kind": "numeric9" })),
        ("code_length", json!("eight")),
        ("period", json!(60)),
        ("effective", json!("at_once")),
    ] {
        assert_eq!(activated[field], value);
    }
}

#[test]
fn every_choice_survives_writing_and_reading() {
    let mut policies = vec![TokenPolicy::self_provisioned(), TokenPolicy::activated()];
    for code_length in [CodeLength::Six, CodeLength::Eight, CodeLength::Both] {
        for hash in [
            HashAlgorithm::Sha1,
            HashAlgorithm::Sha256,
            HashAlgorithm::Sha512,
        ] {
            for level in 0..=4 {
                policies.push(TokenPolicy {
                    set_up: SetUpKind::Activated,
                    serial: SerialScheme::ClassA {
                        prefix: "AB12".to_owned(),
                    },
                    code_length,
                    period: Period::SIXTY,
                    hash,
                    validity_days: 1,
                    window: AcceptanceWindow::HARDWARE,
                    lock_after: 10,
                    lowest_level: AssuranceLevel::try_from(level).unwrap(),
                    signing: false,
                    effective: EffectiveDay::AtOnce,
                    check_in_notice_days: Some(90),
                });
            }
        }
    }
    for policy in policies {
        let text = serde_json::to_string(&policy).unwrap();
        assert_eq!(serde_json::from_str::<TokenPolicy>(&text).unwrap(), policy);
        assert_eq!(policy.validate(), Ok(()));
    }
}

#[test]
fn refuses_fields_and_choices_it_does_not_know() {
    let policy = TokenPolicy::self_provisioned();
    assert!(changed(&policy, "lock_after", json!(6)).is_ok());
    let unknown = changed(&policy, "colour", json!("red")).unwrap_err();
    assert!(unknown.contains("unknown field"), "{unknown}");
    for (field, value) in [
        ("set_up", json!("by_letter")),
        ("serial", json!({ "kind": "class_b", "prefix": "SKTS" })),
        ("serial", json!({ "kind": "class_a" })),
        (
            "serial",
            json!({ "kind": "class_a", "prefix": "SKTS", "length": 8 }),
        ),
        ("code_length", json!("seven")),
        ("period", json!(0)),
        ("period", json!(-30)),
        ("period", json!("30")),
        ("hash", json!("md5")),
        ("validity_days", json!(u64::MAX)),
        ("window", json!({ "behind": 1 })),
        ("window", json!({ "behind": 1, "ahead": 1, "around": 1 })),
        ("window", json!({ "behind": 256, "ahead": 1 })),
        ("lowest_level", json!(5)),
        ("lowest_level", json!("L1")),
        ("signing", json!(1)),
        ("effective", json!("tomorrow")),
    ] {
        assert!(
            changed(&policy, field, value.clone()).is_err(),
            "{field}: {value}"
        );
    }
    for field in ["set_up", "serial", "lock_after", "lowest_level"] {
        let mut json = serde_json::to_value(&policy).unwrap();
        json.as_object_mut().unwrap().remove(field);
        assert!(
            serde_json::from_value::<TokenPolicy>(json).is_err(),
            "{field} may not be absent"
        );
    }
}

#[test]
fn refuses_rules_that_cannot_be_kept() {
    let good = TokenPolicy::self_provisioned;
    let prefix = |prefix: &str| TokenPolicy {
        serial: SerialScheme::ClassA {
            prefix: prefix.to_owned(),
        },
        ..good()
    };
    let window = |behind, ahead| TokenPolicy {
        window: AcceptanceWindow { behind, ahead },
        ..good()
    };
    let period = |secs| TokenPolicy {
        period: Period::from_secs(secs).unwrap(),
        ..good()
    };
    for policy in [
        prefix(""),
        prefix("SKT"),
        prefix("SKTSX"),
        prefix("skts"),
        prefix("SK S"),
    ] {
        assert_eq!(policy.validate(), Err(PolicyError::Prefix));
    }
    assert_eq!(prefix("ＳＫ").validate(), Err(PolicyError::Prefix));
    for lock_after in [0, 11, u8::MAX] {
        let policy = TokenPolicy {
            lock_after,
            ..good()
        };
        assert_eq!(policy.validate(), Err(PolicyError::LockAfter));
    }
    for validity_days in [0, 3661, u32::MAX] {
        let policy = TokenPolicy {
            validity_days,
            ..good()
        };
        assert_eq!(policy.validate(), Err(PolicyError::Validity));
    }
    for policy in [window(3, 0), window(0, 3), window(u8::MAX, u8::MAX)] {
        assert_eq!(policy.validate(), Err(PolicyError::Window));
    }
    for secs in [1, 29, 31, 90, 86_400] {
        assert_eq!(period(secs).validate(), Err(PolicyError::Period));
    }
}

#[test]
fn the_first_of_the_allowed_lengths_is_the_one_shown() {
    assert_eq!(CodeLength::Both.allowed(), [Digits::Six, Digits::Eight]);
    for length in [CodeLength::Six, CodeLength::Eight, CodeLength::Both] {
        assert_eq!(length.allowed().first(), Some(&length.default_digits()));
    }
}

#[test]
fn levels_are_ordered_and_written_as_numbers() {
    assert!(AssuranceLevel::L0 < AssuranceLevel::L1 && AssuranceLevel::L3 < AssuranceLevel::L4);
    assert_eq!(serde_json::to_string(&AssuranceLevel::L3).unwrap(), "3");
    assert_eq!(AssuranceLevel::try_from(5).unwrap_err().found, 5);
}
