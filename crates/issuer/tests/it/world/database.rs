//! What stands in the database, read beside the service.

use sqlx::{Connection, Row};

use super::World;

impl World {
    /// Every row of every table, as text.
    pub(crate) async fn dump(&self) -> String {
        self.dump_of(&[
            "institutions",
            "relying_parties",
            "activations",
            "activation_begins",
            "self_hellos",
            "grants",
            "tokens",
            "rp_calls",
            "registration_tries",
        ])
        .await
    }

    pub(crate) async fn dump_of(&self, tables: &[&str]) -> String {
        let mut database = self.database().await;
        let mut text = String::new();
        for table in tables {
            let columns = format!("SELECT name FROM pragma_table_info('{table}')");
            let columns = sqlx::query(sqlx::AssertSqlSafe(columns))
                .fetch_all(&mut database)
                .await
                .expect("columns");
            let quoted: Vec<String> = columns
                .iter()
                .map(|row| format!("quote({})", row.get::<String, _>(0)))
                .collect();
            let rows = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join("||'|'||"));
            for row in sqlx::query(sqlx::AssertSqlSafe(rows))
                .fetch_all(&mut database)
                .await
                .expect("rows")
            {
                text += &format!("{table}|{}\n", row.get::<String, _>(0));
            }
        }
        text
    }

    pub(crate) async fn number(&self, sql: &'static str) -> i64 {
        let mut database = self.database().await;
        sqlx::query(sql)
            .fetch_one(&mut database)
            .await
            .expect("a row")
            .get(0)
    }

    async fn database(&self) -> sqlx::SqliteConnection {
        let path = self.folder.path().join("data/issuer.sqlite");
        sqlx::SqliteConnection::connect(&format!("sqlite://{}?mode=ro", path.display()))
            .await
            .expect("the database")
    }
}
