//! Apps that are too old for a set-up are told so, before anything is counted or made.

use axum::http::StatusCode;
use skts_provisioning::wire::paths;

use crate::world::{Device, PASSWORD, SHINKUMI, World};

#[tokio::test]
async fn an_old_app_sets_nothing_up_and_loses_nothing() {
    let mut world = World::new().await;
    let device = Device::new();
    let token = world.active("taro").await;
    let user_id = world.activation(SHINKUMI, "hanako").await;
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    world.config.lowest_app_version = "0.1.1".parse().ok();
    world.restart().await;
    let hello = world.s_hello(&device);
    for (path, body) in [
        (paths::SELF_HELLO, hello.body()),
        (paths::ACTIVATION_BEGIN, begin.body()),
    ] {
        // As often as it is asked, and more often than an activation may be tried.
        for _ in 0..6 {
            let answer = world.device(path, body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
            assert_eq!(answer.code(), "version-too-old", "{path}");
        }
    }
    // A token that is there goes on.
    world.pass(30);
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
    world.config.lowest_app_version = "0.1.0".parse().ok();
    world.restart().await;
    let finish = world.k_finish(&begin, PASSWORD, &device).await;
    assert!(finish.is_some(), "a refused call was counted");
}
