//! The HTTP face: one file an endpoint, each with what it refuses.

mod caller;
mod console;
mod examples;
mod health;
mod limits;
mod openapi;
mod posted;
mod problem;
mod provisioning;
mod relying_party;
mod routes;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use tower_http::set_header::SetResponseHeaderLayer;

pub(crate) use caller::key_hash;
pub use console::console_router;
pub(crate) use relying_party::{register_for_staff, verify_for_staff};

use crate::issuer::Issuer;
use crate::storage::VerifyWriter;

/// The largest body any call has.
const MOST_BODY_BYTES: usize = 32 * 1024;

/// What every handler works with.
#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) verify_writer: VerifyWriter,
}

/// The service as a router. Serve it with connect info, so that limits per address hold.
///
/// Needs a running tokio runtime: verdicts are written by a task of their own.
pub fn router(issuer: Arc<Issuer>) -> Router {
    within_limits(routes::router(), issuer)
}

/// What banks may call, and nothing else, for [`serve_banks`](crate::serve_banks).
///
/// Needs a running tokio runtime, as [`router`] does.
pub fn bank_router(issuer: Arc<Issuer>) -> Router {
    within_limits(routes::bank_router(), issuer)
}

fn within_limits(routes: Router<App>, issuer: Arc<Issuer>) -> Router {
    let calls = issuer.calls.clone();
    let verify_writer = VerifyWriter::start(issuer.storage.clone());
    let app = App {
        issuer,
        verify_writer,
    };
    routes
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .route_layer(from_fn_with_state(app.clone(), crate::metrics::observe))
        .layer(from_fn_with_state(calls, limits::within))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(app)
}
