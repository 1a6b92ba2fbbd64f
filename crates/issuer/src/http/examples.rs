//! One request and one answer of every call, for the OpenAPI document. Not one of them is real.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

const REQUEST_ID: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const EARLIER_ID: &str = "00112233445566778899aabbccddeeff";
const CUSTOMER: &str = "C-000123";
const SERIAL: &str = "SKTS5N7Q2M4X";
const SERVICE_ID: &str = "10000001";
const USER_ID: &str = "482715930264";
const MATCH_NUMBER: &str = "4821";
/// 2026-11-20 12:00:00 and five years later, Japan time.
const NOW: u64 = 1_795_143_600;
const LATER: u64 = 1_952_910_000;

/// `count` bytes as they travel.
fn bytes(count: usize) -> String {
    STANDARD.encode(vec![0x5a; count])
}

pub(super) fn activation_begin() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "service_id": SERVICE_ID, "user_id": USER_ID,
            "suite": skts_provisioning::wire::SUITE_RISTRETTO255_ARGON2ID,
            "ke1": bytes(96), "device_spki": bytes(91), "consent_version": 1,
            "app_version": "0.1.0",
        }),
        json!({ "ke2": bytes(320) }),
    ]
}

pub(super) fn activation_finish() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "ke3": bytes(64), "signature": bytes(64),
            "sealed_evidence": bytes(120),
        }),
        json!({ "sealed_grant": bytes(600) }),
    ]
}

pub(super) fn self_hello() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "service_id": SERVICE_ID, "device_spki": bytes(91),
            "hpke_public_key": bytes(32), "platform": "android", "consent_version": 1,
            "app_version": "0.1.0",
        }),
        json!({ "challenge": bytes(32), "work_bits": 16 }),
    ]
}

pub(super) fn self_issue() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "challenge": bytes(32), "work": 48_271,
            "evidence": {
                "platform": "android", "device_label": "Pixel", "key_kind": "tee",
                "statement": bytes(0),
            },
            "signature": bytes(64),
        }),
        json!({
            "encapped_key": bytes(32), "ciphertext": bytes(600), "key_id": "2026",
            "signature": bytes(64),
        }),
    ]
}

pub(super) fn confirm() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "serial": SERIAL, "mac": bytes(32), "signature": bytes(64),
            "counter": 1, "credential_proof": bytes(32),
        }),
        json!({ "state": "provisioned", "server_time": NOW, "level": 3 }),
    ]
}

pub(super) fn check_in() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "serial": SERIAL, "device_spki": bytes(91), "counter": 1,
            "proof": bytes(32), "signature": bytes(64),
        }),
        json!({
            "advance": bytes(32), "answered_before": false, "state": "active", "copy_suspected": false, "registered": true,
            "server_time": NOW, "expires_at": LATER, "renewable_from": LATER - 7_776_000,
            "last_used_at": NOW - 600, "resync_asked": false, "key_id": "5a5a5a5a5a5a5a5a",
            "signature": bytes(64),
        }),
    ]
}

pub(super) fn stop() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "serial": SERIAL, "device_spki": bytes(91),
            "signature": bytes(64),
        }),
        json!({
            "state": "revoked", "receipt": { "number": "4820193756", "at": NOW },
            "server_time": NOW, "key_id": "5a5a5a5a5a5a5a5a", "signature": bytes(64),
        }),
    ]
}

pub(super) fn activation_issue() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "activation_password": "48271",
        }),
        json!({ "service_id": SERVICE_ID, "user_id": USER_ID, "expires_at": NOW }),
    ]
}

pub(super) fn activation_withdraw() -> [Value; 2] {
    [
        json!({ "request_id": REQUEST_ID, "user_id": USER_ID }),
        json!({ "state": "withdrawn", "other_device_refused": false }),
    ]
}

pub(super) fn activation_state() -> [Value; 2] {
    [
        json!({ "user_id": USER_ID }),
        json!({
            "state": "claimed", "match_number": MATCH_NUMBER, "device_label": "Pixel",
            "serial": "482103957", "other_device_refused": false,
        }),
    ]
}

pub(super) fn token_register() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "serial": SERIAL,
            "code": "492039",
        }),
        json!({ "verdict": "accepted", "serial": SERIAL, "match_number": MATCH_NUMBER }),
    ]
}

pub(super) fn token_verify() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "code": "492039",
            "purpose": "transfer",
        }),
        json!({ "verdict": "accepted", "step": NOW / 30 }),
    ]
}

pub(super) fn token_resync() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "first": "492039",
            "second": "816204",
        }),
        json!({ "verdict": "accepted", "step": NOW / 30 }),
    ]
}

pub(super) fn token_exchange() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "proof": EARLIER_ID,
            "serial": SERIAL, "code": "492039",
        }),
        json!({ "verdict": "accepted", "serial": SERIAL, "match_number": MATCH_NUMBER }),
    ]
}

pub(super) fn token_change() -> [Value; 2] {
    [
        json!({ "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "change": "suspend" }),
        json!({ "changed": true, "state": "suspended" }),
    ]
}

pub(super) fn token_assign() -> [Value; 2] {
    [
        json!({ "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "serial": "243725864" }),
        json!({ "assigned": true, "serial": "243725864", "expires_at": LATER }),
    ]
}

pub(super) fn token_report() -> [Value; 2] {
    [
        json!({ "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "fault": "low_battery" }),
        json!({ "noted": true }),
    ]
}

pub(super) fn token_state() -> [Value; 2] {
    [
        json!({ "subscriber_ref": CUSTOMER }),
        json!({
            "state": "active", "serial": SERIAL, "expires_at": LATER, "device_label": "Pixel",
            "match_number": MATCH_NUMBER, "kind": "soft", "renewable_from": LATER - 7_776_000,
        }),
    ]
}

pub(super) fn token_history() -> [Value; 2] {
    [
        json!({ "subscriber_ref": CUSTOMER, "most": 20 }),
        json!({
            "entries": [{
                "at": NOW, "actor": "bank", "action": "verify", "outcome": "accepted",
                "serial": SERIAL, "purpose": "login",
            }],
        }),
    ]
}

pub(super) fn events_fetch() -> [Value; 2] {
    [
        json!({ "after": 41, "most": 100 }),
        json!({
            "events": [{
                "number": 42, "at": NOW, "kind": "register", "subscriber_ref": CUSTOMER,
                "serial": SERIAL, "state": "active",
            }],
        }),
    ]
}

fn payment() -> Value {
    json!({
        "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
        "account_number": "1234567", "payee_name": "ミホン タロウ", "amount_yen": "30000",
    })
}

pub(super) fn signature_begin() -> [Value; 2] {
    [
        json!({ "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "payment": payment() }),
        json!({
            "service_id": SERVICE_ID, "payment": payment(), "challenge": "5a".repeat(32),
            "keypad_challenge": "48271593", "expires_at": NOW,
        }),
    ]
}

pub(super) fn signature_verify() -> [Value; 2] {
    [
        json!({
            "request_id": REQUEST_ID, "subscriber_ref": CUSTOMER, "challenge": EARLIER_ID,
            "signature": "49203981",
        }),
        json!({ "verdict": "accepted" }),
    ]
}
