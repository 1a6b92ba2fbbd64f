//! The documents tell the truth: the tests they name exist, and their links lead somewhere.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::root;

/// Names in backticks that can only be test functions: three words or more.
fn test_names(text: &str) -> Vec<&str> {
    let lower = |name: &str| {
        name.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    text.split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| lower(name) && name.matches('_').count() >= 2)
        .collect()
}

/// The targets of links to files, without pictures, which the window's own tests make.
fn links(text: &str) -> Vec<&str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
        .filter(|target| !target.contains("://") && !target.ends_with(".png"))
        .map(|target| target.split('#').next().unwrap_or(target))
        .collect()
}

fn sources(folder: &Path, text: &mut String) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sources(&path, text)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

fn documents(root: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for folder in [root.to_owned(), root.join("docs"), root.join("docs/adr")] {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "md") {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

#[test]
fn every_test_that_documents_name_exists() -> Result<()> {
    let root = root()?;
    let mut code = String::new();
    for folder in ["crates", "tests", "tools", "src-tauri", "xtask"] {
        sources(&root.join(folder), &mut code)?;
    }
    let absent = |name: &&&str| !code.contains(&format!("fn {name}("));
    for document in ["SECURITY.md", "docs/features.md", "docs/screens.md"] {
        let text = fs::read_to_string(root.join(document))?;
        let names = test_names(&text);
        assert!(names.len() > 20, "{document}: only {} names", names.len());
        assert_eq!(names.iter().filter(absent).collect::<Vec<_>>(), [&""; 0]);
    }
    assert!(absent(&&"no_such_test_anywhere_at_all_but_here"));
    Ok(())
}

/// `./x test` runs every test, and in CI a skipped one is a failure: what is named here has run.
#[test]
fn every_feature_that_is_said_to_be_there_names_a_test_that_runs() -> Result<()> {
    let root = root()?;
    let mut code = String::new();
    for folder in ["crates", "tests", "tools", "src-tauri", "xtask"] {
        sources(&root.join(folder), &mut code)?;
    }
    let runs = |name: &str| {
        let before = code
            .split(&format!("fn {name}("))
            .next()
            .unwrap_or_default();
        let attributes: Vec<&str> = before.lines().rev().take(4).collect();
        attributes
            .iter()
            .any(|line| line.trim() == "#[test]" || line.contains("::test"))
            && !attributes.iter().any(|line| line.contains("#[ignore"))
    };
    let text = fs::read_to_string(root.join("docs/features.md"))?;
    let mut rows = 0;
    for row in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let [_, feature, verdict, shown, _] = cells.as_slice() else {
            anyhow::bail!("not a row: {row}");
        };
        let names = test_names(shown);
        match *verdict {
            "Y" => assert!(!names.is_empty(), "{feature} names no test"),
            "P" => assert!(!shown.is_empty(), "{feature} does not say what is missing"),
            "N" | "" => {}
            other => anyhow::bail!("{feature}: {other}"),
        }
        for name in names {
            assert!(runs(name), "{feature}: {name} does not run");
        }
        rows += 1;
    }
    assert!(rows > 20, "only {rows} rows");
    assert!(!runs("every_link_leads_nowhere"));
    Ok(())
}

#[test]
fn every_link_leads_to_a_file() -> Result<()> {
    let mut checked = 0;
    for document in documents(&root()?)? {
        let folder = document.parent().context("a document has a folder")?;
        for link in links(&fs::read_to_string(&document)?) {
            assert!(folder.join(link).exists(), "{}: {link}", document.display());
            checked += 1;
        }
    }
    assert!(checked > 5, "only {checked} links were found");
    assert_eq!(
        links("[a](no/such.md#part), [b](https://a.example)"),
        ["no/such.md"]
    );
    Ok(())
}
