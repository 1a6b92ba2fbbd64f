//! 取引認証: reviewed whole, signed as reviewed, for one institution.

use std::io::Cursor;

use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};
use skts_authenticator::views::{PaymentForm, ViewMode};
use skts_authenticator::{AppState, ErrorCode, Fault, Field};
use skts_otp::{OcraSuite, Payment, PaymentText, SigningLink, UnixTime, sign_payment};
use skts_provisioning::wire::CheckInState;
use skts_vault::KeyStoreError;

use crate::support::*;

/// As typed on a phone.
fn typed() -> PaymentForm {
    let text = |text: &str| text.to_owned();
    PaymentForm {
        payee_bank: text("９９９９"),
        payee_branch: text("001"),
        account_kind: text("普通"),
        account_number: text("1234-567"),
        payee_name: text("ﾐﾎﾝ　ﾀﾛｳ"),
        amount_yen: text("50000"),
    }
}

fn payment(amount: &str) -> Payment {
    let text = |text: &str| text.to_owned();
    Payment::parse(&PaymentText {
        payee_bank: text("9999"),
        payee_branch: text("001"),
        account_kind: text("普通"),
        account_number: text("1234567"),
        payee_name: text("ミホン タロウ"),
        amount_yen: text(amount),
    })
    .unwrap()
}

fn link(service_id: &str) -> String {
    SigningLink::new(service_id, payment("50000"))
        .unwrap()
        .to_string()
}

/// What the service expects at `secs`.
fn expected(world: &World, amount: &str, secs: u64) -> String {
    let step = OcraSuite::SIGNING
        .step_at(UnixTime::from_secs(secs))
        .unwrap();
    let key = &world.issuer.signing_keys()[0];
    let signature = sign_payment(key, &payment(amount), step).unwrap();
    signature.expose_digits().to_owned()
}

#[test]
fn what_is_reviewed_is_what_is_signed() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let reviewed = app.review_payment(&id, &typed()).unwrap();
    let fields = &reviewed.fields;
    assert_eq!(fields.payee_bank, "9999");
    assert_eq!(fields.account_number, "1234567");
    assert_eq!(fields.payee_name, "ミホン タロウ");
    assert_eq!(reviewed.amount_grouped, "50,000");
    for form in [&typed(), fields] {
        let signed = app.sign(&id, form).unwrap();
        assert!(signed.payment == reviewed);
        assert_eq!(signed.digits, expected(&world, "50000", NOW));
        assert_eq!(signed.grouped.replace(' ', ""), signed.digits);
        assert_eq!(signed.valid_from_ms, NOW * 1000);
        assert_eq!(signed.valid_until_ms, (NOW + 60) * 1000);
        assert!(!format!("{signed:?} {reviewed:?} {form:?}").contains("1234567"));
    }
    let more = PaymentForm {
        amount_yen: "59000".to_owned(),
        ..typed()
    };
    let signed = app.sign(&id, &more).unwrap();
    assert_eq!(signed.digits, expected(&world, "59000", NOW));
    assert_ne!(signed.digits, expected(&world, "50000", NOW));
}

#[test]
fn a_signature_is_made_by_the_services_time_while_that_is_fresh() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.clock.set(NOW + 180);
    let signed = app.sign(&id, &typed()).unwrap();
    assert_eq!(signed.digits, expected(&world, "50000", NOW + 180));
    app.check(&id).unwrap();
    let signed = app.sign(&id, &typed()).unwrap();
    assert_eq!(signed.digits, expected(&world, "50000", NOW));
    // Deadlines are the device's own.
    assert_eq!(signed.valid_from_ms, (NOW + 180) * 1000);
}

#[test]
fn every_field_at_fault_is_named_with_what_is_wrong() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let form = PaymentForm {
        payee_bank: "99".to_owned(),
        payee_branch: "本店".to_owned(),
        account_kind: "定期".to_owned(),
        account_number: String::new(),
        payee_name: "見本\u{202e}太郎".to_owned(),
        amount_yen: "5万".to_owned(),
    };
    for error in [
        app.review_payment(&id, &form).unwrap_err(),
        app.sign(&id, &form).unwrap_err(),
    ] {
        assert_eq!(error.code, ErrorCode::InvalidPayment);
        let faults: Vec<_> = error.faults.iter().map(|at| (at.field, at.fault)).collect();
        let length = Fault::Length {
            least: 4,
            most: 4,
            found: 2,
        };
        assert_eq!(
            faults,
            [
                (Field::PayeeBank, length),
                (Field::PayeeBranch, Fault::NotDigits),
                (Field::AccountKind, Fault::Choice),
                (Field::AccountNumber, Fault::Empty),
                (Field::PayeeName, Fault::Characters),
                (Field::AmountYen, Fault::Amount),
            ]
        );
        assert!(!format!("{error:?}").contains("太郎"));
    }
    let nothing = app.sign(&id, &PaymentForm::default()).unwrap_err();
    assert_eq!(nothing.faults.len(), 6);
    assert!(nothing.faults.iter().all(|at| at.fault == Fault::Empty));
    let long = PaymentForm {
        payee_name: "ア".repeat(49),
        ..typed()
    };
    let error = app.sign(&id, &long).unwrap_err();
    assert_eq!(error.faults[0].fault, Fault::TooLong { most: 48 });
}

/// The code as a page draws it, or as a screen gives it.
fn png(text: &str) -> Vec<u8> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let side = u32::try_from(code.width()).unwrap();
    let colors = code.to_colors();
    let picture = GrayImage::from_fn((side + 8) * 4, (side + 8) * 4, |x, y| {
        let (x, y) = (x / 4, y / 4);
        let inside = |at: u32| (4..4 + side).contains(&at);
        let dark =
            inside(x) && inside(y) && colors[((y - 4) * side + x - 4) as usize] == Color::Dark;
        Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

#[test]
fn a_payment_is_taken_from_the_picture_of_its_code() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let scanned = app.payment_in_image(&id, &png(&link("10000001"))).unwrap();
    assert!(scanned == app.review_payment(&id, &typed()).unwrap());
}

#[test]
fn a_code_of_anything_else_says_what_it_is_not() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let good = link("10000001");
    let bytes: String = "\u{e9}\u{0}x%".repeat(700);
    for (text, code) in [
        ("https://bank.example/app", ErrorCode::QrNotPayment),
        (
            "otpauth://totp/Bank:taro?secret=JBSWY3DPEHPK3PXP",
            ErrorCode::QrNotPayment,
        ),
        ("SKTS12345678", ErrorCode::QrNotPayment),
        ("", ErrorCode::QrNotPayment),
        (&bytes, ErrorCode::QrNotPayment),
        (&format!("skts:sign?{bytes}"), ErrorCode::QrDamaged),
        (&good[..good.len() - 4], ErrorCode::QrDamaged),
        (&good.replace("50000", "90000"), ErrorCode::QrDamaged),
        (&link("10000003"), ErrorCode::QrOtherInstitution),
    ] {
        let error = app.payment_in_text(&id, text).unwrap_err();
        assert_eq!(error.code, code, "{text:.40}");
    }
    let code = |image: &[u8]| app.payment_in_image(&id, image).unwrap_err().code;
    assert_eq!(code(&png("https://bank.example")), ErrorCode::QrNotPayment);
    assert_eq!(code(b"GIF89a"), ErrorCode::QrUnreadable);
    assert_eq!(code(&vec![0; 30 << 20]), ErrorCode::QrUnreadable);
    let blank = app.payment_in_rgba(&id, &[255; 400], 10, 10);
    assert_eq!(blank.unwrap_err().code, ErrorCode::QrNone);
}

#[test]
fn the_mode_is_remembered_where_the_institution_takes_signatures_and_not_offered_elsewhere() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    assert!(app.tokens()[0].signing);
    app.set_mode(&id, ViewMode::Signing).unwrap();
    drop(app);
    let mut app = world.start();
    assert_eq!(app.glance().mode, ViewMode::Signing);
    app.open();
    assert_eq!(app.tokens()[0].mode, ViewMode::Signing);

    let world = World::new();
    let mut app = world.start();
    let AppState::SetUpDone { token, .. } = activate(&mut app, PASSWORD) else {
        panic!()
    };
    app.acknowledge_set_up();
    assert!(!token.signing);
    let refused = |error: skts_authenticator::AppError| error.code;
    let mode = app.set_mode(&token.id, ViewMode::Signing).map_err(refused);
    assert_eq!(mode.unwrap_err(), ErrorCode::SigningNotAllowed);
    for code in [
        app.sign(&token.id, &typed()).unwrap_err().code,
        app.review_payment(&token.id, &typed()).unwrap_err().code,
        app.payment_in_text(&token.id, &link(SERVICE_ID))
            .unwrap_err()
            .code,
    ] {
        assert_eq!(code, ErrorCode::SigningNotAllowed);
    }
}

#[test]
fn a_token_that_shows_no_code_signs_nothing() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.store.fail_with(Some(KeyStoreError::Locked));
    let locked = app.sign(&id, &typed()).unwrap_err();
    assert_eq!(locked.code, ErrorCode::KeystoreLocked);
    world.store.fail_with(None);
    let expires_at = app.tokens()[0].expires_at.unix_secs;
    world.clock.set(expires_at);
    assert_eq!(
        app.sign(&id, &typed()).unwrap_err().code,
        ErrorCode::Expired
    );
    world.clock.set(NOW);
    world.issuer.set_state(CheckInState::Suspended);
    app.check(&id).unwrap();
    let suspended = app.sign(&id, &typed()).unwrap_err();
    assert_eq!(suspended.code, ErrorCode::TokenSuspended);
    let gone = app.sign("no such token", &typed()).unwrap_err();
    assert_eq!(gone.code, ErrorCode::UnknownToken);
}
