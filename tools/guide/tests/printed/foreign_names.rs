//! Whose names, numbers and addresses must not be in a guide of ours, without naming them.
//!
//! The guides this project learns from are of real institutions, and nothing of theirs belongs here;
//! a list of their names in a test would put them here. So the list holds salted hashes, and every
//! stretch of a text that is as long as a name is hashed and looked for. It keeps the names from being
//! read and found by a search; who guesses a name can check the guess, and already knows the name.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

const LIST: &str = include_str!("foreign_names.txt");
const SALT: &str = "skts-guide: names that are not ours/";

/// The list: hashes by the length of their names, characters.
pub(crate) fn list() -> BTreeMap<usize, BTreeSet<String>> {
    let mut list = BTreeMap::<usize, BTreeSet<String>>::new();
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        let (length, hash) = line.split_once(' ').unwrap();
        list.entry(length.parse().unwrap())
            .or_default()
            .insert(hash.to_owned());
    }
    list
}

/// Where a name of the list is in `text`: the characters from the first of it, folded.
pub(crate) fn found(text: &str) -> Vec<String> {
    let folded: Vec<char> = fold(text).collect();
    let mut found = Vec::new();
    for (length, hashes) in list() {
        let mut seen = BTreeSet::new();
        for window in folded.windows(length) {
            let stretch: String = window.iter().collect();
            if seen.insert(stretch.clone()) {
                let hash = hex::encode(Sha256::digest(format!("{SALT}{stretch}")));
                if hashes.contains(&hash) {
                    found.push(stretch);
                }
            }
        }
    }
    found
}

/// Width and case folded, without spaces and hyphens, as a PDF breaks lines anywhere.
fn fold(text: &str) -> impl Iterator<Item = char> {
    let folded: String = text.nfkc().flat_map(char::to_lowercase).collect();
    let kept: Vec<char> = folded
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .collect();
    kept.into_iter()
}

#[test]
fn a_name_of_the_list_is_found_however_it_is_written() {
    // Planted: nobody is called so, and its hash is in the list.
    assert_eq!(found("当うえこみ\n信用 金庫の"), ["うえこみ信用金庫"]);
    assert_eq!(found("当うえこみ信用組合の"), [""; 0]);
    assert!(list().values().map(BTreeSet::len).sum::<usize>() > 25);
}
