//! Whether the process lives, and whether it can serve.

use std::time::Duration;

use axum::extract::State;
use tokio::time::timeout;

use super::App;
use super::problem::Refusal;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// Whoever asks has others to send calls to, and does not wait long.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// `GET /readyz`: the database answers too.
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    let why = match timeout(READY_WITHIN, app.issuer.storage.ping()).await {
        Ok(Ok(())) => return Ok("ok\n"),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(why, "not ready");
    Err(Refusal::busy(1))
}
