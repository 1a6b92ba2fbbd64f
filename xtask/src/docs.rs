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
fn every_test_security_md_names_exists() -> Result<()> {
    let root = root()?;
    let mut code = String::new();
    sources(&root.join("crates"), &mut code)?;
    sources(&root.join("tests"), &mut code)?;
    let text = fs::read_to_string(root.join("SECURITY.md"))?;
    let names = test_names(&text);
    assert!(names.len() > 20, "only {} names were found", names.len());
    let absent = |name: &&&str| !code.contains(&format!("fn {name}("));
    assert_eq!(names.iter().filter(absent).collect::<Vec<_>>(), [&""; 0]);
    assert!(absent(&&"no_such_test_anywhere_at_all_but_here"));
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
