//! `POST /v1/rp/tokens/register`: the serial and a current code, typed in the bank's page.

use axum::extract::State;
use axum::response::Response;
use skts_provisioning::wire::rp::{RegisterRequest, RegisterResponse, RpVerdict};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::{Allowed, Tokens};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::claim::{self, Claim, Claimed};
use super::once::{Call, Deed};
use crate::audit::{Action, Entry};
use crate::storage::{Connection, tokens};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Tokens>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = RegisterRequest::parse(&body)?;
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
            verdict = ?answer.verdict, "registration"
        );
    }
    Ok(answered.response)
}

impl Deed for RegisterRequest {
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
        let has_one = tokens::of_subscriber(connection, claim.institution, claim.subscriber_ref)
            .await?
            .is_some_and(|token| token.is_in_use(call.now));
        match claim.look(call.issuer, connection, !has_one).await? {
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

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e RegisterResponse) -> Entry<'e> {
        claim::entry(call, Action::Register, answer)
    }
}
