//! `POST /v1/rp/tokens/exchange`: another token in the place of the customer's (交換).
//!
//! The bank has the old token's code verified first, on a page of its own; that verification is the
//! proof named here. Then, in one transaction, the old token is replaced and the new one registered:
//! both or neither. Without the old code there is no exchange; the customer turns to the bank.

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use skts_otp::UnixTime;
use skts_provisioning::wire::rp::{ExchangeRequest, RegisterResponse, RpVerdict};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::claim::{self, Claim, Claimed};
use super::once::Call;
use crate::issuer::Issuer;
use crate::rules::token::PROOF_VALID_SECS;
use crate::storage::{Connection, token_life};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Bank,
    body: Bytes,
) -> Result<Response, Refusal> {
    let request = ExchangeRequest::parse(&body)?;
    exchange(&app, &bank, &request)
        .await
        .map_err(|refusal| refusal.of(&request.request_id))
}

async fn exchange(app: &App, bank: &Bank, request: &ExchangeRequest) -> Result<Response, Refusal> {
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
        request_id = %request.request_id, institution = bank.institution_id, ?verdict, "exchange"
    );
    Ok(answer)
}

async fn decide(
    issuer: &Issuer,
    connection: &mut Connection,
    bank: &Bank,
    request: &ExchangeRequest,
    now: UnixTime,
) -> Result<RegisterResponse, Refusal> {
    let claim = Claim {
        institution: &bank.institution_id,
        subscriber_ref: request.subscriber_ref.as_str(),
        serial: request.serial.as_str(),
        code: request.code.as_str(),
        now,
    };
    let not_older = UnixTime::from_secs(now.as_secs().saturating_sub(PROOF_VALID_SECS));
    let proof = token_life::Proof {
        institution_id: claim.institution,
        subscriber_ref: claim.subscriber_ref,
        request_id: &request.proof,
        not_older,
    };
    // Without a proof nothing is looked at, so nothing can be tried out against the new serial.
    let Some(old) = token_life::proved(connection, &proof, now).await? else {
        return Ok(claim::refused(RpVerdict::Unknown));
    };
    let (token, step, drift) = match claim.look(issuer, connection, true).await? {
        Claimed::Right(token, step, drift) => (token, step, drift),
        Claimed::NotLookedAt(verdict) => return Ok(claim::refused(verdict)),
        Claimed::Wrong => return Ok(claim::refused(RpVerdict::Rejected)),
    };
    // Both or neither: the refusal drops the transaction.
    let replaced = token_life::replace(connection, &old, &proof, now).await?;
    if !replaced || !claim.take(connection, &token, step, drift).await? {
        return Err(Refusal::internal(&"a token changed under an exchange"));
    }
    Ok(claim::accepted(*token))
}
