//! Check-ins: the last one of each token, and what it changes.

use skts_otp::UnixTime;
use skts_provisioning::ids::RequestId;

use super::institutions::{seconds, time};
use super::sql::{Row, query};
use super::{Connection, StorageError};
use crate::audit::Action;
use crate::rules::token::TokenState;

/// A token, as its device's check-in sees it.
#[derive(Debug)]
pub(crate) struct CheckInToken {
    pub(crate) serial: String,
    pub(crate) institution_id: String,
    pub(crate) state: TokenState,
    /// Sealed: seed, signing key and ratchet.
    pub(crate) secrets: Vec<u8>,
    pub(crate) key_version: i64,
    pub(crate) device_id: Vec<u8>,
    pub(crate) expires_at: UnixTime,
    pub(crate) confirmed: bool,
    pub(crate) registered: bool,
    pub(crate) lapses_at: Option<UnixTime>,
    pub(crate) last_used_at: Option<UnixTime>,
    pub(crate) subscriber_ref: Option<String>,
    pub(crate) copy_suspected: bool,
    /// How often the ratchet has moved.
    pub(crate) moved: u64,
    pub(crate) last: Option<LastCheckIn>,
}

/// The call answered last.
#[derive(Debug)]
pub(crate) struct LastCheckIn {
    pub(crate) request_id: Vec<u8>,
    pub(crate) digest: Vec<u8>,
    /// Sealed.
    pub(crate) reply: Vec<u8>,
}

impl CheckInToken {
    /// Where it stands at `now`, whoever wrote that down.
    pub(crate) fn state_at(&self, now: UnixTime) -> TokenState {
        if now >= self.expires_at && !self.state.is_final() {
            return TokenState::Expired;
        }
        let late = self.lapses_at.is_some_and(|lapses_at| lapses_at <= now);
        match self.state {
            TokenState::Provisioned if late => TokenState::Lapsed,
            state => state,
        }
    }

    fn from_row(row: &Row) -> Result<Self, StorageError> {
        let state = row.get::<&str>(2)?.parse();
        let moved: Option<i64> = row.get(13)?;
        let last = match (row.get(14)?, row.get(15)?, row.get(16)?) {
            (Some(request_id), Some(digest), Some(reply)) => Some(LastCheckIn {
                request_id,
                digest,
                reply,
            }),
            _ => None,
        };
        // A resync says 0: it is no code that was accepted.
        let last_used: Option<i64> = row.get(10)?;
        Ok(Self {
            serial: row.get(0)?,
            institution_id: row.get(1)?,
            state: state.map_err(|_| StorageError::Inconsistent {
                table: "tokens",
                column: "state",
            })?,
            secrets: row.get(3)?,
            key_version: row.get(4)?,
            device_id: row.get(5)?,
            expires_at: time(row.get(6)?),
            confirmed: row.get::<Option<i64>>(7)?.is_some(),
            registered: row.get::<Option<i64>>(8)?.is_some(),
            lapses_at: row.get::<Option<i64>>(9)?.map(time),
            last_used_at: last_used.filter(|at| *at > 0).map(time),
            subscriber_ref: row.get(11)?,
            copy_suspected: row.get(12)?,
            moved: moved.and_then(|n| u64::try_from(n).ok()).unwrap_or(0),
            last,
        })
    }
}

/// The app's token with this serial, at whichever institution.
pub(crate) async fn token(
    connection: &mut Connection,
    serial: &str,
) -> Result<Option<CheckInToken>, StorageError> {
    let row = query(
        "SELECT t.serial, t.institution_id, t.state, t.secrets, t.key_version, t.device_id,
                t.expires_at, t.confirmed_at, t.registered_at, t.lapses_at, t.last_call_at,
                t.subscriber_ref, t.copy_suspected, c.moved, c.request_id, c.digest, c.reply
         FROM tokens t LEFT JOIN check_ins c ON c.serial = t.serial
         WHERE t.serial = $1 AND t.kind = 'soft'",
    )
    .bind(serial)
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(CheckInToken::from_row).transpose()
}

/// Whether a check-in of this id was answered, however long ago: the audit trail knows them all.
pub(crate) async fn was_answered(
    connection: &mut Connection,
    serial: &str,
    request_id: &RequestId,
) -> Result<bool, StorageError> {
    let row = query(
        "SELECT 1 FROM audit WHERE serial = $1 AND request_id = $2 AND action IN ($3, $4) LIMIT 1",
    )
    .bind(serial)
    .bind(request_id.as_bytes())
    .bind(Action::CheckIn.as_str())
    .bind(Action::CopySuspected.as_str())
    .fetch_optional(connection)
    .await?;
    Ok(row.is_some())
}

/// What a token has after its ratchet moved.
#[derive(Debug)]
pub(crate) struct Moved<'a> {
    /// Sealed, with the next ratchet value.
    pub(crate) secrets: &'a [u8],
    pub(crate) key_version: i64,
    /// Until when it has to be registered, if it was not.
    pub(crate) lapses_at: UnixTime,
}

/// Puts the next ratchet value in the place of the one that was proved. The app corrects its clock
/// from now on, so what was learnt of it is forgotten. False if the token changed meanwhile.
pub(crate) async fn advance(
    connection: &mut Connection,
    token: &CheckInToken,
    moved: &Moved<'_>,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens
         SET secrets = $2, key_version = $3, drift = 0, near_step = NULL, near_offset = NULL,
             lapses_at = CASE WHEN state = 'provisioned' AND confirmed_at IS NOT NULL THEN $4
                 ELSE lapses_at END
         WHERE serial = $1 AND secrets = $5 AND expires_at > $6
           AND (state = 'active' OR (state = 'provisioned'
               AND (lapses_at IS NULL OR lapses_at > $6)))",
    )
    .bind(&token.serial)
    .bind(moved.secrets)
    .bind(moved.key_version)
    .bind(seconds(moved.lapses_at))
    .bind(&token.secrets)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Suspends a token that there are copies of. False if it was over, or suspected before.
pub(crate) async fn suspect(
    connection: &mut Connection,
    token: &CheckInToken,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens SET state = 'suspended', copy_suspected = TRUE
         WHERE serial = $1 AND state IN ('provisioned', 'active', 'locked', 'suspended')
           AND copy_suspected = FALSE AND expires_at > $2",
    )
    .bind(&token.serial)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// A call that was answered, to be kept.
#[derive(Debug)]
pub(crate) struct Answered<'a> {
    /// How often the ratchet has moved after it.
    pub(crate) moved: u64,
    pub(crate) request_id: &'a RequestId,
    pub(crate) digest: &'a [u8; 32],
    /// Sealed.
    pub(crate) reply: &'a [u8],
}

/// Keeps the answer for a repeated call. False if another check-in overtook this one.
pub(crate) async fn keep(
    connection: &mut Connection,
    token: &CheckInToken,
    answered: &Answered<'_>,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let count = |moved: u64| i64::try_from(moved).unwrap_or(i64::MAX);
    let changed = query(
        "INSERT INTO check_ins (serial, moved, request_id, digest, reply, answered_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (serial) DO UPDATE
             SET moved = excluded.moved, request_id = excluded.request_id,
                 digest = excluded.digest, reply = excluded.reply,
                 answered_at = excluded.answered_at
             WHERE check_ins.moved = $7",
    )
    .bind(&token.serial)
    .bind(count(answered.moved))
    .bind(answered.request_id.as_bytes())
    .bind(answered.digest)
    .bind(answered.reply)
    .bind(seconds(now))
    .bind(count(token.moved))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Forgets the check-ins of a token that is set up anew: its ratchet begins again.
pub(crate) async fn forget(connection: &mut Connection, serial: &str) -> Result<(), StorageError> {
    query("DELETE FROM check_ins WHERE serial = $1")
        .bind(serial)
        .execute(connection)
        .await?;
    Ok(())
}
