//! Verification of codes.

use proptest::prelude::*;
use serde_json::json;
use skts_provisioning::wire::paths;

use crate::world::{Device, SHINKIN, World, new_id, verify_body};

#[tokio::test]
async fn codes_are_typed_in_any_width() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let code = token.code(world.now());
    let wide: String = code
        .chars()
        .map(|c| char::from_u32(c as u32 - 0x30 + 0xff10).unwrap())
        .collect();
    let spaced = format!("{}　{}", &wide[..9], &wide[9..]);
    assert_eq!(world.verify(&token, "customer", &spaced).await, "accepted");
}

#[tokio::test]
async fn a_wrong_shape_touches_no_counter() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let before = world.dump_of(&["tokens"]).await;
    for text in [
        "",
        "12345",
        "1234567",
        "12345678",
        "abcdef",
        "12 34 5",
        "१२३४५६",
    ] {
        assert_eq!(
            world.verify(&token, "customer", text).await,
            "rejected",
            "{text}"
        );
    }
    assert_eq!(world.dump_of(&["tokens"]).await, before);
}

#[tokio::test]
async fn the_window_is_one_step_each_way() {
    for (distance, verdict) in [
        (-2, "rejected"),
        (-1, "accepted"),
        (0, "accepted"),
        (1, "accepted"),
        (2, "rejected"),
    ] {
        let world = World::new().await;
        let token = world.active("customer").await;
        world.pass(300);
        let step = token.step(world.now()).offset(distance).unwrap();
        let code = token.code_of(step, skts_otp::Digits::Six);
        assert_eq!(
            world.verify(&token, "customer", &code).await,
            verdict,
            "{distance}"
        );
    }
}

#[tokio::test]
async fn wrong_codes_wait_then_lock_and_a_wait_evaluates_nothing() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let wrong = || token.wrong_code(world.now());
    assert_eq!(world.verify(&token, "customer", &wrong()).await, "rejected");
    assert_eq!(world.verify(&token, "customer", &wrong()).await, "rejected");
    // Five seconds to wait: neither a right nor a wrong code is looked at.
    let before = world.dump_of(&["tokens"]).await;
    let right = token.code(world.now());
    assert_eq!(world.verify(&token, "customer", &right).await, "locked");
    assert_eq!(world.verify(&token, "customer", &wrong()).await, "locked");
    assert_eq!(world.dump_of(&["tokens"]).await, before);
    // After it the right code is still good: it was not consumed.
    world.pass(5);
    assert_eq!(world.verify(&token, "customer", &right).await, "accepted");
    assert_eq!(world.number("SELECT fails FROM tokens").await, 0);

    for wait in [0, 5, 10, 20] {
        assert_eq!(
            world.verify(&token, "customer", &wrong()).await,
            "rejected",
            "{wait}"
        );
        world.pass(match wait {
            0 => 0,
            other => other,
        });
    }
    assert_eq!(world.number("SELECT fails FROM tokens").await, 4);
    assert_eq!(world.verify(&token, "customer", &wrong()).await, "locked");
    world.pass(100_000);
    let right = token.code(world.now());
    assert_eq!(world.verify(&token, "customer", &right).await, "locked");
    let body = json!({ "subscriber_ref": "customer" });
    let state = world
        .bank(SHINKIN, paths::RP_TOKEN_STATE, &body)
        .await
        .json();
    assert_eq!(state["state"], "locked");
}

#[tokio::test]
async fn a_bank_that_asks_again_gets_the_first_verdict() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let right = verify_body("customer", &token.code(world.now()));
    let wrong = verify_body("customer", &token.wrong_code(world.now()));
    for body in [&right, &wrong] {
        let first = world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, body).await;
        let before = world.dump().await;
        world.pass(3);
        assert_eq!(
            world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, body).await,
            first
        );
        assert_eq!(world.dump().await, before);
    }
    let mut other = right.clone();
    other["code"] = json!("000000");
    let before = world.dump().await;
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &other).await;
    assert_eq!(answer.code(), "conflict");
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn registering_twice_with_one_id_registers_once() {
    let world = World::new().await;
    let token = world.set_up_s(&Device::new()).await;
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "customer", "serial": token.serial,
        "code": token.code(world.now()),
    });
    let first = world.bank(SHINKIN, paths::RP_TOKEN_REGISTER, &body).await;
    assert_eq!(first.verdict(), "accepted");
    assert_eq!(
        world.bank(SHINKIN, paths::RP_TOKEN_REGISTER, &body).await,
        first
    );
}

#[tokio::test]
async fn a_strangers_tries_at_a_serial_change_no_byte_of_its_token() {
    let world = World::new().await;
    let token = world.set_up_s(&Device::new()).await;
    let before = world.dump_of(&["tokens"]).await;
    for _ in 0..20 {
        let answer = world
            .register(&token, "stranger", &token.wrong_code(world.now()))
            .await;
        assert!(["rejected", "locked"].contains(&answer.verdict().as_str()));
        world.pass(1);
    }
    assert_eq!(world.dump_of(&["tokens"]).await, before);
    let answer = world
        .register(&token, "owner", &token.code(world.now()))
        .await;
    assert_eq!(answer.verdict(), "accepted");
}

#[tokio::test]
async fn an_expired_token_is_accepted_no_more() {
    let world = World::new().await;
    let token = world.active("customer").await;
    world.pass(1826 * 24 * 3600);
    assert_eq!(
        world
            .verify(&token, "customer", &token.code(world.now()))
            .await,
        "unknown"
    );
    world.issuer.tidy().await.unwrap();
    let body = json!({ "subscriber_ref": "customer" });
    let state = world
        .bank(SHINKIN, paths::RP_TOKEN_STATE, &body)
        .await
        .json();
    assert_eq!(state["state"], "expired");
}

#[tokio::test]
async fn drift_is_learnt_one_step_a_success_and_capped() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let mut drift = 0_i64;
    for _ in 0..8 {
        world.pass(600);
        let step = token.step(world.now()).offset(drift + 1).unwrap();
        let code = token.code_of(step, skts_otp::Digits::Six);
        assert_eq!(world.verify(&token, "customer", &code).await, "accepted");
        drift = (drift + 1).min(4);
        assert_eq!(world.number("SELECT drift FROM tokens").await, drift);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn no_step_is_accepted_twice_in_any_order(
        tries in prop::collection::vec((0_u64..40, -2_i64..=2), 1..25)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = World::new().await;
            let token = world.active("customer").await;
            let mut accepted = std::collections::HashSet::new();
            for (wait, distance) in tries {
                world.pass(wait);
                let step = token.step(world.now()).offset(distance).unwrap();
                let body =
                    verify_body("customer", &token.code_of(step, skts_otp::Digits::Six));
                let answer = world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &body).await.json();
                if answer["verdict"] == "accepted" {
                    let taken = answer["step"].as_u64().unwrap();
                    assert!(accepted.insert(taken), "step {taken} accepted twice");
                }
            }
        });
    }
}
