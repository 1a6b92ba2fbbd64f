//! The story with the window: a visitor sets tokens up, and the terminal is the bank.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use skts_tests::bank::Style;
use skts_tests::issuer::{Bank, Issuer, RENGO};
use skts_tests::process::Running;
use skts_tests::programs::{program, setting};
use skts_tests::sandbox::{Keyring, Sandbox, session_keyring_is_open};

use crate::bank;
use crate::items::{BUS, Items};
use crate::tell::{done, heading, say};

const PASSWORD: &str = "28461937";
/// The federation's customer, whose bank the terminal is.
const CUSTOMER: &str = "okyakusama-0001";

pub(crate) fn tell() -> Result<()> {
    if setting("DISPLAY").is_none() && setting("WAYLAND_DISPLAY").is_none() {
        bail!("there is no display here; the same story without a window: demo --headless");
    }
    println!("しんきん（個人）ワンタイムパスワード");
    heading("準備", "Getting ready");
    let kind = if session_keyring_is_open() {
        Keyring::Session
    } else {
        Keyring::Unlocked
    };
    let sandbox = Sandbox::with_display(kind, setting("DISPLAY").as_deref())?;
    let issuer = Issuer::start(&sandbox)?;
    say(&format!(
        "トークンサービス · token service: {}",
        issuer.address()
    ));
    // Named, so that they run until the story ends.
    let _banks = [Style::Shinkin, Style::Shinkumi]
        .map(|style| bank::open(&sandbox, &issuer, style))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
    let rengo = issuer.bank(RENGO)?.issue_activation(CUSTOMER, PASSWORD)?;

    heading("お試しください", "What to try");
    say("見本信用金庫「はじめて使う」 · Mihon Shinkin Bank: nothing to type, 6 digits / 30 s");
    say("    アプリの設定のあと、画面で「利用開始」、ログインして「振込」");
    say("    · after the set-up in the window: 利用開始 on its page, then log in and 振込");
    say("    はじめての振込先には、アプリの「モード切替」→「取引認証」で署名番号を表示");
    say("    · a first transfer to an account is signed: in the window モード切替, 取引認証");
    say("    「交換」の新しいスマートフォンは、アプリのメニュー「初期設定（追加）」で");
    say("    · for 交換, a second set-up in the window (menu) stands for the new phone");
    say("    やめるときは「利用中止」 · 利用中止 stops the token");
    say("見本信用組合「サービスIDをお持ちの方」 · Mihon Credit Cooperative: 8 digits / 60 s");
    say("    さきに画面で「トークン発行」 · first トークン発行 on its page, after login");
    say(
        "見本信用金庫連合「サービスIDをお持ちの方」 · Mihon Shinkin Federation: 6 or 8 digits / 30 s",
    );
    say(&format!("    サービスID {}", spaced(&rengo.service_id)));
    say(&format!("    ユーザID {}", spaced(&rengo.user_id)));
    say(&format!("    利用開始パスワード {}", rengo.password));

    let _items = Items::of(&sandbox, &sandbox.join("profile"));
    let mut app = open_window(&sandbox, kind, &list)?;
    heading("銀行で使う", "Using it at a bank");
    say("終了：ウィンドウを閉じるか Ctrl-C · to end: close the window, or Ctrl-C");
    say("二つの銀行は上のアドレスの画面で · the two banks: in a browser, at the addresses above");
    say("見本信用金庫連合はここで · the federation: here");
    say("利用開始：シリアル番号とパスワードを入力 · first, register: type serial and code");
    say("その後はパスワードだけ · afterwards a code alone");
    say("    例 · for example: SKTS12345678 123456");
    say("    例 · for example: 123456");
    let bank = issuer.bank(RENGO)?;
    // The terminal is read beside the window; the story ends with whichever the visitor closes.
    thread::spawn(move || ask_for_codes(&bank));
    let status = loop {
        if let Some(status) = app.poll()? {
            break status;
        }
        thread::sleep(Duration::from_millis(100));
    };
    println!();
    if !status.success() {
        bail!("the window ended with {status}");
    }
    done("ウィンドウが閉じられました · the window was closed");
    Ok(())
}

fn open_window(sandbox: &Sandbox, kind: Keyring, list: &Path) -> Result<Running> {
    // The visitor's own session, but for what would be written into their home.
    let mut command = Command::new(program("skts-app")?);
    command
        .env("SKTS_PROFILE", sandbox.join("profile"))
        .env("SKTS_INSTITUTIONS", list);
    for name in ["XDG_DATA_HOME", "XDG_CACHE_HOME"] {
        command.env(name, sandbox.join(name));
    }
    if kind != Keyring::Session
        && let Some(address) = sandbox.environment().get(std::ffi::OsStr::new(BUS))
    {
        command.env(BUS, address);
        // The assistive tools are not on the story's own bus.
        command.env("NO_AT_BRIDGE", "1");
    }
    Running::start("skts-app", &mut command)
}

/// Reads codes from the terminal and tells what the service says of each.
fn ask_for_codes(bank: &Bank) {
    loop {
        print!("\n見本信用金庫連合 · federation> ");
        let _ = std::io::stdout().flush();
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let typed: String = line
            .split_whitespace()
            .flat_map(str::chars)
            .map(narrow)
            .collect();
        if typed.is_empty() {
            continue;
        }
        match try_code(bank, &typed) {
            Ok(said) => say(&said),
            Err(error) => say(&format!("{error:#}")),
        }
    }
}

/// The verdict on what was typed: a serial and a code, or a code alone.
fn try_code(bank: &Bank, typed: &str) -> Result<String> {
    let (Some(serial), code) = split_serial(typed) else {
        return Ok(in_words(&bank.verify(CUSTOMER, typed)?));
    };
    if bank.token_state(CUSTOMER)?["serial"] == serial {
        return Ok(in_words(&bank.verify(CUSTOMER, code)?));
    }
    let answer = bank.register(CUSTOMER, serial, code)?;
    let verdict = answer["verdict"].as_str().context("no verdict")?;
    Ok(match answer["match_number"].as_str() {
        Some(number) if verdict == "accepted" => format!(
            "利用開始を受け付けました（確認番号 {number}） · registered and accepted, match number {number}"
        ),
        _ => in_words(verdict),
    })
}

/// Splits `SKTS12345678123456`; a code alone has no serial before it.
fn split_serial(text: &str) -> (Option<&str>, &str) {
    match text.split_at_checked(12) {
        Some((serial, code)) if !code.is_empty() => (Some(serial), code),
        _ => (None, text),
    }
}

/// Full-width digits and letters, as a Japanese keyboard types them, in their plain form.
fn narrow(character: char) -> char {
    match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => u32::from(character)
            .checked_sub(0xFEE0)
            .and_then(char::from_u32)
            .unwrap_or(character)
            .to_ascii_uppercase(),
        plain => plain.to_ascii_uppercase(),
    }
}

fn in_words(verdict: &str) -> String {
    match verdict {
        "accepted" => "受け付けました · accepted".to_owned(),
        "replayed" => "使用済みのパスワードです · already used".to_owned(),
        "rejected" => "パスワードが違います · refused".to_owned(),
        "locked" => "誤りが続いたため停止しています · locked after too many wrong codes".to_owned(),
        "unknown" => "このお客さまのトークンは未登録です · no token is registered".to_owned(),
        other => other.to_owned(),
    }
}

fn spaced(digits: &str) -> String {
    let characters: Vec<char> = digits.chars().collect();
    characters
        .chunks(4)
        .map(|four| four.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}
