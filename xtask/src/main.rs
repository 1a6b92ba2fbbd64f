//! The task runner behind `./x`. It calls; it does not do.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

mod again;
mod bench;
mod build;
mod context;
mod count;
mod cross;
mod demo;
mod deny;
#[cfg(test)]
mod docs;
mod guide;
mod hsm;
mod package;
mod postgres;
mod rings;
mod run;
mod schemathesis;
mod shots;
mod test;
mod tidy;
mod wine;

const USAGE: &str = "\
cargo xtask demo [--headless]     the token service, a bank, a window, two set-ups
cargo xtask test [--list]         every ring CI runs; --list names them
cargo xtask test --ring NAME …    only these rings
cargo xtask bench [--only NAME …] the figures, measured against their floors
cargo xtask shots …               pictures of every screen (shots --help)
cargo xtask guide --institution FILE [--out FOLDER] [--pictures FOLDER] [--language ja|en]
                                  ご利用の手引き, as HTML and PDF
cargo xtask package [--try]       a deb and an rpm; --try uses the deb in a bare Debian
cargo xtask lint                  format, clippy, svelte-check, as CI checks them
cargo xtask fmt                   formats the code
cargo xtask tidy                  the rules of the house";

fn main() -> ExitCode {
    match dispatch() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\nx: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch() -> Result<ExitCode> {
    let root = root()?;
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (subcommand, rest) = match args.split_first() {
        Some((first, rest)) => (first.as_str(), rest),
        None => ("help", &[][..]),
    };
    match subcommand {
        "demo" => demo::start(&root, rest),
        "test" => test::main(&root, rest),
        "bench" => bench::main(&root, rest),
        "shots" => shots::start(&root, rest),
        "guide" => guide::start(&root, rest),
        "package" => package::main(&root, rest),
        "lint" => test::only(&root, &["lint"]),
        "fmt" => run::step(&root, "cargo", &["fmt", "--all"]).map(|()| ExitCode::SUCCESS),
        "tidy" => tidy::run(&root).map(|()| {
            println!("tidy: nothing to say");
            ExitCode::SUCCESS
        }),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("no such command: {other}\n\n{USAGE}"),
    }
}

/// The root of the workspace: as `cargo run` names it now, for two checkouts may share a target
/// folder, and with it this program.
fn root() -> Result<PathBuf> {
    let named = run::setting("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = named.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    Ok(here
        .parent()
        .context("xtask has no parent folder")?
        .to_owned())
}
