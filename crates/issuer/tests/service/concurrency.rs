//! Many at once, over a real listener.

use std::net::SocketAddr;

use serde_json::Value;
use skts_provisioning::wire::paths;
use tokio::task::JoinSet;

use crate::life::{exchange_body, prove};
use crate::world::{Device, SHINKIN, World, verify_body};

/// Sends all `bodies` to `path` at once; returns their verdicts.
async fn all_at_once(world: &World, path: &str, bodies: Vec<Value>) -> Vec<String> {
    let answers = answers_at_once(world, path, bodies).await;
    let verdict = |answer: &Value| answer["verdict"].as_str().unwrap().to_owned();
    answers.iter().map(verdict).collect()
}

/// Sends all `bodies` to `path` at once; returns the answers.
pub(crate) async fn answers_at_once(world: &World, path: &str, bodies: Vec<Value>) -> Vec<Value> {
    // A queue that holds everybody: a full one makes the system reset connections at random.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(4096).unwrap();
    let url = format!("http://{}{path}", listener.local_addr().unwrap());
    let app = world
        .router
        .clone()
        .into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, app).await });
    let key = format!("Bearer {}", world.api_key(SHINKIN));
    let mut calls = JoinSet::new();
    for body in bodies {
        let (url, key) = (url.clone(), key.clone());
        calls.spawn_blocking(move || {
            let mut answer = ureq::post(&url)
                .header("authorization", &key)
                .content_type("application/json")
                .send(body.to_string())
                .unwrap();
            let text = answer.body_mut().read_to_string().unwrap();
            serde_json::from_str(&text).unwrap()
        });
    }
    let answers = calls.join_all().await;
    server.abort();
    answers
}

fn count(verdicts: &[String], verdict: &str) -> usize {
    verdicts.iter().filter(|found| *found == verdict).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_code_under_a_thousand_request_ids_at_once_is_accepted_exactly_once() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let code = token.code(world.now());
    let bodies = (0..1000).map(|_| verify_body("customer", &code)).collect();
    let verdicts = all_at_once(&world, paths::RP_TOKEN_VERIFY, bodies).await;
    assert_eq!(count(&verdicts, "accepted"), 1);
    assert_eq!(count(&verdicts, "replayed"), 999);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_request_sent_100_times_at_once_has_one_verdict() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let body = verify_body("customer", &token.code(world.now()));
    let verdicts = all_at_once(&world, paths::RP_TOKEN_VERIFY, vec![body; 100]).await;
    assert_eq!(count(&verdicts, "accepted"), 100);
    assert_eq!(world.number("SELECT accepted FROM tokens").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_wrong_codes_at_once_count_no_further_than_the_first_wait() {
    let world = World::new().await;
    let token = world.active("customer").await;
    let wrong = token.wrong_code(world.now());
    let bodies = (0..1000).map(|_| verify_body("customer", &wrong)).collect();
    let verdicts = all_at_once(&world, paths::RP_TOKEN_VERIFY, bodies).await;
    assert_eq!(count(&verdicts, "rejected"), 2);
    assert_eq!(count(&verdicts, "locked"), 998);
    assert_eq!(world.number("SELECT fails FROM tokens").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_under_two_tokens_accepts_each_by_itself() {
    let world = World::new().await;
    let (one, two) = (world.active("one").await, world.active("two").await);
    let mut first = verify_body("one", &one.code(world.now()));
    let mut second = verify_body("two", &two.code(world.now()));
    let id = crate::world::new_id();
    first["request_id"] = id.clone().into();
    second["request_id"] = id.into();
    let answers = [
        world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &first),
        world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &second),
    ];
    let [a, b] = answers;
    let (a, b) = tokio::join!(a, b);
    let accepted = [&a, &b]
        .iter()
        .filter(|answer| answer.status == 200)
        .count();
    assert_eq!(accepted, 1, "the other is another call under the same id");
    // Two at registration, one here.
    assert_eq!(world.number("SELECT sum(accepted) FROM tokens").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_exchanges_on_one_proof_exactly_one_is_made() {
    let world = World::new().await;
    let old = world.active("taro").await;
    let mut bodies = Vec::new();
    let proof = prove(&world, &old, "taro").await;
    for _ in 0..8 {
        let new = world.set_up_s(&Device::new()).await;
        let code = new.code(world.now());
        bodies.push(exchange_body("taro", &proof, &new.serial, &code));
    }
    let verdicts = all_at_once(&world, paths::RP_TOKEN_EXCHANGE, bodies).await;
    assert_eq!(count(&verdicts, "accepted"), 1, "{verdicts:?}");
    let in_use = "SELECT count(*) FROM tokens WHERE subscriber_ref = 'taro' AND state = 'active'";
    assert_eq!(world.number(in_use).await, 1);
}
