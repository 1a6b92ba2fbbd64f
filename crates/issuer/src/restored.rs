//! After an older database was put back: nothing that was used up in the time in between is good again.
//!
//! The copy does not know which codes were accepted since it was made. What it knows is the time: no
//! code that could have been accepted before now is accepted any more. A customer who needs a code
//! waits for the next one that could not.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use skts_otp::{AcceptanceWindow, OcraSuite, TimeStep, UnixTime};

use crate::audit::{Action, Entry};
use crate::config::Config;
use crate::issuer::Issuer;
use crate::rules::token::{TokenKind, TokenState};
use crate::rules::verify::{MOST_HARDWARE_DRIFT, most_drift};
use crate::storage::restored::{self, Sort, UsedUp};
use crate::storage::{BackupError, Connection, StorageError, audit, copy};

/// The audit trail's word for the service itself, where no institution is meant.
const SERVICE: &str = "-";

/// What was done about a database put back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// Tokens of which no code up to now is good any more.
    pub tokens: u64,
    /// Tokens that count presses instead of time, suspended: what they showed is not known.
    pub suspended: u64,
    /// The last event of each institution. Numbers after it are given again: its bank fetches from here.
    pub last_events: BTreeMap<String, u64>,
}

/// Copies the SQLite database of `config` to a new file, while the service runs. Needs no keys.
///
/// # Errors
/// [`BackupError`].
pub async fn back_up(config: &Config, out: &Path) -> Result<(), BackupError> {
    copy::copy(&config.place(), out).await
}

impl Issuer {
    /// Says that the database is an older one put back.
    ///
    /// # Errors
    /// [`StorageError`]; then nothing was changed.
    pub async fn restored(&self) -> Result<Restored, StorageError> {
        let now = self.now();
        self.storage
            .change("restored", |mut transaction| async move {
                let done = use_up(&mut transaction, now).await;
                (transaction, done)
            })
            .await
    }
}

async fn use_up(connection: &mut Connection, now: UnixTime) -> Result<Restored, StorageError> {
    // Before what follows: that is news to the banks, too.
    let last_events = restored::last_events(connection).await?;
    let mut done = Restored {
        last_events: last_events.into_iter().collect(),
        ..Restored::default()
    };
    for sort in restored::sorts(connection).await? {
        match used_up(&sort, now) {
            Some(used) => done.tokens += restored::use_up(connection, &sort, used).await?,
            None => done.suspended += suspend(connection, &sort, now).await?,
        }
    }
    let detail = format!("{} tokens, {} suspended", done.tokens, done.suspended);
    let entry = Entry {
        detail: Some(&detail),
        ..Entry::of(now, SERVICE, "staff", Action::Restored, "done")
    };
    audit::write(connection, &entry).await?;
    Ok(done)
}

/// The latest steps that could have been taken by now; none for what counts presses.
fn used_up(sort: &Sort, now: UnixTime) -> Option<UsedUp> {
    let most_drift = match sort.kind {
        TokenKind::Hotp => return None,
        TokenKind::Soft => most_drift(sort.policy.period),
        TokenKind::Totp => MOST_HARDWARE_DRIFT,
    };
    let suite = match &sort.sign_suite {
        // One that cannot be read signs nothing.
        Some(suite) => suite.parse().unwrap_or(OcraSuite::SIGNING),
        None => OcraSuite::SIGNING,
    };
    if suite.has_counter() {
        return None;
    }
    Some(UsedUp {
        code: ahead(sort.policy.period.step_at(now), sort.policy.window),
        most_drift: i64::from(most_drift),
        signature: suite
            .step_at(now)
            .map(|step| ahead(step, AcceptanceWindow::SOFT)),
    })
}

fn ahead(step: TimeStep, window: AcceptanceWindow) -> TimeStep {
    step.offset(i64::from(window.ahead)).unwrap_or(step)
}

async fn suspend(
    connection: &mut Connection,
    sort: &Sort,
    now: UnixTime,
) -> Result<u64, StorageError> {
    let suspended = restored::suspend(connection, sort, now).await?;
    for token in &suspended {
        let entry = Entry {
            subscriber_ref: token.subscriber_ref.as_deref(),
            serial: Some(&token.serial),
            state: Some(TokenState::Suspended.as_str()),
            ..Entry::of(now, &token.institution_id, "staff", Action::Suspend, "done")
        };
        audit::write(connection, &entry).await?;
    }
    Ok(suspended.len() as u64)
}
