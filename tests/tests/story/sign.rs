//! 取引認証: `skts` signs what it shows, and the service takes that payment's signature once.

use std::fs;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use skts_tests::issuer::{Bank, SHINKIN, SHINKUMI};
use skts_tests::qr;
use skts_tests::skts::Skts;

use crate::{CUSTOMER, World, only_serial, works};

fn payment(amount: &str) -> Value {
    json!({
        "payee_bank": "9999", "payee_branch": "001", "account_kind": "普通",
        "account_number": "1234567", "payee_name": "ミホン タロウ", "amount_yen": amount,
    })
}

/// The same, as typed.
fn typed(amount: &str) -> [&str; 12] {
    [
        "--bank",
        "９９９９",
        "--branch",
        "001",
        "--kind",
        "ordinary",
        "--account",
        "1234-567",
        "--name",
        "みほん　たろう",
        "--amount",
        amount,
    ]
}

fn digits(signed: &Value) -> Result<String> {
    let digits = signed["digits"].as_str().context("no digits")?;
    ensure!(digits.len() == 8, "{digits}");
    Ok(digits.to_owned())
}

/// A token that is registered, and its serial.
fn registered<'w>(world: &'w World) -> Result<(Skts<'w>, Bank, String)> {
    let (skts, bank) = (world.skts()?, world.issuer.bank(SHINKIN)?);
    skts.provision(SHINKIN)?.success()?;
    works(&skts, &bank, CUSTOMER, 30)?;
    let serial = only_serial(&skts)?;
    Ok((skts, bank, serial))
}

#[test]
fn what_is_signed_is_accepted_once_and_nothing_else_is() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let (skts, bank, serial) = registered(&world)?;
    let (challenge, _) = bank.begin_signature(CUSTOMER, &payment("50000"))?;
    let verdict =
        |challenge: &str, digits: &str| bank.verify_signature(CUSTOMER, challenge, digits);
    // Another amount than the bank's.
    let other = digits(&skts.sign(&serial, &typed("59000"))?.success()?)?;
    ensure!(verdict(&challenge, &other)? == "rejected");
    let signed = skts.sign(&serial, &typed("50000"))?.success()?;
    ensure!(
        signed["payment"]["fields"]["payeeName"] == "ミホン タロウ",
        "{signed}"
    );
    ensure!(signed["payment"]["amountGrouped"] == "50,000", "{signed}");
    let signature = digits(&signed)?;
    ensure!(verdict(&challenge, &signature)? == "accepted");
    ensure!(verdict(&challenge, &signature)? == "replayed");
    // The same payment announced again: its signature is used up.
    let (again, _) = bank.begin_signature(CUSTOMER, &payment("50000"))?;
    ensure!(verdict(&again, &signature)? == "replayed");
    // Somebody else's challenge.
    let (theirs, _) = bank.begin_signature("customer-0002", &payment("50000"))?;
    ensure!(verdict(&theirs, &signature)? == "unknown");
    // A code signs nothing.
    let code = skts.code(&serial)?;
    ensure!(verdict(&again, &code)? == "rejected");
    Ok(())
}

#[test]
fn the_code_of_a_banks_page_is_read_from_its_picture() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let (skts, bank, serial) = registered(&world)?;
    let (challenge, to_sign) = bank.begin_signature(CUSTOMER, &payment("1200000"))?;
    let file = world.sandbox.join("page.png");
    let file = file.to_str().context("a path that is no text")?;
    let text = qr::signing_text(&to_sign)?;
    fs::write(file, qr::png(&text)?)?;
    let signed = skts.sign(&serial, &["--qr", file])?.success()?;
    ensure!(
        signed["payment"]["fields"]["amountYen"] == "1200000",
        "{signed}"
    );
    let verdict = bank.verify_signature(CUSTOMER, &challenge, &digits(&signed)?)?;
    ensure!(verdict == "accepted", "{verdict}");

    // What the customer is not asked about is not signed.
    let refused = skts.run(&["sign", &serial, "--qr", file])?;
    refused.refused("not-agreed", 2)?;
    let theirs = world.issuer.bank(SHINKUMI)?;
    let (_, other) = theirs.begin_signature(CUSTOMER, &payment("50000"))?;
    let bytes = "\u{e9}x".repeat(600);
    for (text, code) in [
        ("https://bank.example/app", "qr-not-payment"),
        (
            "otpauth://totp/Bank:taro?secret=JBSWY3DPEHPK3PXP",
            "qr-not-payment",
        ),
        (&bytes, "qr-not-payment"),
        (&text.replace("1200000", "9200000"), "qr-damaged"),
        (&qr::signing_text(&other)?, "qr-other-institution"),
    ] {
        fs::write(file, qr::png(text)?)?;
        skts.sign(&serial, &["--qr", file])?.refused(code, 2)?;
    }
    for (bytes, code) in [
        (b"%PDF-1.7".to_vec(), "qr-unreadable"),
        (vec![0; 25 << 20], "qr-unreadable"),
    ] {
        fs::write(file, bytes)?;
        skts.sign(&serial, &["--qr", file])?.refused(code, 2)?;
    }
    skts.sign(&serial, &["--qr", "/nowhere.png"])?
        .refused("qr-unreadable", 2)
}

#[test]
fn what_cannot_be_signed_is_told_field_by_field() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    let mut wrong = typed("5万");
    wrong[1] = "99";
    wrong[9] = "見本太郎";
    let refused = skts.sign(&serial, &wrong)?;
    refused.refused("invalid-payment", 2)?;
    let faults = refused.refusal()?["faults"].clone();
    let field = |at: usize| faults[at]["field"].as_str().unwrap_or_default().to_owned();
    ensure!(
        [field(0), field(1), field(2)] == ["payee-bank", "payee-name", "amount-yen"],
        "{faults}"
    );
    Ok(())
}
