//! Every file in `tests/vectors` gives the keys, and every file in `tests/hostile` meets the refusal,
//! that its header says.

use crate::common::{Case, describe, outcome};

fn check(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        assert!(!case.about.is_empty(), "{}", case.name);
        let result = case.read(case.body.as_bytes());
        let found = outcome(&result);
        if found != case.expect {
            wrong.push(format!(
                "{}: expected {}, found {found}",
                case.name, case.expect
            ));
        }
        let keys: Vec<String> = result
            .iter()
            .flat_map(|file| &file.keys)
            .map(describe)
            .collect();
        if keys != case.keys {
            wrong.push(format!("{}: found {keys:#?}", case.name));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_vector_gives_its_keys() {
    let cases = Case::walk("vectors", "source");
    let figures = (2..=10).map(|figure| format!("rfc6030-figure-{figure:02}.txt"));
    for figure in figures {
        assert!(cases.iter().any(|case| case.name == figure), "{figure}");
    }
    check(&cases);
}

#[test]
fn every_hostile_file_meets_its_refusal() {
    let cases = Case::walk("hostile", "comment");
    assert!(
        cases.len() >= 238,
        "only {} files: is the folder whole?",
        cases.len()
    );
    for case in &cases {
        assert_ne!(case.expect, "accepted", "{}", case.name);
    }
    check(&cases);
}
