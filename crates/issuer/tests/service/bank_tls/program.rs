//! The program itself: it starts with these files, or does not, and takes its keys from the command
//! line.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use axum::http::StatusCode;
use serde_json::Value;
use skts_provisioning::wire::paths;

use super::BODY;
use super::peers::{House, set_mode, write};
use crate::world::{SHINKIN, World};

fn program(world: &World, house: &House) -> Command {
    let tls = &house.config;
    let shown = |path: &Path| path.to_str().unwrap().to_owned();
    let config = format!(
        "[bank_tls]\nlisten = \"{}\"\ncertificate = {:?}\nkey = {:?}\nclient_ca = {:?}\n",
        tls.listen,
        shown(&tls.certificate),
        shown(&tls.key),
        shown(&tls.client_ca)
    );
    let config = write(house.folder.path(), "issuer.toml", &config);
    let mut command = Command::new(env!("CARGO_BIN_EXE_skts-issuer"));
    command.arg("--config").arg(config);
    command.arg("--data").arg(&world.config.data);
    if let Some(server) = &world.server {
        command.env("SKTS_ISSUER_DATABASE", server);
    }
    command
}

/// A running service. Dropped, it ends.
struct Running(Child);

impl Running {
    fn ends_when_asked(&mut self) -> bool {
        let pid = self.0.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(asked.unwrap().success());
        for _ in 0..100 {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.success();
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts the service; where banks find it, or what it said when it did not start.
fn started(world: &World, house: &House) -> Result<(Running, SocketAddr), String> {
    let mut service = program(world, house);
    service.args(["serve", "--listen", "127.0.0.1:0"]);
    service.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut service = Running(service.spawn().unwrap());
    let said = |from: &mut dyn Read| {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    };
    let mut output = BufReader::new(service.0.stdout.take().unwrap());
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    let Some(address) = line
        .trim()
        .strip_prefix("banks over mutual TLS on https://")
    else {
        assert_eq!(line, "", "it listens for others first");
        assert!(!service.0.wait().unwrap().success());
        return Err(said(&mut service.0.stderr.take().unwrap()));
    };
    let address = address.parse().unwrap();
    // Until it serves.
    output.read_line(&mut line).unwrap();
    assert!(line.contains("listening on"), "{line}");
    Ok((service, address))
}

fn key_add(world: &World, house: &House, name: &str, certificate: &PathBuf) -> Option<Value> {
    let mut command = program(world, house);
    command.args(["key", "add", "--institution", SHINKIN, "--scopes", "read"]);
    command
        .args(["--name", name, "--certificate"])
        .arg(certificate);
    let output = command.output().unwrap();
    output
        .status
        .success()
        .then(|| serde_json::from_slice(&output.stdout).unwrap())
}

#[tokio::test]
async fn the_program_does_not_start_with_a_private_key_that_others_can_read() {
    let (world, house) = (World::new().await, House::new());
    set_mode(&house.config.key, 0o640);
    let said = started(&world, &house).err().expect("not started");
    assert!(said.contains("run `chmod 600` on it"), "{said}");
    assert!(said.contains("service.key"), "{said}");
    set_mode(&house.config.key, 0o600);
    assert!(started(&world, &house).is_ok());
}

#[tokio::test]
async fn a_key_made_for_a_certificate_is_good_at_the_running_program() {
    let (world, house) = (World::new().await, House::new());
    let (own, others) = (house.banks.bank(), house.banks.bank());
    let file = write(house.folder.path(), "bank.pem", &own.pem());
    let key = key_add(&world, &house, "tls", &file).expect("a key");
    assert_eq!(key["x5t#S256"], own.thumbprint().to_string());
    let both = write(
        house.folder.path(),
        "both.pem",
        &(own.pem() + &others.pem()),
    );
    assert!(key_add(&world, &house, "two", &both).is_none());
    let (mut running, address) = started(&world, &house).expect("started");
    let key = key["api_key"].as_str().expect("a key");
    for (paper, status) in [(&own, StatusCode::OK), (&others, StatusCode::UNAUTHORIZED)] {
        let program = house.program(address, Some(paper));
        let answer = program.call(paths::RP_TOKEN_STATE, BODY, key).await;
        assert_eq!(answer.status, status);
    }
    // A bank that keeps its connection does not keep the service from ending.
    let _idle = house.program(address, Some(&own)).connect().await.unwrap();
    assert!(running.ends_when_asked(), "still there 10 seconds later");
}
