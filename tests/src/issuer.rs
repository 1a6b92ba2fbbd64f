//! The token service as a process of its own, and a bank that calls it over HTTP.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

pub use self::bank::{Bank, Reply, request_id};
use crate::clock::wait_for;
use crate::machine::{Disk, Machine};
use crate::process::{Running, leashed, log_to};
use crate::programs::program;
use crate::sandbox::Sandbox;

mod bank;

/// 見本信用金庫: self-provisioned, 6 digits, 30 s, `SKTS` serial.
pub const SHINKIN: &str = "mihon-shinkin";
/// 見本信用組合: activated, 8 digits, 60 s, 9-digit serial.
pub const SHINKUMI: &str = "mihon-shinkumi";
/// 見本信用金庫連合: activated, 6 or 8 digits, 30 s, `SKTS` serial.
pub const RENGO: &str = "mihon-rengo";

/// A running token service with the three sample institutions.
#[derive(Debug)]
pub struct Issuer {
    data: PathBuf,
    log: PathBuf,
    port: u16,
    server: Option<Running>,
    institutions: BTreeMap<String, Institution>,
}

#[derive(Clone, Debug)]
struct Institution {
    service_id: String,
    api_key: String,
}

/// An activation as the bank hands it to its customer.
#[derive(Clone, Debug)]
pub struct Activation {
    /// 8 digits.
    pub service_id: String,
    /// 12 digits.
    pub user_id: String,
    /// 4 to 8 digits, chosen by the customer at issue.
    pub password: String,
}

impl Issuer {
    /// Sets up a service with the sample institutions in `sandbox` and starts it on a free port.
    ///
    /// # Errors
    /// When a program fails; its words are in the message.
    pub fn start(sandbox: &Sandbox) -> Result<Self> {
        let data = sandbox.join("issuer");
        run(issuer_command(sandbox)?.args(["init", "--data"]).arg(&data))?;
        let samples = run(issuer_command(sandbox)?
            .args(["institution", "samples", "--data"])
            .arg(&data))?;
        let samples: Value =
            serde_json::from_str(&samples).context("`institution samples` printed no JSON")?;
        let mut issuer = Self {
            data,
            log: sandbox.join("logs/issuer.log"),
            port: 0,
            server: None,
            institutions: BTreeMap::new(),
        };
        for entry in samples["institutions"].as_array().into_iter().flatten() {
            issuer.institutions.insert(
                text(entry, "id")?,
                Institution {
                    service_id: text(entry, "service_id")?,
                    api_key: text(entry, "api_key")?,
                },
            );
        }
        issuer.serve(sandbox)?;
        Ok(issuer)
    }

    /// Starts the server if it is not running; after the first time on the same port again.
    ///
    /// # Errors
    /// When it does not begin to listen within 20 seconds.
    pub fn serve(&mut self, sandbox: &Sandbox) -> Result<()> {
        self.serve_by(sandbox, &program("skts-issuer")?)
    }

    /// As [`Issuer::serve`], on `machine`, which is made in `sandbox`.
    ///
    /// # Errors
    /// As [`Issuer::serve`], and when the machine cannot be made.
    pub fn serve_on(&mut self, sandbox: &Sandbox, machine: &Machine) -> Result<()> {
        let wrapped = machine.wrap(&program("skts-issuer")?, &sandbox.join("issuer-machine"))?;
        self.serve_by(sandbox, &wrapped)
    }

    fn serve_by(&mut self, sandbox: &Sandbox, program: &Path) -> Result<()> {
        let ready = sandbox.join("issuer-ready");
        let _ = fs::remove_file(&ready);
        let mut command = leashed(program);
        sandbox.dress(&mut command);
        command.args(["serve", "--data"]).arg(&self.data);
        command
            .arg("--listen")
            .arg(format!("127.0.0.1:{}", self.port));
        command.arg("--ready-file").arg(&ready);
        log_to(&mut command, &self.log)?;
        let mut server = Running::start("skts-issuer", &mut command)?;
        self.port = wait_for(
            Duration::from_secs(20),
            "the token service to listen",
            || {
                if let Some(status) = server.poll()? {
                    bail!("skts-issuer ended with {status}: {}", tail(&self.log));
                }
                let line = fs::read_to_string(&ready).unwrap_or_default();
                Ok(line
                    .trim()
                    .rsplit(':')
                    .next()
                    .and_then(|port| port.parse().ok()))
            },
        )?;
        self.server = Some(server);
        Ok(())
    }

    /// Ends the server as an operator does.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop(&mut self) -> Result<()> {
        match self.server.take() {
            Some(mut server) => server.end(),
            None => Ok(()),
        }
    }

    /// Kills the server as a power cut does.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill(&mut self) -> Result<()> {
        match self.server.take() {
            Some(mut server) => server.kill(),
            None => Ok(()),
        }
    }

    /// The disk under `folder` of the machine that the server runs on.
    ///
    /// # Errors
    /// When it does not run.
    pub fn disk(&self, folder: &Path) -> Result<Disk> {
        let server = self.server.as_ref().context("the service does not run")?;
        Ok(Disk::of(server.pid(), folder))
    }

    /// `127.0.0.1:PORT`.
    pub fn upstream(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://{}", self.upstream())
    }

    /// The running service's process id.
    ///
    /// # Errors
    /// When it does not run.
    pub fn pid(&self) -> Result<u32> {
        let server = self.server.as_ref().context("the service does not run")?;
        Ok(server.pid())
    }

    /// The service's folder.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// What the service wrote to its log.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Writes the signed institution list for the app, with `address` as where the service is.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn list_file(&self, sandbox: &Sandbox, address: &str, name: &str) -> Result<PathBuf> {
        let out = sandbox.join(name);
        run(issuer_command(sandbox)?
            .args(["institution", "list-file", "--data"])
            .arg(&self.data)
            .args(["--address", address, "--out"])
            .arg(&out))?;
        Ok(out)
    }

    /// Runs `skts-issuer` with `arguments` and this service's folder.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn operate(&self, sandbox: &Sandbox, arguments: &[&str]) -> Result<String> {
        Self::operate_at(sandbox, &self.data, arguments)
    }

    /// Runs `skts-issuer` with `arguments` and the folder `data`.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn operate_at(sandbox: &Sandbox, data: &Path, arguments: &[&str]) -> Result<String> {
        run(issuer_command(sandbox)?
            .args(arguments)
            .arg("--data")
            .arg(data))
    }

    /// Adds the self-provisioned institution `id`, with what `more` says of it, and knows its bank.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn add_institution(
        &mut self,
        sandbox: &Sandbox,
        (id, service_id): (&str, &str),
        (name_ja, name_en): (&str, &str),
        more: &[&str],
    ) -> Result<()> {
        let fixed = [
            ["--id", id],
            ["--service-id", service_id],
            ["--name-ja", name_ja],
            ["--name-en", name_en],
            ["--contact-ja", "見本支店 窓口"],
            ["--contact-en", "Mihon branch desk"],
            ["--policy", "self-provisioned"],
        ];
        let arguments = [&["institution", "add"][..], fixed.as_flattened(), more].concat();
        let added = self.operate(sandbox, &arguments)?;
        let added: Value = serde_json::from_str(&added)?;
        let institution = Institution {
            service_id: service_id.to_owned(),
            api_key: text(&added, "api_key")?,
        };
        self.institutions.insert(id.to_owned(), institution);
        Ok(())
    }

    /// The bank of a sample institution.
    ///
    /// # Errors
    /// When there is no such institution.
    pub fn bank(&self, institution: &str) -> Result<Bank> {
        let Some(known) = self.institutions.get(institution) else {
            bail!("no institution {institution}");
        };
        Ok(Bank::new(self.address(), known.api_key.clone()))
    }

    /// The 8-digit service ID of an institution.
    ///
    /// # Errors
    /// When there is no such institution.
    pub fn service_id(&self, institution: &str) -> Result<&str> {
        self.institutions
            .get(institution)
            .map(|known| known.service_id.as_str())
            .with_context(|| format!("no institution {institution}"))
    }

    /// Every bank key of this service: secrets that must appear in no log.
    pub fn api_keys(&self) -> Vec<String> {
        self.institutions
            .values()
            .map(|known| known.api_key.clone())
            .collect()
    }
}

fn issuer_command(sandbox: &Sandbox) -> Result<Command> {
    Ok(sandbox.command(program("skts-issuer")?))
}

/// Runs a program to its end and gives its output; failing is an error with its words.
pub(crate) fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(
        output.status.success(),
        "{command:?} ended with {}: {}",
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(String::from_utf8(output.stdout)?)
}

fn text(value: &Value, field: &str) -> Result<String> {
    value[field]
        .as_str()
        .map(str::to_owned)
        .with_context(|| format!("the answer has no {field}: {value}"))
}

/// The last lines of `log`, for the message of a failure.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    text.lines()
        .rev()
        .take(5)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .collect::<Vec<_>>()
        .join("\n")
}
