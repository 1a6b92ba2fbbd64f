//! Every day with a token, and the days something is wrong.

use std::path::Path;

use rand_core::OsRng;
use skts_authenticator::views::{Language, ViewMode, WhichCode};
use skts_authenticator::{AppState, CONSENT_VERSION, ClearAfter, ErrorCode, Settings};
use skts_otp::{Digits, HashAlgorithm, Period, UnixTime, totp};
use skts_provisioning::s::ProvisioningSigningKey;
use skts_vault::KeyStoreError;

use crate::support::*;

fn expected(seed: &[u8], secs: u64, period: Period, digits: Digits) -> String {
    let step = period.step_at(UnixTime::from_secs(secs));
    let code = totp(seed, HashAlgorithm::Sha256, step, digits).unwrap();
    code.expose_digits().to_owned()
}

#[test]
fn a_code_follows_the_wall_clock_wherever_it_jumps() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let seed = &world.issuer.seeds()[0];
    for secs in [
        NOW,
        NOW + 29,
        NOW + 7200,
        NOW - 3600,
        NOW + 1,
        1 << 31,
        1_950_000_000,
    ] {
        world.clock.set(secs);
        if secs >= 1_900_000_000 + 60_000_000 {
            // Past this token's five years.
            assert_eq!(app.code(&id).unwrap_err().code, ErrorCode::Expired);
            continue;
        }
        let code = app.code(&id).unwrap();
        assert_eq!(
            code.digits,
            expected(seed, secs, Period::THIRTY, Digits::Six),
            "{secs}"
        );
        assert_eq!(
            code.next,
            expected(seed, secs + 30, Period::THIRTY, Digits::Six)
        );
        assert_eq!(code.grouped.replace(' ', ""), code.digits);
        assert!(code.valid_from_ms <= code.now_ms && code.now_ms < code.valid_until_ms);
        assert_eq!(code.valid_until_ms - code.valid_from_ms, 30_000);
        assert!(!format!("{code:?}").contains(&code.digits));
    }
}

#[test]
fn a_code_about_to_die_is_not_copied_but_the_next_one() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let begins = NOW - NOW % 30;
    for (secs, which) in [
        (begins, WhichCode::Current),
        (begins + 25, WhichCode::Current),
        (begins + 26, WhichCode::Next),
        (begins + 29, WhichCode::Next),
        (begins + 30, WhichCode::Current),
    ] {
        world.clock.set(secs);
        let (shown, copied) = (app.code(&id).unwrap(), app.code_to_copy(&id).unwrap());
        let expected = match which {
            WhichCode::Current => shown.digits,
            WhichCode::Next => shown.next,
        };
        assert_eq!(
            (copied.which, &*copied.digits),
            (which, &expected),
            "{secs}"
        );
        assert!(!format!("{copied:?}").contains(&*expected));
    }
}

#[test]
fn in_the_last_step_of_a_token_its_last_code_is_copied() {
    let world = World::new();
    // Set up at the beginning of a step, it ends with one.
    let begins = NOW - NOW % 30;
    world.issuer.set_server_time(begins);
    let (app, id) = with_token(&world);
    let expires_at = app.tokens()[0].expires_at.unix_secs;
    assert_eq!(
        expires_at % 30,
        0,
        "or else the last step has no last seconds"
    );
    world.clock.set(expires_at - 31);
    assert_eq!(app.code_to_copy(&id).unwrap().which, WhichCode::Next);
    world.clock.set(expires_at - 1);
    let copied = app.code_to_copy(&id).unwrap();
    assert_eq!(copied.which, WhichCode::Current);
    assert_eq!(*copied.digits, app.code(&id).unwrap().digits);
    world.clock.set(expires_at);
    assert_eq!(app.code_to_copy(&id).unwrap_err().code, ErrorCode::Expired);
}

#[test]
fn tokens_work_in_2038_and_2106() {
    for year in [1u64 << 31, 1 << 32] {
        let world = World::new();
        world.issuer.set_server_time(year - 100);
        world.clock.set(year - 100);
        let (app, id) = with_token(&world);
        let seed = &world.issuer.seeds()[0];
        for secs in [year - 1, year, year + 30] {
            world.clock.set(secs);
            let code = app.code(&id).unwrap();
            assert_eq!(
                code.digits,
                expected(seed, secs, Period::THIRTY, Digits::Six)
            );
        }
        assert!(app.tokens()[0].expires_at.text.ja.ends_with("(日本時間)"));
    }
}

#[test]
fn an_expired_token_shows_no_code_and_a_wrong_clock_is_named() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let AppState::Ready { tokens, .. } = app.state() else {
        panic!()
    };
    world.clock.set(tokens[0].expires_at.unix_secs);
    assert!(matches!(app.state(), AppState::Expired { .. }));
    assert_eq!(app.code(&id).unwrap_err().code, ErrorCode::Expired);
    world.clock.set(NOW - 3 * 86_400);
    assert_eq!(app.code(&id).unwrap_err().code, ErrorCode::ClockOff);
    world.clock.set(NOW);
    assert!(app.code(&id).is_ok());
}

#[test]
fn mode_digits_settings_and_choice_are_remembered() {
    let world = World::new();
    let (mut app, first) = with_token(&world);
    let AppState::SetUpDone { token, .. } = activate(&mut app, PASSWORD) else {
        panic!()
    };
    app.set_mode(&token.id, ViewMode::PasswordOnly).unwrap();
    app.set_digits(&token.id, 8).unwrap();
    let settings = Settings {
        language: Some(Language::En),
        clear_after: ClearAfter::AMinute,
        ..Settings::default()
    };
    app.set_settings(settings.clone()).unwrap();
    assert_eq!(
        app.set_digits(&first, 8).unwrap_err().code,
        ErrorCode::DigitsNotAllowed
    );
    assert_eq!(
        app.set_digits(&token.id, 7).unwrap_err().code,
        ErrorCode::DigitsNotAllowed
    );
    assert_eq!(app.select("0").unwrap_err().code, ErrorCode::UnknownToken);
    drop(app);
    let mut app = world.start();
    let glance = app.glance();
    assert_eq!(glance.settings, settings);
    assert_eq!(app.settings().clear_after.secs(), 60);
    assert_eq!(glance.last_institution.as_deref(), Some(ACTIVATED));
    assert_eq!(glance.mode, ViewMode::PasswordOnly);
    app.open();
    let code = app.code(&token.id).unwrap();
    let seed = &world.issuer.seeds()[1];
    assert_eq!(
        code.digits,
        expected(seed, NOW, Period::SIXTY, Digits::Eight)
    );
    let AppState::Ready { selected, .. } = app.select(&first).unwrap() else {
        panic!()
    };
    assert_eq!(selected, first);
}

#[test]
fn the_serial_is_drawn_without_style_or_script() {
    let world = World::new();
    let (app, id) = with_token(&world);
    let svg = app.serial_qr(&id).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("viewBox"), "{svg}");
    for forbidden in ["style", "script", "<?xml", "href"] {
        assert!(!svg.contains(forbidden), "{forbidden}");
    }
    let modules = app.serial_qr_modules(&id).unwrap();
    assert!(modules.len() >= 21 && modules.iter().all(|row| row.len() == modules.len()));
}

#[test]
fn each_fault_of_the_keystore_and_the_profile_has_its_own_state() {
    let world = World::new();
    let (app, id) = with_token(&world);
    for (error, code) in [
        (KeyStoreError::Locked, ErrorCode::KeystoreLocked),
        (KeyStoreError::Absent, ErrorCode::KeystoreAbsent),
        (KeyStoreError::Slow, ErrorCode::KeystoreSlow),
        (KeyStoreError::NotEntitled, ErrorCode::KeystoreNotEntitled),
    ] {
        world.store.fail_with(Some(error));
        assert_eq!(app.code(&id).unwrap_err().code, code);
        assert!(app.glance().set_up, "the first paint asks no keystore");
    }
    world.store.fail_with(None);
    assert_eq!(world.start().open(), AppState::InUse);
    drop(app);

    for (error, state) in [
        (KeyStoreError::Locked, AppState::KeyStoreLocked),
        (KeyStoreError::Absent, AppState::KeyStoreAbsent),
        (KeyStoreError::Slow, AppState::KeyStoreSlow),
        (KeyStoreError::NotEntitled, AppState::KeyStoreNotEntitled),
    ] {
        world.store.fail_with(Some(error));
        assert_eq!(world.start().open(), state);
        world.store.fail_with(None);
    }

    let machine = |id: &str| *world.device.machine.lock().unwrap() = id.to_owned();
    machine("fedcba9876543210");
    let AppState::CopiedProfile { contacts } = world.start().open() else {
        panic!()
    };
    assert_eq!(contacts.len(), 1, "whom to tell is known without any key");
    machine("");
    assert_eq!(world.start().open(), AppState::NoMachineId);
    machine("0123456789abcdef");

    let items = world.store.items();
    world.store.set_items(Default::default());
    let mut app = world.start();
    assert!(matches!(app.open(), AppState::ItemMissing { .. }));
    assert!(matches!(provision(&mut app), AppState::ItemMissing { .. }));
    assert!(
        world.store.items().is_empty(),
        "no key was made in its place"
    );
    drop(app);
    world.store.set_items(items);
    assert!(matches!(world.start().open(), AppState::Ready { .. }));

    std::fs::remove_file(world.profile().join("device.skts")).unwrap();
    let mut app = world.start();
    assert!(matches!(app.open(), AppState::DeviceKeyGone { .. }));
    assert!(matches!(
        app.start_over().unwrap(),
        AppState::NotSetUp { .. }
    ));
    assert!(matches!(provision(&mut app), AppState::SetUpDone { .. }));
}

#[test]
fn the_doctor_tells_good_from_bad_and_no_secret() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    let code = app.code(&id).unwrap().digits;
    let serial = app.tokens()[0].serial.clone();
    let report = app.doctor();
    let text = serde_json::to_string(&report).unwrap();
    assert_eq!((report.tokens, report.profile_problem), (1, None));
    let to_copy = [Language::Ja, Language::En].map(|language| report.text(language));
    for text in to_copy.iter().chain([&text]) {
        assert!(!text.contains(&code) && !text.contains(&serial), "{text}");
        assert_eq!(text.lines().count() == 1, text.starts_with('{'));
    }
    let [ja, en] = to_copy;
    assert!(
        ja.contains("鍵保管: 良好") && en.contains("Keystore: good"),
        "{ja}{en}"
    );
    // Where something was sent of this token, and when.
    assert!(
        ja.contains("通信先（見本）: http") && en.contains("last check never"),
        "{ja}{en}"
    );
    world.store.fail_with(Some(KeyStoreError::Locked));
    assert_eq!(
        app.doctor().keystore_problem,
        Some(ErrorCode::KeystoreLocked)
    );
}

#[test]
fn opening_ahead_asks_the_customer_nothing_and_counts_once() {
    let world = World::new();
    drop(with_token(&world));
    // A locked keystore is left alone until the window asks.
    let mut app = world.start();
    world.store.fail_with(Some(KeyStoreError::Locked));
    app.open_ahead();
    world.store.fail_with(None);
    assert!(matches!(app.open(), AppState::Ready { .. }));
    drop(app);
    // An open one is asked once for both.
    let mut app = world.start();
    app.open_ahead();
    world.store.fail_with(Some(KeyStoreError::Locked));
    assert!(matches!(app.open(), AppState::Ready { .. }));
    assert_eq!(
        app.open(),
        AppState::KeyStoreLocked,
        "to try again is to ask"
    );
    // Nothing is set up: nothing is asked.
    let mut fresh = World::new().start();
    fresh.open_ahead();
    assert_eq!(fresh.open(), AppState::NotSetUp { pending: None });
}

#[test]
fn a_list_that_is_changed_or_leads_elsewhere_is_refused() {
    let world = World::new();
    let path = world.folder.path().join("list.json");
    let good = std::fs::read_to_string(&path).unwrap();
    let mut signed: serde_json::Value = serde_json::from_str(&good).unwrap();
    let list = signed["list"].as_str().unwrap().to_owned();
    let middle = if &list[40..41] == "A" { "B" } else { "A" };
    signed["list"] = format!("{}{middle}{}", &list[..40], &list[41..]).into();
    let foreign = list_at("https://token.example");
    for text in [
        signed.to_string(),
        foreign,
        String::new(),
        good[..80].to_owned(),
    ] {
        std::fs::write(&path, text).unwrap();
        let refused = world.try_start().unwrap_err();
        assert_eq!(refused.code, ErrorCode::InstitutionList);
    }
    std::fs::remove_file(&path).unwrap();
    assert!(world.try_start().is_err());
    std::fs::write(&path, good).unwrap();
    assert!(world.try_start().is_ok());
}

fn list_at(address: &str) -> String {
    list(&ProvisioningSigningKey::make(&mut OsRng), address)
}

#[test]
fn the_built_in_list_is_signed_by_the_pinned_key() {
    let world = World::new();
    let institutions = world.start_built_in().glance().institutions;
    assert_eq!(institutions.len(), 3);
}

#[test]
fn no_secret_lies_in_any_file_or_error() {
    let world = World::new();
    let mut app = world.start();
    world.issuer.plan("/finish", Fault::LoseReply);
    let mut said = format!("{:?}", activate(&mut app, PASSWORD));
    said += &format!("{:?} {app:?} {:?}", resume(&mut app), form(PASSWORD));
    let mut wrong = form("12345x78");
    wrong.user_id.clear();
    said += &format!("{:?}", app.activate(wrong, CONSENT_VERSION, &mut |_| ()));
    let seed = world.issuer.seeds().remove(0);
    let secrets = [PASSWORD.as_bytes().to_vec(), b"12345x78".to_vec(), seed];
    let folder = world.profile();
    for secret in &secrets {
        assert!(!holds(said.as_bytes(), secret), "{said}");
        assert_eq!(find(&folder, secret), None);
        for item in world.store.items().values() {
            assert!(!holds(item, secret));
        }
        // The same search finds it where it is planted.
        let planted = folder.join("tokens/planted");
        std::fs::write(&planted, [b"x".as_slice(), secret].concat()).unwrap();
        assert_eq!(find(&folder, secret).as_deref(), Some(planted.as_path()));
        std::fs::remove_file(&planted).unwrap();
    }
}

fn holds(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

fn find(folder: &Path, secret: &[u8]) -> Option<std::path::PathBuf> {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let found = if path.is_dir() {
            find(&path, secret)
        } else {
            holds(&std::fs::read(&path).unwrap(), secret).then_some(path)
        };
        if found.is_some() {
            return found;
        }
    }
    None
}
