//! A token whose clock is off: two wrong codes tell by how much, one tells nothing.

use serde_json::Value;
use skts_provisioning::wire::paths;

use crate::world::{SHINKIN, Token, World, verify_body};

async fn verify(world: &World, token: &Token, at: u64) -> Value {
    let body = verify_body("taro", &token.code(at));
    world
        .bank(SHINKIN, paths::RP_TOKEN_VERIFY, &body)
        .await
        .json()
}

async fn world() -> (World, Token) {
    let world = World::new().await;
    let token = world.active("taro").await;
    world.pass(3600 - world.now() % 3600);
    (world, token)
}

#[tokio::test]
async fn two_codes_of_a_slow_clock_tell_by_how_much_it_is_off() {
    let (world, token) = world().await;
    let first = verify(&world, &token, world.now() - 600).await;
    assert_eq!(first, serde_json::json!({ "verdict": "rejected" }));
    world.pass(30);
    let second = verify(&world, &token, world.now() - 600).await;
    assert_eq!(second["verdict"], "rejected");
    assert_eq!(second["clock_off_secs"], -600);
}

#[tokio::test]
async fn codes_of_two_different_clocks_tell_nothing() {
    let (world, token) = world().await;
    verify(&world, &token, world.now() - 600).await;
    world.pass(30);
    let second = verify(&world, &token, world.now() + 900).await;
    assert_eq!(second.get("clock_off_secs"), None);
    // Nor does the same code twice.
    world.pass(30);
    let third = verify(&world, &token, world.now() + 900 - 60).await;
    assert_eq!(third.get("clock_off_secs"), None);
}

#[tokio::test]
async fn a_right_code_between_begins_anew() {
    let (world, token) = world().await;
    verify(&world, &token, world.now() - 600).await;
    world.pass(30);
    assert_eq!(
        verify(&world, &token, world.now()).await["verdict"],
        "accepted"
    );
    world.pass(30);
    let third = verify(&world, &token, world.now() - 600).await;
    assert_eq!(third.get("clock_off_secs"), None);
}

#[tokio::test]
async fn codes_of_a_fast_clock_are_used_up_before_their_time_comes() {
    let (world, token) = world().await;
    let times = [world.now() + 600, world.now() + 630];
    verify(&world, &token, times[0]).await;
    world.pass(30);
    assert_eq!(
        verify(&world, &token, times[1]).await["clock_off_secs"],
        600
    );
    world.pass(570);
    for time in times {
        assert_eq!(verify(&world, &token, time).await["verdict"], "replayed");
    }
    world.pass(60);
    assert_eq!(
        verify(&world, &token, world.now()).await["verdict"],
        "accepted"
    );
}

#[tokio::test]
async fn a_clock_two_hours_off_is_not_told() {
    let (world, token) = world().await;
    for _ in 0..2 {
        let answer = verify(&world, &token, world.now() - 7200).await;
        assert_eq!(answer.get("clock_off_secs"), None);
        world.pass(60);
    }
}
