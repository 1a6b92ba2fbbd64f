//! The database. One writer at a time, each change one conditional statement; readers beside it.

pub(crate) mod activations;
pub(crate) mod calls;
pub(crate) mod grants;
pub(crate) mod institutions;
pub(crate) mod self_provisioning;
pub(crate) mod token_life;
pub(crate) mod tokens;
mod verify_writer;

use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Sqlite, Transaction};

pub(crate) use verify_writer::{Attempt, VerifyWriter, Written, closed_verdict};

/// The service's database.
#[derive(Debug, Clone)]
pub struct Storage {
    read: SqlitePool,
    write: SqlitePool,
}

const READERS: u32 = 4;

impl Storage {
    /// Opens an existing database and brings its schema up to date.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn open(path: &Path) -> Result<Self, StorageError> {
        Self::connect(path, false).await
    }

    /// Makes a new database.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn create(path: &Path) -> Result<Self, StorageError> {
        Self::connect(path, true).await
    }

    async fn connect(path: &Path, create: bool) -> Result<Self, StorageError> {
        // Durable by default: a code accepted is accepted after a power cut too.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(create)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        // No ping before each use: a connection is an open file, not a peer on a network.
        let pool = SqlitePoolOptions::new().test_before_acquire(false);
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

    /// The one writing connection, for a change that is one statement.
    pub(crate) async fn writer(&self) -> Result<sqlx::pool::PoolConnection<Sqlite>, StorageError> {
        Ok(self.write.acquire().await?)
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        sqlx::query("SELECT 1").execute(&self.read).await?;
        Ok(())
    }

    /// Closes all connections, after what is under way.
    pub async fn close(&self) {
        self.read.close().await;
        self.write.close().await;
    }
}

/// A connection that queries run on.
pub(crate) type Connection = SqliteConnection;

/// Why the database did not do what it should. Goes to the log, never to a caller.
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
