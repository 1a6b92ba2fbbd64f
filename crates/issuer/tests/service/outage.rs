//! PostgreSQL stopped and started again under load, as at every update of its machine: each call has its
//! verdict or is told to come again, and a call made again has one verdict.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::http::{Request, Response, StatusCode};
use serde_json::{Value, json};
use skts_provisioning::wire::paths;
use tower::ServiceExt;

use crate::world::server::{Server, Stop};
use crate::world::{Device, SHINKIN, Token, World, new_id, verify_body};

const CUSTOMERS: usize = 12;

/// A world on a server of its own; none where the tests run on SQLite.
async fn world() -> Option<(World, Server)> {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap()?;
    let address = server.address().parse().unwrap();
    let world = World::with(|config| config.database = Some(address)).await;
    Some((world, server))
}

async fn send(world: &World, request: Request<Body>) -> Response<Body> {
    let mut request = request;
    let address = SocketAddr::from(([127, 0, 0, 1], 9));
    request.extensions_mut().insert(ConnectInfo(address));
    world.router.clone().oneshot(request).await.unwrap()
}

async fn ready(world: &World) -> StatusCode {
    let request = Request::get(paths::READYZ).body(Body::empty()).unwrap();
    send(world, request).await.status()
}

/// One call: its answer, or none if it is to come again.
async fn call(world: &World, path: &str, body: &Value) -> Option<Value> {
    let key = format!("Bearer {}", world.api_key(SHINKIN));
    let request = Request::post(path)
        .header("content-type", "application/json")
        .header("authorization", key)
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = send(world, request).await;
    let (head, body) = response.into_parts();
    let body = to_bytes(body, 1 << 16).await.unwrap();
    let answer: Value = serde_json::from_slice(&body).unwrap();
    if head.status == StatusCode::OK {
        return Some(answer);
    }
    assert_eq!(head.status, StatusCode::SERVICE_UNAVAILABLE, "{answer}");
    assert_eq!(head.headers["content-type"], "application/problem+json");
    assert_eq!(head.headers["retry-after"], "1");
    assert_eq!(answer["code"], "busy");
    None
}

/// Calls as a bank does: the same again until there is an answer, which stays the same.
async fn insist(world: &World, path: &str, body: &Value, told: &AtomicUsize) -> String {
    loop {
        if let Some(answer) = call(world, path, body).await {
            return answer["verdict"].as_str().unwrap().to_owned();
        }
        told.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A wrong code, then the right one of this moment; whether asked again gives the same.
async fn visit(world: &World, token: &Token, customer: &str, told: &AtomicUsize) {
    let path = paths::RP_TOKEN_VERIFY;
    let wrong = verify_body(customer, &token.wrong_code(world.now()));
    assert_eq!(insist(world, path, &wrong, told).await, "rejected");
    let right = verify_body(customer, &token.code(world.now()));
    assert_eq!(insist(world, path, &right, told).await, "accepted");
    assert_eq!(insist(world, path, &right, told).await, "accepted");
    assert_eq!(insist(world, path, &wrong, told).await, "rejected");
}

/// A token's first code, for its customer.
async fn register(world: &World, token: &Token, told: &AtomicUsize) {
    let body = json!({
        "request_id": new_id(), "subscriber_ref": token.serial, "serial": token.serial,
        "code": token.code(world.now()),
    });
    for _ in 0..2 {
        let verdict = insist(world, paths::RP_TOKEN_REGISTER, &body, told).await;
        assert_eq!(verdict, "accepted");
    }
}

/// What was done in all rounds.
#[derive(Default)]
struct Done {
    visits: i64,
    registrations: i64,
}

/// All customers at once, and a new one, round after round, until `over`. The time stands still in a
/// round: a code is as good at its last try as at its first.
async fn rounds(
    world: &World,
    tokens: &[Token],
    new: &mut Vec<Token>,
    over: &AtomicBool,
    told: &AtomicUsize,
) -> Done {
    let mut done = Done::default();
    let mut last = false;
    while !last {
        last = over.load(Ordering::Relaxed);
        world.pass(30);
        let visits = tokens.iter().enumerate().map(|(number, token)| async move {
            visit(world, token, &format!("customer-{number}"), told).await;
        });
        let new = new.pop();
        let registering = async {
            if let Some(token) = &new {
                register(world, token, told).await;
            }
        };
        tokio::join!(all(visits), registering);
        done.visits += i64::try_from(tokens.len()).unwrap();
        done.registrations += i64::from(new.is_some());
    }
    done
}

/// Runs them all at once on this task.
async fn all<F: Future<Output = ()>>(calls: impl Iterator<Item = F>) {
    let mut calls: Vec<_> = calls.map(|call| Some(Box::pin(call))).collect();
    std::future::poll_fn(|context| {
        for slot in &mut calls {
            if let Some(call) = slot
                && call.as_mut().poll(context).is_ready()
            {
                *slot = None;
            }
        }
        match calls.iter().all(Option::is_none) {
            true => std::task::Poll::Ready(()),
            false => std::task::Poll::Pending,
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_restarted_under_load_costs_no_call_its_one_verdict() {
    let Some((world, server)) = world().await else {
        return;
    };
    let server = Arc::new(Mutex::new(server));
    let mut tokens = Vec::new();
    for number in 0..CUSTOMERS {
        tokens.push(world.active(&format!("customer-{number}")).await);
    }
    let mut new = Vec::new();
    for _ in 0..8 {
        new.push(world.set_up_s(&Device::new()).await);
    }
    let told = AtomicUsize::new(0);
    let mut done = Done::default();
    for how in [Stop::Fast, Stop::Immediate] {
        let over = AtomicBool::new(false);
        let restarting = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            let server = server.clone();
            let restart = move || {
                let mut server = server.lock().unwrap();
                server.stop(how);
                std::thread::sleep(Duration::from_millis(200));
                server.go_on();
            };
            tokio::task::spawn_blocking(restart).await.unwrap();
            over.store(true, Ordering::Relaxed);
        };
        let rounds = rounds(&world, &tokens, &mut new, &over, &told);
        let ((), these) = tokio::join!(restarting, rounds);
        done.visits += these.visits;
        done.registrations += these.registrations;
        assert_eq!(ready(&world).await, StatusCode::OK);
    }
    let customers = i64::try_from(CUSTOMERS).unwrap();
    assert!(told.into_inner() > 0, "no call was interrupted");
    for (outcome, action, expected) in [
        ("accepted", "verify", done.visits),
        ("rejected", "verify", done.visits),
        ("accepted", "register", customers + done.registrations),
    ] {
        let sql = format!(
            "SELECT count(*) FROM audit WHERE action = '{action}' AND outcome = '{outcome}'"
        );
        assert_eq!(world.number(&sql).await, expected, "{action} {outcome}");
    }
    let accepted = world.number("SELECT sum(accepted) FROM tokens").await;
    assert_eq!(accepted, done.visits + customers + done.registrations);
    // The next wrong code is the first in a row.
    world.pass(30);
    for (number, token) in tokens.iter().enumerate() {
        let wrong = token.wrong_code(world.now());
        let customer = format!("customer-{number}");
        assert_eq!(world.verify(token, &customer, &wrong).await, "rejected");
    }
    assert_eq!(world.number("SELECT max(fails) FROM tokens").await, 1);
    world.issuer.seal_audit().await.unwrap();
    let anchor = world.issuer.audit_anchor();
    let trail = world.issuer.verify_audit(&[anchor]).await.unwrap();
    assert_eq!(trail.unsealed, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_is_said_soon_and_served_again_at_once() {
    let Some((world, mut server)) = world().await else {
        return;
    };
    let token = world.active("taro").await;
    // Connections that rest, and hear nothing of the end.
    let calls = || {
        (0..8).map(|_| async {
            assert_eq!(ready(&world).await, StatusCode::OK);
        })
    };
    all(calls()).await;
    server.stop(Stop::Immediate);
    server.go_on();
    tokio::time::sleep(Duration::from_millis(1100)).await;
    all(calls()).await;
    let body = verify_body("taro", &token.code(world.now()));
    let path = paths::RP_TOKEN_VERIFY;
    let answer = call(&world, path, &body).await;
    assert_eq!(answer.expect("a verdict")["verdict"], "accepted");

    server.stop(Stop::Fast);
    let soon = Duration::from_secs(3);
    for _ in 0..2 {
        let asked = (0..8).map(|_| async {
            let said = tokio::time::timeout(soon, ready(&world)).await;
            assert_eq!(said.expect("an answer"), StatusCode::SERVICE_UNAVAILABLE);
        });
        all(asked).await;
    }
    let soon = Duration::from_secs(8);
    let said = tokio::time::timeout(soon, call(&world, path, &body)).await;
    assert_eq!(said.expect("an answer sooner than banks give up"), None);
    server.go_on();
    all(calls()).await;
    let again = call(&world, path, &body).await;
    assert_eq!(again.expect("a verdict")["verdict"], "accepted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_behind_one_who_cannot_write_wait_no_longer_than_it_does() {
    let world = World::new().await;
    if world.server.is_some() {
        // There, who writes holds up only those who write the same.
        return;
    }
    let mut bodies = Vec::new();
    for number in 0..6 {
        let customer = format!("customer-{number}");
        let token = world.active(&customer).await;
        bodies.push((token, customer));
    }
    let bodies: Vec<Value> = bodies
        .iter()
        .map(|(token, customer)| verify_body(customer, &token.code(world.now())))
        .collect();
    let mut other = world.hold().await;
    let path = paths::RP_TOKEN_VERIFY;
    let world = &world;
    // Five seconds for the first, and as many for those who came while it waited.
    let soon = Duration::from_secs(12);
    let calls = bodies.iter().map(|body| async move {
        let said = tokio::time::timeout(soon, call(world, path, body)).await;
        assert_eq!(said.expect("an answer"), None);
    });
    all(calls).await;
    other.let_go().await;
    for body in &bodies {
        let answer = call(world, path, body).await;
        assert_eq!(answer.expect("a verdict")["verdict"], "accepted");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_given_up_before_its_turn_is_not_done_behind_its_callers_back() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let other = world.active("hanako").await;
    let path = paths::RP_TOKEN_VERIFY;
    let first = verify_body("hanako", &other.code(world.now()));
    let given_up = verify_body("taro", &token.code(world.now()));
    let mut holder = world.hold().await;
    let patience = Duration::from_millis(300);
    let giving_up = async {
        tokio::time::sleep(patience).await;
        let said = tokio::time::timeout(patience, call(&world, path, &given_up)).await;
        assert!(said.is_err(), "{said:?}");
        holder.let_go().await;
    };
    let (answer, ()) = tokio::join!(call(&world, path, &first), giving_up);
    assert_eq!(answer.expect("a verdict")["verdict"], "accepted");
    // Whatever waited before this one has been written, or never will be.
    let wrong = verify_body("hanako", &other.wrong_code(world.now()));
    assert_eq!(
        call(&world, path, &wrong).await.expect("a verdict")["verdict"],
        "rejected"
    );
    assert_eq!(
        world
            .number("SELECT count(*) FROM audit WHERE action = 'verify'")
            .await,
        2
    );
    let again = call(&world, path, &given_up).await;
    assert_eq!(again.expect("a verdict")["verdict"], "accepted");
}
