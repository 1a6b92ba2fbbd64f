//! The audit trail. Entries and seals are only ever added: a trigger refuses everything else.

use super::institutions::{seconds, time};
use super::sql::{Row, Value, places, query, query_of};
use super::{Connection, Storage, StorageError, events};
use crate::audit::{AuditEntry, AuditFilter, Entry, Seal};

/// Writes down what happened, in the transaction in which it happens, with the event for the bank.
pub(crate) async fn write(
    connection: &mut Connection,
    entry: &Entry<'_>,
) -> Result<(), StorageError> {
    write_all(connection, std::slice::from_ref(entry)).await
}

/// Writes several at once, in their order.
pub(crate) async fn write_all(
    connection: &mut Connection,
    entries: &[Entry<'_>],
) -> Result<(), StorageError> {
    if entries.is_empty() {
        return Ok(());
    }
    let places = places(entries.len(), WRITTEN);
    let values = entries.iter().flat_map(written);
    query_of(format!(
        "INSERT INTO audit ({WRITTEN_COLUMNS}) VALUES {places}"
    ))
    .bind_all(values)
    .execute(connection)
    .await?;
    for entry in entries {
        events::add(connection, entry).await?;
    }
    Ok(())
}

/// The columns of an entry that is written; its number is the database's affair.
pub(super) const WRITTEN_COLUMNS: &str =
    "at, institution_id, actor, action, outcome, subscriber_ref, serial, state, request_id, detail";
/// How many those are.
pub(super) const WRITTEN: usize = 10;

/// What goes into [`WRITTEN_COLUMNS`].
pub(super) fn written<'e>(entry: &'e Entry<'_>) -> [Value<'e>; WRITTEN] {
    [
        seconds(entry.at).into(),
        entry.institution_id.into(),
        entry.actor.into(),
        entry.action.as_str().into(),
        entry.outcome.into(),
        entry.subscriber_ref.into(),
        entry.serial.into(),
        entry.state.into(),
        entry.request_id.map(|id| id.as_bytes().as_slice()).into(),
        entry.detail.into(),
    ]
}

/// The last entry such that none before it can still appear: those under way are waited for.
pub(crate) async fn last_settled(storage: &Storage) -> Result<u64, StorageError> {
    storage
        .change("audit", |mut transaction| async move {
            let last = async {
                transaction.keep_writers_out("audit").await?;
                let row = query("SELECT COALESCE(MAX(id), 0) FROM audit");
                row.fetch_one(&mut transaction).await?.get::<i64>(0)
            };
            let last = last.await;
            (transaction, last)
        })
        .await
        .map(unsigned)
}

const COLUMNS: &str = "id, at, institution_id, actor, action, outcome, subscriber_ref, serial, \
                       state, request_id, detail";

fn entry_from(row: &Row) -> Result<AuditEntry, StorageError> {
    Ok(AuditEntry {
        id: unsigned(row.get(0)?),
        at: time(row.get(1)?),
        institution_id: row.get(2)?,
        actor: row.get(3)?,
        action: row.get(4)?,
        outcome: row.get(5)?,
        subscriber_ref: row.get(6)?,
        serial: row.get(7)?,
        state: row.get(8)?,
        request_id: row.get::<Option<Vec<u8>>>(9)?.map(hex::encode),
        detail: row.get(10)?,
    })
}

/// The first `most` entries after `from`, up to and with `to`.
pub(crate) async fn between(
    connection: &mut Connection,
    from: u64,
    to: u64,
    most: u64,
) -> Result<Vec<AuditEntry>, StorageError> {
    let sql =
        format!("SELECT {COLUMNS} FROM audit WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3");
    let query = query_of(sql)
        .bind(signed(from))
        .bind(signed(to))
        .bind(signed(most));
    let rows = query.fetch_all(connection).await?;
    rows.iter().map(entry_from).collect()
}

/// The last entries that fit, oldest first.
pub(crate) async fn last_of(
    connection: &mut Connection,
    filter: &AuditFilter,
) -> Result<Vec<AuditEntry>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM audit
         WHERE ($1 IS NULL OR institution_id = $1) AND ($2 IS NULL OR subscriber_ref = $2)
           AND ($3 IS NULL OR serial = $3)
         ORDER BY id DESC LIMIT $4"
    );
    let rows = query_of(sql)
        .bind(&filter.institution_id)
        .bind(&filter.subscriber_ref)
        .bind(&filter.serial)
        .bind(signed(filter.most))
        .fetch_all(connection)
        .await?;
    rows.iter().rev().map(entry_from).collect()
}

/// How many entries there are.
pub(crate) async fn count(connection: &mut Connection) -> Result<u64, StorageError> {
    let row = query("SELECT COUNT(*) FROM audit")
        .fetch_one(connection)
        .await?;
    Ok(unsigned(row.get(0)?))
}

/// How many entries there are after this one.
pub(crate) async fn count_after(connection: &mut Connection, id: u64) -> Result<u64, StorageError> {
    let query = query("SELECT COUNT(*) FROM audit WHERE id > $1").bind(signed(id));
    let row = query.fetch_one(connection).await?;
    Ok(unsigned(row.get(0)?))
}

/// Adds a seal after the one up to `previous`. False if there is one already.
pub(crate) async fn add_seal(
    storage: &Storage,
    previous: u64,
    seal: &Seal,
) -> Result<bool, StorageError> {
    let changed = query(
        "INSERT INTO audit_seals (up_to, previous, entries, hash, sealed_at, signature)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(signed(seal.up_to))
    .bind(signed(previous))
    .bind(signed(seal.entries))
    .bind(&seal.hash)
    .bind(seconds(seal.sealed_at))
    .bind(&seal.signature)
    .execute(&mut storage.writer().await?)
    .await?;
    Ok(changed == 1)
}

/// Every seal, in order.
pub(crate) async fn seals(connection: &mut Connection) -> Result<Vec<Seal>, StorageError> {
    let rows =
        query("SELECT up_to, entries, hash, sealed_at, signature FROM audit_seals ORDER BY up_to")
            .fetch_all(connection)
            .await?;
    rows.iter().map(seal_from).collect()
}

/// The last seal.
pub(crate) async fn last_seal(connection: &mut Connection) -> Result<Option<Seal>, StorageError> {
    let row = query(
        "SELECT up_to, entries, hash, sealed_at, signature FROM audit_seals
         ORDER BY up_to DESC LIMIT 1",
    )
    .fetch_optional(connection)
    .await?;
    row.as_ref().map(seal_from).transpose()
}

fn seal_from(row: &Row) -> Result<Seal, StorageError> {
    let hash: Vec<u8> = row.get(2)?;
    Ok(Seal {
        up_to: unsigned(row.get(0)?),
        entries: unsigned(row.get(1)?),
        hash: hash.try_into().map_err(|_| StorageError::Inconsistent {
            table: "audit_seals",
            column: "hash",
        })?,
        sealed_at: time(row.get(3)?),
        signature: row.get(4)?,
    })
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
