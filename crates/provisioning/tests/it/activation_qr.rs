//! The QR code of トークン発行: one spelling, and what everything else is told to be.

use proptest::prelude::*;
use skts_provisioning::activation_qr::{ActivationQr, ActivationQrError, LINK_SCHEME};

const GOOD: &str = "skts:activate?service_id=10112235&user_id=999800000001";

#[test]
fn the_text_on_the_banks_page_gives_the_two_ids() {
    let read = ActivationQr::parse(GOOD).unwrap();
    assert_eq!(read.service_id.as_str(), "10112235");
    assert_eq!(read.user_id.as_str(), "999800000001");
    assert_eq!(read.to_string(), GOOD);
}

#[test]
fn what_else_a_qr_code_may_say_is_told_apart() {
    let foreign = [
        "",
        "https://example.com/?service_id=10112235&user_id=999800000001",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP",
        "SKTS12345678",
        "Skts:activate?service_id=10112235&user_id=999800000001",
        " skts:activate?service_id=10112235&user_id=999800000001",
        "\u{feff}skts:activate?service_id=10112235&user_id=999800000001",
    ];
    for text in foreign {
        let read = ActivationQr::parse(text);
        assert_eq!(read, Err(ActivationQrError::Foreign), "{text}");
    }
    assert_eq!(
        ActivationQr::parse(&"\u{0}\u{ff}".repeat(2048)),
        Err(ActivationQrError::Foreign)
    );
    for text in [
        "skts:sign?payee_bank=9999",
        "skts:activate2?service_id=10112235&user_id=999800000001",
        "skts:",
        "skts://activate?service_id=10112235&user_id=999800000001",
    ] {
        let read = ActivationQr::parse(text);
        assert_eq!(read, Err(ActivationQrError::OtherPurpose), "{text}");
    }
    for text in [
        "skts:activate?",
        "skts:activate?service_id=10112235",
        "skts:activate?user_id=999800000001&service_id=10112235",
        "skts:activate?service_id=1011-2235&user_id=999800000001",
        "skts:activate?service_id=１０１１２２３５&user_id=999800000001",
        "skts:activate?service_id=1011223&user_id=999800000001",
        "skts:activate?service_id=10112235&user_id=9998000000011",
        "skts:activate?service_id=10112235&user_id=999800000001&password=4821",
        "skts:activate?service_id=10112235&user_id=999800000001 ",
        "skts:activate?service_id=10112235&user_id=999800000001\n",
        "skts:activate?service_id=10112235&service_id=10112235&user_id=999800000001",
    ] {
        let read = ActivationQr::parse(text);
        assert_eq!(read, Err(ActivationQrError::Damaged), "{text}");
    }
    let long = format!("{GOOD}{}", "0".repeat(4096));
    assert_eq!(ActivationQr::parse(&long), Err(ActivationQrError::Damaged));
}

#[test]
fn a_link_says_the_same_under_the_apps_own_scheme_and_nothing_else() {
    let link = GOOD.replacen("skts:", LINK_SCHEME, 1);
    assert_eq!(ActivationQr::parse_link(&link), ActivationQr::parse(GOOD));
    for text in [
        GOOD,
        "",
        "https://example.com/",
        "jp.example.other:activate?service_id=10112235&user_id=999800000001",
        "JP.EXAMPLE.SKTS:activate?service_id=10112235&user_id=999800000001",
    ] {
        let read = ActivationQr::parse_link(text);
        assert_eq!(read, Err(ActivationQrError::Foreign), "{text}");
    }
    for text in [
        "jp.example.skts:",
        "jp.example.skts:skts:activate?service_id=10112235&user_id=999800000001",
        "jp.example.skts://activate?service_id=10112235&user_id=999800000001",
        "jp.example.skts:sign?payee_bank=9999",
    ] {
        let read = ActivationQr::parse_link(text);
        assert_eq!(read, Err(ActivationQrError::OtherPurpose), "{text}");
    }
    for added in ["&password=73914628", "&consent=1", "#", "%20", "/", "&"] {
        let read = ActivationQr::parse_link(&format!("{link}{added}"));
        assert_eq!(read, Err(ActivationQrError::Damaged), "{added}");
    }
    let escaped = link.replacen("10112235", "1011223%35", 1);
    assert_eq!(
        ActivationQr::parse_link(&escaped),
        Err(ActivationQrError::Damaged)
    );
}

proptest! {
    #[test]
    fn whatever_is_read_prints_as_it_was(text in "skts:activate\\?service_id=[0-9]{7,9}&user_id=[0-9]{11,13}") {
        if let Ok(read) = ActivationQr::parse(&text) {
            prop_assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn no_text_is_a_panic(text in any::<String>()) {
        let _ = ActivationQr::parse(&text);
        let _ = ActivationQr::parse_link(&format!("{LINK_SCHEME}{text}"));
        let _ = ActivationQr::parse(&format!("skts:activate?{text}"));
    }
}
