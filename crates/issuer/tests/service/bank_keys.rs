//! Keys of banks: each for some of its programs, ended while another is taken up.

use axum::http::StatusCode;
use serde_json::{Value, json};
use skts_issuer::BankKeyError;
use skts_issuer::rules::scope::{Scope, Scopes};
use skts_provisioning::wire::paths;

use crate::world::{SHINKIN, World, new_id};

/// Every call a bank can make, with the scope it needs. What is asked for does not matter here.
fn calls() -> Vec<(&'static str, Scope, Value)> {
    let (id, who) = (new_id(), "nobody");
    let with = |more: Value| {
        let mut body = json!({"request_id": new_id(), "subscriber_ref": who});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    let payment = json!({
        "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
        "account_number": "1234567", "payee_name": "ミホン", "amount_yen": "1",
    });
    let user = json!({"user_id": "000000000000"});
    vec![
        (
            paths::RP_ACTIVATION_ISSUE,
            Scope::Activations,
            with(json!({"activation_password": "4827"})),
        ),
        (
            paths::RP_ACTIVATION_WITHDRAW,
            Scope::Activations,
            json!({"request_id": new_id(), "user_id": "000000000000"}),
        ),
        (
            paths::RP_TOKEN_HISTORY,
            Scope::Read,
            json!({"subscriber_ref": who, "most": 10}),
        ),
        (
            paths::RP_EVENTS_FETCH,
            Scope::Read,
            json!({"after": 0, "most": 10}),
        ),
        (paths::RP_ACTIVATION_STATE, Scope::Read, user),
        (
            paths::RP_TOKEN_STATE,
            Scope::Read,
            json!({"subscriber_ref": who}),
        ),
        (
            paths::RP_TOKEN_VERIFY,
            Scope::Verify,
            with(json!({"code": "123456"})),
        ),
        (
            paths::RP_SIGNATURE_BEGIN,
            Scope::Verify,
            with(json!({"payment": payment})),
        ),
        (
            paths::RP_SIGNATURE_VERIFY,
            Scope::Verify,
            with(json!({"challenge": id, "signature": "12345678"})),
        ),
        (
            paths::RP_TOKEN_REGISTER,
            Scope::Tokens,
            with(json!({"serial": "SKTS00000000", "code": "123456"})),
        ),
        (
            paths::RP_TOKEN_EXCHANGE,
            Scope::Tokens,
            with(json!({"proof": id, "serial": "SKTS00000000", "code": "123456"})),
        ),
        (
            paths::RP_TOKEN_CHANGE,
            Scope::Tokens,
            with(json!({"change": "suspend"})),
        ),
        (
            paths::RP_TOKEN_RESYNC,
            Scope::Tokens,
            with(json!({"first": "123456", "second": "123457"})),
        ),
        (
            paths::RP_TOKEN_ASSIGN,
            Scope::Tokens,
            with(json!({"serial": "AB1234567I"})),
        ),
        (
            paths::RP_TOKEN_REPORT,
            Scope::Tokens,
            with(json!({"fault": "broken"})),
        ),
    ]
}

async fn made(world: &World, name: &str, scopes: Vec<Scope>) -> String {
    let key = world
        .issuer
        .add_bank_key(SHINKIN, name, Scopes::of(scopes), None, None)
        .await;
    key.unwrap().api_key.unwrap()
}

async fn call(world: &World, path: &str, body: &Value, key: &str) -> StatusCode {
    world
        .post(path, body.to_string().into_bytes(), Some(key))
        .await
        .status
}

#[tokio::test]
async fn a_key_is_good_for_its_scope_and_for_nothing_else() {
    let world = World::new().await;
    for scope in Scope::ALL {
        let key = made(&world, scope.as_str(), vec![scope]).await;
        for (path, needed, body) in calls() {
            let before = world
                .dump_of(&["tokens", "activations", "rp_calls", "audit"])
                .await;
            let status = call(&world, path, &body, &key).await;
            assert_eq!(
                status == StatusCode::FORBIDDEN,
                scope != needed,
                "{path} {status}"
            );
            assert_ne!(status, StatusCode::UNAUTHORIZED, "{path}");
            if scope != needed {
                let after = world
                    .dump_of(&["tokens", "activations", "rp_calls", "audit"])
                    .await;
                assert_eq!(before, after, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_key_is_taken_up_before_the_old_one_ends() {
    let world = World::new().await;
    let old = world.api_key(SHINKIN).to_owned();
    let new = made(&world, "2027", Scope::ALL.to_vec()).await;
    let body = json!({"subscriber_ref": "taro"});
    for key in [&old, &new] {
        assert_eq!(
            call(&world, paths::RP_TOKEN_STATE, &body, key).await,
            StatusCode::OK
        );
    }
    let in_an_hour = skts_otp::UnixTime::from_secs(world.now() + 3600);
    world
        .issuer
        .end_bank_key(SHINKIN, "first", in_an_hour)
        .await
        .unwrap();
    assert_eq!(
        call(&world, paths::RP_TOKEN_STATE, &body, &old).await,
        StatusCode::OK
    );
    world.pass(3600);
    let status = call(&world, paths::RP_TOKEN_STATE, &body, &old).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        call(&world, paths::RP_TOKEN_STATE, &body, &new).await,
        StatusCode::OK
    );
}

#[tokio::test]
async fn an_end_is_not_put_off_and_a_name_is_used_once() {
    let world = World::new().await;
    let key = made(&world, "till", vec![Scope::Read]).await;
    let at = |secs| skts_otp::UnixTime::from_secs(secs);
    let now = world.now();
    world
        .issuer
        .end_bank_key(SHINKIN, "till", at(now))
        .await
        .unwrap();
    world
        .issuer
        .end_bank_key(SHINKIN, "till", at(now + 9999))
        .await
        .unwrap();
    world.pass(5);
    let body = json!({"subscriber_ref": "taro"});
    let status = call(&world, paths::RP_TOKEN_STATE, &body, &key).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let again = world
        .issuer
        .add_bank_key(SHINKIN, "till", Scopes::all(), None, None)
        .await;
    assert!(matches!(again, Err(BankKeyError::Known)));
    let nowhere = world
        .issuer
        .add_bank_key("nobody", "till", Scopes::all(), None, None)
        .await;
    assert!(matches!(nowhere, Err(BankKeyError::NoInstitution)));
    let missing = world
        .issuer
        .end_bank_key(SHINKIN, "no such key", at(now))
        .await;
    assert!(matches!(missing, Err(BankKeyError::NoKey)));
}

#[tokio::test]
async fn keys_are_kept_as_hashes_and_listed_without_themselves() {
    let world = World::new().await;
    let key = made(&world, "till", vec![Scope::Read]).await;
    assert!(!world.dump().await.contains(&key));
    let listed = world.issuer.bank_keys(SHINKIN).await.unwrap();
    let names: Vec<&str> = listed.iter().map(|key| key.name.as_str()).collect();
    assert_eq!(names, ["first", "till"]);
    assert!(listed.iter().all(|key| key.api_key.is_none()));
}
