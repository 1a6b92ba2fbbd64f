//! The interface against its own document: schemathesis asks a served token service what the document
//! allows and what it does not, beginning with calls that are known to be good.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::count::Tally;
use crate::run;

/// What it is installed by and with.
pub(crate) const PROGRAMS: &[&str] = &["python3"];

const DOCUMENT: &str = "docs/openapi.json";
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,negative_data_rejection,ignored_auth";
const PHASES: &str = "examples,coverage,fuzzing";
/// A failure is found again by the same seed.
const SEED: &str = "20261120";
const MOST_EXAMPLES: &str = "12";

/// Runs schemathesis; then every operation of the document is one check: was it answered with 2xx?
///
/// # Errors
/// When something it needs cannot be made or started.
pub(crate) fn run(root: &Path) -> Result<Tally> {
    let program = installed(root)?;
    // Named and not by package: so they are the programs that ring `unit` has built.
    let build = [
        "build",
        "--workspace",
        "--exclude",
        "skts-tests",
        "--bin",
        "skts-issuer",
        "--example",
        "calls",
    ];
    run::step(root, "cargo", &build)?;
    let folder = tempfile::Builder::new()
        .prefix("skts-schemathesis-")
        .tempdir()?;
    let service = Service::start(root, folder.path())?;
    let calls = folder.path().join("calls.json");
    fs::write(&calls, service.calls(root)?)?;
    let counts = folder.path().join("counts.json");
    // The committed document, because the path it is served at would not be asked if it came from
    // there.
    let document = root.join(DOCUMENT);
    let document = document.to_str().context("a folder that is no text")?;
    let authorization = format!("Authorization: Bearer {}", service.key);
    let args = [
        "run",
        document,
        "--url",
        &service.address,
        "--header",
        &authorization,
        "--checks",
        CHECKS,
        "--phases",
        PHASES,
        "--mode",
        "all",
        "--seed",
        SEED,
        "--max-examples",
        MOST_EXAMPLES,
        "--continue-on-failure",
        "--warnings",
        "off",
    ];
    run::announce(
        "schemathesis",
        &["run", document, "--checks", CHECKS, "--seed", SEED],
    );
    let mut tally = Tally::default();
    let clean = run::watched(
        Command::new(program)
            .args(args)
            .current_dir(folder.path())
            .env("PYTHONPATH", root.join("tests/schemathesis"))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("SKTS_CALLS", &calls)
            .env("SKTS_COUNTS", &counts),
        &mut |_| {},
    )?;
    tally.check(clean);
    let counts: BTreeMap<String, u64> = serde_json::from_slice(&fs::read(&counts)?)?;
    for operation in operations(root)? {
        let count = counts.get(&operation).copied().unwrap_or(0);
        println!("{count:>6} x 2xx  {operation}");
        tally.check(count > 0);
    }
    Ok(tally)
}

/// `POST /path` for every operation of the committed document.
fn operations(root: &Path) -> Result<Vec<String>> {
    let document: Value = serde_json::from_slice(&fs::read(root.join(DOCUMENT))?)?;
    let paths = document["paths"].as_object().context("no paths")?;
    let operations = paths.iter().flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, _)| format!("{} {path}", method.to_ascii_uppercase()))
    });
    Ok(operations.collect())
}

/// Where schemathesis is. It is installed into `target/tools`, anew when the pinned packages change.
fn installed(root: &Path) -> Result<PathBuf> {
    let wanted = root.join("tests/schemathesis/requirements.txt");
    let place = root.join("target/tools/schemathesis");
    let stamp = place.join("requirements.txt");
    let program = place.join("bin/schemathesis");
    if fs::read(&wanted)? != fs::read(&stamp).unwrap_or_default() {
        println!("schemathesis: installing it once, into target/tools");
        let place = place.to_str().context("a folder that is no text")?;
        run::step(root, "python3", &["-m", "venv", "--clear", place])?;
        let pip = format!("{place}/bin/pip");
        let wanted = wanted.to_str().context("a folder that is no text")?;
        let install = [
            "install",
            "--quiet",
            "--require-hashes",
            "--requirement",
            wanted,
        ];
        run::step(root, &pip, &install)?;
        fs::copy(wanted, &stamp)?;
    }
    Ok(program)
}

/// A served token service with the sample institutions. Dropped, it ends.
struct Service {
    child: Child,
    folder: PathBuf,
    address: String,
    /// The key of the institution that activates tokens.
    key: String,
    other_key: String,
}

impl Service {
    fn start(root: &Path, folder: &Path) -> Result<Self> {
        let issuer = || {
            let mut command = run::command(root, built("skts-issuer").as_str(), &[]);
            command.arg("--data").arg(folder.join("data"));
            command
        };
        run::output(with(issuer(), &["init"]))?;
        let samples: Value =
            serde_json::from_str(&run::output(with(issuer(), &["institution", "samples"]))?)?;
        let tokens = folder.join("tokens.csv");
        fs::write(&tokens, TOKENS)?;
        let mut import = with(
            issuer(),
            &["hardware", "import", "--institution", ACTIVATING],
        );
        import.args(["--csv", "--until", "2036-03-31"]).arg(tokens);
        run::output(import)?;
        let config = folder.join("issuer.toml");
        fs::write(&config, "provisioning_burst = 1000000\nwork_bits = 4\n")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let address = format!("http://127.0.0.1:{port}");
        let mut list = with(
            issuer(),
            &["institution", "list-file", "--address", &address],
        );
        list.arg("--out").arg(folder.join("list.json"));
        run::output(list)?;
        let ready = folder.join("ready");
        let listen = format!("127.0.0.1:{port}");
        let mut serve = with(issuer(), &["serve", "--listen", &listen]);
        serve
            .arg("--config")
            .arg(config)
            .arg("--ready-file")
            .arg(&ready);
        let log = fs::File::create(folder.join("log"))?;
        let child = serve
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()?;
        let service = Self {
            child,
            folder: folder.to_owned(),
            address,
            key: key_of(&samples, ACTIVATING)?,
            other_key: key_of(&samples, SELF_PROVISIONED)?,
        };
        for _ in 0..100 {
            if ready.is_file() {
                return Ok(service);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the token service was not ready within 10 seconds")
    }

    /// Every call, made once for real.
    fn calls(&self, root: &Path) -> Result<String> {
        let mut command = run::command(root, built("examples/calls").as_str(), &[&self.address]);
        command.arg(self.folder.join("list.json"));
        command.args([&self.key, &self.other_key]);
        run::output(command)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const ACTIVATING: &str = "mihon-shinkumi";
const SELF_PROVISIONED: &str = "mihon-shinkin";
/// A hardware token that exists nowhere else.
const TOKENS: &str = "\
serial,type,secret_hex,digits,period_secs,counter,algorithm,expires
243725864,totp,3132333435363738393031323334353637383930,6,60,,sha1,
";

fn with(mut command: Command, args: &[&str]) -> Command {
    command.args(args);
    command
}

fn key_of(samples: &Value, id: &str) -> Result<String> {
    let institutions = samples["institutions"].as_array().into_iter().flatten();
    let mut found = institutions.filter(|institution| institution["id"] == id);
    let key = found
        .next()
        .and_then(|institution| institution["api_key"].as_str());
    Ok(key.context("no such sample")?.to_owned())
}

/// Where cargo puts what it builds.
fn built(name: &str) -> String {
    let target = run::setting("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    target
        .join("debug")
        .join(name)
        .to_string_lossy()
        .into_owned()
}
