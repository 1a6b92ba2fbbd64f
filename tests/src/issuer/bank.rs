//! A bank that calls the token service over HTTP.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rand_core::{OsRng, RngCore};
use serde_json::{Value, json};

use super::{Activation, text};

/// A bank that calls the service's relying-party API.
#[derive(Clone, Debug)]
pub struct Bank {
    base: String,
    api_key: String,
}

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`; empty without one.
    pub content_type: String,
    /// `Retry-After`; empty without one.
    pub retry_after: String,
    /// The body.
    pub text: String,
}

impl Bank {
    pub(super) fn new(base: String, api_key: String) -> Self {
        Self { base, api_key }
    }

    /// Has an activation issued for `subscriber`, who chose `password`.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn issue_activation(&self, subscriber: &str, password: &str) -> Result<Activation> {
        let answer = self.call(
            "activations/issue",
            &json!({
                "request_id": request_id(),
                "subscriber_ref": subscriber,
                "activation_password": password,
            }),
        )?;
        Ok(Activation {
            service_id: text(&answer, "service_id")?,
            user_id: text(&answer, "user_id")?,
            password: password.to_owned(),
        })
    }

    /// Withdraws an activation.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn withdraw_activation(&self, user_id: &str) -> Result<()> {
        let body = json!({ "request_id": request_id(), "user_id": user_id });
        self.call("activations/withdraw", &body).map(drop)
    }

    /// The state of an activation.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn activation_state(&self, user_id: &str) -> Result<Value> {
        self.call("activations/state", &json!({ "user_id": user_id }))
    }

    /// 利用開始: registers the token `serial`, proved by `code`, for `subscriber`.
    ///
    /// # Errors
    /// When the service refuses the call itself; a refused code is a verdict.
    pub fn register(&self, subscriber: &str, serial: &str, code: &str) -> Result<Value> {
        self.call(
            "tokens/register",
            &json!({
                "request_id": request_id(),
                "subscriber_ref": subscriber,
                "serial": serial,
                "code": code,
            }),
        )
    }

    /// The service's verdict on `code`: `accepted`, `rejected`, `replayed`, `locked`, `unknown`.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn verify(&self, subscriber: &str, code: &str) -> Result<String> {
        self.verify_as(&request_id(), subscriber, code)
    }

    /// As [`Bank::verify`], under a request id of the caller's (32 hexadecimal digits).
    ///
    /// # Errors
    /// As [`Bank::verify`].
    pub fn verify_as(&self, request_id: &str, subscriber: &str, code: &str) -> Result<String> {
        let answer = self.call("tokens/verify", &verification(request_id, subscriber, code))?;
        text(&answer, "verdict")
    }

    /// As [`Bank::verify_as`], with the whole answer, whatever its status.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn verify_reply(&self, request_id: &str, subscriber: &str, code: &str) -> Result<Reply> {
        self.post("tokens/verify", &verification(request_id, subscriber, code))
    }

    /// Puts the token `serial`, with its `code`, in the place of `subscriber`'s; `proof` is the
    /// request id under which the old token's code was verified.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn exchange(
        &self,
        subscriber: &str,
        proof: &str,
        serial: &str,
        code: &str,
    ) -> Result<Value> {
        self.call(
            "tokens/exchange",
            &json!({
                "request_id": request_id(),
                "subscriber_ref": subscriber,
                "proof": proof,
                "serial": serial,
                "code": code,
            }),
        )
    }

    /// Announces a payment that `subscriber` is to sign; gives its challenge's id and the answer.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn begin_signature(&self, subscriber: &str, payment: &Value) -> Result<(String, Value)> {
        let id = request_id();
        let body = json!({ "request_id": id, "subscriber_ref": subscriber, "payment": payment });
        let answer = self.call("signatures/begin", &body)?;
        Ok((id, answer))
    }

    /// The service's verdict on the signature of a payment announced before.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn verify_signature(
        &self,
        subscriber: &str,
        challenge: &str,
        signature: &str,
    ) -> Result<String> {
        let body = json!({
            "request_id": request_id(), "subscriber_ref": subscriber, "challenge": challenge,
            "signature": signature,
        });
        text(&self.call("signatures/verify", &body)?, "verdict")
    }

    /// Has `subscriber`'s token changed: `unregister`, `suspend` or `resume`.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn change(&self, subscriber: &str, change: &str) -> Result<Value> {
        let id = request_id();
        let body = json!({ "request_id": id, "subscriber_ref": subscriber, "change": change });
        self.call("tokens/change", &body)
    }

    /// What the service says of `subscriber`'s token.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn token_state(&self, subscriber: &str) -> Result<Value> {
        self.call("tokens/state", &json!({ "subscriber_ref": subscriber }))
    }

    /// Notes that the hardware token `serial` was sent to `subscriber`.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn assign(&self, subscriber: &str, serial: &str) -> Result<Value> {
        let id = request_id();
        let body = json!({ "request_id": id, "subscriber_ref": subscriber, "serial": serial });
        self.call("tokens/assign", &body)
    }

    /// The bank's key, for a program that is this bank. Secret.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// Makes any other call, and gives its answer.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn call(&self, path: &str, body: &Value) -> Result<Value> {
        let Reply { status, text, .. } = self.post(path, body)?;
        ensure!((200..300).contains(&status), "{path}: {status} {text}");
        serde_json::from_str(&text).with_context(|| format!("{path} answered no JSON: {text}"))
    }

    fn post(&self, path: &str, body: &Value) -> Result<Reply> {
        let url = format!("{}/v1/rp/{path}", self.base);
        let mut reply = agent()
            .post(&url)
            .header("authorization", &format!("Bearer {}", self.api_key))
            .send_json(body)
            .with_context(|| format!("POST {url}"))?;
        let header = |name: &str| {
            let value = reply
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Ok(Reply {
            status: reply.status().as_u16(),
            content_type: header("content-type"),
            retry_after: header("retry-after"),
            text: reply.body_mut().read_to_string()?,
        })
    }
}

fn verification(request_id: &str, subscriber: &str, code: &str) -> Value {
    json!({
        "request_id": request_id, "subscriber_ref": subscriber, "code": code, "purpose": "login",
    })
}

/// 16 random bytes as 32 hexadecimal digits.
pub fn request_id() -> String {
    let mut bytes = [0u8; 16];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}
