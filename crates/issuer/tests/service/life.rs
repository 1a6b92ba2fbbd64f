//! Exchange, end, hold and release.

use serde_json::{Value, json};
use skts_issuer::{StaffChange, StaffError};
use skts_provisioning::wire::paths;

use crate::world::{Answer, Device, RENGO, SHINKIN, Token, World, new_id, verify_body};

/// Has the old token's code accepted; the answer is the proof for an exchange.
pub(crate) async fn prove(world: &World, old: &Token, customer: &str) -> String {
    let body = verify_body(customer, &old.code(world.now()));
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &body).await;
    assert_eq!(answer.verdict(), "accepted");
    body["request_id"].as_str().unwrap().to_owned()
}

pub(crate) fn exchange_body(customer: &str, proof: &str, serial: &str, code: &str) -> Value {
    json!({
        "request_id": new_id(), "subscriber_ref": customer, "proof": proof, "serial": serial,
        "code": code,
    })
}

async fn exchange(world: &World, customer: &str, proof: &str, new: &Token) -> Answer {
    let body = exchange_body(customer, proof, &new.serial, &new.code(world.now()));
    world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await
}

async fn change(world: &World, customer: &str, change: &str) -> (bool, String) {
    let body = json!({"request_id": new_id(), "subscriber_ref": customer, "change": change});
    let answer = world
        .bank(SHINKIN, paths::RP_TOKEN_CHANGE, &body)
        .await
        .json();
    let state = answer["state"].as_str().unwrap().to_owned();
    (answer["changed"].as_bool().unwrap(), state)
}

async fn states(world: &World) -> String {
    world.dump_of(&["tokens"]).await
}

#[tokio::test]
async fn an_exchange_ends_the_old_token_and_begins_the_new_one() {
    let world = World::new().await;
    let old = world.active("taro").await;
    let new = world.set_up_s(&Device::new()).await;
    let proof = prove(&world, &old, "taro").await;
    let answer = exchange(&world, "taro", &proof, &new).await;
    assert_eq!(answer.verdict(), "accepted");
    assert_eq!(answer.json()["serial"], new.serial);
    world.pass(60);
    let (of_old, of_new) = (old.code(world.now()), new.code(world.now()));
    assert_eq!(world.verify(&old, "taro", &of_old).await, "rejected");
    assert_eq!(world.verify(&new, "taro", &of_new).await, "accepted");
    // The old token is over: nobody registers it again.
    world.pass(60);
    let again = world.register(&old, "jiro", &old.code(world.now())).await;
    assert_eq!(again.verdict(), "rejected");
}

#[tokio::test]
async fn a_proof_at_one_bank_replaces_no_token_from_another() {
    let world = World::new().await;
    let old = world.active("taro").await;
    let new = world.set_up_k(RENGO, "taro", &Device::new()).await;
    let proof = prove(&world, &old, "taro").await;
    let before = states(&world).await;
    let body = exchange_body("taro", &proof, &new.serial, &new.code(world.now()));
    let answer = world.bank(RENGO, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(answer.verdict(), "unknown");
    assert_eq!(states(&world).await, before);
}

#[tokio::test]
async fn who_has_a_token_registers_no_second_one() {
    let world = World::new().await;
    world.active("taro").await;
    let second = world.set_up_s(&Device::new()).await;
    let before = states(&world).await;
    for held in ["suspend", "resume"] {
        let code = second.code(world.now());
        let refused = world.register(&second, "taro", &code).await;
        assert_eq!(refused.verdict(), "rejected");
        if held == "suspend" {
            assert_eq!(states(&world).await, before);
        }
        assert!(change(&world, "taro", held).await.0);
        world.pass(1000);
    }
    assert!(change(&world, "taro", "unregister").await.0);
    let code = second.code(world.now());
    let taken = world.register(&second, "taro", &code).await;
    assert_eq!(taken.verdict(), "accepted");
}

#[tokio::test]
async fn without_the_old_code_of_this_moment_there_is_no_exchange() {
    let world = World::new().await;
    let old = world.active("taro").await;
    let others = world.active("jiro").await;
    let new = world.set_up_s(&Device::new()).await;

    let of_another = prove(&world, &others, "jiro").await;
    let proof = prove(&world, &old, "taro").await;
    world.pass(60);
    // A code accepted after it: the proof is not the last one any more.
    let later = prove(&world, &old, "taro").await;
    world.pass(60);
    let before = states(&world).await;
    for proof in [new_id(), of_another, proof] {
        let answer = exchange(&world, "taro", &proof, &new).await;
        assert_eq!(answer.verdict(), "unknown");
    }
    world.pass(10 * 60 - 59);
    let answer = exchange(&world, "taro", &later, &new).await;
    assert_eq!(answer.verdict(), "unknown", "too late");
    assert_eq!(states(&world).await, before);
    assert_eq!(
        world
            .number("SELECT count(*) FROM registration_tries")
            .await,
        0
    );
}

#[tokio::test]
async fn a_refused_exchange_leaves_the_old_token_in_use() {
    let world = World::new().await;
    let old = world.active("taro").await;
    let new = world.set_up_s(&Device::new()).await;
    let taken = world.active("jiro").await;
    let stopped = world.active("saburo").await;
    assert_eq!(
        change(&world, "saburo", "unregister").await,
        (true, "revoked".to_owned())
    );
    let unconfirmed_elsewhere = world.set_up_k(RENGO, "taro", &Device::new()).await;

    for (serial, token, right) in [
        (new.serial.as_str(), &new, false),
        (taken.serial.as_str(), &taken, true),
        (stopped.serial.as_str(), &stopped, true),
        (old.serial.as_str(), &old, true),
        ("SKTS00000000", &new, true),
        (
            unconfirmed_elsewhere.serial.as_str(),
            &unconfirmed_elsewhere,
            true,
        ),
        ("nonsense", &new, true),
    ] {
        // Past the longest wait: each of them is looked at.
        world.pass(1000);
        let proof = prove(&world, &old, "taro").await;
        world.pass(60);
        let before = states(&world).await;
        let code = match right {
            true => token.code(world.now()),
            false => token.wrong_code(world.now()),
        };
        let body = exchange_body("taro", &proof, serial, &code);
        let answer = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
        assert_eq!(answer.verdict(), "rejected", "{serial}");
        assert_eq!(states(&world).await, before, "{serial}");
    }
    assert!(world.number("SELECT fails FROM registration_tries").await > 0);
    world.pass(60);
    let code = old.code(world.now());
    assert_eq!(world.verify(&old, "taro", &code).await, "accepted");
}

#[tokio::test]
async fn a_repeated_exchange_gets_the_first_answer() {
    let world = World::new().await;
    let old = world.active("taro").await;
    let new = world.set_up_s(&Device::new()).await;
    let proof = prove(&world, &old, "taro").await;
    let body = exchange_body("taro", &proof, &new.serial, &new.code(world.now()));
    let first = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(first.verdict(), "accepted");
    let before = states(&world).await;
    world.pass(3600);
    assert_eq!(
        world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await,
        first
    );
    let mut other = body.clone();
    other["code"] = json!("000000");
    let other = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &other).await;
    assert_eq!(other.code(), "conflict");
    assert_eq!(states(&world).await, before);
}

#[tokio::test]
async fn a_token_ended_by_the_customer_is_over() {
    let world = World::new().await;
    let token = world.active("taro").await;
    assert_eq!(
        change(&world, "nobody", "unregister").await,
        (false, "none".to_owned())
    );
    assert_eq!(
        change(&world, "taro", "unregister").await,
        (true, "revoked".to_owned())
    );
    for way in ["unregister", "suspend", "resume"] {
        assert_eq!(
            change(&world, "taro", way).await,
            (false, "revoked".to_owned()),
            "{way}"
        );
    }
    let code = token.code(world.now());
    assert_ne!(world.verify(&token, "taro", &code).await, "accepted");
    assert_ne!(
        world.register(&token, "taro", &code).await.verdict(),
        "accepted"
    );
    // 利用開始 with another token is open to the customer.
    let new = world.set_up_s(&Device::new()).await;
    let answer = world.register(&new, "taro", &new.code(world.now())).await;
    assert_eq!(answer.verdict(), "accepted");
}

#[tokio::test]
async fn a_held_token_takes_no_code_until_it_is_released() {
    let world = World::new().await;
    let token = world.active("taro").await;
    assert_eq!(
        change(&world, "taro", "resume").await,
        (false, "active".to_owned())
    );
    assert_eq!(
        change(&world, "taro", "suspend").await,
        (true, "suspended".to_owned())
    );
    let before = states(&world).await;
    let code = token.code(world.now());
    assert_ne!(world.verify(&token, "taro", &code).await, "accepted");
    assert_eq!(states(&world).await, before, "a code was looked at");
    assert_eq!(
        change(&world, "taro", "resume").await,
        (true, "active".to_owned())
    );
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
}

#[tokio::test]
async fn to_be_held_and_released_does_not_shorten_a_wait() {
    let world = World::new().await;
    let token = world.active("taro").await;
    for _ in 0..2 {
        let wrong = token.wrong_code(world.now());
        assert_eq!(world.verify(&token, "taro", &wrong).await, "rejected");
    }
    assert!(change(&world, "taro", "suspend").await.0);
    assert!(change(&world, "taro", "resume").await.0);
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "locked");
    assert_eq!(world.number("SELECT fails FROM tokens").await, 2);
}

/// Types wrong codes, with the waits between them, until the token is not active any more.
async fn lock(world: &World, token: &Token) -> usize {
    for count in 1.. {
        world.pass(900);
        let wrong = token.wrong_code(world.now());
        world.verify(token, "taro", &wrong).await;
        let active = "SELECT count(*) FROM tokens WHERE state = 'active'";
        if world.number(active).await == 0 {
            return count;
        }
    }
    unreachable!()
}

#[tokio::test]
async fn staff_release_a_locked_token_with_a_reason() {
    let world = World::new().await;
    let token = world.active("taro").await;
    lock(&world, &token).await;
    let unlock = |reason| {
        world
            .issuer
            .change_token(SHINKIN, "taro", StaffChange::Unlock, reason)
    };
    assert!(matches!(unlock(" ").await, Err(StaffError::NoReason)));
    let elsewhere = world
        .issuer
        .change_token(RENGO, "taro", StaffChange::Unlock, "asked");
    assert!(matches!(elsewhere.await, Err(StaffError::NoToken)));
    assert!(unlock("identity checked by telephone").await.is_ok());
    assert!(matches!(unlock("again").await, Err(StaffError::NoWay(_))));
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
}

#[tokio::test]
async fn a_hundred_wrong_codes_end_a_token_however_often_staff_release_it() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let mut wrong = 0;
    while wrong < 100 {
        wrong += lock(&world, &token).await;
        let released = world
            .issuer
            .change_token(SHINKIN, "taro", StaffChange::Unlock, "asked")
            .await;
        assert_eq!(released.is_ok(), wrong < 100, "after {wrong}");
    }
    assert_eq!(wrong, 100);
    assert_eq!(
        change(&world, "taro", "resume").await,
        (false, "revoked".to_owned())
    );
}

async fn resync(world: &World, customer: &str, pair: [String; 2]) -> String {
    let [first, second] = pair;
    let body = json!({
        "request_id": new_id(), "subscriber_ref": customer, "first": first, "second": second,
    });
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_RESYNC, &body).await;
    answer.verdict()
}

#[tokio::test]
async fn two_codes_find_a_clock_again_and_the_very_next_one_is_accepted() {
    let world = World::new().await;
    let token = world.active("taro").await;
    // The device's clock is forty minutes ahead of the service's.
    let on_device = |world: &World| world.now() + 40 * 60;
    let one = token.code(on_device(&world));
    assert_eq!(world.verify(&token, "taro", &one).await, "rejected");
    world.pass(30);
    let two = token.code(on_device(&world));
    assert_eq!(
        resync(&world, "taro", [one.clone(), two.clone()]).await,
        "accepted"
    );
    // Both are burnt, the next is good, and learning does not undo what was found.
    assert_eq!(world.verify(&token, "taro", &two).await, "replayed");
    for _ in 0..3 {
        world.pass(30);
        let next = token.code(on_device(&world));
        assert_eq!(world.verify(&token, "taro", &next).await, "accepted");
    }
    assert_eq!(resync(&world, "taro", [one, two]).await, "replayed");
}

#[tokio::test]
async fn codes_already_used_are_no_pair_and_wrong_pairs_lock() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let one = token.code(world.now());
    world.pass(30);
    let two = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &two).await, "accepted");
    let before = states(&world).await;
    assert_eq!(
        resync(&world, "taro", [one.clone(), two.clone()]).await,
        "replayed"
    );
    assert_eq!(resync(&world, "nobody", [one, two]).await, "unknown");
    assert_eq!(
        resync(&world, "taro", ["12345".to_owned(), String::new()]).await,
        "rejected"
    );
    assert_eq!(states(&world).await, before);
    let mut verdict = String::new();
    for _ in 0..5 {
        world.pass(900);
        let wrong = token.wrong_code(world.now());
        verdict = resync(&world, "taro", [wrong.clone(), wrong]).await;
    }
    assert_eq!(verdict, "locked");
    world.pass(900);
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "locked");
}
