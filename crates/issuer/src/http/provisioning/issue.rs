//! `POST /v1/provisioning/self/issue` (S2).

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::s::{SServer, SServerError};
use skts_provisioning::wire::{Message, ProblemCode, Request, SHelloRequest, SIssueRequest};

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use super::new_token::{self, ConfirmRecord, NewDevice, Stored};
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::token::{CONFIRM_WITHIN_SECS, TokenState};
use crate::storage::Connection;
use crate::storage::grants::{self, GrantRow};
use crate::storage::{audit, institutions, self_provisioning};

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = SIssueRequest::parse(&body)?;
    let (issuer, request) = (&*app.issuer, &request);
    issuer
        .storage
        .change(
            &request.request_id.to_string(),
            |mut transaction| async move {
                let reply = issue(issuer, &mut transaction, request).await;
                (transaction, reply)
            },
        )
        .await
        .map_err(|refusal: Refusal| refusal.of(&request.request_id))
}

async fn issue(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &SIssueRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let digest = request.digest();
    if let Some(earlier) = grants::find(connection, &request.request_id).await? {
        if earlier.digest != digest {
            return Err(ProblemCode::Conflict.into());
        }
        return new_token::kept_reply(issuer, &request.request_id, earlier);
    }
    // The grant above is also what marks a challenge as used: a hello has one of each.
    let hello = self_provisioning::find(connection, &request.request_id)
        .await?
        .ok_or(ProblemCode::ExpiredChallenge)?;
    if now >= hello.expires_at {
        return Err(ProblemCode::ExpiredChallenge.into());
    }
    let said = SHelloRequest::parse(&hello.body).map_err(|error| Refusal::internal(&error))?;
    let challenge: [u8; 32] = hello
        .challenge
        .try_into()
        .map_err(|_| Refusal::internal(&"challenge length"))?;
    let claim = match SServer::check_issue(&said, &challenge, hello.work_bits, request) {
        Ok(claim) => claim,
        Err(error) => {
            tracing::info!(request_id = %request.request_id, %error, "issue refused");
            return Err(match error {
                SServerError::Challenge => ProblemCode::ExpiredChallenge,
                _ => ProblemCode::BadRequest,
            }
            .into());
        }
    };
    let institution = institutions::by_id(connection, &hello.institution_id)
        .await?
        .ok_or(ProblemCode::NotFound)?;
    let device = NewDevice {
        device_id: &claim.device_id,
        spki: &said.device_spki.0,
        evidence: &claim.evidence,
        match_number: &claim.match_number,
    };
    let Stored { grant, credential } =
        new_token::provision(issuer, connection, &institution, &device, None, now).await?;
    let (reply, secret) = issuer
        .entropy
        .with(|rng| claim.seal_grant(&grant, &issuer.keys.provisioning, rng))
        .map_err(|_| ProblemCode::BadRequest)?;
    let reply = reply.to_body();
    let confirm = ConfirmRecord { secret, credential };
    let kept = new_token::seal_reply(issuer, &request.request_id, &reply, &confirm);
    let row = GrantRow {
        digest: digest.to_vec(),
        token_serial: grant.serial.to_string(),
        reply: Some(kept.reply),
        confirm_secret: kept.confirm_secret,
        device_spki: said.device_spki.0,
        confirm_digest: None,
    };
    let expires_at = now.saturating_add_secs(CONFIRM_WITHIN_SECS);
    grants::keep(connection, &request.request_id, &row, expires_at).await?;
    let entry = Entry {
        serial: Some(&row.token_serial),
        state: Some(TokenState::Provisioned.as_str()),
        request_id: Some(&request.request_id),
        ..Entry::of(now, &institution.id, "device", Action::Provisioned, "done")
    };
    audit::write(connection, &entry).await?;
    tracing::info!(
        request_id = %request.request_id, institution = %institution.id, serial = row.token_serial,
        "token self-provisioned"
    );
    Ok(json(reply))
}
