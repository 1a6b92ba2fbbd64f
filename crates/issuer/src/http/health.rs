//! Whether the process lives, and whether it can serve.

use axum::extract::State;
use skts_provisioning::wire::ProblemCode;

use super::App;
use super::problem::Refusal;

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the database answers too.
pub(crate) async fn ready(State(app): State<App>) -> Result<&'static str, Refusal> {
    app.issuer.storage.ping().await.map_err(|error| {
        tracing::error!(%error, "not ready");
        Refusal::new(ProblemCode::Busy)
    })?;
    Ok("ok\n")
}
