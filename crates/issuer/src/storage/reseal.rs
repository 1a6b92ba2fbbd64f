//! Sealed columns, read to be sealed anew under another master key.

use skts_sealed::Namespace;

use super::sql::{query, query_of};
use super::{Connection, StorageError};

/// A column of what belongs to one set-up or one bank, sealed with its row's key as context.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SealedColumn {
    table: &'static str,
    key: &'static str,
    /// Whether the key column is text; raw bytes otherwise.
    key_is_text: bool,
    column: &'static str,
    pub(crate) namespace: Namespace,
}

/// Every such column.
pub(crate) const COLUMNS: [SealedColumn; 6] = [
    SealedColumn {
        table: "activations",
        key: "user_id",
        key_is_text: true,
        column: "record",
        namespace: Namespace::ServiceState,
    },
    SealedColumn {
        table: "activation_begins",
        key: "request_id",
        key_is_text: false,
        column: "state",
        namespace: Namespace::ServiceState,
    },
    SealedColumn {
        table: "grants",
        key: "request_id",
        key_is_text: false,
        column: "reply",
        namespace: Namespace::StoredReply,
    },
    SealedColumn {
        table: "grants",
        key: "request_id",
        key_is_text: false,
        column: "confirm_secret",
        namespace: Namespace::ServiceState,
    },
    SealedColumn {
        table: "check_ins",
        key: "serial",
        key_is_text: true,
        column: "reply",
        namespace: Namespace::StoredReply,
    },
    SealedColumn {
        table: "webhooks",
        key: "institution_id",
        key_is_text: true,
        column: "secret",
        namespace: Namespace::ServiceState,
    },
];

/// A sealed value and its row's key.
#[derive(Debug)]
pub(crate) struct SealedValue {
    pub(crate) key: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
}

/// Every value of a column.
pub(crate) async fn values(
    connection: &mut Connection,
    column: SealedColumn,
) -> Result<Vec<SealedValue>, StorageError> {
    let SealedColumn {
        table,
        key,
        column: name,
        ..
    } = column;
    let sql = format!("SELECT {key}, {name} FROM {table} WHERE {name} IS NOT NULL");
    let rows = query_of(sql).fetch_all(connection).await?;
    rows.iter()
        .map(|row| {
            let key = match column.key_is_text {
                true => row.get::<String>(0)?.into_bytes(),
                false => row.get(0)?,
            };
            Ok(SealedValue {
                key,
                sealed: row.get(1)?,
            })
        })
        .collect()
}

/// Puts `new` in the place of a value, unless that changed meanwhile.
pub(crate) async fn replace(
    connection: &mut Connection,
    column: SealedColumn,
    old: &SealedValue,
    new: &[u8],
) -> Result<bool, StorageError> {
    let SealedColumn {
        table,
        key,
        column: name,
        ..
    } = column;
    let sql = format!("UPDATE {table} SET {name} = $1 WHERE {key} = $2 AND {name} = $3");
    let query = query_of(sql).bind(new);
    let text = String::from_utf8(old.key.clone()).unwrap_or_default();
    let query = match column.key_is_text {
        true => query.bind(&text),
        false => query.bind(&old.key),
    };
    Ok(query.bind(&old.sealed).execute(connection).await? == 1)
}

/// A token's sealed secrets.
#[derive(Debug)]
pub(crate) struct SealedToken {
    pub(crate) serial: String,
    pub(crate) institution_id: String,
    pub(crate) key_version: i64,
    pub(crate) secrets: Vec<u8>,
}

/// The first `most` tokens sealed under an older master key than `version`.
pub(crate) async fn tokens_before(
    connection: &mut Connection,
    version: i64,
    most: u32,
) -> Result<Vec<SealedToken>, StorageError> {
    let rows = query(
        "SELECT serial, institution_id, key_version, secrets FROM tokens
         WHERE key_version < $1 ORDER BY serial LIMIT $2",
    )
    .bind(version)
    .bind(i64::from(most))
    .fetch_all(connection)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(SealedToken {
                serial: row.get(0)?,
                institution_id: row.get(1)?,
                key_version: row.get(2)?,
                secrets: row.get(3)?,
            })
        })
        .collect()
}

/// Puts secrets sealed under `version` in the place of a token's, unless those changed meanwhile.
pub(crate) async fn replace_token(
    connection: &mut Connection,
    old: &SealedToken,
    version: i64,
    secrets: &[u8],
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE tokens SET secrets = $1, key_version = $2
         WHERE serial = $3 AND key_version = $4 AND secrets = $5",
    )
    .bind(secrets)
    .bind(version)
    .bind(&old.serial)
    .bind(old.key_version)
    .bind(&old.secrets)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}
