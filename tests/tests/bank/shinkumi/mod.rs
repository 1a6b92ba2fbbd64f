//! Guide 003: トークン発行, 利用開始 and 利用解除 at a 信用組合.

mod app;
mod device;
mod refused;

use anyhow::{Context, Result};
use skts_tests::bank::{Customer, TARO};
use skts_tests::issuer::Activation;

use crate::pay::{ORDER, enter};
use crate::token::Token;
use crate::visit::Visit;

/// 利用開始パスワード of these stories.
const PASSWORD: &str = "48271536";
const PHONE_MAIL: &str = "taro@phone.example";

/// 手順1 and 2: from the top page to ワンタイムパスワード申請内容選択, with a picture of each.
fn choose(visit: &Visit<'_>, home: &str, choice: &str) -> Result<()> {
    visit.go("/home")?;
    visit.picture("HOM001", home)?;
    visit.follow("/otp")?;
    visit.picture("BOP001", choice)
}

/// トークン発行 as far as its first form; `kind` is `soft` or `hardware`.
fn choose_kind(visit: &Visit<'_>, kind: &str, picture: &str) -> Result<()> {
    visit.follow("/procedures/issue")?;
    visit.expect("BOT010")?;
    visit.choose("kind", kind)?;
    visit.picture("BOT010", picture)?;
    visit.send()
}

/// The picture of the page with the QR code that a customer saves.
const ISSUED: &str = "issued.png";

/// トークン発行 of the app's token, after its kind was chosen: 手順4 to 7 with pictures.
fn issue(visit: &Visit<'_>, customer: Customer, mails: usize) -> Result<Activation> {
    enter_mail_and_password(visit)?;
    let notice = notice_password(visit, mails)?;
    visit.fill("notice_password", &notice)?;
    visit.press_keys("confirmation_password", customer.confirmation_password)?;
    visit.picture("BOT021", "003-142-confirm")?;
    visit.send()?;
    visit.picture("BOT022", "003-172-issued")?;
    visit.save_page(ISSUED)?;
    let activation = Activation {
        service_id: visit.cell("サービスID")?,
        user_id: visit.cell("ユーザID")?,
        password: PASSWORD.to_owned(),
    };
    let form = visit.browser.open_tab()?;
    wait_mail(visit, "https://app.mihon.example/otp", mails)?;
    visit.picture("DMO002", "003-207-mail")?;
    visit.browser.enter_tab(&form)?;
    Ok(activation)
}

/// 手順4, sent.
fn enter_mail_and_password(visit: &Visit<'_>) -> Result<()> {
    visit.expect("BOT020")?;
    for field in ["mail", "mail_again"] {
        visit.fill(field, PHONE_MAIL)?;
    }
    for field in ["activation_password", "activation_password_again"] {
        visit.fill(field, PASSWORD)?;
    }
    visit.picture("BOT020", "003-106-enter")?;
    visit.send()?;
    visit.expect("BOT021")
}

/// The メール通知パスワード of the newest of `mails` mails that have one.
fn notice_password(visit: &Visit<'_>, mails: usize) -> Result<String> {
    const BEFORE: &str = "メール通知パスワード：";
    let form = visit.browser.open_tab()?;
    wait_mail(visit, BEFORE, mails)?;
    let text = visit.browser.page_text()?;
    let after = text.split_once(BEFORE).map(|(_, after)| after);
    let password = after.and_then(|after| after.split_whitespace().next());
    visit.browser.enter_tab(&form)?;
    password
        .map(str::to_owned)
        .context("no password in the mail")
}

/// Waits in the mailbox until `words` have come `times` times.
fn wait_mail(visit: &Visit<'_>, words: &str, times: usize) -> Result<()> {
    visit.browser.wait(words, |browser| {
        visit.go("/demo/inbox")?;
        Ok(browser.page_text()?.matches(words).count() >= times)
    })
}

/// 利用開始 of the app's token by its code, on the page that says so.
fn begin_use(visit: &Visit<'_>, token: &Token<'_>) -> Result<()> {
    visit.follow("/procedures/begin-use")?;
    visit.expect("BOK401")?;
    visit.says(&token.serial)?;
    visit.fill("code", &token.code()?)?;
    visit.picture("BOK401", "003-323-code")?;
    visit.send()?;
    visit.picture("BOK402", "003-342-in-use")?;
    visit.says("有効期限")?;
    visit.says(&token.serial)
}

/// 利用開始 of a device by serial and code; first the code is typed wrong.
fn begin_use_of_device(visit: &Visit<'_>, card: &Token<'_>) -> Result<()> {
    visit.follow("/procedures/begin-use")?;
    visit.expect("BOK501")?;
    visit.fill("serial", &card.serial)?;
    visit.fill("code", &card.wrong_code()?)?;
    visit.send()?;
    visit.refused("BOK501", "正しくない")?;
    visit.fill("serial", &card.serial)?;
    visit.fill("code", &card.code()?)?;
    visit.picture("BOK501", "003-492-serial")?;
    visit.send()?;
    visit.picture("BOK502", "003-522-in-use")?;
    visit.says("有効期限")?;
    visit.says(&card.serial)
}

/// A new login asks for a code once, and a transfer for another.
fn works(visit: &Visit<'_>, token: &Token<'_>) -> Result<()> {
    visit.logout()?;
    visit.login(TARO, Some(token))?;
    enter(visit, "transfer", "TRF", &ORDER)?;
    visit.fill("code", &token.code()?)?;
    visit.send()?;
    visit.expect("TRF003")
}

/// ワンタイムパスワード利用解除, with pictures; the next login asks for no code.
fn end_use(visit: &Visit<'_>, customer: Customer, token: &Token<'_>) -> Result<()> {
    choose(visit, "003-556-home", "003-562-in-use")?;
    visit.says("利用中")?;
    visit.follow("/procedures/end-use")?;
    visit.expect("BOS001")?;
    visit.fill("confirmation_password", customer.confirmation_password)?;
    visit.fill("code", &token.code()?)?;
    visit.picture("BOS001", "003-568-release")?;
    visit.send()?;
    visit.picture("BOS002", "003-596-released")?;
    visit.says("200,000円")?;
    visit.says("未登録")?;
    visit.logout()?;
    visit.login(customer, None)
}

/// No new token on the day of the release; from the next day on.
fn next_day_only(visit: &Visit<'_>) -> Result<()> {
    visit.go("/procedures/issue")?;
    visit.expect("BOT010")?;
    visit.choose("kind", "soft")?;
    visit.send()?;
    visit.refused("BOT010", "からご利用")?;
    visit.next_day()
}

/// A device ordered on the page, its kind chosen already, and sent by the counter as `serial`.
fn order(visit: &Visit<'_>, customer: Customer, code: Option<&str>) -> Result<()> {
    visit.expect("BOT030")?;
    visit.fill("confirmation_password", customer.confirmation_password)?;
    if let Some(code) = code {
        visit.fill("code", code)?;
    }
    visit.picture("BOT030", "003-413-order")?;
    visit.send()?;
    visit.picture("BOT031", "003-431-ordered")?;
    visit.says("お届け予定日")
}
