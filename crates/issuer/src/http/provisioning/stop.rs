//! `POST /v1/provisioning/stop`: a device ends its own token, for good.
//!
//! A stranger's call, whatever is wrong with it, has one answer and changes nothing, as at a check-in.
//! A device's own is answered and signed, with a receipt if it was a device's call that ended the token.

use axum::extract::State;
use axum::response::Response;
use rand_core::RngCore;
use skts_provisioning::stop::{answer, verify_device};
use skts_provisioning::wire::{
    Bytes, Message, ProblemCode, RECEIPT_DIGITS, Request, ShortText, StopReceipt, StopRequest,
    StopResponse,
};

use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::super::{App, caller};
use super::check_in::on_the_wire;
use super::own_token;
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::token::{TokenChange, TokenState};
use crate::storage::check_ins::CheckInToken;
use crate::storage::stops::{self, AnsweredStop};
use crate::storage::{Connection, activations, audit, token_life};

pub(crate) async fn handle(
    State(app): State<App>,
    _device: caller::Device,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = StopRequest::parse(&body)?;
    let refused = |refusal: Refusal| refusal.of(&request.request_id);
    // Before anything else, and whether or not there is such a token: the same work for strangers.
    let signed_by = verify_device(&request).ok();
    let (issuer, asked) = (&*app.issuer, &request);
    own_token::admit(
        issuer,
        "stop",
        &asked.request_id,
        &asked.serial,
        signed_by.as_ref(),
    )
    .await
    .map_err(refused)?;
    issuer
        .storage
        .change(
            &own_token::subject(&asked.serial),
            |mut transaction| async move {
                let reply = stop(issuer, &mut transaction, asked).await;
                (transaction, reply)
            },
        )
        .await
        .map_err(refused)
}

/// The call of the token's own device: its signature was found good.
async fn stop(
    issuer: &Issuer,
    connection: &mut Connection,
    request: &StopRequest,
) -> Result<Response, Refusal> {
    let now = issuer.now();
    let token = own_token::of(connection, &request.serial, &request.device_spki.0).await?;
    let first = stops::first(connection, &token.serial).await?;
    if let Some(first) = &first
        && first.request_id == request.request_id.as_bytes()
    {
        return if first.digest == request.digest() {
            Ok(json(first.reply.clone()))
        } else {
            Err(ProblemCode::Conflict.into())
        };
    }
    let from = token.state_at(now);
    let ended = match from.after(TokenChange::Revoke) {
        Some(to) if token_life::move_on(connection, &token.serial, from, to, now).await? => true,
        Some(_) => return Err(overtaken(connection)),
        None => false,
    };
    let receipt = match ended {
        true => Some(StopReceipt {
            number: receipt_number(issuer),
            at: now,
        }),
        false => first.as_ref().and_then(|first| first.receipt.clone()),
    };
    let reply = StopResponse {
        state: on_the_wire(if ended { TokenState::Revoked } else { from }),
        receipt,
        server_time: now,
        // Filled in as it is signed.
        key_id: ShortText::new("").map_err(|error| Refusal::internal(&error))?,
        signature: Bytes(Vec::new()),
    };
    let reply = answer(request, reply, &issuer.keys.provisioning)
        .map_err(|error| Refusal::internal(&error))?;
    let body = reply.to_body();
    if first.is_none() {
        let answered = AnsweredStop {
            serial: &token.serial,
            request_id: &request.request_id,
            digest: &request.digest(),
            reply: &body,
            receipt: reply.receipt.as_ref(),
        };
        if !stops::keep(connection, &answered, now).await? {
            return Err(overtaken(connection));
        }
    }
    if ended {
        activations::withdraw_of_token(connection, &token.institution_id, &token.serial).await?;
    }
    note(issuer, connection, &token, request, &reply, ended).await?;
    Ok(json(body))
}

fn overtaken(connection: &mut Connection) -> Refusal {
    connection.overtaken();
    Refusal::internal(&"a token changed while it was being stopped")
}

/// Ten digits, by which bank and customer speak of it; not a secret.
fn receipt_number(issuer: &Issuer) -> String {
    let drawn = issuer.entropy.with(|rng| rng.next_u64());
    let number = drawn % 10_000_000_000;
    format!("{number:0width$}", width = RECEIPT_DIGITS)
}

/// Writes the call down; the bank is told of a token that it ended.
async fn note(
    issuer: &Issuer,
    connection: &mut Connection,
    token: &CheckInToken,
    request: &StopRequest,
    reply: &StopResponse,
    ended: bool,
) -> Result<(), Refusal> {
    let institution = &token.institution_id;
    let customer = match &token.subscriber_ref {
        Some(customer) => Some(customer.clone()),
        // Not registered yet: whom it was issued to, if it was.
        None => activations::subscriber_of_token(connection, institution, &token.serial).await?,
    };
    let outcome = if ended { "done" } else { "not_moved" };
    let entry = Entry {
        serial: Some(&token.serial),
        subscriber_ref: customer.as_deref(),
        state: ended.then_some(TokenState::Revoked.as_str()),
        request_id: Some(&request.request_id),
        detail: reply
            .receipt
            .as_ref()
            .map(|receipt| receipt.number.as_str()),
        ..Entry::of(
            reply.server_time,
            institution,
            "device",
            Action::Stop,
            outcome,
        )
    };
    audit::write(connection, &entry).await?;
    issuer.metrics.deed(institution, Action::Stop, outcome);
    tracing::info!(
        request_id = %request.request_id, institution, serial = token.serial,
        state = reply.state.as_str(), outcome, "stop"
    );
    Ok(())
}
