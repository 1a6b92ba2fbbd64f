//! An older database put back: what was used up since it was copied is used up in it again.

use skts_otp::{TimeStep, TokenPolicy, UnixTime};

use super::institutions::{policy_from_json, seconds};
use super::sql::{query, query_of};
use super::tokens::step_column;
use super::{Connection, StorageError};
use crate::rules::token::TokenKind;

/// What a token's codes and signatures are computed by; tokens alike are changed by one statement.
#[derive(Debug)]
pub(crate) struct Sort {
    pub(crate) kind: TokenKind,
    pub(crate) policy: TokenPolicy,
    /// A hardware token's own way of signing.
    pub(crate) sign_suite: Option<String>,
    /// The policy as it stands in the rows.
    policy_column: String,
}

/// What there is no way out of needs no change.
const NOT_FINAL: &str = "state NOT IN ('revoked', 'replaced', 'expired', 'lapsed')";

/// Every sort of token that may still be used.
pub(crate) async fn sorts(connection: &mut Connection) -> Result<Vec<Sort>, StorageError> {
    let sql = format!("SELECT DISTINCT kind, policy, sign_suite FROM tokens WHERE {NOT_FINAL}");
    let rows = query_of(sql).fetch_all(connection).await?;
    let wrong = |column| StorageError::Inconsistent {
        table: "tokens",
        column,
    };
    rows.iter()
        .map(|row| {
            let policy_column: String = row.get(1)?;
            Ok(Sort {
                kind: row.get::<&str>(0)?.parse().map_err(|_| wrong("kind"))?,
                policy: policy_from_json(&policy_column).ok_or_else(|| wrong("policy"))?,
                sign_suite: row.get(2)?,
                policy_column,
            })
        })
        .collect()
}

/// Up to where a sort of tokens has used its codes and signatures up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UsedUp {
    /// Where a clock without drift ends; a token's own drift is added, and at least `most_drift`.
    pub(crate) code: TimeStep,
    pub(crate) most_drift: i64,
    /// The last step whose signatures are over; none for a bare challenge.
    pub(crate) signature: Option<TimeStep>,
}

/// Makes every step up to `used` a used one; returns for how many tokens that is news.
pub(crate) async fn use_up(
    connection: &mut Connection,
    sort: &Sort,
    used: UsedUp,
) -> Result<u64, StorageError> {
    let sql = format!(
        "UPDATE tokens
         SET last_step = $4 + CASE WHEN drift > $5 THEN drift ELSE $5 END,
             sign_last = CASE WHEN sign_last < $6 THEN $6 ELSE sign_last END
         WHERE kind = $1 AND policy = $2 AND COALESCE(sign_suite, '') = $3 AND {NOT_FINAL}
           AND last_step < $4 + CASE WHEN drift > $5 THEN drift ELSE $5 END"
    );
    query_of(sql)
        .bind(sort.kind.as_str())
        .bind(&sort.policy_column)
        .bind(sort.sign_suite.as_deref().unwrap_or_default())
        .bind(step_column(used.code))
        .bind(used.most_drift)
        .bind(used.signature.map_or(-1, step_column))
        .execute(connection)
        .await
}

/// A token that was suspended.
#[derive(Debug)]
pub(crate) struct Suspended {
    pub(crate) institution_id: String,
    pub(crate) serial: String,
    pub(crate) subscriber_ref: Option<String>,
}

/// Suspends the active tokens of a sort.
pub(crate) async fn suspend(
    connection: &mut Connection,
    sort: &Sort,
    now: UnixTime,
) -> Result<Vec<Suspended>, StorageError> {
    let rows = query(
        "UPDATE tokens SET state = 'suspended'
         WHERE kind = $1 AND policy = $2 AND COALESCE(sign_suite, '') = $3 AND state = 'active'
           AND expires_at > $4
         RETURNING institution_id, serial, subscriber_ref",
    )
    .bind(sort.kind.as_str())
    .bind(&sort.policy_column)
    .bind(sort.sign_suite.as_deref().unwrap_or_default())
    .bind(seconds(now))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Suspended {
                institution_id: row.get(0)?,
                serial: row.get(1)?,
                subscriber_ref: row.get(2)?,
            })
        })
        .collect()
}

/// Every institution that was told something, and the number of its last event.
pub(crate) async fn last_events(
    connection: &mut Connection,
) -> Result<Vec<(String, u64)>, StorageError> {
    let rows = query("SELECT institution_id, last FROM event_numbers ORDER BY institution_id")
        .fetch_all(connection)
        .await?;
    rows.iter()
        .map(|row| {
            let last = u64::try_from(row.get::<i64>(1)?).unwrap_or(0);
            Ok((row.get(0)?, last))
        })
        .collect()
}
