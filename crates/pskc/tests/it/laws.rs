//! What is written comes back as it was.

use proptest::prelude::*;
use skts_pskc::{Algorithm, CSV_HEADER, FileError, KeyFileError, parse_csv};

proptest! {
    #[test]
    fn a_row_comes_back_as_it_was_written(
        serial in "[0-9A-Z]{8,12}",
        secret in prop::collection::vec(any::<u8>(), 16..=64),
        eight in any::<bool>(),
        moving in prop_oneof![
            (1..=86_400_u32).prop_map(|period_secs| Algorithm::Totp { period_secs, drift_steps: 0 }),
            (0..=i64::MAX as u64).prop_map(|counter| Algorithm::Hotp { counter }),
        ],
        crlf in any::<bool>(),
    ) {
        let columns = match &moving {
            Algorithm::Totp { period_secs, .. } => ("totp", format!("{period_secs},")),
            Algorithm::Hotp { counter } => ("hotp", format!(",{counter}")),
            Algorithm::Ocra { .. } => unreachable!("not in a CSV"),
        };
        let digits = if eight { 8 } else { 6 };
        let end = if crlf { "\r\n" } else { "\n" };
        let text = format!(
            "{CSV_HEADER}{end}{serial},{},{},{digits},{},sha256,{end}",
            columns.0, hex::encode(&secret), columns.1,
        );
        let file = parse_csv(text.as_bytes()).unwrap();
        prop_assert_eq!(file.keys.len(), 1);
        let key = &file.keys[0];
        prop_assert_eq!(key.serial.as_str(), serial);
        prop_assert_eq!(key.secret.expose_secret(), secret);
        prop_assert_eq!(key.digits, digits);
        prop_assert_eq!(&key.algorithm, &moving);
    }
}

#[test]
fn a_csv_may_have_a_byte_order_mark_and_its_header_no_change() {
    let row = format!("98765432,totp,{},6,30,,sha1,", "00".repeat(20));
    let whole = format!("\u{feff}{CSV_HEADER}\n{row}");
    assert_eq!(parse_csv(whole.as_bytes()).unwrap().keys.len(), 1);
    let spaced = format!("{CSV_HEADER} \n{row}");
    let refused = KeyFileError::File(FileError::Header);
    assert_eq!(parse_csv(spaced.as_bytes()).unwrap_err(), refused);
}
