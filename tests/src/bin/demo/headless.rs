//! The story without a window: `skts` and `skts-issuer` as programs, the OS keystore between.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use skts_tests::bank::Style;
use skts_tests::clock;
use skts_tests::issuer::{Bank, Issuer, SHINKIN, SHINKUMI};
use skts_tests::machine::{self, Machine};
use skts_tests::sandbox::{Keyring, Sandbox, session_keyring_is_open};
use skts_tests::skts::{APP_ID, Skts};

use crate::bank;
use crate::items::{Items, profile_id};
use crate::tell::{code, command, done, grouped, heading, say, took};

const PASSWORD: &str = "28461937";

/// A token of the story: where it is, and whose it is at the bank.
struct Told<'a, 's> {
    skts: &'a Skts<'s>,
    bank: Bank,
    customer: &'static str,
    serial: String,
    period_secs: u64,
}

pub(crate) fn tell() -> Result<()> {
    let started = clock::now();
    println!("しんきん（個人）ワンタイムパスワード — the main job, end to end");
    machine::check()?;

    heading("準備", "Getting ready");
    let kind = if session_keyring_is_open() {
        Keyring::Session
    } else {
        Keyring::Unlocked
    };
    let mut sandbox = Sandbox::new(kind)?;
    sandbox.set("LANG", "ja_JP.UTF-8");
    say(match kind {
        Keyring::Session => "OSの鍵保管：このセッションのもの · keystore: the one of this session",
        _ => "OSの鍵保管：gnome-keyring（専用のバス上） · keystore: gnome-keyring on a private bus",
    });
    let issuer = Issuer::start(&sandbox)?;
    say(&format!(
        "トークンサービス · token service: {} (SQLite)",
        issuer.address()
    ));
    let online = bank::open(&sandbox, &issuer, Style::Shinkin)?;
    let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
    let skts = Skts::new(&sandbox, "profile", &list)?;
    let phone = skts.with_profile("phone");
    let _items = [skts.profile(), phone.profile()].map(|profile| Items::of(&sandbox, profile));

    let first = self_provisioned(&sandbox, &issuer, &skts)?;
    let second = activated(&issuer, &skts)?;
    next_code(&first)?;
    bank::walk(&online, &phone)?;
    copied_profile(&skts, &first)?;
    missing_item(&sandbox, &skts, &[&first, &second])?;

    println!(
        "\nすべて予定どおりでした · Every step did what it should ({}).",
        took(started)
    );
    Ok(())
}

fn self_provisioned<'a, 's>(
    sandbox: &Sandbox,
    issuer: &Issuer,
    skts: &'a Skts<'s>,
) -> Result<Told<'a, 's>> {
    heading(
        "見本信用金庫：はじめて使う",
        "Mihon Shinkin Bank: self-provisioned",
    );
    command(&format!("skts provision --institution {SHINKIN}"));
    let before = skts.provision(SHINKIN)?.success()?;
    let serial = new_serial(skts, &[])?;
    say(&format!("シリアル番号 · serial {serial}"));
    ensure!(
        serial.starts_with("SKTS") && serial.len() == 12,
        "the serial is {serial}"
    );
    command(&format!("secret-tool search --all service {APP_ID}"));
    let names = sandbox.keystore_names(APP_ID, &profile_id(skts.profile())?)?;
    ensure!(names.len() == 2, "the keystore holds {names:?}");
    for name in &names {
        say(&format!("username = {}", shortened(name)));
    }
    done("鍵はOSの鍵保管にあります · the keystore holds the token's key and the device's");
    let told = Told {
        skts,
        bank: issuer.bank(SHINKIN)?,
        customer: "okyakusama-0001",
        serial,
        period_secs: 30,
    };
    register(&told, 6, &before)?;
    Ok(told)
}

fn activated<'a, 's>(issuer: &Issuer, skts: &'a Skts<'s>) -> Result<Told<'a, 's>> {
    heading(
        "見本信用組合：サービスIDをお持ちの方",
        "Mihon Credit Cooperative: activated",
    );
    let bank = issuer.bank(SHINKUMI)?;
    let activation = bank.issue_activation("okyakusama-0002", PASSWORD)?;
    say(&format!(
        "トークン発行 · issued: サービスID {}  ユーザID {}  利用開始パスワード {PASSWORD}",
        activation.service_id, activation.user_id
    ));
    let had = skts.serials()?;
    command(&format!(
        "echo {PASSWORD} | skts setup --service-id {} --user-id {}",
        activation.service_id, activation.user_id
    ));
    let before = skts.activate(&activation)?.success()?;
    let serial = new_serial(skts, &had)?;
    say(&format!("シリアル番号 · serial {serial}"));
    let told = Told {
        skts,
        bank,
        customer: "okyakusama-0002",
        serial,
        period_secs: 60,
    };
    register(&told, 8, &before)?;
    Ok(told)
}

/// 利用開始 with the code shown now; the same code again, and a wrong one, are refused.
fn register(told: &Told<'_, '_>, digits: usize, set_up: &Value) -> Result<()> {
    clock::leave_room(told.period_secs, 4);
    let shown = show_code(told)?;
    ensure!(shown.len() == digits, "the code has {} digits", shown.len());
    let answer = told.bank.register(told.customer, &told.serial, &shown)?;
    ensure!(answer["verdict"] == "accepted", "利用開始: {answer}");
    done("利用開始：銀行の画面に入力 → 受け付けました · registered: the service accepts the code");
    if let (Some(at_bank), Some(in_app)) = (answer["match_number"].as_str(), match_number(set_up)) {
        ensure!(at_bank == in_app, "match numbers {at_bank} and {in_app}");
        done(&format!(
            "確認番号は両方で {in_app} · both sides show the match number {in_app}"
        ));
    }
    verdict(
        told,
        &shown,
        "replayed",
        "同じパスワードをもう一度 → 使用済み · again: already used",
    )?;
    let wrong = unlike(&shown, &told.skts.next_code(&told.serial)?);
    verdict(
        told,
        &wrong,
        "rejected",
        &format!("{} → 違います · a wrong code: refused", grouped(&wrong)),
    )
}

/// Waits for the next code and has it accepted once.
fn next_code(told: &Told<'_, '_>) -> Result<()> {
    heading("次のパスワードでログイン", "Logging in with the next code");
    let left = clock::secs_left(told.period_secs);
    say(&format!(
        "次のパスワードまで {left} 秒 · {left} s until the next code"
    ));
    sleep(Duration::from_secs(left));
    let shown = show_code(told)?;
    verdict(
        told,
        &shown,
        "accepted",
        "ログイン → 受け付けました · login: accepted",
    )?;
    verdict(
        told,
        &shown,
        "replayed",
        "もう一度 → 使用済み · again: already used",
    )
}

fn copied_profile(skts: &Skts<'_>, told: &Told<'_, '_>) -> Result<()> {
    heading("他端末への写し", "A copied profile");
    let copy = skts.with_profile("copied");
    copy_folder(skts.profile(), copy.profile())?;
    let elsewhere = copy.on(
        &Machine::other("00112233445566778899aabbccddeeff"),
        "elsewhere",
    )?;
    command(&format!(
        "cp -r profile copied; on another machine: skts code {}",
        told.serial
    ));
    let refused = elsewhere.run(&["code", &told.serial])?;
    refused.refused("other-device", 4)?;
    say(&words(&refused.refusal()?));
    done("写しでは使えません · refused: this profile belongs to another device");
    skts.code(&told.serial)?;
    done("元の端末ではそのまま使えます · the original still works");
    Ok(())
}

fn missing_item(sandbox: &Sandbox, skts: &Skts<'_>, told: &[&Told<'_, '_>]) -> Result<()> {
    heading(
        "鍵保管の項目がなくなったら",
        "When the keystore's item is gone",
    );
    command(&format!("secret-tool clear service {APP_ID} username …"));
    let deleted = sandbox.delete_keystore_items(APP_ID, &profile_id(skts.profile())?)?;
    ensure!(deleted > 0, "there was no item to delete");
    for told in told {
        let refused = skts.run(&["code", &told.serial])?;
        refused.refused("item-missing", 4)?;
        if told.period_secs == 30 {
            say(&words(&refused.refusal()?));
        }
    }
    done("item-missing：作り直さず、次の手順を案内 · nothing is made anew in silence");
    Ok(())
}

fn show_code(told: &Told<'_, '_>) -> Result<String> {
    let json = told.skts.run(&["code", &told.serial])?.success()?;
    let view = if json["digits"].is_string() {
        &json
    } else {
        &json["code"]
    };
    let digits = view["digits"]
        .as_str()
        .context("skts code printed no digits")?;
    let until = view["valid_until_ms"]
        .as_u64()
        .or_else(|| view["validUntilMs"].as_u64());
    code(
        &grouped(digits),
        until.context("skts code printed no deadline")?,
        told.period_secs,
    );
    Ok(digits.to_owned())
}

fn verdict(told: &Told<'_, '_>, shown: &str, expected: &str, line: &str) -> Result<()> {
    let found = told.bank.verify(told.customer, shown)?;
    ensure!(
        found == expected,
        "the service says {found}, not {expected}"
    );
    done(line);
    Ok(())
}

/// A code that is none of those given.
fn unlike(now: &str, next: &str) -> String {
    let turned = |by: u8| -> String {
        now.bytes()
            .map(|digit| char::from(b'0' + (digit - b'0' + by) % 10))
            .collect()
    };
    let candidate = turned(3);
    if candidate == next {
        turned(4)
    } else {
        candidate
    }
}

fn new_serial(skts: &Skts<'_>, had: &[String]) -> Result<String> {
    let serials = skts.serials()?;
    serials
        .into_iter()
        .find(|serial| !had.contains(serial))
        .context("no new token")
}

fn match_number(set_up: &Value) -> Option<String> {
    ["match_number", "matchNumber"]
        .iter()
        .find_map(|name| {
            set_up[*name]
                .as_str()
                .or_else(|| set_up["token"][*name].as_str())
        })
        .map(str::to_owned)
}

fn words(error: &Value) -> String {
    ["message", "next"]
        .iter()
        .filter_map(|name| error[*name].as_str())
        .collect::<Vec<_>>()
        .join(" ")
}

fn shortened(name: &str) -> String {
    name.chars().take(12).collect::<String>() + "…"
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    fs::set_permissions(to, fs::metadata(from)?.permissions())?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
