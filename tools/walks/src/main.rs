//! `skts-walks`: takes the guides' pictures of the bank's pages, for trying.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use skts_walks::{BankName, Order, list, take};

#[derive(Parser)]
#[command(
    name = "skts-walks",
    version,
    about = "Pictures of the sample bank's pages"
)]
struct Cli {
    /// Folder for the pictures.
    #[arg(required_unless_present = "list")]
    out: Option<PathBuf>,
    /// Beginning of a picture's name, or a pattern with `*`; several may be given.
    #[arg(long, num_args = 1..)]
    only: Vec<String>,
    /// Name of the bank, in place of the sample's.
    #[arg(long, requires = "accent")]
    bank: Option<String>,
    /// Its colour, #rrggbb.
    #[arg(long, requires = "bank")]
    accent: Option<String>,
    /// Names the pictures and takes none.
    #[arg(long)]
    list: bool,
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if cli.list {
        for picture in list()? {
            let words = [&picture.name, &picture.screen, &picture.title.ja];
            say(&words.map(String::as_str).join("\t"));
        }
        return Ok(());
    }
    let institution = cli.bank.zip(cli.accent);
    let taken = take(&Order {
        out: &cli.out.context("a folder for the pictures")?,
        only: &cli.only,
        institution: institution.map(|(name, accent)| BankName { name, accent }),
        told: &say,
    })?;
    say(&format!("{} pictures", taken.len()));
    Ok(())
}

fn say(line: &str) {
    // A reader that has gone has what it wanted.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
