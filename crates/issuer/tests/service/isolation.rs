//! One institution's key on another's objects.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};
use skts_provisioning::ids::UserId;
use skts_provisioning::wire::paths;
use tower::ServiceExt;

use crate::world::{Answer, Device, PASSWORD, RENGO, SHINKUMI, Token, World, new_id};

/// For each call of a bank: its body for what is another institution's, and for what is nobody's.
fn cases(token: &Token, code: &str, open: &UserId) -> Vec<(&'static str, Value, Value)> {
    let theirs = ("taro", token.serial.as_str(), open.as_str());
    let nobodys = ("nobody", "111111111", "000000000000");
    let pair = |path, body: &dyn Fn(&str, &str, &str) -> Value| {
        let of = |(customer, serial, user_id)| body(customer, serial, user_id);
        (path, of(theirs), of(nobodys))
    };
    let (id, challenge, proof) = (new_id, new_id(), new_id());
    let payment = json!({
        "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
        "account_number": "1234567", "payee_name": "ミホン タロウ", "amount_yen": "30000",
    });
    vec![
        // First, before the other calls leave traces of the caller's own.
        pair(
            paths::RP_TOKEN_HISTORY,
            &|customer, _, _| json!({"subscriber_ref": customer, "most": 100}),
        ),
        pair(
            paths::RP_EVENTS_FETCH,
            &|_, _, _| json!({"after": 0, "most": 500}),
        ),
        pair(
            paths::RP_ACTIVATION_WITHDRAW,
            &|_, _, user| json!({"request_id": id(), "user_id": user}),
        ),
        pair(
            paths::RP_ACTIVATION_STATE,
            &|_, _, user| json!({"user_id": user}),
        ),
        pair(paths::RP_ACTIVATION_ISSUE, &|customer, _, _| {
            json!({"request_id": id(), "subscriber_ref": customer,
                   "activation_password": PASSWORD})
        }),
        pair(
            paths::RP_TOKEN_REGISTER,
            &|customer, serial, _| json!({"request_id": id(), "subscriber_ref": customer, "serial": serial, "code": code}),
        ),
        pair(
            paths::RP_TOKEN_VERIFY,
            &|customer, _, _| json!({"request_id": id(), "subscriber_ref": customer, "code": code}),
        ),
        pair(
            paths::RP_TOKEN_RESYNC,
            &|customer, _, _| json!({"request_id": id(), "subscriber_ref": customer, "first": code, "second": code}),
        ),
        pair(paths::RP_TOKEN_EXCHANGE, &|customer, serial, _| {
            json!({"request_id": id(), "subscriber_ref": customer, "proof": proof,
                   "serial": serial, "code": code})
        }),
        pair(
            paths::RP_TOKEN_CHANGE,
            &|customer, _, _| json!({"request_id": id(), "subscriber_ref": customer, "change": "unregister"}),
        ),
        pair(
            paths::RP_TOKEN_ASSIGN,
            &|_, serial, _| json!({"request_id": id(), "subscriber_ref": "mine", "serial": serial}),
        ),
        pair(
            paths::RP_TOKEN_REPORT,
            &|customer, _, _| json!({"request_id": id(), "subscriber_ref": customer, "fault": "broken"}),
        ),
        pair(
            paths::RP_TOKEN_STATE,
            &|customer, _, _| json!({"subscriber_ref": customer}),
        ),
        pair(
            paths::RP_SIGNATURE_BEGIN,
            &|customer, _, _| json!({"request_id": id(), "subscriber_ref": customer, "payment": payment}),
        ),
        pair(paths::RP_SIGNATURE_VERIFY, &|customer, _, _| {
            json!({"request_id": id(), "subscriber_ref": customer, "challenge": challenge,
                   "signature": "12345678"})
        }),
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
    world.pass(60);
    let code = token.code(world.now());
    let theirs = world.dump_without(RENGO).await;
    assert!(theirs.contains("taro") && theirs.contains(open.as_str()));

    let cases = cases(&token, &code, &open);
    let tried: BTreeSet<String> = cases.iter().map(|(path, ..)| (*path).to_owned()).collect();
    assert_eq!(
        tried,
        calls_of_banks(&world).await,
        "each call has its case"
    );
    for (path, anothers, nobodys) in cases {
        let anothers = world.bank(RENGO, path, &anothers).await;
        let nobodys = world.bank(RENGO, path, &nobodys).await;
        assert_eq!(told(&anothers), told(&nobodys), "{path}");
        assert_eq!(world.dump_without(RENGO).await, theirs, "{path}");
    }
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
    for path in calls_of_banks(&world).await {
        let path = path.as_str();
        for key in [None, Some(""), Some("0".repeat(64).as_str())] {
            let answer = world.post(path, b"{}".to_vec(), key).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert_eq!(answer.code(), "unauthorized");
        }
    }
}
