//! Refusals, as `application/problem+json`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use skts_provisioning::ids::RequestId;
use skts_provisioning::wire::{Message, Problem, ProblemCode, WireError};

use crate::storage::StorageError;

/// A refusal on its way out.
#[derive(Debug)]
pub(crate) struct Refusal {
    code: ProblemCode,
    request_id: Option<RequestId>,
    detail: Option<String>,
    retry_after_secs: Option<u64>,
    /// Why the service failed: for the log only.
    cause: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: ProblemCode) -> Self {
        Self {
            code,
            request_id: None,
            detail: None,
            retry_after_secs: None,
            cause: None,
        }
    }

    pub(crate) fn code(&self) -> ProblemCode {
        self.code
    }

    /// Too many calls: again after `secs` seconds.
    pub(crate) fn busy(secs: u64) -> Self {
        Self {
            retry_after_secs: Some(secs),
            ..Self::new(ProblemCode::Busy)
        }
    }

    /// The service failed; the cause goes to the log only, under the request id.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..Self::new(ProblemCode::Internal)
        }
    }

    /// The same, with a word for developers.
    pub(crate) fn saying(mut self, detail: &str) -> Self {
        self.detail = Some(detail.to_owned());
        self
    }

    /// The same, answering `request_id`.
    pub(crate) fn of(mut self, request_id: &RequestId) -> Self {
        self.request_id = Some(*request_id);
        self
    }
}

impl From<ProblemCode> for Refusal {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl From<StorageError> for Refusal {
    fn from(error: StorageError) -> Self {
        let failed = Self::internal(&error);
        if error.is_passing() {
            // Nothing was changed: the transaction was given up.
            Self {
                code: ProblemCode::Busy,
                retry_after_secs: Some(1),
                ..failed
            }
        } else {
            failed
        }
    }
}

impl From<WireError> for Refusal {
    fn from(error: WireError) -> Self {
        Self {
            detail: Some(error.to_string()),
            ..Self::new(ProblemCode::BadRequest)
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        if let Some(cause) = &self.cause {
            let request_id = self.request_id.map(tracing::field::display);
            tracing::error!(request_id, cause, "call failed");
        }
        let mut problem = Problem::new(self.code, self.request_id);
        problem.detail = self.detail;
        let status =
            StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, problem.to_body()).into_response();
        if self.code == ProblemCode::Unauthorized {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        if let Some(secs) = self.retry_after_secs {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(secs));
        }
        response
    }
}

/// A message on its way out, as the bytes that are kept for a repeated call.
pub(crate) fn json(body: impl Into<axum::body::Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

/// Any other path.
pub(crate) async fn not_found() -> Refusal {
    Refusal::new(ProblemCode::NotFound)
}

/// Another method; the router adds `Allow`.
pub(crate) async fn method_not_allowed() -> Refusal {
    Refusal::new(ProblemCode::MethodNotAllowed)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_failure_is_logged_under_the_request_id_and_told_to_nobody() {
        let captured = Captured::default();
        let writer = captured.clone();
        let subscriber = tracing_subscriber::fmt()
            .json()
            .with_writer(move || writer.clone())
            .finish();
        let request_id = RequestId::from_bytes([7; 16]);
        let problem = tracing::subscriber::with_default(subscriber, || {
            let refusal = Refusal::internal(&"the disk is full").of(&request_id);
            format!("{:?}", refusal.into_response())
        });
        assert!(!problem.contains("disk"));
        let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(log.contains("the disk is full"), "{log}");
        assert!(log.contains(&request_id.to_string()), "{log}");
    }
}
