//! Two copies of one token, whichever comes first; and a backup put back.

use serde_json::{Value, json};
use skts_issuer::{StaffChange, StaffError};
use skts_provisioning::wire::{CheckInResponse, CheckInState, paths};

use super::holder::{Holder, in_use};
use crate::world::{Device, PASSWORD, SHINKIN, SHINKUMI, Token, World, new_id};

fn is_stopped(told: &CheckInResponse) -> bool {
    told.state == CheckInState::Suspended && told.copy_suspected && told.advance.is_none()
}

async fn state(world: &World, subscriber: &str) -> Value {
    let body = json!({ "subscriber_ref": subscriber });
    world
        .bank(SHINKIN, paths::RP_TOKEN_STATE, &body)
        .await
        .json()
}

async fn no_code_is_accepted(world: &World, token: &Token) {
    world.pass(60);
    let code = token.code(world.now());
    assert_eq!(world.verify(token, "taro", &code).await, "unknown");
}

/// Both check in in this order; the token is stopped, and both are told.
async fn both(world: &World, token: &Token, mut first: Holder, mut second: Holder) {
    assert_eq!(first.check(world).await.state, CheckInState::Active);
    let found = second.check(world).await;
    assert!(is_stopped(&found), "{found:?}");
    let told = first.check(world).await;
    assert!(is_stopped(&told), "{told:?}");
    for holder in [&mut first, &mut second] {
        let again = holder.check(world).await;
        assert!(is_stopped(&again), "{again:?}");
    }
    let shown = state(world, "taro").await;
    assert_eq!(
        (&shown["state"], &shown["copy_suspected"]),
        (&json!("suspended"), &json!(true))
    );
    no_code_is_accepted(world, token).await;
    let found =
        "SELECT count(*) FROM audit WHERE action = 'copy_suspected' AND state = 'suspended'";
    assert_eq!(world.number(found).await, 1);
    let told = "SELECT count(*) FROM events WHERE kind = 'copy_suspected' AND state = 'suspended' \
                AND subscriber_ref = 'taro'";
    assert_eq!(world.number(told).await, 1);
}

#[tokio::test]
async fn the_copy_is_found_when_the_original_checks_in_first() {
    let world = World::new().await;
    let (token, _, mut original) = in_use(&world, "taro").await;
    original.check(&world).await;
    let copy = original.clone();
    both(&world, &token, original, copy).await;
}

#[tokio::test]
async fn the_copy_is_found_when_it_checks_in_first() {
    let world = World::new().await;
    let (token, _, original) = in_use(&world, "taro").await;
    let copy = original.clone();
    both(&world, &token, copy, original).await;
}

#[tokio::test]
async fn a_backup_put_back_is_found_however_old_it_is() {
    for checks in [1, 2, 5] {
        let world = World::new().await;
        let (token, _, mut device) = in_use(&world, "taro").await;
        let backup = device.clone();
        for _ in 0..checks {
            device.check(&world).await;
        }
        let told = backup.clone().check(&world).await;
        assert!(is_stopped(&told), "{checks}: {told:?}");
        no_code_is_accepted(&world, &token).await;
    }
}

#[tokio::test]
async fn a_copy_that_was_made_with_a_call_under_way_is_found_too() {
    let world = World::new().await;
    let (_, _, mut original) = in_use(&world, "taro").await;
    let pending = original.pending();
    let mut copy = original.clone();
    let answer = world.device(paths::CHECK_IN, pending.body()).await;
    original.take(&world, &pending, &answer).await;
    // The copy sends what it has stored, and is level with the original.
    let same = world.device(paths::CHECK_IN, pending.body()).await;
    copy.take(&world, &pending, &same).await;
    assert_eq!(copy.ratchet, original.ratchet);
    original.check(&world).await;
    assert!(is_stopped(&copy.check(&world).await));

    let (_, _, mut original) = in_use(&world, "jiro").await;
    let pending = original.pending();
    let mut copy = original.clone();
    let answer = world.device(paths::CHECK_IN, pending.body()).await;
    original.take(&world, &pending, &answer).await;
    original.check(&world).await;
    // What it has stored is no use any more: it has to sign a new call, and is found by that.
    let old = world.device(paths::CHECK_IN, pending.body()).await;
    let told = copy.take(&world, &pending, &old).await;
    assert!(told.answered_before && told.advance.is_none(), "{told:?}");
    assert!(is_stopped(&copy.check(&world).await));
    assert!(is_stopped(&original.check(&world).await));
}

#[tokio::test]
async fn neither_bank_nor_staff_resume_what_there_are_copies_of() {
    let world = World::new().await;
    let (token, _, mut original) = in_use(&world, "taro").await;
    let mut copy = original.clone();
    original.check(&world).await;
    copy.check(&world).await;
    let before = world.dump_of(&["tokens"]).await;
    let change = async |change: &str| {
        let body = json!({ "request_id": new_id(), "subscriber_ref": "taro", "change": change });
        world
            .bank(SHINKIN, paths::RP_TOKEN_CHANGE, &body)
            .await
            .json()
    };
    let answer = change("resume").await;
    let kept = json!({ "changed": false, "state": "suspended", "copy_suspected": true });
    assert_eq!(answer, kept);
    for asked in [StaffChange::Resume, StaffChange::Unlock] {
        let refused = world
            .issuer
            .change_token(SHINKIN, "taro", asked, "asked by telephone");
        let error = refused.await.unwrap_err();
        if asked == StaffChange::Resume {
            assert!(matches!(error, StaffError::CopySuspected), "{error}");
        }
    }
    assert_eq!(world.dump_of(&["tokens"]).await, before);
    no_code_is_accepted(&world, &token).await;

    // The way out: the bank ends it, the customer sets up and registers another.
    assert_eq!(
        change("unregister").await,
        json!({ "changed": true, "state": "revoked" })
    );
    let told = original.check(&world).await;
    assert_eq!((told.state, told.advance), (CheckInState::Revoked, None));
    let (fresh, _, mut holder) = in_use(&world, "taro").await;
    let code = fresh.code(world.now());
    assert_eq!(world.verify(&fresh, "taro", &code).await, "accepted");
    assert_eq!(holder.check(&world).await.state, CheckInState::Active);
}

#[tokio::test]
async fn a_copy_of_a_token_nobody_registered_yet_stops_it_and_its_bank_is_told() {
    let world = World::new().await;
    let device = Device::new();
    let user_id = world.activation(SHINKUMI, "hanako").await;
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let token = world.k_token(SHINKUMI, &finish, &device).await;
    let mut original = Holder::of(&token, &device);
    let mut copy = original.clone();
    original.check(&world).await;
    assert!(is_stopped(&copy.check(&world).await));
    let code = token.code(world.now());
    let refused = world.register(&token, "hanako", &code).await;
    assert_eq!(refused.verdict(), "rejected");
    let told = "SELECT count(*) FROM events WHERE kind = 'copy_suspected' \
                AND subscriber_ref = 'hanako'";
    assert_eq!(world.number(told).await, 1);
    let body = json!({ "request_id": new_id(), "user_id": user_id.as_str() });
    let withdrawn = world
        .bank(SHINKUMI, paths::RP_ACTIVATION_WITHDRAW, &body)
        .await;
    assert_eq!(withdrawn.json()["state"], "withdrawn");
    assert_eq!(original.check(&world).await.state, CheckInState::Lapsed);
}

#[tokio::test]
async fn a_copy_of_a_held_or_locked_token_is_found_as_well() {
    for locked in [false, true] {
        let world = World::new().await;
        let (token, _, mut original) = in_use(&world, "taro").await;
        let mut copy = original.clone();
        original.check(&world).await;
        match locked {
            true => super::held::lock(&world, &token, "taro").await,
            false => {
                let held = StaffChange::Suspend;
                let held = world.issuer.change_token(SHINKIN, "taro", held, "lost");
                held.await.unwrap();
            }
        }
        assert!(is_stopped(&copy.check(&world).await), "{locked}");
        assert!(is_stopped(&original.check(&world).await), "{locked}");
    }
}
