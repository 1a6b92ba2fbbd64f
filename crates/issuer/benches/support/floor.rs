//! The least a verifier can do: a bare handler with the one conditional UPDATE, on the same database
//! at the same durability.

use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use skts_issuer::Place;
use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

use super::client;
use super::world::World;

const UPDATE: &str = "UPDATE floor SET last_step = $2 WHERE id = $1 AND last_step < $2";
const ACCEPTED: &str = "SELECT CAST(sum(last_step) AS BIGINT) FROM floor";

/// A table of its own beside the world's.
#[derive(Clone)]
pub(crate) enum Floor {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[derive(Deserialize)]
struct FloorRequest {
    id: i64,
    step: i64,
}

#[derive(Serialize)]
struct FloorAnswer {
    accepted: bool,
}

impl Floor {
    /// A table of so many rows.
    pub(crate) async fn beside(world: &World, rows: usize) -> Self {
        let rows = i64::try_from(rows).expect("a count");
        match &world.config.database {
            Some(Place::Server(options)) => {
                let pool = PgPoolOptions::new()
                    .max_connections(16)
                    .test_before_acquire(false)
                    .connect_with((**options).clone().options([("synchronous_commit", "on")]))
                    .await
                    .expect("the server");
                // Room in each page, as the service's table has.
                let table = "CREATE TABLE floor (id BIGINT PRIMARY KEY, last_step BIGINT NOT NULL)
                             WITH (fillfactor = 70)";
                let fill = "INSERT INTO floor SELECT n, 0 FROM generate_series(0, $1 - 1) AS n";
                sqlx::query(table).execute(&pool).await.expect("a table");
                let filled = sqlx::query(fill).bind(rows).execute(&pool).await;
                filled.expect("rows");
                // Nothing of either table is still on its way to the disk when a turn begins.
                for sql in ["VACUUM (ANALYZE) floor", "CHECKPOINT"] {
                    sqlx::query(sql).execute(&pool).await.expect(sql);
                }
                Self::Postgres(pool)
            }
            _ => {
                let options = SqliteConnectOptions::new()
                    .filename(world.config.data.join("floor.sqlite"))
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full);
                let pool = SqlitePoolOptions::new()
                    .max_connections(1)
                    .test_before_acquire(false)
                    .connect_with(options)
                    .await
                    .expect("a file");
                let table =
                    "CREATE TABLE floor (id INTEGER PRIMARY KEY, last_step BIGINT NOT NULL)";
                let fill = "WITH RECURSIVE number(n) AS
                                (SELECT 0 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $1)
                            INSERT INTO floor SELECT n, 0 FROM number";
                sqlx::query(table).execute(&pool).await.expect("a table");
                let filled = sqlx::query(fill).bind(rows).execute(&pool).await;
                filled.expect("rows");
                Self::Sqlite(pool)
            }
        }
    }

    pub(crate) fn router(&self) -> Router {
        Router::new()
            .route("/verify", post(verify))
            .with_state(self.clone())
    }

    /// A call that is accepted if the row's last step was the one before.
    pub(crate) fn request(id: usize, step: usize) -> Vec<u8> {
        let body = json!({ "id": id, "step": step }).to_string();
        client::request("/verify", &body, None)
    }

    /// How many steps were taken.
    pub(crate) async fn accepted(&self) -> i64 {
        let accepted = match self {
            Self::Sqlite(pool) => sqlx::query_scalar(ACCEPTED).fetch_one(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(ACCEPTED).fetch_one(pool).await,
        };
        accepted.expect("a sum")
    }
}

async fn verify(
    State(floor): State<Floor>,
    Json(FloorRequest { id, step }): Json<FloorRequest>,
) -> Json<FloorAnswer> {
    let changed = match floor {
        Floor::Sqlite(pool) => {
            let done = sqlx::query(UPDATE).bind(id).bind(step).execute(&pool).await;
            done.expect("an update").rows_affected()
        }
        Floor::Postgres(pool) => {
            let done = sqlx::query(UPDATE).bind(id).bind(step).execute(&pool).await;
            done.expect("an update").rows_affected()
        }
    };
    Json(FloorAnswer {
        accepted: changed == 1,
    })
}
