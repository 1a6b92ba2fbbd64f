//! `POST /v1/rp/tokens/exchange`: another token in the place of the customer's (交換).
//!
//! The bank has the old token's code verified first, on a page of its own; that verification is the
//! proof named here. Then, in one transaction, the old token is replaced and the new one registered:
//! both or neither. Without the old code there is no exchange: the customer turns to the staff, who can
//! make a voucher that stands in for the proof when the old phone is dead.

use axum::extract::State;
use axum::response::Response;
use skts_otp::UnixTime;
use skts_provisioning::wire::rp::{ExchangeRequest, RegisterResponse, RpVerdict};
use skts_provisioning::wire::{Message, ProblemCode, Request};

use super::super::App;
use super::super::caller::{Allowed, Tokens};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::claim::{self, Claim, Claimed};
use super::once::{Call, Deed};
use crate::audit::{Action, Entry};
use crate::rules::token::{PROOF_VALID_SECS, TokenState};
use crate::rules::voucher::Voucher;
use crate::storage::vouchers::Shown;
use crate::storage::{Connection, audit, calls, token_life, vouchers};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Tokens>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = ExchangeRequest::parse(&body)?;
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
            verdict = ?answer.verdict, "exchange"
        );
    }
    Ok(answered.response)
}

impl Deed for ExchangeRequest {
    type Answer = RegisterResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<RegisterResponse, Refusal> {
        let claim = Claim {
            institution: call.institution(),
            subscriber_ref: self.subscriber_ref.as_str(),
            serial: self.serial.as_str(),
            code: self.code.as_str(),
            now: call.now,
        };
        // Without a proof nothing is looked at, so nothing can be tried out against the new serial.
        let (backing, old) = match backing(self, &claim, connection).await? {
            Backed::By(backing, old) => (backing, old),
            Backed::Not(verdict) => return Ok(claim::refused(verdict)),
        };
        let (token, step, drift) = match claim.look(call.issuer, connection, true).await? {
            Claimed::Right(token, step, drift) => (token, step, drift),
            Claimed::NotLookedAt(verdict) => return Ok(claim::refused(verdict)),
            Claimed::Wrong => return Ok(claim::refused(RpVerdict::Rejected)),
        };
        // Both or neither: the refusal drops the transaction.
        let replaced = match &backing {
            Backing::Proof(proof) => token_life::replace(connection, &old, proof, call.now).await?,
            Backing::Voucher(shown) => vouchers::replace(connection, shown, &old, call.now).await?,
        };
        if !replaced || !claim.take(connection, &token, step, drift).await? {
            connection.overtaken();
            return Err(Refusal::internal(&"a token changed under an exchange"));
        }
        let replaced = Entry {
            serial: Some(&old),
            state: Some(TokenState::Replaced.as_str()),
            detail: matches!(backing, Backing::Voucher(_)).then_some("voucher"),
            ..call.entry(Action::Exchange, "done")
        };
        audit::write(connection, &replaced).await?;
        Ok(claim::accepted(*token))
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e RegisterResponse) -> Entry<'e> {
        claim::entry(call, Action::Exchange, answer)
    }
}

/// What an exchange stands on.
enum Backing<'a> {
    Proof(token_life::Proof<'a>),
    Voucher(Shown<'a>),
}

enum Backed<'a> {
    /// By this, in the place of the token with this serial.
    By(Backing<'a>, String),
    Not(RpVerdict),
}

/// What the call stands on, if it is good.
async fn backing<'a>(
    request: &'a ExchangeRequest,
    claim: &Claim<'a>,
    connection: &mut Connection,
) -> Result<Backed<'a>, Refusal> {
    let now = claim.now;
    match (&request.proof, &request.voucher) {
        (Some(request_id), None) => {
            let earliest = now.as_secs().saturating_sub(PROOF_VALID_SECS);
            let proof = token_life::Proof {
                institution_id: claim.institution,
                subscriber_ref: claim.subscriber_ref,
                request_id,
                not_older: UnixTime::from_secs(earliest),
            };
            Ok(match token_life::proved(connection, &proof, now).await? {
                Some(old) => Backed::By(Backing::Proof(proof), old),
                None => Backed::Not(RpVerdict::Unknown),
            })
        }
        (None, Some(typed)) => by_voucher(typed.as_str(), claim, connection).await,
        (Some(_), Some(_)) | (None, None) => {
            Err(Refusal::new(ProblemCode::BadRequest).saying("a proof or a voucher, not both"))
        }
    }
}

/// A wrong voucher counts like a wrong code at registration, against the customer.
async fn by_voucher<'a>(
    typed: &str,
    claim: &Claim<'a>,
    connection: &mut Connection,
) -> Result<Backed<'a>, Refusal> {
    let (institution, customer, now) = (claim.institution, claim.subscriber_ref, claim.now);
    if !calls::may_register(connection, institution, customer, now).await? {
        return Ok(Backed::Not(RpVerdict::Locked));
    }
    if let Some(voucher) = Voucher::parse(typed) {
        let shown = Shown {
            hash: voucher.hash(institution),
            institution_id: institution,
            subscriber_ref: customer,
        };
        if let Some(old) = vouchers::good(connection, &shown, now).await? {
            return Ok(Backed::By(Backing::Voucher(shown), old));
        }
    }
    calls::count_registration_failure(connection, institution, customer, now).await?;
    Ok(Backed::Not(RpVerdict::Unknown))
}
