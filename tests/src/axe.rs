//! axe-core on the screen that is shown, with a planted fault each time to see that it looks.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::programs::workspace;
use crate::webdriver::Page;

const LIBRARY: &str = "ui/node_modules/axe-core/axe.min.js";
/// The rule that must find what [`check`] plants: a button with neither text nor name.
const PLANTED_RULE: &str = "button-name";

/// The tags of the rules that WCAG 2.2 at level AA has.
const WCAG_AA: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// Asserts that axe-core finds nothing on the screen shown, and that it does find a fault planted
/// there.
///
/// # Errors
/// With the rules broken and the elements that break them, or when the planted fault is missed.
pub fn check(page: &Page, screen: &str) -> Result<()> {
    check_with(page, screen, &json!({ "resultTypes": ["violations"] }))
}

/// As [`check`], by the rules of WCAG 2.2 AA alone: for pages of plain old HTML, which have none of
/// the landmarks that axe-core recommends beyond it.
///
/// # Errors
/// As [`check`].
pub fn check_wcag(page: &Page, screen: &str) -> Result<()> {
    let options = json!({ "resultTypes": ["violations"], "runOnly": WCAG_AA });
    check_with(page, screen, &options)
}

fn check_with(page: &Page, screen: &str, options: &Value) -> Result<()> {
    let library = workspace().join(LIBRARY);
    let source = fs::read_to_string(&library)
        .with_context(|| format!("{} is not there: run npm ci in ui", library.display()))?;
    page.run(&format!("if (!window.axe) {{ {source} }}"), &json!([]))?;
    let found = violations(page, options)?;
    ensure!(
        found.is_empty(),
        "axe-core on {screen}:\n{}",
        found.join("\n")
    );
    page.run(
        "const b = document.createElement('button'); b.id = 'planted-fault';
         ['dialog[open]', '[data-screen]', 'body']
           .map(found => document.querySelector(found)).find(Boolean).append(b);",
        &json!([]),
    )?;
    let rule = json!({ "runOnly": { "type": "rule", "values": [PLANTED_RULE] } });
    let planted = violations(page, &rule);
    page.run(
        "document.getElementById('planted-fault')?.remove()",
        &json!([]),
    )?;
    let planted = planted?;
    ensure!(
        planted.iter().any(|line| line.starts_with(PLANTED_RULE)),
        "axe-core does not see the fault planted on {screen}: {planted:?}"
    );
    Ok(())
}

fn violations(page: &Page, options: &Value) -> Result<Vec<String>> {
    let script = "const done = arguments[arguments.length - 1];
        axe.run(document, arguments[0])
          .then(r => done(r.violations.map(v =>
            [v.id, v.help, ...v.nodes.map(n => n.target + ' ' + n.html.slice(0, 160))])))
          .catch(e => done([['axe failed', String(e)]]));";
    let found = page.run_async(script, &json!([options]))?;
    let lines = found
        .as_array()
        .context("axe-core answered nothing")?
        .iter();
    Ok(lines
        .map(|rule| {
            let parts = rule.as_array().map(Vec::as_slice).unwrap_or_default();
            parts
                .iter()
                .filter_map(Value::as_str)
                .collect::<Vec<_>>()
                .join(": ")
        })
        .collect())
}
