//! `POST /v1/rp/tokens/verify`: a code the customer typed. Called after the bank has checked the
//! customer's password.

use axum::extract::State;
use axum::response::Response;
use skts_otp::{CodeLength, Otp};
use skts_provisioning::wire::rp::{VerifyRequest, VerifyResponse};
use skts_provisioning::wire::{Message, ProblemCode, Request};

use super::super::App;
use super::super::caller::{Allowed, Bank, Verify};
use super::super::posted::Posted;
use super::super::problem::{Refusal, json};
use super::once::{Call, Deed};
use super::{on_the_wire, search};
use crate::audit::{Action, Entry};
use crate::rules::verify::Verdict;
use crate::storage::{Attempt, Connection, Written, closed_verdict, tokens};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Verify>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = VerifyRequest::parse(&body)?;
    verify(&app, &bank, &request)
        .await
        .map_err(|refusal| refusal.of(&request.request_id))
}

pub(super) async fn verify(
    app: &App,
    bank: &Bank,
    request: &VerifyRequest,
) -> Result<Response, Refusal> {
    let issuer = &*app.issuer;
    let call = Call {
        issuer,
        bank,
        request_id: &request.request_id,
        digest: request.digest(),
        about: request.subscriber_ref.as_str(),
        now: issuer.now(),
    };
    let now = call.now;
    let mut connection = issuer.storage.read().await?;
    let token = tokens::of_subscriber(&mut connection, call.institution(), call.about).await?;
    let lengths = token
        .as_ref()
        .map_or(CodeLength::Both, |token| token.policy.code_length);
    let code = Otp::parse(request.code.as_str(), lengths.allowed()).ok();

    let (token, code) = match (token, code) {
        (Some(token), Some(code)) if token.is_open(now) => (token, code),
        // Nothing to look at: no token, not open, or no code at all. Nothing is counted.
        (token, code) => {
            if let Some(answer) = call.earlier_answer(&mut connection).await? {
                return Ok(answer);
            }
            drop(connection);
            if let Some(code) = &code {
                search::pretend(code, now);
            }
            let verdict = match token {
                None => Verdict::Unknown,
                Some(token) if token.is_open(now) => Verdict::Rejected,
                Some(token) if now >= token.expires_at => Verdict::Unknown,
                Some(token) => closed_verdict(token.state),
            };
            let answered = call.once(&verdict).await?;
            if answered.decided.is_some() {
                log(request, bank, verdict);
            }
            return Ok(answered.response);
        }
    };
    drop(connection);
    let finding = search::find(issuer, &token, &code, now)?;
    let written = app
        .verify_writer
        .write(Attempt {
            institution_id: bank.institution_id.clone(),
            actor: bank.actor.clone(),
            subscriber_ref: call.about.to_owned(),
            purpose: request
                .purpose
                .as_ref()
                .map(|purpose| purpose.as_str().to_owned()),
            request_id: request.request_id,
            digest: call.digest,
            lock_after: token.policy.lock_after,
            serial: token.serial,
            finding,
            now,
            period_secs: token.policy.period.as_secs(),
            answer: |verdict, clock_off_secs| {
                let response = VerifyResponse {
                    clock_off_secs,
                    ..response(verdict)
                };
                String::from_utf8(response.to_body()).unwrap_or_default()
            },
        })
        .await?;
    match written {
        Written::Now(verdict, answer) => {
            let institution = call.institution();
            issuer
                .metrics
                .deed(institution, Action::Verify, verdict.as_str());
            log(request, bank, verdict);
            Ok(json(answer))
        }
        Written::Before(answer) => Ok(json(answer)),
        Written::Conflict => Err(ProblemCode::Conflict.into()),
    }
}

/// A verdict without a code looked at.
impl Deed for Verdict {
    type Answer = VerifyResponse;

    async fn decide(&self, _: &Call<'_>, _: &mut Connection) -> Result<VerifyResponse, Refusal> {
        Ok(response(*self))
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e VerifyResponse) -> Entry<'e> {
        call.entry(Action::Verify, answer.verdict.as_str())
    }
}

pub(super) fn response(verdict: Verdict) -> VerifyResponse {
    let step = match verdict {
        Verdict::Accepted { step } => Some(step.index()),
        _ => None,
    };
    VerifyResponse {
        verdict: on_the_wire(verdict),
        step,
        clock_off_secs: None,
    }
}

fn log(request: &VerifyRequest, bank: &Bank, verdict: Verdict) {
    tracing::info!(
        request_id = %request.request_id, institution = bank.institution_id, ?verdict,
        purpose = request.purpose.as_ref().map(|purpose| purpose.as_str()), "verification"
    );
}
