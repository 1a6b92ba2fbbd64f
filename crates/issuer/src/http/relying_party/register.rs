//! `POST /v1/rp/tokens/register`: the serial and a current code, typed in the bank's page.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use skts_otp::UnixTime;
use skts_provisioning::wire::rp::{RegisterRequest, RegisterResponse, RpVerdict};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::claim::{self, Claim, Claimed};
use super::once::Call;
use crate::issuer::Issuer;
use crate::storage::{Connection, tokens};

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
    let claim = Claim {
        institution: &bank.institution_id,
        subscriber_ref: request.subscriber_ref.as_str(),
        serial: request.serial.as_str(),
        code: request.code.as_str(),
        now,
    };
    let has_one = tokens::of_subscriber(connection, claim.institution, claim.subscriber_ref)
        .await?
        .is_some_and(|token| token.is_in_use(now));
    match claim.look(issuer, connection, !has_one).await? {
        Claimed::Right(token, step, drift) => {
            let taken = claim.take(connection, &token, step, drift).await?;
            Ok(if taken {
                claim::accepted(*token)
            } else {
                claim::refused(RpVerdict::Rejected)
            })
        }
        Claimed::NotLookedAt(verdict) => Ok(claim::refused(verdict)),
        Claimed::Wrong => Ok(claim::refused(RpVerdict::Rejected)),
    }
}
