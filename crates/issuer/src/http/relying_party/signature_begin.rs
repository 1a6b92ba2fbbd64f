//! `POST /v1/rp/signatures/begin`: a payment is announced. The answer is what must be shown and what
//! the customer's token signs; the service keeps its hash only.

use axum::extract::State;
use axum::response::Response;
use skts_otp::Payment;
use skts_provisioning::wire::rp::{SigningRequest, SigningResponse};
use skts_provisioning::wire::{Message, ProblemCode, Request};

use super::super::App;
use super::super::caller::{Allowed, Verify};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::once::{Call, Deed};
use crate::audit::{Action, Entry};
use crate::rules::sign::CHALLENGE_VALID_SECS;
use crate::storage::signatures::{self, ChallengeRow};
use crate::storage::{Connection, institutions};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Verify>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = SigningRequest::parse(&body)?;
    let payment = Payment::parse(&request.payment).map_err(|error| {
        Refusal::new(ProblemCode::BadRequest)
            .saying(&error.to_string())
            .of(&request.request_id)
    })?;
    let call = Call {
        issuer: &app.issuer,
        bank: &bank,
        request_id: &request.request_id,
        digest: request.digest(),
        about: request.subscriber_ref.as_str(),
        now: app.issuer.now(),
    };
    let answered = call.once(&payment).await?;
    if answered.decided.is_some() {
        tracing::info!(
            request_id = %request.request_id, institution = bank.institution_id,
            "payment to be signed"
        );
    }
    Ok(answered.response)
}

impl Deed for Payment {
    type Answer = SigningResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<SigningResponse, Refusal> {
        let institution = institutions::by_id(connection, call.institution())
            .await?
            .ok_or(ProblemCode::NotFound)?;
        let answer = SigningResponse {
            service_id: institution.service_id,
            payment: self.clone().into(),
            challenge: self.challenge(),
            keypad_challenge: self.keypad_challenge(),
            expires_at: call.now.saturating_add_secs(CHALLENGE_VALID_SECS),
        };
        let challenge = ChallengeRow {
            payment: answer.challenge.clone(),
            keypad: answer.keypad_challenge.clone(),
            signed: false,
        };
        let (institution, customer, id) = (call.institution(), call.about, call.request_id);
        let until = answer.expires_at;
        signatures::keep(connection, institution, customer, id, &challenge, until).await?;
        Ok(answer)
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e SigningResponse) -> Entry<'e> {
        Entry {
            detail: Some(&answer.challenge),
            ..call.entry(Action::SignatureAsked, "done")
        }
    }
}
