//! A PostgreSQL of a test's own, to be stopped and started again: the one that the tests were given
//! serves others too.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

const PASSWORD: &str = "for-this-test-only";
/// Whom root starts the server as: the user of Debian's package.
const USER: &str = "postgres";

/// How a server is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Transactions are given up and clients told.
    Fast,
    /// As a power cut: nobody is told, and the server recovers at its next start.
    Immediate,
}

/// The server. Dropped, it ends and its folder goes.
pub(crate) struct Server {
    running: Option<Child>,
    folder: TempDir,
    port: u16,
}

impl Server {
    /// A new, empty one; none if these tests were not given a PostgreSQL at all.
    pub(crate) fn start() -> Option<Self> {
        if !super::database::is_on_a_server() {
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("a file");
        let cluster = folder.path().join("cluster");
        std::fs::create_dir(&cluster).expect("a folder");
        if is_root() {
            let mut chown = Command::new("chown");
            chown
                .args([USER])
                .args([folder.path(), &cluster, &password]);
            assert!(chown.status().expect("chown").success());
        }
        let made = program("initdb")
            .args(["--auth=scram-sha-256", "--username=skts", "--encoding=UTF8"])
            .args(["--locale=C", "--no-sync", "--pgdata"])
            .arg(&cluster)
            .arg(format!("--pwfile={}", password.display()))
            .output()
            .expect("initdb");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{said}");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let mut server = Self {
            running: None,
            folder,
            port,
        };
        server.go_on();
        Some(server)
    }

    /// Its address for a client.
    pub(crate) fn address(&self) -> String {
        let port = self.port;
        format!("postgres://skts:{PASSWORD}@127.0.0.1:{port}/postgres")
    }

    /// Starts it, again, and waits until it answers.
    pub(crate) fn go_on(&mut self) {
        let cluster = self.cluster();
        let log = std::fs::File::create(self.folder.path().join("log")).expect("a log");
        let server = program("postgres")
            .arg("-D")
            .arg(&cluster)
            .arg("-k")
            .arg(&cluster)
            .args(["-h", "127.0.0.1", "-p", &self.port.to_string()])
            // Its processes are killed here, not its machine.
            .args(["-c", "fsync=off"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres");
        self.running = Some(server);
        let ready = cluster.join("postmaster.pid");
        for _ in 0..600 {
            let text = std::fs::read_to_string(&ready).unwrap_or_default();
            if text
                .lines()
                .last()
                .is_some_and(|line| line.trim() == "ready")
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.path().join("log"));
        panic!("postgres was not ready within 30 seconds: {log:?}");
    }

    /// Stops it and waits until it is gone.
    pub(crate) fn stop(&mut self, how: Stop) {
        let Some(mut server) = self.running.take() else {
            return;
        };
        let signal = match how {
            Stop::Fast => "-INT",
            Stop::Immediate => "-QUIT",
        };
        let asked = Command::new("kill")
            .args([signal, &server.id().to_string()])
            .status();
        assert!(asked.expect("kill").success());
        server.wait().expect("an end");
    }

    fn cluster(&self) -> PathBuf {
        self.folder.path().join("cluster")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop(Stop::Fast);
    }
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// A program of PostgreSQL: on the search path, or where Debian keeps it. It refuses to run as root.
fn program(name: &str) -> Command {
    let kept = std::fs::read_dir("/usr/lib/postgresql");
    let kept = kept.into_iter().flatten().flatten();
    let found = kept
        .map(|version| version.path().join("bin").join(name))
        .find(|file| file.is_file());
    let found = found.unwrap_or_else(|| Path::new(name).to_owned());
    if !is_root() {
        return Command::new(found);
    }
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", USER, "--regid", USER, "--clear-groups"])
        .arg(found);
    // Where root stands may be closed to others.
    command.current_dir("/");
    command
}
