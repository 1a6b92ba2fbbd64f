//! Runs of procedures: one row a run, so that two tabs never share one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use sqlx::Row;

use super::{Connection, StorageError, seconds};
use crate::issuer::Call;
use crate::pages::State;

/// Runs a session may have at once; the oldest is given up.
const MOST_RUNS: i64 = 16;

/// What is wrong with a field; an empty name means the whole form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) field: String,
    pub(crate) sentence: String,
}

/// What was typed, by field, without passwords and codes.
pub(crate) type Typed = BTreeMap<String, String>;

/// A run, as stored.
#[derive(Debug, Clone)]
pub(crate) struct RunRow {
    pub(crate) id: String,
    pub(crate) form_token: String,
    pub(crate) state: State,
    pub(crate) typed: Typed,
    pub(crate) faults: Vec<Fault>,
    pub(crate) call: Option<Call>,
}

fn wrong(column: &'static str) -> StorageError {
    StorageError::Inconsistent {
        table: "runs",
        column,
    }
}

fn text(value: &impl Serialize, column: &'static str) -> Result<String, StorageError> {
    serde_json::to_string(value).map_err(|_| wrong(column))
}

/// Begins a run.
pub(crate) async fn begin(
    connection: &mut Connection,
    session: &[u8; 32],
    run: &RunRow,
    now: UnixTime,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO runs (id, session, form_token, state, created_at) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&run.id)
    .bind(session.as_slice())
    .bind(&run.form_token)
    .bind(text(&run.state, "state")?)
    .bind(seconds(now))
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "DELETE FROM runs WHERE session = $1 AND call IS NULL AND id NOT IN
             (SELECT id FROM runs WHERE session = $1 ORDER BY created_at DESC, rowid DESC LIMIT $2)",
    )
    .bind(session.as_slice())
    .bind(MOST_RUNS)
    .execute(connection)
    .await?;
    Ok(())
}

/// A run of this session.
pub(crate) async fn find(
    connection: &mut Connection,
    session: &[u8; 32],
    id: &str,
) -> Result<Option<RunRow>, StorageError> {
    let row = sqlx::query(
        "SELECT form_token, state, typed, faults, call FROM runs WHERE id = $1 AND session = $2",
    )
    .bind(id)
    .bind(session.as_slice())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let call = row.try_get::<Option<&str>, _>(4)?;
    Ok(Some(RunRow {
        id: id.to_owned(),
        form_token: row.try_get(0)?,
        state: serde_json::from_str(row.try_get(1)?).map_err(|_| wrong("state"))?,
        typed: serde_json::from_str(row.try_get(2)?).map_err(|_| wrong("typed"))?,
        faults: serde_json::from_str(row.try_get(3)?).map_err(|_| wrong("faults"))?,
        call: call
            .map(serde_json::from_str)
            .transpose()
            .map_err(|_| wrong("call"))?,
    }))
}

/// Takes a submission: true for one of those that send the same form.
pub(crate) async fn take_form(
    connection: &mut Connection,
    id: &str,
    form_token: &str,
    next_token: &str,
    typed: &Typed,
) -> Result<bool, StorageError> {
    let done = sqlx::query(
        "UPDATE runs SET form_token = $3, typed = $4, faults = '[]'
         WHERE id = $1 AND form_token = $2 AND call IS NULL",
    )
    .bind(id)
    .bind(form_token)
    .bind(next_token)
    .bind(text(typed, "typed")?)
    .execute(connection)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The customer gives the run up: it is gone, with what it held.
pub(crate) async fn give_up(
    connection: &mut Connection,
    id: &str,
    form_token: &str,
) -> Result<(), StorageError> {
    sqlx::query("DELETE FROM runs WHERE id = $1 AND form_token = $2 AND call IS NULL")
        .bind(id)
        .bind(form_token)
        .execute(connection)
        .await?;
    Ok(())
}

/// Shows the same form again with what is wrong.
pub(crate) async fn show_faults(
    connection: &mut Connection,
    id: &str,
    faults: &[Fault],
) -> Result<(), StorageError> {
    sqlx::query("UPDATE runs SET faults = $2 WHERE id = $1")
        .bind(id)
        .bind(text(&faults, "faults")?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Goes on to another step, with nothing typed yet.
pub(crate) async fn go_on(
    connection: &mut Connection,
    id: &str,
    state: &State,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE runs SET state = $2, typed = '{}', faults = '[]' WHERE id = $1")
        .bind(id)
        .bind(text(state, "state")?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Writes down what the service is going to be asked, before it is asked.
pub(crate) async fn write_call(
    connection: &mut Connection,
    id: &str,
    state: &State,
    call: &Call,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE runs SET state = $2, call_id = $3, call = $4 WHERE id = $1")
        .bind(id)
        .bind(text(state, "state")?)
        .bind(call.request_id())
        .bind(text(call, "call")?)
        .execute(connection)
        .await?;
    Ok(())
}

/// Ends the question: true for the one who may act on its answer.
pub(crate) async fn end_call(
    connection: &mut Connection,
    id: &str,
    call: &Call,
) -> Result<bool, StorageError> {
    let done =
        sqlx::query("UPDATE runs SET call_id = NULL, call = NULL WHERE id = $1 AND call_id = $2")
            .bind(id)
            .bind(call.request_id())
            .execute(connection)
            .await?;
    Ok(done.rows_affected() == 1)
}

/// Runs with an open question whose session is over: session and run.
pub(crate) async fn left_over(
    connection: &mut Connection,
    idle_since: UnixTime,
) -> Result<Vec<([u8; 32], String)>, StorageError> {
    let rows = sqlx::query(
        "SELECT runs.session, runs.id FROM runs JOIN sessions ON sessions.id_hash = runs.session
         WHERE runs.call IS NOT NULL AND sessions.seen_at < $1",
    )
    .bind(seconds(idle_since))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            let session =
                <[u8; 32]>::try_from(row.try_get::<&[u8], _>(0)?).map_err(|_| wrong("session"))?;
            Ok((session, row.try_get(1)?))
        })
        .collect()
}
