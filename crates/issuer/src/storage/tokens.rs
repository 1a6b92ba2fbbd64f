//! Tokens. Every change is one statement that says in its WHERE when it may happen.

use skts_otp::{AssuranceLevel, Drift, SerialNumber, TimeStep, TokenPolicy, UnixTime};

use super::institutions::{policy_from_json, policy_to_json, seconds, time};
use super::sql::{Row, query, query_of};
use super::{Connection, StorageError, audit};
use crate::audit::{Action, Entry};
use crate::rules::throttle::MOST_WRONG_IN_A_ROW;
use crate::rules::token::{RENEWAL_SECS, TokenChange, TokenKind, TokenState};
use crate::rules::verify::{Near, Search};

/// A token, as stored.
#[derive(Debug)]
pub(crate) struct TokenRow {
    pub(crate) serial: String,
    pub(crate) institution_id: String,
    pub(crate) state: TokenState,
    /// Sealed.
    pub(crate) secrets: Vec<u8>,
    pub(crate) key_version: i64,
    pub(crate) policy: TokenPolicy,
    pub(crate) device_label: String,
    pub(crate) match_number: String,
    pub(crate) expires_at: UnixTime,
    pub(crate) confirmed: bool,
    pub(crate) drift: Drift,
    pub(crate) not_before: Option<UnixTime>,
    pub(crate) kind: TokenKind,
    /// The last step or counter accepted; −1 at first.
    pub(crate) last_step: i64,
    /// Whom the bank sent a hardware token to.
    pub(crate) sent_to: Option<String>,
    pub(crate) reported: Option<String>,
    /// A hardware token's own way of signing.
    pub(crate) sign_suite: Option<String>,
    /// The last counter signed with, or the last step whose signatures are used up; −1 at first.
    pub(crate) sign_last: i64,
    /// The wrong code before, if it would have been right with the clock off.
    pub(crate) near: Option<Near>,
    /// Suspended because a copy of it has checked in.
    pub(crate) copy_suspected: bool,
}

const COLUMNS: &str = "serial, institution_id, state, secrets, key_version, policy, device_label, \
                       match_number, expires_at, confirmed_at, drift, not_before, kind, last_step, \
                       sent_to, reported, near_step, near_offset, sign_suite, sign_last, \
                       copy_suspected";

impl TokenRow {
    /// What its app shows for comparison; hardware shows nothing of the kind.
    pub(crate) fn shown_match_number(&self) -> Option<&str> {
        Some(self.match_number.as_str()).filter(|number| !number.is_empty())
    }

    fn from_row(row: &Row) -> Result<Self, StorageError> {
        let wrong = |column| StorageError::Inconsistent {
            table: "tokens",
            column,
        };
        Ok(Self {
            serial: row.get(0)?,
            institution_id: row.get(1)?,
            state: row.get::<&str>(2)?.parse().map_err(|_| wrong("state"))?,
            secrets: row.get(3)?,
            key_version: row.get(4)?,
            policy: policy_from_json(row.get(5)?).ok_or_else(|| wrong("policy"))?,
            device_label: row.get(6)?,
            match_number: row.get(7)?,
            expires_at: time(row.get(8)?),
            confirmed: row.get::<Option<i64>>(9)?.is_some(),
            drift: Drift::from_steps(i32::try_from(row.get::<i64>(10)?).unwrap_or(0)),
            not_before: row.get::<Option<i64>>(11)?.map(time),
            kind: row.get::<&str>(12)?.parse().map_err(|_| wrong("kind"))?,
            last_step: row.get(13)?,
            sent_to: row.get(14)?,
            reported: row.get(15)?,
            near: near(row.get(16)?, row.get(17)?),
            sign_suite: row.get(18)?,
            sign_last: row.get(19)?,
            copy_suspected: row.get(20)?,
        })
    }

    /// How its codes are looked for.
    pub(crate) fn search(&self) -> Search {
        let last = u64::try_from(self.last_step).ok();
        Search::of_kind(self.kind, &self.policy, self.drift, last)
    }

    /// Where it stands at `now`: past its date it has expired, whoever wrote that down.
    pub(crate) fn state_at(&self, now: UnixTime) -> TokenState {
        if now >= self.expires_at && !self.state.is_final() {
            TokenState::Expired
        } else {
            self.state
        }
    }

    /// Where `change` leads at `now`; none if there is no such way. A copy is still there after its
    /// token was held: that is not resumed.
    pub(crate) fn after(&self, change: TokenChange, now: UnixTime) -> Option<TokenState> {
        if self.copy_suspected && change == TokenChange::Resume {
            return None;
        }
        self.state_at(now).after(change)
    }

    /// Whether it stands in the way of another token of the same customer.
    pub(crate) fn is_in_use(&self, now: UnixTime) -> bool {
        !self.state_at(now).is_final()
    }

    /// Whether a code may be looked at now.
    pub(crate) fn is_open(&self, now: UnixTime) -> bool {
        self.state == TokenState::Active
            && now < self.expires_at
            && self.not_before.is_none_or(|not_before| not_before <= now)
    }
}

/// A token about to be stored.
#[derive(Debug)]
pub(crate) struct NewToken<'a> {
    pub(crate) serial: &'a SerialNumber,
    pub(crate) institution_id: &'a str,
    pub(crate) secrets: &'a [u8],
    pub(crate) key_version: i64,
    pub(crate) policy: &'a TokenPolicy,
    pub(crate) level: AssuranceLevel,
    pub(crate) device_id: &'a [u8],
    pub(crate) device_label: &'a str,
    pub(crate) match_number: &'a str,
    pub(crate) started_at: UnixTime,
    pub(crate) expires_at: UnixTime,
    pub(crate) lapses_at: UnixTime,
}

/// Stores a Provisioned token; the same serial again while it is not in use gets the new secrets.
/// False if the serial is somebody else's, or its token has lapsed.
pub(crate) async fn provision(
    connection: &mut Connection,
    new: &NewToken<'_>,
) -> Result<bool, StorageError> {
    let policy = policy_to_json(new.policy);
    let changed = query(
        "INSERT INTO tokens
             (serial, institution_id, state, secrets, key_version, policy, level, device_id,
              device_label, match_number, started_at, expires_at, lapses_at)
         VALUES ($1, $2, 'provisioned', $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         ON CONFLICT (serial) DO UPDATE
             SET secrets = excluded.secrets, key_version = excluded.key_version,
                 policy = excluded.policy, level = excluded.level,
                 device_label = excluded.device_label, match_number = excluded.match_number,
                 started_at = excluded.started_at, expires_at = excluded.expires_at,
                 lapses_at = excluded.lapses_at, confirmed_at = NULL
             WHERE tokens.state = 'provisioned' AND tokens.device_id = excluded.device_id
               AND tokens.institution_id = excluded.institution_id
               AND tokens.lapses_at > excluded.started_at",
    )
    .bind(new.serial.as_str())
    .bind(new.institution_id)
    .bind(new.secrets)
    .bind(new.key_version)
    .bind(&policy)
    .bind(i64::from(u8::from(new.level)))
    .bind(new.device_id)
    .bind(new.device_label)
    .bind(new.match_number)
    .bind(seconds(new.started_at))
    .bind(seconds(new.expires_at))
    .bind(seconds(new.lapses_at))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Whether there is a token of this serial, anywhere.
pub(crate) async fn exists(
    connection: &mut Connection,
    serial: &SerialNumber,
) -> Result<bool, StorageError> {
    let row = query("SELECT 1 FROM tokens WHERE serial = $1")
        .bind(serial.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// One institution's token.
pub(crate) async fn by_serial(
    connection: &mut Connection,
    institution_id: &str,
    serial: &str,
) -> Result<Option<TokenRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM tokens WHERE serial = $1 AND institution_id = $2");
    let row = query_of(sql)
        .bind(serial)
        .bind(institution_id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(TokenRow::from_row).transpose()
}

/// The customer's token: the one in use, else the last one.
pub(crate) async fn of_subscriber(
    connection: &mut Connection,
    institution_id: &str,
    subscriber_ref: &str,
) -> Result<Option<TokenRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM tokens WHERE institution_id = $1 AND subscriber_ref = $2
         ORDER BY CASE WHEN state IN ('active', 'locked', 'suspended') THEN 0 ELSE 1 END,
                  registered_at DESC
         LIMIT 1"
    );
    let row = query_of(sql)
        .bind(institution_id)
        .bind(subscriber_ref)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(TokenRow::from_row).transpose()
}

/// What is proved of a token's device so far, and what its policy asks for.
pub(crate) async fn levels(
    connection: &mut Connection,
    serial: &str,
) -> Result<Option<(AssuranceLevel, AssuranceLevel)>, StorageError> {
    let row = query("SELECT level, policy FROM tokens WHERE serial = $1")
        .bind(serial)
        .fetch_optional(connection)
        .await?;
    row.map(|row| {
        let level = level_from(&row, 0)?;
        let policy = policy_from_json(row.get(1)?).ok_or(StorageError::Inconsistent {
            table: "tokens",
            column: "policy",
        })?;
        Ok((level, policy.lowest_level))
    })
    .transpose()
}

/// Notes that the device holds the token, and what is proved of the device. Returns its institution and where it stands, or none if it
/// is over.
pub(crate) async fn confirm(
    connection: &mut Connection,
    serial: &str,
    level: AssuranceLevel,
    now: UnixTime,
    lapses_at: UnixTime,
) -> Result<Option<(String, TokenState)>, StorageError> {
    let row = query(
        "UPDATE tokens
         SET lapses_at = CASE WHEN confirmed_at IS NULL THEN $3 ELSE lapses_at END,
             confirmed_at = COALESCE(confirmed_at, $2), level = $4
         WHERE serial = $1 AND (state IN ('active', 'locked', 'suspended')
            OR (state = 'provisioned' AND lapses_at > $2))
         RETURNING institution_id, state",
    )
    .bind(serial)
    .bind(seconds(now))
    .bind(seconds(lapses_at))
    .bind(i64::from(u8::from(level)))
    .fetch_optional(connection)
    .await?;
    row.map(|row| Ok((row.get(0)?, state_from(&row, 1)?)))
        .transpose()
}

/// Provisioned → Active for this customer, with the first accepted step. False if it was over.
pub(crate) async fn register(
    connection: &mut Connection,
    serial: &str,
    subscriber_ref: &str,
    step: TimeStep,
    drift: Drift,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens
         SET state = 'active', subscriber_ref = $2, registered_at = $5, lapses_at = NULL,
             last_step = $3, drift = $4, accepted = accepted + 1
         WHERE serial = $1 AND state = 'provisioned' AND confirmed_at IS NOT NULL
           AND (lapses_at IS NULL OR lapses_at > $5) AND expires_at > $5 AND last_step < $3",
    )
    .bind(serial)
    .bind(subscriber_ref)
    .bind(step_column(step))
    .bind(i64::from(drift.steps()))
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Counts a wrong code, with the wait of `rules::throttle` and the lock at `lock_after`. Returns the
/// state after it, or none if the token was not open: then nothing was counted.
pub(crate) async fn count_wrong(
    connection: &mut Connection,
    serial: &str,
    lock_after: u8,
    near: Option<Near>,
    now: UnixTime,
) -> Result<Option<TokenState>, StorageError> {
    let row = query(
        "UPDATE tokens
         SET fails = fails + 1, wrong_in_a_row = wrong_in_a_row + 1,
             not_before = CASE fails WHEN 0 THEN NULL WHEN 1 THEN $3 + 5 WHEN 2 THEN $3 + 10
                 WHEN 3 THEN $3 + 20 WHEN 4 THEN $3 + 40 WHEN 5 THEN $3 + 80 WHEN 6 THEN $3 + 160
                 WHEN 7 THEN $3 + 320 WHEN 8 THEN $3 + 640 ELSE $3 + 900 END,
             state = CASE WHEN wrong_in_a_row + 1 >= $4 THEN 'revoked'
                 WHEN fails + 1 >= $2 THEN 'locked' ELSE state END,
             near_step = $5, near_offset = $6
         WHERE serial = $1 AND state = 'active' AND expires_at > $3
           AND (not_before IS NULL OR not_before <= $3)
         RETURNING state",
    )
    .bind(serial)
    .bind(i64::from(lock_after))
    .bind(seconds(now))
    .bind(MOST_WRONG_IN_A_ROW)
    .bind(near.map(|near| step_column(near.step)))
    .bind(near.map(|near| i64::from(near.offset)))
    .fetch_optional(connection)
    .await?;
    row.map(|row| state_from(&row, 0)).transpose()
}

/// Makes every step up to `step` a used one.
pub(crate) async fn burn(
    connection: &mut Connection,
    serial: &str,
    step: TimeStep,
) -> Result<(), StorageError> {
    query("UPDATE tokens SET last_step = $2 WHERE serial = $1 AND last_step < $2")
        .bind(serial)
        .bind(step_column(step))
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down what time alone has decided: lapsed and expired tokens.
pub(crate) async fn prune(connection: &mut Connection, now: UnixTime) -> Result<(), StorageError> {
    let lapse = "UPDATE tokens SET state = 'lapsed'
         WHERE state = 'provisioned' AND lapses_at <= $1
         RETURNING institution_id, serial, subscriber_ref";
    let expire = "UPDATE tokens SET state = 'expired'
         WHERE state IN ('provisioned', 'active', 'locked', 'suspended') AND expires_at <= $1
         RETURNING institution_id, serial, subscriber_ref";
    for (sql, action, state) in [
        (lapse, Action::Lapse, TokenState::Lapsed),
        (expire, Action::Expire, TokenState::Expired),
    ] {
        let rows = query(sql).bind(seconds(now)).fetch_all(connection).await?;
        for row in rows {
            let subscriber_ref: Option<String> = row.get(2)?;
            let entry = Entry {
                subscriber_ref: subscriber_ref.as_deref(),
                serial: Some(row.get(1)?),
                state: Some(state.as_str()),
                ..Entry::of(now, row.get(0)?, "service", action, "done")
            };
            audit::write(connection, &entry).await?;
        }
    }
    Ok(())
}

/// Tells the bank, once for each token, that a new one may be issued for it.
pub(crate) async fn tell_renewals(
    connection: &mut Connection,
    now: UnixTime,
) -> Result<(), StorageError> {
    let rows = query(
        "UPDATE tokens SET renewal_told = TRUE
         WHERE state IN ('active', 'locked', 'suspended') AND renewal_told = FALSE
           AND expires_at - $2 <= $1
         RETURNING institution_id, serial, subscriber_ref",
    )
    .bind(seconds(now))
    .bind(i64::try_from(RENEWAL_SECS).unwrap_or(i64::MAX))
    .fetch_all(connection)
    .await?;
    for row in rows {
        let subscriber_ref: Option<String> = row.get(2)?;
        let entry = Entry {
            serial: Some(row.get(1)?),
            subscriber_ref: subscriber_ref.as_deref(),
            ..Entry::of(now, row.get(0)?, "service", Action::RenewalDue, "done")
        };
        audit::write(connection, &entry).await?;
    }
    Ok(())
}

/// Forgets self-provisioned tokens that lapsed long ago: nobody ever used them.
pub(crate) async fn forget_lapsed(
    connection: &mut Connection,
    now: UnixTime,
    kept_secs: u64,
) -> Result<(), StorageError> {
    let before = seconds(now).saturating_sub(i64::try_from(kept_secs).unwrap_or(i64::MAX));
    for sql in [
        "DELETE FROM grants WHERE token_serial IN (SELECT serial FROM tokens
             WHERE state = 'lapsed' AND subscriber_ref IS NULL AND lapses_at <= $1)",
        "DELETE FROM check_ins WHERE serial IN (SELECT serial FROM tokens
             WHERE state = 'lapsed' AND subscriber_ref IS NULL AND lapses_at <= $1)",
        "DELETE FROM stops WHERE serial IN (SELECT serial FROM tokens
             WHERE state = 'lapsed' AND subscriber_ref IS NULL AND lapses_at <= $1)",
        "DELETE FROM tokens WHERE state = 'lapsed' AND subscriber_ref IS NULL AND lapses_at <= $1",
    ] {
        query(sql).bind(before).execute(&mut *connection).await?;
    }
    Ok(())
}

/// What is proved of a token's device, from a column.
pub(super) fn level_from(row: &Row, column: usize) -> Result<AssuranceLevel, StorageError> {
    let level = u8::try_from(row.get::<i64>(column)?).ok();
    level
        .and_then(|level| AssuranceLevel::try_from(level).ok())
        .ok_or(StorageError::Inconsistent {
            table: "tokens",
            column: "level",
        })
}

fn near(step: Option<i64>, offset: Option<i64>) -> Option<Near> {
    Some(Near {
        step: TimeStep::from_index(u64::try_from(step?).ok()?),
        offset: i32::try_from(offset?).ok()?,
    })
}

fn state_from(row: &Row, column: usize) -> Result<TokenState, StorageError> {
    let state = row.get::<&str>(column)?.parse();
    state.map_err(|_| StorageError::Inconsistent {
        table: "tokens",
        column: "state",
    })
}

/// A step as a column.
pub(super) fn step_column(step: TimeStep) -> i64 {
    i64::try_from(step.index()).unwrap_or(i64::MAX)
}
