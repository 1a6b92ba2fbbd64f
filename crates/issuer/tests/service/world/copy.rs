//! The database copied while it is in use, and put back beside the key files, as an operator does it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::{SetClock, World, database, open};

/// A copy of a world's database.
pub(crate) struct Copy {
    _folder: TempDir,
    pub(crate) file: PathBuf,
}

impl World {
    /// Copies the database: SQLite by `skts-issuer backup`, PostgreSQL by `pg_dump`.
    pub(crate) async fn back_up(&self) -> Copy {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("copy");
        let mut command = match &self.server {
            Some(server) => {
                let mut command = Command::new("pg_dump");
                command.args(["--format=custom", "--no-owner", "--dbname", server]);
                command.arg(format!("--schema={}", database::schema_of(server)));
                command.arg("--file").arg(&file);
                command
            }
            None => {
                let mut command = Command::new(env!("CARGO_BIN_EXE_skts-issuer"));
                command.arg("backup").arg("--data").arg(&self.config.data);
                command.arg("--out").arg(&file);
                command
            }
        };
        // Not on a thread of the runtime: who writes meanwhile goes on.
        let done = tokio::task::spawn_blocking(move || command.output()).await;
        succeeded(&done.expect("a task").expect("a program"));
        Copy {
            _folder: folder,
            file,
        }
    }

    /// The service as it is with the copy put back: another folder, this one's key files and clock.
    pub(crate) async fn put_back(&self, copy: &Copy) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = self.config.clone();
        config.data = folder.path().join("data");
        std::fs::create_dir(&config.data).expect("a folder");
        for file in std::fs::read_dir(&self.config.data).expect("a folder") {
            let file = file.expect("a file").path();
            let name = file.file_name().expect("a name").to_owned();
            let is_key = name.to_string_lossy().ends_with(".sealed") || name == "master.key";
            if is_key {
                std::fs::copy(&file, config.data.join(name)).expect("a key file");
            }
        }
        let server = match &self.server {
            Some(server) => Some(restore(server, &copy.file).await),
            None => {
                let database = config.data.join("issuer.sqlite");
                std::fs::copy(&copy.file, database).expect("the copy");
                None
            }
        };
        config.database = server
            .as_deref()
            .map(|address| address.parse().expect("an address"));
        let clock = SetClock(self.clock.0.clone());
        let issuer = open(&config, &clock).await;
        let router = super::router(issuer.clone());
        Self {
            _folder: folder,
            server,
            issuer,
            router,
            config,
            clock,
            banks: self.banks.clone(),
        }
    }
}

/// Restores `copy` into a new database of the same server; returns its address.
async fn restore(server: &str, copy: &Path) -> String {
    let address = database::new_database(server).await;
    let mut command = Command::new("pg_restore");
    command.args(["--no-owner", "--exit-on-error", "--dbname", &address]);
    succeeded(&command.arg(copy).output().expect("pg_restore"));
    address
}

fn succeeded(output: &std::process::Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
}
