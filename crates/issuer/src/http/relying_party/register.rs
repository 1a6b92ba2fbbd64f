//! `POST /v1/rp/tokens/register`: the serial and a current code, typed in the bank's page.
//!
//! A wrong code counts against the customer who typed it, never against the serial: a stranger
//! cannot lock somebody's token by trying codes against its number.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use skts_otp::{Digits, Otp, SerialNumber, UnixTime};
use skts_provisioning::wire::rp::{RegisterRequest, RegisterResponse, RpVerdict};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::once::Call;
use super::search;
use crate::issuer::Issuer;
use crate::rules::token::TokenState;
use crate::rules::verify::Finding;
use crate::storage::tokens::TokenRow;
use crate::storage::{Connection, activations, calls, grants, tokens};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Bank,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request = RegisterRequest::parse(&body)?;
    register(&app, &bank, &request)
        .await
        .map_err(|refusal| refusal.of(&request.request_id))
}

async fn register(app: &App, bank: &Bank, request: &RegisterRequest) -> Result<Response, Refusal> {
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
    let answer = decide(issuer, &mut transaction, bank, request, now).await?;
    let verdict = answer.verdict;
    let answer = call.answer(&mut transaction, &answer, now).await?;
    transaction.commit().await?;
    tracing::info!(
        request_id = %request.request_id, institution = bank.institution_id, ?verdict,
        "registration"
    );
    Ok(answer)
}

async fn decide(
    issuer: &Issuer,
    connection: &mut Connection,
    bank: &Bank,
    request: &RegisterRequest,
    now: UnixTime,
) -> Result<RegisterResponse, Refusal> {
    let refused = |verdict| RegisterResponse {
        verdict,
        serial: None,
        match_number: None,
    };
    let institution = &bank.institution_id;
    let subscriber_ref = request.subscriber_ref.as_str();
    // Wrong shapes are mistakes of typing: nothing is counted.
    let (Ok(serial), Ok(code)) = (
        SerialNumber::parse(request.serial.as_str()),
        Otp::parse(request.code.as_str(), &[Digits::Six, Digits::Eight]),
    ) else {
        return Ok(refused(RpVerdict::Rejected));
    };
    if !calls::may_register(connection, institution, subscriber_ref, now).await? {
        return Ok(refused(RpVerdict::Locked));
    }
    let token = tokens::by_serial(connection, institution, serial.as_str()).await?;
    let has_one = tokens::of_subscriber(connection, institution, subscriber_ref)
        .await?
        .is_some_and(|token| !token.state.is_final() && now < token.expires_at);
    let made_for =
        activations::subscriber_of_token(connection, institution, serial.as_str()).await?;
    let meant_for_others = made_for.is_some_and(|owner| owner != subscriber_ref);

    let registered = match token.filter(|token| may_register(token, &code)) {
        Some(token) if !has_one && !meant_for_others => {
            match search::find(issuer, &token, &code, now)? {
                Finding::Match { step, drift } => {
                    let serial = &token.serial;
                    tokens::register(connection, serial, subscriber_ref, step, drift, now)
                        .await?
                        .then_some(token)
                }
                Finding::Miss => None,
            }
        }
        _ => {
            search::pretend(&code, now);
            None
        }
    };
    let Some(token) = registered else {
        calls::count_registration_failure(connection, institution, subscriber_ref, now).await?;
        return Ok(refused(RpVerdict::Rejected));
    };
    calls::clear_registration_failures(connection, institution, subscriber_ref).await?;
    activations::complete(connection, institution, &token.serial).await?;
    grants::forget_reply(connection, &token.serial).await?;
    Ok(RegisterResponse {
        verdict: RpVerdict::Accepted,
        serial: Some(token.serial),
        match_number: Some(token.match_number),
    })
}

fn may_register(token: &TokenRow, code: &Otp) -> bool {
    token.state == TokenState::Provisioned
        && token.confirmed
        && token.policy.code_length.allowed().contains(&code.digits())
}
