//! One institution's key on another's objects.

use axum::http::StatusCode;
use serde_json::json;
use skts_provisioning::wire::paths;

use crate::world::{Device, PASSWORD, RENGO, SHINKUMI, World, new_id};

#[tokio::test]
async fn anothers_objects_answer_like_missing_ones_and_do_not_change() {
    let world = World::new().await;
    let device = Device::new();
    let token = world.set_up_k(SHINKUMI, "taro", &device).await;
    world
        .register(&token, "taro", &token.code(world.now()))
        .await;
    let open = world.activation(SHINKUMI, "jiro").await;
    world.pass(60);
    let code = token.code(world.now());
    let before = world.dump_of(&["tokens", "activations", "grants"]).await;

    let missing_user = "000000000000";
    for (path, theirs, missing) in [
        (
            paths::RP_TOKEN_VERIFY,
            json!({"request_id": new_id(), "subscriber_ref": "taro", "code": code}),
            json!({"request_id": new_id(), "subscriber_ref": "nobody", "code": code}),
        ),
        (
            paths::RP_TOKEN_EXCHANGE,
            json!({"request_id": new_id(), "subscriber_ref": "taro", "proof": new_id(),
                   "serial": token.serial, "code": code}),
            json!({"request_id": new_id(), "subscriber_ref": "nobody", "proof": new_id(),
                   "serial": "111111111", "code": code}),
        ),
        (
            paths::RP_TOKEN_RESYNC,
            json!({"request_id": new_id(), "subscriber_ref": "taro", "first": code,
                   "second": code}),
            json!({"request_id": new_id(), "subscriber_ref": "nobody", "first": code,
                   "second": code}),
        ),
        (
            paths::RP_TOKEN_CHANGE,
            json!({"request_id": new_id(), "subscriber_ref": "taro", "change": "unregister"}),
            json!({"request_id": new_id(), "subscriber_ref": "nobody", "change": "unregister"}),
        ),
        (
            paths::RP_TOKEN_STATE,
            json!({"subscriber_ref": "taro"}),
            json!({"subscriber_ref": "nobody"}),
        ),
        (
            paths::RP_ACTIVATION_STATE,
            json!({"user_id": open.as_str()}),
            json!({"user_id": missing_user}),
        ),
        (
            paths::RP_TOKEN_REGISTER,
            json!({"request_id": new_id(), "subscriber_ref": "x", "serial": token.serial,
                   "code": code}),
            json!({"request_id": new_id(), "subscriber_ref": "y", "serial": "111111111",
                   "code": code}),
        ),
    ] {
        let theirs = world.bank(RENGO, path, &theirs).await;
        let missing = world.bank(RENGO, path, &missing).await;
        assert_eq!(theirs, missing, "{path}");
    }
    let id = new_id();
    let theirs = json!({"request_id": id, "user_id": open.as_str()});
    let theirs = world
        .bank(RENGO, paths::RP_ACTIVATION_WITHDRAW, &theirs)
        .await;
    let missing = json!({"request_id": id, "user_id": missing_user});
    let missing = world
        .bank(RENGO, paths::RP_ACTIVATION_WITHDRAW, &missing)
        .await;
    assert_eq!(theirs, missing);
    assert_eq!(theirs.status, StatusCode::NOT_FOUND);

    assert_eq!(
        world.dump_of(&["tokens", "activations", "grants"]).await,
        before
    );
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
}

#[tokio::test]
async fn a_device_cannot_begin_at_another_institution() {
    let world = World::new().await;
    let user_id = world.activation(SHINKUMI, "taro").await;
    let device = Device::new();
    let begin = world.k_begin(RENGO, &user_id, PASSWORD, &device);
    assert!(world.k_finish(&begin, PASSWORD, &device).await.is_none());
    assert_eq!(world.number("SELECT attempts FROM activations").await, 0);
}

#[tokio::test]
async fn calls_without_a_key_or_with_a_wrong_one_are_refused() {
    let world = World::new().await;
    for path in [
        paths::RP_ACTIVATION_ISSUE,
        paths::RP_ACTIVATION_WITHDRAW,
        paths::RP_ACTIVATION_STATE,
        paths::RP_TOKEN_REGISTER,
        paths::RP_TOKEN_VERIFY,
        paths::RP_TOKEN_EXCHANGE,
        paths::RP_TOKEN_RESYNC,
        paths::RP_TOKEN_CHANGE,
        paths::RP_TOKEN_STATE,
    ] {
        for key in [None, Some(""), Some("0".repeat(64).as_str())] {
            let answer = world.post(path, b"{}".to_vec(), key).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.code(), "unauthorized");
        }
    }
}
