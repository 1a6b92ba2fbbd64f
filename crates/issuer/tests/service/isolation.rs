//! One institution's key on another's objects, and one customer on another's.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use skts_provisioning::wire::paths;
use tower::ServiceExt;

use crate::world::{Answer, Device, PASSWORD, RENGO, SHINKUMI, World, new_id};

/// For each call of a bank: its body about the customer, the serial and the user ID given.
fn calls(
    (customer, serial, user_id): (&str, &str, &str),
    code: &str,
) -> Vec<(&'static str, Value)> {
    let id = new_id;
    let payment = json!({
        "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
        "account_number": "1234567", "payee_name": "ミホン タロウ", "amount_yen": "30000",
    });
    let about = |more: Value| -> Value {
        let mut body = json!({ "request_id": id(), "subscriber_ref": customer });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        body
    };
    vec![
        // First, before the other calls leave traces of the caller's own.
        (
            paths::RP_TOKEN_HISTORY,
            json!({ "subscriber_ref": customer, "most": 100 }),
        ),
        (paths::RP_EVENTS_FETCH, json!({ "after": 0, "most": 500 })),
        (
            paths::RP_ACTIVATION_WITHDRAW,
            json!({ "request_id": id(), "user_id": user_id }),
        ),
        (paths::RP_ACTIVATION_STATE, json!({ "user_id": user_id })),
        (
            paths::RP_ACTIVATION_ISSUE,
            about(json!({ "activation_password": PASSWORD })),
        ),
        (
            paths::RP_TOKEN_REGISTER,
            about(json!({ "serial": serial, "code": code })),
        ),
        (paths::RP_TOKEN_VERIFY, about(json!({ "code": code }))),
        (
            paths::RP_TOKEN_RESYNC,
            about(json!({ "first": code, "second": code })),
        ),
        (
            paths::RP_TOKEN_EXCHANGE,
            about(json!({ "proof": id(), "serial": serial, "code": code })),
        ),
        (
            paths::RP_TOKEN_CHANGE,
            about(json!({ "change": "unregister" })),
        ),
        (paths::RP_TOKEN_ASSIGN, about(json!({ "serial": serial }))),
        (paths::RP_TOKEN_REPORT, about(json!({ "fault": "broken" }))),
        (paths::RP_TOKEN_STATE, json!({ "subscriber_ref": customer })),
        (
            paths::RP_SIGNATURE_BEGIN,
            about(json!({ "payment": payment })),
        ),
        (
            paths::RP_SIGNATURE_VERIFY,
            about(json!({ "challenge": id(), "signature": "12345678" })),
        ),
    ]
}

/// An answer without what differs in any two calls.
fn told(answer: &Answer) -> (StatusCode, Value) {
    let mut body = answer.json();
    if let Some(members) = body.as_object_mut() {
        members.remove("request_id");
        members.remove("user_id");
    }
    (answer.status, body)
}

/// The calls of banks by the served document.
async fn calls_of_banks(world: &World) -> BTreeSet<String> {
    let request = Request::get(paths::OPENAPI).body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await;
    let document: Value = serde_json::from_slice(&body.unwrap()).unwrap();
    let of_banks = |(path, methods): (&String, &Value)| {
        let keyed = methods["post"]["security"][0]["bankKey"].is_array();
        keyed.then(|| path.clone())
    };
    let paths = document["paths"].as_object().unwrap();
    paths.iter().filter_map(of_banks).collect()
}

#[tokio::test]
async fn for_every_call_anothers_objects_answer_like_nobodys_and_stay_as_they_are() {
    let world = World::new().await;
    let device = Device::new();
    let token = world.set_up_k(SHINKUMI, "taro", &device).await;
    world
        .register(&token, "taro", &token.code(world.now()))
        .await;
    let open = world.activation(SHINKUMI, "jiro").await;
    // A claimed activation, and a token not in use yet, of the customer that the calls name.
    world.set_up_k(SHINKUMI, "taro", &Device::new()).await;
    world.pass(60);
    let code = token.code(world.now());
    let theirs = world.dump_without(RENGO).await;
    assert!(theirs.contains("taro") && theirs.contains(open.as_str()));

    let anothers = calls(("taro", &token.serial, open.as_str()), &code);
    let nobodys = calls(("nobody", "111111111", "000000000000"), &code);
    assert_eq!(
        paths_of(&anothers),
        calls_of_banks(&world).await,
        "each call has its case"
    );
    for ((path, anothers), (_, nobodys)) in anothers.into_iter().zip(nobodys) {
        let anothers = world.bank(RENGO, path, &anothers).await;
        let nobodys = world.bank(RENGO, path, &nobodys).await;
        assert_eq!(told(&anothers), told(&nobodys), "{path}");
        assert_eq!(world.dump_without(RENGO).await, theirs, "{path}");
    }
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
}

#[tokio::test]
async fn for_every_call_a_stranger_leaves_a_token_as_it_is() {
    let world = World::new().await;
    let device = Device::new();
    let user_id = world.activation(SHINKUMI, "taro").await;
    let begin = world.k_begin(SHINKUMI, &user_id, PASSWORD, &device);
    let finish = world.k_finish(&begin, PASSWORD, &device).await.unwrap();
    let token = world.k_token(SHINKUMI, &finish, &device).await;
    for registered in [false, true] {
        if registered {
            let code = token.code(world.now());
            let answer = world.register(&token, "taro", &code).await;
            assert_eq!(answer.verdict(), "accepted");
            world.pass(60);
        }
        let before = but_the_strangers(&world).await;
        // The app's calls, from another device that knows the user ID.
        for _ in 0..7 {
            let begin = world.k_begin(SHINKUMI, &user_id, "0000", &Device::new());
            assert!(
                world
                    .k_finish(&begin, "0000", &Device::new())
                    .await
                    .is_none()
            );
        }
        assert_eq!(but_the_strangers(&world).await, before);
        // The bank's calls for other customers of its own, who know the serial and type codes: one
        // without a token, one with a token of his own.
        for has_token in [false, true] {
            let stranger = format!("stranger-{registered}-{has_token}");
            if has_token {
                let own = world.set_up_k(SHINKUMI, &stranger, &Device::new()).await;
                let code = own.code(world.now());
                let answer = world.register(&own, &stranger, &code).await;
                assert_eq!(answer.verdict(), "accepted");
            }
            let wrong = token.wrong_code(world.now());
            let strangers = calls((&stranger, &token.serial, "000000000000"), &wrong);
            assert_eq!(paths_of(&strangers), calls_of_banks(&world).await);
            for (path, mut body) in strangers {
                for _ in 0..7 {
                    if body.get("request_id").is_some() {
                        body["request_id"] = new_id().into();
                    }
                    world.bank(SHINKUMI, path, &body).await;
                    assert_eq!(but_the_strangers(&world).await, before, "{stranger} {path}");
                }
            }
        }
    }
    let code = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
}

/// Every token that names no stranger.
async fn but_the_strangers(world: &World) -> String {
    let tokens = world.dump_of(&["tokens"]).await;
    let others = tokens.lines().filter(|row| !row.contains("stranger"));
    others.map(|row| format!("{row}\n")).collect()
}

fn paths_of(calls: &[(&str, Value)]) -> BTreeSet<String> {
    calls.iter().map(|(path, _)| (*path).to_owned()).collect()
}

#[tokio::test]
async fn wrong_codes_at_one_bank_make_nobody_wait_at_another() {
    let world = World::new().await;
    let token = world.set_up_k(SHINKUMI, "taro", &Device::new()).await;
    let wrong = token.wrong_code(world.now());
    let body = json!({ "subscriber_ref": "taro", "serial": token.serial, "code": wrong });
    let mut said = Vec::new();
    for _ in 0..5 {
        let mut body = body.clone();
        body["request_id"] = new_id().into();
        let answer = world.bank(RENGO, paths::RP_TOKEN_REGISTER, &body).await;
        said.push(answer.verdict());
    }
    assert_eq!(said.last().unwrap(), "locked");
    let code = token.code(world.now());
    let answer = world.register(&token, "taro", &code).await;
    assert_eq!(answer.verdict(), "accepted");
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
    for path in calls_of_banks(&world).await {
        let path = path.as_str();
        for key in [None, Some(""), Some("0".repeat(64).as_str())] {
            let answer = world.post(path, b"{}".to_vec(), key).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.code(), "unauthorized");
        }
    }
}
