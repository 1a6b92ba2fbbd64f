//! Files damaged at every byte: refused, or with the very secrets that were sent; never fewer.

use proptest::prelude::*;
use proptest::sample::select;
use skts_pskc::{KeyFile, Protection, Secret, parse_csv, parse_pskc};

use crate::common::Case;

const WITH_MACS: [&str; 5] = [
    "rfc6030-figure-06.txt",
    "rfc6030-figure-07.txt",
    "python-pskc-aes256-cbc.txt",
    "python-pskc-kw-aes128.txt",
    "python-pskc-password-sha512.txt",
];
const IN_THE_CLEAR: [&str; 4] = [
    "rfc6030-figure-05.txt",
    "rfc6030-figure-10-own-serials.txt",
    "ocra-profile.txt",
    "csv.txt",
];

fn secrets(file: &KeyFile) -> Vec<Vec<u8>> {
    let secrets = file.keys.iter().map(|key| key.secret.expose_secret());
    secrets.map(<[u8]>::to_vec).collect()
}

/// Damages one byte of the file after the other; tells how often the file was still taken.
fn flip_every_byte(case: &Case, agree: impl Fn(&[Vec<u8>], &[Vec<u8>]) -> bool) -> usize {
    let whole = secrets(&case.read(case.body.as_bytes()).unwrap());
    // A password is stretched at each try, which takes its time.
    let slow = matches!(case.protection(), Some(Protection::Password(_)));
    let masks: &[u8] = if slow {
        &[0x01]
    } else {
        &[0x01, 0x02, 0x10, 0x80]
    };
    let mut taken = 0;
    for at in 0..case.body.len() {
        for mask in masks {
            let mut damaged = case.body.clone().into_bytes();
            damaged[at] ^= mask;
            if let Ok(file) = case.read(&damaged) {
                taken += 1;
                assert!(agree(&secrets(&file), &whole), "{} at {at}", case.name);
            }
        }
    }
    taken
}

#[test]
fn a_damaged_byte_changes_no_secret_that_has_a_mac() {
    for name in WITH_MACS {
        let taken = flip_every_byte(&Case::vector(name), |found, sent| found == sent);
        // White space, names, serial numbers: what PSKC leaves without a MAC.
        assert!(
            taken > 0,
            "{name}: nothing was taken, so nothing was compared"
        );
    }
}

#[test]
fn a_damaged_byte_loses_no_key() {
    for name in IN_THE_CLEAR {
        let taken = flip_every_byte(&Case::vector(name), |found, sent| found.len() == sent.len());
        assert!(taken > 0, "{name}");
    }
}

#[test]
fn a_file_cut_anywhere_is_refused_until_only_white_space_is_missing() {
    for name in WITH_MACS.iter().chain(&IN_THE_CLEAR) {
        let case = Case::vector(name);
        let body = case.body.as_bytes();
        let end = case.body.trim_end().len();
        for cut in 0..body.len() {
            let result = case.read(&body[..cut]);
            // A CSV can end anywhere that leaves a row whole: its sender tells how many there are.
            if *name != "csv.txt" {
                assert_eq!(result.is_ok(), cut >= end, "{name} cut at {cut}");
            }
        }
    }
}

/// Pieces that mean something to a reader of such files.
const PIECES: [&str; 18] = [
    "<",
    ">",
    "</",
    "/>",
    "\"",
    "&#x41;",
    "&lt;",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?x?>",
    "<!DOCTYPE x>",
    "</Data>",
    "<Secret>",
    "<EncryptedValue>",
    "=",
    " xmlns=\"\"",
];

fn opened_like(name: &str) -> (Vec<u8>, Protection, Vec<Vec<u8>>) {
    let case = Case::vector(name);
    let body = case.body.clone().into_bytes();
    let protection = case.protection().unwrap();
    let whole = secrets(&parse_pskc(&body, &protection).unwrap());
    (body, protection, whole)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn pieces_moved_copied_and_put_in_change_no_secret(
        name in select(vec![WITH_MACS[0], WITH_MACS[2], WITH_MACS[3]]),
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0_usize..120,
             prop::option::of(select(PIECES.to_vec()))),
            1..4,
        ),
    ) {
        let (mut body, protection, whole) = opened_like(name);
        for (from, to, length, piece) in edits {
            let (from, to) = (from.index(body.len()), to.index(body.len()));
            match piece {
                Some(piece) => drop(body.splice(to..to, piece.bytes())),
                None => {
                    let end = (from + length).min(body.len());
                    let copied: Vec<u8> = body[from..end].to_vec();
                    body.splice(to..to, copied);
                }
            }
        }
        if let Ok(file) = parse_pskc(&body, &protection) {
            prop_assert_eq!(secrets(&file), whole);
        }
    }

    #[test]
    fn whatever_the_bytes_there_is_an_answer(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let key = Protection::PreSharedKey(Secret::new(vec![0; 16]));
        prop_assert!(parse_pskc(&bytes, &key).is_err());
        prop_assert!(parse_csv(&bytes).is_err());
    }

    #[test]
    fn whatever_the_markup_there_is_an_answer(
        pieces in prop::collection::vec(select(PIECES.to_vec()), 0..60),
    ) {
        let text = format!(
            "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">{}",
            pieces.concat()
        );
        prop_assert!(parse_pskc(text.as_bytes(), &Protection::Plain).is_err());
    }
}
