//! Verdicts are written in groups: what waits is written in one transaction, each verdict by its
//! own conditional statement. One flush to disk then serves several customers, and each of them is
//! answered only after it.

use skts_otp::{Drift, TimeStep, UnixTime};
use skts_provisioning::ids::RequestId;
use tokio::sync::{mpsc, oneshot};

use super::calls::{self, Earlier};
use super::{Storage, StorageError, tokens};
use crate::rules::token::TokenState;
use crate::rules::verify::{Finding, Verdict};

const LARGEST_GROUP: usize = 64;

/// A code that was looked at, to be written down.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) institution_id: String,
    pub(crate) request_id: RequestId,
    pub(crate) digest: [u8; 32],
    pub(crate) serial: String,
    pub(crate) lock_after: u8,
    pub(crate) finding: Finding,
    pub(crate) now: UnixTime,
    /// Words to keep for a repeated call.
    pub(crate) answer: fn(Verdict) -> String,
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
    while receiver.recv_many(&mut group, LARGEST_GROUP).await > 0 {
        match write_group(&storage, &group).await {
            Ok(written) => {
                for ((_, sender), written) in group.drain(..).zip(written) {
                    let _ = sender.send(Ok(written));
                }
            }
            // Nothing of the group was written. One by one, so that only the one that fails, fails.
            Err(_) if group.len() > 1 => {
                for waiting in group.drain(..) {
                    let alone = [waiting];
                    let written = write_group(&storage, &alone).await;
                    let [(_, sender)] = alone;
                    let _ = sender.send(written.and_then(|mut written| {
                        written
                            .pop()
                            .ok_or(StorageError::Database(sqlx::Error::RowNotFound))
                    }));
                }
            }
            Err(error) => {
                if let Some((_, sender)) = group.pop() {
                    let _ = sender.send(Err(error));
                }
            }
        }
    }
}

async fn write_group(storage: &Storage, group: &[Waiting]) -> Result<Vec<Written>, StorageError> {
    let mut transaction = storage.write().await?;
    let mut written = Vec::with_capacity(group.len());
    for (attempt, _) in group {
        written.push(write_one(&mut transaction, attempt).await?);
    }
    transaction.commit().await?;
    Ok(written)
}

async fn write_one(
    connection: &mut super::Connection,
    attempt: &Attempt,
) -> Result<Written, StorageError> {
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
    let verdict = match attempt.finding {
        Finding::Match { step, drift } => accept(connection, attempt, step, drift).await?,
        Finding::Miss => miss(connection, attempt).await?,
    };
    let answer = (attempt.answer)(verdict);
    calls::keep(
        connection,
        institution_id,
        request_id,
        digest,
        &answer,
        attempt.now,
    )
    .await?;
    Ok(Written::Now(verdict, answer))
}

async fn accept(
    connection: &mut super::Connection,
    attempt: &Attempt,
    step: TimeStep,
    drift: Drift,
) -> Result<Verdict, StorageError> {
    let Attempt {
        serial,
        lock_after,
        now,
        ..
    } = attempt;
    if tokens::accept(connection, serial, step, drift, *lock_after, *now).await? {
        return Ok(Verdict::Accepted { step });
    }
    // Why not: the step is used, or the token closed since it was read.
    let token = tokens::by_serial(connection, &attempt.institution_id, serial).await?;
    Ok(match token {
        Some(token) if token.is_open(*now) => Verdict::Replayed,
        Some(token) => closed_verdict(token.state),
        None => Verdict::Unknown,
    })
}

async fn miss(
    connection: &mut super::Connection,
    attempt: &Attempt,
) -> Result<Verdict, StorageError> {
    let Attempt {
        serial,
        lock_after,
        now,
        ..
    } = attempt;
    Ok(
        match tokens::count_wrong(connection, serial, *lock_after, *now).await? {
            Some(TokenState::Active) => Verdict::Rejected,
            // The code that closed the token.
            Some(state) => closed_verdict(state),
            // Closed since it was read; nothing was counted.
            None => Verdict::Locked,
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
