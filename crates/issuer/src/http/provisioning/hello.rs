//! `POST /v1/provisioning/self/hello` (S1).

use axum::extract::State;
use axum::response::Response;
use skts_otp::SetUpKind;
use skts_provisioning::s::SServer;
use skts_provisioning::wire::{
    Bytes as WireBytes, Message, ProblemCode, Request, SHelloRequest, SHelloResponse,
};

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use crate::issuer::Issuer;
use crate::rules::app_version::is_too_old;
use crate::storage::Connection;
use crate::storage::institutions;
use crate::storage::self_provisioning::{self, HelloRow};

/// How long a challenge is good.
const CHALLENGE_VALID_SECS: u64 = 300;

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = SHelloRequest::parse(&body)?;
    SServer::check_hello(&request)
        .map_err(|_| Refusal::new(ProblemCode::BadRequest).of(&request.request_id))?;
    let (issuer, request) = (&*app.issuer, &request);
    issuer
        .storage
        .change(
            &request.request_id.to_string(),
            |mut transaction| async move {
                let reply = hello(issuer, &mut transaction, request).await;
                (transaction, reply)
            },
        )
        .await
        .map_err(|refusal: Refusal| refusal.of(&request.request_id))
}

async fn hello(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &SHelloRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let digest = request.digest();
    if let Some(earlier) = self_provisioning::find(connection, &request.request_id).await? {
        if earlier.digest != digest {
            return Err(ProblemCode::Conflict.into());
        }
        return Ok(reply(earlier.challenge, earlier.work_bits));
    }
    if is_too_old(
        request.app_version.as_str(),
        issuer.config.lowest_app_version,
    ) {
        return Err(ProblemCode::VersionTooOld.into());
    }
    let institution = institutions::by_service_id(connection, &request.service_id)
        .await?
        .filter(|found| found.policy.set_up == SetUpKind::SelfProvisioned)
        .ok_or(ProblemCode::NotFound)?;
    let hello = HelloRow {
        digest: digest.to_vec(),
        institution_id: institution.id,
        body: request.to_body(),
        challenge: issuer.entropy.with(|rng| SServer::challenge(rng)).to_vec(),
        work_bits: issuer.config.work_bits,
        expires_at: now.saturating_add_secs(CHALLENGE_VALID_SECS),
    };
    self_provisioning::keep(connection, &request.request_id, &hello, now).await?;
    tracing::info!(
        request_id = %request.request_id, institution = %hello.institution_id,
        "self-provisioning begun"
    );
    Ok(reply(hello.challenge, hello.work_bits))
}

fn reply(challenge: Vec<u8>, work_bits: u8) -> Response {
    json(
        SHelloResponse {
            challenge: WireBytes(challenge),
            work_bits,
        }
        .to_body(),
    )
}
