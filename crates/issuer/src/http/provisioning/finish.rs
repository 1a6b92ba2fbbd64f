//! `POST /v1/provisioning/activation/finish` (K2).
//!
//! One transaction: KE3 and signature good → activation Claimed, token Provisioned, try given back.
//! Whatever else is wrong has one answer.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use skts_otp::SerialNumber;
use skts_provisioning::ids::UserId;
use skts_provisioning::k::{KClaim, KServer};
use skts_provisioning::wire::{KBeginRequest, KFinishRequest, Message, ProblemCode, Request};
use skts_sealed::Namespace;

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use super::new_token::{self, ConfirmRecord, NewDevice, Stored};
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::activation::{ActivationState, REPLY_KEPT_SECS};
use crate::rules::token::TokenState;
use crate::storage::Connection;
use crate::storage::activations::{self, ActivationRow, Claim};
use crate::storage::grants::{self, GrantRow};
use crate::storage::{audit, institutions};

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = KFinishRequest::parse(&body)?;
    let (issuer, request) = (&*app.issuer, &request);
    issuer
        .storage
        .change(
            &request.request_id.to_string(),
            |mut transaction| async move {
                let reply = finish(issuer, &mut transaction, request).await;
                (transaction, reply)
            },
        )
        .await
        .map_err(|refusal: Refusal| refusal.of(&request.request_id))
}

async fn finish(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &KFinishRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let digest = request.digest();
    let refused = || Refusal::new(ProblemCode::ActivationRefused);
    if let Some(earlier) = grants::find(connection, &request.request_id).await? {
        if earlier.digest != digest {
            return Err(ProblemCode::Conflict.into());
        }
        return new_token::kept_reply(issuer, &request.request_id, earlier);
    }
    let begin = activations::find_begin(connection, &request.request_id)
        .await?
        .ok_or_else(refused)?;
    let begun = KBeginRequest::parse(&begin.body).map_err(|error| Refusal::internal(&error))?;
    let context = request.request_id.as_bytes();
    let state = issuer
        .keys
        .unseal_state(Namespace::ServiceState, context, &begin.state)
        .map_err(|error| Refusal::internal(&error))?;
    // EXPOSE: key exchange state, used for this one step.
    let plain = state.expose_secret();
    let claim = match KServer::finish(plain, &begun, &begin.institution_id, request) {
        Ok(claim) => claim,
        Err(error) => {
            tracing::info!(request_id = %request.request_id, %error, "activation refused");
            return Err(refused());
        }
    };
    let user_id = begin
        .user_id
        .as_deref()
        .and_then(|id| UserId::parse(id).ok())
        .ok_or_else(refused)?;
    let activation = activations::find(connection, &begin.institution_id, &user_id)
        .await?
        .ok_or_else(refused)?;
    // Finished before, and its grant voided since by a newer set-up: a late copy changes nothing.
    if !activations::refund(connection, &request.request_id, &user_id).await? {
        return Err(refused());
    }
    if !may_claim(&activation, &claim) {
        if activation.state == ActivationState::Claimed {
            activations::note_other_device(connection, &user_id).await?;
            let entry = Entry {
                detail: Some(user_id.as_str()),
                ..entry(issuer, request, &activation, Action::OtherDevice)
            };
            audit::write(connection, &entry).await?;
            tracing::warn!(
                request_id = %request.request_id, institution = %activation.institution_id,
                "another device proved the password of a claimed activation"
            );
            // Refused, and noted.
            return Ok(refused().of(&request.request_id).into_response());
        }
        return Err(refused());
    }

    let institution = institutions::by_id(connection, &activation.institution_id)
        .await?
        .ok_or_else(refused)?;
    let device = NewDevice {
        device_id: &claim.device_id,
        spki: &begun.device_spki.0,
        evidence: &claim.evidence,
        match_number: &claim.match_number,
    };
    let serial = earlier_serial(&activation);
    let Stored { grant, credential } =
        match new_token::provision(issuer, connection, &institution, &device, serial, now).await {
            // Before anything was written. The password was right, so the try stays refunded: a device
            // that will not do must not use the activation up.
            Err(refusal) if refusal.code() == ProblemCode::LevelTooLow => {
                return Ok(refusal.of(&request.request_id).into_response());
            }
            stored => stored?,
        };
    let serial = grant.serial.to_string();
    let claimed = activations::claim(
        connection,
        &user_id,
        &Claim {
            device_id: &claim.device_id,
            device_label: claim.evidence.device_label.as_str(),
            match_number: claim.match_number.as_str(),
            token_serial: &serial,
        },
        now,
    )
    .await?;
    if !claimed {
        connection.overtaken();
        return Err(refused());
    }
    let entry = Entry {
        serial: Some(&serial),
        state: Some(TokenState::Provisioned.as_str()),
        detail: Some(user_id.as_str()),
        ..entry(issuer, request, &activation, Action::ActivationClaimed)
    };
    audit::write(connection, &entry).await?;
    let (reply, secret) = issuer.entropy.with(|rng| {
        (
            claim.seal_grant(&grant, rng).to_body(),
            claim.confirm_secret(),
        )
    });
    let confirm = ConfirmRecord { secret, credential };
    let kept = new_token::seal_reply(issuer, &request.request_id, &reply, &confirm);
    let row = GrantRow {
        digest: digest.to_vec(),
        token_serial: serial,
        reply: Some(kept.reply),
        confirm_secret: kept.confirm_secret,
        device_spki: begun.device_spki.0,
        confirm_digest: None,
    };
    keep(
        connection,
        request,
        &row,
        now.saturating_add_secs(REPLY_KEPT_SECS),
    )
    .await?;
    tracing::info!(
        request_id = %request.request_id, institution = %institution.id, serial = row.token_serial,
        "token provisioned by activation"
    );
    Ok(json(reply))
}

fn entry<'e>(
    issuer: &Issuer,
    request: &'e KFinishRequest,
    activation: &'e ActivationRow,
    action: Action,
) -> Entry<'e> {
    let refused = action == Action::OtherDevice;
    let outcome = if refused { "refused" } else { "done" };
    let institution = &activation.institution_id;
    Entry {
        subscriber_ref: Some(&activation.subscriber_ref),
        request_id: Some(&request.request_id),
        ..Entry::of(issuer.now(), institution, "device", action, outcome)
    }
}

/// Pending, or claimed by this very device, which lost its state: then the same serial, a new seed.
fn may_claim(activation: &ActivationRow, claim: &KClaim) -> bool {
    match activation.state {
        ActivationState::Pending => true,
        ActivationState::Claimed => {
            activation.device_id.as_deref() == Some(claim.device_id.as_bytes().as_slice())
        }
        ActivationState::Completed
        | ActivationState::Expired
        | ActivationState::Exhausted
        | ActivationState::Withdrawn => false,
    }
}

fn earlier_serial(activation: &ActivationRow) -> Option<SerialNumber> {
    activation
        .token_serial
        .as_deref()
        .and_then(|serial| SerialNumber::parse(serial).ok())
}

async fn keep(
    connection: &mut Connection,
    request: &KFinishRequest,
    row: &GrantRow,
    expires_at: skts_otp::UnixTime,
) -> Result<(), Refusal> {
    grants::void_earlier(connection, &row.token_serial).await?;
    grants::keep(connection, &request.request_id, row, expires_at).await?;
    Ok(())
}
