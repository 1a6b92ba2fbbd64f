//! Payments to sign, as a bank's page shows them.

use proptest::prelude::*;
use skts_otp::{Payment, PaymentText, SigningLink, SigningLinkError};

const WRITTEN: &str = include_str!("../vectors/signing-link.txt");

fn payment(name: &str, amount: &str) -> Payment {
    let text = |text: &str| text.to_owned();
    Payment::parse(&PaymentText {
        payee_bank: text("9999"),
        payee_branch: text("001"),
        account_kind: text("普通"),
        account_number: text("1234567"),
        payee_name: text(name),
        amount_yen: text(amount),
    })
    .unwrap()
}

fn read(text: &str) -> Result<SigningLink, SigningLinkError> {
    text.parse()
}

#[test]
fn it_is_written_as_the_sample_says_and_reads_back() {
    let link = SigningLink::new("10000001", payment("ミホン タロウ", "50000")).unwrap();
    assert_eq!(link.to_string(), WRITTEN.trim_end());
    let again = read(WRITTEN.trim_end()).unwrap();
    assert!(again == link);
    assert_eq!(again.service_id(), "10000001");
    assert!(!format!("{again:?}").contains("1234567"));
}

#[test]
fn the_longest_payment_fits() {
    let name = "ヴ".repeat(48);
    let link = SigningLink::new("10000001", payment(&name, "9999999999999")).unwrap();
    let text = link.to_string();
    assert!(text.len() <= 1024, "{}", text.len());
    assert!(read(&text).unwrap() == link);
}

#[test]
fn what_is_no_payment_to_sign_is_told_apart_from_a_damaged_one() {
    let long = "x".repeat(4096);
    for other in [
        "",
        "SKTS12345678",
        "https://bank.example/sign?payee_bank=9999",
        "otpauth://totp/Bank:taro?secret=JBSWY3DPEHPK3PXP&issuer=Bank",
        "skts:setup?service_id=10000001&user_id=999800000001",
        "SKTS:sign?",
        &long,
    ] {
        assert_eq!(
            read(other).err(),
            Some(SigningLinkError::NotSigning),
            "{other:.40}"
        );
    }
    let good = WRITTEN.trim_end();
    let too_long = format!("{good}{}", "0".repeat(1024));
    for damaged in [
        "skts:sign?",
        &good[..good.len() - 1],
        &too_long,
        &format!("{good}&more=1"),
        &format!("{good}0"),
        // Another amount or account under the same challenge, and another challenge.
        &good.replace("amount_yen=50000", "amount_yen=59000"),
        &good.replace("1234567", "7654321"),
        &good.replace("challenge=4d", "challenge=4e"),
        // Another order, a field twice, a field unnamed.
        &good.replace(
            "payee_bank=9999&payee_branch=001",
            "payee_branch=001&payee_bank=9999",
        ),
        &good.replace("payee_bank=9999&", "payee_bank=9999&payee_bank=9999&"),
        &good.replace("payee_branch=001", "001"),
        // Another spelling of the same.
        &good.replace("amount_yen=50000", "amount_yen=%35%30000%20"),
        &good.replace("payee_bank=9999", "payee_bank=99-99"),
        &good.replace("%E6%99%AE", "%e6%99%ae"),
        &good.replace("%E6%99%AE%E9%80%9A", "普通"),
        &good.replace("%20", "+"),
        // Codings that are none.
        &good.replace("%20", "%2"),
        &good.replace("%20", "%GG"),
        &good.replace("%20", "%FF"),
        &good.replace("%20", "%00"),
        &good.replace("%20", "%E2%80%AE"),
        &good.replace("service_id=10000001", "service_id=1000001"),
        &good.replace("service_id=10000001", "service_id=1000000a"),
    ] {
        assert_ne!(damaged, good);
        assert_eq!(
            read(damaged).err(),
            Some(SigningLinkError::Damaged),
            "{damaged}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_what_is_read_is_written_alike(text in ".{0,300}") {
        let _ = read(&text);
        if let Ok(link) = read(&format!("skts:sign?{text}")) {
            prop_assert_eq!(link.to_string(), format!("skts:sign?{text}"));
        }
    }

    #[test]
    fn one_changed_character_is_always_found(at in 0usize..200, to in "[!-~]") {
        let good = WRITTEN.trim_end();
        let at = at % good.len();
        let changed = format!("{}{to}{}", &good[..at], &good[at + 1..]);
        // The institution is not signed: its digits are another institution.
        if changed != good && at >= good.find("&payee_bank").unwrap() {
            prop_assert!(read(&changed).is_err(), "{}", changed);
        }
    }
}
