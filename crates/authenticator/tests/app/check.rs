//! トークンの確認: what is believed, what is kept, and what becomes of copies.

use std::fs;
use std::path::PathBuf;

use skts_authenticator::views::{ClockTrust, Halt};
use skts_authenticator::{AppState, Authenticator, ErrorCode};
use skts_provisioning::wire::{CheckInState, ProblemCode};

use crate::machine::copy_folder;
use crate::support::*;

const DAY: u64 = 86_400;

/// Time passes, here and at the service.
fn pass(world: &World, secs: u64) {
    world.clock.pass(secs);
    world.issuer.pass(secs);
}

fn code_error(app: &Authenticator, id: &str) -> ErrorCode {
    app.code(id).unwrap_err().code
}

fn check_error(app: &mut Authenticator, id: &str) -> ErrorCode {
    app.check(id).unwrap_err().code
}

/// The one file of a check-in under way.
fn pending_file(world: &World) -> Option<PathBuf> {
    let files = fs::read_dir(world.profile().join("pending")).ok()?;
    let mut paths = files.map(|file| file.unwrap().path());
    paths.find(|path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("check-")
    })
}

#[test]
fn a_check_tells_where_the_token_stands_and_turns_the_ratchet() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.issuer.set_state(CheckInState::Provisioned);
    let told = app.check(&id).unwrap();
    assert_eq!(
        (told.state.as_str(), told.halt, told.registered),
        ("provisioned", None, false)
    );
    assert!(told.token.match_number.is_some());
    world.issuer.set_state(CheckInState::Active);
    let told = app.check(&id).unwrap();
    assert_eq!((told.state.as_str(), told.registered), ("active", true));
    // The bank has registered it: there is nothing to compare any more.
    assert_eq!(told.token.match_number, None);
    assert_eq!((world.issuer.moved(), pending_file(&world)), (2, None));
    assert!(matches!(app.state(), AppState::Ready { .. }));
    drop(app);
    let mut again = world.start();
    again.open();
    for count in 3..6 {
        again.check(&id).unwrap();
        assert_eq!(world.issuer.moved(), count);
    }
    assert_eq!(check_error(&mut again, "0"), ErrorCode::UnknownToken);
}

#[test]
fn a_lost_reply_is_asked_for_again_byte_for_byte_whatever_ends_in_between() {
    for fault in [Fault::LoseRequest, Fault::LoseReply] {
        let world = World::new();
        let (mut app, id) = with_token(&world);
        world.issuer.plan("check-in", fault);
        assert_eq!(check_error(&mut app, &id), ErrorCode::Network);
        assert!(pending_file(&world).is_some());
        assert!(app.code(&id).is_ok(), "nothing is lost");
        drop(app);
        let mut app = world.start();
        app.open();
        let told = app.check(&id).unwrap();
        assert_eq!(told.state, "active");
        let calls = world.issuer.calls("check-in");
        assert_eq!(calls[0], calls[1]);
        assert_ne!(calls[1], calls[2]);
        assert_eq!((calls.len(), world.issuer.moved()), (3, 2));
        assert_eq!(pending_file(&world), None);
    }
}

#[test]
fn a_crash_before_the_outcome_is_on_disk_sends_again_and_one_after_it_does_not() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.issuer.plan("check-in", Fault::LoseReply);
    assert_eq!(check_error(&mut app, &id), ErrorCode::Network);
    let file = pending_file(&world).unwrap();
    let left_over = fs::read(&file).unwrap();
    app.check(&id).unwrap();
    drop(app);
    let sent = world.issuer.calls("check-in").len();
    // Killed between the token's record and the end of the pending one.
    fs::write(&file, left_over).unwrap();
    let mut app = world.start();
    app.open();
    assert_eq!(app.check(&id).unwrap().state, "active");
    assert_eq!(world.issuer.calls("check-in").len(), sent + 1);
}

#[test]
fn a_disk_that_refuses_the_outcome_shows_nothing_and_loses_nothing() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    let tokens = world.profile().join("tokens");
    let aside = world.folder.path().join("aside");
    // A record cannot be written where its folder is a file.
    let file = aside.clone();
    world.issuer.on_next_answer(Box::new(move || {
        fs::rename(&tokens, &file).unwrap();
        fs::write(&tokens, b"").unwrap();
    }));
    assert_eq!(check_error(&mut app, &id), ErrorCode::Disk);
    let tokens = world.profile().join("tokens");
    fs::remove_file(&tokens).unwrap();
    fs::rename(&aside, &tokens).unwrap();
    assert!(pending_file(&world).is_some());
    assert_eq!(app.check(&id).unwrap().state, "active");
    assert_eq!(world.issuer.moved(), 2);
}

#[test]
fn an_answer_that_is_not_signed_as_it_stands_is_not_believed() {
    let tampered = [
        Fault::Flip,
        Fault::Tell("server_time", NOW + 3600),
        Fault::Tell("expires_at", NOW + 1),
        Fault::Refuse(ProblemCode::BadRequest),
        Fault::Refuse(ProblemCode::Conflict),
    ];
    for fault in tampered {
        let world = World::new();
        let (mut app, id) = with_token(&world);
        app.check(&id).unwrap();
        let record = fs::read(token_file(&world)).unwrap();
        let shown = app.code(&id).unwrap().digits;
        world.issuer.plan("check-in", fault);
        assert_eq!(check_error(&mut app, &id), ErrorCode::ServiceAnswer);
        assert_eq!(
            fs::read(token_file(&world)).unwrap(),
            record,
            "nothing was written"
        );
        assert_eq!(app.code(&id).unwrap().digits, shown);
        // The call is kept: its answer may have been taken from it.
        assert_eq!(app.check(&id).unwrap().state, "active");
        let calls = world.issuer.calls("check-in");
        assert_eq!(calls[1], calls[2]);
    }
}

fn token_file(world: &World) -> PathBuf {
    let mut files = fs::read_dir(world.profile().join("tokens")).unwrap();
    files.next().unwrap().unwrap().path()
}

#[test]
fn a_refusal_in_the_services_name_makes_no_app_give_its_call_up() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    // The service answers, and whoever is in between says that it knows no such token.
    world.issuer.plan("check-in", Fault::LoseReply);
    assert_eq!(check_error(&mut app, &id), ErrorCode::Network);
    world
        .issuer
        .plan("check-in", Fault::Refuse(ProblemCode::NotFound));
    assert_eq!(check_error(&mut app, &id), ErrorCode::CheckRefused);
    world.issuer.plan("check-in", Fault::Busy(5));
    assert_eq!(check_error(&mut app, &id), ErrorCode::Busy);
    assert_eq!(app.check(&id).unwrap().halt, None);
    let calls = world.issuer.calls("check-in");
    assert!(calls[..4].iter().all(|call| *call == calls[0]));
}

fn is_stopped(mut app: Authenticator, id: &str) {
    let told = app.check(id).unwrap();
    assert_eq!(
        (told.halt, told.state.as_str()),
        (Some(Halt::SuspectedCopy), "suspended")
    );
    let stopped = |app: &Authenticator| {
        let AppState::SuspectedCopy {
            tokens, selected, ..
        } = app.state()
        else {
            panic!("{:?}", app.state())
        };
        assert_eq!(selected, id);
        assert!(!tokens[0].contact.ja.is_empty());
        assert_eq!(app.state().error().unwrap().code, ErrorCode::SuspectedCopy);
        assert_eq!(code_error(app, id), ErrorCode::SuspectedCopy);
    };
    stopped(&app);
    // Another question does not bring it back.
    app.check(id).unwrap();
    stopped(&app);
}

#[test]
fn whichever_of_two_copies_checks_first_both_are_told_and_show_no_code() {
    for copy_first in [false, true] {
        let world = World::new();
        let (mut app, id) = with_token(&world);
        app.check(&id).unwrap();
        drop(app);
        let copy = world.copy_profile("copy");
        let (first, second) = match copy_first {
            true => (copy, world.profile()),
            false => (world.profile(), copy),
        };
        let start = |dir: &PathBuf| {
            let mut app = world.start_on(dir.clone());
            app.open();
            app
        };
        assert_eq!(start(&first).check(&id).unwrap().halt, None);
        is_stopped(start(&second), &id);
        is_stopped(start(&first), &id);
        // Said at the next start, without asking.
        for dir in [first, second] {
            let app = start(&dir);
            assert!(matches!(app.state(), AppState::SuspectedCopy { .. }));
            assert_eq!(code_error(&app, &id), ErrorCode::SuspectedCopy);
        }
    }
}

#[test]
fn a_backup_put_back_is_told_to_be_one() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    let backup = world.copy_profile("backup");
    for _ in 0..3 {
        app.check(&id).unwrap();
    }
    drop(app);
    copy_folder(&backup, &world.profile());
    let mut app = world.start();
    app.open();
    assert!(app.code(&id).is_ok(), "unseen until it checks in");
    is_stopped(app, &id);
}

#[test]
fn what_the_service_says_of_a_token_is_remembered_and_taken_back() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    for (state, halt, code) in [
        (CheckInState::Locked, Halt::Locked, ErrorCode::TokenLocked),
        (
            CheckInState::Suspended,
            Halt::Suspended,
            ErrorCode::TokenSuspended,
        ),
        (CheckInState::Revoked, Halt::Revoked, ErrorCode::Stopped),
        (CheckInState::Replaced, Halt::Replaced, ErrorCode::Replaced),
        (CheckInState::Lapsed, Halt::Lapsed, ErrorCode::Lapsed),
    ] {
        world.issuer.set_state(state);
        assert_eq!(app.check(&id).unwrap().halt, Some(halt));
        drop(app);
        app = world.start();
        let opened = app.open();
        assert!(matches!(opened, AppState::Halted { halt: found, .. } if found == halt));
        assert_eq!(
            (code_error(&app, &id), opened.error().unwrap().code),
            (code, code)
        );
    }
    assert_eq!(world.issuer.moved(), 0);
    world.issuer.set_state(CheckInState::Expired);
    app.check(&id).unwrap();
    assert!(matches!(app.state(), AppState::Expired { .. }));
    assert_eq!(code_error(&app, &id), ErrorCode::Expired);
    world.issuer.set_state(CheckInState::Active);
    assert_eq!(app.check(&id).unwrap().halt, None);
    assert!(app.code(&id).is_ok());
}

#[test]
fn a_removed_token_takes_its_check_along() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.issuer.plan("check-in", Fault::LoseReply);
    assert_eq!(check_error(&mut app, &id), ErrorCode::Network);
    app.remove(&id).unwrap();
    assert_eq!(pending_file(&world), None);
}

/// The code that the service would take at its own time.
fn right_code(world: &World, secs: u64) -> String {
    use skts_otp::{Digits, HashAlgorithm, Period, UnixTime, totp};
    let step = Period::THIRTY.step_at(UnixTime::from_secs(secs));
    let seed = &world.issuer.seeds()[0];
    let code = totp(seed, HashAlgorithm::Sha256, step, Digits::Six).unwrap();
    code.expose_digits().to_owned()
}

#[test]
fn a_clock_three_minutes_ahead_is_corrected_for_a_week() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    // Set wrong by hand: what was measured at set-up says nothing any more.
    world.clock.set(NOW + 180);
    assert_eq!(app.code(&id).unwrap().digits, right_code(&world, NOW + 180));
    assert_eq!(app.doctor().clock_trust.trust, ClockTrust::Jumped);
    let told = app.check(&id).unwrap();
    assert_eq!(
        (told.clock.trust, told.clock.off_secs),
        (ClockTrust::Fresh, Some(179))
    );
    // The code's screen says so too, and how to set it.
    let shown = app.tokens()[0].clock_off.clone().unwrap();
    assert_eq!(shown.off_secs, Some(179));
    assert!(
        shown
            .how_to_set
            .is_some_and(|how| how.ja.contains("日付と時刻"))
    );
    let code = app.code(&id).unwrap();
    assert_eq!(code.digits, right_code(&world, NOW));
    // Deadlines are the device's own, so that its window counts down to them.
    assert_eq!(code.now_ms, (NOW + 180) * 1000);
    assert!(code.valid_from_ms <= code.now_ms && code.now_ms < code.valid_until_ms);
    drop(app);
    pass(&world, 7 * DAY);
    let mut app = world.start();
    app.open();
    assert_eq!(
        app.code(&id).unwrap().digits,
        right_code(&world, NOW + 7 * DAY)
    );
    pass(&world, 60);
    let report = app.doctor().clock_trust;
    assert_eq!(
        (report.trust, report.off_secs),
        (ClockTrust::Old, Some(179))
    );
    assert_eq!(report.measured_secs_ago, Some(7 * DAY + 60));
    let now = NOW + 7 * DAY + 240;
    assert_eq!(app.code(&id).unwrap().digits, right_code(&world, now));
    app.check(&id).unwrap();
    assert_eq!(app.code(&id).unwrap().digits, right_code(&world, now - 180));
}

#[test]
fn a_correction_is_dropped_when_the_clock_is_set_and_after_a_reboot() {
    for reboot in [false, true] {
        let world = World::new();
        world.clock.set(NOW + 180);
        let (mut app, id) = with_token(&world);
        app.check(&id).unwrap();
        pass(&world, 60);
        assert_eq!(app.code(&id).unwrap().digits, right_code(&world, NOW + 60));
        let (now, trust) = match reboot {
            true => {
                world.clock.reboot();
                (NOW + 240, ClockTrust::Restarted)
            }
            false => {
                world.clock.set(NOW + 63);
                (NOW + 63, ClockTrust::Jumped)
            }
        };
        assert_eq!(app.code(&id).unwrap().digits, right_code(&world, now));
        let report = app.doctor().clock_trust;
        assert_eq!((report.trust, report.off_secs), (trust, None));
    }
}

#[test]
fn a_clock_is_measured_by_a_quick_first_answer_and_by_no_other() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    pass(&world, 3600);
    // The first answer is lost, and given again an hour later as it was.
    world.issuer.plan("check-in", Fault::LoseReply);
    assert_eq!(check_error(&mut app, &id), ErrorCode::Network);
    pass(&world, 3600);
    world.issuer.plan("check-in", Fault::Late(0));
    world.issuer.plan("check-in", Fault::LoseRequest);
    assert_eq!(check_error(&mut app, &id), ErrorCode::Network);
    let report = app.doctor().clock_trust;
    assert_eq!(
        (report.trust, report.off_secs),
        (ClockTrust::Fresh, Some(0))
    );
    assert_eq!(report.measured_secs_ago, Some(7200), "still by the grant");
    assert_eq!(
        app.code(&id).unwrap().digits,
        right_code(&world, NOW + 7200)
    );
    // One that was on its way for long says too little.
    app.check(&id).unwrap();
    pass(&world, 600);
    world.issuer.plan("check-in", Fault::Late(11));
    let told = app.check(&id).unwrap();
    assert_eq!(told.clock.measured_secs_ago, Some(611));
}

#[test]
fn a_set_up_measures_the_clock_by_the_grant_unless_that_was_given_before() {
    let world = World::new();
    world.clock.set(NOW - 180);
    let (app, id) = with_token(&world);
    assert_eq!(app.code(&id).unwrap().digits, right_code(&world, NOW));

    let world = World::new();
    let mut app = world.start();
    world.issuer.plan("self/issue", Fault::LoseReply);
    assert!(matches!(provision(&mut app), AppState::NetworkDown { .. }));
    pass(&world, 3600);
    let AppState::SetUpDone { token, .. } = resume(&mut app) else {
        panic!()
    };
    app.acknowledge_set_up();
    assert_eq!(app.doctor().clock_trust.trust, ClockTrust::Never);
    assert_eq!(
        app.code(&token.id).unwrap().digits,
        right_code(&world, NOW + 3600)
    );
}
