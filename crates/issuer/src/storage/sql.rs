//! One SQL text for both databases: a query with `$1`, `$2`, … runs on whichever a [`Connection`] is of.

use std::ops::{Deref, DerefMut};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Decode, Encode, PgConnection, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, SqliteConnection,
    Type,
};

use super::StorageError;

/// Where queries run: a connection, or a transaction on one.
pub(crate) struct Connection {
    place: Place,
    /// Others were changing the same rows: what was begun is worth another try.
    pub(super) contended: bool,
}

enum Place {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTransaction(sqlx::Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    /// Out of the pool: it is not asked whether it still lives each time it has done something.
    PostgresKept(Box<PgConnection>),
    PostgresTransaction(sqlx::Transaction<'static, Postgres>),
}

enum Native<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

impl Connection {
    const fn at(place: Place) -> Self {
        Self {
            place,
            contended: false,
        }
    }

    fn native(&mut self) -> Native<'_> {
        match &mut self.place {
            Place::Sqlite(connection) => Native::Sqlite(connection),
            Place::SqliteTransaction(transaction) => Native::Sqlite(transaction),
            Place::Postgres(connection) => Native::Postgres(connection),
            Place::PostgresKept(connection) => Native::Postgres(connection),
            Place::PostgresTransaction(transaction) => Native::Postgres(transaction),
        }
    }

    /// Says that a row changed between being read and being written, so that the transaction is
    /// given up and tried again.
    pub(crate) fn overtaken(&mut self) {
        self.contended = true;
    }

    /// Waits for those who are writing into `table` and keeps others out until the end of this
    /// transaction. On SQLite a transaction is alone as it is.
    pub(super) async fn keep_writers_out(&mut self, table: &str) -> Result<(), StorageError> {
        match self.place {
            Place::Sqlite(_) | Place::SqliteTransaction(_) => Ok(()),
            Place::Postgres(_) | Place::PostgresKept(_) | Place::PostgresTransaction(_) => {
                let lock = query_of(format!("LOCK TABLE {table} IN SHARE MODE"));
                lock.execute(self).await.map(drop)
            }
        }
    }

    fn failed(&mut self, error: sqlx::Error) -> StorageError {
        // PostgreSQL: serialization failure, deadlock, unique violation (another process inserted
        // the same row meanwhile; the next try finds it).
        let code = error.as_database_error().and_then(|error| error.code());
        if matches!(code.as_deref(), Some("40001" | "40P01" | "23505")) {
            self.contended = true;
        }
        error.into()
    }
}

impl From<PoolConnection<Sqlite>> for Connection {
    fn from(connection: PoolConnection<Sqlite>) -> Self {
        Self::at(Place::Sqlite(connection))
    }
}

impl From<PoolConnection<Postgres>> for Connection {
    fn from(connection: PoolConnection<Postgres>) -> Self {
        Self::at(Place::Postgres(connection))
    }
}

impl From<PgConnection> for Connection {
    fn from(connection: PgConnection) -> Self {
        Self::at(Place::PostgresKept(Box::new(connection)))
    }
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}

/// A transaction. Dropped without [`Transaction::commit`], it changed nothing.
#[derive(Debug)]
pub(crate) struct Transaction(Connection);

impl Transaction {
    /// Makes what was done last.
    pub(crate) async fn commit(self) -> Result<(), StorageError> {
        match self.0.place {
            Place::SqliteTransaction(transaction) => transaction.commit().await?,
            Place::PostgresTransaction(transaction) => transaction.commit().await?,
            // Each statement was a change of its own.
            Place::Sqlite(_) | Place::Postgres(_) | Place::PostgresKept(_) => {}
        }
        Ok(())
    }
}

impl From<sqlx::Transaction<'static, Sqlite>> for Transaction {
    fn from(transaction: sqlx::Transaction<'static, Sqlite>) -> Self {
        Self(Connection::at(Place::SqliteTransaction(transaction)))
    }
}

impl From<sqlx::Transaction<'static, Postgres>> for Transaction {
    fn from(transaction: sqlx::Transaction<'static, Postgres>) -> Self {
        Self(Connection::at(Place::PostgresTransaction(transaction)))
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.0
    }
}

/// A value for a place in a query. An absent one keeps its type, which PostgreSQL asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'q> {
    Integer(Option<i64>),
    Text(Option<&'q str>),
    Bytes(Option<&'q [u8]>),
    Boolean(Option<bool>),
}

macro_rules! value {
    ($($kind:ident($from:ty) $(as $convert:ident)?;)*) => {$(
        impl<'q> From<$from> for Value<'q> {
            fn from(value: $from) -> Self {
                Self::$kind(Some(value$(.$convert())?))
            }
        }
        impl<'q> From<Option<$from>> for Value<'q> {
            fn from(value: Option<$from>) -> Self {
                Self::$kind(value$(.map(|value| value.$convert()))?)
            }
        }
    )*};
}

value! {
    Integer(i64);
    Text(&'q str);
    Text(&'q String) as as_str;
    Bytes(&'q [u8]);
    Bytes(&'q Vec<u8>) as as_slice;
    Boolean(bool);
}

impl<'q> From<&'q Option<String>> for Value<'q> {
    fn from(value: &'q Option<String>) -> Self {
        value.as_deref().into()
    }
}

impl<'q> From<&'q Option<Vec<u8>>> for Value<'q> {
    fn from(value: &'q Option<Vec<u8>>) -> Self {
        value.as_deref().into()
    }
}

impl<'q, const N: usize> From<&'q [u8; N]> for Value<'q> {
    fn from(value: &'q [u8; N]) -> Self {
        Self::Bytes(Some(value))
    }
}

/// A query and the values for its places.
#[derive(Debug)]
pub(crate) struct Query<'q> {
    sql: SqlStr,
    values: Vec<Value<'q>>,
}

/// A query of `sql`.
pub(crate) fn query<'q>(sql: impl SqlSafeStr) -> Query<'q> {
    Query {
        sql: sql.into_sql_str(),
        values: Vec::new(),
    }
}

/// `($1, $2), ($3, $4)`, …: places for so many rows of so many columns.
pub(crate) fn places(rows: usize, columns: usize) -> String {
    let row = |row: usize| {
        let places: Vec<String> = (1..=columns)
            .map(|column| format!("${}", row * columns + column))
            .collect();
        format!("({})", places.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// A query whose text is put together from constants of this program.
pub(crate) fn query_of<'q>(sql: String) -> Query<'q> {
    query(sqlx::AssertSqlSafe(sql))
}

impl<'q> Query<'q> {
    /// Takes the value for the next place.
    pub(crate) fn bind(mut self, value: impl Into<Value<'q>>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Takes values for the next places.
    pub(crate) fn bind_all(mut self, values: impl IntoIterator<Item = Value<'q>>) -> Self {
        self.values.extend(values);
        self
    }

    /// Runs it; returns how many rows changed.
    pub(crate) async fn execute(self, connection: &mut Connection) -> Result<u64, StorageError> {
        let Self { sql, values } = self;
        let done = match connection.native() {
            Native::Sqlite(native) => {
                let query = sqlx::query_with(sql, arguments::<SqliteArguments>(&values)?);
                query.execute(native).await.map(|done| done.rows_affected())
            }
            Native::Postgres(native) => {
                let query = sqlx::query_with(sql, arguments::<PgArguments>(&values)?);
                query.execute(native).await.map(|done| done.rows_affected())
            }
        };
        done.map_err(|error| connection.failed(error))
    }

    /// Runs it; returns all rows.
    pub(crate) async fn fetch_all(
        self,
        connection: &mut Connection,
    ) -> Result<Vec<Row>, StorageError> {
        let Self { sql, values } = self;
        let rows = match connection.native() {
            Native::Sqlite(native) => {
                let query = sqlx::query_with(sql, arguments::<SqliteArguments>(&values)?);
                let rows = query.fetch_all(native).await;
                rows.map(|rows| rows.into_iter().map(Row::Sqlite).collect())
            }
            Native::Postgres(native) => {
                let query = sqlx::query_with(sql, arguments::<PgArguments>(&values)?);
                let rows = query.fetch_all(native).await;
                rows.map(|rows| rows.into_iter().map(Row::Postgres).collect())
            }
        };
        rows.map_err(|error| connection.failed(error))
    }

    /// Runs it; returns its one row.
    pub(crate) async fn fetch_one(self, connection: &mut Connection) -> Result<Row, StorageError> {
        let row = self.fetch_optional(connection).await?;
        row.ok_or(StorageError::Database(sqlx::Error::RowNotFound))
    }

    /// Runs it; returns the first row, if there is one.
    pub(crate) async fn fetch_optional(
        self,
        connection: &mut Connection,
    ) -> Result<Option<Row>, StorageError> {
        let Self { sql, values } = self;
        let row = match connection.native() {
            Native::Sqlite(native) => {
                let query = sqlx::query_with(sql, arguments::<SqliteArguments>(&values)?);
                query
                    .fetch_optional(native)
                    .await
                    .map(|row| row.map(Row::Sqlite))
            }
            Native::Postgres(native) => {
                let query = sqlx::query_with(sql, arguments::<PgArguments>(&values)?);
                query
                    .fetch_optional(native)
                    .await
                    .map(|row| row.map(Row::Postgres))
            }
        };
        row.map_err(|error| connection.failed(error))
    }
}

fn arguments<A: sqlx::Arguments>(values: &[Value<'_>]) -> Result<A, StorageError>
where
    for<'t> Option<i64>: Encode<'t, A::Database> + Type<A::Database>,
    for<'t> Option<&'t str>: Encode<'t, A::Database> + Type<A::Database>,
    for<'t> Option<&'t [u8]>: Encode<'t, A::Database> + Type<A::Database>,
    for<'t> Option<bool>: Encode<'t, A::Database> + Type<A::Database>,
{
    let mut arguments = A::default();
    for value in values {
        match *value {
            Value::Integer(value) => arguments.add(value),
            Value::Text(value) => arguments.add(value),
            Value::Bytes(value) => arguments.add(value),
            Value::Boolean(value) => arguments.add(value),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// A row of an answer.
#[derive(Debug)]
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

impl Row {
    /// The value of a column, counted from 0.
    pub(crate) fn get<'r, T>(&'r self, column: usize) -> Result<T, StorageError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
        })
    }
}
