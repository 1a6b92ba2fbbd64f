//! What stands in the database, read and held beside the service. `SKTS_TEST_POSTGRES` names a server
//! for the same tests on PostgreSQL, each world in a schema of its own; without it, SQLite.

use rand_core::{OsRng, RngCore};
use skts_issuer::Place;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use super::World;

/// Tables whose every row is told by [`World::dump`].
const TABLES: &[&str] = &[
    "institutions",
    "relying_parties",
    "activations",
    "activation_begins",
    "self_hellos",
    "grants",
    "tokens",
    "check_ins",
    "stops",
    "rp_calls",
    "registration_tries",
    "signing_challenges",
    "events",
    "event_numbers",
    "webhooks",
    "audit",
    "audit_seals",
    "staff",
    "staff_sessions",
    "staff_forms",
    "staff_unlocks",
    "staff_approvals",
    "vouchers",
    "resync_asks",
];

#[expect(
    clippy::disallowed_methods,
    reason = "the tests' own host: which database they run on"
)]
fn given_server() -> Option<String> {
    std::env::var("SKTS_TEST_POSTGRES").ok()
}

/// Whether the tests were given a server.
pub(crate) fn is_on_a_server() -> bool {
    given_server().is_some()
}

/// A schema of its own on the server the tests were given, if they were given one.
pub(crate) async fn schema() -> Option<String> {
    let server = given_server()?;
    let name = format!("world_{:016x}", OsRng.next_u64());
    let mut database = PgConnection::connect(&server).await.expect("the server");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE SCHEMA {name}")))
        .execute(&mut database)
        .await
        .expect("a schema");
    Some(format!("{server}?options=-csearch_path%3D{name}"))
}

/// The schema in an address that [`schema`] made.
pub(crate) fn schema_of(address: &str) -> &str {
    let (_, name) = address.rsplit_once("%3D").expect("a schema");
    name
}

/// A new, empty database on the server of `address`; the same schema is looked for in it.
pub(crate) async fn new_database(address: &str) -> String {
    let name = format!("copy_{:016x}", OsRng.next_u64());
    let mut database = PgConnection::connect(address).await.expect("the server");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut database)
        .await
        .expect("a database");
    let (server, options) = address.split_once('?').expect("options");
    let (server, _) = server.rsplit_once('/').expect("a database");
    format!("{server}/{name}?{options}")
}

/// A connection beside the service's.
pub(crate) enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl World {
    /// Every row of every table, as text.
    pub(crate) async fn dump(&self) -> String {
        self.dump_of(TABLES).await
    }

    /// Every row that does not name `institution`: what is others', or nobody's.
    pub(crate) async fn dump_without(&self, institution: &str) -> String {
        let dump = self.dump().await;
        let others = dump.lines().filter(|row| !row.contains(institution));
        others.map(|row| format!("{row}\n")).collect()
    }

    pub(crate) async fn dump_of(&self, tables: &[&str]) -> String {
        let mut database = self.database().await;
        let mut text = String::new();
        for table in tables {
            for row in database.rows(table).await {
                text += &format!("{table}|{row}\n");
            }
        }
        text
    }

    /// The whole number that `sql` asks for.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT CAST(({sql}) AS BIGINT)"));
        match self.database().await {
            Database::Sqlite(mut native) => {
                let row = sqlx::query(sql).fetch_one(&mut native).await;
                row.expect("a row").get(0)
            }
            Database::Postgres(mut native) => {
                let row = sqlx::query(sql).fetch_one(&mut native).await;
                row.expect("a row").get(0)
            }
        }
    }

    /// Keeps tokens from being changed until the holder is let go.
    pub(crate) async fn hold(&self) -> Database {
        let mut database = self.database().await;
        database
            .run(
                ["BEGIN IMMEDIATE"],
                ["BEGIN", "LOCK TABLE tokens IN SHARE MODE"],
            )
            .await;
        database
    }

    pub(crate) async fn database(&self) -> Database {
        match &self.config.database {
            Some(Place::Server(options)) => Database::Postgres(
                PgConnection::connect_with(options)
                    .await
                    .expect("the server"),
            ),
            _ => {
                let path = self.config.data.join("issuer.sqlite");
                let address = format!("sqlite://{}", path.display());
                Database::Sqlite(SqliteConnection::connect(&address).await.expect("the file"))
            }
        }
    }
}

impl Database {
    /// Lets go of what [`World::hold`] took.
    pub(crate) async fn let_go(&mut self) {
        self.run(["ROLLBACK"], ["ROLLBACK"]).await;
    }

    /// Runs the one or the other.
    pub(crate) async fn run<const S: usize, const P: usize>(
        &mut self,
        sqlite: [&'static str; S],
        postgres: [&'static str; P],
    ) {
        match self {
            Self::Sqlite(native) => {
                for sql in sqlite {
                    sqlx::query(sql).execute(&mut *native).await.expect(sql);
                }
            }
            Self::Postgres(native) => {
                for sql in postgres {
                    sqlx::query(sql).execute(&mut *native).await.expect(sql);
                }
            }
        }
    }

    /// Whether the database does not do it.
    pub(crate) async fn refuses(&mut self, sql: &'static str) -> bool {
        match self {
            Self::Sqlite(native) => sqlx::query(sql).execute(native).await.is_err(),
            Self::Postgres(native) => sqlx::query(sql).execute(native).await.is_err(),
        }
    }

    async fn rows(&mut self, table: &str) -> Vec<String> {
        match self {
            Self::Sqlite(native) => {
                let columns = format!("SELECT name FROM pragma_table_info('{table}')");
                let columns = sqlx::query(sqlx::AssertSqlSafe(columns))
                    .fetch_all(&mut *native)
                    .await
                    .expect("columns");
                let quoted: Vec<String> = columns
                    .iter()
                    .map(|row| format!("quote({})", row.get::<String, _>(0)))
                    .collect();
                let sql = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join("||'|'||"));
                let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                    .fetch_all(&mut *native)
                    .await;
                rows.expect("rows").iter().map(|row| row.get(0)).collect()
            }
            Self::Postgres(native) => {
                let sql = format!("SELECT t::text FROM {table} t ORDER BY 1");
                let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
                    .fetch_all(&mut *native)
                    .await;
                rows.expect("rows").iter().map(|row| row.get(0)).collect()
            }
        }
    }
}
