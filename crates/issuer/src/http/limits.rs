//! What bounds every call: the length of its head, how many are under way, how long one takes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use skts_provisioning::wire::ProblemCode;
use tokio::sync::Semaphore;

use super::problem::Refusal;

/// The longest head of a call: its target, and the names and values of its fields.
const MOST_HEAD_BYTES: usize = 8 * 1024;
/// No call takes longer; a slow one is told to come again.
pub(super) const LONGEST_CALL: Duration = Duration::from_secs(15);
/// When a call that was turned away may come again.
const COME_AGAIN_SECS: u64 = 1;

/// Passes a call on, or refuses it before anything is read or changed.
///
/// A call that is over its time is dropped with its transaction; what was written by then is answered
/// when the call is made again under the same name.
pub(super) async fn within(
    State(calls): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    if head_bytes(&request) > MOST_HEAD_BYTES {
        return Refusal::new(ProblemCode::HeadersTooLarge).into_response();
    }
    // Whether the service lives is asked when it is busy, too.
    let counted = request.method() == Method::POST;
    let Ok(_under_way) = counted.then(|| calls.try_acquire()).transpose() else {
        tracing::warn!("too many calls at once");
        return Refusal::busy(COME_AGAIN_SECS).into_response();
    };
    match tokio::time::timeout(LONGEST_CALL, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            tracing::warn!("a call took too long");
            Refusal::busy(COME_AGAIN_SECS).into_response()
        }
    }
}

fn head_bytes(request: &Request) -> usize {
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    let fields = request.headers().iter();
    fields.fold(target, |sum, (name, value)| {
        sum + name.as_str().len() + value.len()
    })
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt;

    use super::*;

    fn slow(calls: usize) -> Router {
        let calls = Arc::new(Semaphore::new(calls));
        Router::new()
            .route("/", post(std::future::pending::<()>))
            .layer(from_fn_with_state(calls, within))
    }

    fn call() -> Request {
        Request::post("/").body(Body::empty()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_over_its_time_is_told_to_come_again_and_leaves_its_place() {
        let router = slow(1);
        for _ in 0..2 {
            let started = tokio::time::Instant::now();
            let response = router.clone().oneshot(call()).await.unwrap();
            assert_eq!(started.elapsed(), LONGEST_CALL);
            assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert_eq!(response.headers()["retry-after"], "1");
            assert_eq!(
                response.headers()["content-type"],
                "application/problem+json"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_call_too_many_is_turned_away_at_once() {
        let router = slow(1);
        let first = tokio::spawn(router.clone().oneshot(call()));
        tokio::task::yield_now().await;
        let started = tokio::time::Instant::now();
        let response = router.oneshot(call()).await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        first.abort();
    }

    #[tokio::test]
    async fn a_long_head_is_refused() {
        let router = slow(1);
        let long = Request::post("/").header("x-long", "x".repeat(MOST_HEAD_BYTES));
        let response = router
            .oneshot(long.body(Body::empty()).unwrap())
            .await
            .unwrap();
        assert_eq!(
            response.status(),
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE
        );
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json"
        );
    }
}
