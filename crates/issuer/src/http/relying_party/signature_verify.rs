//! `POST /v1/rp/signatures/verify`: the signature a customer typed, for a payment announced before. A
//! wrong one counts as a wrong code.

use axum::extract::State;
use axum::response::Response;
use skts_otp::OcraSuite;
use skts_provisioning::wire::rp::{RpVerdict, SignatureRequest, SignatureResponse};
use skts_provisioning::wire::{Message, Request};

use super::super::App;
use super::super::caller::{Allowed, Verify};
use super::super::posted::Posted;
use super::super::problem::Refusal;
use super::once::{Call, Deed};
use super::{on_the_wire, search};
use crate::audit::{Action, Entry};
use crate::rules::sign::{self, ToSign};
use crate::rules::token::{TokenKind, TokenState};
use crate::rules::verify::Verdict;
use crate::storage::tokens::TokenRow;
use crate::storage::{Connection, closed_verdict, signatures, tokens, vouchers};

pub(crate) async fn handle(
    State(app): State<App>,
    bank: Allowed<Verify>,
    Posted(body): Posted,
) -> Result<Response, Refusal> {
    let request = SignatureRequest::parse(&body)?;
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
            verdict = ?answer.verdict, "signature"
        );
    }
    Ok(answered.response)
}

impl Deed for SignatureRequest {
    type Answer = SignatureResponse;

    async fn decide(
        &self,
        call: &Call<'_>,
        connection: &mut Connection,
    ) -> Result<SignatureResponse, Refusal> {
        let verdict = match judge(self, call, connection).await? {
            Judged::Accepted => RpVerdict::Accepted,
            Judged::Not(verdict) => on_the_wire(verdict),
        };
        Ok(SignatureResponse { verdict })
    }

    fn entry<'e>(&'e self, call: &'e Call<'_>, answer: &'e SignatureResponse) -> Entry<'e> {
        call.entry(Action::Signature, answer.verdict.as_str())
    }
}

enum Judged {
    Accepted,
    Not(Verdict),
}

async fn judge(
    request: &SignatureRequest,
    call: &Call<'_>,
    connection: &mut Connection,
) -> Result<Judged, Refusal> {
    let (institution, customer, now) = (call.institution(), call.about, call.now);
    let token = tokens::of_subscriber(connection, institution, customer).await?;
    let id = &request.challenge;
    let challenge = signatures::find(connection, institution, customer, id, now).await?;
    let (Some(token), Some(challenge)) = (token, challenge) else {
        return Ok(Judged::Not(Verdict::Unknown));
    };
    let Some(suite) = suite_of(&token).filter(|_| now < token.expires_at) else {
        return Ok(Judged::Not(Verdict::Unknown));
    };
    if !token.is_open(now) {
        return Ok(Judged::Not(closed_verdict(token.state)));
    }
    if challenge.signed {
        return Ok(Judged::Not(Verdict::Replayed));
    }
    // A wrong shape is a mistake of typing: nothing is counted.
    let Ok(response) = skts_otp::Response::parse(request.signature.as_str(), &suite) else {
        return Ok(Judged::Not(Verdict::Rejected));
    };
    let to_sign = ToSign {
        payment: &challenge.payment,
        keypad: challenge.keypad.as_deref(),
    };
    let found = search::with_signing_key(call.issuer, &token, |key| {
        sign::find(key, &suite, to_sign, token.sign_last, now, &response)
    })?;
    let serial = token.serial.as_str();
    let Some(signed) = found else {
        let lock_after = token.policy.lock_after;
        let counted = tokens::count_wrong(connection, serial, lock_after, None, now).await?;
        return Ok(Judged::Not(match counted {
            Some(TokenState::Active) => Verdict::Rejected,
            _ => Verdict::Locked,
        }));
    };
    if (signed.moves && signed.step <= token.sign_last)
        || signatures::was_signed(connection, serial, &challenge.payment, signed.step).await?
    {
        return Ok(Judged::Not(Verdict::Replayed));
    }
    let taken = signatures::accept(connection, serial, signed, now).await?
        && signatures::sign(connection, institution, id, serial, signed.step).await?;
    if !taken {
        connection.overtaken();
        return Err(Refusal::internal(&"a token changed under a signature"));
    }
    vouchers::void(connection, serial).await?;
    Ok(Judged::Accepted)
}

/// How the token signs, if it does.
fn suite_of(token: &TokenRow) -> Option<OcraSuite> {
    match (token.kind, &token.sign_suite) {
        (TokenKind::Soft, _) => token.policy.signing.then_some(OcraSuite::SIGNING),
        (TokenKind::Totp | TokenKind::Hotp, suite) => suite.as_deref()?.parse().ok(),
    }
}
