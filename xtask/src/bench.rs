//! `./x bench`: runs each figure's bench and puts their lines into one table.
//!
//! A bench prints one JSON object a line on its standard output for each figure it measured, among
//! other lines: `{"figure":"…","value":1.2,"against":"…","floor":1.0,"unit":"ns","ratio":1.2,
//! "aim":1.5,"pass":true}`; a `"settings"` object of its own is printed under the table. Here it
//! is only collected: what is measured, and against what, each bench says itself.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use serde_json::{Map, Value};

use crate::{build, run};

/// A bench by its short name, its command, and whether it needs release programs and the window.
struct Bench {
    name: &'static str,
    package: &'static str,
    target: &'static str,
    programs: &'static [&'static [&'static str]],
    page: bool,
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

const BENCHES: &[Bench] = &[
    Bench {
        name: "code",
        package: "skts-otp",
        target: "code",
        programs: &[],
        page: false,
    },
    Bench {
        name: "verify",
        package: "skts-issuer",
        target: "verify",
        programs: &[],
        page: false,
    },
    Bench {
        name: "cli",
        package: "skts-tests",
        target: "cli",
        programs: &[RELEASE_PROGRAMS],
        page: false,
    },
    Bench {
        name: "window",
        package: "skts-tests",
        target: "window",
        programs: &[RELEASE_PROGRAMS, RELEASE_WINDOW],
        page: true,
    },
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
        bail!("there is no bench {unknown}; there are code, verify, cli and window");
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
    for own in lines.iter().filter_map(|line| line.get("settings")) {
        println!("settings: {own}");
    }
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
    run::watched(&mut run::command(root, "cargo", &args), &mut |line| {
        if let Ok(Value::Object(line)) = serde_json::from_str(line.trim()) {
            lines.push(line);
        }
    })
}

/// Whether a figure met its aim, as the bench says it.
fn passed(line: &Map<String, Value>) -> Option<bool> {
    ["pass", "passed", "met"]
        .iter()
        .find_map(|name| line.get(*name)?.as_bool())
}

fn table(lines: &[Map<String, Value>]) -> String {
    let mut rows =
        vec![["figure", "value", "against", "floor", "ratio", "aim", ""].map(str::to_owned)];
    for line in lines.iter().filter(|line| line.contains_key("figure")) {
        let unit = line.get("unit").and_then(Value::as_str).unwrap_or_default();
        let with_unit = |name| match cell(line, name) {
            text if text == "–" || unit.is_empty() => text,
            text => format!("{text} {unit}"),
        };
        let mark = match passed(line) {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        rows.push([
            cell(line, "figure"),
            with_unit("value"),
            cell(line, "against"),
            with_unit("floor"),
            cell(line, "ratio"),
            cell(line, "aim"),
            mark.to_owned(),
        ]);
    }
    let widths: Vec<usize> = (0..7)
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

fn cell(line: &Map<String, Value>, name: &str) -> String {
    match line.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.as_f64().map_or_else(String::new, |number| {
            if number.abs() >= 100.0 {
                format!("{number:.0}")
            } else {
                format!("{number:.2}")
            }
        }),
        _ => "–".to_owned(),
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
            r#"{"figure":"a","value":150,"unit":"ns","ratio":1.234,"aim":"≤ 1.5 ×","pass":true}"#,
        );
        let missed = line(r#"{"figure":"b","value":9.5,"pass":false}"#);
        let text = table(&[met, missed, line(r#"{"settings":{}}"#)]);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows.len(), 4, "{text}");
        assert!(
            rows[2].contains("150 ns") && rows[2].contains("1.23"),
            "{text}"
        );
        assert!(
            rows[2].ends_with("met    |") && rows[3].ends_with("MISSED |"),
            "{text}"
        );
    }
}
