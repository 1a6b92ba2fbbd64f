//! Disks of the service and of the bank that are full, and have room again: nothing is said that is not
//! written down, nothing is half written, and nobody has to start anything anew.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use skts_tests::bank::{Effective, SampleBank, Style, TARO};
use skts_tests::clock;
use skts_tests::forms::{Forms, Sheet};
use skts_tests::hardware::{Card, PERIOD_SECS, bring_in};
use skts_tests::issuer::{Bank, Issuer, Reply, SHINKIN, request_id};
use skts_tests::machine::Machine;
use skts_tests::proxy::{Fault, Proxy};
use skts_tests::sandbox::{Keyring, Sandbox};

use crate::profile::can_play_machines;
use crate::{CUSTOMER, World, only_serial};

const SERIAL: &str = "AB1234567I";
const ROOM_KIB: u32 = 8 * 1024;

/// A service with a customer's card, which is registered.
struct Desk {
    card: Card,
    bank: Bank,
    issuer: Issuer,
    sandbox: Sandbox,
}

impl Desk {
    /// One whose program runs on `machine`; none where none can be played.
    fn on(machine: impl Fn(&Sandbox, &Issuer) -> Result<Machine>) -> Result<Option<Self>> {
        if !can_play_machines()? {
            return Ok(None);
        }
        let mut sandbox = Sandbox::new(Keyring::NoBus)?;
        let settings = sandbox.join("issuer.toml");
        let seals = sandbox.join("seals");
        fs::create_dir(&seals)?;
        fs::write(
            &settings,
            format!("audit_anchor = {:?}\n", seals.join("kept.jsonl")),
        )?;
        sandbox.set("SKTS_ISSUER_CONFIG", &settings);
        let mut issuer = Issuer::start(&sandbox)?;
        let card = Card::make(SERIAL);
        bring_in(&sandbox, (&issuer, SHINKIN), &[&card], "2037-03-31")?;
        let bank = issuer.bank(SHINKIN)?;
        bank.assign(CUSTOMER, SERIAL)?;
        clock::leave_room(PERIOD_SECS, 15);
        let answer = bank.register(CUSTOMER, SERIAL, &code(&card, -2)?)?;
        ensure!(answer["verdict"] == "accepted", "{answer}");
        issuer.stop()?;
        let machine = machine(&sandbox, &issuer)?;
        issuer.serve_on(&sandbox, &machine)?;
        Ok(Some(Self {
            card,
            bank,
            issuer,
            sandbox,
        }))
    }

    /// Checks the trail against the seals in `seals`, once all of it is sealed; returns its entries and
    /// what the check said.
    fn whole_trail(&self, data: &Path, seals: &Path) -> Result<(String, Value)> {
        // SQLite would look for the folder where it is for this program.
        let copy = self.sandbox.join("copy");
        let kept = copy.join("kept.jsonl");
        let check = [
            "audit",
            "verify",
            "--seals",
            kept.to_str().context("no text")?,
        ];
        clock::wait_for(Duration::from_secs(12), "a trail all sealed", || {
            let _ = fs::remove_dir_all(&copy);
            fs::create_dir(&copy)?;
            // Before the database, which goes on.
            fs::copy(seals, &kept)?;
            for file in fs::read_dir(data)? {
                let file = file?;
                fs::copy(file.path(), copy.join(file.file_name()))?;
            }
            let said = Issuer::operate_at(&self.sandbox, &copy, &check)?;
            let trail: Value = serde_json::from_str(&said)?;
            let entries = Issuer::operate_at(&self.sandbox, &copy, &["audit", "show"])?;
            Ok((trail["unsealed"] == 0).then_some((entries, trail)))
        })
    }

    fn wait_for_log(&self, words: &str) -> Result<()> {
        clock::wait_for(Duration::from_secs(12), words, || {
            Ok(self.issuer.log().contains(words).then_some(()))
        })
    }
}

/// The code so many periods from now. A card's clock may be two off.
fn code(card: &Card, periods: i64) -> Result<String> {
    let now = clock::unix_millis() / 1000;
    let period = i64::try_from(PERIOD_SECS)?;
    card.code_at(now.checked_add_signed(periods * period).context("a time")?)
}

/// How many entries tell of that.
fn count(entries: &str, action: &str, outcome: &str) -> usize {
    let told = format!("\"action\":\"{action}\",\"outcome\":\"{outcome}\"");
    entries.matches(&told).count()
}

fn come_again(reply: &Reply) -> Result<()> {
    ensure!(reply.status == 503, "{reply:?}");
    ensure!(reply.retry_after == "1", "{reply:?}");
    ensure!(
        reply.content_type == "application/problem+json",
        "{reply:?}"
    );
    let problem: Value = serde_json::from_str(&reply.text)?;
    ensure!(problem["code"] == "busy", "{reply:?}");
    Ok(())
}

#[test]
fn a_service_on_a_full_disk_gives_no_verdict_and_each_one_once_there_is_room() -> Result<()> {
    let small =
        |_: &Sandbox, issuer: &Issuer| Ok(Machine::with_small_disk(issuer.data(), ROOM_KIB));
    let Some(desk) = Desk::on(small)? else {
        return Ok(());
    };
    let (bank, disk) = (&desk.bank, desk.issuer.disk(desk.issuer.data())?);
    let right = code(&desk.card, -1)?;
    let wrong = format!("{:06}", (right.parse::<u32>()? + 7) % 1_000_000);
    disk.fill()?;
    let calls = [
        (request_id(), &wrong),
        (request_id(), &right),
        (request_id(), &right),
    ];
    for _ in 0..2 {
        for (id, code) in &calls {
            come_again(&bank.verify_reply(id, CUSTOMER, code)?)
                .with_context(|| desk.issuer.log())?;
        }
    }
    // What only reads needs no room.
    ensure!(bank.token_state(CUSTOMER)?["state"] == "active");
    disk.free()?;
    for _ in 0..2 {
        for ((id, code), verdict) in calls.iter().zip(["rejected", "accepted", "replayed"]) {
            let found = bank.verify_as(id, CUSTOMER, code)?;
            ensure!(found == verdict, "{found} for {verdict}");
        }
    }
    let entries = desk
        .whole_trail(disk.path(), &desk.sandbox.join("seals/kept.jsonl"))?
        .0;
    for outcome in ["rejected", "accepted", "replayed"] {
        ensure!(
            count(&entries, "verify", outcome) == 1,
            "{outcome}: {entries}"
        );
    }
    Ok(())
}

#[test]
fn seals_on_a_full_disk_hold_up_no_verdict_and_are_written_once_there_is_room() -> Result<()> {
    const PAGE_BYTES: usize = 4096;
    /// Less than a seal.
    const LEFT_BYTES: usize = 150;
    let small = |sandbox: &Sandbox, _: &Issuer| {
        let seals = sandbox.join("seals");
        // The first page of the disk holds all but a piece of the next seal.
        let mut kept = fs::read_to_string(seals.join("kept.jsonl"))?;
        ensure!(kept.pop() == Some('\n'), "no seal was kept");
        kept = format!("{kept:<width$}\n", width = PAGE_BYTES - LEFT_BYTES - 1);
        fs::write(seals.join("kept.jsonl"), kept)?;
        fs::write(seals.join("ballast"), [0; PAGE_BYTES])?;
        Ok(Machine::with_small_disk(&seals, 8))
    };
    let Some(desk) = Desk::on(small)? else {
        return Ok(());
    };
    let disk = desk.issuer.disk(&desk.sandbox.join("seals"))?;
    ensure!(desk.bank.verify(CUSTOMER, &code(&desk.card, -1)?)? == "accepted");
    desk.wait_for_log("sealing the audit trail failed")?;
    let kept = fs::read(disk.path().join("kept.jsonl"))?;
    ensure!(kept.len() == PAGE_BYTES, "{} bytes kept", kept.len());
    disk.free()?;
    ensure!(desk.bank.verify(CUSTOMER, &code(&desk.card, 1)?)? == "accepted");
    clock::wait_for(Duration::from_secs(12), "another seal", || {
        let kept = fs::read(disk.path().join("kept.jsonl"))?;
        Ok((kept.len() > PAGE_BYTES).then_some(()))
    })?;
    let (_, trail) = desk.whole_trail(desk.issuer.data(), &disk.path().join("kept.jsonl"))?;
    ensure!(trail["broken_off"] == 1, "{trail}");
    Ok(())
}

/// A bank, and a customer before the second step of 利用開始 with all that is asked for there.
struct Counter {
    bank: SampleBank,
    forms: Forms,
    page: Sheet,
    typed: Vec<(&'static str, String)>,
}

impl Counter {
    fn open(world: &World) -> Result<Self> {
        let skts = world.skts()?;
        skts.provision(SHINKIN)?.success()?;
        let bank = SampleBank::start_on(
            &world.sandbox,
            &world.issuer,
            &world.proxy.address(),
            Style::Shinkin,
            Effective::AtOnce,
            Some(ROOM_KIB),
        )?;
        let mut forms = Forms::at(bank.address());
        let page = forms.get("/procedures/start")?;
        let identity = [
            ("contract_id", TARO.contract_id),
            ("login_password", TARO.login_password),
        ];
        let page = forms.submit(&page, &identity)?;
        page.expect("OTS002")?;
        clock::leave_room(PERIOD_SECS, 15);
        let serial = only_serial(&skts)?;
        let typed = registration(&page, &serial, skts.code(&serial)?)?;
        Ok(Self {
            bank,
            forms,
            page,
            typed,
        })
    }

    /// Sends the step, or sends it again.
    fn send(&self) -> Result<Sheet> {
        let typed = self.typed.iter().map(|(name, value)| (*name, &**value));
        let typed: Vec<(&str, &str)> = typed.collect();
        self.forms.clone().submit(&self.page, &typed)
    }

    /// Sends it; what is held on its way goes on after `meanwhile`.
    fn send_held(&self, proxy: &Proxy, meanwhile: impl FnOnce() -> Result<()>) -> Result<Sheet> {
        thread::scope(|scope| {
            let sent = scope.spawn(|| self.send());
            proxy.wait_held()?;
            meanwhile()?;
            proxy.release();
            sent.join()
                .map_err(|_| anyhow::anyhow!("the browser panicked"))?
        })
    }

    /// Presses on until the token is registered, once.
    fn comes_to_its_end(&self, world: &World) -> Result<()> {
        let mut done = self.send()?;
        if done.html.contains("画面ID：OTP901") {
            done = self.forms.clone().submit(&done, &[])?;
        }
        done.expect("OTS003")?;
        let entries = world.issuer.operate(&world.sandbox, &["audit", "show"])?;
        ensure!(count(&entries, "register", "accepted") == 1, "{entries}");
        Ok(())
    }
}

#[test]
fn a_bank_on_a_full_disk_says_so_plainly_and_settles_what_it_had_asked() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    if !can_play_machines()? {
        return Ok(());
    }
    let (proxy, counter) = (&world.proxy, Counter::open(&world)?);
    let disk = counter.bank.disk();
    disk.fill()?;
    plainly(&counter.send()?)?;
    let calls = proxy.calls_to("tokens/register");
    ensure!(calls.is_empty(), "asked without writing it down");
    disk.free()?;
    // Asked, and the answer comes when there is no room to write it down.
    proxy.plan("tokens/register", Fault::HoldReply);
    plainly(&counter.send_held(proxy, || disk.fill())?)?;
    disk.free()?;
    counter.comes_to_its_end(&world)?;
    let calls = proxy.calls_to("tokens/register");
    ensure!(calls.len() >= 2, "{} calls", calls.len());
    ensure!(
        calls.iter().all(|call| call.body == calls[0].body),
        "asked otherwise"
    );
    Ok(())
}

#[test]
fn a_bank_whose_service_is_killed_in_the_middle_of_a_call_settles_it_once() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    if !can_play_machines()? {
        return Ok(());
    }
    let counter = Counter::open(&world)?;
    let World {
        proxy,
        issuer,
        sandbox,
        ..
    } = &mut world;
    proxy.plan("tokens/register", Fault::HoldRequest);
    let waiting = counter.send_held(proxy, || issuer.kill())?;
    waiting.expect("OTP901")?;
    issuer.serve(sandbox)?;
    counter.comes_to_its_end(&world)
}

/// What is typed to begin the token's use.
fn registration(page: &Sheet, serial: &str, code: String) -> Result<Vec<(&'static str, String)>> {
    let [first, second] = page.asked()?;
    Ok(vec![
        ("serial", serial.to_owned()),
        ("code", code),
        ("at_login", "no".to_owned()),
        ("digit_first", TARO.transfer_digit(first)?),
        ("digit_second", TARO.transfer_digit(second)?),
    ])
}

/// The bank's own page, with nothing of what went wrong inside.
fn plainly(page: &Sheet) -> Result<()> {
    page.expect("ERR004")?;
    ensure!(page.html.contains("しばらくしてからもう一度お試しください"));
    for word in ["sqlite", "SQLITE", "database", "disk"] {
        ensure!(!page.html.contains(word), "{word}: {}", page.html);
    }
    Ok(())
}
