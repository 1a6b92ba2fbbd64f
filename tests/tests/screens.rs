//! `docs/screens.md` against the types of the page and the pictures the ring `window` took just now.
//!
//! Run after the stories of `window`; the ring takes away the pictures of earlier runs before them.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};
use skts_tests::programs::workspace;
use skts_tests::shots;

/// States that no Linux can come to, with no picture.
const ELSEWHERE: &[&str] = &["keystore-not-entitled"];

/// A row of the table; what a row leaves out is empty.
#[derive(Clone, Debug, Default)]
struct Row {
    state: String,
    screen: String,
    picture: String,
    test: String,
}

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, state, screen, picture, _, test, _] = cells.as_slice() else {
        return None;
    };
    let bare = |cell: &str| cell.trim_matches('`').to_owned();
    let row = Row {
        state: bare(state),
        screen: bare(screen),
        picture: bare(picture),
        test: bare(test),
    };
    (row.state != "state" && !row.state.starts_with("---")).then_some(row)
}

/// The quoted words of the TypeScript type `name` in `file`, which come after `before`.
fn quoted(file: &str, name: &str, before: &str) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(workspace().join(file))?;
    let start = text
        .find(&format!("export type {name} ="))
        .with_context(|| format!("no {name} in {file}"))?;
    let (_, rest) = text.split_at(start);
    let (body, _) = rest.split_once(";\n").context("an end")?;
    let words = body.split(before).skip(1);
    let words = words.filter_map(|rest| rest.split('"').next());
    Ok(words.map(str::to_owned).collect())
}

fn faults(rows: &[Row], states: &BTreeSet<String>, screens: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for state in states {
        if rows.iter().all(|row| row.state != *state) {
            faults.push(format!("the state {state} has no row"));
        }
    }
    for screen in screens {
        if rows.iter().all(|row| row.screen != *screen) {
            faults.push(format!("the screen {screen} has no row"));
        }
    }
    for row in rows {
        let Row { state, screen, .. } = row;
        if !state.is_empty() && !states.contains(state) {
            faults.push(format!("{state} is no state"));
        }
        if !screen.is_empty() && !screens.contains(screen) {
            faults.push(format!("{screen} is no screen"));
        }
        let (picture, test) = (row.picture.is_empty(), row.test.is_empty());
        let elsewhere = ELSEWHERE.contains(&state.as_str());
        if picture != elsewhere || test != elsewhere {
            faults.push(format!("{state}, {screen}: its picture and test"));
        }
    }
    faults
}

#[test]
fn every_state_and_screen_was_brought_about_and_has_its_picture_in_both_languages() -> Result<()> {
    let text = fs::read_to_string(workspace().join("docs/screens.md"))?;
    let rows: Vec<Row> = text.lines().filter_map(row).collect();
    let states = quoted("ui/src/lib/ipc/types.ts", "AppState", "\"state\": \"")?;
    let screens = quoted("ui/src/lib/pick.ts", "ScreenName", "| \"")?;
    ensure!(states.len() > 25, "only {} states", states.len());
    ensure!(screens.len() > 20, "only {} screens", screens.len());
    let mut faults = faults(&rows, &states, &screens);
    for row in rows.iter().filter(|row| !row.picture.is_empty()) {
        for language in ["ja", "en"] {
            let name = format!("{}-{language}.png", row.picture);
            if !shots::folder().join(&name).is_file() {
                faults.push(format!("{} took no {name}", row.test));
            }
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn what_is_missing_from_the_table_is_found() {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let good = row("| `ready` | `code` | `code` | every day | `every_day` |").unwrap_or_default();
    let (states, screens) = (set(&["ready"]), set(&["code"]));
    assert_eq!(
        faults(std::slice::from_ref(&good), &states, &screens),
        [""; 0]
    );
    let found = faults(
        std::slice::from_ref(&good),
        &set(&["ready", "expired"]),
        &set(&["code", "mode"]),
    );
    assert_eq!(
        found,
        ["the state expired has no row", "the screen mode has no row"]
    );
    let bare = Row {
        picture: String::new(),
        ..good
    };
    assert_eq!(
        faults(&[bare], &states, &screens),
        ["ready, code: its picture and test"]
    );
}
