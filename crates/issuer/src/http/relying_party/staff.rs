//! The staff's own tokens: registered and verified as any customer's are, at the institution that no
//! bank has a key to. Counted, made to wait and locked by the same statements.

use axum::body::to_bytes;
use skts_provisioning::ids::RequestId;
use skts_provisioning::wire::rp::{RegisterRequest, RpVerdict, VerifyRequest, VerifyResponse};
use skts_provisioning::wire::{Message, Request, ShortText};

use super::super::App;
use super::super::caller::Bank;
use super::super::problem::Refusal;
use super::once::Call;
use super::verify::verify;
use crate::issuer::Issuer;
use crate::staff::STAFF_INSTITUTION;

fn bank() -> Bank {
    Bank {
        institution_id: STAFF_INSTITUTION.to_owned(),
        actor: "console".to_owned(),
    }
}

/// Registers a token by what was typed: see [`super::register`].
pub(crate) async fn register_for_staff(
    issuer: &Issuer,
    subscriber: &str,
    serial: &str,
    code: &str,
) -> Result<RpVerdict, Refusal> {
    let texts = (
        ShortText::new(subscriber),
        ShortText::new(serial),
        ShortText::new(code),
    );
    let (Ok(subscriber_ref), Ok(serial), Ok(code)) = texts else {
        return Ok(RpVerdict::Rejected);
    };
    let request = RegisterRequest {
        request_id: issuer.entropy.with(|rng| RequestId::make(rng)),
        subscriber_ref,
        serial,
        code,
    };
    let call = Call {
        issuer,
        bank: &bank(),
        request_id: &request.request_id,
        digest: request.digest(),
        about: request.subscriber_ref.as_str(),
        now: issuer.now(),
    };
    let answered = call.once(&request).await?;
    Ok(answered
        .decided
        .map_or(RpVerdict::Rejected, |answer| answer.verdict))
}

/// Verifies a code by what was typed: see [`super::verify`].
pub(crate) async fn verify_for_staff(
    app: &App,
    subscriber: &str,
    code: &str,
) -> Result<RpVerdict, Refusal> {
    let texts = (ShortText::new(subscriber), ShortText::new(code));
    let (Ok(subscriber_ref), Ok(code)) = texts else {
        return Ok(RpVerdict::Rejected);
    };
    let request = VerifyRequest {
        request_id: app.issuer.entropy.with(|rng| RequestId::make(rng)),
        subscriber_ref,
        code,
        purpose: ShortText::new("console").ok(),
    };
    let answer = verify(app, &bank(), &request).await?.into_body();
    let failed = |why: &dyn std::fmt::Display| Refusal::internal(why);
    let body = to_bytes(answer, VerifyResponse::MAX_BODY_BYTES).await;
    let body = body.map_err(|error| failed(&error))?;
    Ok(VerifyResponse::parse(&body)
        .map_err(|error| failed(&error))?
        .verdict)
}
