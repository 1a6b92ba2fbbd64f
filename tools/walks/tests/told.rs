//! A walk that does not fit the pages says where. That its pictures are the same in every run is a test of
//! `tools/shots`.

use std::fs;

use anyhow::{Context, Result, ensure};
use skts_tests::chromium::NEEDED;
use skts_tests::programs::have;
use skts_walks::{Order, take_from};

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
        wanted: &|_| true,
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
