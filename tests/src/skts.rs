//! The `skts` program as a story runs it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::issuer::Activation;
use crate::machine::Machine;
use crate::process::Running;
use crate::programs::program;
use crate::sandbox::Sandbox;

/// The name under which our items lie in the OS keystore.
pub const APP_ID: &str = "jp.example.skts";

/// The program, a profile folder and an institution list.
#[derive(Clone, Debug)]
pub struct Skts<'s> {
    sandbox: &'s Sandbox,
    program: PathBuf,
    profile: PathBuf,
    institutions: PathBuf,
}

/// What a run of the program came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit status; `None` if it was killed.
    pub status: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it said besides.
    pub stderr: String,
}

impl<'s> Skts<'s> {
    /// The program with the profile folder `profile` and the list `institutions`.
    ///
    /// # Errors
    /// When the program has not been built.
    pub fn new(sandbox: &'s Sandbox, profile: &str, institutions: &Path) -> Result<Self> {
        Ok(Self::of(sandbox, program("skts")?, profile, institutions))
    }

    /// As [`Skts::new`], with this program.
    pub fn of(sandbox: &'s Sandbox, program: PathBuf, profile: &str, institutions: &Path) -> Self {
        Self {
            sandbox,
            program,
            profile: sandbox.join(profile),
            institutions: institutions.to_owned(),
        }
    }

    /// The same program and list with another profile folder.
    pub fn with_profile(&self, profile: &str) -> Self {
        Self {
            profile: self.sandbox.join(profile),
            ..self.clone()
        }
    }

    /// The same program and profile with another institution list.
    pub fn with_institutions(&self, institutions: &Path) -> Self {
        Self {
            institutions: institutions.to_owned(),
            ..self.clone()
        }
    }

    /// The same, run on `machine`.
    ///
    /// # Errors
    /// When the wrapper cannot be written.
    pub fn on(&self, machine: &Machine, name: &str) -> Result<Self> {
        let wrapped = machine.wrap(&self.program, &self.sandbox.join(name))?;
        Ok(Self {
            program: wrapped,
            ..self.clone()
        })
    }

    /// The same profile with another installation of the program.
    ///
    /// # Errors
    /// When the program cannot be copied.
    pub fn reinstalled(&self) -> Result<Self> {
        let program = self.sandbox.join("skts-anew");
        std::fs::copy(&self.program, &program)?;
        Ok(Self {
            program,
            ..self.clone()
        })
    }

    /// The profile folder.
    pub fn profile(&self) -> &Path {
        &self.profile
    }

    /// The command line with `arguments`.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(&self.program);
        command.arg("--json").arg("--profile").arg(&self.profile);
        command
            .arg("--institutions")
            .arg(&self.institutions)
            .args(arguments);
        command
    }

    /// Runs the program to its end with nothing on its standard input.
    ///
    /// # Errors
    /// When it cannot be run; a refusal is an [`Outcome`].
    pub fn run(&self, arguments: &[&str]) -> Result<Outcome> {
        self.run_with(arguments, "")
    }

    /// Runs the program to its end with `input` on its standard input.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Result<Outcome> {
        finish(self.command(arguments), input)
    }

    /// Begins a run and gives the process, to be killed half-way.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn begin(&self, arguments: &[&str], input: &str) -> Result<Running> {
        let mut command = self.command(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut running = Running::start("skts", &mut command)?;
        if let Some(mut stdin) = running.child().stdin.take() {
            stdin.write_all(input.as_bytes())?;
        }
        Ok(running)
    }

    /// K: sets a token up with an activation.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn activate(&self, activation: &Activation) -> Result<Outcome> {
        self.run_with(
            &activation_arguments(activation),
            &format!("{}\n", activation.password),
        )
    }

    /// S: asks `institution` for a token.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn provision(&self, institution: &str) -> Result<Outcome> {
        self.run(&["provision", "--institution", institution])
    }

    /// The serials of the tokens set up.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn serials(&self) -> Result<Vec<String>> {
        let json = self.run(&["tokens"])?.success()?;
        let tokens = json["tokens"].as_array().context("no list of tokens")?;
        tokens
            .iter()
            .map(|token| {
                token["serial"]
                    .as_str()
                    .map(str::to_owned)
                    .context("a token without serial")
            })
            .collect()
    }

    /// The code of the token `serial` as the program shows it now.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn code(&self, serial: &str) -> Result<String> {
        digits(&self.run(&["code", serial])?.success()?, "digits")
    }

    /// Signs a payment with the token `serial`; `payment` are the arguments that name it.
    ///
    /// # Errors
    /// When the program cannot be run; a refusal is an [`Outcome`].
    pub fn sign(&self, serial: &str, payment: &[&str]) -> Result<Outcome> {
        self.run(&[&["sign", serial, "--yes"], payment].concat())
    }

    /// The code that follows the one shown now.
    ///
    /// # Errors
    /// When the program refuses.
    pub fn next_code(&self, serial: &str) -> Result<String> {
        digits(&self.run(&["code", serial, "--next"])?.success()?, "next")
    }
}

/// The arguments of `skts setup` for an activation; the password goes by standard input.
pub fn activation_arguments(activation: &Activation) -> [&str; 5] {
    [
        "setup",
        "--service-id",
        &activation.service_id,
        "--user-id",
        &activation.user_id,
    ]
}

impl Outcome {
    /// What the program printed, as JSON, if it succeeded.
    ///
    /// # Errors
    /// When it did not, with its words.
    pub fn success(&self) -> Result<Value> {
        ensure!(
            self.status == Some(0),
            "skts ended with {:?}: {} {}",
            self.status,
            self.stdout.trim(),
            self.stderr.trim()
        );
        serde_json::from_str(&self.stdout)
            .with_context(|| format!("skts printed no JSON: {}", self.stdout))
    }

    /// The error the program reported: its JSON, from whichever stream.
    ///
    /// # Errors
    /// When it succeeded or reported none.
    pub fn refusal(&self) -> Result<Value> {
        ensure!(
            self.status != Some(0),
            "skts succeeded: {}",
            self.stdout.trim()
        );
        [&self.stdout, &self.stderr]
            .iter()
            .filter_map(|text| serde_json::from_str::<Value>(text.trim()).ok())
            .find_map(|json| json.get("error").cloned())
            .with_context(|| format!("no error reported: {} {}", self.stdout, self.stderr))
    }

    /// The code of the error, such as `item-missing`.
    ///
    /// # Errors
    /// As [`Outcome::refusal`].
    pub fn error_code(&self) -> Result<String> {
        let refusal = self.refusal()?;
        refusal["code"]
            .as_str()
            .map(str::to_owned)
            .context("an error without a code")
    }

    /// Asserts that the program was refused with the error `code` and exit status `status`.
    ///
    /// # Errors
    /// When it was not.
    pub fn refused(&self, code: &str, status: i32) -> Result<()> {
        let found = self.error_code()?;
        ensure!(
            found == code && self.status == Some(status),
            "expected {code} with status {status}, found {found} with {:?}",
            self.status
        );
        Ok(())
    }
}

/// Runs `command` to its end with `input`, at most a minute.
fn finish(mut command: Command, input: &str) -> Result<Outcome> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut running = Running::start("skts", &mut command)?;
    let child = running.child();
    let (mut stdin, mut stdout, mut stderr) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let out = std::thread::spawn(move || read_all(&mut stdout));
    let err = std::thread::spawn(move || read_all(&mut stderr));
    if let Some(stdin) = &mut stdin {
        // A program that refuses its arguments ends without reading.
        let _ = stdin.write_all(input.as_bytes());
    }
    drop(stdin);
    let status = running.wait(Duration::from_secs(60))?;
    Ok(Outcome {
        status: status.code(),
        stdout: out.join().unwrap_or_default(),
        stderr: err.join().unwrap_or_default(),
    })
}

fn read_all(stream: &mut Option<impl std::io::Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The digits of field `name`, wherever a code object holds them.
fn digits(json: &Value, name: &str) -> Result<String> {
    json[name]
        .as_str()
        .or_else(|| json["code"][name].as_str())
        .map(str::to_owned)
        .with_context(|| format!("no {name} in {json}"))
}
