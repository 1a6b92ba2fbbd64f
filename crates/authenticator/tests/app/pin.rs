//! The app behind a PIN.

use skts_authenticator::views::LockView;
use skts_authenticator::{AppState, Authenticator, ErrorCode, Fault, Field};

use crate::support::*;

const PIN: &str = "835107";

fn with_pin(world: &World) -> (Authenticator, String) {
    let mut app = world.start();
    let AppState::SetUpDone { token, .. } = provision(&mut app) else {
        panic!()
    };
    app.acknowledge_set_up();
    assert!(app.pin_setting().can_be_set && !app.pin_setting().is_set);
    let state = app.set_pin("８３５１０７".to_owned()).unwrap();
    assert!(matches!(state, AppState::Ready { .. }));
    assert!(app.pin_setting().is_set);
    app.code(&token.id).unwrap();
    (app, token.id)
}

fn unlock(app: &mut Authenticator, typed: &str) -> AppState {
    app.unlock(typed.to_owned()).unwrap()
}

fn lock_of(state: &AppState) -> LockView {
    match state {
        AppState::PinLocked { lock, .. } => lock.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_app_is_locked_at_its_start_and_shows_no_code_until_the_pin_is_given() {
    let world = World::new();
    let (app, id) = with_pin(&world);
    drop(app);
    let mut app = world.start();
    let lock = lock_of(&app.open());
    assert_eq!(
        (lock.tries_left, lock.refused, lock.wait_until_ms),
        (10, false, None)
    );
    assert_eq!(app.code(&id).unwrap_err().code, ErrorCode::PinNeeded);
    assert!(app.tokens().is_empty());
    let AppState::PinLocked { contacts, .. } = app.state() else {
        panic!()
    };
    assert_eq!(contacts.len(), 1, "whom to turn to is known");

    let lock = lock_of(&unlock(&mut app, "4926"));
    assert_eq!((lock.tries_left, lock.refused), (9, true));
    assert!(matches!(unlock(&mut app, PIN), AppState::Ready { .. }));
    app.code(&id).unwrap();
}

#[test]
fn it_is_locked_when_asked_to_be_and_not_without_a_pin() {
    let world = World::new();
    let (mut app, id) = with_pin(&world);
    assert_eq!(lock_of(&app.lock()).tries_left, 10);
    assert_eq!(app.code(&id).unwrap_err().code, ErrorCode::PinNeeded);
    // Locked already: the same again.
    assert!(matches!(app.lock(), AppState::PinLocked { .. }));
    unlock(&mut app, PIN);
    assert!(matches!(
        app.remove_pin(PIN.to_owned()),
        Ok(AppState::Ready { .. })
    ));
    assert!(matches!(app.lock(), AppState::Ready { .. }));
    app.code(&id).unwrap();
}

#[test]
fn a_wait_is_told_with_its_end_and_no_clock_set_back_shortens_it() {
    let world = World::new();
    let (mut app, _) = with_pin(&world);
    app.lock();
    let mut lock = lock_of(&app.state());
    for _ in 0..3 {
        lock = lock_of(&unlock(&mut app, "4926"));
    }
    assert_eq!(lock.wait_until_ms, Some((NOW + 15) * 1000));
    assert!(lock.wait_until.unwrap().unix_secs >= NOW + 15);
    assert_eq!(app.state().error().unwrap().code, ErrorCode::PinWait);
    world.clock.set(NOW - 3600);
    world.clock.reboot();
    let mut app = world.start();
    let lock = lock_of(&app.open());
    assert_eq!(lock.wait_until_ms, Some((NOW - 3600 + 15) * 1000), "anew");
    assert!(!lock_of(&unlock(&mut app, PIN)).refused, "not looked at");
    world.clock.pass(15);
    assert!(matches!(unlock(&mut app, PIN), AppState::Ready { .. }));
}

#[test]
fn after_ten_wrong_pins_nothing_opens_it_and_a_new_set_up_is_the_way() {
    let world = World::new();
    let (mut app, _) = with_pin(&world);
    app.lock();
    for left in (0..10).rev() {
        world.clock.pass(7200);
        assert_eq!(lock_of(&unlock(&mut app, "4926")).tries_left, left);
    }
    assert_eq!(app.state().error().unwrap().code, ErrorCode::PinEnded);
    world.clock.pass(1_000_000);
    let mut app = world.start();
    assert_eq!(lock_of(&app.open()).tries_left, 0);
    assert_eq!(lock_of(&unlock(&mut app, PIN)).tries_left, 0);
    assert!(matches!(
        app.start_over().unwrap(),
        AppState::NotSetUp { .. }
    ));
    assert!(matches!(provision(&mut app), AppState::SetUpDone { .. }));
}

#[test]
fn wrong_pins_are_counted_when_it_is_changed_too_and_whoever_has_to_wait_waits_outside() {
    let world = World::new();
    let (mut app, _) = with_pin(&world);
    for _ in 0..2 {
        let refused = app.change_pin("4926".to_owned(), "90716".to_owned());
        assert_eq!(refused.unwrap_err().code, ErrorCode::PinWrong);
    }
    let state = app.remove_pin("4926".to_owned()).unwrap();
    let lock = lock_of(&state);
    assert!(lock.tries_left == 7 && lock.wait_until_ms.is_some());
    world.clock.pass(15);
    unlock(&mut app, PIN);
    app.change_pin(PIN.to_owned(), "90716".to_owned()).unwrap();
    app.lock();
    assert!(lock_of(&unlock(&mut app, PIN)).refused);
    assert!(matches!(unlock(&mut app, "90716"), AppState::Ready { .. }));
}

#[test]
fn what_is_no_pin_is_told_by_field_and_costs_no_try() {
    let world = World::new();
    let (mut app, _) = with_pin(&world);
    let fault = |result: Result<AppState, skts_authenticator::AppError>| {
        let error = result.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidPin);
        (error.faults[0].field, error.faults[0].fault)
    };
    for (new, expected) in [
        ("", Fault::Empty),
        ("12a4", Fault::NotDigits),
        (
            "123",
            Fault::Length {
                least: 4,
                most: 12,
                found: 3,
            },
        ),
        ("0000", Fault::Repeated),
        ("1234", Fault::InOrder),
    ] {
        let refused = fault(app.change_pin(PIN.to_owned(), new.to_owned()));
        assert_eq!(refused, (Field::NewPin, expected));
    }
    assert_eq!(fault(app.unlock("12".to_owned())).0, Field::CurrentPin);
    assert_eq!(
        app.set_pin("4926".to_owned()).unwrap_err().code,
        ErrorCode::PinSet
    );
    assert_eq!(lock_of(&app.lock()).tries_left, 10);
}

#[test]
fn the_doctor_does_not_ask_for_the_pin_again() {
    let world = World::new();
    let (mut app, id) = with_pin(&world);
    app.doctor();
    app.code(&id).unwrap();
    app.lock();
    assert_eq!(app.doctor().profile_problem, Some(ErrorCode::PinNeeded));
}

#[test]
fn a_set_up_is_not_begun_behind_the_lock() {
    let world = World::new();
    let (app, _) = with_pin(&world);
    drop(app);
    let mut app = world.start();
    assert!(matches!(provision(&mut app), AppState::PinLocked { .. }));
    assert_eq!(world.issuer.grants(), 1);
}
