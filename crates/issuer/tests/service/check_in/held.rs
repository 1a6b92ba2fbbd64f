//! Tokens that are not in use are told so, and their ratchet stays.

use serde_json::json;
use skts_issuer::StaffChange;
use skts_provisioning::wire::{CheckInState, paths};

use super::holder::in_use;
use crate::life::{exchange_body, prove};
use crate::world::{Device, SHINKIN, Token, World, new_id};

/// Wrong codes, until the token is locked.
pub(crate) async fn lock(world: &World, token: &Token, subscriber: &str) {
    for _ in 0..token.policy.lock_after {
        world.pass(1000);
        let wrong = token.wrong_code(world.now());
        world.verify(token, subscriber, &wrong).await;
    }
}

pub(crate) async fn unlock(world: &World, subscriber: &str) {
    let unlock = StaffChange::Unlock;
    let unlocked = world
        .issuer
        .change_token(SHINKIN, subscriber, unlock, "asked");
    unlocked.await.unwrap();
}

#[tokio::test]
async fn what_is_not_in_use_is_told_and_its_ratchet_stays() {
    let world = World::new().await;
    let (token, _, mut locked) = in_use(&world, "locked").await;
    lock(&world, &token, "locked").await;

    let (_, _, mut held) = in_use(&world, "held").await;
    let (_, _, mut ended) = in_use(&world, "ended").await;
    for (subscriber, change) in [("held", "suspend"), ("ended", "unregister")] {
        let body = json!({
            "request_id": new_id(), "subscriber_ref": subscriber, "change": change,
        });
        world.bank(SHINKIN, paths::RP_TOKEN_CHANGE, &body).await;
    }

    let (old, _, mut replaced) = in_use(&world, "replaced").await;
    let proof = prove(&world, &old, "replaced").await;
    let new = world.set_up_s(&Device::new()).await;
    let code = new.code(world.now());
    let body = exchange_body("replaced", &proof, &new.serial, &code);
    let exchanged = world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
    assert_eq!(exchanged.verdict(), "accepted");

    for (holder, state) in [
        (&mut locked, CheckInState::Locked),
        (&mut held, CheckInState::Suspended),
        (&mut ended, CheckInState::Revoked),
        (&mut replaced, CheckInState::Replaced),
    ] {
        let told = holder.check(&world).await;
        assert_eq!((told.state, told.copy_suspected), (state, false));
        assert_eq!((told.advance, holder.count), (None, 0), "{state:?}");
    }
    world.pass(1826 * 24 * 3600);
    assert_eq!(held.check(&world).await.state, CheckInState::Expired);
    assert_eq!(
        world
            .number("SELECT count(*) FROM check_ins WHERE moved > 0")
            .await,
        0
    );
}

#[tokio::test]
async fn a_token_released_goes_on_where_it_was_held() {
    let world = World::new().await;
    let (token, _, mut holder) = in_use(&world, "taro").await;
    holder.check(&world).await;
    lock(&world, &token, "taro").await;
    holder.check(&world).await;
    unlock(&world, "taro").await;
    let told = holder.check(&world).await;
    assert_eq!((told.state, holder.count), (CheckInState::Active, 2));
}
