//! `POST /v1/provisioning/activation/begin` (K1).
//!
//! A known activation and an unknown one go the same way: the same statements run, the same OPAQUE
//! operations are computed, the same shape is answered and kept. Each counts as a failed try until
//! its KE3 arrives (RFC 9807 §9.2).

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::k::{KServer, KServerError};
use skts_provisioning::wire::{KBeginRequest, Message, ProblemCode, Request};
use skts_sealed::Namespace;

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use crate::issuer::Issuer;
use crate::rules::app_version::is_too_old;
use crate::storage::Connection;
use crate::storage::activations::{self, BeginRow};
use crate::storage::institutions;

/// What a fake record is answered for where even the service ID is unknown.
const NOBODY: &str = "-";

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = KBeginRequest::parse(&body)?;
    let (issuer, request) = (&*app.issuer, &request);
    issuer
        .storage
        .change(request.user_id.as_str(), |mut transaction| async move {
            let reply = begin(issuer, &mut transaction, request).await;
            (transaction, reply)
        })
        .await
        .map_err(|refusal: Refusal| refusal.of(&request.request_id))
}

async fn begin(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &KBeginRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let digest = request.digest();
    if let Some(earlier) = activations::find_begin(connection, &request.request_id).await? {
        if earlier.digest != digest {
            return Err(ProblemCode::Conflict.into());
        }
        return Ok(json(earlier.reply));
    }

    // Before a try is counted: what is older is not at fault.
    if is_too_old(
        request.app_version.as_str(),
        issuer.config.lowest_app_version,
    ) {
        return Err(ProblemCode::VersionTooOld.into());
    }
    let institution = institutions::by_service_id(connection, &request.service_id).await?;
    let institution_id = institution.map_or_else(|| NOBODY.to_owned(), |found| found.id);
    let counted =
        activations::count_try(connection, &institution_id, &request.user_id, now).await?;
    let activation = activations::find(connection, &institution_id, &request.user_id).await?;
    let sealed_record = activation
        .filter(|_| counted)
        .and_then(|found| found.record);
    let record = sealed_record
        .map(|sealed| {
            let context = request.user_id.as_str().as_bytes();
            issuer
                .keys
                .unseal_state(Namespace::ServiceState, context, &sealed)
        })
        .transpose()
        .map_err(|error| Refusal::internal(&error))?;

    let context = request.request_id.as_bytes();
    // EXPOSE: an OPAQUE record is computed with, and is worth nothing without the OPRF key.
    let record_bytes = record.as_ref().map(|record| record.expose_secret());
    let (reply, state) = issuer
        .entropy
        .with(|rng| -> Result<_, KServerError> {
            let keys = &issuer.keys;
            let (reply, state) =
                KServer::begin(&keys.opaque, record_bytes, &institution_id, request, rng)?;
            // EXPOSE: sealed on the spot.
            let plain = state.expose_secret();
            let sealed = keys.seal_state(Namespace::ServiceState, context, plain, rng);
            Ok((reply.to_body(), sealed))
        })
        .map_err(|_| ProblemCode::BadRequest)?;
    let begin = BeginRow {
        digest: digest.to_vec(),
        user_id: record
            .is_some()
            .then(|| request.user_id.as_str().to_owned()),
        institution_id,
        body: request.to_body(),
        state,
        reply,
    };
    activations::keep_begin(connection, &request.request_id, &begin, now).await?;
    tracing::info!(
        request_id = %request.request_id, institution = %begin.institution_id,
        real = begin.user_id.is_some(), "activation begun"
    );
    Ok(json(begin.reply))
}
