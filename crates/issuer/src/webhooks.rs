//! Sending events to banks that do not fetch them.
//!
//! A request holds up to a hundred events in their order, and is signed:
//! `SKTS-Signature: t=<unix seconds>,v1=<hex of HMAC-SHA-256(secret, t ‖ "." ‖ body)>`. Whatever is not
//! answered with 2xx is sent again, later and later but at least once an hour, and nothing after it is
//! sent before. A receiver whose answer was lost gets the same events again and knows their numbers.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, Mac};
use serde_json::json;
use sha2::Sha256;
use skts_otp::UnixTime;
use skts_sealed::{Namespace, SecretBytes};

use crate::issuer::Issuer;
use crate::storage::events::{self, EventRow, WebhookRow};
use crate::storage::{StorageError, institutions};

const EVERY: Duration = Duration::from_secs(2);
const MOST_EVENTS: u32 = 100;
/// How much longer than a call a webhook is held: then another process takes over what one left undone.
const HELD_ON_SECS: u64 = 20;
const SECRET_BYTES: usize = 32;

/// Why a webhook was not set.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// Events name customers: they go over TLS, or stay on this machine.
    #[error("the address must begin with https:// (or http://127.0.0.1 on this machine)")]
    Address,
    /// No such institution.
    #[error("there is no institution of this id")]
    NoInstitution,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Issuer {
    /// Has an institution's events sent to `url` from now on; returns the secret they are signed with,
    /// 64 hex digits, shown once.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn set_webhook(
        &self,
        institution_id: &str,
        url: &str,
    ) -> Result<String, WebhookError> {
        let own = ["http://127.0.0.1:", "http://[::1]:"];
        if !url.starts_with("https://") && !own.iter().any(|own| url.starts_with(own)) {
            return Err(WebhookError::Address);
        }
        let mut connection = self.storage.read().await?;
        institutions::by_id(&mut connection, institution_id)
            .await?
            .ok_or(WebhookError::NoInstitution)?;
        drop(connection);
        let context = institution_id.as_bytes();
        let (secret, sealed) = self.entropy.with(|rng| {
            let secret = SecretBytes::make(SECRET_BYTES, rng);
            // EXPOSE: sealed on the spot.
            let plain = secret.expose_secret();
            let sealed = self
                .keys
                .seal_state(Namespace::ServiceState, context, plain, rng);
            (secret, sealed)
        });
        let mut connection = self.storage.writer().await?;
        events::set_webhook(&mut connection, institution_id, Some((url, &sealed))).await?;
        // EXPOSE: shown to the operator once, for the bank's program.
        Ok(hex::encode(secret.expose_secret()))
    }

    /// Sends an institution's events nowhere any more; it can still fetch them.
    ///
    /// # Errors
    /// [`WebhookError`].
    pub async fn end_webhook(&self, institution_id: &str) -> Result<(), WebhookError> {
        let mut connection = self.storage.writer().await?;
        Ok(events::set_webhook(&mut connection, institution_id, None).await?)
    }

    /// Sends what is to be sent now, once.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn send_events(&self) -> Result<(), StorageError> {
        let held_secs = self.config.events_within_secs.saturating_add(HELD_ON_SECS);
        loop {
            let now = self.now();
            let mut connection = self.storage.writer().await?;
            let due = events::take_due(&mut connection, now, held_secs).await?;
            drop(connection);
            let Some(webhook) = due else { return Ok(()) };
            self.send_due(&webhook, now).await?;
        }
    }

    async fn send_due(&self, webhook: &WebhookRow, now: UnixTime) -> Result<(), StorageError> {
        let mut connection = self.storage.read().await?;
        let (institution, from) = (&webhook.institution_id, webhook.delivered);
        let batch = events::after(&mut connection, institution, from, MOST_EVENTS).await?;
        drop(connection);
        let taken = self.send(webhook, &batch, now).await;
        let (delivered, failures, wait_secs) = match (taken, batch.last()) {
            (true, Some(last)) => (last.number, 0, 0),
            _ => (
                from,
                webhook.failures.saturating_add(1),
                wait_secs(webhook.failures),
            ),
        };
        let not_before = now.saturating_add_secs(wait_secs);
        let mut connection = self.storage.writer().await?;
        events::note_sent(
            &mut connection,
            institution,
            delivered,
            failures,
            not_before,
        )
        .await
    }

    /// Whether the bank took them.
    async fn send(&self, webhook: &WebhookRow, batch: &[EventRow], now: UnixTime) -> bool {
        let institution = &webhook.institution_id;
        let body = json!({
            "institution": institution,
            "events": batch.iter().map(on_the_wire).collect::<Vec<_>>(),
        })
        .to_string();
        let context = institution.as_bytes();
        let sealed = &webhook.secret;
        let opened = self
            .keys
            .unseal_state(Namespace::ServiceState, context, sealed);
        let Ok(secret) = opened else {
            tracing::error!(institution, "the secret of a webhook does not open");
            return false;
        };
        let signature = sign(&secret, now, &body);
        let url = webhook.url.clone();
        let within = Duration::from_secs(self.config.events_within_secs);
        let call = move || {
            let agent = ureq::Agent::config_builder()
                .timeout_global(Some(within))
                // Events go where the operator said, and nowhere else.
                .max_redirects(0)
                .http_status_as_error(false)
                .build();
            ureq::Agent::new_with_config(agent)
                .post(&url)
                .content_type("application/json")
                .header("skts-signature", signature)
                .send(body)
                .map(|answer| answer.status().is_success())
        };
        match tokio::task::spawn_blocking(call).await {
            Ok(Ok(true)) => true,
            Ok(Ok(false)) => {
                tracing::warn!(institution, "the bank did not take its events");
                false
            }
            Ok(Err(error)) => {
                tracing::warn!(institution, %error, "events could not be sent");
                false
            }
            Err(_) => false,
        }
    }

    /// Sends every two seconds, for ever.
    pub async fn keep_sending(self: Arc<Self>) {
        loop {
            if let Err(error) = self.send_events().await {
                tracing::error!(%error, "sending events failed");
            }
            tokio::time::sleep(EVERY).await;
        }
    }
}

fn on_the_wire(event: &EventRow) -> serde_json::Value {
    let mut value = json!({
        "number": event.number, "at": event.at, "kind": event.kind,
        "subscriber_ref": event.subscriber_ref,
    });
    for (name, text) in [("serial", &event.serial), ("state", &event.state)] {
        if let Some(text) = text {
            value[name] = text.as_str().into();
        }
    }
    value
}

fn sign(secret: &SecretBytes, now: UnixTime, body: &str) -> String {
    let time = now.as_secs();
    // EXPOSE: the key of this MAC.
    let key = secret.expose_secret();
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("{time}.{body}").as_bytes());
    let mac = hex::encode(mac.finalize().into_bytes());
    format!("t={time},v1={mac}")
}

/// How long to wait after so many failures in a row: 5 s, 10 s, … up to an hour.
fn wait_secs(failures: u32) -> u64 {
    5_u64.saturating_mul(1 << failures.min(10)).min(3600)
}
