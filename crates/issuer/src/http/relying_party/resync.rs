//! `POST /v1/rp/tokens/resync`: finds the clock of a token again by two consecutive codes, both typed
//! by the customer in the bank's page. A wrong pair counts as one wrong code.

use axum::extract::State;
use axum::response::Response;
use skts_otp::Otp;
use skts_provisioning::wire::rp::{ResyncRequest, VerifyResponse};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::{Allowed, Tokens};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::once::{Call, Deed};
use super::{search, verify};
use crate::audit::{Action, Entry};
use crate::rules::token::TokenState;
use crate::rules::verify::{Finding, Verdict};
use crate::storage::{Connection, closed_verdict, token_life, tokens, vouchers};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Tokens>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = ResyncRequest::parse(&body)?;
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
            verdict = ?answer.verdict, "resync"
        );
    }
    Ok(answered.response)
}

impl Deed for ResyncRequest {
    type Answer = VerifyResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<VerifyResponse, Refusal> {
        let verdict = judge(call, connection, self).await?;
        Ok(verify::response(verdict))
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e VerifyResponse) -> Entry<'e> {
        call.entry(Action::Resync, answer.verdict.as_str())
    }
}

async fn judge(
    call: &Call<'_>,
    connection: &mut Connection,
    request: &ResyncRequest,
) -> Result<Verdict, Refusal> {
    let now = call.now;
    let subscriber_ref = request.subscriber_ref.as_str();
    let token = tokens::of_subscriber(connection, call.institution(), subscriber_ref).await?;
    let Some(token) = token.filter(|token| now < token.expires_at) else {
        return Ok(Verdict::Unknown);
    };
    let allowed = token.policy.code_length.allowed();
    let typed = |text| Otp::parse(text, allowed).ok();
    let pair = typed(request.first.as_str()).zip(typed(request.second.as_str()));
    let Some((first, second)) = pair.filter(|_| token.is_open(now)) else {
        return Ok(if token.is_open(now) {
            Verdict::Rejected
        } else {
            closed_verdict(token.state)
        });
    };
    let serial = token.serial.as_str();
    if let Finding::Match { step, drift } =
        search::find_pair(call.issuer, &token, (&first, &second), now)?
    {
        let taken = token_life::resync(connection, serial, step, drift, now).await?;
        if !taken {
            return Ok(Verdict::Replayed);
        }
        vouchers::resync_done(connection, serial).await?;
        return Ok(Verdict::Accepted { step });
    }
    Ok(
        match tokens::count_wrong(connection, serial, token.policy.lock_after, None, now).await? {
            Some(TokenState::Active) => Verdict::Rejected,
            _ => Verdict::Locked,
        },
    )
}
