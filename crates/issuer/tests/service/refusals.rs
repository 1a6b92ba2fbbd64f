//! Malformed calls, limits, health.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use skts_provisioning::wire::paths;
use tower::ServiceExt;

use crate::world::{Device, SHINKIN, SHINKUMI, World};

const DEVICE_PATHS: [&str; 5] = [
    paths::ACTIVATION_BEGIN,
    paths::ACTIVATION_FINISH,
    paths::SELF_HELLO,
    paths::SELF_ISSUE,
    paths::CONFIRM,
];

#[tokio::test]
async fn malformed_bodies_are_told_so_and_change_nothing() {
    let world = World::new().await;
    let before = world.dump().await;
    let deep = "[".repeat(20_000);
    for path in DEVICE_PATHS {
        for body in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "{\"request_id\":1}",
            "\u{0}",
            &deep,
        ] {
            let answer = world.device(path, body.as_bytes()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body:.20}");
            assert_eq!(answer.code(), "bad-request");
        }
        let answer = world.device(path, &vec![b' '; 64 * 1024]).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn the_hostile_messages_of_the_protocol_never_break_the_service() {
    let world = World::new().await;
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../provisioning/tests/hostile");
    let mut sent = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        let body = text
            .splitn(2, |b| *b == b'{')
            .nth(1)
            .map(|rest| [b"{", rest].concat());
        for path in DEVICE_PATHS {
            let answer = world.device(path, body.as_deref().unwrap_or(&text)).await;
            assert!(
                !answer.status.is_server_error(),
                "{path}: {:?}",
                answer.status
            );
            sent += 1;
        }
    }
    assert!(sent > 100, "only {sent} messages were found");
    assert_eq!(world.number("SELECT count(*) FROM tokens").await, 0);
}

#[tokio::test]
async fn a_problem_says_what_and_for_which_request() {
    let world = World::new().await;
    let device = Device::new();
    let hello = world.s_hello(&device);
    let other = String::from_utf8(hello.body().to_vec())
        .unwrap()
        .replace("10000001", "99999999");
    let answer = world.device(paths::SELF_HELLO, other.as_bytes()).await;
    assert_eq!(
        answer.json(),
        json!({
            "type": "urn:skts:problem:not-found", "status": 404, "code": "not-found",
            "request_id": hello.request.request_id.to_string(),
        })
    );
}

#[tokio::test]
async fn an_address_that_asks_too_much_is_told_when_to_come_again() {
    let world = World::with(|config| {
        config.provisioning_burst = 3;
        config.provisioning_per_minute = 6;
    })
    .await;
    for _ in 0..3 {
        let answer = world.device(paths::SELF_HELLO, b"{}").await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    }
    let answer = world.device(paths::SELF_HELLO, b"{}").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "busy")
    );
    // Banks are not devices: their calls go on.
    let body = json!({ "subscriber_ref": "nobody" });
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_STATE, &body).await;
    assert_eq!(answer.status, StatusCode::OK);
    world.pass(10);
    assert_eq!(
        world.device(paths::SELF_HELLO, b"{}").await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_key_that_asks_too_much_is_told_when_to_come_again() {
    let world = World::with(|config| {
        config.bank_burst = 2;
        config.bank_per_minute = 6;
    })
    .await;
    let body = json!({ "subscriber_ref": "nobody" });
    for (institution, code) in [
        (SHINKIN, None),
        (SHINKIN, None),
        (SHINKIN, Some("busy")),
        // Another bank's calls go on.
        (SHINKUMI, None),
    ] {
        let answer = world.bank(institution, paths::RP_TOKEN_STATE, &body).await;
        let said = (answer.status != StatusCode::OK).then(|| answer.code());
        assert_eq!(said.as_deref(), code);
    }
    world.pass(10);
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_STATE, &body).await;
    assert_eq!(answer.status, StatusCode::OK);
}

/// The status, content type and code of the answer to `request`.
async fn refused(world: &World, request: Request<Body>) -> (StatusCode, String, String) {
    let response = world.router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let kind = response.headers()["content-type"].to_str().unwrap();
    let kind = kind.to_owned();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(problem["status"], status.as_u16());
    (status, kind, problem["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn what_never_reaches_a_call_is_refused_as_a_problem_too() {
    let world = World::new().await;
    let post = |kind: &str, length: usize| {
        Request::post(paths::SELF_HELLO)
            .header("content-type", kind)
            .body(Body::from(vec![b' '; length]))
            .unwrap()
    };
    let long_head = Request::get(paths::HEALTHZ).header("x-long", "x".repeat(9_000));
    let long_head = long_head.body(Body::empty());
    let untyped = Request::post(paths::SELF_HELLO).body(Body::from("{}"));
    for (request, status, code) in [
        (
            Request::get("/v1/nothing").body(Body::empty()).unwrap(),
            404,
            "not-found",
        ),
        (
            Request::get(paths::SELF_HELLO).body(Body::empty()).unwrap(),
            405,
            "method-not-allowed",
        ),
        (
            Request::post(paths::HEALTHZ).body(Body::empty()).unwrap(),
            405,
            "method-not-allowed",
        ),
        (post("application/json", 33 * 1024), 413, "too-large"),
        (long_head.unwrap(), 431, "headers-too-large"),
        (post("text/plain", 2), 415, "unsupported-media-type"),
        (untyped.unwrap(), 415, "unsupported-media-type"),
        (
            post("Application/JSON; charset=utf-8", 2),
            400,
            "bad-request",
        ),
    ] {
        let expected = (
            StatusCode::from_u16(status).unwrap(),
            "application/problem+json".to_owned(),
            code.to_owned(),
        );
        assert_eq!(refused(&world, request).await, expected);
    }
}

#[tokio::test]
async fn a_refusal_says_what_would_be_taken() {
    let world = World::new().await;
    let wrong_method = Request::get(paths::SELF_HELLO).body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(wrong_method).await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    let no_key = Request::post(paths::RP_TOKEN_STATE)
        .body(Body::empty())
        .unwrap();
    let response = world.router.clone().oneshot(no_key).await.unwrap();
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
}

#[tokio::test]
async fn a_field_that_is_unknown_or_there_twice_is_refused() {
    let world = World::new().await;
    for body in [
        r#"{"subscriber_ref":"C-1","subscriber":"C-2"}"#,
        r#"{"subscriber_ref":"C-1","subscriber_ref":"C-2"}"#,
    ] {
        let key = Some(world.api_key(SHINKIN));
        let answer = world.post(paths::RP_TOKEN_STATE, body.into(), key).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer.code(), "bad-request");
    }
}

#[tokio::test]
async fn health_readiness_and_unknown_paths() {
    let world = World::new().await;
    for (path, status) in [
        (paths::HEALTHZ, StatusCode::OK),
        (paths::READYZ, StatusCode::OK),
        ("/v1/nothing", StatusCode::NOT_FOUND),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = world.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    world.issuer.close().await;
    let request = Request::get(paths::READYZ).body(Body::empty()).unwrap();
    let response = world.router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}
