//! Asking the token service.

mod wire;

use std::time::{Duration, Instant};

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ureq::Agent;

use self::wire::TellsAll;
pub(crate) use wire::{
    ActivationState, Answer, AssignRequest, Assigned, BeginSignatureRequest, Call, Change,
    ChangeRequest, DeviceFault, ExchangeRequest, IssueRequest, RegisterRequest, Registered,
    ReportRequest, ToSign, TokenState, Told, Verdict, Verified, VerifyRequest,
    VerifySignatureRequest,
};

/// Bytes read of an answer; the service's own bound is the same.
const MOST_ANSWER_BYTES: u64 = 4 * 1024;
/// Rests between two tries of one question.
const RESTS: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// How long a page waits to show where a token stands.
const LOOK_WITHIN: Duration = Duration::from_secs(3);

/// How long the bank waits for the service.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until a connection stands.
    pub connect: Duration,
    /// For a question with its repeats.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(2),
            whole: Duration::from_secs(10),
        }
    }
}

/// The bank's line to the token service.
#[derive(Clone)]
pub(crate) struct Issuer {
    agent: Agent,
    address: String,
    authorization: String,
    patience: Patience,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Issuer({})", self.address)
    }
}

/// Why there is no answer. Carries nothing of question or answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AskError {
    /// No answer came, or "later": it may have been done. Ask again, by the same words.
    #[error("the token service gave no answer")]
    Unsure,
    /// The service refused to look at it: nothing was done, and asking again will not help.
    #[error("the token service refused the call with status {status}")]
    Refused { status: u16 },
}

impl Issuer {
    /// A line to `address` (`https://…`, or `http://` on this machine), as the bank of `api_key`.
    pub(crate) fn new(address: &str, api_key: &str, patience: Patience) -> Self {
        let config = Agent::config_builder()
            .timeout_connect(Some(patience.connect))
            .http_status_as_error(false)
            .max_redirects(0)
            .build();
        Self {
            agent: Agent::new_with_config(config),
            address: address.trim_end_matches('/').to_owned(),
            authorization: format!("Bearer {api_key}"),
            patience,
        }
    }

    /// Asks, and asks again while there is time if the answer is lost.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn ask(&self, call: &Call) -> Result<Answer, AskError> {
        let line = self.clone();
        let call = call.clone();
        tokio::task::spawn_blocking(move || line.ask_blocking(&call))
            .await
            .unwrap_or(Err(AskError::Unsure))
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "how long a socket is waited for, not what time it is"
    )]
    fn ask_blocking(&self, call: &Call) -> Result<Answer, AskError> {
        let begun = Instant::now();
        let mut rests = RESTS.iter();
        loop {
            let left = self.patience.whole.saturating_sub(begun.elapsed());
            let outcome = self.ask_once(call, left);
            let Err(AskError::Unsure) = outcome else {
                return outcome;
            };
            match rests.next() {
                Some(rest) if begun.elapsed() + *rest < self.patience.whole => {
                    std::thread::sleep(*rest);
                }
                _ => return outcome,
            }
        }
    }

    fn ask_once(&self, call: &Call, within: Duration) -> Result<Answer, AskError> {
        let body = call.body().map_err(|_| AskError::Refused { status: 0 })?;
        let answer = self.post(call.path(), call.request_id(), &body, within)?;
        call.read_answer(&answer).map_err(|_| {
            tracing::error!(request_id = call.request_id(), "an answer cannot be read");
            AskError::Unsure
        })
    }

    /// Where the customer's token stands. Asked for a page: once, and not waited for long.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn token_state(&self, subscriber_ref: &str) -> Result<TokenState, AskError> {
        let body = json!({ "subscriber_ref": subscriber_ref });
        self.look("/v1/rp/tokens/state", body).await
    }

    /// Where an activation stands; asked likewise.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn activation_state(
        &self,
        user_id: &str,
    ) -> Result<ActivationState, AskError> {
        let body = json!({ "user_id": user_id });
        self.look("/v1/rp/activations/state", body).await
    }

    /// What happened to the bank's customers after the event `after`, oldest first, at most `most`.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn events(&self, after: u64, most: u32) -> Result<Vec<Told>, AskError> {
        let body = json!({ "after": after, "most": most });
        let answer: TellsAll = self.look("/v1/rp/events/fetch", body).await?;
        Ok(answer.events)
    }

    async fn look<T: DeserializeOwned + Send + 'static>(
        &self,
        path: &'static str,
        body: Value,
    ) -> Result<T, AskError> {
        let line = self.clone();
        let look = move || {
            let within = line.patience.whole.min(LOOK_WITHIN);
            let answer = line.post(path, "", body.to_string().as_bytes(), within)?;
            serde_json::from_slice(&answer).map_err(|_| AskError::Unsure)
        };
        tokio::task::spawn_blocking(look)
            .await
            .unwrap_or(Err(AskError::Unsure))
    }

    fn post(
        &self,
        path: &str,
        request_id: &str,
        body: &[u8],
        within: Duration,
    ) -> Result<Vec<u8>, AskError> {
        let sent = self
            .agent
            .post(format!("{}{path}", self.address))
            .config()
            .timeout_global(Some(within))
            .build()
            .header("authorization", &self.authorization)
            .content_type("application/json")
            .send(body);
        let mut response = match sent {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(request_id, path, %error, "no answer");
                return Err(AskError::Unsure);
            }
        };
        let status = response.status().as_u16();
        match status {
            200 => {}
            // Refused before anything was done.
            400..=499 if status != 408 && status != 429 => {
                return Err(AskError::Refused { status });
            }
            _ => {
                tracing::warn!(request_id, path, status, "no answer");
                return Err(AskError::Unsure);
            }
        }
        response
            .body_mut()
            .with_config()
            .limit(MOST_ANSWER_BYTES)
            .read_to_vec()
            .map_err(|_| AskError::Unsure)
    }
}
