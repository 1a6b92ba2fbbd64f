//! Verdicts are written by one task. Right codes that wait are accepted together, in one conditional
//! statement: one turn to the database and one flush to disk then serve several customers, and each
//! of them is answered only after it. Everything else is written one by one.

use std::collections::{HashMap, HashSet};

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;
use tokio::sync::{mpsc, oneshot};

use super::acceptance::{self, Acceptance, Match};
use super::calls::{self, Earlier, KeptCall};
use super::{Connection, Storage, StorageError, audit, tokens};
use crate::audit::{Action, Entry};
use crate::rules::token::TokenState;
use crate::rules::verify::{Finding, Verdict};

const LARGEST_GROUP: usize = 64;

/// A code that was looked at, to be written down.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) institution_id: String,
    pub(crate) actor: String,
    pub(crate) subscriber_ref: String,
    /// The bank's word for what the code is for.
    pub(crate) purpose: Option<String>,
    pub(crate) request_id: RequestId,
    pub(crate) digest: [u8; 32],
    pub(crate) serial: String,
    pub(crate) lock_after: u8,
    pub(crate) finding: Finding,
    pub(crate) now: UnixTime,
    /// Seconds of a period.
    pub(crate) period_secs: u32,
    /// Words to keep for a repeated call; with by how many seconds the token's clock is off, if two
    /// codes told.
    pub(crate) answer: fn(Verdict, Option<i64>) -> String,
}

/// What was written.
#[derive(Debug)]
pub(crate) enum Written {
    /// This call's verdict, and the words kept.
    Now(Verdict, String),
    /// The call was known: the words kept then.
    Before(String),
    /// The id belongs to another call.
    Conflict,
}

impl Attempt {
    fn found(&self) -> Option<Match<'_>> {
        let Finding::Match { step, drift } = self.finding else {
            return None;
        };
        Some(Match {
            serial: &self.serial,
            step,
            drift,
            lock_after: self.lock_after,
            now: self.now,
            request_id: &self.request_id,
        })
    }

    /// What is written if the code is still good.
    fn acceptance(&self) -> Option<Acceptance<'_>> {
        let found = self.found()?;
        let verdict = Verdict::Accepted { step: found.step };
        Some(Acceptance {
            call: self.kept((self.answer)(verdict, None)),
            entry: self.entry(verdict, None),
            found,
        })
    }

    fn kept(&self, answer: String) -> KeptCall<'_> {
        KeptCall {
            institution_id: &self.institution_id,
            request_id: &self.request_id,
            digest: &self.digest,
            answer,
            now: self.now,
        }
    }

    /// The verdict for the audit trail; `state` where the token's changed.
    fn entry(&self, verdict: Verdict, state: Option<TokenState>) -> Entry<'_> {
        Entry {
            at: self.now,
            institution_id: &self.institution_id,
            actor: &self.actor,
            action: Action::Verify,
            outcome: verdict.as_str(),
            subscriber_ref: Some(&self.subscriber_ref),
            serial: Some(&self.serial),
            state: state.map(TokenState::as_str),
            request_id: Some(&self.request_id),
            detail: self.purpose.as_deref(),
        }
    }
}

type Waiting = (Attempt, oneshot::Sender<Result<Written, StorageError>>);

/// Hands attempts to the one task that writes them.
#[derive(Debug, Clone)]
pub(crate) struct VerifyWriter(mpsc::Sender<Waiting>);

impl VerifyWriter {
    /// Starts the task. It ends when the last handle is dropped and all is written.
    pub(crate) fn start(storage: Storage) -> Self {
        let (sender, receiver) = mpsc::channel(4 * LARGEST_GROUP);
        tokio::spawn(run(storage, receiver));
        Self(sender)
    }

    /// Writes `attempt`; returns when it is on disk.
    pub(crate) async fn write(&self, attempt: Attempt) -> Result<Written, StorageError> {
        let (sender, receiver) = oneshot::channel();
        let closed = || StorageError::Database(sqlx::Error::PoolClosed);
        self.0.send((attempt, sender)).await.map_err(|_| closed())?;
        receiver.await.map_err(|_| closed())?
    }
}

async fn run(storage: Storage, mut receiver: mpsc::Receiver<Waiting>) {
    let mut group = Vec::with_capacity(LARGEST_GROUP);
    let mut kept = None;
    while receiver.recv_many(&mut group, LARGEST_GROUP).await > 0 {
        // Those who gave up were told to come again: what nobody knows of is not done behind their backs.
        group.retain(|(_, sender)| !sender.is_closed());
        // A group that fails was not written, or its commit was not heard of; each of it is then tried
        // alone, which finds what was written.
        let (accepted, mut out_of_reach) = match accept(&storage, &mut kept, &group).await {
            Ok(accepted) => (accepted, false),
            Err(error) => (HashSet::new(), error.is_out_of_reach()),
        };
        for (attempt, sender) in group.drain(..) {
            let written = match attempt.finding {
                Finding::Match { step, .. } if accepted.contains(&attempt.serial) => {
                    let verdict = Verdict::Accepted { step };
                    Ok(Written::Now(verdict, (attempt.answer)(verdict, None)))
                }
                _ if out_of_reach => Err(StorageError::out_of_reach()),
                _ => write_one(&storage, &attempt).await,
            };
            out_of_reach |= written.as_ref().is_err_and(StorageError::is_out_of_reach);
            // Nobody waits any more when the connection is gone.
            let _ = sender.send(written);
        }
    }
}

/// Accepts what can be accepted of a group, in one statement; returns the serials of the tokens
/// whose code was. Only tokens with one attempt in the group take part: several attempts at one
/// token keep their order, so that a right code does not overtake the wrong ones before it.
async fn accept(
    storage: &Storage,
    kept: &mut Option<Connection>,
    group: &[Waiting],
) -> Result<HashSet<String>, StorageError> {
    let mut attempts_at: HashMap<&str, usize> = HashMap::new();
    for (attempt, _) in group {
        *attempts_at.entry(&attempt.serial).or_default() += 1;
    }
    let acceptances: Vec<Acceptance<'_>> = group
        .iter()
        .filter(|(attempt, _)| attempts_at.get(attempt.serial.as_str()) == Some(&1))
        .filter_map(|(attempt, _)| attempt.acceptance())
        .collect();
    if acceptances.is_empty() {
        return Ok(HashSet::new());
    }
    let own = match kept.take() {
        Some(connection) => Some(connection),
        None => storage.kept_writer().await?,
    };
    if let Some(mut connection) = own {
        let accepted = acceptance::write(&mut connection, &acceptances).await?;
        // Kept for the next group only if all went well: it may be of no more use.
        *kept = Some(connection);
        return Ok(accepted);
    }
    let mut transaction = storage.begin().await?;
    let accepted = acceptance::write_stepwise(&mut transaction, acceptances).await?;
    transaction.commit().await?;
    Ok(accepted)
}

/// Writes an attempt by itself: repeated, wrong, used, closed, or one of several at its token.
async fn write_one(storage: &Storage, attempt: &Attempt) -> Result<Written, StorageError> {
    storage
        .change(&attempt.serial, |mut transaction| async move {
            let written = judge(&mut transaction, attempt).await;
            (transaction, written)
        })
        .await
}

async fn judge(connection: &mut Connection, attempt: &Attempt) -> Result<Written, StorageError> {
    let Attempt {
        institution_id,
        request_id,
        digest,
        ..
    } = attempt;
    match calls::earlier(connection, institution_id, request_id, digest).await? {
        Earlier::Same(answer) => return Ok(Written::Before(answer)),
        Earlier::Other => return Ok(Written::Conflict),
        Earlier::None => {}
    }
    let mut clock_off_secs = None;
    let (verdict, state) = match attempt.found() {
        Some(found) => (refused(connection, attempt, &found).await?, None),
        None => {
            clock_off_secs = clock_off(connection, attempt).await?;
            miss(connection, attempt).await?
        }
    };
    let answer = (attempt.answer)(verdict, clock_off_secs);
    calls::keep_all(connection, &[attempt.kept(answer.clone())]).await?;
    audit::write(connection, &attempt.entry(verdict, state)).await?;
    Ok(Written::Now(verdict, answer))
}

/// Accepts a match that was not accepted with a group, or says why not.
async fn refused(
    connection: &mut Connection,
    attempt: &Attempt,
    found: &Match<'_>,
) -> Result<Verdict, StorageError> {
    if acceptance::accept(connection, std::iter::once(found))
        .await?
        .len()
        == 1
    {
        return Ok(Verdict::Accepted { step: found.step });
    }
    let token = tokens::by_serial(connection, &attempt.institution_id, found.serial).await?;
    Ok(match token {
        Some(token) if token.is_open(found.now) => Verdict::Replayed,
        Some(token) => closed_verdict(token.state),
        None => Verdict::Unknown,
    })
}

/// By how many seconds the token's clock is off, if this wrong code and the one before tell it. Both are
/// used then: neither is good for anything when its time comes.
async fn clock_off(
    connection: &mut Connection,
    attempt: &Attempt,
) -> Result<Option<i64>, StorageError> {
    let Finding::Near(near) = attempt.finding else {
        return Ok(None);
    };
    let token = tokens::by_serial(connection, &attempt.institution_id, &attempt.serial).await?;
    let confirmed = token.is_some_and(|token| {
        token.is_open(attempt.now) && token.near.is_some_and(|before| near.confirms(before))
    });
    if !confirmed {
        return Ok(None);
    }
    tokens::burn(connection, &attempt.serial, near.step).await?;
    Ok(Some(
        i64::from(near.offset) * i64::from(attempt.period_secs),
    ))
}

/// Counts a wrong code; says the state the token is in after it, where that changed.
async fn miss(
    connection: &mut Connection,
    attempt: &Attempt,
) -> Result<(Verdict, Option<TokenState>), StorageError> {
    let Attempt {
        serial,
        lock_after,
        now,
        ..
    } = attempt;
    let near = match attempt.finding {
        Finding::Near(near) => Some(near),
        Finding::Match { .. } | Finding::Miss => None,
    };
    Ok(
        match tokens::count_wrong(connection, serial, *lock_after, near, *now).await? {
            Some(TokenState::Active) => (Verdict::Rejected, None),
            // The code that closed the token.
            Some(state) => (closed_verdict(state), Some(state)),
            // Closed since it was read; nothing was counted.
            None => (Verdict::Locked, None),
        },
    )
}

/// What the bank is told when a token is not open.
pub(crate) fn closed_verdict(state: TokenState) -> Verdict {
    match state {
        // Active but not open: waiting after wrong codes.
        TokenState::Active | TokenState::Locked => Verdict::Locked,
        TokenState::Provisioned
        | TokenState::Suspended
        | TokenState::Revoked
        | TokenState::Replaced
        | TokenState::Expired
        | TokenState::Lapsed => Verdict::Unknown,
    }
}
