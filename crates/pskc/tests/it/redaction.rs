//! Nothing of a file, and nothing that opens it, is printed.

use std::fmt::Debug;

use skts_pskc::{Protection, Secret};

use crate::common::{Case, password};

/// What the vectors and the hostile files made of them hold, in each form: secrets, serial numbers,
/// names, keys and passwords.
const CONTENT: [&str; 14] = [
    "12345678901234567890",
    "31323334353637383930",
    "MTIzNDU2Nzg5MDEy",
    "49, 50, 51, 52",
    "987654321",
    "98765432",
    "Acme",
    "example-bank",
    "CM_ID_001",
    "Pre-shared-key",
    "qwerty",
    "12345678901234567890123456789012",
    "AAECAwQF",
    "Su+NvtQf",
];

fn told(text: &str) -> Option<&'static str> {
    CONTENT.into_iter().find(|content| text.contains(content))
}

fn printed(value: &dyn Debug) -> String {
    format!("{value:?} {value:#?}")
}

#[test]
fn the_search_finds_what_is_planted() {
    for planted in [
        "key 1: the serial 987654321 is taken",
        "PlainValue(\"MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=\")",
        "wrong password qwerty",
        &format!("{:?}", b"12345678"),
    ] {
        assert!(told(planted).is_some(), "{planted}");
    }
    assert_eq!(
        told("key 1: the serial number is in the file already"),
        None
    );
}

#[test]
fn no_error_tells_what_it_refused() {
    let mut refused = 0;
    for case in Case::walk("hostile", "comment") {
        let Err(error) = case.read(case.body.as_bytes()) else {
            panic!("{} was taken", case.name);
        };
        let text = format!("{error} {}", printed(&error));
        assert_eq!(told(&text), None, "{}: {text}", case.name);
        assert!(
            std::error::Error::source(&error)
                .is_none_or(|source| { told(&source.to_string()).is_none() })
        );
        refused += 1;
    }
    assert!(refused > 200, "only {refused} files");
}

#[test]
fn secrets_print_as_redacted() {
    let secret = || Secret::new(b"12345678901234567890".to_vec());
    let file = Case::vector("rfc6030-figure-06.txt");
    let file = file.read(file.body.as_bytes()).unwrap();
    for text in [
        printed(&secret()),
        printed(&Some(secret())),
        printed(&Protection::PreSharedKey(secret())),
        printed(&password("qwerty")),
        printed(&file.keys[0].secret),
    ] {
        assert!(told(&text).is_none() && text.contains("redacted"), "{text}");
    }
    // A key tells its serial number and keeps its secret.
    let text = printed(&file).replace("987654321", "");
    assert!(told(&text).is_none() && text.contains("redacted"), "{text}");
}
