use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context, Result, ensure};

use super::*;

/// Steps of the guides that are screens of the app: it has pictures of its own.
const OF_THE_APP: [&str; 2] = ["003:219 手順1", "003:247 手順2"];

#[test]
fn every_numbered_step_of_the_guides_is_walked() -> Result<()> {
    let text = fs::read_to_string(workspace().join("tests/guides/steps.toml"))?;
    let file: toml::Table = text.parse()?;
    let steps = file["steps"].as_array().context("no list of steps")?;
    let mut guides = BTreeSet::new();
    for step in steps {
        let guide = step[0].as_str().context("a guide")?;
        let line = step[1].as_integer().context("a line")?;
        let mark = step[2].as_str().context("a mark")?;
        guides.insert(format!("{guide}:{line} {mark}"));
    }
    ensure!(guides.len() > 100, "only {} steps", guides.len());
    let walked: BTreeSet<String> = list()?.into_iter().flat_map(|picture| picture.of).collect();
    let app: BTreeSet<String> = OF_THE_APP.map(str::to_owned).into();
    let left: Vec<&String> = guides
        .difference(&walked)
        .filter(|step| !app.contains(*step))
        .collect();
    ensure!(left.is_empty(), "not walked: {left:?}");
    let unknown = walked
        .difference(&guides)
        .filter(|step| !step.ends_with(" ・"));
    let unknown: Vec<&String> = unknown.collect();
    ensure!(unknown.is_empty(), "no steps of the guides: {unknown:?}");
    Ok(())
}

#[test]
fn no_two_pictures_have_one_name_and_every_one_has_its_words() -> Result<()> {
    let listed = list()?;
    let names: BTreeSet<&str> = listed.iter().map(|picture| picture.name.as_str()).collect();
    ensure!(names.len() == listed.len(), "two pictures have one name");
    for picture in &listed {
        for words in [&picture.says.ja, &picture.alt.ja] {
            ensure!(
                words.ends_with('。'),
                "{}: {words} is no sentence",
                picture.name
            );
        }
        let marks: BTreeSet<&String> = picture.marks.iter().map(|(mark, _)| mark).collect();
        ensure!(
            marks.len() == picture.marks.len(),
            "{}: one mark twice",
            picture.name
        );
    }
    Ok(())
}
