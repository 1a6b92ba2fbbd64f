//! Stop: what is signed on either side, and what of an answer is believed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use skts_otp::{SerialNumber, UnixTime};
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::{DeviceId, RequestId};
use skts_provisioning::stop::{PendingStop, StopError, answer, verify_device};
use skts_provisioning::wire::{
    Bytes, CheckInState, Message, Request, ShortText, StopReceipt, StopRequest, StopResponse,
};

use crate::common::*;

fn start(device: &SoftDevice, id: u8) -> PendingStop {
    let id = RequestId::from_bytes([id; 16]);
    PendingStop::start(&s_grant().serial, device, id).unwrap()
}

fn unsigned() -> StopResponse {
    StopResponse {
        state: CheckInState::Revoked,
        receipt: Some(StopReceipt {
            number: "4820193756".to_owned(),
            at: UnixTime::from_secs(1_763_700_000),
        }),
        server_time: UnixTime::from_secs(1_763_700_000),
        key_id: ShortText::new("").unwrap(),
        signature: Bytes(vec![]),
    }
}

fn told(request: &StopRequest) -> StopResponse {
    answer(request, unsigned(), &provisioning_key()).unwrap()
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Frozen {
    source: String,
    request: String,
    digest: String,
    reply: String,
}

fn run() -> Frozen {
    let pending = start(&SoftDevice::new(20), 0x40);
    Frozen {
        source: "tests/it/stop.rs, the device, key and grant of tests/it/common.rs".to_owned(),
        request: String::from_utf8(pending.body().to_vec()).unwrap(),
        digest: hex::encode(pending.request.digest()),
        reply: String::from_utf8(told(&pending.request).to_body()).unwrap(),
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/frozen/stop-v1.json")
}

#[test]
#[ignore = "writes the frozen file: for a new format version only"]
fn writes_the_frozen_stop() {
    let text = serde_json::to_string_pretty(&run()).unwrap() + "\n";
    std::fs::write(file(), text).unwrap();
}

#[test]
fn a_stop_gives_the_frozen_bytes_and_one_that_was_kept_still_opens() {
    let text = std::fs::read_to_string(file()).unwrap();
    let frozen: Frozen = serde_json::from_str(&text).unwrap();
    assert_eq!(run(), frozen);
    let pending = PendingStop::read(frozen.request.as_bytes()).unwrap();
    assert_eq!(pending.body(), frozen.request.as_bytes());
    let reply = StopResponse::parse(frozen.reply.as_bytes()).unwrap();
    let pinned = [provisioning_key().public()];
    assert_eq!(pending.open(reply.clone(), &pinned).unwrap(), reply);
}

#[test]
fn every_field_of_a_stop_is_signed_by_the_device() {
    let device = SoftDevice::new(20);
    let good = start(&device, 1).request;
    let signed_by = verify_device(&good).unwrap();
    assert_eq!(signed_by, DeviceId::from_spki(device.spki()));
    type Change = fn(&mut StopRequest);
    let changes: [Change; 4] = [
        |r| r.request_id = RequestId::from_bytes([2; 16]),
        |r| r.serial = SerialNumber::parse("SKTS12345679").unwrap(),
        |r| r.device_spki = Bytes::from_slice(SoftDevice::new(21).spki()),
        |r| r.signature.0[40] ^= 1,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        assert!(verify_device(&bad).is_err(), "{index}");
    }
}

#[test]
fn of_a_stop_s_answer_every_field_is_signed_and_nothing_else_is_believed() {
    let device = SoftDevice::new(20);
    let pending = start(&device, 1);
    let pinned = [provisioning_key().public()];
    let good = told(&pending.request);
    assert!(pending.open(good.clone(), &pinned).is_ok());
    type Change = fn(&mut StopResponse);
    let changes: [Change; 6] = [
        |r| {
            r.state = CheckInState::Replaced;
            r.receipt = None;
        },
        |r| r.receipt = None,
        |r| r.receipt.as_mut().unwrap().number = "4820193757".to_owned(),
        |r| r.receipt.as_mut().unwrap().at = UnixTime::from_secs(1_763_700_001),
        |r| r.server_time = UnixTime::from_secs(1_763_700_001),
        |r| r.signature.0[3] ^= 1,
    ];
    for (index, change) in changes.into_iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad);
        let opened = pending.open(bad, &pinned);
        assert_eq!(opened.unwrap_err(), StopError::Signature, "{index}");
    }
    // An answer to another request, under another key, or one that says the token goes on.
    assert!(start(&device, 2).open(good.clone(), &pinned).is_err());
    let foreign = [skts_provisioning::s::ProvisioningSigningKey::make(&mut rng(9)).public()];
    let opened = pending.open(good.clone(), &foreign);
    assert_eq!(opened.unwrap_err(), StopError::UnknownKey);
    let active = StopResponse {
        state: CheckInState::Active,
        receipt: None,
        ..unsigned()
    };
    assert!(answer(&pending.request, active, &provisioning_key()).is_err());
}

#[test]
fn neither_a_check_in_stops_nor_a_stop_checks_in() {
    use skts_provisioning::check_in::{self, PendingCheckIn};
    use skts_provisioning::wire::CheckInRequest;
    let device = SoftDevice::new(20);
    let (id, serial) = (RequestId::from_bytes([1; 16]), s_grant().serial);
    let checked = PendingCheckIn::start(&serial, &s_grant().ratchet, 0, &device, id).unwrap();
    let stop = start(&device, 1).request;
    let as_stop = StopRequest {
        signature: checked.request.signature.clone(),
        ..stop.clone()
    };
    assert!(verify_device(&as_stop).is_err());
    let as_check = CheckInRequest {
        signature: stop.signature,
        ..checked.request
    };
    assert!(check_in::verify_device(&as_check).is_err());
}
