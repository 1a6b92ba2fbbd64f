//! Calls that are written together are still answered one by one. The database is held from outside
//! until the calls wait, so that they do meet in one group.

use std::time::Duration;

use serde_json::{Value, json};
use skts_otp::Digits;
use skts_provisioning::wire::paths;

use crate::world::{Answer, Device, RENGO, SHINKIN, Token, World, new_id, verify_body};

/// Sends both calls so that they wait together behind one of `decoy`'s. Returns their answers.
async fn together(world: &World, decoy: &Token, calls: [(&str, Value); 2]) -> [Answer; 2] {
    let decoy = verify_body("decoy", &decoy.code(world.now()));
    let mut holder = world.hold().await;
    let [(bank, body), (other_bank, other_body)] = calls;
    let later = |after_millis, bank, body| async move {
        tokio::time::sleep(Duration::from_millis(after_millis)).await;
        world.bank(bank, paths::RP_TOKEN_VERIFY, &body).await
    };
    let release = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        holder.let_go().await;
    };
    let (decoy, first, second, ()) = tokio::join!(
        world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &decoy),
        later(150, bank, body),
        later(250, other_bank, other_body),
        release,
    );
    assert_eq!(decoy.verdict(), "accepted");
    [first, second]
}

/// The verdict of an answer, or the code of its problem.
fn said(answer: &Answer) -> String {
    let body = answer.json();
    let word = body.get("verdict").unwrap_or_else(|| &body["code"]);
    word.as_str().unwrap().to_owned()
}

fn sorted(answers: &[Answer; 2]) -> [String; 2] {
    let mut words = answers.each_ref().map(said);
    words.sort();
    words
}

fn body(request_id: &str, subscriber: &str, code: &str) -> Value {
    json!({
        "request_id": request_id, "subscriber_ref": subscriber, "code": code, "purpose": "login",
    })
}

async fn accepted(world: &World) -> i64 {
    world.number("SELECT sum(accepted) FROM tokens").await
}

#[tokio::test]
async fn two_codes_of_one_token_under_one_id_are_one_acceptance_and_one_conflict() {
    let world = World::new().await;
    let decoy = world.active("decoy").await;
    let token = world.active("customer").await;
    world.pass(300);
    let step = token.step(world.now());
    let id = new_id();
    let [now, next] = [step, step.next()].map(|step| token.code_of(step, Digits::Six));
    let calls = [&now, &next].map(|code| (SHINKIN, body(&id, "customer", code)));
    let before = accepted(&world).await;
    let answers = together(&world, &decoy, calls).await;
    assert_eq!(sorted(&answers), ["accepted", "conflict"]);
    // The decoy's code, and one code of the customer's.
    assert_eq!(accepted(&world).await, before + 2);
}

#[tokio::test]
async fn a_used_code_is_not_accepted_beside_a_fresh_one_under_the_same_id() {
    let world = World::new().await;
    let decoy = world.active("decoy").await;
    let (fresh, used) = (world.active("fresh").await, world.active("used").await);
    let code = used.code(world.now());
    assert_eq!(world.verify(&used, "used", &code).await, "accepted");
    let id = new_id();
    let calls = [
        (SHINKIN, body(&id, "fresh", &fresh.code(world.now()))),
        (SHINKIN, body(&id, "used", &code)),
    ];
    let answers = together(&world, &decoy, calls).await;
    assert_eq!(answers.each_ref().map(said), ["accepted", "conflict"]);
}

#[tokio::test]
async fn two_banks_may_choose_the_same_id_and_each_gets_its_own_verdict() {
    let world = World::new().await;
    let decoy = world.active("decoy").await;
    let used: Token = world.set_up_k(RENGO, "hanako", &Device::new()).await;
    let first = used.code(world.now());
    assert_eq!(
        world.register(&used, "hanako", &first).await.verdict(),
        "accepted"
    );
    let fresh = world.active("customer").await;
    let id = new_id();
    let code = used.code(world.now());
    assert_eq!(world.verify(&used, "hanako", &code).await, "accepted");
    let calls = [
        (SHINKIN, body(&id, "customer", &fresh.code(world.now()))),
        (RENGO, body(&id, "hanako", &code)),
    ];
    let answers = together(&world, &decoy, calls).await;
    assert_eq!(answers.each_ref().map(said), ["accepted", "replayed"]);
    // Nor does an id that one bank has used take a fresh code from the other.
    world.pass(60);
    let id = new_id();
    for (bank, customer, token) in [(SHINKIN, "customer", &fresh), (RENGO, "hanako", &used)] {
        let call = body(&id, customer, &token.code(world.now()));
        let answer = world.bank(bank, paths::RP_TOKEN_VERIFY, &call).await;
        assert_eq!(answer.verdict(), "accepted", "{bank}");
    }
}

#[tokio::test]
async fn one_call_sent_twice_at_once_has_one_verdict_and_one_acceptance() {
    let world = World::new().await;
    let decoy = world.active("decoy").await;
    let token = world.active("customer").await;
    let call = (
        SHINKIN,
        body(&new_id(), "customer", &token.code(world.now())),
    );
    let before = accepted(&world).await;
    let answers = together(&world, &decoy, [call.clone(), call]).await;
    assert_eq!(answers[0], answers[1]);
    assert_eq!(said(&answers[0]), "accepted");
    assert_eq!(accepted(&world).await, before + 2);
}

#[tokio::test]
async fn a_right_code_does_not_overtake_the_wrong_ones_before_it() {
    let world = World::new().await;
    let decoy = world.active("decoy").await;
    let token = world.active("customer").await;
    world.pass(300);
    let (wrong, right) = (token.wrong_code(world.now()), token.code(world.now()));
    assert_eq!(world.verify(&token, "customer", &wrong).await, "rejected");
    // The second wrong one begins the wait; the right one comes after it.
    let [second, late] = [&wrong, &right].map(|code| (SHINKIN, verify_body("customer", code)));
    let answers = together(&world, &decoy, [second, late]).await;
    assert_eq!(answers.each_ref().map(said), ["rejected", "locked"]);
}
