//! The bank's own database. One writer at a time, each change one conditional statement; readers
//! beside it.

pub(crate) mod accounts;
pub(crate) mod customers;
pub(crate) mod demo_cards;
pub(crate) mod heard;
pub(crate) mod issued;
pub(crate) mod outbox;
pub(crate) mod payees;
pub(crate) mod runs;
pub(crate) mod sessions;

use std::path::Path;
use std::time::Duration;

use skts_otp::UnixTime;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection as _, Sqlite, Transaction};

const READERS: u32 = 4;

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Storage {
    read: SqlitePool,
    write: SqlitePool,
}

impl Storage {
    /// Opens the database, making it if there is none, and brings its schema up to date.
    pub(crate) async fn open(path: &Path) -> Result<Self, StorageError> {
        // Durable: a transfer accepted is accepted after a power cut too.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        let pool = SqlitePoolOptions::new()
            .test_before_acquire(false)
            // On a full disk SQLite ends a transaction by itself, and sqlx waits for its end for ever:
            // such a connection begins no other one.
            .before_acquire(|connection, _| {
                let in_transaction = connection.is_in_transaction();
                Box::pin(async move { Ok(!in_transaction) })
            });
        let write = pool
            .clone()
            .max_connections(1)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!()
            .run(&write)
            .await
            .map_err(|_| StorageError::Schema)?;
        let read = pool
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await?;
        Ok(Self { read, write })
    }

    /// A connection to read from.
    pub(crate) async fn read(&self) -> Result<sqlx::pool::PoolConnection<Sqlite>, StorageError> {
        Ok(self.read.acquire().await?)
    }

    /// The one write transaction. Taken at once, so that what is read in it stays true.
    pub(crate) async fn write(&self) -> Result<Transaction<'static, Sqlite>, StorageError> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Closes all connections, after what is under way.
    pub(crate) async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A connection that queries run on.
pub(crate) type Connection = SqliteConnection;

/// Why the database did not do what it should. Goes to the log, never to a customer.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// A row holds what this program cannot read.
    #[error("table {table}, column {column} holds what this program cannot read")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The schema could not be brought up to date.
    #[error("the database has a schema this program does not know")]
    Schema,
}

/// A time as a column holds it.
pub(crate) fn seconds(at: UnixTime) -> i64 {
    i64::try_from(at.as_secs()).unwrap_or(i64::MAX)
}

/// A column as a time.
pub(crate) fn time(seconds: i64) -> UnixTime {
    UnixTime::from_secs(u64::try_from(seconds).unwrap_or_default())
}
