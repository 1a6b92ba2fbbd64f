//! `POST /v1/rp/activations/state`: where an activation stands.

use axum::extract::State;
use axum::response::Response;
use skts_otp::UnixTime;
use skts_provisioning::wire::rp::{ActivationStateRequest, ActivationStateResponse};
use skts_provisioning::wire::{Message, ProblemCode};

use super::super::App;
use super::super::caller::{Allowed, Read};
use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use crate::rules::activation::ActivationState;
use crate::storage::activations::{self, ActivationRow};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Read>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = ActivationStateRequest::parse(&body)?;
    let mut connection = app.issuer.storage.read().await?;
    let activation = activations::find(&mut connection, &bank.institution_id, &request.user_id)
        .await?
        .ok_or(ProblemCode::NotFound)?;
    Ok(json(describe(activation, app.issuer.now()).to_body()))
}

/// The row in the words of the wire.
pub(super) fn describe(activation: ActivationRow, now: UnixTime) -> ActivationStateResponse {
    let state = activation
        .state
        .at(now, activation.expires_at, activation.attempts);
    // A token that was never registered goes with its activation.
    let has_token = matches!(state, ActivationState::Claimed | ActivationState::Completed);
    ActivationStateResponse {
        state: state.as_str().to_owned(),
        match_number: activation.match_number,
        device_label: activation.device_label,
        serial: activation.token_serial.filter(|_| has_token),
        other_device_refused: activation.other_device_refused,
    }
}
