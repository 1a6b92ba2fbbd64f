//! What is not written down is not done, and whatever is done is written down.

use serde_json::json;
use skts_issuer::StaffChange;
use skts_issuer::rules::scope::{Scope, Scopes};
use skts_otp::Digits;
use skts_provisioning::wire::{Message, paths};

use crate::audit::told;
use crate::check_in::holder::in_use;
use crate::hardware::{CARD, assign, card, import, totp_line};
use crate::signing;
use crate::world::{Device, PASSWORD, SHINKIN, SHINKUMI, World, new_id};

#[tokio::test]
async fn cards_keys_signatures_and_what_time_and_staff_decide_have_their_entries() {
    let world = World::new().await;
    let added = "SELECT count(*) FROM audit WHERE action = 'institution_added'";
    let institutions = world.number("SELECT count(*) FROM institutions").await;
    assert_eq!(world.number(added).await, institutions);

    let scopes = Scopes::of(vec![Scope::Read]);
    let key = world
        .issuer
        .add_bank_key(SHINKIN, "second", scopes, None, None);
    key.await.unwrap();
    let now = world.issuer.now();
    let ended = world.issuer.end_bank_key(SHINKIN, "second", now);
    ended.await.unwrap();

    let taro = world.active("taro").await;
    let shown = signing::begin(&world, &signing::payment("50000")).await;
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "challenge": shown["id"],
        "signature": signing::sign(&taro, &shown, world.now()),
    });
    world.bank(SHINKIN, paths::RP_SIGNATURE_VERIFY, &body).await;
    world.pass(600);
    let step = taro.step(world.now());
    let [first, second] = [step, step.next()].map(|step| taro.code_of(step, Digits::Six));
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "first": first, "second": second,
    });
    world.bank(SHINKIN, paths::RP_TOKEN_RESYNC, &body).await;

    import(&world, &[totp_line(CARD)]).await.unwrap();
    assert!(assign(&world, SHINKIN, "hanako", CARD).await);
    let card = card(CARD);
    let code = card.code(world.now());
    world.register(&card, "hanako", &code).await;
    let body = json!({"request_id": new_id(), "subscriber_ref": "hanako", "fault": "broken"});
    world.bank(SHINKIN, paths::RP_TOKEN_REPORT, &body).await;
    let revoke = StaffChange::Revoke;
    let revoked = world
        .issuer
        .change_token(SHINKIN, "hanako", revoke, "returned");
    revoked.await.unwrap();

    world.issuer.rotate_keys().await.unwrap();
    world.issuer.reseal().await.unwrap();
    world.issuer.retire_key(1).await.unwrap();
    for days in [1826 - 90, 90] {
        world.pass(days * 24 * 3600);
        world.issuer.tidy().await.unwrap();
    }
    assert_eq!(
        told(&world).await,
        [
            "staff key_added done -",
            "staff key_ended done -",
            "device provisioned done provisioned",
            "device confirmed done -",
            "bank:first register accepted active",
            "bank:first signature_asked done -",
            "bank:first signature accepted -",
            "bank:first resync accepted -",
            "staff imported done provisioned",
            "bank:first assign done -",
            "bank:first register accepted active",
            "bank:first report done -",
            "staff revoke done revoked",
            "staff keys_rotated done -",
            "staff keys_retired done -",
            "service renewal_due done -",
            "service expire done expired"
        ]
    );
}

/// A world whose database takes no entry, or takes them again.
async fn take_entries(world: &World, takes: bool) {
    let (sqlite, postgres) = if takes {
        (
            "DROP TRIGGER no_entries",
            "ALTER TABLE audit DROP CONSTRAINT no_entries",
        )
    } else {
        (
            "CREATE TRIGGER no_entries BEFORE INSERT ON audit
             BEGIN SELECT RAISE(ABORT, 'no entries'); END",
            "ALTER TABLE audit ADD CONSTRAINT no_entries CHECK (FALSE) NOT VALID",
        )
    };
    world.database().await.run([sqlite], [postgres]).await;
}

/// Makes a call whose entry cannot be written, which changes nothing; then the same again.
async fn with_and_without_entry(world: &World, path: &str, body: Vec<u8>, key: Option<&str>) {
    take_entries(world, false).await;
    let before = world.dump().await;
    let answer = world.post(path, body.clone(), key).await;
    assert_eq!(answer.code(), "internal", "{path}");
    assert_eq!(world.dump().await, before, "{path}");
    take_entries(world, true).await;
    let answer = world.post(path, body, key).await;
    assert!(answer.status.is_success(), "{path}: {answer:?}");
    assert_ne!(world.dump().await, before, "{path}");
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let world = World::new().await;
    let device = Device::new();
    let (shinkin, shinkumi) = (world.api_key(SHINKIN), world.api_key(SHINKUMI));
    let as_bank = async |key: &str, path: &str, more: serde_json::Value| {
        let mut body = json!({ "request_id": new_id() });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        with_and_without_entry(&world, path, body.to_string().into(), Some(key)).await;
    };

    let issue = json!({ "subscriber_ref": "hanako", "activation_password": PASSWORD });
    as_bank(shinkumi, paths::RP_ACTIVATION_ISSUE, issue).await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let body = finish.body().to_vec();
    with_and_without_entry(&world, paths::ACTIVATION_FINISH, body, None).await;
    let confirm = world.k_open(&finish).await.confirm(&device, None).unwrap();
    with_and_without_entry(&world, paths::CONFIRM, confirm.to_body(), None).await;
    let withdraw = json!({ "user_id": user_id.as_str() });
    as_bank(shinkumi, paths::RP_ACTIVATION_WITHDRAW, withdraw).await;

    let token = world.set_up_s(&device).await;
    let about = |more: serde_json::Value| {
        let mut body = json!({ "subscriber_ref": "taro" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    let code = token.code(world.now());
    let register = about(json!({ "serial": token.serial, "code": code }));
    as_bank(shinkin, paths::RP_TOKEN_REGISTER, register).await;
    world.pass(60);
    let (right, wrong) = (token.code(world.now()), token.wrong_code(world.now()));
    for code in [right, wrong] {
        let verify = about(json!({ "code": code }));
        as_bank(shinkin, paths::RP_TOKEN_VERIFY, verify).await;
    }
    for change in ["suspend", "resume", "unregister"] {
        let change = about(json!({ "change": change }));
        as_bank(shinkin, paths::RP_TOKEN_CHANGE, change).await;
    }

    let (_, _, mut original) = in_use(&world, "saburo").await;
    let copy = original.clone();
    // One that moves the ratchet, and one that is found to be a copy's.
    let moves = original.pending();
    with_and_without_entry(&world, paths::CHECK_IN, moves.body().to_vec(), None).await;
    let answer = world.device(paths::CHECK_IN, moves.body()).await;
    original.take(&world, &moves, &answer).await;
    let found = copy.pending().body().to_vec();
    with_and_without_entry(&world, paths::CHECK_IN, found, None).await;

    world.active("jiro").await;
    take_entries(&world, false).await;
    let before = world.dump().await;
    let changed = world
        .issuer
        .change_token(SHINKIN, "jiro", StaffChange::Suspend, "reported lost");
    assert!(changed.await.is_err());
    assert_eq!(world.dump().await, before);
}
