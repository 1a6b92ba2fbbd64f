//! A private PostgreSQL for as long as a ring runs: its own folder, port and password, gone after it.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::run;

/// The environment variable by which tests are told the address.
pub(crate) const ADDRESS: &str = "SKTS_TEST_POSTGRES";
/// What is needed of PostgreSQL; the last two copy a database and put it back, as operators do.
pub(crate) const PROGRAMS: &[&str] = &["initdb", "postgres", "setpriv", "pg_dump", "pg_restore"];

/// A running server. Dropped, it ends and its folder goes.
pub(crate) struct Postgres {
    server: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Postgres {
    /// Starts one; `durable` is as in use, otherwise nothing waits for the disk.
    pub(crate) fn start(durable: bool) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("skts-postgres-")
            .tempdir()?;
        let (cluster, password) = (
            folder.path().join("cluster"),
            folder.path().join("password"),
        );
        fs::create_dir(&cluster)?;
        fs::write(&password, PASSWORD)?;
        if is_root() {
            // The server refuses to run as root.
            hand_over(&[folder.path(), &cluster, &password])?;
        }
        let cluster = cluster.to_str().context("a folder that is no text")?;
        let password = format!("--pwfile={}", password.display());
        let made = as_user("initdb")?
            .args(["--auth=scram-sha-256", "--username=skts", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", &password, "--pgdata", cluster])
            .stdin(Stdio::null())
            .output()
            .context("initdb")?;
        if !made.status.success() {
            bail!("initdb: {}", String::from_utf8_lossy(&made.stderr));
        }
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let durability = if durable { "on" } else { "off" };
        let server = as_user("postgres")?
            .args(["-D", cluster, "-k", cluster, "-h", "127.0.0.1"])
            .args(["-p", &port.to_string(), "-c", "max_connections=300"])
            .args([
                "-c",
                &format!("fsync={durability}"),
                "-c",
                "log_min_messages=fatal",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.path().join("log"))?)
            .spawn()
            .context("postgres")?;
        let mut postgres = Self {
            server,
            folder,
            port,
        };
        postgres.wait_until_it_answers()?;
        Ok(postgres)
    }

    /// Its address for a client.
    pub(crate) fn address(&self) -> String {
        format!(
            "postgres://skts:{PASSWORD}@127.0.0.1:{}/postgres",
            self.port
        )
    }

    fn wait_until_it_answers(&mut self) -> Result<()> {
        // Written last, when connections are taken.
        let ready = self.folder.path().join("cluster/postmaster.pid");
        for _ in 0..300 {
            match fs::read_to_string(&ready) {
                Ok(text)
                    if text
                        .lines()
                        .last()
                        .is_some_and(|line| line.trim() == "ready") =>
                {
                    return Ok(());
                }
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(error.into()),
            }
            if let Some(status) = self.server.try_wait()? {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                bail!("postgres ended with {status}: {log}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("postgres was not ready within 30 seconds")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGINT ends all sessions at once and leaves no shared memory behind.
        let id = self.server.id().to_string();
        let asked = Command::new("kill").args(["-INT", &id]).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.server.kill();
        }
        let _ = self.server.wait();
    }
}

const PASSWORD: &str = "for-this-run-only";
/// Whom root starts the server as: the user of Debian's package.
const USER: &str = "postgres";

fn is_root() -> bool {
    Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn hand_over(paths: &[&Path]) -> Result<()> {
    let done = Command::new("chown").arg(USER).args(paths).status()?;
    if !done.success() {
        bail!("the folder of the test server cannot be given to {USER}");
    }
    Ok(())
}

fn as_user(program: &str) -> Result<Command> {
    let found = run::found(program).with_context(|| format!("{program} is not installed"))?;
    if !is_root() {
        return Ok(Command::new(found));
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
        .arg(found);
    // Where root stands may be closed to others.
    command.current_dir("/");
    Ok(command)
}
