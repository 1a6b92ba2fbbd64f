//! `POST /v1/rp/tokens/change`: ends, holds or releases a customer's token.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::rp::{ChangeTokenRequest, ChangeTokenResponse, RpChange};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::{Allowed, Tokens};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::once::{Call, Deed};
use crate::audit::{Action, Entry};
use crate::rules::token::TokenChange;
use crate::storage::{Connection, token_life, tokens};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Tokens>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = ChangeTokenRequest::parse(&body)?;
    let call = Call {
        issuer: &app.issuer,
        bank: &bank,
        request_id: &request.request_id,
        digest: request.digest(),
        about: request.subscriber_ref.as_str(),
        now: app.issuer.now(),
    };
    let answered = call.once(&request).await?;
    if let Some(answer) = &answered.decided {
        tracing::info!(
            request_id = %request.request_id, institution = bank.institution_id,
            change = request.change.as_str(), changed = answer.changed, state = answer.state,
            "token change"
        );
    }
    Ok(answered.response)
}

impl Deed for ChangeTokenRequest {
    type Answer = ChangeTokenResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<ChangeTokenResponse, Refusal> {
        let subscriber_ref = self.subscriber_ref.as_str();
        let token = tokens::of_subscriber(connection, call.institution(), subscriber_ref).await?;
        let Some(token) = token else {
            return Ok(ChangeTokenResponse {
                changed: false,
                state: "none".to_owned(),
                copy_suspected: false,
            });
        };
        let from = token.state_at(call.now);
        let to = token.after(the_change(self.change), call.now);
        let changed = match to {
            Some(to) => token_life::move_on(connection, &token.serial, from, to, call.now).await?,
            None => false,
        };
        let state = to.filter(|_| changed).unwrap_or(from);
        Ok(ChangeTokenResponse {
            changed,
            state: state.as_str().to_owned(),
            copy_suspected: token.copy_suspected && !state.is_final(),
        })
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e ChangeTokenResponse) -> Entry<'e> {
        let action = match self.change {
            RpChange::Unregister => Action::Unregister,
            RpChange::Suspend => Action::Suspend,
            RpChange::Resume => Action::Resume,
        };
        Entry {
            state: answer.changed.then_some(answer.state.as_str()),
            ..call.entry(action, if answer.changed { "done" } else { "refused" })
        }
    }
}

fn the_change(change: RpChange) -> TokenChange {
    match change {
        RpChange::Unregister => TokenChange::Revoke,
        RpChange::Suspend => TokenChange::Suspend,
        RpChange::Resume => TokenChange::Resume,
    }
}
