//! Accepted codes a second over HTTP, against a bare handler that does one conditional UPDATE at the
//! same durability. Four clients that keep their connections, turns of either in one process; what
//! was accepted is counted in the database afterwards.

#[path = "../tests/service/world.rs"]
#[expect(dead_code, reason = "shared with the tests, which use the rest")]
mod world;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skts_provisioning::wire::paths;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use world::{Device, SHINKIN, Token, World, verify_body};

const TOKENS: usize = 10_000;
const ROUNDS: usize = 5;
const CLIENTS: usize = 4;
const AIM: f64 = 0.6;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let (world, tokens) = runtime.block_on(fill());
    let tokens: Vec<(String, Token)> = tokens;
    let floor = runtime.block_on(Floor::new(&world.config.data, TOKENS));
    let ours_at = serve(&runtime, world.router.clone());
    let floor_at = serve(&runtime, floor.router());

    let key = world.api_key(SHINKIN).to_owned();
    let ours_requests: Vec<Vec<u8>> = tokens
        .iter()
        .map(|(subscriber, token)| {
            let body = verify_body(subscriber, &token.code(world.now())).to_string();
            request(paths::RP_TOKEN_VERIFY, &body, Some(&key))
        })
        .collect();
    let floor_requests: Vec<Vec<u8>> = (0..TOKENS)
        .map(|id| request("/verify", &json!({ "id": id, "step": 1 }).to_string(), None))
        .collect();

    let (mut ours, mut other) = (Vec::new(), Vec::new());
    for (mine, theirs) in ours_requests
        .chunks(TOKENS / ROUNDS)
        .zip(floor_requests.chunks(TOKENS / ROUNDS))
    {
        ours.push(turn(ours_at, mine));
        other.push(turn(floor_at, theirs));
    }
    let accepted = runtime.block_on(world.number("SELECT sum(accepted) FROM tokens"));
    // Each token was accepted once at registration.
    let expected = i64::try_from(2 * TOKENS).expect("a count");
    assert_eq!(
        accepted, expected,
        "what the clients saw is not what the database holds"
    );
    assert_eq!(runtime.block_on(floor.accepted()), TOKENS as i64);

    let rate = |turns: &[Turn]| median(turns.iter().map(|turn| turn.per_sec).collect());
    let p99 = |turns: &[Turn]| median(turns.iter().map(|turn| turn.p99_ms).collect());
    let ratio = rate(&ours) / rate(&other);
    println!(
        "{}",
        json!({
            "name": "verify", "unit": "checks/s", "ours": rate(&ours).round(),
            "other": rate(&other).round(), "ratio": (ratio * 1000.0).round() / 1000.0,
            "aim": AIM, "pass": ratio >= AIM, "ours_p99_ms": p99(&ours),
            "other_p99_ms": p99(&other), "tokens": TOKENS, "clients": CLIENTS,
            "accepted_in_database": accepted - TOKENS as i64,
        })
    );
}

/// A service with [`TOKENS`] registered tokens, a step after their first codes.
async fn fill() -> (World, Vec<(String, Token)>) {
    let world = World::with(|config| config.work_bits = 0).await;
    let mut tokens = Vec::with_capacity(TOKENS);
    for number in 0..TOKENS {
        let token = world.set_up_s(&Device::new()).await;
        let subscriber = format!("customer-{number}");
        let answer = world
            .register(&token, &subscriber, &token.code(world.now()))
            .await;
        assert_eq!(answer.verdict(), "accepted");
        tokens.push((subscriber, token));
        if (number + 1) % 2500 == 0 {
            eprintln!("{} tokens set up", number + 1);
        }
    }
    world.pass(30);
    (world, tokens)
}

/// The least a verifier can do.
struct Floor(SqlitePool);

#[derive(Deserialize)]
struct FloorRequest {
    id: i64,
    step: i64,
}

#[derive(Serialize)]
struct FloorAnswer {
    accepted: bool,
}

impl Floor {
    async fn new(folder: &std::path::Path, tokens: usize) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(folder.join("floor.sqlite"))
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_with(options)
            .await
            .expect("floor");
        sqlx::query("CREATE TABLE tokens (id INTEGER PRIMARY KEY, last_step BIGINT NOT NULL)")
            .execute(&pool)
            .await
            .expect("a table");
        let mut transaction = pool.begin().await.expect("a transaction");
        for id in 0..i64::try_from(tokens).expect("a count") {
            sqlx::query("INSERT INTO tokens VALUES ($1, 0)")
                .bind(id)
                .execute(&mut *transaction)
                .await
                .expect("a row");
        }
        transaction.commit().await.expect("commit");
        Self(pool)
    }

    fn router(&self) -> Router {
        Router::new()
            .route("/verify", post(floor))
            .with_state(self.0.clone())
    }

    async fn accepted(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM tokens WHERE last_step = 1")
            .fetch_one(&self.0)
            .await
            .expect("a count")
    }
}

async fn floor(
    State(pool): State<SqlitePool>,
    Json(request): Json<FloorRequest>,
) -> Json<FloorAnswer> {
    let changed = sqlx::query("UPDATE tokens SET last_step = $2 WHERE id = $1 AND last_step < $2")
        .bind(request.id)
        .bind(request.step)
        .execute(&pool)
        .await
        .expect("an update");
    Json(FloorAnswer {
        accepted: changed.rows_affected() == 1,
    })
}

fn serve(runtime: &tokio::runtime::Runtime, router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("non-blocking");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        let app = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, app).await
    });
    address
}

fn request(path: &str, body: &str, key: Option<&str>) -> Vec<u8> {
    let key = key
        .map(|key| format!("authorization: Bearer {key}\r\n"))
        .unwrap_or_default();
    format!(
        "POST {path} HTTP/1.1\r\nhost: l\r\ncontent-type: application/json\r\n{key}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

struct Turn {
    per_sec: f64,
    p99_ms: f64,
}

/// Sends `requests` from [`CLIENTS`] connections; each answer must accept.
fn turn(address: SocketAddr, requests: &[Vec<u8>]) -> Turn {
    let requests = Arc::new(requests.to_vec());
    let started = now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let requests = requests.clone();
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(address).expect("a connection");
                stream.set_nodelay(true).expect("no delay");
                requests
                    .iter()
                    .skip(client)
                    .step_by(CLIENTS)
                    .map(|request| {
                        let sent = now();
                        exchange(&mut stream, request);
                        sent.elapsed()
                    })
                    .collect::<Vec<Duration>>()
            })
        })
        .collect();
    let mut took: Vec<Duration> = clients
        .into_iter()
        .flat_map(|client| client.join().expect("a client"))
        .collect();
    let per_sec = requests.len() as f64 / started.elapsed().as_secs_f64();
    took.sort();
    Turn {
        per_sec,
        p99_ms: took[took.len() * 99 / 100].as_secs_f64() * 1000.0,
    }
}

fn exchange(stream: &mut TcpStream, request: &[u8]) {
    stream.write_all(request).expect("sent");
    let mut answer = Vec::with_capacity(512);
    let mut buffer = [0; 1024];
    loop {
        let read = stream.read(&mut buffer).expect("an answer");
        assert!(read > 0, "the connection was closed");
        answer.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&answer);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(usize::MAX);
            if body.len() >= length {
                assert!(
                    body.contains("\"accepted\"") && !body.contains("false"),
                    "not accepted: {body}"
                );
                return;
            }
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn now() -> Instant {
    Instant::now()
}
