//! The body of a call: JSON, bounded.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use http_body_util::LengthLimitError;
use skts_provisioning::wire::ProblemCode;

use super::MOST_BODY_BYTES;
use super::problem::Refusal;

/// The bytes of a body that is said to be `application/json`, at most
/// [`MOST_BODY_BYTES`] of them.
#[derive(Debug)]
pub(crate) struct Posted(pub(crate) Bytes);

impl<S: Sync> FromRequest<S> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request<Body>, _: &S) -> Result<Self, Refusal> {
        if !is_json(request.headers()) {
            return Err(ProblemCode::UnsupportedMediaType.into());
        }
        match to_bytes(request.into_body(), MOST_BODY_BYTES).await {
            Ok(body) => Ok(Self(body)),
            Err(error) if is_too_long(&error) => Err(ProblemCode::TooLarge.into()),
            Err(_) => {
                Err(Refusal::new(ProblemCode::BadRequest).saying("the body did not come to an end"))
            }
        }
    }
}

fn is_too_long(error: &(dyn std::error::Error + 'static)) -> bool {
    let mut causes = std::iter::successors(Some(error), |error| error.source());
    causes.any(<dyn std::error::Error>::is::<LengthLimitError>)
}

/// Parameters, as `charset=utf-8`, say nothing of JSON (RFC 8259 §11).
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = kind
        .and_then(|kind| kind.split(';').next())
        .unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}
