//! The HTTP face: one file an endpoint, each with what it refuses.

mod caller;
mod health;
mod problem;
mod provisioning;
mod relying_party;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::routing::{get, post};
use skts_provisioning::wire::paths;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

pub(crate) use caller::key_hash;

use crate::issuer::Issuer;
use crate::storage::VerifyWriter;

/// The largest body any call has.
const MOST_BODY_BYTES: usize = 32 * 1024;
/// No call takes longer; a slow one is told to come again.
const LONGEST_CALL: Duration = Duration::from_secs(15);

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
    let verify_writer = VerifyWriter::start(issuer.storage.clone());
    let app = App {
        issuer,
        verify_writer,
    };
    Router::new()
        .route(paths::ACTIVATION_BEGIN, post(provisioning::begin::handle))
        .route(paths::ACTIVATION_FINISH, post(provisioning::finish::handle))
        .route(paths::SELF_HELLO, post(provisioning::hello::handle))
        .route(paths::SELF_ISSUE, post(provisioning::issue::handle))
        .route(paths::CONFIRM, post(provisioning::confirm::handle))
        .route(
            paths::RP_ACTIVATION_ISSUE,
            post(relying_party::activation_issue::handle),
        )
        .route(
            paths::RP_ACTIVATION_WITHDRAW,
            post(relying_party::activation_withdraw::handle),
        )
        .route(
            paths::RP_ACTIVATION_STATE,
            post(relying_party::activation_state::handle),
        )
        .route(
            paths::RP_TOKEN_REGISTER,
            post(relying_party::register::handle),
        )
        .route(paths::RP_TOKEN_VERIFY, post(relying_party::verify::handle))
        .route(paths::RP_TOKEN_RESYNC, post(relying_party::resync::handle))
        .route(
            paths::RP_TOKEN_EXCHANGE,
            post(relying_party::exchange::handle),
        )
        .route(paths::RP_TOKEN_CHANGE, post(relying_party::change::handle))
        .route(
            paths::RP_SIGNATURE_BEGIN,
            post(relying_party::signature_begin::handle),
        )
        .route(
            paths::RP_SIGNATURE_VERIFY,
            post(relying_party::signature_verify::handle),
        )
        .route(
            paths::RP_TOKEN_HISTORY,
            post(relying_party::history::handle),
        )
        .route(paths::RP_EVENTS_FETCH, post(relying_party::events::handle))
        .route(paths::RP_TOKEN_ASSIGN, post(relying_party::assign::handle))
        .route(paths::RP_TOKEN_REPORT, post(relying_party::report::handle))
        .route(
            paths::RP_TOKEN_STATE,
            post(relying_party::token_state::handle),
        )
        .route(paths::HEALTHZ, get(health::alive))
        .route(paths::READYZ, get(health::ready))
        .fallback(problem::not_found)
        .route_layer(axum::middleware::from_fn_with_state(
            app.clone(),
            crate::metrics::observe,
        ))
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            LONGEST_CALL,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ))
        .with_state(app)
}
