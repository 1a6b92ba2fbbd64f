//! What is measured of a running service, in the words of Prometheus. No customer, serial or code is a
//! label.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request, State};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::audit::Action;
use crate::http::App;
use crate::issuer::Issuer;
use crate::storage::{StorageError, audit, events};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Deed {
    institution: String,
    action: &'static str,
    outcome: String,
}

/// The service's counters.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<Call, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    deeds: Family<Deed, Counter>,
    unsealed: Gauge<u64, AtomicU64>,
    undelivered: Gauge<u64, AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("skts");
        let (calls, deeds) = (Family::default(), Family::default());
        let (unsealed, undelivered) = (Gauge::default(), Gauge::default());
        let seconds: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.0005, 2.0, 15)));
        registry.register("calls", "HTTP calls by route and status", calls.clone());
        let help = "How long calls took";
        registry.register_with_unit("call", help, Unit::Seconds, seconds.clone());
        let help = "Verdicts and changes by institution, action and outcome";
        registry.register("deeds", help, deeds.clone());
        let help = "Entries of the audit trail since its last seal";
        registry.register("audit_unsealed", help, unsealed.clone());
        let help = "Events that webhooks have not taken yet";
        registry.register("events_undelivered", help, undelivered.clone());
        Self {
            registry,
            calls,
            seconds,
            deeds,
            unsealed,
            undelivered,
        }
    }

    /// Counts a verdict or a change.
    pub(crate) fn deed(&self, institution: &str, action: Action, outcome: &str) {
        let deed = Deed {
            institution: institution.to_owned(),
            action: action.as_str(),
            outcome: outcome.to_owned(),
        };
        self.deeds.get_or_create(&deed).inc();
    }

    fn call(&self, route: &str, status: u16, took: Duration) {
        let route = route.to_owned();
        let call = Call {
            route: route.clone(),
            status,
        };
        self.calls.get_or_create(&call).inc();
        let seconds = self.seconds.get_or_create(&Route { route });
        seconds.observe(took.as_secs_f64());
    }
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Issuer {
    /// Everything measured, as OpenMetrics text.
    ///
    /// # Errors
    /// [`StorageError`] if the database could not be asked for what waits in it.
    pub async fn metrics(&self) -> Result<String, StorageError> {
        let mut connection = self.storage.read().await?;
        let sealed = audit::last_seal(&mut connection).await?;
        let sealed = sealed.map_or(0, |seal| seal.up_to);
        self.metrics
            .unsealed
            .set(audit::count_after(&mut connection, sealed).await?);
        self.metrics
            .undelivered
            .set(events::undelivered(&mut connection).await?);
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = encode(&mut text, &self.metrics.registry);
        Ok(text)
    }
}

/// Counts and times each call by its route; a path that is none is not a label.
pub(crate) async fn observe(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("other", MatchedPath::as_str);
    let route = route.to_owned();
    let started = started();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.issuer.metrics.call(&route, status, started.elapsed());
    response
}

#[expect(
    clippy::disallowed_methods,
    reason = "a duration that is measured and decides nothing"
)]
fn started() -> Instant {
    Instant::now()
}

/// `GET /metrics`, on an address of its own.
pub fn metrics_router(issuer: std::sync::Arc<Issuer>) -> axum::Router {
    const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let show = |State(issuer): State<std::sync::Arc<Issuer>>| async move {
        match issuer.metrics().await {
            Ok(text) => ([(header::CONTENT_TYPE, KIND)], text).into_response(),
            Err(error) => {
                tracing::error!(%error, "metrics");
                axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response()
            }
        }
    };
    axum::Router::new()
        .route("/metrics", axum::routing::get(show))
        .with_state(issuer)
}
