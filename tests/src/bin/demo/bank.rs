//! The sample bank in the story: where it is, and its pages by plain forms, without a browser.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use skts_tests::bank::{Customer, Effective, STAFF_PASSWORD, SampleBank, Style, TARO};
use skts_tests::clock;
use skts_tests::forms::Forms;
use skts_tests::issuer::{Issuer, SHINKIN};
use skts_tests::sandbox::Sandbox;
use skts_tests::skts::Skts;

use crate::tell::{command, done, grouped, heading, say};

const PERIOD_SECS: u64 = 30;

/// Starts the internet bank of `style`'s institution, with devices to hold, and says where its pages
/// are and who its customer is.
pub(crate) fn open(sandbox: &Sandbox, issuer: &Issuer, style: Style) -> Result<SampleBank> {
    let service = issuer.address();
    let bank = match style {
        Style::Shinkin => {
            let demands = ["--sign-new-payees"];
            SampleBank::start_demanding(sandbox, issuer, &service, style, &demands)?
        }
        Style::Shinkumi => SampleBank::start(sandbox, issuer, &service, style, Effective::AtOnce)?,
    };
    bank.make_devices(sandbox, issuer)?;
    let address = bank.address();
    let (name, passwords) = match style {
        Style::Shinkin => (
            "見本信用金庫",
            format!("資金移動用パスワード {}", TARO.transfer_password),
        ),
        Style::Shinkumi => (
            "見本信用組合",
            format!("確認用パスワード {}", TARO.confirmation_password),
        ),
    };
    say(&format!(
        "{name}インターネットバンキング · the bank's pages: {address}/"
    ));
    say(&format!(
        "    契約者ID {}  ログインパスワード {}  {passwords}",
        TARO.contract_id, TARO.login_password
    ));
    say(&format!(
        "    メール受信箱 · its customers' mail: {address}/demo/inbox"
    ));
    say(&format!(
        "    ハードウェアトークン · hardware tokens to hold: {address}/demo/card"
    ));
    say(&format!(
        "    窓口 · its counter: {address}/staff  {STAFF_PASSWORD}"
    ));
    Ok(bank)
}

/// 利用開始 and 振込 at the bank's own pages, with the codes of a phone of its customer's.
pub(crate) fn walk(bank: &SampleBank, phone: &Skts<'_>) -> Result<()> {
    heading(
        "見本信用金庫の画面：利用開始と振込",
        "At the bank's pages: register, then transfer",
    );
    phone.provision(SHINKIN)?.success()?;
    let serial = phone.serials()?.pop().context("no token")?;
    let mut visitor = Forms::at(bank.address());

    let page = visitor.get("/procedures/start")?;
    let page = visitor.submit(&page, &identity(TARO))?;
    page.expect("OTS002")?;
    let [first, second] = page.asked()?;
    let (first, second) = (TARO.transfer_digit(first)?, TARO.transfer_digit(second)?);
    clock::leave_room(PERIOD_SECS, 4);
    let code = phone.code(&serial)?;
    say(&format!(
        "シリアル番号 {serial}  ワンタイムパスワード {}",
        grouped(&code)
    ));
    let form = [
        ("serial", serial.as_str()),
        ("code", &code),
        ("at_login", "no"),
        ("digit_first", &first),
        ("digit_second", &second),
    ];
    visitor.submit(&page, &form)?.expect("OTS003")?;
    done("利用開始：登録が完了しました · the bank has registered the token");

    let page = visitor.get("/procedures/login")?;
    visitor.submit(&page, &identity(TARO))?.expect("HOM001")?;
    let page = visitor.get("/procedures/transfer")?;
    let order = [
        ("bank", "見本信用組合"),
        ("branch", "本店"),
        ("account", "1234567"),
        ("payee", "ミホン　ハナコ"),
        ("amount", "1200"),
    ];
    let page = visitor.submit(&page, &order)?;
    page.expect("TRF002")?;
    ensure!(
        page.html.contains("はじめてお振込みになる口座"),
        "no signature is demanded"
    );
    let page = visitor.submit(&page, &[])?;
    page.expect("TRF004")?;
    let payment = [
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
    command(&format!("skts sign {serial} {}", payment.join(" ")));
    let signed = phone.sign(&serial, &payment)?.success()?;
    let signature = signed["digits"].as_str().context("no signature")?;
    visitor
        .submit(&page, &[("signature", signature)])?
        .expect("TRF003")?;
    done(&format!(
        "はじめての振込先：署名番号 {} で受け付けました · the first transfer to an account is signed",
        grouped(signature)
    ));

    let page = visitor.get("/procedures/transfer")?;
    let page = visitor.submit(&page, &order)?;
    page.expect("TRF002")?;
    let page = visitor.submit(&page, &[("code", &code)])?;
    page.expect("TRF002")?;
    ensure!(page.html.contains("使用済み"), "a used code was taken");
    done("振込：使用済みのパスワードでは実行されません · a used code transfers nothing");
    let left = clock::secs_left(PERIOD_SECS);
    say(&format!(
        "次のパスワードまで {left} 秒 · {left} s until the next code"
    ));
    std::thread::sleep(Duration::from_secs(left));
    let code = phone.code(&serial)?;
    visitor
        .submit(&page, &[("code", &code)])?
        .expect("TRF003")?;
    ensure!(
        visitor.get("/home")?.html.contains("297,600円"),
        "the money did not move"
    );
    done(&format!(
        "振込：{} で受け付けました · the transfer is accepted",
        grouped(&code)
    ));
    Ok(())
}

fn identity(customer: Customer) -> [(&'static str, &'static str); 2] {
    [
        ("contract_id", customer.contract_id),
        ("login_password", customer.login_password),
    ]
}
