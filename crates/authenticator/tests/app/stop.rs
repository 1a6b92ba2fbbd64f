//! 利用中止, and what the app says as a token's end comes near.

use skts_authenticator::views::{Halt, TokenView};
use skts_authenticator::{AppState, Authenticator, ErrorCode};
use skts_provisioning::wire::{CheckInState, ProblemCode};

use crate::support::*;

const DAY: u64 = 86_400;

fn shown(app: &Authenticator) -> TokenView {
    app.tokens().pop().expect("a token")
}

fn stop_error(app: &mut Authenticator, id: &str) -> ErrorCode {
    app.stop_token(id).unwrap_err().code
}

fn pass(world: &World, secs: u64) {
    world.clock.pass(secs);
    world.issuer.pass(secs);
}

#[test]
fn a_stop_ends_the_codes_and_its_receipt_is_kept() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    let AppState::Halted { halt, tokens, .. } = app.stop_token(&id).unwrap() else {
        panic!()
    };
    assert_eq!(halt, Halt::Revoked);
    let receipt = tokens[0].receipt.clone().expect("a receipt");
    assert_eq!(receipt.number, "4820193756");
    assert_eq!(receipt.at.text.ja, "2026/11/20 21:00 (日本時間)");
    assert_eq!(app.code(&id).unwrap_err().code, ErrorCode::Stopped);
    drop(app);
    let mut again = world.start();
    assert!(matches!(again.open(), AppState::Halted { .. }));
    let token = shown(&again);
    assert_eq!(
        (token.receipt, token.stopping),
        (Some(receipt.clone()), false)
    );
    // A service whose database was put back says that it goes on: the customer has ended it.
    world.issuer.set_state(CheckInState::Active);
    again.check(&id).unwrap();
    assert_eq!(again.code(&id).unwrap_err().code, ErrorCode::Stopped);
    assert_eq!(shown(&again).receipt, Some(receipt));
}

#[test]
fn a_lost_stop_is_sent_again_byte_for_byte_after_a_restart_too() {
    for fault in [Fault::LoseRequest, Fault::LoseReply, Fault::Busy(5)] {
        let world = World::new();
        let (mut app, id) = with_token(&world);
        world.issuer.plan("stop", fault);
        let expected = match fault {
            Fault::Busy(_) => ErrorCode::Busy,
            _ => ErrorCode::Network,
        };
        assert_eq!(stop_error(&mut app, &id), expected);
        assert!(shown(&app).stopping);
        assert!(
            app.code(&id).is_ok(),
            "not answered: the token is as it was"
        );
        drop(app);
        let mut app = world.start();
        app.open();
        assert!(shown(&app).stopping);
        app.stop_token(&id).unwrap();
        let calls = world.issuer.calls("stop");
        assert_eq!((calls.len(), &calls[0]), (2, &calls[1]));
        assert!(shown(&app).receipt.is_some() && !shown(&app).stopping);
    }
}

#[test]
fn a_check_in_between_keeps_the_stop_that_was_not_answered() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.issuer.plan("stop", Fault::LoseReply);
    assert_eq!(stop_error(&mut app, &id), ErrorCode::Network);
    let told = app.check(&id).unwrap();
    assert_eq!(
        (told.halt, told.token.stopping),
        (Some(Halt::Revoked), true)
    );
    app.stop_token(&id).unwrap();
    assert!(shown(&app).receipt.is_some());
}

#[test]
fn a_stop_s_answer_that_is_not_signed_as_it_stands_is_not_believed() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    for fault in [
        Fault::Flip,
        Fault::Tell("server_time", NOW + 1),
        Fault::Refuse(ProblemCode::Conflict),
        Fault::Refuse(ProblemCode::Lapsed),
    ] {
        world.issuer.plan("stop", fault);
        stop_error(&mut app, &id);
        let token = shown(&app);
        assert!(token.stopping && token.receipt.is_none() && token.halt.is_none());
        assert!(app.code(&id).is_ok());
    }
    world
        .issuer
        .plan("stop", Fault::Refuse(ProblemCode::NotFound));
    assert_eq!(stop_error(&mut app, &id), ErrorCode::CheckRefused);
    app.stop_token(&id).unwrap();
    assert!(shown(&app).receipt.is_some());
}

#[test]
fn a_token_that_was_over_is_told_so_without_a_receipt() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    world.issuer.set_state(CheckInState::Replaced);
    let AppState::Halted { halt, tokens, .. } = app.stop_token(&id).unwrap() else {
        panic!()
    };
    assert_eq!((halt, &tokens[0].receipt), (Halt::Replaced, &None));
    assert!(!tokens[0].stopping);
    assert_eq!(stop_error(&mut app, "0"), ErrorCode::UnknownToken);
}

#[test]
fn a_disk_that_refuses_a_stop_sends_nothing() {
    let world = World::new();
    let (mut app, id) = with_token(&world);
    let tokens = world.profile().join("tokens");
    let aside = world.folder.path().join("aside");
    std::fs::rename(&tokens, &aside).unwrap();
    std::fs::write(&tokens, b"").unwrap();
    assert_eq!(stop_error(&mut app, &id), ErrorCode::Disk);
    assert!(world.issuer.calls("stop").is_empty());
    std::fs::remove_file(&tokens).unwrap();
    std::fs::rename(&aside, &tokens).unwrap();
    app.stop_token(&id).unwrap();
}

#[test]
fn from_ninety_days_before_its_end_a_token_is_said_to_end_soon() {
    let world = World::new();
    let (mut app, _) = with_token(&world);
    let token = shown(&app);
    assert!(!token.expiring);
    assert_eq!(
        token.expires_at.unix_secs - token.renewable_from.unix_secs,
        90 * DAY
    );
    world.clock.set(token.renewable_from.unix_secs - 1);
    assert!(!shown(&app).expiring);
    world.clock.set(token.renewable_from.unix_secs);
    assert!(shown(&app).expiring);
    assert!(matches!(app.state(), AppState::Ready { .. }));
    world.clock.set(token.expires_at.unix_secs);
    assert!(!shown(&app).expiring && shown(&app).expired);
    // The service's own day counts once it has said so.
    world.clock.set(NOW);
    app.check(&token.id).unwrap();
    let from = shown(&app).renewable_from.unix_secs;
    assert_eq!(from, NOW + 1736 * DAY);
    // Of one that is over nothing more is said.
    world.clock.set(from);
    assert!(shown(&app).expiring);
    app.stop_token(&token.id).unwrap();
    assert!(!shown(&app).expiring);
}

#[test]
fn an_institution_that_asks_for_a_check_is_remembered_after_its_days() {
    let world = World::new();
    let mut app = world.start();
    activate(&mut app, PASSWORD);
    app.acknowledge_set_up();
    let id = shown(&app).id;
    pass(&world, 30 * DAY - 1);
    assert_eq!(shown(&app).unchecked_days, None);
    pass(&world, 1);
    assert_eq!(shown(&app).unchecked_days, Some(30));
    assert!(app.code(&id).is_ok(), "it is a notice, no more");
    app.check(&id).unwrap();
    assert_eq!(shown(&app).unchecked_days, None);
    pass(&world, 41 * DAY);
    assert_eq!(shown(&app).unchecked_days, Some(41));
    // Others ask for nothing.
    let other = World::new();
    let (app, _) = with_token(&other);
    pass(&other, 400 * DAY);
    assert_eq!(shown(&app).unchecked_days, None);
}
