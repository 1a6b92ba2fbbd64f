//! The Linux keystore against real providers on private buses.
//!
//! Each case starts its own bus, runs this program once more in those surroundings with a list of
//! calls, and reads what came of each. Needs dbus, gnome-keyring, gcr, keepassxc, kwalletd5, xvfb
//! and libsecret-tools; so `cargo test` alone leaves it out: `cargo test -p skts-vault --test secret_service`.
#![cfg(target_os = "linux")]

#[path = "secret_service/provider.rs"]
mod provider;
#[path = "secret_service/ring.rs"]
mod ring;

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::Duration;

use provider::Provider;
use rand_core::OsRng;
use ring::{Ring, Services, wait_for};
use skts_otp::{SerialNumber, TimeStep, TokenPolicy, UnixTime};
use skts_sealed::SecretBytes;
use skts_vault::{
    KeyStore, KeyStoreError, MachineId, Moment, NewToken, OpenError, Pin, Profile, Unlocked, Vault,
    VaultError, platform_key_store,
};

const APP: &str = "jp.example.skts";
const CALLS: &str = "SKTS_VAULT_RING_CALLS";
/// Bytes that are no text in any encoding.
const BINARY: [u8; 7] = [0x00, 0xff, 0xfe, 0x80, 0xc3, 0x28, 0x0a];

/// What one call gave, and how long it took.
#[derive(Debug)]
struct Outcome {
    said: String,
    took: Duration,
}

fn start(ring: &Ring, calls: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    ring.command(program.to_str().unwrap(), "this test")
        .args([
            "--exact",
            "makes_the_calls_it_is_told",
            "--ignored",
            "--nocapture",
        ])
        .env(CALLS, calls)
        .current_dir(ring.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn outcomes(child: Child) -> Vec<Outcome> {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let outcome = |line: &str| {
        let (millis, said) = line.strip_prefix("outcome ")?.split_once(' ')?;
        let took = Duration::from_millis(millis.parse().ok()?);
        Some(Outcome {
            said: said.to_owned(),
            took,
        })
    };
    text.lines().filter_map(outcome).collect()
}

/// Makes `calls`, divided by `;`, in one process in the ring.
fn ask(ring: &Ring, calls: &str) -> Vec<Outcome> {
    let outcomes = outcomes(start(ring, calls));
    assert_eq!(outcomes.len(), calls.split(';').count(), "{outcomes:?}");
    outcomes
}

fn said(outcomes: &[Outcome]) -> Vec<&str> {
    outcomes
        .iter()
        .map(|outcome| outcome.said.as_str())
        .collect()
}

#[test]
fn no_bus_is_absent() {
    let outcomes = ask(&Ring::new(), "probe;get a;put a;delete a");
    assert_eq!(said(&outcomes), ["Absent"; 4]);
}

#[test]
fn a_bus_without_a_provider_is_absent() {
    let ring = Ring::new().with_bus(Services::None);
    assert_eq!(
        said(&ask(&ring, "probe;get a;put a;delete a")),
        ["Absent"; 4]
    );
}

#[test]
fn no_default_collection_is_absent_and_never_missing() {
    let ring = Ring::new()
        .with_bus(Services::Installed)
        .with_locked(Provider::GnomeKeyring);
    assert_eq!(
        said(&ask(&ring, "probe;get a;put a;get a;delete a")),
        ["Absent"; 5]
    );
}

#[test]
fn an_open_keyring_gives_back_every_byte() {
    for provider in Provider::ALL {
        let ring = Ring::new().with_bus(Services::None).with(provider);
        let calls = "probe;get a;put a;get a;put a;get a;delete a;get a;delete a";
        let got = format!("got {}", hex::encode(BINARY));
        let expected = [
            "done", "Missing", "done", &got, "done", &got, "done", "Missing", "Missing",
        ];
        assert_eq!(said(&ask(&ring, calls)), expected, "{provider:?}");
        // What another program sees of a value is text, for keyrings that keep nothing else.
        ask(&ring, "put b");
        let (found, text) = ring.secret_tool(&["lookup", "service", APP, "username", "b"]);
        assert!(
            found && text.bytes().all(|byte| byte.is_ascii_graphic()),
            "{provider:?}: {text:?}"
        );
    }
}

#[test]
fn a_window_that_asks_for_the_password_is_slow_and_nothing_is_lost() {
    for provider in [Provider::KeePassXc, Provider::KWallet] {
        let mut ring = Ring::new().with_bus(Services::None).with(provider);
        let empty = fs::metadata(ring.path().join(provider.file()))
            .unwrap()
            .len();
        assert_eq!(said(&ask(&ring, "put a")), ["done"], "{provider:?}");
        // KeePassXC writes its file a moment after it has answered.
        wait_for("the item in the file", || {
            fs::metadata(ring.path().join(provider.file()))
                .unwrap()
                .len()
                > empty
        });
        ring.stop_provider();
        ring.start_locked(provider);
        let outcomes = ask(&ring, "probe;get a;get a;put b;probe");
        let expected = ["Locked", "Slow", "Slow", "Slow", "Slow"];
        assert_eq!(said(&outcomes), expected, "{provider:?}");
        ring.stop_provider();
        ring.start_unlocked(provider);
        let got = format!("got {}", hex::encode(BINARY));
        assert_eq!(said(&ask(&ring, "get a")), [got], "{provider:?}");
    }
}

#[test]
fn a_locked_keyring_with_nobody_to_ask_is_locked() {
    let ring = Ring::new()
        .with_bus(Services::Installed)
        .with(Provider::GnomeKeyring);
    assert_eq!(said(&ask(&ring, "put a")), ["done"]);
    ring.lock();
    let outcomes = ask(&ring, "probe;get a;get never;put b;delete a");
    // An item that is not there and one that cannot be seen are not told apart while locked.
    assert_eq!(said(&outcomes), ["Locked"; 5]);
}

#[test]
fn a_prompt_that_nobody_answers_is_slow_and_does_not_pile_up() {
    let ring = Ring::new()
        .with_display()
        .with_bus(Services::Installed)
        .with(Provider::GnomeKeyring);
    assert_eq!(said(&ask(&ring, "put a")), ["done"]);
    ring.lock();
    let outcomes = ask(&ring, "probe;get a;get a;put b;probe");
    assert_eq!(said(&outcomes), ["Locked", "Slow", "Slow", "Slow", "Slow"]);
    let (first, others) = (&outcomes[1], &outcomes[2..]);
    assert!(
        (4_900..6_500).contains(&first.took.as_millis()),
        "{first:?}"
    );
    assert!(
        others.iter().all(|other| other.took.as_millis() < 100),
        "{others:?}"
    );
}

#[test]
fn an_item_deleted_by_another_program_is_missing() {
    let ring = Ring::new()
        .with_bus(Services::Installed)
        .with(Provider::GnomeKeyring);
    assert_eq!(said(&ask(&ring, "put a;put b")), ["done", "done"]);
    assert!(
        ring.secret_tool(&["clear", "service", APP, "username", "a"])
            .0
    );
    assert_eq!(said(&ask(&ring, "get a;probe"))[0], "Missing");
    assert!(said(&ask(&ring, "get b"))[0].starts_with("got "));
}

#[test]
fn a_provider_that_starts_again_is_found_again() {
    let mut ring = Ring::new()
        .with_bus(Services::None)
        .with(Provider::GnomeKeyring);
    let child = start(&ring, "put a;get a;pause;get a;pause;get a");
    wait_for("the first calls", || ring.path().join("paused-1").exists());
    ring.stop_provider();
    fs::write(ring.path().join("go-on-1"), "").unwrap();
    wait_for("the call without a provider", || {
        ring.path().join("paused-2").exists()
    });
    ring.start_unlocked(Provider::GnomeKeyring);
    fs::write(ring.path().join("go-on-2"), "").unwrap();
    let outcomes = outcomes(child);
    let got = format!("got {}", hex::encode(BINARY));
    assert_eq!(said(&outcomes), ["done", &got, "Absent", &got]);
}

#[test]
fn a_token_is_set_up_opened_again_and_told_missing() {
    let ring = Ring::new()
        .with_bus(Services::Installed)
        .with(Provider::GnomeKeyring);
    assert_eq!(said(&ask(&ring, "set-up;open")), ["done", "computes"]);
    let (_, listing) = ring.secret_tool(&["search", "--all", "service", APP]);
    let items: Vec<&str> = listing
        .lines()
        .filter_map(|line| line.strip_prefix("attribute.username = "))
        .filter(|name| !name.ends_with(".device"))
        .collect();
    let [item] = items[..] else {
        panic!("one token: {listing}")
    };
    assert!(!listing.contains("SKTS"), "no serial is on show: {listing}");
    ring.lock();
    assert_eq!(said(&ask(&ring, "open")), ["KeyStoreLocked"]);
    let mut ring = ring;
    ring.stop_provider();
    ring.start_unlocked(Provider::GnomeKeyring);
    assert_eq!(said(&ask(&ring, "open")), ["computes"]);
    assert!(
        ring.secret_tool(&["clear", "service", APP, "username", item])
            .0
    );
    let missing = r#"ItemMissing { institution_id: Some("mihon-shinkin") }"#;
    assert_eq!(said(&ask(&ring, "open")), [missing]);
}

#[test]
fn a_token_is_kept_by_the_keyrings_of_other_desktops() {
    for provider in [Provider::KeePassXc, Provider::KWallet] {
        let ring = Ring::new().with_bus(Services::None).with(provider);
        let set_up = said(&ask(&ring, "set-up;open")).join(" ");
        assert_eq!(set_up, "done computes", "{provider:?}");
        assert_eq!(said(&ask(&ring, "open")), ["computes"], "{provider:?}");
    }
}

#[test]
fn a_profile_put_back_gives_no_try_at_the_pin_back() {
    for provider in Provider::ALL {
        let ring = Ring::new().with_bus(Services::None).with(provider);
        let set = ask(&ring, "set-up;set-pin 835107;open;unlock 835107");
        let expected = ["done", "done", "PinLocked", "computes"];
        assert_eq!(said(&set), expected, "{provider:?}");
        let copy = |from: &str, to: &str| {
            let mut copy = std::process::Command::new("cp");
            copy.args(["-aT", from, to]).current_dir(ring.path());
            assert!(copy.status().unwrap().success());
        };
        copy("profile", "kept");
        let tried = ask(&ring, "unlock 4926;unlock 4926");
        let expected = ["refused, 9 left", "refused, 8 left"];
        assert_eq!(said(&tried), expected, "{provider:?}");
        copy("kept", "profile");
        let tried = ask(&ring, "unlock 4926;unlock 835107");
        let expected = ["refused, 7 left", "not now, 7 left"];
        assert_eq!(said(&tried), expected, "{provider:?}");
    }
}

/// The other side of each case: not a test of its own.
#[test]
#[ignore = "run by the cases, in their surroundings"]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the program's main, and it takes the time"
)]
fn makes_the_calls_it_is_told() {
    let calls = std::env::var(CALLS).expect("calls to make");
    let store = platform_key_store(APP);
    let mut pauses = 0;
    for call in calls.split(';') {
        if call == "pause" {
            pauses += 1;
            fs::write(format!("paused-{pauses}"), "").unwrap();
            wait_for("leave to go on", || {
                Path::new(&format!("go-on-{pauses}")).exists()
            });
            continue;
        }
        let started = std::time::Instant::now();
        let said = make_call(&store, call);
        println!("\noutcome {} {said}", started.elapsed().as_millis());
    }
}

fn make_call(store: &Arc<dyn KeyStore>, call: &str) -> String {
    let done = |result: Result<(), KeyStoreError>| match result {
        Ok(()) => "done".to_owned(),
        Err(error) => format!("{error:?}"),
    };
    match call.split_once(' ') {
        Some(("put", name)) => done(store.put(name, &BINARY)),
        Some(("delete", name)) => done(store.delete(name)),
        Some(("get", name)) => match store.get(name) {
            Ok(value) => format!("got {}", hex::encode(value.expose_secret())),
            Err(error) => format!("{error:?}"),
        },
        None if call == "probe" => done(store.probe()),
        None if call == "set-up" => match set_up(store) {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("{error:?}"),
        },
        None if call == "open" => match open(store) {
            Ok(()) => "computes".to_owned(),
            Err(error) => format!("{error:?}"),
        },
        Some(("set-pin", digits)) => match set_pin(store, digits) {
            Ok(()) => "done".to_owned(),
            Err(error) => format!("{error:?}"),
        },
        Some(("unlock", digits)) => unlock(store, digits),
        _ => panic!("no such call: {call}"),
    }
}

const SEED: [u8; 32] = [0x21; 32];

fn profile() -> (Profile, MachineId) {
    (
        Profile::at("profile", APP),
        MachineId::from_system_text("ring").unwrap(),
    )
}

fn set_up(store: &Arc<dyn KeyStore>) -> Result<(), VaultError> {
    let (profile, machine) = profile();
    let mut vault = profile
        .create(Arc::clone(store), &machine, &mut OsRng)
        .unwrap();
    let token = NewToken {
        serial: SerialNumber::parse("SKTS00000001").unwrap(),
        institution_id: "mihon-shinkin".to_owned(),
        service_id: "10000001".to_owned(),
        policy: TokenPolicy::self_provisioned(),
        started_at: UnixTime::from_secs(1_763_000_000),
        expires_at: UnixTime::from_secs(1_921_000_000),
        match_number: None,
        server_offset_secs: 0,
        ratchet: SecretBytes::new(vec![1; 32]),
        notes: None,
    };
    let (seed, signing_key) = (
        SecretBytes::from_slice(&SEED),
        SecretBytes::new(vec![2; 32]),
    );
    vault
        .add_token(token, seed, signing_key, &mut OsRng)
        .map(|_| ())
}

fn open(store: &Arc<dyn KeyStore>) -> Result<(), OpenError> {
    let (profile, machine) = profile();
    assert_computes(&profile.open(Arc::clone(store), &machine)?);
    Ok(())
}

fn set_pin(store: &Arc<dyn KeyStore>, digits: &str) -> Result<(), VaultError> {
    let (profile, machine) = profile();
    let mut vault = profile.open(Arc::clone(store), &machine).unwrap();
    vault.set_pin(&Pin::parse(digits).unwrap(), &mut OsRng)
}

fn unlock(store: &Arc<dyn KeyStore>, digits: &str) -> String {
    let (profile, machine) = profile();
    let now = Moment {
        wall_ms: 1_800_000_000_000,
        steady: None,
    };
    let pin = Pin::parse(digits).unwrap();
    match profile.unlock(Arc::clone(store), &machine, &pin, &now) {
        Ok(Unlocked::Open(vault)) => {
            assert_computes(&vault);
            "computes".to_owned()
        }
        Ok(Unlocked::Refused(status)) => format!("refused, {} left", status.tries_left),
        Ok(Unlocked::NotNow(status)) => format!("not now, {} left", status.tries_left),
        Err(error) => format!("{error:?}"),
    }
}

fn assert_computes(vault: &Vault) {
    let token = &vault.tokens()[0];
    let step = TimeStep::from_index(58_000_000);
    let mac = vault.mac(&token.id, step).unwrap();
    let expected = skts_otp::mac(&SEED, token.policy.hash, step).unwrap();
    assert_eq!(mac.as_bytes(), expected.as_bytes());
}
