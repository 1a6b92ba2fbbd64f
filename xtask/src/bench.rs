//! `./x bench`: runs each figure's bench and puts their lines into one table.
//!
//! A bench prints one JSON object a line for each figure it measured, among other lines:
//! `{"name":"…","ours":1.2,"other":1.0,"unit":"ns","ratio":1.2,"aim":1.5}`. The ratio is good up
//! to its aim, unless the line says otherwise by `"pass"`; what else it holds is shown as it is.
//! What is measured, and against what, is each bench's own affair.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use crate::postgres::{self, Postgres};
use crate::{build, run};

/// A bench by its short name and its command, and whether it needs release programs, the window and a
/// PostgreSQL of its own.
struct Bench {
    name: &'static str,
    package: &'static str,
    target: &'static str,
    programs: &'static [&'static [&'static str]],
    page: bool,
    postgres: bool,
}

impl Bench {
    /// One that needs nothing beside itself.
    const fn of(name: &'static str, package: &'static str, target: &'static str) -> Self {
        Self {
            name,
            package,
            target,
            programs: &[],
            page: false,
            postgres: false,
        }
    }
}

const RELEASE_PROGRAMS: &[&str] = &["build", "--release", "-p", "skts-issuer", "-p", "skts-cli"];
/// The window, and the same shell around a static page, which is its floor.
const RELEASE_WINDOW: &[&str] = &[
    "build",
    "--release",
    "-p",
    "skts-app",
    "--bins",
    "--features",
    "bench-shell",
];

/// A bench that drives the window.
const fn of_the_window(name: &'static str) -> Bench {
    Bench {
        programs: &[RELEASE_PROGRAMS, RELEASE_WINDOW],
        page: true,
        ..Bench::of(name, "skts-tests", name)
    }
}

const BENCHES: &[Bench] = &[
    Bench::of("code", "skts-otp", "code"),
    Bench::of("verify", "skts-issuer", "verify"),
    Bench {
        postgres: true,
        ..Bench::of("verify-postgres", "skts-issuer", "verify_postgres")
    },
    Bench::of("issuer", "skts-issuer", "issuer"),
    Bench::of("enumeration", "skts-issuer", "enumeration"),
    Bench {
        programs: &[RELEASE_PROGRAMS],
        ..Bench::of("cli", "skts-tests", "cli")
    },
    of_the_window("window"),
    of_the_window("resting"),
    of_the_window("tray"),
    of_the_window("size"),
];

/// Runs `./x bench` with these arguments.
///
/// # Errors
/// When a bench cannot be built or started, or the arguments name none.
pub(crate) fn main(root: &Path, args: &[String]) -> Result<ExitCode> {
    let names: Vec<&str> = args
        .iter()
        .map(String::as_str)
        .filter(|arg| *arg != "--only")
        .collect();
    if let Some(unknown) = names
        .iter()
        .find(|name| BENCHES.iter().all(|b| b.name != **name))
    {
        let known: Vec<&str> = BENCHES.iter().map(|bench| bench.name).collect();
        bail!(
            "there is no bench {unknown}; there are {}",
            known.join(", ")
        );
    }
    let mut lines = Vec::new();
    let mut failed = Vec::new();
    for bench in BENCHES
        .iter()
        .filter(|b| names.is_empty() || names.contains(&b.name))
    {
        println!("\n==== {}", bench.name);
        let found = lines.len();
        if !measure(root, bench, &mut lines)? || lines.len() == found {
            failed.push(bench.name);
        }
    }
    println!("\n{}", table(&lines));
    println!("{}", settings(root)?);
    for name in &failed {
        println!("FAILED: the bench {name} gave no figure or did not end well");
    }
    let missed = lines.iter().any(|line| passed(line) == Some(false));
    Ok(if failed.is_empty() && !missed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(root: &Path, bench: &Bench, lines: &mut Vec<Map<String, Value>>) -> Result<bool> {
    if bench.page {
        build::page(root)?;
    }
    for program in bench.programs {
        run::step(root, "cargo", program)?;
    }
    let args = ["bench", "-p", bench.package, "--bench", bench.target];
    run::announce("cargo", &args);
    let mut command = run::command(root, "cargo", &args);
    // Durable as in use: what waits for the disk is what is measured.
    let server = bench.postgres.then(|| Postgres::start(true)).transpose()?;
    if let Some(server) = &server {
        command.env(postgres::ADDRESS, server.address());
    }
    run::watched(
        &mut command,
        &mut |line| match serde_json::from_str(line.trim()) {
            Ok(Value::Object(line)) if line.contains_key("name") => lines.push(line),
            _ => {}
        },
    )
}

/// Whether a figure met its aim: as the line says it, else by its ratio.
fn passed(line: &Map<String, Value>) -> Option<bool> {
    let said = line.get("pass").and_then(Value::as_bool);
    let number = |name| line.get(name).and_then(Value::as_f64);
    said.or_else(|| Some(number("ratio")? <= number("aim")?))
}

/// The fields with a column of their own.
const COLUMNS: [&str; 5] = ["name", "ours", "other", "ratio", "aim"];

fn table(lines: &[Map<String, Value>]) -> String {
    let heads = ["figure", "ours", "against", "ratio", "aim", "", "more"];
    let mut rows = vec![heads.map(str::to_owned)];
    rows.extend(lines.iter().map(row));
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            rows.iter()
                .map(|row| row[column].chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        for (cell, width) in row.iter().zip(&widths) {
            text.push_str(&format!("| {cell:<width$} "));
        }
        text.push_str("|\n");
        if index == 0 {
            widths
                .iter()
                .for_each(|width| text.push_str(&format!("|{}", "-".repeat(width + 2))));
            text.push_str("|\n");
        }
    }
    text
}

fn row(line: &Map<String, Value>) -> [String; 7] {
    let unit = line.get("unit").and_then(Value::as_str).unwrap_or_default();
    let [name, ours, other, ratio, aim] = COLUMNS.map(|column| cell(line.get(column)));
    let mark = match passed(line) {
        Some(true) => "met",
        Some(false) => "MISSED",
        None => "",
    };
    let own = |key: &str| COLUMNS.contains(&key) || key == "unit" || key == "pass";
    let more: Vec<String> = line
        .iter()
        .filter(|(key, _)| !own(key))
        .map(|(key, value)| format!("{key} {}", cell(Some(value))))
        .collect();
    let with_unit = |text: String| format!("{text} {unit}").trim_end().to_owned();
    [
        name,
        with_unit(ours),
        with_unit(other),
        ratio,
        aim,
        mark.to_owned(),
        more.join(", "),
    ]
}

fn cell(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_f64().map_or_else(String::new, |number| {
            let whole = number.fract() == 0.0 || number.abs() >= 100.0;
            if whole {
                format!("{number:.0}")
            } else {
                format!("{number:.2}")
            }
        }),
        Some(other) => other.to_string(),
        None => "–".to_owned(),
    }
}

/// The machine and the versions the figures belong to.
fn settings(root: &Path) -> Result<String> {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let rustc = run::output(run::command(root, "rustc", &["--version"]))?;
    let commit = run::output(run::command(
        root,
        "git",
        &["describe", "--always", "--dirty"],
    ))?;
    let system = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let system = system
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))
        .unwrap_or(std::env::consts::OS)
        .trim_matches('"');
    Ok(format!(
        "{cores} cores, {system}, {}, commit {}",
        rustc.trim(),
        commit.trim()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_aim_is_marked() {
        let line = |text| match serde_json::from_str(text) {
            Ok(Value::Object(line)) => line,
            _ => Map::new(),
        };
        let met = line(
            r#"{"name":"a","ours":150,"other":120,"unit":"ns","ratio":1.234,"aim":1.5,"rounds":9}"#,
        );
        let missed = line(r#"{"name":"b","ratio":1.6,"aim":1.5}"#);
        let at_least = line(r#"{"name":"c","ratio":0.8,"aim":0.6,"pass":true}"#);
        assert_eq!(passed(&met), Some(true));
        assert_eq!(passed(&missed), Some(false));
        assert_eq!(passed(&at_least), Some(true));
        let text = table(&[met, missed, at_least]);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 5, "{text}");
        assert!(
            rows[2].contains("150 ns") && rows[2].contains("1.23"),
            "{text}"
        );
        assert!(
            rows[2].contains("| met") && rows[3].contains("| MISSED"),
            "{text}"
        );
        assert!(rows[2].contains("rounds 9"), "{text}");
    }
}
