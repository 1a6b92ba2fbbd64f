//! Connections that hold something back, and more calls than are taken at once.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;
use skts_issuer::{ConnectionLimits, serve};
use skts_provisioning::wire::paths;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::world::{SHINKIN, World, verify_body};

const LONG: Duration = Duration::from_secs(30);

/// Serves `world` on a port of its own until the test ends.
async fn served(world: &World, limits: ConnectionLimits) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = world.router.clone();
    tokio::spawn(serve(listener, router, limits, std::future::pending()));
    address
}

async fn is_answered(address: SocketAddr) -> bool {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!(
        "GET {} HTTP/1.1\r\nhost: l\r\nconnection: close\r\n\r\n",
        paths::HEALTHZ
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let read = timeout(Duration::from_secs(2), stream.read_to_string(&mut answer)).await;
    read.is_ok() && answer.starts_with("HTTP/1.1 200")
}

#[tokio::test]
async fn a_head_sent_byte_by_byte_is_cut_off_and_others_are_served_meanwhile() {
    let world = World::new().await;
    let head_within = Duration::from_secs(2);
    let address = served(
        &world,
        ConnectionLimits {
            at_once: 100,
            head_within,
        },
    )
    .await;
    let (mut answer, mut head) = TcpStream::connect(address).await.unwrap().into_split();
    let dripping = tokio::spawn(async move {
        for byte in b"POST /v1/provisioning/confirm HTTP/1.1\r\nhost: l\r\n"
            .iter()
            .cycle()
        {
            if head.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    });
    let mut rest = Vec::new();
    let closed = timeout(LONG, answer.read_to_end(&mut rest));
    let (closed, others) = tokio::join!(closed, is_answered(address));
    assert!(others, "others are served meanwhile");
    assert!(closed.is_ok(), "still open after {LONG:?}");
    dripping.abort();
}

#[tokio::test]
async fn a_connection_too_many_waits_for_its_place() {
    let world = World::new().await;
    let head_within = Duration::from_secs(60);
    let address = served(
        &world,
        ConnectionLimits {
            at_once: 1,
            head_within,
        },
    )
    .await;
    let idle = TcpStream::connect(address).await.unwrap();
    assert!(!is_answered(address).await, "there is one place only");
    drop(idle);
    assert!(is_answered(address).await, "the place is free again");
}

#[tokio::test]
async fn of_two_thousand_calls_at_once_each_is_done_or_turned_away() {
    let world = World::with(|config| config.calls_at_once = 64).await;
    let mut bodies = Vec::new();
    for customer in ["a", "b", "c", "d"] {
        let token = world.active(customer).await;
        bodies.push((customer, token));
    }
    let bodies: Vec<Value> = (0..500)
        .flat_map(|_| bodies.iter())
        .map(|(customer, token)| verify_body(customer, &token.code(world.now())))
        .collect();
    let calls_before = world.number("SELECT count(*) FROM rp_calls").await;
    let accepted = "SELECT count(*) FROM audit WHERE action = 'verify' AND outcome = 'accepted'";
    let accepted_before = world.number(accepted).await;
    let mut answers = Vec::new();
    let calls = bodies
        .iter()
        .map(|body| world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, body));
    let mut calls: Vec<_> = calls.map(Box::pin).collect();
    // All are begun before any is waited for.
    std::future::poll_fn(|context| {
        calls.retain_mut(|call| match call.as_mut().poll(context) {
            std::task::Poll::Ready(answer) => {
                answers.push(answer);
                false
            }
            std::task::Poll::Pending => true,
        });
        if calls.is_empty() {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    assert_eq!(answers.len(), 2_000);
    let statuses: HashSet<StatusCode> = answers.iter().map(|answer| answer.status).collect();
    let both = [StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE];
    assert_eq!(statuses, HashSet::from(both));
    let done = answers
        .iter()
        .filter(|answer| answer.status == StatusCode::OK);
    let verdicts: Vec<String> = done.map(|answer| answer.verdict()).collect();
    let calls = world.number("SELECT count(*) FROM rp_calls").await - calls_before;
    assert_eq!(calls, i64::try_from(verdicts.len()).unwrap());
    let said = verdicts
        .iter()
        .filter(|verdict| *verdict == "accepted")
        .count();
    assert!((1..=4).contains(&said), "{said}");
    let written = world.number(accepted).await - accepted_before;
    assert_eq!(written, i64::try_from(said).unwrap());
}
