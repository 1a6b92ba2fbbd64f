//! The command as QA calls it: the same bytes at another time and place, one picture again, and scenes
//! that are wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context, Result, ensure};
use skts_institution::{Fonts, Institution};
use skts_tests::programs::{have, program, workspace};

const NEEDED: [&str; 5] = [
    "Xvfb",
    "WebKitWebDriver",
    "chromium",
    "chromedriver",
    "faketime",
];
/// Of each kind of screen one: digits, a dialogue, a field with the keyboard in it, a fault, a QR code.
const SCENES: [&str; 5] = ["code-ending", "remove-used", "lock", "corrupt", "serial-qr"];

fn shots(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(program("shots")?);
    command.args(arguments);
    Ok(command)
}

fn out(folder: &Path) -> Result<&str> {
    folder.to_str().context("a path in UTF-8")
}

fn good(mut command: Command) -> Result<Output> {
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?}: {said}");
    Ok(output)
}

/// Every file below `folder`, by name.
fn files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder)?.to_string_lossy().into_owned();
                found.insert(name, fs::read(&path)?);
            }
        }
    }
    Ok(found)
}

#[test]
fn two_runs_at_another_time_and_place_give_the_same_bytes() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    let scenes: Vec<String> = SCENES
        .iter()
        .map(|scene| format!("screen/{scene}.*.light.phone*"))
        .collect();
    // And a walk with a transfer, a refusal and marks on elements of every kind: three pictures.
    let mut chosen = vec!["--only", "guide/001-06-*"];
    chosen.extend(scenes.iter().map(String::as_str));

    good(shots(&[&chosen[..], &["--out", out(&here)?]].concat())?)?;
    let mut elsewhere = Command::new("faketime");
    elsewhere.arg("2031-02-28 23:59:30").arg(program("shots")?);
    elsewhere.args(&chosen).args(["--out", out(&there)?]);
    elsewhere
        .env("TZ", "America/Sao_Paulo")
        .env("LANG", "en_US.UTF-8")
        .env("HOME", folder.path())
        .env("USER", "somebody-else");
    good(elsewhere)?;

    let (first, second) = (files(&here)?, files(&there)?);
    let pictures = first.keys().filter(|name| name.ends_with(".png")).count();
    // Two languages, at one pixel and at three, and at one with large text.
    ensure!(pictures == SCENES.len() * 6 + 3, "{pictures} pictures");
    for (name, bytes) in &first {
        ensure!(second.get(name) == Some(bytes), "{name} differs");
    }
    ensure!(first.len() == second.len(), "one run has more files");

    // One scene again leaves the others as they are, and is the same itself.
    good(shots(&[
        "--only",
        "screen/lock.ja.light.phone",
        "--out",
        out(&here)?,
    ])?)?;
    ensure!(files(&here)? == first, "taken again, something differs");
    Ok(())
}

#[test]
fn every_scene_looks_as_its_baseline() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let output = shots(&["--compare"])?.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(said.contains(" 0 differ"), "{said}");
    Ok(())
}

/// Another institution's name and colour, and a scene of one's own: `docs/qa.md`.
#[test]
fn an_institution_of_ones_own_is_in_every_picture() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let sample = workspace().join("tools/institution/presets/sample-shinkumi.toml");
    let told = fs::read_to_string(sample)?.replace("見本信用組合", "みなと信用組合");
    let institution = folder.path().join("minato.toml");
    fs::write(&institution, told)?;
    let scenes = folder.path().join("scenes");
    fs::create_dir(&scenes)?;
    // A sample shinkin's token, which becomes the credit cooperative's: eight digits, nine in its serial.
    let scene = fs::read_to_string(workspace().join("tools/shots/scenes/check.toml"))?;
    fs::write(scenes.join("christmas.toml"), &scene)?;
    let pictures = folder.path().join("pictures");
    let names = [
        "screen/christmas.ja.light.phone",
        "screen/setup-qr.ja.light.phone",
    ];
    let mut arguments = vec![
        "--institution",
        out(&institution)?,
        "--scenes",
        out(&scenes)?,
    ];
    arguments.extend(["--out", out(&pictures)?]);
    for name in names {
        arguments.extend(["--only", name]);
    }
    let said = good(shots(&arguments)?)?;
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    ensure!(said.contains("left out: "), "{said}");
    ensure!(said.contains("no token of みなと信用組合"), "{said}");
    let samples = folder.path().join("samples");
    let mut plain = vec!["--scenes", out(&scenes)?, "--out", out(&samples)?];
    plain.extend(["--only", names[0], "--only", names[1]]);
    good(shots(&plain)?)?;
    let (own, samples) = (files(&pictures)?, files(&samples)?);
    // By this a guide knows whose pictures it has.
    let list = |files: &BTreeMap<String, Vec<u8>>| -> Result<String> {
        let list = files.get("pictures.json").context("no list")?;
        Ok(String::from_utf8(list.clone())?)
    };
    let told = Institution::load(&institution, &Fonts::installed()?)?;
    let depicts = format!("\"depicts\": \"{}\"", told.depicted());
    ensure!(list(&own)?.matches(&depicts).count() == names.len());
    ensure!(!list(&samples)?.contains("depicts"));
    for name in names.map(|name| format!("{name}.png")) {
        let (one, other) = (own.get(&name), samples.get(&name));
        ensure!(one.is_some() && other.is_some(), "{name} is not there");
        ensure!(
            one != other,
            "{name} is as without an institution of one's own"
        );
    }
    Ok(())
}

#[test]
fn a_scene_that_is_wrong_is_told_by_file_and_line_and_nothing_is_left() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let scenes = folder.path().join("scenes");
    fs::create_dir(&scenes)?;
    let good_scene = "at = 2026-12-24T08:59:53+09:00\nshows = \"welcome\"\n\
                      alt.ja = \"はじめ\"\nalt.en = \"The beginning\"\n";
    for (name, text) in [
        ("seven", good_scene.replace("shows", "show")),
        ("twice", format!("{good_scene}shows = \"code\"\n")),
        ("code", good_scene.to_owned()),
    ] {
        fs::write(scenes.join(format!("{name}.toml")), text)?;
    }
    let pictures = folder.path().join("pictures");
    let arguments = ["--scenes", out(&scenes)?, "--out", out(&pictures)?];
    let output = shots(&arguments)?.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success());
    for told in [
        "seven.toml:2: ",
        "twice.toml:5: ",
        "there is a scene code already",
    ] {
        ensure!(said.contains(told), "{told} is not in: {said}");
    }

    // One whose steps lead elsewhere: the file, and what was expected.
    for name in ["seven", "twice", "code"] {
        fs::remove_file(scenes.join(format!("{name}.toml")))?;
    }
    let lost = good_scene.replace("welcome", "settings");
    fs::write(scenes.join("lost.toml"), lost)?;
    let only = ["--only", "screen/lost.ja.light.phone"];
    let output = shots(&[&arguments[..], &only].concat())?.output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(!output.status.success());
    let told = said.contains("lost.toml") && said.contains("expected the screen settings");
    ensure!(told, "{said}");
    ensure!(!pictures.exists(), "half a folder was left");
    let left = fs::read_dir(folder.path())?.count();
    ensure!(left == 1, "{left} folders where one was");
    Ok(())
}
