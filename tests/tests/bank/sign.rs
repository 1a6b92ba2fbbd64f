//! 取引認証: a first transfer to an account and a large one are signed, as the page shows them.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::bank::TARO;

use crate::pay::{ORDER, enter};
use crate::start::start;
use crate::token::Token;
use crate::visit::{Face, Visit};
use crate::{World, walk_signing};

/// [`ORDER`] as it is signed, typed into the app.
const TYPED: [&str; 12] = [
    "--bank",
    "9999",
    "--branch",
    "001",
    "--kind",
    "ordinary",
    "--account",
    "1234567",
    "--name",
    "ミホン ハナコ",
    "--amount",
    "1200",
];

/// On the page of a transfer that is to be signed.
fn to_sign(visit: &Visit<'_>, picture: &str) -> Result<()> {
    enter(visit, "transfer", "TRF", &ORDER)?;
    visit.says("はじめてお振込みになる口座のため")?;
    visit.picture("TRF002", &format!("{picture}-demanded"))?;
    let asked = "return !!document.querySelector('input[name=\"code\"]')";
    ensure!(
        visit.browser.run(asked, &json!([]))? == false,
        "a code is asked for"
    );
    visit.send()?;
    visit.picture("TRF004", &format!("{picture}-page"))
}

fn signed(visit: &Visit<'_>, signature: &str) -> Result<()> {
    visit.fill("signature", signature)?;
    visit.send()
}

/// A digit further than the right one, in each place.
fn turned(signature: &str) -> String {
    let turn = |digit: u8| char::from(b'0' + (digit - b'0' + 1) % 10);
    signature.bytes().map(turn).collect()
}

/// By a picture of the page, as it is saved or copied; what the app shows is the page's own.
fn by_picture(world: &World, face: Face, picture: &str) -> Result<()> {
    let visit = world.visit(face)?;
    let phone = Token::phone(world, "phone")?;
    start(&visit, TARO, &phone)?;
    visit.login(TARO, None)?;
    to_sign(&visit, picture)?;
    let file = world.sandbox.join("page.png");
    std::fs::write(&file, visit.browser.whole_picture()?)?;
    let file = file.to_str().context("a path that is no text")?;
    let (fields, signature) = phone.sign(&["--qr", file])?;
    for (name, value) in [
        ("payeeBank", "9999"),
        ("payeeBranch", "001"),
        ("accountKind", "普通"),
        ("accountNumber", "1234567"),
        ("payeeName", "ミホン ハナコ"),
        ("amountYen", "1200"),
    ] {
        ensure!(
            fields[name] == value,
            "{name} is signed as {}",
            fields[name]
        );
    }
    signed(&visit, &turned(&signature))?;
    visit.refused("TRF004", "署名番号が正しくありません")?;
    visit.picture("TRF004", &format!("{picture}-wrong"))?;
    signed(&visit, &signature)?;
    visit.picture("TRF003", &format!("{picture}-done"))?;
    visit.go("/home")?;
    visit.says("298,800円")?;

    // The account is known now: a code will do.
    enter(&visit, "transfer", "TRF", &ORDER)?;
    visit.fill("code", &phone.code()?)?;
    visit.send()?;
    visit.expect("TRF003")
}

#[test]
fn a_first_transfer_is_signed_by_the_picture_of_the_page() -> Result<()> {
    walk_signing(
        "a_first_transfer_is_signed_by_the_picture_of_the_page",
        |world| by_picture(world, Face::Pc, "sign"),
    )
}

#[test]
fn a_first_transfer_is_signed_on_a_smartphone() -> Result<()> {
    walk_signing("a_first_transfer_is_signed_on_a_smartphone", |world| {
        by_picture(world, Face::Smartphone, "sign")
    })
}

#[test]
fn another_amount_and_a_used_signature_move_no_money() -> Result<()> {
    walk_signing(
        "another_amount_and_a_used_signature_move_no_money",
        |world| {
            let visit = world.visit(Face::Pc)?;
            let phone = Token::phone(world, "phone")?;
            start(&visit, TARO, &phone)?;
            visit.login(TARO, None)?;
            to_sign(&visit, "sign-typed")?;
            let mut more = TYPED;
            more[11] = "9900";
            let (_, other) = phone.sign(&more)?;
            signed(&visit, &other)?;
            visit.refused("TRF004", "署名番号が正しくありません")?;
            let (_, signature) = phone.sign(&TYPED)?;
            signed(&visit, &signature)?;
            visit.expect("TRF003")?;
            visit.go("/home")?;
            visit.says("298,800円")?;

            // The same payment to be signed again, and the signature it had.
            enter(&visit, "transfer", "TRF", &ORDER)?;
            visit.choose("confirm_by", "signature")?;
            visit.send()?;
            visit.expect("TRF004")?;
            signed(&visit, &signature)?;
            visit.refused("TRF002", "使用済み")?;
            visit.go("/home")?;
            visit.says("298,800円")
        },
    )
}
