//! The one statement by which codes are accepted, and what is written with it.
//!
//! PostgreSQL is a turn on the network away, so there everything is one statement: the call that is
//! kept and the line of the audit trail are inserted for the rows that the UPDATE returns, all of it
//! or nothing. SQLite, which knows no such statement and is no turn away, does the same in the steps
//! of a transaction. The UPDATE has one text for both.

use std::collections::HashSet;

use skts_otp::{Drift, TimeStep, UnixTime};
use skts_provisioning::ids::RequestId;

use super::calls::{self, KEPT, KEPT_COLUMNS, KeptCall};
use super::institutions::seconds;
use super::sql::{Value, places, query_of};
use super::tokens::step_column;
use super::{Connection, StorageError, audit, events};
use crate::audit::Entry;

/// A code that was found in its token's window.
#[derive(Debug)]
pub(super) struct Match<'a> {
    pub(super) serial: &'a str,
    pub(super) step: TimeStep,
    pub(super) drift: Drift,
    pub(super) lock_after: u8,
    pub(super) now: UnixTime,
    pub(super) request_id: &'a RequestId,
}

/// A code to be accepted, and what is written if it is. An accepted code is no event.
#[derive(Debug)]
pub(super) struct Acceptance<'a> {
    pub(super) found: Match<'a>,
    pub(super) call: KeptCall<'a>,
    pub(super) entry: Entry<'a>,
}

/// What the UPDATE is told of a code.
const TOLD: usize = 6;

fn told<'m>(found: &'m Match<'_>) -> [Value<'m>; TOLD] {
    [
        found.serial.into(),
        step_column(found.step).into(),
        i64::from(found.drift.steps()).into(),
        i64::from(found.lock_after).into(),
        seconds(found.now).into(),
        found.request_id.as_bytes().into(),
    ]
}

/// Takes the codes in `source`, at most one a token, and returns the serials of the tokens whose code
/// was; for the others the call was made before, or the step is used, or the token is not open now.
///
/// The earlier call is asked for by a value, not by `NOT EXISTS`: of that PostgreSQL makes a join, and
/// plans it while there are few calls by what they have in common, the institution.
fn update(source: &str) -> String {
    format!(
        "UPDATE tokens
         SET last_step = v.column2, drift = v.column3, fails = 0, wrong_in_a_row = 0,
             not_before = NULL, near_step = NULL, near_offset = NULL, accepted = accepted + 1,
             last_call = v.column6, last_call_at = v.column5
         FROM {source}
         WHERE serial = v.column1 AND state = 'active' AND expires_at > v.column5
           AND fails < v.column4 AND (not_before IS NULL OR not_before <= v.column5)
           AND last_step < v.column2
           AND (SELECT c.created_at FROM rp_calls c
                WHERE c.institution_id = tokens.institution_id
                  AND c.request_id = v.column6) IS NULL
         RETURNING serial"
    )
}

/// Accepts codes, at most one a token; what goes with it is the caller's to write.
pub(super) async fn accept<'m>(
    connection: &mut Connection,
    matches: impl ExactSizeIterator<Item = &'m Match<'m>>,
) -> Result<HashSet<String>, StorageError> {
    let source = format!("(VALUES {}) AS v", places(matches.len(), TOLD));
    let query = query_of(update(&source)).bind_all(matches.flat_map(told));
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Accepts codes, keeps their calls and writes their lines, step by step. Belongs into a transaction.
pub(super) async fn write_stepwise(
    connection: &mut Connection,
    mut acceptances: Vec<Acceptance<'_>>,
) -> Result<HashSet<String>, StorageError> {
    let matches = acceptances.iter().map(|acceptance| &acceptance.found);
    let accepted = accept(connection, matches).await?;
    acceptances.retain(|acceptance| accepted.contains(acceptance.found.serial));
    let (calls, entries): (Vec<_>, Vec<_>) = acceptances
        .into_iter()
        .map(|acceptance| (acceptance.call, acceptance.entry))
        .unzip();
    calls::keep_all(connection, &calls).await?;
    audit::write_all(connection, &entries).await?;
    Ok(accepted)
}

/// The same in one statement, for PostgreSQL.
pub(super) async fn write(
    connection: &mut Connection,
    acceptances: &[Acceptance<'_>],
) -> Result<HashSet<String>, StorageError> {
    // An event would have to be numbered, which this statement does not.
    debug_assert!(
        !acceptances
            .iter()
            .any(|found| events::is_news(&found.entry))
    );
    let columns = |from: usize, count: usize| {
        let columns: Vec<String> = (from..from + count)
            .map(|column| format!("v.column{}", column + 1))
            .collect();
        columns.join(", ")
    };
    let sql = format!(
        "WITH v AS (VALUES {rows}),
              accepted AS ({update}),
              kept AS (INSERT INTO rp_calls ({KEPT_COLUMNS})
                       SELECT {call} FROM v JOIN accepted ON accepted.serial = v.column1)
         INSERT INTO audit ({written})
         SELECT {entry} FROM v JOIN accepted ON accepted.serial = v.column1
         RETURNING serial",
        rows = places(acceptances.len(), TOLD + KEPT + audit::WRITTEN),
        update = update("v"),
        call = columns(TOLD, KEPT),
        written = audit::WRITTEN_COLUMNS,
        entry = columns(TOLD + KEPT, audit::WRITTEN),
    );
    let values = acceptances.iter().flat_map(|acceptance| {
        told(&acceptance.found)
            .into_iter()
            .chain(calls::kept(&acceptance.call))
            .chain(audit::written(&acceptance.entry))
    });
    let rows = query_of(sql).bind_all(values).fetch_all(connection).await?;
    rows.iter().map(|row| row.get(0)).collect()
}
