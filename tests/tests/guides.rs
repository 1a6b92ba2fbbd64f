//! `docs/guides.md` against what the ring `bank` walked just now.
//!
//! Run after the stories of `bank`, whose notes it reads: `target/shots/bank/walked/<test>.txt`. The
//! ring takes away the notes and pictures of earlier runs before them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context, Result, ensure};
use skts_tests::programs::workspace;
use skts_tests::shots;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    guide: String,
    line: u32,
    mark: String,
    page: String,
    test: String,
    picture: String,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Step(String, u32, String);

fn row(line: &str) -> Option<Row> {
    let cells: Vec<&str> = line.split('|').map(str::trim).collect();
    let [_, step, _, page, test, picture, _] = cells.as_slice() else {
        return None;
    };
    let (guide, rest) = step.split_once(':')?;
    let (line, mark) = rest.split_once(' ')?;
    Some(Row {
        guide: guide.to_owned(),
        line: line.parse().ok()?,
        mark: mark.to_owned(),
        page: (*page).to_owned(),
        test: test.trim_matches('`').to_owned(),
        picture: picture.trim_matches('`').to_owned(),
    })
}

fn table() -> Result<Vec<Row>> {
    let text = fs::read_to_string(workspace().join("docs/guides.md"))?;
    Ok(text.lines().filter_map(row).collect())
}

fn steps() -> Result<BTreeSet<Step>> {
    let text = fs::read_to_string(workspace().join("tests/guides/steps.toml"))?;
    let file: toml::Table = text.parse()?;
    let steps = file["steps"].as_array().context("no list of steps")?;
    steps
        .iter()
        .map(|step| {
            let guide = step[0].as_str().context("a guide")?.to_owned();
            let line = u32::try_from(step[1].as_integer().context("a line")?)?;
            Ok(Step(
                guide,
                line,
                step[2].as_str().context("a mark")?.to_owned(),
            ))
        })
        .collect()
}

/// What each story noted: the pictures it took, and on which screen.
fn walked() -> Result<BTreeMap<String, BTreeSet<(String, String)>>> {
    let folder = shots::folder().join("bank/walked");
    let mut all = BTreeMap::new();
    let notes = fs::read_dir(&folder).context("nothing was walked: ./x test --ring bank")?;
    for note in notes {
        let path = note?.path();
        let name = path.file_stem().context("a name")?.to_string_lossy();
        let pictures = fs::read_to_string(&path)?
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(picture, screen)| (picture.to_owned(), screen.to_owned()))
            .collect();
        all.insert(name.into_owned(), pictures);
    }
    Ok(all)
}

/// What is wrong with the table.
fn faults(
    rows: &[Row],
    steps: &BTreeSet<Step>,
    walked: &BTreeMap<String, BTreeSet<(String, String)>>,
) -> Vec<String> {
    let mut faults = Vec::new();
    for Step(guide, line, mark) in steps {
        let has_row = rows
            .iter()
            .any(|row| row.guide == *guide && row.line == *line && row.mark == *mark);
        if !has_row {
            faults.push(format!("{guide}:{line} {mark} has no row"));
        }
    }
    for row in rows {
        let Row {
            guide,
            line,
            mark,
            page,
            test,
            picture,
        } = row;
        let step = format!("{guide}:{line} {mark}");
        let numbered = steps.contains(&Step(guide.clone(), *line, mark.clone()));
        if !numbered && mark != "・" {
            faults.push(format!("{step} is no step of the guide"));
        }
        match walked.get(test) {
            None => faults.push(format!("{step}: {test} did not end well in this run")),
            Some(pictures) if !pictures.contains(&(picture.clone(), page.clone())) => {
                faults.push(format!("{step}: {test} took no {picture} on {page}"));
            }
            Some(_) => {}
        }
    }
    faults
}

#[test]
fn every_numbered_step_was_walked_and_has_its_picture() -> Result<()> {
    let (rows, steps, walked) = (table()?, steps()?, walked()?);
    ensure!(steps.len() > 100, "only {} steps", steps.len());
    let mut faults = faults(&rows, &steps, &walked);
    for row in &rows {
        let picture = shots::folder().join(format!("bank/{}.png", row.picture));
        if !picture.is_file() {
            faults.push(format!("{} is not there", picture.display()));
        }
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn what_is_missing_from_the_table_or_from_the_run_is_found() -> Result<()> {
    let step = |line, mark: &str| Step("000".to_owned(), line, mark.to_owned());
    let good =
        row("| 000:92 ① | get the app | OTS001 | `a_test` | `a-picture` |").context("row")?;
    let steps = BTreeSet::from([step(92, "①")]);
    let taken = BTreeSet::from([("a-picture".to_owned(), "OTS001".to_owned())]);
    let walked = BTreeMap::from([("a_test".to_owned(), taken)]);
    let rows = [good.clone()];
    ensure!(faults(&rows, &steps, &walked).is_empty());

    let more = BTreeSet::from([step(92, "①"), step(93, "②")]);
    let said = |faults: Vec<String>, words: &str| faults.len() == 1 && faults[0].contains(words);
    ensure!(said(faults(&rows, &more, &walked), "000:93 ② has no row"));
    ensure!(said(
        faults(&rows, &steps, &BTreeMap::new()),
        "did not end well"
    ));
    for (picture, page) in [("another", "OTS001"), ("a-picture", "OTS002")] {
        let mut other = good.clone();
        (other.picture, other.page) = (picture.to_owned(), page.to_owned());
        ensure!(said(faults(&[other], &steps, &walked), "took no"));
    }
    let mut none = good.clone();
    none.mark = "⑨".to_owned();
    ensure!(said(
        faults(&[good.clone(), none], &steps, &walked),
        "no step"
    ));
    Ok(())
}
