//! The program ends when it is asked to, whoever is still connected.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

fn issuer(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skts-issuer"));
    command
        .arg("--data")
        .arg(folder.join("data"))
        .stderr(Stdio::null());
    command
}

/// Starts the service, which gives open connections a second; returns it and where it listens.
fn serve(folder: &Path) -> (Child, String) {
    assert!(issuer(folder).arg("init").status().unwrap().success());
    let config = folder.join("issuer.toml");
    std::fs::write(&config, "end_within_secs = 1\n").unwrap();
    let mut service = issuer(folder)
        .arg("--config")
        .arg(config)
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let address = line.trim().rsplit("//").next().unwrap().to_owned();
    (service, address)
}

fn ask_to_end(service: &Child) {
    let pid = service.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
}

/// Whether it ended by itself, with success, within 10 seconds. It is ended in any case.
fn ended(service: &mut Child) -> bool {
    for _ in 0..100 {
        if let Some(status) = service.try_wait().unwrap() {
            return status.success();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    service.kill().unwrap();
    service.wait().unwrap();
    false
}

#[test]
fn a_half_sent_request_does_not_keep_the_service_from_ending() {
    let folder = tempfile::tempdir().unwrap();
    let (mut service, address) = serve(folder.path());
    let mut slow = TcpStream::connect(&address).unwrap();
    slow.write_all(b"POST /v1/provisioning/confirm HTTP/1.1\r\nhost: l\r\ncontent-le")
        .unwrap();
    // Answered after the slow one was taken in: it does stand in the way.
    let mut other = TcpStream::connect(&address).unwrap();
    other
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: l\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    ask_to_end(&service);
    assert!(ended(&mut service), "still there 10 seconds later");
    drop(slow);
}

#[test]
fn what_was_written_before_the_end_is_there_after_a_start() {
    let folder = tempfile::tempdir().unwrap();
    let (mut service, _) = serve(folder.path());
    let samples = issuer(folder.path())
        .args(["institution", "samples"])
        .stdout(Stdio::null())
        .status();
    assert!(samples.unwrap().success());
    ask_to_end(&service);
    assert!(ended(&mut service));
    let list = folder.path().join("list.json");
    let written = issuer(folder.path())
        .args([
            "institution",
            "list-file",
            "--address",
            "http://127.0.0.1:1",
            "--out",
        ])
        .arg(&list)
        .status();
    assert!(written.unwrap().success());
    let list = std::fs::read_to_string(list).unwrap();
    let list =
        skts_provisioning::institution::SignedList::verify_outside(&list).expect("a good list");
    assert_eq!(list.institutions.len(), 3);
}
