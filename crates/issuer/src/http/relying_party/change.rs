//! `POST /v1/rp/tokens/change`: ends, holds or releases a customer's token.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::rp::{ChangeTokenRequest, ChangeTokenResponse, RpChange};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::once::Call;
use crate::rules::token::TokenChange;
use crate::storage::{token_life, tokens};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Bank,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request = ChangeTokenRequest::parse(&body)?;
    change(&app, &bank, &request)
        .await
        .map_err(|refusal| refusal.of(&request.request_id))
}

async fn change(app: &App, bank: &Bank, request: &ChangeTokenRequest) -> Result<Response, Refusal> {
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
    let subscriber_ref = request.subscriber_ref.as_str();
    let token =
        tokens::of_subscriber(&mut transaction, &bank.institution_id, subscriber_ref).await?;
    let answer = match token {
        None => ChangeTokenResponse {
            changed: false,
            state: "none".to_owned(),
        },
        Some(token) => {
            let from = token.state_at(now);
            let to = from.after(the_change(request.change));
            let changed = match to {
                Some(to) => {
                    token_life::move_on(&mut transaction, &token.serial, from, to, now).await?
                }
                None => false,
            };
            let state = to.filter(|_| changed).unwrap_or(from);
            ChangeTokenResponse {
                changed,
                state: state.as_str().to_owned(),
            }
        }
    };
    let (changed, state) = (answer.changed, answer.state.clone());
    let answer = call.answer(&mut transaction, &answer, now).await?;
    transaction.commit().await?;
    tracing::info!(
        request_id = %request.request_id, institution = bank.institution_id,
        change = request.change.as_str(), changed, state, "token change"
    );
    Ok(answer)
}

fn the_change(change: RpChange) -> TokenChange {
    match change {
        RpChange::Unregister => TokenChange::Revoke,
        RpChange::Suspend => TokenChange::Suspend,
        RpChange::Resume => TokenChange::Resume,
    }
}
