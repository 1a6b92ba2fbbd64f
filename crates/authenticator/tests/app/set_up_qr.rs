//! QR で入力: the bank's code fills the IDs, and whatever else somebody brings is told what it is.

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};
use skts_authenticator::{ErrorCode, LINK_SCHEME};

use crate::support::*;

const GOOD: &str = "skts:activate?service_id=10000003&user_id=123456789012";

/// The code of `text`, four pixels a module, as a PNG.
fn picture(text: &[u8]) -> Vec<u8> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).unwrap();
    let (side, colors) = (code.width() as u32, code.to_colors());
    let image = GrayImage::from_fn((side + 8) * 4, (side + 8) * 4, |x, y| {
        let inside = |at: u32| (16..(side + 4) * 4).contains(&at);
        let module = |x: u32, y: u32| colors[((y / 4 - 4) * side + x / 4 - 4) as usize];
        let dark = inside(x) && inside(y) && module(x, y) == Color::Dark;
        Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(image)
        .write_to(&mut bytes, ImageFormat::Png)
        .unwrap();
    bytes.into_inner()
}

#[test]
fn the_banks_code_gives_the_ids_of_an_institution_of_the_list() {
    let world = World::new();
    let app = world.start();
    let ids = app.ids_in_picture(&picture(GOOD.as_bytes())).unwrap();
    assert_eq!(
        (ids.service_id.as_str(), ids.user_id.as_str()),
        (SERVICE_ID, USER_ID)
    );
    assert_eq!(app.ids_in_text(GOOD).unwrap(), ids);
    // A form that is open in a folder without a token reads as well; nothing is written.
    assert!(!world.profile().join("tokens").exists());
}

#[test]
fn any_other_code_and_any_other_file_is_told_what_it_is() {
    let app = World::new().start();
    let error = |bytes: &[u8]| app.ids_in_picture(bytes).unwrap_err().code;
    for text in [
        "https://example.com/",
        "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP",
        "SKTS12345678",
        "skts:sign?payee_bank=9999",
        "skts:activate?service_id=10000003&user_id=12345678901",
        "skts:activate?service_id=10000003&user_id=123456789012&password=8391",
    ] {
        assert_eq!(
            error(&picture(text.as_bytes())),
            ErrorCode::QrOther,
            "{text}"
        );
    }
    // As much as a code holds, and bytes that are no text.
    assert_eq!(error(&picture(&[b'7'; 2900])), ErrorCode::QrOther);
    let noise: Vec<u8> = (0..1200).map(|n| (n * 37 % 256) as u8).collect();
    assert!(matches!(
        error(&picture(&noise)),
        ErrorCode::QrOther | ErrorCode::QrNone | ErrorCode::QrSeveral
    ));
    let elsewhere = "skts:activate?service_id=99999999&user_id=123456789012";
    assert_eq!(
        error(&picture(elsewhere.as_bytes())),
        ErrorCode::UnknownInstitution
    );
    assert_eq!(error(b""), ErrorCode::QrUnreadable);
    assert_eq!(error(&[0xff; 4096]), ErrorCode::QrUnreadable);
    assert_eq!(
        error(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ErrorCode::QrUnreadable
    );
    let blank = DynamicImage::new_luma8(64, 64);
    let mut bytes = Cursor::new(Vec::new());
    blank.write_to(&mut bytes, ImageFormat::Png).unwrap();
    assert_eq!(error(&bytes.into_inner()), ErrorCode::QrNone);
    let wrong_size = app.ids_in_rgba(&[0; 15], 2, 2).unwrap_err().code;
    assert_eq!(wrong_size, ErrorCode::QrUnreadable);
}

#[test]
fn a_link_gives_what_the_code_gives_and_is_refused_as_the_code_is() {
    let app = World::new().start();
    let link = GOOD.replacen("skts:", LINK_SCHEME, 1);
    assert_eq!(
        app.ids_in_link(&link).unwrap(),
        app.ids_in_text(GOOD).unwrap()
    );
    let refused = |text: &str| app.ids_in_link(text).unwrap_err().code;
    for text in [GOOD, LINK_SCHEME, "", &format!("{link}&password=73914628")] {
        assert_eq!(refused(text), ErrorCode::QrOther, "{text}");
    }
    // Nor is a link's text a code's.
    assert_eq!(app.ids_in_text(&link).unwrap_err().code, ErrorCode::QrOther);
    let elsewhere = link.replacen("10000003", "99999999", 1);
    assert_eq!(refused(&elsewhere), ErrorCode::UnknownInstitution);
}
