use std::collections::BTreeSet;
use std::path::Path;

use skts_provisioning::wire::schema::{ACTIVATION_STATES, TOKEN_KINDS, TOKEN_STATES};
use skts_provisioning::wire::{self, Message, paths, rp};

use super::super::examples;
use super::*;
use crate::rules::activation::ActivationState;
use crate::rules::token::{TokenKind, TokenState};

fn parsed() -> Value {
    serde_json::from_str(&document()).unwrap()
}

/// Set `SKTS_WRITE_OPENAPI=1` to write the file instead.
#[test]
fn the_committed_document_is_the_one_served() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("SKTS_WRITE_OPENAPI").is_some() {
        std::fs::write(&file, document()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        committed == document(),
        "docs/openapi.json has drifted: SKTS_WRITE_OPENAPI=1 writes it anew"
    );
}

#[test]
fn every_path_of_the_wire_is_in_the_document_and_no_other() {
    let source = include_str!("../../../provisioning/src/wire/paths.rs");
    let of_the_wire: BTreeSet<&str> = source
        .split('"')
        .filter(|text| text.starts_with('/') && !text.contains(' '))
        .collect();
    assert!(of_the_wire.contains(paths::RP_TOKEN_VERIFY));
    let document = parsed();
    let of_the_document: BTreeSet<&str> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(of_the_document, of_the_wire);
}

#[test]
fn every_operation_has_a_name_of_its_own() {
    let names: BTreeSet<&str> = routes::all().map(|route| route.id).collect();
    assert_eq!(names.len(), routes::all().count());
}

#[test]
fn every_reference_leads_somewhere() {
    fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
        match value {
            Value::Object(members) => {
                if let Some(Value::String(reference)) = members.get("$ref") {
                    found.push(reference);
                }
                members
                    .values()
                    .for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let document = parsed();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(found.len() > 100, "only {} references", found.len());
    for reference in found {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{reference}");
    }
}

#[test]
fn every_object_that_is_sent_refuses_other_fields() {
    let document = parsed();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // Read leniently, as RFC 9457 asks.
        let open = name == "Problem" || schema["type"] != "object";
        assert!(open || schema["additionalProperties"] == false, "{name}");
    }
}

#[test]
fn the_words_of_the_schemas_are_the_words_of_the_rules() {
    let states = TokenState::ALL.map(TokenState::as_str);
    let told: BTreeSet<&str> = states.into_iter().chain(["none"]).collect();
    assert_eq!(told, BTreeSet::from(TOKEN_STATES));
    let kinds = BTreeSet::from(TokenKind::ALL.map(TokenKind::as_str));
    assert_eq!(kinds, BTreeSet::from(TOKEN_KINDS));
    let states = BTreeSet::from(ActivationState::ALL.map(ActivationState::as_str));
    assert_eq!(states, BTreeSet::from(ACTIVATION_STATES));
}

fn taken<Q: Message, A: Message>([asked, answered]: [Value; 2]) {
    Q::parse(asked.to_string().as_bytes()).unwrap();
    A::parse(answered.to_string().as_bytes()).unwrap();
}

#[test]
fn every_example_is_a_message_of_its_kind() {
    taken::<wire::KBeginRequest, wire::KBeginResponse>(examples::activation_begin());
    taken::<wire::KFinishRequest, wire::KFinishResponse>(examples::activation_finish());
    taken::<wire::SHelloRequest, wire::SHelloResponse>(examples::self_hello());
    taken::<wire::SIssueRequest, wire::SIssueResponse>(examples::self_issue());
    taken::<wire::ConfirmRequest, wire::ConfirmResponse>(examples::confirm());
    let [asked, answered] = examples::activation_issue();
    rp::IssueActivationRequest::parse(asked.to_string().as_bytes()).unwrap();
    rp::IssueActivationResponse::parse(answered.to_string().as_bytes()).unwrap();
    taken::<rp::WithdrawActivationRequest, rp::ActivationStateResponse>(
        examples::activation_withdraw(),
    );
    taken::<rp::ActivationStateRequest, rp::ActivationStateResponse>(examples::activation_state());
    taken::<rp::RegisterRequest, rp::RegisterResponse>(examples::token_register());
    taken::<rp::VerifyRequest, rp::VerifyResponse>(examples::token_verify());
    taken::<rp::ResyncRequest, rp::VerifyResponse>(examples::token_resync());
    taken::<rp::ExchangeRequest, rp::RegisterResponse>(examples::token_exchange());
    taken::<rp::ChangeTokenRequest, rp::ChangeTokenResponse>(examples::token_change());
    taken::<rp::AssignRequest, rp::AssignResponse>(examples::token_assign());
    taken::<rp::ReportRequest, rp::ReportResponse>(examples::token_report());
    taken::<rp::TokenStateRequest, rp::TokenStateResponse>(examples::token_state());
    taken::<rp::SigningRequest, rp::SigningResponse>(examples::signature_begin());
    taken::<rp::SignatureRequest, rp::SignatureResponse>(examples::signature_verify());
}
