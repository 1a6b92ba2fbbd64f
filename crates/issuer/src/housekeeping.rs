//! What time alone decides, written down now and then. No verdict waits for it: every statement
//! that accepts something checks the dates itself.

use std::sync::Arc;
use std::time::Duration;

use skts_otp::UnixTime;

use crate::issuer::Issuer;
use crate::rules::activation::REPLY_KEPT_SECS;
use crate::rules::sign::CHALLENGE_VALID_SECS;
use crate::rules::token::CONFIRM_WITHIN_SECS;
use crate::storage::{
    Connection, StorageError, activations, calls, events, grants, self_provisioning, signatures,
    staff, tokens,
};

const EVERY: Duration = Duration::from_secs(600);
/// How long a bank's repeated call gets its first answer.
const CALLS_KEPT_SECS: u64 = 7 * 24 * 3600;
/// How long a bank can fetch what happened.
const EVENTS_KEPT_SECS: u64 = 400 * 24 * 3600;
/// How long a lapsed token is kept, so that its app can be told.
const LAPSED_KEPT_SECS: u64 = 30 * 24 * 3600;

impl Issuer {
    /// Tidies now, once.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn tidy(&self) -> Result<(), StorageError> {
        let now = self.now();
        self.storage
            .change("tidy", |mut transaction| async move {
                let done = tidy(&mut transaction, now).await;
                (transaction, done)
            })
            .await
    }

    /// Tidies every ten minutes, for ever, and looks whether the attestation roots have changed.
    pub async fn keep_tidy(self: Arc<Self>) {
        loop {
            if let Err(error) = self.tidy().await {
                tracing::error!(%error, "tidying failed");
            }
            self.renew_trust();
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Closes the database after what is under way.
    pub async fn close(&self) {
        self.storage.close().await;
    }
}

async fn tidy(connection: &mut Connection, now: UnixTime) -> Result<(), StorageError> {
    tokens::prune(connection, now).await?;
    tokens::tell_renewals(connection, now).await?;
    events::prune(connection, now, EVENTS_KEPT_SECS).await?;
    tokens::forget_lapsed(connection, now, LAPSED_KEPT_SECS).await?;
    grants::prune(connection, now).await?;
    activations::prune(connection, now, REPLY_KEPT_SECS).await?;
    self_provisioning::prune(connection, now, CONFIRM_WITHIN_SECS).await?;
    signatures::prune(connection, now, CHALLENGE_VALID_SECS).await?;
    staff::prune(connection, now).await?;
    calls::prune(connection, now, CALLS_KEPT_SECS).await
}
