//! A table full of tokens in use. One is set up and registered over the interface; the others are its
//! row again, each with a serial, a customer, a device and secrets of its own, sealed by the service's
//! keys as its set-up does.

use rand_core::OsRng;
use sha2::{Digest, Sha256};
use skts_issuer::ServiceKeys;
use skts_provisioning::wire::paths;
use skts_sealed::FieldWriter;

use super::client;
use super::world::database::Database;
use super::world::{SHINKIN, Token, World, verify_body};

/// Rows in one statement.
const BATCH: usize = 10_000;
/// $1 serial, $2 customer, $3 secrets, $4 device, $5 version of the master key, $6 the first token.
const COLUMNS: &str = "INSERT INTO tokens
    (serial, institution_id, subscriber_ref, state, secrets, key_version, policy, level, device_id,
     device_label, match_number, started_at, expires_at, confirmed_at, registered_at, lapses_at,
     last_step, kind)";

/// Tokens numbered from 0.
pub(crate) struct Tokens {
    first: Token,
    pub(crate) count: usize,
}

/// What is a row's own.
struct Row {
    serial: String,
    subscriber: String,
    secrets: Vec<u8>,
    device_id: Vec<u8>,
}

impl Tokens {
    /// Adds so many tokens to the world's; each can be verified now.
    pub(crate) async fn fill(world: &World, count: usize) -> Self {
        let first = world.active("first").await;
        let keys = ServiceKeys::open(&world.config.data, None).expect("keys");
        let mut database = world.database().await;
        database
            .run(["BEGIN"], ["SET synchronous_commit = off"])
            .await;
        for start in (0..count).step_by(BATCH) {
            let mut version = 0;
            let rows: Vec<Row> = (start..count.min(start + BATCH))
                .map(|number| {
                    let (row, sealed_under) = row(&keys, number);
                    version = sealed_under;
                    row
                })
                .collect();
            insert(&mut database, &first.serial, version, &rows).await;
            if (start + BATCH).is_multiple_of(100_000) {
                eprintln!("{} tokens are in the table", start + BATCH);
            }
        }
        database.run(["COMMIT"], ["VACUUM (ANALYZE) tokens"]).await;
        Self { first, count }
    }

    pub(crate) fn token(&self, number: usize) -> Token {
        Token {
            serial: serial(number),
            seed: secret(number, "seed"),
            signing_key: secret(number, "signing key"),
            ..self.first.clone()
        }
    }

    /// A call by which the bank has this token's code of `time` verified.
    pub(crate) fn request(&self, world: &World, number: usize, time: u64) -> Vec<u8> {
        let code = self.token(number).code(time);
        let body = verify_body(&subscriber(number), &code).to_string();
        client::request(paths::RP_TOKEN_VERIFY, &body, Some(world.api_key(SHINKIN)))
    }
}

/// The customer whose token it is.
pub(crate) fn subscriber(number: usize) -> String {
    format!("customer-{number}")
}

fn serial(number: usize) -> String {
    format!("BENCH{number:07}")
}

/// Known secrets, so that none has to be kept.
fn secret(number: usize, name: &str) -> Vec<u8> {
    Sha256::digest(format!("{name} of token {number}")).to_vec()
}

fn row(keys: &ServiceKeys, number: usize) -> (Row, i64) {
    let serial = serial(number);
    let secrets = FieldWriter::new()
        .bytes(&secret(number, "seed"))
        .bytes(&secret(number, "signing key"))
        .bytes(&secret(number, "ratchet"))
        .finish();
    let (secrets, version) = keys.seal_token(&serial, SHINKIN, &secrets, &mut OsRng);
    let row = Row {
        serial,
        subscriber: subscriber(number),
        secrets,
        device_id: secret(number, "device"),
    };
    (row, version)
}

async fn insert(database: &mut Database, first: &str, version: i64, rows: &[Row]) {
    let select = |own: [&str; 4], from: &str| {
        let [serial, subscriber, secrets, device] = own;
        sqlx::AssertSqlSafe(format!(
            "{COLUMNS}
             SELECT {serial}, institution_id, {subscriber}, state, {secrets}, $5, policy, level,
                    {device}, device_label, match_number, started_at, expires_at, confirmed_at,
                    registered_at, lapses_at, last_step, kind
             FROM {from} WHERE tokens.serial = $6"
        ))
    };
    match database {
        Database::Sqlite(native) => {
            for row in rows {
                sqlx::query(select(["$1", "$2", "$3", "$4"], "tokens"))
                    .bind(&row.serial)
                    .bind(&row.subscriber)
                    .bind(&row.secrets)
                    .bind(&row.device_id)
                    .bind(version)
                    .bind(first)
                    .execute(&mut *native)
                    .await
                    .expect("a row");
            }
        }
        Database::Postgres(native) => {
            let arrays = "tokens, UNNEST($1::text[], $2::text[], $3::bytea[], $4::bytea[])
                                      AS own (serial, subscriber, secrets, device)";
            let own = ["own.serial", "own.subscriber", "own.secrets", "own.device"];
            let column = |of: fn(&Row) -> &str| rows.iter().map(of).collect::<Vec<_>>();
            let bytes = |of: fn(&Row) -> &[u8]| rows.iter().map(of).collect::<Vec<_>>();
            sqlx::query(select(own, arrays))
                .bind(column(|row| &row.serial))
                .bind(column(|row| &row.subscriber))
                .bind(bytes(|row| &row.secrets))
                .bind(bytes(|row| &row.device_id))
                .bind(version)
                .bind(first)
                .execute(&mut *native)
                .await
                .expect("rows");
        }
    }
}
