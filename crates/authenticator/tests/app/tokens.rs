//! The list of tokens: its order, and one taken off it.

use skts_authenticator::views::Towards;
use skts_authenticator::{AppState, Authenticator, ErrorCode};

use crate::support::*;

#[test]
fn a_token_is_removed_with_its_keys_and_only_it() {
    let world = World::new();
    let (mut app, first) = with_token(&world);
    activate(&mut app, PASSWORD);
    let before = world.store.items().len();
    let AppState::Ready { tokens, .. } = app.remove(&first).unwrap() else {
        panic!()
    };
    assert_eq!(tokens.len(), 1);
    assert_eq!(world.store.items().len(), before - 1);
    assert_eq!(app.code(&first).unwrap_err().code, ErrorCode::UnknownToken);
    assert_eq!(
        app.remove(&first).unwrap_err().code,
        ErrorCode::UnknownToken
    );
}

#[test]
fn the_order_of_tokens_is_the_customers_and_is_kept() {
    let world = World::new();
    let (mut app, first) = with_token(&world);
    activate(&mut app, PASSWORD);
    app.acknowledge_set_up();
    let ids = |app: &Authenticator| -> Vec<String> {
        app.tokens().into_iter().map(|token| token.id).collect()
    };
    let as_set_up = ids(&app);
    let second = as_set_up[1].clone();
    assert_eq!(as_set_up[0], first);
    // At an end it stays.
    app.move_token(&first, Towards::Beginning).unwrap();
    assert_eq!(ids(&app), as_set_up);
    let AppState::Ready { selected, .. } = app.move_token(&second, Towards::Beginning).unwrap()
    else {
        panic!()
    };
    assert_eq!(selected, second, "moving shows no other token");
    let unknown = app.move_token("0", Towards::End).unwrap_err();
    assert_eq!(unknown.code, ErrorCode::UnknownToken);
    drop(app);
    let mut app = world.start();
    app.open();
    assert_eq!(ids(&app), [second.clone(), first.clone()]);
    app.move_token(&second, Towards::End).unwrap();
    assert_eq!(ids(&app), as_set_up);
    app.remove(&first).unwrap();
    assert_eq!(ids(&app), [second]);
}
