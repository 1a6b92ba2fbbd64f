//! What changes between a call's reading and its writing counts. A connection beside the service has
//! changed the token and commits while the call waits to write. On PostgreSQL every call has read the
//! token as it was before by then; on SQLite only one that reads before its turn, as `verify` does.

use std::time::Duration;

use serde_json::{Value, json};
use skts_otp::Digits;
use skts_provisioning::wire::paths;

use crate::life::{exchange_body, prove};
use crate::signing;
use crate::world::{Device, SHINKIN, Token, World, new_id, verify_body};

/// A call that would change the customer's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    RightCode,
    WrongCode,
    Registration,
    Exchange,
    Resync,
    Suspension,
    Signature,
}

/// Makes what the call needs; returns the call.
async fn ready(world: &World, asked: Asked) -> (&'static str, Value) {
    let about = |more: Value| {
        let mut body = json!({ "request_id": new_id(), "subscriber_ref": "taro" });
        for (name, value) in more.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    if asked == Asked::Registration {
        let token = world.set_up_s(&Device::new()).await;
        world.pass(60);
        let code = token.code(world.now());
        let body = about(json!({ "serial": token.serial, "code": code }));
        return (paths::RP_TOKEN_REGISTER, body);
    }
    let token = world.active("taro").await;
    match asked {
        Asked::RightCode => {
            let body = verify_body("taro", &token.code(world.now()));
            (paths::RP_TOKEN_VERIFY, body)
        }
        Asked::WrongCode => {
            let body = verify_body("taro", &token.wrong_code(world.now()));
            (paths::RP_TOKEN_VERIFY, body)
        }
        Asked::Exchange => {
            let new = world.set_up_s(&Device::new()).await;
            let proof = prove(world, &token, "taro").await;
            let body = exchange_body("taro", &proof, &new.serial, &new.code(world.now()));
            (paths::RP_TOKEN_EXCHANGE, body)
        }
        Asked::Resync => {
            world.pass(600);
            let [first, second] = two_codes(&token, world.now());
            let body = about(json!({ "first": first, "second": second }));
            (paths::RP_TOKEN_RESYNC, body)
        }
        Asked::Suspension => (
            paths::RP_TOKEN_CHANGE,
            about(json!({ "change": "suspend" })),
        ),
        Asked::Signature => {
            let shown = signing::begin(world, &signing::payment("50000")).await;
            let signature = signing::sign(&token, &shown, world.now());
            let body = about(json!({ "challenge": shown["id"], "signature": signature }));
            (paths::RP_SIGNATURE_VERIFY, body)
        }
        Asked::Registration => unreachable!("made above"),
    }
}

fn two_codes(token: &Token, now: u64) -> [String; 2] {
    let step = token.step(now);
    [step, step.next()].map(|step| token.code_of(step, Digits::Six))
}

/// What calls write into tokens.
const COUNTED: &str =
    "SELECT sum(last_step + sign_last + accepted + fails + wrong_in_a_row) FROM tokens";

/// Makes the call while `sql` happens to every token; returns whether nothing came of the call.
async fn changes_nothing(asked: Asked, sql: &'static str, state: Option<&'static str>) -> bool {
    let world = World::new().await;
    let (path, body) = ready(&world, asked).await;
    let before = world.number(COUNTED).await;
    let mut beside = world.hold().await;
    beside.run([sql], [sql]).await;
    let commit = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        beside.run(["COMMIT"], ["COMMIT"]).await;
    };
    tokio::join!(world.bank(SHINKIN, path, &body), commit);
    let moved = match state {
        Some(state) => {
            let tokens = world.dump_of(&["tokens"]).await;
            tokens.lines().any(|row| !row.contains(state))
        }
        None => false,
    };
    world.number(COUNTED).await == before && !moved
}

#[tokio::test]
async fn a_token_that_was_ended_meanwhile_stays_as_it_is() {
    for asked in [
        Asked::RightCode,
        Asked::WrongCode,
        Asked::Registration,
        Asked::Exchange,
        Asked::Resync,
        Asked::Suspension,
        Asked::Signature,
    ] {
        let ended = "UPDATE tokens SET state = 'revoked'";
        assert!(
            changes_nothing(asked, ended, Some("revoked")).await,
            "{asked:?}"
        );
        let over = "UPDATE tokens SET expires_at = started_at + 1";
        assert!(changes_nothing(asked, over, None).await, "{asked:?}");
    }
    // The old token alone: the new one could be taken.
    let old = "UPDATE tokens SET state = 'revoked' WHERE state = 'active'";
    assert!(changes_nothing(Asked::Exchange, old, None).await);
}

#[tokio::test]
async fn a_wait_that_began_meanwhile_is_kept() {
    for asked in [
        Asked::RightCode,
        Asked::WrongCode,
        Asked::Resync,
        Asked::Signature,
    ] {
        let waits = "UPDATE tokens SET not_before = expires_at";
        assert!(changes_nothing(asked, waits, None).await, "{asked:?}");
    }
}

#[tokio::test]
async fn a_call_that_nothing_changed_beside_does_change_its_token() {
    for asked in [
        Asked::RightCode,
        Asked::WrongCode,
        Asked::Registration,
        Asked::Exchange,
        Asked::Resync,
        Asked::Signature,
    ] {
        let nothing = "UPDATE tokens SET reported = NULL";
        assert!(!changes_nothing(asked, nothing, None).await, "{asked:?}");
    }
    let nothing = "UPDATE tokens SET reported = NULL";
    assert!(!changes_nothing(Asked::Suspension, nothing, Some("active")).await);
}
