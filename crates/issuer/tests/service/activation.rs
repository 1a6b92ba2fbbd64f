//! K: activation.

use axum::http::StatusCode;
use serde_json::json;
use skts_otp::Digits;
use skts_provisioning::ids::UserId;
use skts_provisioning::wire::{KBeginResponse, Message, paths};

use crate::world::{Device, PASSWORD, RENGO, SHINKUMI, Token, World, new_id};

async fn state(world: &World, user_id: &UserId) -> serde_json::Value {
    let body = json!({ "user_id": user_id.as_str() });
    world
        .bank(SHINKUMI, paths::RP_ACTIVATION_STATE, &body)
        .await
        .json()
}

#[tokio::test]
async fn a_token_is_activated_and_its_code_accepted_once() {
    let world = World::new().await;
    let token = world.set_up_k(SHINKUMI, "taro", &Device::new()).await;
    assert_eq!(token.serial.len(), 9);
    let code = token.code(world.now());
    assert_eq!(code.len(), 8);
    let answer = world.register(&token, "taro", &code).await;
    assert_eq!(answer.verdict(), "accepted");
    assert_eq!(answer.json()["match_number"], token.match_number);
    world.pass(60);
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
    assert_eq!(world.verify(&token, "taro", &code).await, "replayed");
    // The record is gone with the activation.
    assert_eq!(
        world
            .number("SELECT count(*) FROM activations WHERE record IS NOT NULL")
            .await,
        0
    );
}

#[tokio::test]
async fn both_lengths_of_a_token_stand_under_one_last_step() {
    let world = World::new().await;
    let token = world.set_up_k(RENGO, "hanako", &Device::new()).await;
    assert!(token.serial.starts_with("SKTS"));
    let step = token.step(world.now());
    let eight = token.code_of(step, Digits::Eight);
    assert_eq!(
        world.register(&token, "hanako", &eight).await.verdict(),
        "accepted"
    );
    let six = token.code_of(step, Digits::Six);
    assert_eq!(world.verify(&token, "hanako", &six).await, "replayed");
    world.pass(30);
    let six = token.code_of(step.next(), Digits::Six);
    assert_eq!(world.verify(&token, "hanako", &six).await, "accepted");
}

#[tokio::test]
async fn somebody_elses_activation_cannot_be_registered() {
    let world = World::new().await;
    let token = world.set_up_k(SHINKUMI, "taro", &Device::new()).await;
    let code = token.code(world.now());
    assert_eq!(
        world.register(&token, "thief", &code).await.verdict(),
        "rejected"
    );
    assert_eq!(
        world.register(&token, "taro", &code).await.verdict(),
        "accepted"
    );
}

#[tokio::test]
async fn five_unproved_tries_exhaust_an_activation() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    for _ in 0..5 {
        let begin = world.k_begin(SHINKUMI, &user_id, "0000", &device);
        assert!(world.k_finish(&begin, "0000", &device).await.is_none());
    }
    assert_eq!(state(&world, &user_id).await["state"], "exhausted");
    // The sixth is answered like the others, by a fake record: the right password fails too.
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let answer = world.device(paths::ACTIVATION_BEGIN, begin.body()).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(world.k_finish(&begin, PASSWORD, &device).await.is_none());
}

#[tokio::test]
async fn a_proved_try_is_given_back() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    for _ in 0..4 {
        let begin = world.k_begin(SHINKUMI, &user_id, "0000", &device);
        world.k_finish(&begin, "0000", &device).await;
    }
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    assert_eq!(world.number("SELECT attempts FROM activations").await, 5);
    world.k_open(&finish).await;
    assert_eq!(world.number("SELECT attempts FROM activations").await, 4);
    // Sent again, it is not given back twice.
    world.k_open(&finish).await;
    assert_eq!(world.number("SELECT attempts FROM activations").await, 4);
}

#[tokio::test]
async fn wrong_unknown_expired_withdrawn_and_exhausted_look_alike() {
    let world = World::new().await;
    let device = Device::new();
    let known = world.activation(SHINKUMI, "a").await;
    let withdrawn = world.activation(SHINKUMI, "b").await;
    let body = json!({ "request_id": new_id(), "user_id": withdrawn.as_str() });
    let answer = world
        .bank(SHINKUMI, paths::RP_ACTIVATION_WITHDRAW, &body)
        .await;
    assert_eq!(answer.json()["state"], "withdrawn");
    let exhausted = world.activation(SHINKUMI, "c").await;
    for _ in 0..5 {
        let begin = world.k_begin(SHINKUMI, &exhausted, "0000", &device);
        world.device(paths::ACTIVATION_BEGIN, begin.body()).await;
    }
    let expired = world.activation(SHINKUMI, "d").await;
    let unknown = UserId::parse("000000000000").unwrap();
    let mut shapes = Vec::new();
    for (user_id, password, wait) in [
        (&known, "0000", 0),
        (&withdrawn, PASSWORD, 0),
        (&exhausted, PASSWORD, 0),
        (&unknown, PASSWORD, 0),
        (&expired, PASSWORD, 601),
    ] {
        world.pass(wait);
        let begin = world.k_begin(SHINKUMI, user_id, password, &device);
        let rows = world.number("SELECT count(*) FROM activation_begins").await;
        let answer = world.device(paths::ACTIVATION_BEGIN, begin.body()).await;
        let kept = world.number("SELECT count(*) FROM activation_begins").await - rows;
        let reply = KBeginResponse::parse(&answer.body).unwrap();
        shapes.push((answer.status, answer.body.len(), reply.ke2.0.len(), kept));
        assert!(world.k_finish(&begin, password, &device).await.is_none());
    }
    assert_eq!(shapes.len(), 5);
    assert!(shapes.iter().all(|shape| *shape == shapes[0]), "{shapes:?}");
}

#[tokio::test]
async fn a_finish_without_the_password_has_one_answer_and_no_token() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let honest = finish.request.clone();
    let flip = |bytes: &mut Vec<u8>| bytes[3] ^= 1;
    let mut ke3 = honest.clone();
    flip(&mut ke3.ke3.0);
    let mut signature = honest.clone();
    flip(&mut signature.signature.0);
    let mut evidence = honest.clone();
    flip(&mut evidence.sealed_evidence.0);
    let mut stranger = honest.clone();
    stranger.request_id = skts_provisioning::ids::RequestId::from_bytes([9; 16]);
    let mut answers = Vec::new();
    for forged in [ke3, signature, evidence, stranger] {
        let answer = world
            .device(paths::ACTIVATION_FINISH, &forged.to_body())
            .await;
        answers.push((answer.status, answer.code()));
    }
    assert!(
        answers
            .iter()
            .all(|a| *a == (StatusCode::FORBIDDEN, "activation-refused".into()))
    );
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 0);
    // The honest one still works.
    world.k_open(&finish).await;
}

#[tokio::test]
async fn another_device_with_the_right_password_is_refused_and_shown_at_the_bank() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let (mine, theirs) = (Device::new(), Device::new());
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &mine);
    let finish = world.k_finish(&begin, PASSWORD, &mine).await.unwrap();
    let token = world.k_open(&finish).await;
    let shown = state(&world, &user_id).await;
    assert_eq!(shown["other_device_refused"], false);
    assert_eq!(shown["serial"], token.grant.serial.as_str());

    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &theirs);
    let finish = world.k_finish(&begin, PASSWORD, &theirs).await.unwrap();
    let answer = world.device(paths::ACTIVATION_FINISH, finish.body()).await;
    assert_eq!(answer.code(), "activation-refused");
    let shown = state(&world, &user_id).await;
    assert_eq!(
        (
            shown["state"].as_str(),
            shown["other_device_refused"].as_bool()
        ),
        (Some("claimed"), Some(true))
    );
}

#[tokio::test]
async fn a_device_that_lost_its_state_gets_the_same_serial_and_a_new_seed() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
        let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
        let got = world.k_open(&finish).await;
        let confirm = got.confirm(&device, None).unwrap().to_body();
        assert_eq!(
            world.device(paths::CONFIRM, &confirm).await.status,
            StatusCode::OK
        );
        tokens.push(Token::of(SHINKUMI, &got));
    }
    let [old, new] = [&tokens[0], &tokens[1]];
    assert_eq!(old.serial, new.serial);
    assert_ne!(old.seed, new.seed);
    assert_eq!(
        world
            .register(old, "taro", &old.code(world.now()))
            .await
            .verdict(),
        "rejected"
    );
    assert_eq!(
        world
            .register(new, "taro", &new.code(world.now()))
            .await
            .verdict(),
        "accepted"
    );
}

#[tokio::test]
async fn every_call_sent_again_byte_for_byte_gets_the_same_answer() {
    let mut world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let first = world.device(paths::ACTIVATION_BEGIN, begin.body()).await;
    world.restart().await;
    assert_eq!(
        world.device(paths::ACTIVATION_BEGIN, begin.body()).await,
        first
    );
    assert_eq!(world.number("SELECT attempts FROM activations").await, 1);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    world.restart().await;
    let granted = world.device(paths::ACTIVATION_FINISH, finish.body()).await;
    world.restart().await;
    assert_eq!(
        world.device(paths::ACTIVATION_FINISH, finish.body()).await,
        granted
    );
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 1);
    let confirm = world
        .k_open(&finish)
        .await
        .confirm(&device, None)
        .unwrap()
        .to_body();
    let confirmed = world.device(paths::CONFIRM, &confirm).await;
    world.restart().await;
    assert_eq!(world.device(paths::CONFIRM, &confirm).await, confirmed);
}

#[tokio::test]
async fn the_same_id_with_another_body_is_refused_and_changes_nothing() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let got = world.k_open(&finish).await;
    let confirm = got.confirm(&device, None).unwrap();
    world.device(paths::CONFIRM, &confirm.to_body()).await;

    let before = world.dump().await;
    let mut other_begin = begin.request.clone();
    other_begin.consent_version.0 += 1;
    let mut other_finish = finish.request.clone();
    other_finish.sealed_evidence.0[0] ^= 1;
    let mut other_confirm = confirm.clone();
    other_confirm.counter = 2;
    for (path, body) in [
        (paths::ACTIVATION_BEGIN, other_begin.to_body()),
        (paths::ACTIVATION_FINISH, other_finish.to_body()),
        (paths::CONFIRM, other_confirm.to_body()),
    ] {
        let answer = world.device(path, &body).await;
        assert_eq!(answer.code(), "conflict", "{path}");
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn replies_are_forgotten_once_the_token_is_in_use() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let got = world.k_open(&finish).await;
    world
        .device(
            paths::CONFIRM,
            &got.confirm(&device, None).unwrap().to_body(),
        )
        .await;
    let token = Token::of(SHINKUMI, &got);
    world
        .register(&token, "taro", &token.code(world.now()))
        .await;
    let answer = world.device(paths::ACTIVATION_FINISH, finish.body()).await;
    assert_eq!(answer.code(), "lapsed");
    // And they cannot be begun anew.
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    assert!(world.k_finish(&begin, PASSWORD, &device).await.is_none());
}

#[tokio::test]
async fn a_withdrawn_activation_takes_its_unused_token_along() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let got = world.k_open(&finish).await;
    let body = json!({ "request_id": new_id(), "user_id": user_id.as_str() });
    world
        .bank(SHINKUMI, paths::RP_ACTIVATION_WITHDRAW, &body)
        .await;
    let shown = state(&world, &user_id).await;
    assert!(shown["state"] == "withdrawn" && shown.get("serial").is_none());
    let confirm = got.confirm(&device, None).unwrap().to_body();
    assert_eq!(
        world.device(paths::CONFIRM, &confirm).await.code(),
        "lapsed"
    );
}

#[tokio::test]
async fn a_late_copy_of_an_old_finish_leaves_the_newer_seed_alone() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let old = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    world.k_open(&old).await;
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let got = world.k_open(&finish).await;
    world
        .device(
            paths::CONFIRM,
            &got.confirm(&device, None).unwrap().to_body(),
        )
        .await;

    let before = world.dump().await;
    let answer = world.device(paths::ACTIVATION_FINISH, old.body()).await;
    assert_eq!(answer.code(), "activation-refused");
    assert_eq!(world.dump().await, before);
    let token = Token::of(SHINKUMI, &got);
    let answer = world
        .register(&token, "taro", &token.code(world.now()))
        .await;
    assert_eq!(answer.verdict(), "accepted");
}

#[tokio::test]
async fn issuing_anew_voids_what_another_device_had_claimed() {
    let world = World::new().await;
    let thief = world.set_up_k(SHINKUMI, "taro", &Device::new()).await;
    let mine = world.set_up_k(SHINKUMI, "taro", &Device::new()).await;
    let answer = world
        .register(&thief, "taro", &thief.code(world.now()))
        .await;
    assert_eq!(answer.verdict(), "rejected");
    let answer = world.register(&mine, "taro", &mine.code(world.now())).await;
    assert_eq!(answer.verdict(), "accepted");
}

#[tokio::test]
async fn what_was_begun_in_time_may_be_finished_a_little_later_and_no_more() {
    for (late, granted) in [(599, true), (1200, false)] {
        let world = World::new().await;
        let user_id = world.activation(SHINKUMI, "taro").await;
        let device = Device::new();
        world.pass(590);
        let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
        let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
        world.pass(late);
        let answer = world.device(paths::ACTIVATION_FINISH, finish.body()).await;
        assert_eq!(answer.status == StatusCode::OK, granted, "{late}");
    }
}

#[tokio::test]
async fn a_password_everybody_tries_first_is_not_issued() {
    let world = World::new().await;
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "activation_password": "1234",
    });
    let answer = world
        .bank(SHINKUMI, paths::RP_ACTIVATION_ISSUE, &body)
        .await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::BAD_REQUEST, "bad-request")
    );
    assert_eq!(world.number("SELECT count(*) FROM activations").await, 0);
}

#[tokio::test]
async fn a_lapsed_token_is_not_set_up_again_and_its_record_is_forgotten() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    world.k_open(&finish).await;
    world.pass(72 * 3600);
    // Lapsed by its date, though nobody has written that down yet.
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let answer = world.device(paths::ACTIVATION_FINISH, finish.body()).await;
    assert_eq!(answer.code(), "activation-refused");
    world.issuer.tidy().await.unwrap();
    assert_eq!(state(&world, &user_id).await["state"], "expired");
    let kept = "SELECT count(*) FROM activations WHERE record IS NOT NULL";
    assert_eq!(world.number(kept).await, 0);
}
