//! The token service as a process of its own, and a bank that calls it over HTTP.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rand_core::{OsRng, RngCore};
use serde_json::{Value, json};

use crate::clock::wait_for;
use crate::process::{Running, leashed, log_to};
use crate::programs::program;
use crate::sandbox::Sandbox;

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
        let ready = sandbox.join("issuer-ready");
        let _ = fs::remove_file(&ready);
        let mut command = leashed(program("skts-issuer")?);
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

    /// `127.0.0.1:PORT`.
    pub fn upstream(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// `http://127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("http://{}", self.upstream())
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
        run(issuer_command(sandbox)?
            .args(arguments)
            .arg("--data")
            .arg(&self.data))
    }

    /// The bank of a sample institution.
    ///
    /// # Errors
    /// When there is no such institution.
    pub fn bank(&self, institution: &str) -> Result<Bank> {
        let Some(known) = self.institutions.get(institution) else {
            bail!("no institution {institution}");
        };
        Ok(Bank {
            base: self.address(),
            api_key: known.api_key.clone(),
        })
    }

    /// Makes `institution`, added by `skts-issuer institution add`, known here.
    pub fn know(&mut self, institution: &str, service_id: &str, api_key: &str) {
        self.institutions.insert(
            institution.to_owned(),
            Institution {
                service_id: service_id.to_owned(),
                api_key: api_key.to_owned(),
            },
        );
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

/// A bank that calls the service's relying-party API.
#[derive(Clone, Debug)]
pub struct Bank {
    base: String,
    api_key: String,
}

impl Bank {
    /// Has an activation issued for `subscriber`, who chose `password`.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn issue_activation(&self, subscriber: &str, password: &str) -> Result<Activation> {
        let answer = self.call(
            "activations/issue",
            &json!({
                "request_id": request_id(),
                "subscriber_ref": subscriber,
                "activation_password": password,
            }),
        )?;
        Ok(Activation {
            service_id: text(&answer, "service_id")?,
            user_id: text(&answer, "user_id")?,
            password: password.to_owned(),
        })
    }

    /// Withdraws an activation.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn withdraw_activation(&self, user_id: &str) -> Result<()> {
        let body = json!({ "request_id": request_id(), "user_id": user_id });
        self.call("activations/withdraw", &body).map(drop)
    }

    /// The state of an activation.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn activation_state(&self, user_id: &str) -> Result<Value> {
        self.call("activations/state", &json!({ "user_id": user_id }))
    }

    /// 利用開始: registers the token `serial`, proved by `code`, for `subscriber`.
    ///
    /// # Errors
    /// When the service refuses the call itself; a refused code is a verdict.
    pub fn register(&self, subscriber: &str, serial: &str, code: &str) -> Result<Value> {
        self.call(
            "tokens/register",
            &json!({
                "request_id": request_id(),
                "subscriber_ref": subscriber,
                "serial": serial,
                "code": code,
            }),
        )
    }

    /// The service's verdict on `code`: `accepted`, `rejected`, `replayed`, `locked`, `unknown`.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn verify(&self, subscriber: &str, code: &str) -> Result<String> {
        self.verify_as(&request_id(), subscriber, code)
    }

    /// As [`Bank::verify`], under a request id of the caller's (32 hexadecimal digits).
    ///
    /// # Errors
    /// As [`Bank::verify`].
    pub fn verify_as(&self, request_id: &str, subscriber: &str, code: &str) -> Result<String> {
        let answer = self.call(
            "tokens/verify",
            &json!({
                "request_id": request_id,
                "subscriber_ref": subscriber,
                "code": code,
                "purpose": "login",
            }),
        )?;
        text(&answer, "verdict")
    }

    /// Puts the token `serial`, with its `code`, in the place of `subscriber`'s; `proof` is the
    /// request id under which the old token's code was verified.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn exchange(
        &self,
        subscriber: &str,
        proof: &str,
        serial: &str,
        code: &str,
    ) -> Result<Value> {
        self.call(
            "tokens/exchange",
            &json!({
                "request_id": request_id(),
                "subscriber_ref": subscriber,
                "proof": proof,
                "serial": serial,
                "code": code,
            }),
        )
    }

    /// Has `subscriber`'s token changed: `unregister`, `suspend` or `resume`.
    ///
    /// # Errors
    /// When the service refuses the call itself.
    pub fn change(&self, subscriber: &str, change: &str) -> Result<Value> {
        let id = request_id();
        let body = json!({ "request_id": id, "subscriber_ref": subscriber, "change": change });
        self.call("tokens/change", &body)
    }

    /// What the service says of `subscriber`'s token.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn token_state(&self, subscriber: &str) -> Result<Value> {
        self.call("tokens/state", &json!({ "subscriber_ref": subscriber }))
    }

    /// Notes that the hardware token `serial` was sent to `subscriber`.
    ///
    /// # Errors
    /// When the service refuses.
    pub fn assign(&self, subscriber: &str, serial: &str) -> Result<Value> {
        let id = request_id();
        let body = json!({ "request_id": id, "subscriber_ref": subscriber, "serial": serial });
        self.call("tokens/assign", &body)
    }

    /// The bank's key, for a program that is this bank. Secret.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    fn call(&self, path: &str, body: &Value) -> Result<Value> {
        let url = format!("{}/v1/rp/{path}", self.base);
        let mut reply = agent()
            .post(&url)
            .header("authorization", &format!("Bearer {}", self.api_key))
            .send_json(body)
            .with_context(|| format!("POST {url}"))?;
        let status = reply.status();
        let text = reply.body_mut().read_to_string()?;
        ensure!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).with_context(|| format!("{path} answered no JSON: {text}"))
    }
}

/// 16 random bytes as 32 hexadecimal digits.
pub fn request_id() -> String {
    let mut bytes = [0u8; 16];
    OsRng.fill_bytes(&mut bytes);
    hex::encode(bytes)
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
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
