//! The program itself: what it prints, serves and refuses to do.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

fn program(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skts-sample-bank"));
    command.arg("--data").arg(data);
    command
}

fn serve(folder: &Path, more: &[&str]) -> Command {
    std::fs::write(folder.join("key"), "bank-key\n").unwrap();
    let mut command = program(&folder.join("data"));
    command
        .arg("serve")
        .arg("--api-key-file")
        .arg(folder.join("key"));
    command
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_demonstration_says_its_customers_and_serves_its_pages() {
    let folder = TempDir::new().unwrap();
    let more = [
        "--listen",
        "127.0.0.1:0",
        "--issuer",
        "http://127.0.0.1:1",
        "--demo",
    ];
    let mut running = Running(serve(folder.path(), &more).spawn().unwrap());
    let mut lines = BufReader::new(running.0.stdout.take().unwrap()).lines();
    let mut said = String::new();
    let address = loop {
        let line = lines.next().unwrap().unwrap();
        if let Some(address) = line.strip_prefix("listening on ") {
            break address.to_owned();
        }
        said.push_str(&line);
    };
    for sample in skts_sample_bank::SAMPLES {
        assert!(said.contains(sample.contract_id) && said.contains(sample.login_password));
    }
    let mut page = ureq::get(format!("{address}/static/feature.css"))
        .call()
        .unwrap();
    assert!(
        page.body_mut()
            .read_to_string()
            .unwrap()
            .contains("font-size")
    );
    let mode = std::fs::metadata(folder.path().join("data"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700, "others may read the bank's database");
}

fn refused(folder: &Path, more: &[&str]) -> String {
    let Output { status, stderr, .. } = serve(folder, more).output().unwrap();
    assert!(!status.success(), "{more:?}");
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_demonstration_for_the_network_and_a_key_in_the_clear_are_refused() {
    let folder = TempDir::new().unwrap();
    let more = [
        "--listen",
        "0.0.0.0:0",
        "--issuer",
        "http://127.0.0.1:1",
        "--demo",
    ];
    assert!(refused(folder.path(), &more).contains("--demo"));
    for issuer in [
        "http://issuer.example",
        "http://127.0.0.1.example",
        "ftp://127.0.0.1",
    ] {
        let more = ["--listen", "127.0.0.1:0", "--issuer", issuer];
        assert!(
            refused(folder.path(), &more).contains("--issuer"),
            "{issuer}"
        );
    }
}

#[test]
fn a_customer_is_added_once_and_only_whole() {
    let folder = TempDir::new().unwrap();
    let add = |contract_id: &str, passwords: &str| {
        let mut command = program(folder.path());
        command.args([
            "customer",
            "add",
            "--contract-id",
            contract_id,
            "--name",
            "見本　三郎",
        ]);
        command.args(["--mail", "saburo@example.jp", "--phone", "0312345678"]);
        command.stdin(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(passwords.as_bytes())
            .unwrap();
        child.wait_with_output().unwrap().status.success()
    };
    assert!(add("1000000044", "mihon44\n0123456789\n"));
    assert!(!add("1000000044", "mihon44\n0123456789\n"), "added twice");
    assert!(
        !add("1000000055", "mihon55\n"),
        "without a transfer password"
    );
    assert!(!add("1000000055", "mihon55\n012345678\n"), "nine digits");
    assert!(!add("12", "mihon55\n0123456789\n"), "a short contract id");
}

#[test]
fn devices_are_made_into_a_new_file_that_only_its_owner_reads() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("cards.csv");
    let make = || {
        let mut command = program(&folder.path().join("data"));
        command
            .args(["demo-cards", "--count", "2", "--out"])
            .arg(&out);
        command.output().unwrap()
    };
    assert!(make().status.success());
    let csv = std::fs::read_to_string(&out).unwrap();
    assert_eq!(csv.lines().count(), 3);
    let mode = std::fs::metadata(&out).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let again = make();
    assert!(!again.status.success(), "an older table is written over");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), csv);
}
