//! Both set-ups against the real server side, and everything that gets lost on the way.

use crate::support::*;
use skts_authenticator::{AppState, CONSENT_VERSION, ErrorCode};
use skts_provisioning::wire::ProblemCode;
use skts_vault::KeyStoreError;

const K_STEPS: [&str; 3] = ["activation/begin", "activation/finish", "/confirm"];
const S_STEPS: [&str; 3] = ["self/hello", "self/issue", "/confirm"];

pub(crate) fn one_token(state: &AppState) -> String {
    match state {
        AppState::SetUpDone {
            token,
            match_number,
            ..
        } => {
            assert_eq!(match_number.len(), 4);
            assert_eq!(token.match_number.as_ref(), Some(match_number));
            token.serial.clone()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn both_ways_end_in_a_token_that_survives_a_restart() {
    let world = World::new();
    let mut app = world.start();
    assert_eq!(app.open(), AppState::NotSetUp { pending: None });
    assert!(!app.glance().set_up);
    let mut steps = Vec::new();
    let mut note = |step| steps.push(step);
    let first = app
        .self_provision(SELF, CONSENT_VERSION, &mut note)
        .unwrap();
    let first = one_token(&first);
    assert!(steps.is_sorted() && steps.len() == 4, "{steps:?}");
    let second = one_token(&activate(&mut app, PASSWORD));
    assert!(matches!(app.acknowledge_set_up(), AppState::Ready { .. }));
    drop(app);
    let mut app = world.start();
    assert!(app.glance().set_up);
    let AppState::Ready {
        tokens,
        selected,
        pending: None,
        ..
    } = app.open()
    else {
        panic!()
    };
    assert_eq!([&tokens[0].serial, &tokens[1].serial], [&first, &second]);
    assert_eq!(selected, tokens[1].id);
    assert_eq!(world.issuer.tries(), 0);
}

#[test]
fn a_lost_message_is_sent_again_byte_for_byte_and_costs_no_try() {
    for fault in [Fault::LoseRequest, Fault::LoseReply] {
        for restart in [false, true] {
            for (way, step) in K_STEPS
                .map(|s| ('k', s))
                .into_iter()
                .chain(S_STEPS.map(|s| ('s', s)))
            {
                let world = World::new();
                let mut app = world.start();
                world.issuer.plan(step, fault);
                let state = if way == 'k' {
                    activate(&mut app, PASSWORD)
                } else {
                    provision(&mut app)
                };
                let AppState::NetworkDown {
                    pending: Some(pending),
                } = state
                else {
                    panic!("{step}: {state:?}")
                };
                assert_eq!(pending.needs_password, step == K_STEPS[0]);
                if restart {
                    drop(app);
                    app = world.start();
                }
                let AppState::NotSetUp { pending: Some(_) } = app.open() else {
                    panic!("{step}")
                };
                assert!(
                    app.tokens().is_empty(),
                    "{step}: shown before it was confirmed"
                );
                one_token(&resume(&mut app));
                let sent = world.issuer.calls(step);
                assert_eq!(sent.len(), 2, "{step}");
                assert_eq!(sent[0], sent[1], "{step}");
                assert_eq!(
                    (world.issuer.grants(), world.issuer.tries()),
                    (1, 0),
                    "{step}"
                );
                assert_eq!(app.tokens().len(), 1);
            }
        }
    }
}

#[test]
fn a_keystore_that_fails_between_grant_and_vault_loses_nothing() {
    for (way, step) in [('k', K_STEPS[1]), ('s', S_STEPS[1])] {
        let world = World::new();
        let mut app = world.start();
        world
            .issuer
            .plan(step, Fault::KeyStore(KeyStoreError::Locked));
        let state = if way == 'k' {
            activate(&mut app, PASSWORD)
        } else {
            provision(&mut app)
        };
        assert_eq!(state, AppState::KeyStoreLocked, "{step}");
        drop(app);
        let mut app = world.start();
        assert_eq!(app.open(), AppState::KeyStoreLocked);
        world.store.fail_with(None);
        one_token(&resume(&mut app));
        assert_eq!(
            (world.issuer.grants(), app.tokens().len()),
            (1, 1),
            "{step}"
        );
    }
}

#[test]
fn a_changed_answer_is_refused_and_the_true_one_still_works() {
    for (way, step) in K_STEPS
        .map(|s| ('k', s))
        .into_iter()
        .chain(S_STEPS.map(|s| ('s', s)))
    {
        let world = World::new();
        let mut app = world.start();
        world.issuer.plan(step, Fault::Flip);
        let state = if way == 'k' {
            activate(&mut app, PASSWORD)
        } else {
            provision(&mut app)
        };
        match (&state, step) {
            // A changed KE2 cannot be told from a wrong password; a changed challenge or
            // confirmation is seen by the service or changes nothing that matters.
            (AppState::ActivationRefused { .. }, "activation/begin") => continue,
            (AppState::SetUpDone { .. }, "/confirm" | "self/hello") => continue,
            (
                AppState::Fault {
                    code: ErrorCode::ServiceAnswer,
                    pending: Some(_),
                },
                _,
            ) => {}
            other => panic!("{step}: {other:?}"),
        }
        if step != S_STEPS[0] {
            one_token(&resume(&mut app));
        }
    }
}

#[test]
fn wrong_and_unknown_are_answered_alike_and_nothing_stays_behind() {
    let world = World::new();
    let mut app = world.start();
    let wrong = activate(&mut app, "00000000");
    let AppState::ActivationRefused {
        service_id,
        user_id,
        ..
    } = &wrong
    else {
        panic!("{wrong:?}")
    };
    assert_eq!(
        (service_id.as_str(), user_id.as_str()),
        (SERVICE_ID, USER_ID)
    );
    assert_eq!(
        world.issuer.calls("activation/finish").len(),
        0,
        "found out locally"
    );
    let mut unknown = form(PASSWORD);
    unknown.user_id = "999999999999".to_owned();
    let state = app.activate(unknown, CONSENT_VERSION, &mut |_| ()).unwrap();
    assert_eq!(state.error(), wrong.error());
    let error = app.resume(None, &mut |_| ()).unwrap_err();
    assert_eq!(error.code, ErrorCode::NothingPending);
    one_token(&activate(&mut app, PASSWORD));
}

#[test]
fn busy_lapsed_and_too_low_have_states_of_their_own() {
    let world = World::new();
    let mut app = world.start();
    world.issuer.plan("self/hello", Fault::Busy(7));
    let AppState::ServiceBusy {
        retry_after_secs: 7,
        pending: Some(_),
    } = provision(&mut app)
    else {
        panic!()
    };
    world
        .issuer
        .plan("self/issue", Fault::Refuse(ProblemCode::ExpiredChallenge));
    one_token(&resume(&mut app));
    assert_eq!(
        world.issuer.calls("self/hello").len(),
        3,
        "a new hello for an old challenge"
    );

    world
        .issuer
        .plan("/confirm", Fault::Refuse(ProblemCode::Lapsed));
    assert!(matches!(
        activate(&mut app, PASSWORD),
        AppState::Lapsed { .. }
    ));
    assert_eq!(app.tokens().len(), 1, "the lapsed one is gone");
    world
        .issuer
        .plan("self/issue", Fault::Refuse(ProblemCode::LevelTooLow));
    assert!(matches!(
        provision(&mut app),
        AppState::LevelTooLow { level: 1, .. }
    ));
}

#[test]
fn a_cancelled_set_up_can_be_resumed_or_given_up() {
    let world = World::new();
    let mut app = world.start();
    let canceller = app.canceller();
    let state = app
        .self_provision(SELF, CONSENT_VERSION, &mut |_| canceller.cancel())
        .unwrap();
    assert!(
        matches!(state, AppState::NotSetUp { pending: Some(_) }),
        "{state:?}"
    );
    one_token(&app.resume(None, &mut |_| ()).unwrap());

    world.issuer.plan("/confirm", Fault::LoseReply);
    activate(&mut app, PASSWORD);
    let error = app
        .activate(form(PASSWORD), CONSENT_VERSION, &mut |_| ())
        .unwrap_err();
    assert_eq!(error.code, ErrorCode::SetUpPending);
    let AppState::Ready {
        tokens,
        pending: None,
        ..
    } = app.cancel_set_up()
    else {
        panic!()
    };
    assert_eq!(tokens.len(), 1);
    drop(app);
    assert_eq!(world.start().open().error(), None);
}

#[test]
fn nothing_is_sent_for_what_cannot_be_used() {
    let world = World::new();
    let mut app = world.start();
    let mut quiet = |_| ();
    for (service, user, password, faults) in [
        ("1000000", USER_ID, PASSWORD, 1),
        ("", "", "", 3),
        ("abcdefgh", USER_ID, "123", 2),
        (SERVICE_ID, "1234567890123", "123456789", 2),
    ] {
        let mut form = form(password);
        (form.service_id, form.user_id) = (service.to_owned(), user.to_owned());
        let error = app.activate(form, CONSENT_VERSION, &mut quiet).unwrap_err();
        assert_eq!(
            (error.code, error.faults.len()),
            (ErrorCode::InvalidForm, faults)
        );
    }
    let code = |error: skts_authenticator::AppError| error.code;
    let consent = app
        .self_provision(SELF, CONSENT_VERSION + 1, &mut quiet)
        .map_err(code);
    assert_eq!(consent, Err(ErrorCode::ConsentNeeded));
    let way = app
        .self_provision(ACTIVATED, CONSENT_VERSION, &mut quiet)
        .map_err(code);
    assert_eq!(way, Err(ErrorCode::WrongWay));
    let unknown = app
        .self_provision("nobody", CONSENT_VERSION, &mut quiet)
        .map_err(code);
    assert_eq!(unknown, Err(ErrorCode::UnknownInstitution));
    assert!(world.issuer.calls("").is_empty());
    assert!(!world.profile().exists());
    // Full width, spaced and hyphened digits are what they look like.
    let mut wide = form("８３９１ 5726");
    wide.user_id = "１２３４-5678 9012".to_owned();
    one_token(&app.activate(wide, CONSENT_VERSION, &mut quiet).unwrap());
}

#[test]
fn a_clock_that_is_off_is_spoken_of() {
    let world = World::new();
    world.issuer.set_server_time(NOW + 3600);
    let mut app = world.start();
    let state = provision(&mut app);
    let AppState::SetUpDone {
        clock_off: Some(clock),
        ..
    } = state
    else {
        panic!("{state:?}")
    };
    assert_eq!(clock.off_secs, Some(-3600));
    assert!(clock.text.ja.contains("遅れて"), "{}", clock.text.ja);
    assert!(clock.how_to_set.is_some());
}

#[test]
fn a_form_typed_again_after_a_lost_reply_sends_what_was_counted_already() {
    let world = World::new();
    let mut app = world.start();
    world.issuer.plan(K_STEPS[0], Fault::LoseReply);
    let state = activate(&mut app, PASSWORD);
    assert!(matches!(state, AppState::NetworkDown { .. }), "{state:?}");
    one_token(&activate(&mut app, PASSWORD));
    let begun = world.issuer.calls(K_STEPS[0]);
    assert_eq!(begun.len(), 2);
    assert_eq!(begun[0], begun[1], "the same request, not a second try");
    assert_eq!(world.issuer.tries(), 0);
}

#[test]
fn a_path_nobody_knows_gives_no_token_up() {
    let world = World::new();
    let mut app = world.start();
    world
        .issuer
        .plan(K_STEPS[2], Fault::Refuse(ProblemCode::NotFound));
    let state = activate(&mut app, PASSWORD);
    assert!(matches!(state, AppState::Fault { .. }), "{state:?}");
    one_token(&resume(&mut app));
    assert_eq!(world.issuer.seeds().len(), 1);
}
