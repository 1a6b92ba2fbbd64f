//! S: self-provisioning.

use axum::http::StatusCode;
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::wire::{Message, SHelloResponse, paths};

use crate::world::{Device, SHINKIN, Token, World, evidence};

const DAY: u64 = 24 * 3600;

#[tokio::test]
async fn a_token_is_set_up_registered_and_its_code_accepted_once() {
    let world = World::new().await;
    let token = world.set_up_s(&Device::new()).await;
    assert!(token.serial.starts_with("SKTS") && token.serial.len() == 12);
    let answer = world
        .register(&token, "customer", &token.code(world.now()))
        .await;
    assert_eq!(answer.verdict(), "accepted");
    assert_eq!(answer.json()["match_number"], token.match_number);

    // The code that registered the token is used.
    assert_eq!(
        world
            .verify(&token, "customer", &token.code(world.now()))
            .await,
        "replayed"
    );
    world.pass(30);
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "customer", &code).await, "accepted");
    assert_eq!(world.verify(&token, "customer", &code).await, "replayed");
}

#[tokio::test]
async fn a_token_that_its_device_has_not_confirmed_is_not_registered() {
    let world = World::new().await;
    let device = Device::new();
    let got = world.s_open(&world.s_hello(&device), &device).await;
    let token = Token::of(SHINKIN, &got);
    let code = token.code(world.now());
    let refused = world.register(&token, "customer", &code).await;
    assert_eq!(refused.verdict(), "rejected");
    let confirm = got.confirm(&device, None).unwrap().to_body();
    world.device(paths::CONFIRM, &confirm).await;
    let taken = world.register(&token, "customer", &code).await;
    assert_eq!(taken.verdict(), "accepted");
}

#[tokio::test]
async fn every_call_sent_again_byte_for_byte_gets_the_same_answer() {
    let world = World::new().await;
    let device = Device::new();
    let hello = world.s_hello(&device);
    let first = world.device(paths::SELF_HELLO, hello.body()).await;
    assert_eq!(world.device(paths::SELF_HELLO, hello.body()).await, first);

    let reply = SHelloResponse::parse(&first.body).unwrap();
    let issue = hello.issue(&reply, &device, &evidence()).unwrap();
    let granted = world.device(paths::SELF_ISSUE, issue.body()).await;
    assert_eq!(granted.status, StatusCode::OK);
    world.pass(DAY);
    assert_eq!(world.device(paths::SELF_ISSUE, issue.body()).await, granted);
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 1);

    let got = world.s_open(&hello, &device).await;
    // A second signature over the same transcript is another body.
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 1);
    let confirm = got.confirm(&device, None).unwrap().to_body();
    let confirmed = world.device(paths::CONFIRM, &confirm).await;
    assert_eq!(confirmed.status, StatusCode::OK);
    assert_eq!(world.device(paths::CONFIRM, &confirm).await, confirmed);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let device = Device::new();
    let hello = world.s_hello(&device);
    world.device(paths::SELF_HELLO, hello.body()).await;
    let before = world.dump().await;
    let other = String::from_utf8(hello.body().to_vec())
        .unwrap()
        .replace("linux", "minux");
    let answer = world.device(paths::SELF_HELLO, other.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::CONFLICT, "conflict")
    );
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn a_challenge_is_good_for_five_minutes_and_one_hello() {
    let world = World::new().await;
    let device = Device::new();
    let (hello, other) = (world.s_hello(&device), world.s_hello(&device));
    let answer = world.device(paths::SELF_HELLO, hello.body()).await;
    let reply = SHelloResponse::parse(&answer.body).unwrap();
    let issue = hello.issue(&reply, &device, &evidence()).unwrap();

    // Another hello's challenge.
    let mixed = other.issue(&reply, &device, &evidence()).unwrap();
    world.device(paths::SELF_HELLO, other.body()).await;
    let answer = world.device(paths::SELF_ISSUE, mixed.body()).await;
    assert_eq!(answer.code(), "expired-challenge");

    world.pass(300);
    let answer = world.device(paths::SELF_ISSUE, issue.body()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::GONE, "expired-challenge")
    );
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 0);
}

#[tokio::test]
async fn calls_out_of_order_make_no_token() {
    let world = World::new().await;
    let device = Device::new();
    let hello = world.s_hello(&device);
    let reply = SHelloResponse {
        challenge: skts_provisioning::wire::Bytes(vec![0; 32]),
        work_bits: 0,
    };
    let issue = hello.issue(&reply, &device, &evidence()).unwrap();
    assert_eq!(
        world.device(paths::SELF_ISSUE, issue.body()).await.code(),
        "expired-challenge"
    );
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 0);
}

#[tokio::test]
async fn another_devices_signature_and_missing_work_are_refused() {
    let world = World::with(|config| config.work_bits = 12).await;
    let (device, other) = (Device::new(), Device::new());
    let hello = world.s_hello(&device);
    let answer = world.device(paths::SELF_HELLO, hello.body()).await;
    let reply = SHelloResponse::parse(&answer.body).unwrap();
    let issue = hello.issue(&reply, &device, &evidence()).unwrap();
    let mut forged = issue.request.clone();
    forged.signature.0 = other.sign(b"anything").unwrap();
    assert_eq!(
        world
            .device(paths::SELF_ISSUE, &forged.to_body())
            .await
            .code(),
        "bad-request"
    );
    let mut lazy = issue.request.clone();
    lazy.work = lazy.work.wrapping_add(1);
    assert_eq!(
        world
            .device(paths::SELF_ISSUE, &lazy.to_body())
            .await
            .code(),
        "bad-request"
    );
    // The honest call still works: nothing was burned.
    assert_eq!(
        world.device(paths::SELF_ISSUE, issue.body()).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_token_lapses_unconfirmed_after_72_hours_and_unregistered_after_90_days() {
    for tidied in [false, true] {
        let world = World::new().await;
        let device = Device::new();
        let hello = world.s_hello(&device);
        let got = world.s_open(&hello, &device).await;
        world.pass(3 * DAY);
        if tidied {
            world.issuer.tidy().await.unwrap();
        }
        let confirm = got.confirm(&device, None).unwrap().to_body();
        assert_eq!(
            world.device(paths::CONFIRM, &confirm).await.code(),
            "lapsed"
        );

        let token = world.set_up_s(&device).await;
        world.pass(90 * DAY);
        if tidied {
            world.issuer.tidy().await.unwrap();
        }
        let answer = world
            .register(&token, "late", &token.code(world.now()))
            .await;
        assert_eq!(answer.verdict(), "rejected");
    }
}

#[tokio::test]
async fn the_service_may_end_between_any_two_calls() {
    let mut world = World::new().await;
    let device = Device::new();
    let hello = world.s_hello(&device);
    let answer = world.device(paths::SELF_HELLO, hello.body()).await;
    world.restart().await;
    let reply = SHelloResponse::parse(&answer.body).unwrap();
    let issue = hello.issue(&reply, &device, &evidence()).unwrap();
    let first = world.device(paths::SELF_ISSUE, issue.body()).await;
    world.restart().await;
    assert_eq!(world.device(paths::SELF_ISSUE, issue.body()).await, first);
    assert_eq!(first.status, StatusCode::OK);
}
