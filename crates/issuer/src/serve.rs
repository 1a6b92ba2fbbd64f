//! Connections: how many, how long one may take to say what it wants, and how they end.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::ServiceExt;

use crate::bank_tls::{BankTls, Thumbprint};

/// What a connection may hold back of a call's head. The head itself is bounded more tightly, with
/// an answer that says so; beyond this, hyper answers 431 without a body.
const MOST_BUFFERED_BYTES: usize = 64 * 1024;
/// How long a TLS handshake may take.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// How long nothing is taken in after the system could not give another connection.
const OUT_OF_CONNECTIONS: Duration = Duration::from_secs(1);

/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Connections at once; further ones wait to be taken in.
    pub at_once: usize,
    /// How long the head of a call may be on its way, and how long a connection may be idle.
    pub head_within: Duration,
}

/// Serves HTTP/1.1 until `asked_to_end`, then ends after the calls under way.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ConnectionLimits,
    asked_to_end: impl Future<Output = ()>,
) {
    take_in(listener, router, None, limits, asked_to_end).await;
}

/// The same over mutual TLS: each call says by which certificate it came.
pub async fn serve_banks(
    listener: TcpListener,
    router: Router,
    tls: BankTls,
    limits: ConnectionLimits,
    asked_to_end: impl Future<Output = ()>,
) {
    take_in(listener, router, Some(tls), limits, asked_to_end).await;
}

async fn take_in(
    listener: TcpListener,
    router: Router,
    tls: Option<BankTls>,
    limits: ConnectionLimits,
    asked_to_end: impl Future<Output = ()>,
) {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_within)
        .max_buf_size(MOST_BUFFERED_BYTES);
    let places = Arc::new(Semaphore::new(limits.at_once));
    let graceful = GracefulShutdown::new();
    let mut asked_to_end = pin!(asked_to_end);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, accept(&listener).await)
        };
        let (place, (stream, address)) = tokio::select! {
            () = &mut asked_to_end => break,
            next = next => next,
        };
        let talk = Talk {
            builder: builder.clone(),
            router: router.clone(),
            address,
            watcher: graceful.watcher(),
        };
        let tls = tls.clone();
        let shaken_within = HANDSHAKE_WITHIN.min(limits.head_within);
        // A handshake holds its own connection's place and nothing else.
        tokio::spawn(async move {
            let _place = place;
            match tls {
                None => talk.over(stream, None).await,
                Some(tls) => match tls.accept(stream, shaken_within).await {
                    Ok((stream, shown)) => talk.over(stream, Some(shown)).await,
                    Err(error) => tracing::info!(%address, %error, "no handshake with a bank"),
                },
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// A connection that was taken in, whatever it runs over.
struct Talk {
    builder: http1::Builder,
    router: Router,
    address: SocketAddr,
    watcher: Watcher,
}

impl Talk {
    async fn over<S>(self, stream: S, shown: Option<Thumbprint>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (router, address) = (self.router, self.address);
        let service = service_fn(move |request| answer(router.clone(), request, address, shown));
        let connection = self.builder.serve_connection(TokioIo::new(stream), service);
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(%address, %error, "connection ended");
        }
    }
}

async fn answer(
    router: Router,
    mut request: Request<Incoming>,
    address: SocketAddr,
    shown: Option<Thumbprint>,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(address));
    if let Some(shown) = shown {
        request.extensions_mut().insert(shown);
    }
    router.oneshot(request.map(Body::new)).await
}

/// The next connection. What goes wrong with one is no reason to end.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_the_peers(error.kind()) => {}
            Err(error) => {
                tracing::error!(%error, "cannot take a connection in");
                tokio::time::sleep(OUT_OF_CONNECTIONS).await;
            }
        }
    }
}

fn is_the_peers(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
