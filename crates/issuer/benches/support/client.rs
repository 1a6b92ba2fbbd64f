//! Clients that keep their connections and send one call after the other.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::runtime::Runtime;

use super::world::World;
use super::{median, now};

/// Serves the world's service as the program does.
pub(crate) fn serve_service(runtime: &Runtime, world: &World) -> SocketAddr {
    let (router, limits) = (world.router.clone(), world.config.connection_limits());
    listen(runtime, move |listener| async move {
        skts_issuer::serve(listener, router, limits, std::future::pending()).await;
    })
}

/// Serves a bare handler.
pub(crate) fn serve_bare(runtime: &Runtime, router: Router) -> SocketAddr {
    listen(runtime, move |listener| async move {
        axum::serve(listener, router).await.expect("served");
    })
}

fn listen<F>(
    runtime: &Runtime,
    serve: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
) -> SocketAddr
where
    F: Future<Output = ()> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("non-blocking");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async move {
        serve(tokio::net::TcpListener::from_std(listener).expect("a listener")).await;
    });
    address
}

/// The address in `http://…`.
pub(crate) fn address_of(url: &str) -> SocketAddr {
    let address = url.trim_start_matches("http://");
    address.parse().expect("an address")
}

/// A call as it goes over the wire.
pub(crate) fn request(path: &str, body: &str, key: Option<&str>) -> Vec<u8> {
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

/// What came of calls sent in one go.
pub(crate) struct Turn {
    pub(crate) per_sec: f64,
    pub(crate) took: Vec<Duration>,
    /// In the order of the calls.
    pub(crate) answers: Vec<Answer>,
}

/// An answer as it came over the wire.
pub(crate) struct Answer {
    text: Vec<u8>,
    body_at: usize,
}

impl Answer {
    pub(crate) fn body(&self) -> &[u8] {
        &self.text[self.body_at..]
    }

    pub(crate) fn is_ok(&self) -> bool {
        self.text.starts_with(b"HTTP/1.1 200 ")
    }

    /// Whether it says that a code was accepted, in the service's words or the floor's.
    pub(crate) fn accepts(&self) -> bool {
        let body = String::from_utf8_lossy(self.body());
        self.is_ok() && body.contains("\"accepted\"") && !body.contains("false")
    }
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.text))
    }
}

/// Sends `requests` from so many clients, each with a connection to one of `addresses` in turn.
pub(crate) fn turn(addresses: &[SocketAddr], clients: usize, requests: Vec<Vec<u8>>) -> Turn {
    let count = requests.len();
    let requests = Arc::new(requests);
    let started = now();
    let running: Vec<_> = (0..clients)
        .map(|client| {
            let requests = requests.clone();
            let address = addresses[client % addresses.len()];
            std::thread::spawn(move || {
                let mut connection = Connection::to(address);
                let calls = (client..requests.len()).step_by(clients);
                calls
                    .map(|at| (at, connection.timed(&requests[at])))
                    .collect::<Vec<_>>()
            })
        })
        .collect();
    let mut done: Vec<_> = running
        .into_iter()
        .flat_map(|client| client.join().expect("a client"))
        .collect();
    let per_sec = count as f64 / started.elapsed().as_secs_f64();
    done.sort_by_key(|(at, _)| *at);
    let (took, answers) = done.into_iter().map(|(_, done)| done).unzip();
    Turn {
        per_sec,
        took,
        answers,
    }
}

/// A connection that is kept.
pub(crate) struct Connection(TcpStream);

impl Connection {
    pub(crate) fn to(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        Self(stream)
    }

    /// Sends a call; returns how long its answer took, and the answer.
    pub(crate) fn timed(&mut self, request: &[u8]) -> (Duration, Answer) {
        let sent = now();
        let answer = self.exchange(request);
        (sent.elapsed(), answer)
    }

    fn exchange(&mut self, request: &[u8]) -> Answer {
        self.0.write_all(request).expect("sent");
        let mut text = Vec::with_capacity(1024);
        let mut buffer = [0; 4096];
        loop {
            let read = self.0.read(&mut buffer).expect("an answer");
            assert!(read > 0, "the connection was closed");
            text.extend_from_slice(&buffer[..read]);
            let Some(end) = text.windows(4).position(|end| end == b"\r\n\r\n") else {
                continue;
            };
            let body_at = end + 4;
            let head = String::from_utf8_lossy(&text[..end]);
            let length: usize = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
                .expect("a length");
            if text.len() - body_at >= length {
                return Answer { text, body_at };
            }
        }
    }
}

/// What came of several turns.
#[derive(Default)]
pub(crate) struct Turns {
    rates: Vec<f64>,
    took: Vec<Duration>,
}

impl Turns {
    pub(crate) fn add(&mut self, turn: Turn) {
        self.rates.push(turn.per_sec);
        self.took.extend(turn.took);
    }

    /// Calls a second, of the turn in the middle.
    pub(crate) fn rate(&self) -> f64 {
        median(self.rates.clone())
    }

    /// How long the so-manieth part of all calls took at most.
    pub(crate) fn within_ms(&self, part: f64) -> f64 {
        let mut took = self.took.clone();
        took.sort();
        let last = took.len() - 1;
        took[((took.len() as f64 * part) as usize).min(last)].as_secs_f64() * 1000.0
    }
}
