//! The database: SQLite in a file, or PostgreSQL under several processes. Each change is a conditional
//! statement, the same text for both.

mod acceptance;
pub(crate) mod activations;
pub(crate) mod approvals;
pub(crate) mod audit;
pub(crate) mod bank_keys;
pub(crate) mod calls;
pub(crate) mod check_ins;
pub(crate) mod console;
pub(crate) mod copy;
pub(crate) mod events;
pub(crate) mod grants;
pub(crate) mod hardware;
pub(crate) mod institutions;
mod place;
pub(crate) mod reseal;
pub(crate) mod restored;
pub(crate) mod self_provisioning;
pub(crate) mod signatures;
mod sql;
pub(crate) mod staff;
pub(crate) mod stops;
pub(crate) mod token_life;
pub(crate) mod tokens;
mod verify_writer;
pub(crate) mod vouchers;

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteError, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};

use self::sql::query;

pub use copy::BackupError;
pub use place::{Place, PlaceError};
pub(crate) use sql::{Connection, Transaction};
pub(crate) use verify_writer::{Attempt, VerifyWriter, Written, closed_verdict};

static SQLITE_SCHEMA: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES_SCHEMA: Migrator = sqlx::migrate!("migrations/postgres");

/// The service's database.
#[derive(Debug, Clone)]
pub(crate) struct Storage(Pools);

#[derive(Debug, Clone)]
enum Pools {
    /// One writer; a file takes no more.
    Sqlite {
        read: SqlitePool,
        write: SqlitePool,
    },
    Postgres(PgPool),
}

const SQLITE_READERS: u32 = 4;
const POSTGRES_CONNECTIONS: u32 = 16;
/// How long a call waits for a connection: banks wait ten seconds for the whole of it.
const REACHED_WITHIN: Duration = Duration::from_secs(5);
/// How long a connection may rest and be taken for alive.
const TRUSTED_IDLE: Duration = Duration::from_secs(1);
/// How often a transaction that others overtook is tried.
const MOST_TRIES: u32 = 4;

impl Storage {
    /// Opens the database at `place` and brings its schema up to date; makes a file that is not
    /// there if `create` says so.
    ///
    /// # Errors
    /// [`StorageError`].
    pub(crate) async fn open(place: &Place, create: bool) -> Result<Self, StorageError> {
        Ok(Self(match place {
            Place::File(path) => {
                let options = SqliteConnectOptions::new()
                    .filename(path)
                    .create_if_missing(create);
                Self::sqlite(options).await?
            }
            Place::Server(options) => Self::postgres((**options).clone()).await?,
        }))
    }

    async fn sqlite(options: SqliteConnectOptions) -> Result<Pools, StorageError> {
        // Durable by default: a code accepted is accepted after a power cut too.
        let options = options
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5));
        // No ping before each use: a connection is an open file, not a peer on a network.
        let pool = SqlitePoolOptions::new()
            .test_before_acquire(false)
            // On a full disk SQLite ends a transaction by itself, and sqlx waits for its end for ever:
            // such a connection begins no other one.
            .before_acquire(|connection, _| {
                let in_transaction = connection.is_in_transaction();
                Box::pin(async move { Ok(!in_transaction) })
            });
        let write = pool.clone().max_connections(1);
        let write = write.connect_with(options.clone()).await?;
        SQLITE_SCHEMA
            .run(&write)
            .await
            .map_err(StorageError::schema)?;
        let read = pool.max_connections(SQLITE_READERS);
        let read = read.connect_with(options.read_only(true)).await?;
        Ok(Pools::Sqlite { read, write })
    }

    async fn postgres(options: PgConnectOptions) -> Result<Pools, StorageError> {
        // Durable whatever the server's default is; and no call waits for another for ever.
        let options = options.application_name("skts-issuer").options([
            ("synchronous_commit", "on"),
            ("lock_timeout", "5s"),
            ("statement_timeout", "10s"),
            ("idle_in_transaction_session_timeout", "15s"),
        ]);
        let pool = PgPoolOptions::new()
            .max_connections(POSTGRES_CONNECTIONS)
            .acquire_timeout(REACHED_WITHIN)
            // No ping before each use, only after a rest: the server may have ended meanwhile.
            .test_before_acquire(false)
            .before_acquire(|connection, so_far| {
                Box::pin(async move {
                    let trusted = so_far.idle_for < TRUSTED_IDLE;
                    Ok(trusted || connection.ping().await.is_ok())
                })
            })
            .connect_with(options)
            .await?;
        POSTGRES_SCHEMA
            .run(&pool)
            .await
            .map_err(StorageError::schema)?;
        Ok(Pools::Postgres(pool))
    }

    /// A connection to read from.
    pub(crate) async fn read(&self) -> Result<Connection, StorageError> {
        Ok(match &self.0 {
            Pools::Sqlite { read, .. } => read.acquire().await?.into(),
            Pools::Postgres(pool) => pool.acquire().await?.into(),
        })
    }

    /// A connection for a change that is one statement.
    pub(crate) async fn writer(&self) -> Result<Connection, StorageError> {
        Ok(match &self.0 {
            Pools::Sqlite { write, .. } => write.acquire().await?.into(),
            Pools::Postgres(pool) => pool.acquire().await?.into(),
        })
    }

    /// A connection beside the pool's for one who writes all the time, if the database takes several.
    pub(crate) async fn kept_writer(&self) -> Result<Option<Connection>, StorageError> {
        let Pools::Postgres(pool) = &self.0 else {
            return Ok(None);
        };
        // His plans are made once and kept. One made while a table was small would read all of it
        // however large it has become since: every row is found by its index.
        let options = (*pool.connect_options()).clone().options([
            ("enable_seqscan", "off"),
            ("enable_hashjoin", "off"),
            ("enable_mergejoin", "off"),
        ]);
        let connecting = PgConnection::connect_with(&options);
        let connected = tokio::time::timeout(REACHED_WITHIN, connecting).await;
        let connection = connected.map_err(|_| sqlx::Error::PoolTimedOut)??;
        Ok(Some(connection.into()))
    }

    /// A transaction that waits for nobody (on PostgreSQL): its statements say in their WHERE when
    /// they may happen.
    pub(crate) async fn begin(&self) -> Result<Transaction, StorageError> {
        Ok(match &self.0 {
            // One writer: taken at once, everything waits for everything.
            Pools::Sqlite { write, .. } => write.begin_with("BEGIN IMMEDIATE").await?.into(),
            Pools::Postgres(pool) => pool.begin().await?.into(),
        })
    }

    /// Does `change` in one transaction: all of it or, on an error, nothing. Changes about the same
    /// `subject` wait for each other, so that what is read in one stays true; what changes about
    /// another subject overtakes nevertheless is tried again.
    ///
    /// `change` hands the transaction back with its result: a future that borrowed it could not be
    /// sent between threads.
    pub(crate) async fn change<T, E: From<StorageError>, F>(
        &self,
        subject: &str,
        change: impl Fn(Transaction) -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = (Transaction, Result<T, E>)>,
    {
        let mut tries = 1;
        loop {
            let (transaction, done) = change(self.begin_about(subject).await?).await;
            let again = transaction.contended && tries < MOST_TRIES;
            match done {
                Ok(done) => {
                    transaction.commit().await?;
                    return Ok(done);
                }
                Err(_) if again => tries += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn begin_about(&self, subject: &str) -> Result<Transaction, StorageError> {
        let mut transaction = self.begin().await?;
        if let Pools::Postgres(_) = self.0 {
            query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind(subject)
                .execute(&mut transaction)
                .await?;
        }
        Ok(transaction)
    }

    /// Whether the database answers.
    pub(crate) async fn ping(&self) -> Result<(), StorageError> {
        query("SELECT 1").execute(&mut self.read().await?).await?;
        Ok(())
    }

    /// Closes all connections, after what is under way.
    pub(crate) async fn close(&self) {
        match &self.0 {
            Pools::Sqlite { read, write } => {
                read.close().await;
                write.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

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
    #[error("the schema of the database cannot be brought up to date: {0}")]
    Schema(String),
}

impl StorageError {
    /// Whether the database is only too busy, or away for the moment: the call is worth making again.
    pub(crate) fn is_passing(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => true,
            sqlx::Error::Database(error) => {
                error
                    .code()
                    .is_some_and(|code| match error.try_downcast_ref::<SqliteError>() {
                        Some(_) => code.parse().is_ok_and(sqlite_is_passing),
                        None => postgres_is_passing(&code),
                    })
            }
            _ => false,
        }
    }

    /// Whether the database was waited for in vain: to try at once again is to wait as long again.
    pub(crate) fn is_out_of_reach(&self) -> bool {
        let Self::Database(error) = self else {
            return false;
        };
        match error {
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed => true,
            // SQLite: another process writes.
            sqlx::Error::Database(error) => error.code().is_some_and(|code| code == "5"),
            _ => false,
        }
    }

    /// The error of those who would only wait as long for nothing.
    pub(crate) const fn out_of_reach() -> Self {
        Self::Database(sqlx::Error::PoolTimedOut)
    }

    fn schema(error: sqlx::migrate::MigrateError) -> Self {
        Self::Schema(error.to_string())
    }
}

/// A disk that is full or fails, and locks held by another process. What was begun is undone.
fn sqlite_is_passing(extended_code: u32) -> bool {
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const IO_ERROR: u32 = 10;
    const FULL: u32 = 13;
    const CANNOT_OPEN: u32 = 14;
    // The low byte says what; the rest, where.
    matches!(
        extended_code & 0xff,
        BUSY | LOCKED | IO_ERROR | FULL | CANNOT_OPEN
    )
}

/// A connection lost, something used up (connections, memory, disk), a disk that fails, a server that
/// starts, ends or has become one that is only read; a lock, a statement or a transaction out of time;
/// others in the way at every try.
fn postgres_is_passing(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "53" | "58")
        || matches!(
            code,
            "25006" | "25P03" | "55P03" | "57014" | "57P01" | "57P02" | "57P03" | "40001" | "40P01"
        )
}
