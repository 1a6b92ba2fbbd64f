//! `docs/protocol.md` names every label the code hashes, signs or stores under.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn labels(text: &str) -> BTreeSet<String> {
    text.match_indices("skts/")
        .map(|(at, _)| {
            let end = text[at..].find(|c: char| !(c.is_ascii_alphanumeric() || "/-".contains(c)));
            text[at..end.map_or(text.len(), |end| at + end)].to_owned()
        })
        .filter(|label| label.ends_with("/v1"))
        .collect()
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn the_document_and_the_code_have_the_same_labels() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    // Transaction signing is in the same document.
    sources(&root.join("../otp/src"), &mut files);
    let mut in_code: BTreeSet<String> = files
        .iter()
        .flat_map(|file| labels(&fs::read_to_string(file).unwrap()))
        .collect();
    // The relying-party API is documented by its OpenAPI file.
    in_code.retain(|label| !label.starts_with("skts/rp-"));
    assert!(in_code.len() > 20, "the walk has found the labels");
    let document = fs::read_to_string(root.join("../../docs/protocol.md")).unwrap();
    assert_eq!(labels(&document), in_code);
}
