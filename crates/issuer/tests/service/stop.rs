//! 利用中止 from the app: only the token's own device ends it, once, with a receipt.

use rand_core::OsRng;
use serde_json::{Value, json};
use skts_otp::SerialNumber;
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::RequestId;
use skts_provisioning::institution::SignedList;
use skts_provisioning::stop::PendingStop;
use skts_provisioning::wire::{CheckInState, Message, Request, StopRequest, StopResponse, paths};

use crate::check_in::held;
use crate::check_in::holder::{Holder, in_use};
use crate::life::{exchange_body, prove};
use crate::world::{Answer, Device, RENGO, SHINKIN, Token, World, new_id};

fn pending_as(token: &Token, device: &Device, id: RequestId) -> PendingStop {
    let serial = SerialNumber::parse(&token.serial).unwrap();
    PendingStop::start(&serial, device, id).unwrap()
}

fn pending(token: &Token, device: &Device) -> PendingStop {
    pending_as(token, device, RequestId::make(&mut OsRng))
}

/// Takes an answer as the app does: its signature first.
async fn take(world: &World, pending: &PendingStop, answer: &Answer) -> StopResponse {
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status.as_u16(), 200, "{text}");
    let reply = StopResponse::parse(&answer.body).expect("an answer of its kind");
    let list = world.issuer.institution_list("http://127.0.0.1:1").await;
    let list = SignedList::verify_outside(&list.expect("a list")).expect("a good list");
    let mut signers = list.institutions.iter();
    let opened = signers.find_map(|one| pending.open(reply.clone(), &one.provisioning_keys).ok());
    opened.expect("signed")
}

async fn stop(world: &World, token: &Token, device: &Device) -> StopResponse {
    let pending = pending(token, device);
    let answer = world.device(paths::STOP, pending.body()).await;
    take(world, &pending, &answer).await
}

async fn state(world: &World, customer: &str) -> String {
    let body = json!({ "subscriber_ref": customer });
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_STATE, &body).await;
    answer.json()["state"].as_str().unwrap().to_owned()
}

async fn events(world: &World, institution: &str) -> Vec<Value> {
    let body = json!({ "after": 0, "most": 100 });
    let answer = world.bank(institution, paths::RP_EVENTS_FETCH, &body).await;
    answer.json()["events"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_device_ends_its_token_with_a_receipt_and_the_bank_is_told() {
    let world = World::new().await;
    let (token, device, _) = in_use(&world, "taro").await;
    let told = stop(&world, &token, &device).await;
    let receipt = told.receipt.clone().expect("a receipt");
    assert_eq!(told.state, CheckInState::Revoked);
    assert_eq!(receipt.number.len(), 10);
    assert_eq!(receipt.at.as_secs(), world.now());
    // No code is accepted any more, and the token is nobody's again.
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "unknown");
    assert_eq!(state(&world, "taro").await, "revoked");
    let again = world.register(&token, "jiro", &code).await;
    assert_eq!(again.verdict(), "rejected");
    let last = events(&world, SHINKIN).await.pop().unwrap();
    assert_eq!(
        (
            &last["kind"],
            &last["subscriber_ref"],
            &last["serial"],
            &last["state"]
        ),
        (
            &json!("stop"),
            &json!("taro"),
            &json!(token.serial),
            &json!("revoked")
        )
    );
    let body = json!({ "subscriber_ref": "taro", "most": 10 });
    let history = world.bank(SHINKIN, paths::RP_TOKEN_HISTORY, &body).await;
    let entries = history.json()["entries"].clone();
    let stopped = entries.as_array().unwrap().iter();
    let stopped: Vec<_> = stopped.filter(|entry| entry["action"] == "stop").collect();
    assert_eq!(stopped.len(), 1);
    assert_eq!(
        (&stopped[0]["actor"], &stopped[0]["state"]),
        (&json!("device"), &json!("revoked"))
    );
    let noted = format!(
        "SELECT count(*) FROM audit WHERE detail = '{}'",
        receipt.number
    );
    assert_eq!(world.number(&noted).await, 1);
    // A new token takes its place as after 利用中止 at the bank.
    let new = world.set_up_s(&Device::new()).await;
    let begun = world.register(&new, "taro", &new.code(world.now())).await;
    assert_eq!(begun.verdict(), "accepted");
}

#[tokio::test]
async fn a_lost_receipt_is_given_again_byte_for_byte_and_by_any_later_call() {
    let mut world = World::new().await;
    let (token, device, _) = in_use(&world, "taro").await;
    let pending = pending(&token, &device);
    let first = world.device(paths::STOP, pending.body()).await;
    world.pass(3600);
    let before = world.dump().await;
    world.restart().await;
    for _ in 0..3 {
        assert_eq!(world.device(paths::STOP, pending.body()).await, first);
    }
    assert_eq!(world.dump().await, before);
    let receipt = take(&world, &pending, &first).await.receipt;
    assert!(receipt.is_some());
    // Whoever lost the request too makes another: the receipt is the first one's.
    let later = stop(&world, &token, &device).await;
    assert_eq!(
        (later.state, later.receipt),
        (CheckInState::Revoked, receipt)
    );
    assert_eq!(later.server_time.as_secs(), world.now());
    let ended = "SELECT count(*) FROM events WHERE kind = 'stop'";
    assert_eq!(world.number(ended).await, 1);
}

#[tokio::test]
async fn another_stop_under_the_same_id_is_a_conflict() {
    let world = World::new().await;
    let (token, device, _) = in_use(&world, "taro").await;
    let first = pending(&token, &device);
    let answer = world.device(paths::STOP, first.body()).await;
    take(&world, &first, &answer).await;
    let before = world.dump().await;
    // Signatures of this kind are deterministic in the tests: a body that differs has to be made.
    let mut other = first.request.clone();
    let signed = other.signature.0.clone();
    other.signature.0 = device.sign(b"something else").unwrap();
    assert_ne!(other.digest(), first.request.digest());
    let refused = world.device(paths::STOP, &other.to_body()).await;
    // Not signed as it stands: a stranger's, whatever its id.
    assert_eq!(refused.code(), "not-found");
    other.signature.0 = signed;
    assert_eq!(world.device(paths::STOP, &other.to_body()).await, answer);
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_stranger_stops_nobody_s_token() {
    let world = World::new().await;
    let (token, device, mut holder) = in_use(&world, "taro").await;
    let before = world.dump().await;
    let good = pending(&token, &device).request;
    let mut flipped = good.clone();
    flipped.signature.0[9] ^= 1;
    let mut renamed = good.clone();
    renamed.request_id = RequestId::make(&mut OsRng);
    let elsewhere = pending(&token, &Device::new()).request;
    // The signature of a check-in is none of a stop.
    let mut checked = good.clone();
    checked.signature = holder.pending_as(good.request_id).request.signature;
    let mut unknown = token.clone();
    unknown.serial = "SKTS00000000".to_owned();
    let unknown = pending(&unknown, &device).request;
    let mut answers = Vec::new();
    for request in [flipped, renamed, elsewhere, checked, unknown] {
        answers.push(world.device(paths::STOP, &request.to_body()).await);
    }
    for answer in &answers {
        assert_eq!(
            (answer.status.as_u16(), answer.code().as_str()),
            (404, "not-found")
        );
        // But for the id, which it gives back.
        let plain = |answer: &Answer| {
            let mut body = answer.json();
            body.as_object_mut().unwrap().remove("request_id");
            body
        };
        assert_eq!(plain(answer), plain(&answers[0]));
    }
    assert_eq!(world.dump().await, before);
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
}

#[tokio::test]
async fn a_token_that_is_locked_held_copied_or_not_registered_can_be_stopped() {
    let world = World::new().await;
    let (locked, device, _) = in_use(&world, "taro").await;
    held::lock(&world, &locked, "taro").await;
    assert!(stop(&world, &locked, &device).await.receipt.is_some());

    let (suspended, device, _) = in_use(&world, "jiro").await;
    let body = json!({"request_id": new_id(), "subscriber_ref": "jiro", "change": "suspend"});
    world.bank(SHINKIN, paths::RP_TOKEN_CHANGE, &body).await;
    assert!(stop(&world, &suspended, &device).await.receipt.is_some());

    let (copied, device, holder) = in_use(&world, "hanako").await;
    let mut copy = holder.clone();
    let mut original = holder;
    original.check(&world).await;
    assert!(copy.check(&world).await.copy_suspected);
    assert!(stop(&world, &copied, &device).await.receipt.is_some());

    let device = Device::new();
    let unregistered = world.set_up_s(&device).await;
    assert!(stop(&world, &unregistered, &device).await.receipt.is_some());
    let code = unregistered.code(world.now());
    let begun = world.register(&unregistered, "saburo", &code).await;
    assert_eq!(begun.verdict(), "rejected");
}

#[tokio::test]
async fn a_token_stopped_before_it_was_registered_ends_its_activation() {
    let world = World::new().await;
    let device = Device::new();
    let token = world.set_up_k(RENGO, "taro", &device).await;
    let told = stop(&world, &token, &device).await;
    assert!(told.receipt.is_some());
    let withdrawn = "SELECT count(*) FROM activations WHERE state = 'withdrawn'";
    assert_eq!(world.number(withdrawn).await, 1);
    let last = events(&world, RENGO).await.pop().unwrap();
    assert_eq!(
        (&last["kind"], &last["subscriber_ref"]),
        (&json!("stop"), &json!("taro"))
    );
    // Another is issued and begins as ever.
    let again = world.set_up_k(RENGO, "taro", &Device::new()).await;
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "serial": again.serial,
        "code": again.code(world.now()),
    });
    let begun = world.bank(RENGO, paths::RP_TOKEN_REGISTER, &body).await;
    assert_eq!(begun.verdict(), "accepted");
}

#[tokio::test]
async fn a_token_that_is_over_already_is_told_so_without_a_receipt() {
    let world = World::new().await;
    let (old, device, _) = in_use(&world, "taro").await;
    let new = world.set_up_s(&Device::new()).await;
    let proof = prove(&world, &old, "taro").await;
    let body = exchange_body("taro", &proof, &new.serial, &new.code(world.now()));
    let exchanged = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(exchanged.verdict(), "accepted");
    let pending = pending(&old, &device);
    let first = world.device(paths::STOP, pending.body()).await;
    let told = take(&world, &pending, &first).await;
    assert_eq!((told.state, told.receipt), (CheckInState::Replaced, None));
    world.pass(60);
    assert_eq!(world.device(paths::STOP, pending.body()).await, first);
    // The new token is in use all the same.
    assert_eq!(state(&world, "taro").await, "active");
    let told_of = "SELECT count(*) FROM events WHERE kind = 'stop'";
    assert_eq!(world.number(told_of).await, 0);

    let (ended, device, _) = in_use(&world, "jiro").await;
    world.pass(1827 * 24 * 3600);
    let told = stop(&world, &ended, &device).await;
    assert_eq!((told.state, told.receipt), (CheckInState::Expired, None));
}

#[tokio::test]
async fn a_check_in_after_a_stop_tells_that_it_is_over() {
    let world = World::new().await;
    let (token, device, mut holder) = in_use(&world, "taro").await;
    stop(&world, &token, &device).await;
    let told = holder.check(&world).await;
    assert_eq!((told.state, told.advance), (CheckInState::Revoked, None));
    let fresh = Holder::of(&token, &device);
    assert_eq!(fresh.count, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_stops_alike_at_once_end_a_token_once_with_one_receipt() {
    let world = World::new().await;
    let (token, device, _) = in_use(&world, "taro").await;
    let request: StopRequest = pending(&token, &device).request;
    let body: Value = serde_json::from_slice(&request.to_body()).unwrap();
    let answers = crate::concurrency::answers_at_once(&world, paths::STOP, vec![body; 200]).await;
    assert_eq!(answers.len(), 200);
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    let entries = "SELECT count(*) FROM audit WHERE action = 'stop'";
    assert_eq!(world.number(entries).await, 1);
}
