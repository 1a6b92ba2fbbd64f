//! `POST /v1/rp/activations/withdraw`: takes an activation back; a token not in use lapses.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::rp::{ActivationStateResponse, WithdrawActivationRequest};
use skts_provisioning::wire::{Message, ProblemCode, Request};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::activation_state;
use super::once::Call;
use crate::storage::activations;

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Bank,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request = WithdrawActivationRequest::parse(&body)?;
    withdraw(&app, &bank, &request)
        .await
        .map_err(|refusal| refusal.of(&request.request_id))
}

async fn withdraw(
    app: &App,
    bank: &Bank,
    request: &WithdrawActivationRequest,
) -> Result<Response, Refusal> {
    let issuer = &*app.issuer;
    let now = issuer.now();
    let call = Call {
        bank,
        request_id: &request.request_id,
        digest: request.digest(),
    };
    let mut transaction = issuer.storage.write().await?;
    if let Some(answer) = call.earlier_answer(&mut transaction).await? {
        return Ok(answer);
    }
    activations::withdraw(&mut transaction, &bank.institution_id, &request.user_id).await?;
    let activation = activations::find(&mut transaction, &bank.institution_id, &request.user_id)
        .await?
        .ok_or(ProblemCode::NotFound)?;
    let answer: ActivationStateResponse = activation_state::describe(activation, now);
    let answer = call.answer(&mut transaction, &answer, now).await?;
    transaction.commit().await?;
    tracing::info!(
        request_id = %request.request_id, institution = bank.institution_id, "activation withdrawn"
    );
    Ok(answer)
}
