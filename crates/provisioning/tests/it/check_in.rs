//! The ratchet: what moves it, what does not, and what of an answer is believed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_provisioning::check_in::{
    CheckInError, PendingCheckIn, Standing, answer, judge, turn, verify_device,
};
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::{DeviceId, RequestId};
use skts_provisioning::wire::{
    Bytes, CheckInRequest, CheckInResponse, CheckInState, MAX_COUNTER, Message, Request, ShortText,
};
use skts_sealed::SecretBytes;

use crate::common::*;

fn ratchet() -> SecretBytes {
    s_grant().ratchet
}

fn start(device: &SoftDevice, ratchet: &SecretBytes, count: u64, id: u8) -> PendingCheckIn {
    let id = RequestId::from_bytes([id; 16]);
    PendingCheckIn::start(&s_grant().serial, ratchet, count, device, id).unwrap()
}

fn unsigned(advance: Option<u8>, server_time: u64) -> CheckInResponse {
    CheckInResponse {
        advance: advance.map(|byte| Bytes(vec![byte; 32])),
        answered_before: false,
        state: CheckInState::Active,
        copy_suspected: false,
        registered: true,
        server_time: UnixTime::from_secs(server_time),
        expires_at: UnixTime::from_secs(1_921_280_000),
        renewable_from: UnixTime::from_secs(1_913_504_000),
        lapses_at: None,
        last_used_at: Some(UnixTime::from_secs(1_763_600_100)),
        resync_asked: false,
        key_id: ShortText::new("").unwrap(),
        signature: Bytes(vec![]),
    }
}

fn told(request: &CheckInRequest, advance: Option<u8>) -> CheckInResponse {
    answer(
        request,
        unsigned(advance, 1_763_700_000),
        &provisioning_key(),
    )
    .unwrap()
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Link {
    request: String,
    digest: String,
    pending: String,
    reply: String,
    ratchet: String,
}

/// Five check-ins in a row, from constant ids and ρ.
fn chain() -> Vec<Link> {
    let (device, mut ratchet) = (SoftDevice::new(20), ratchet());
    let link = |count: u8| {
        let pending = start(&device, &ratchet, count.into(), 0x30 + count);
        let reply = told(&pending.request, Some(0x60 + count));
        let body = String::from_utf8(reply.to_body()).unwrap();
        let opened = pending.open(reply, &[provisioning_key().public()], &ratchet);
        ratchet = opened.unwrap().ratchet.unwrap();
        Link {
            request: String::from_utf8(pending.body().to_vec()).unwrap(),
            digest: hex::encode(pending.request.digest()),
            pending: hex::encode(pending.encode().expose_secret()),
            reply: body,
            ratchet: hex::encode(ratchet.expose_secret()),
        }
    };
    (0..5).map(link).collect()
}

#[derive(Serialize, Deserialize)]
struct Frozen {
    source: String,
    links: Vec<Link>,
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frozen/check-in-v1.json")
}

#[test]
#[ignore = "writes the frozen file: for a new format version only"]
fn writes_the_frozen_chain() {
    let frozen = Frozen {
        source: "tests/it/check_in.rs, the device, key and grant of tests/it/common.rs".to_owned(),
        links: chain(),
    };
    std::fs::write(
        file(),
        serde_json::to_string_pretty(&frozen).unwrap() + "\n",
    )
    .unwrap();
}

#[test]
fn five_check_ins_give_the_frozen_bytes() {
    let text = std::fs::read_to_string(file()).unwrap();
    let frozen: Frozen = serde_json::from_str(&text).unwrap();
    assert_eq!(chain(), frozen.links);
}

#[test]
fn the_stored_form_opens_and_one_cut_or_lengthened_does_not() {
    let pending = start(&SoftDevice::new(20), &ratchet(), 0, 1);
    let stored = pending.encode();
    let bytes = stored.expose_secret();
    let again = PendingCheckIn::decode(bytes).unwrap();
    assert_eq!(again.body(), pending.body());
    assert_eq!(again.request, pending.request);
    for length in 0..bytes.len() {
        assert!(
            PendingCheckIn::decode(&bytes[..length]).is_err(),
            "{length}"
        );
    }
    assert!(PendingCheckIn::decode(&[bytes, &[0]].concat()).is_err());
}

#[test]
fn only_the_next_value_moves_and_an_older_or_unknown_one_is_stale() {
    let device = SoftDevice::new(20);
    let (old, new) = (ratchet(), SecretBytes::from_slice(&[0xD4; 32]));
    let next = start(&device, &new, 1, 1).request;
    assert_eq!(judge(&next, &new, 1), Standing::Next);
    // The right count under another value, and the right value under an older count.
    assert_eq!(
        judge(&start(&device, &old, 1, 2).request, &new, 1),
        Standing::Stale
    );
    assert_eq!(
        judge(&start(&device, &old, 0, 3).request, &new, 1),
        Standing::Stale
    );
    assert_eq!(
        judge(&start(&device, &new, 0, 4).request, &new, 1),
        Standing::Stale
    );
    // The service's own database was put back: no reason to stop a token.
    assert_eq!(
        judge(&start(&device, &new, 2, 5).request, &new, 1),
        Standing::Ahead
    );
    assert_eq!(
        judge(&start(&device, &new, MAX_COUNTER - 1, 6).request, &new, 1),
        Standing::Ahead
    );
}

#[test]
fn every_field_of_a_check_in_is_signed_and_every_field_but_the_signature_proved() {
    let device = SoftDevice::new(20);
    let good = start(&device, &ratchet(), 0, 1).request;
    assert_eq!(
        verify_device(&good).unwrap(),
        DeviceId::from_spki(device.spki())
    );
    type Change = fn(&mut CheckInRequest);
    let changes: [(Change, bool); 6] = [
        (|r| r.request_id = RequestId::from_bytes([2; 16]), true),
        (
            |r| r.serial = skts_otp::SerialNumber::parse("SKTS12345679").unwrap(),
            true,
        ),
        (|r| r.counter = 2, true),
        (
            |r| r.device_spki = Bytes::from_slice(SoftDevice::new(21).spki()),
            true,
        ),
        (|r| r.proof.0[0] ^= 1, true),
        (|r| r.signature.0[40] ^= 1, false),
    ];
    for (index, (change, of_proof)) in changes.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(verify_device(&bad).is_err(), "{index}");
        let count = bad.counter - 1;
        assert_eq!(
            judge(&bad, &ratchet(), count) == Standing::Stale,
            of_proof,
            "{index}"
        );
    }
}

#[test]
fn of_an_answer_every_field_is_signed_and_nothing_else_is_believed() {
    let device = SoftDevice::new(20);
    let pending = start(&device, &ratchet(), 0, 1);
    let pinned = [provisioning_key().public()];
    let good = told(&pending.request, Some(7));
    assert!(pending.open(good.clone(), &pinned, &ratchet()).is_ok());
    type Change = fn(&mut CheckInResponse);
    let changes: [Change; 13] = [
        |r| r.advance = None,
        |r| r.advance = Some(Bytes(vec![8; 32])),
        |r| r.answered_before = true,
        |r| r.state = CheckInState::Suspended,
        |r| r.copy_suspected = true,
        |r| r.registered = false,
        |r| r.server_time = UnixTime::from_secs(1_763_700_001),
        |r| r.expires_at = UnixTime::from_secs(1_921_280_001),
        |r| r.renewable_from = UnixTime::from_secs(1),
        |r| r.lapses_at = r.last_used_at,
        |r| r.last_used_at = None,
        |r| r.resync_asked = true,
        |r| r.signature.0[3] ^= 1,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        let opened = pending.open(bad, &pinned, &ratchet());
        assert_eq!(opened.unwrap_err(), CheckInError::Signature, "{index}");
    }
    // The two times are fields of their own: one in the other's place is another message.
    let mut moved = good.clone();
    moved.lapses_at = moved.last_used_at.take();
    assert!(pending.open(moved, &pinned, &ratchet()).is_err());
    // An answer to another request, or under another key.
    let other = start(&device, &ratchet(), 0, 2);
    assert!(other.open(good.clone(), &pinned, &ratchet()).is_err());
    let foreign = [skts_provisioning::s::ProvisioningSigningKey::make(&mut rng(9)).public()];
    let opened = pending.open(good, &foreign, &ratchet());
    assert_eq!(opened.unwrap_err(), CheckInError::UnknownKey);
}

#[test]
fn both_sides_turn_the_ratchet_alike_and_an_answer_without_rho_leaves_it() {
    let pending = start(&SoftDevice::new(20), &ratchet(), 0, 1);
    let pinned = [provisioning_key().public()];
    let moved = pending.open(told(&pending.request, Some(7)), &pinned, &ratchet());
    let there = turn(&ratchet(), &[7; 32], &pending.request.digest()).unwrap();
    assert!(moved.unwrap().ratchet.unwrap().ct_eq(&there));
    assert!(!there.ct_eq(&ratchet()));
    let stays = pending.open(told(&pending.request, None), &pinned, &ratchet());
    assert!(stays.unwrap().ratchet.is_none());
    assert!(turn(&ratchet(), &[7; 31], &pending.request.digest()).is_err());
    assert!(turn(&SecretBytes::from_slice(&[1; 31]), &[7; 32], &[0; 32]).is_err());
}

#[test]
fn neither_a_check_in_nor_its_outcome_prints_the_ratchet() {
    let pending = start(&SoftDevice::new(20), &ratchet(), 0, 1);
    let pinned = [provisioning_key().public()];
    let opened = pending.open(told(&pending.request, Some(7)), &pinned, &ratchet());
    let opened = opened.unwrap();
    let next = hex::encode(opened.ratchet.as_ref().unwrap().expose_secret());
    let list = format!("{:?}", opened.ratchet.as_ref().unwrap().expose_secret());
    let text = format!("{pending:?} {opened:?} {opened:#?}");
    assert!(!text.contains(&next) && !text.contains(list.trim_matches(['[', ']'])));
    assert!(text.contains("redacted"));
}
