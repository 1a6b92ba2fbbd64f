//! `POST /v1/rp/activations/withdraw`: takes an activation back; a token not in use lapses.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::rp::{ActivationStateResponse, WithdrawActivationRequest};
use skts_provisioning::wire::{Message, ProblemCode, Request};

use super::super::App;
use super::super::caller::{Activations, Allowed};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::activation_state;
use super::once::{Call, Deed};
use crate::audit::{Action, Entry};
use crate::storage::{Connection, activations};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Activations>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = WithdrawActivationRequest::parse(&body)?;
    let call = Call {
        issuer: &app.issuer,
        bank: &bank,
        request_id: &request.request_id,
        digest: request.digest(),
        about: request.user_id.as_str(),
        now: app.issuer.now(),
    };
    let answered = call.once(&request).await?;
    if let Some(answer) = &answered.decided {
        tracing::info!(
            request_id = %request.request_id, institution = bank.institution_id,
            state = answer.state, "activation withdrawn"
        );
    }
    Ok(answered.response)
}

impl Deed for WithdrawActivationRequest {
    type Answer = ActivationStateResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<ActivationStateResponse, Refusal> {
        let institution = call.institution();
        activations::withdraw(connection, institution, &self.user_id).await?;
        let activation = activations::find(connection, institution, &self.user_id)
            .await?
            .ok_or(ProblemCode::NotFound)?;
        Ok(activation_state::describe(activation, call.now))
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e ActivationStateResponse) -> Entry<'e> {
        // Such a call names the activation, not the customer.
        Entry {
            subscriber_ref: None,
            detail: Some(self.user_id.as_str()),
            ..call.entry(Action::ActivationWithdrawn, &answer.state)
        }
    }
}
