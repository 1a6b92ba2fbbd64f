//! `POST /v1/provisioning/confirm` (K3, S3).

use axum::extract::State;
use axum::response::Response;
use skts_otp::AssuranceLevel;
use skts_provisioning::confirm::{proves_credential, verify_confirm};
use skts_provisioning::wire::{
    ConfirmRequest, ConfirmResponse, ConfirmState, Message, ProblemCode, Request,
};
use skts_sealed::Namespace;

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use super::new_token::ConfirmRecord;
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::attestation::ATTESTED;
use crate::rules::token::{REGISTER_WITHIN_SECS, TokenState};
use crate::storage::Connection;
use crate::storage::{audit, grants, tokens};

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = ConfirmRequest::parse(&body)?;
    let (issuer, request) = (&*app.issuer, &request);
    issuer
        .storage
        .change(
            &request.request_id.to_string(),
            |mut transaction| async move {
                let reply = confirm(issuer, &mut transaction, request).await;
                (transaction, reply)
            },
        )
        .await
        .map_err(|refusal: Refusal| refusal.of(&request.request_id))
}

async fn confirm(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &ConfirmRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let grant = grants::find(connection, &request.request_id)
        .await?
        .filter(|grant| grant.token_serial == request.serial.as_str())
        .ok_or(ProblemCode::NotFound)?;
    let digest = request.digest();
    if grant
        .confirm_digest
        .as_deref()
        .is_some_and(|earlier| earlier != digest)
    {
        return Err(ProblemCode::Conflict.into());
    }
    let context = request.request_id.as_bytes();
    let record = issuer
        .keys
        .unseal_state(Namespace::ServiceState, context, &grant.confirm_secret)
        .map_err(|error| Refusal::internal(&error))?;
    // EXPOSE: taken apart into wiped fields.
    let record =
        ConfirmRecord::decode(record.expose_secret()).map_err(|error| Refusal::internal(&error))?;
    if let Err(error) = verify_confirm(request, &record.secret, &grant.device_spki) {
        tracing::warn!(request_id = %request.request_id, %error, "confirmation refused");
        return Err(ProblemCode::BadRequest.into());
    }
    let serial = request.serial.as_str();
    let level = level(connection, request, &record).await?;
    let proved = u8::from(level);
    let lapses_at = now.saturating_add_secs(REGISTER_WITHIN_SECS);
    let (institution_id, state) = tokens::confirm(connection, serial, level, now, lapses_at)
        .await?
        .ok_or(ProblemCode::Lapsed)?;
    if !grants::confirm(connection, &request.request_id, &digest).await? {
        // A newer set-up of the same token has voided the grant meanwhile.
        connection.overtaken();
        return Err(ProblemCode::Lapsed.into());
    }
    // A repeated confirmation is no news.
    if grant.confirm_digest.is_none() {
        let entry = Entry {
            serial: Some(serial),
            detail: Some(&format!("level {proved}")),
            request_id: Some(&request.request_id),
            ..Entry::of(now, &institution_id, "device", Action::Confirmed, "done")
        };
        audit::write(connection, &entry).await?;
    }
    tracing::info!(request_id = %request.request_id, serial, level = proved, "token confirmed");
    let state = match state {
        TokenState::Provisioned => ConfirmState::Provisioned,
        _ => ConfirmState::Active,
    };
    Ok(json(
        ConfirmResponse {
            state,
            server_time: now,
            level: proved,
        }
        .to_body(),
    ))
}

/// What is proved of the token's device now: what was at the issue, or what hardware is believed that
/// has opened its credential. Refused below what the token's policy asks for: it can be confirmed
/// again, with the proof.
async fn level(
    connection: &mut Connection,
    request: &ConfirmRequest,
    record: &ConfirmRecord,
) -> Result<AssuranceLevel, Refusal> {
    let serial = request.serial.as_str();
    let (issued, lowest) = tokens::levels(connection, serial)
        .await?
        .ok_or(ProblemCode::Lapsed)?;
    let proved = record
        .credential
        .as_ref()
        .is_some_and(|credential| proves_credential(request, &record.secret, credential));
    let level = if proved { issued.max(ATTESTED) } else { issued };
    if !proved && record.credential.is_some() {
        let answered = !request.credential_proof.0.is_empty();
        tracing::warn!(request_id = %request.request_id, answered, "hardware has not proved itself");
    }
    if level < lowest {
        return Err(ProblemCode::LevelTooLow.into());
    }
    Ok(level)
}
