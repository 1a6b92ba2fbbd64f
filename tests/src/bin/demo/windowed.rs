//! The story with the window: a visitor sets tokens up, and the terminal is the bank.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use skts_tests::issuer::{Bank, Issuer, RENGO, SHINKUMI};
use skts_tests::process::Running;
use skts_tests::programs::{program, setting};
use skts_tests::sandbox::{Keyring, Sandbox, session_keyring_is_open};

use crate::bank;
use crate::items::{BUS, Items};
use crate::tell::{done, heading, say};

const PASSWORDS: [&str; 2] = ["28461937", "5093"];

/// A customer of one of the banks, with the serial registered for them.
struct Customer {
    bank: Bank,
    name: &'static str,
    serial: Option<String>,
}

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
    // Named, so that it runs until the story ends.
    let _online = bank::open(&sandbox, &issuer)?;
    let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
    let shinkumi = issuer
        .bank(SHINKUMI)?
        .issue_activation("okyakusama-0002", PASSWORDS[0])?;
    let rengo = issuer
        .bank(RENGO)?
        .issue_activation("okyakusama-0003", PASSWORDS[1])?;

    heading("お試しください", "What to try");
    say("見本信用金庫「はじめて使う」 · Mihon Shinkin Bank: nothing to type, 6 digits / 30 s");
    for (name, length, activation) in [
        (
            "見本信用組合 · Mihon Credit Cooperative",
            "8 digits / 60 s",
            &shinkumi,
        ),
        (
            "見本信用金庫連合 · Mihon Shinkin Federation",
            "6 or 8 digits / 30 s",
            &rengo,
        ),
    ] {
        say(&format!("{name}「サービスIDをお持ちの方」 {length}"));
        say(&format!(
            "    サービスID {}",
            spaced(&activation.service_id)
        ));
        say(&format!("    ユーザID {}", spaced(&activation.user_id)));
        say(&format!("    利用開始パスワード {}", activation.password));
    }

    let _items = Items::of(&sandbox, &sandbox.join("profile"));
    let mut app = open_window(&sandbox, kind, &list)?;
    heading("銀行で使う", "Using it at a bank");
    say(
        "見本信用金庫は上のアドレスの画面で · Mihon Shinkin Bank: in a browser, at the address above",
    );
    say("ほかの銀行はここで · the other banks: here");
    say("利用開始：シリアル番号とパスワードを入力 · first, register: type serial and code");
    say("その後はパスワードだけ · afterwards a code alone");
    say("    code> SKTS12345678 123456");
    say("    code> 123456");
    let customers = vec![
        Customer {
            bank: issuer.bank(SHINKUMI)?,
            name: "okyakusama-0002",
            serial: None,
        },
        Customer {
            bank: issuer.bank(RENGO)?,
            name: "okyakusama-0003",
            serial: None,
        },
    ];
    // The terminal is read beside the window; the story ends with whichever the visitor closes.
    thread::spawn(move || ask_for_codes(customers));
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
fn ask_for_codes(mut customers: Vec<Customer>) {
    let mut current = None;
    loop {
        print!("\ncode> ");
        let _ = std::io::stdout().flush();
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let said = match words.as_slice() {
            [] => continue,
            words => try_code(&mut customers, &mut current, words),
        };
        match said {
            Ok(said) => say(&said),
            Err(error) => say(&format!("{error:#}")),
        }
    }
}

/// The verdict on what was typed: a serial and a code, or a code alone.
fn try_code(
    customers: &mut [Customer],
    current: &mut Option<usize>,
    words: &[&str],
) -> Result<String> {
    let joined: String = words.concat().chars().map(narrow).collect();
    let (serial, code) = split_serial(&joined);
    let Some(serial) = serial else {
        let index = current.context(
            "はじめにシリアル番号とパスワードで利用開始をしてください · register first: serial, then code",
        )?;
        let customer = &customers[index];
        return Ok(in_words(&customer.bank.verify(customer.name, code)?));
    };
    if let Some(index) = customers
        .iter()
        .position(|c| c.serial.as_deref() == Some(serial))
    {
        *current = Some(index);
        return Ok(in_words(
            &customers[index].bank.verify(customers[index].name, code)?,
        ));
    }
    // Only the service knows whose serial it is: each bank that has none yet asks.
    let mut refused = String::from("rejected");
    for (index, customer) in customers.iter_mut().enumerate() {
        if customer.serial.is_some() {
            continue;
        }
        let answer = customer.bank.register(customer.name, serial, code);
        let verdict = answer.as_ref().ok().and_then(|a| a["verdict"].as_str());
        if verdict == Some("accepted") {
            customer.serial = Some(serial.to_owned());
            *current = Some(index);
            let number = answer
                .ok()
                .map(|a| a["match_number"].clone())
                .unwrap_or(Value::Null);
            let number = number.as_str().unwrap_or("-").to_owned();
            return Ok(format!(
                "利用開始を受け付けました（確認番号 {number}） · registered and accepted, match number {number}"
            ));
        }
        if let Some(verdict) = verdict.filter(|verdict| *verdict != "unknown") {
            refused = verdict.to_owned();
        }
    }
    Ok(in_words(&refused))
}

/// Splits `SKTS12345678123456` or `243725864` + 8 digits; a code alone has no serial before it.
fn split_serial(text: &str) -> (Option<&str>, &str) {
    let serial_length = if text.starts_with("SKTS") { 12 } else { 9 };
    match text.split_at_checked(serial_length) {
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
