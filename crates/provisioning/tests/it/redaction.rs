//! No secret in what is printed of a type or an error.

use std::fmt::Debug;

use crate::common::*;
use skts_provisioning::confirm::ConfirmError;
use skts_provisioning::device::{DeviceSignatureError, SignError};
use skts_provisioning::grant::{Grant, GrantError};
use skts_provisioning::ids::{ActivationPassword, IdParseError, RequestId, UserId};
use skts_provisioning::institution::ListError;
use skts_provisioning::k::{KError, KPendingBegin, KServer, KServerError};
use skts_provisioning::opaque::OpaqueSetup;
use skts_provisioning::s::{SError, SServerError};
use skts_provisioning::wire::rp::IssueActivationRequest;
use skts_provisioning::wire::{KBeginRequest, Message, WireError};

const SECRET: &str = "86420975";

/// Spellings a secret could leak in.
fn leaks(printed: &str, secret: &[u8]) -> bool {
    let list = format!("{secret:?}");
    let inner = list.trim_matches(['[', ']']);
    let hex = hex::encode(secret);
    let text = String::from_utf8_lossy(secret);
    let printed_lower = printed.to_lowercase();
    printed_lower.contains(&hex) || printed.contains(inner) || printed.contains(text.as_ref())
}

fn printed(value: &impl Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn the_search_finds_a_planted_leak() {
    #[derive(Debug)]
    struct Planted {
        #[expect(dead_code, reason = "printed by Debug only")]
        password: String,
    }
    assert!(leaks(
        &printed(&Planted {
            password: SECRET.to_owned()
        }),
        SECRET.as_bytes()
    ));
    assert!(leaks(
        &format!("{:?}", SECRET.as_bytes()),
        SECRET.as_bytes()
    ));
    assert!(leaks(&hex::encode_upper(SECRET), SECRET.as_bytes()));
    assert!(!leaks("nothing here", SECRET.as_bytes()));
}

#[test]
fn secret_types_print_nothing_of_themselves() {
    let password = ActivationPassword::parse(SECRET).unwrap();
    assert!(!leaks(&printed(&password), SECRET.as_bytes()));
    let body = format!(
        r#"{{"request_id":"{}","subscriber_ref":"a","activation_password":"{SECRET}"}}"#,
        RequestId::from_bytes([1; 16])
    );
    let request = IssueActivationRequest::parse(body.as_bytes()).unwrap();
    assert!(!leaks(&printed(&request), SECRET.as_bytes()));

    let grant = k_grant();
    for secret in [&grant.seed, &grant.signing_key, &grant.ratchet] {
        assert!(!leaks(&printed(&grant), secret.expose_secret()));
    }
    let setup = OpaqueSetup::make(&mut rng(40));
    assert!(!leaks(
        &printed(&setup),
        &setup.encode().expose_secret()[..16]
    ));
    let key = provisioning_key();
    assert!(!leaks(&printed(&key), &key.encode().expose_secret()[..16]));

    let (device, service) = (SoftDevice::new(20), Service::new());
    let begin = k_begin(&device, &password);
    let stored = begin.encode();
    // The last field stored is the OPAQUE state.
    let state = &stored.expose_secret()[stored.len() - 64..];
    assert!(!leaks(&printed(&begin), state));
    let begin = k_begin(&device, &crate::common::password());
    let (ke2, _) = KServer::begin(
        &service.setup,
        Some(&service.record),
        INSTITUTION,
        &begin.request,
        &mut rng(6),
    )
    .unwrap();
    let finish = begin
        .finish(
            &crate::common::password(),
            &ke2,
            &device,
            &evidence(),
            &mut rng(7),
        )
        .unwrap();
    let stored = finish.encode();
    let length = stored.len();
    // Last come k_seed, k_confirm and the transcript, each behind its length.
    let confirm_key = &stored.expose_secret()[length - 68 - 32..length - 68];
    let seed_key = &stored.expose_secret()[length - 68 - 36 - 32..length - 68 - 36];
    assert!(!leaks(&printed(&finish), confirm_key));
    assert!(!leaks(&printed(&finish), seed_key));
}

#[test]
fn errors_carry_nothing_of_what_was_refused() {
    let mut said = Vec::new();
    let mut say = |error: &dyn std::error::Error| said.push(format!("{error:?} {error}"));

    // Errors made out of a message or text that holds the secret.
    let body = format!(r#"{{"request_id":"{SECRET}"}}"#);
    say(&KBeginRequest::parse(body.as_bytes()).unwrap_err());
    let body = format!(r#"{{"{SECRET}":1}}"#);
    say(&KBeginRequest::parse(body.as_bytes()).unwrap_err());
    let body = format!(r#"{{"activation_password":"x{SECRET}"}}"#);
    say(&IssueActivationRequest::parse(body.as_bytes()).unwrap_err());
    say(&ActivationPassword::parse(&format!("{SECRET}9")).unwrap_err());
    say(&UserId::parse(&format!("x{SECRET}")).unwrap_err());
    say(&Grant::decode(SECRET.as_bytes()).unwrap_err());
    say(&KPendingBegin::decode(SECRET.as_bytes()).unwrap_err());
    say(&OpaqueSetup::decode(SECRET.as_bytes()).unwrap_err());

    // And every variant there is; what they carry is a length, a version or a field's name.
    for error in [
        KError::Damaged,
        KError::Grant(GrantError::Malformed),
        KError::OtherInstitution,
        KError::OtherDevice,
        KError::Params,
        KError::PasswordRefused,
        KError::Reply(WireError::Field { field: "ke2" }),
        KError::Sealed,
        KError::Sign(SignError::Gone),
    ] {
        say(&error);
    }
    for error in [
        SError::Damaged,
        SError::Grant(GrantError::UnknownVersion(9)),
        SError::OtherDevice,
        SError::Params,
        SError::Reply(WireError::TooLong { limit_bytes: 1 }),
        SError::Sealed,
        SError::Sign(SignError::Unavailable),
        SError::Signature,
        SError::UnknownKey,
        SError::Work { bits: 25 },
    ] {
        say(&error);
    }
    for error in [
        KServerError::DeviceKey,
        KServerError::Evidence,
        KServerError::Ke1,
        KServerError::Message(WireError::Malformed { line: 1, column: 1 }),
        KServerError::OtherRequest,
        KServerError::Refused,
        KServerError::Signature,
        KServerError::State,
        KServerError::UnknownSuite,
    ] {
        say(&error);
    }
    for error in [
        SServerError::Challenge,
        SServerError::DeviceKey,
        SServerError::HpkeKey,
        SServerError::Message(WireError::Field { field: "mac" }),
        SServerError::OtherRequest,
        SServerError::Signature,
        SServerError::Work,
    ] {
        say(&error);
    }
    for error in [
        ListError::BadPolicy,
        ListError::Duplicate,
        ListError::ForeignAddress,
        ListError::InsecureAddress,
        ListError::Malformed,
        ListError::WrongSignature,
    ] {
        say(&error);
    }
    for error in [
        ConfirmError::Secret,
        ConfirmError::Request,
        ConfirmError::Mac,
        ConfirmError::Signature,
    ] {
        say(&error);
    }
    for error in [
        DeviceSignatureError::PublicKey,
        DeviceSignatureError::Signature,
    ] {
        say(&error);
    }
    for error in [
        IdParseError::Empty,
        IdParseError::NotDigits,
        IdParseError::Length {
            expected: 8,
            found: 9,
        },
    ] {
        say(&error);
    }
    for text in said {
        assert!(!leaks(&text, SECRET.as_bytes()), "{text}");
    }
}
