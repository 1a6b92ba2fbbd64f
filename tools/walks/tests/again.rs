//! The pictures of a walk are the same in every run, and a walk that does not fit the pages says where.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use skts_tests::chromium::NEEDED;
use skts_tests::programs::have;
use skts_walks::{Order, take_from};

/// A walk with a transfer, a refusal and callouts of every kind of element.
const WALK: &str = "guide/001-06-";

/// What the program saves of [`WALK`] with `TZ` and the user's home as given.
fn taken(out: &Path, time_zone: &str) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let output = Command::new(env!("CARGO_BIN_EXE_skts-walks"))
        .arg(out)
        .args(["--only", WALK])
        .env("TZ", time_zone)
        .env("HOME", out)
        .env("LANG", "C")
        .output()?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{words}");
    let mut pictures = BTreeMap::new();
    for entry in fs::read_dir(out.join("guide"))? {
        let path = entry?.path();
        let name = path.file_name().context("a name")?;
        pictures.insert(PathBuf::from(name), fs::read(&path)?);
    }
    Ok(pictures)
}

#[test]
fn a_walk_gives_the_same_bytes_at_another_time_in_another_zone() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let (one, other) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let first = taken(one.path(), "Asia/Tokyo")?;
    let second = taken(other.path(), "America/St_Johns")?;
    ensure!(first.len() == 3, "{} pictures", first.len());
    ensure!(first.keys().eq(second.keys()), "other pictures");
    for (name, bytes) in &first {
        ensure!(bytes.len() > 20_000, "{} is blank", name.display());
        ensure!(
            second.get(name) == Some(bytes),
            "{} differs",
            name.display()
        );
    }
    Ok(())
}

/// A walk of one step, whose last lines are `rest`.
fn walk(rest: &str) -> String {
    format!(
        r#"guide = "000"
chapter = 1
title = "試し"
face = "feature"
style = "shinkin"
[[step]]
title = "t"
says = "s"
alt = "a"
screen = "LGI001"
do = [{{ go = "/" }}]
{rest}
"#
    )
}

#[track_caller]
fn refused(rest: &str, line: usize, words: &[&str]) -> Result<()> {
    let (walks, out) = (tempfile::tempdir()?, tempfile::tempdir()?);
    fs::write(walks.path().join("a-walk.toml"), walk(rest))?;
    let order = Order {
        out: out.path(),
        only: &[],
        institution: None,
        told: &|_| (),
    };
    let error = take_from(walks.path(), &order);
    let error = error.err().context("the walk went through")?;
    let said = format!("{error:#}");
    ensure!(said.contains(&format!("a-walk.toml:{line}: ")), "{said}");
    for words in words {
        ensure!(said.contains(words), "{said}");
    }
    Ok(())
}

#[test]
fn what_is_not_on_the_page_is_named_with_its_file_and_line() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let callouts = "callouts = [\n  { mark = \"①\", on = \"利用開始\" },\n  \
                    { mark = \"②\", on = \"#not-there\" },\n]";
    refused(callouts, 14, &["②", "#not-there", "is not on the page"])?;
    // What can be pressed instead is said too.
    let act = "then = [{ click = \"利用始\" }]\n[[step]]\ntitle = \"t\"\nsays = \"s\"\nalt = \"a\"\n\
               screen = \"OTS001\"";
    refused(act, 12, &["利用始", "利用開始"])
}
