//! `POST /v1/rp/tokens/state`: where a customer's token stands.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::Message;
use skts_provisioning::wire::rp::{TokenStateRequest, TokenStateResponse};

use super::super::App;
use super::super::caller::{Allowed, Read};
use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use crate::rules::token::renewable_from;
use crate::storage::{tokens, vouchers};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Read>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = TokenStateRequest::parse(&body)?;
    let mut connection = app.issuer.storage.read().await?;
    let subscriber_ref = request.subscriber_ref.as_str();
    let token =
        tokens::of_subscriber(&mut connection, &bank.institution_id, subscriber_ref).await?;
    let now = app.issuer.now();
    // Asked of no serial too: the same work whether or not there is such a customer.
    let serial = token.as_ref().map_or("", |token| &token.serial);
    let resync_asked = vouchers::resync_is_asked(&mut connection, serial, now).await?;
    let answer = match token {
        None => TokenStateResponse {
            state: "none".to_owned(),
            serial: None,
            expires_at: None,
            device_label: None,
            match_number: None,
            kind: None,
            renewable_from: None,
            reported: None,
            resync_asked,
            copy_suspected: false,
        },
        Some(token) => {
            let state = token.state_at(now);
            TokenStateResponse {
                resync_asked,
                copy_suspected: token.copy_suspected,
                state: state.as_str().to_owned(),
                match_number: token.shown_match_number().map(str::to_owned),
                serial: Some(token.serial),
                expires_at: Some(token.expires_at),
                renewable_from: Some(renewable_from(token.expires_at)),
                device_label: Some(token.device_label),
                kind: Some(token.kind.as_str().to_owned()),
                reported: token.reported,
            }
        }
    };
    Ok(json(answer.to_body()))
}
