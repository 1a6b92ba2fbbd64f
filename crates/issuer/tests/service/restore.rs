//! The database copied while the service runs, and an older one put back: what was used up stays used
//! up, and nobody takes it for the newest.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use skts_issuer::{AuditError, AuditFilter, BackupError, Restored, Trail, back_up};
use skts_otp::Digits;
use skts_provisioning::wire::paths;

use crate::hardware::{assign, hotp_line, import};
use crate::signing::{begin, payment, sign, verify as verify_signature};
use crate::world::{Device, SHINKIN, Token, World};

/// The code of `ahead` steps from now.
fn code(world: &World, token: &Token, ahead: i64) -> String {
    let step = token.step(world.now()).offset(ahead).unwrap();
    token.code_of(step, Digits::Six)
}

async fn checked(world: &World) -> Result<Trail, AuditError> {
    let anchor = world.issuer.audit_anchor();
    world.issuer.verify_audit(&[anchor]).await
}

#[tokio::test]
async fn a_copy_put_back_goes_on_where_it_was_made() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let used = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &used).await, "accepted");
    world.issuer.seal_audit().await.unwrap();
    let before = world.dump().await;
    let back = world.put_back(&world.back_up().await).await;
    assert_eq!(back.dump().await, before);
    assert_eq!(back.verify(&token, "taro", &used).await, "replayed");
    let next = code(&back, &token, 1);
    assert_eq!(back.verify(&token, "taro", &next).await, "accepted");
    back.issuer.seal_audit().await.unwrap();
    let trail = checked(&back).await.unwrap();
    assert_eq!((trail.seals, trail.anchored, trail.unsealed), (2, 1, 0));
    // The seals made before the copy fit it as well.
    let kept = world.issuer.audit_anchor();
    assert_eq!(back.issuer.verify_audit(&[kept]).await.unwrap().anchored, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_made_under_load_is_of_one_moment() {
    let world = World::new().await;
    let mut tokens = Vec::new();
    for number in 0..4 {
        tokens.push(world.active(&format!("customer-{number}")).await);
    }
    world.issuer.seal_audit().await.unwrap();
    let copied = AtomicBool::new(false);
    let writing = async {
        while !copied.load(Ordering::Relaxed) {
            world.pass(30);
            for (number, token) in tokens.iter().enumerate() {
                let code = token.code(world.now());
                let customer = format!("customer-{number}");
                assert_eq!(world.verify(token, &customer, &code).await, "accepted");
            }
            world.issuer.seal_audit().await.unwrap();
        }
    };
    let copying = async {
        let copy = world.back_up().await;
        copied.store(true, Ordering::Relaxed);
        copy
    };
    let (copy, ()) = tokio::join!(copying, writing);
    let back = world.put_back(&copy).await;
    let trail = back.issuer.verify_audit(&[]).await.unwrap();
    // Each verdict with its entry: what was accepted and what was written down agree.
    let accepted = back.number("SELECT sum(accepted) FROM tokens").await;
    let told = "SELECT count(*) FROM audit WHERE outcome = 'accepted'";
    assert_eq!(back.number(told).await, accepted);
    assert!(trail.sealed > 0, "{trail:?}");
}

#[tokio::test]
async fn once_it_is_said_no_code_of_the_time_in_between_is_accepted_again() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let waiting = world.set_up_s(&Device::new()).await;
    let copy = world.back_up().await;
    let used = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &used).await, "accepted");
    let registered = waiting.code(world.now());
    let answer = world.register(&waiting, "hanako", &registered).await;
    assert_eq!(answer.verdict(), "accepted");

    // Without a word the copy does not know of it.
    let silent = world.put_back(&copy).await;
    assert_eq!(silent.verify(&token, "taro", &used).await, "accepted");

    let back = world.put_back(&copy).await;
    let done = back.issuer.restored().await.unwrap();
    assert_eq!((done.tokens, done.suspended), (2, 0));
    for ahead in -1..=1 {
        let shown = code(&back, &token, ahead);
        assert_eq!(back.verify(&token, "taro", &shown).await, "replayed");
    }
    let answer = back.register(&waiting, "jiro", &registered).await;
    assert_ne!(answer.verdict(), "accepted");
    // A token that had learnt in between that its clock is fast showed later codes still.
    back.pass(5 * 30);
    let fast = token.code(back.now());
    assert_eq!(back.verify(&token, "taro", &fast).await, "replayed");
    back.pass(30);
    for (token, subscriber) in [(&token, "taro"), (&waiting, "hanako")] {
        let new = token.code(back.now());
        let answer = match subscriber {
            "taro" => back.verify(token, subscriber, &new).await,
            _ => back.register(token, subscriber, &new).await.verdict(),
        };
        assert_eq!(answer, "accepted", "{subscriber}");
    }
    let filter = AuditFilter {
        most: 100,
        ..AuditFilter::default()
    };
    let entries = back.issuer.audit_entries(&filter).await.unwrap();
    let told = entries.iter().find(|entry| entry.action == "restored");
    assert_eq!(
        told.unwrap().detail.as_deref(),
        Some("2 tokens, 0 suspended")
    );
    back.issuer.seal_audit().await.unwrap();
    assert_eq!(checked(&back).await.unwrap().unsealed, 0);
}

#[tokio::test]
async fn once_it_is_said_no_signature_of_the_time_in_between_is_accepted_again() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let copy = world.back_up().await;
    let shown = begin(&world, &payment("50000")).await;
    let signature = sign(&token, &shown, world.now());
    assert_eq!(
        verify_signature(&world, &shown, &signature).await,
        "accepted"
    );

    let silent = world.put_back(&copy).await;
    let again = begin(&silent, &payment("50000")).await;
    assert_eq!(
        verify_signature(&silent, &again, &signature).await,
        "accepted"
    );

    let back = world.put_back(&copy).await;
    back.issuer.restored().await.unwrap();
    let again = begin(&back, &payment("50000")).await;
    assert_eq!(
        verify_signature(&back, &again, &signature).await,
        "replayed"
    );
    back.pass(120);
    // Two payments within one minute, as before.
    for amount in ["50000", "60000"] {
        let shown = begin(&back, &payment(amount)).await;
        let signature = sign(&token, &shown, back.now());
        assert_eq!(
            verify_signature(&back, &shown, &signature).await,
            "accepted"
        );
    }
}

#[tokio::test]
async fn what_counts_presses_is_suspended_and_its_bank_told() {
    let world = World::new().await;
    import(&world, &[hotp_line("AB1234567I")]).await.unwrap();
    assert!(assign(&world, SHINKIN, "taro", "AB1234567I").await);
    let card = crate::hardware::card("AB1234567I");
    let press = |counter| {
        let otp = skts_otp::hotp(&card.seed, card.policy.hash, counter, Digits::Six).unwrap();
        otp.expose_digits().to_owned()
    };
    let answer = world.register(&card, "taro", &press(0)).await;
    assert_eq!(answer.verdict(), "accepted");
    let copy = world.back_up().await;
    assert_eq!(world.verify(&card, "taro", &press(1)).await, "accepted");
    let back = world.put_back(&copy).await;
    let done = back.issuer.restored().await.unwrap();
    let last_events = [(SHINKIN.to_owned(), 1)].into();
    assert_eq!(
        done,
        Restored {
            tokens: 0,
            suspended: 1,
            last_events,
        }
    );
    assert_eq!(back.verify(&card, "taro", &press(1)).await, "unknown");
    let body = json!({"after": 1, "most": 10});
    let events = back.bank(SHINKIN, paths::RP_EVENTS_FETCH, &body).await;
    let events = events.json()["events"].clone();
    assert_eq!(events[0]["kind"], "suspend");
    assert_eq!(events[0]["state"], "suspended");
    // Said again, nothing is left to do.
    let again = back.issuer.restored().await.unwrap();
    assert_eq!((again.tokens, again.suspended), (0, 0));
}

#[tokio::test]
async fn seals_kept_outside_say_that_an_older_database_was_put_back() {
    let world = World::new().await;
    let token = world.active("taro").await;
    world.issuer.seal_audit().await.unwrap();
    let copy = world.back_up().await;
    let used = token.code(world.now());
    assert_eq!(world.verify(&token, "taro", &used).await, "accepted");
    world.issuer.seal_audit().await.unwrap();
    let kept = world.issuer.audit_anchor();

    let back = world.put_back(&copy).await;
    assert!(back.issuer.verify_audit(&[]).await.is_ok());
    let found = back.issuer.verify_audit(std::slice::from_ref(&kept)).await;
    let said = found.unwrap_err();
    assert!(matches!(said, AuditError::Behind { .. }), "{said:?}");
    let said = said.to_string();
    assert!(said.contains("an older database was put back"), "{said}");

    // It goes on, with a file of its own; the old one still says so.
    back.pass(60);
    back.issuer.restored().await.unwrap();
    let wrong = token.wrong_code(back.now());
    back.verify(&token, "taro", &wrong).await;
    back.issuer.seal_audit().await.unwrap();
    assert_eq!(checked(&back).await.unwrap().unsealed, 0);
    let found = back.issuer.verify_audit(&[kept]).await;
    let said = found.unwrap_err().to_string();
    assert!(said.contains("older database"), "{said}");
}

#[tokio::test]
async fn a_copy_is_for_its_owner_only_and_overwrites_nothing() {
    let world = World::new().await;
    let out = world.config.data.join("copy.sqlite");
    if world.server.is_some() {
        let refused = back_up(&world.config, &out).await;
        assert!(matches!(refused, Err(BackupError::Server)), "{refused:?}");
        assert!(!out.exists());
        return;
    }
    back_up(&world.config, &out).await.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&out).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let first = std::fs::read(&out).unwrap();
    let again = Command::new(env!("CARGO_BIN_EXE_skts-issuer"))
        .arg("backup")
        .arg("--data")
        .arg(&world.config.data)
        .arg("--out")
        .arg(&out)
        .output()
        .unwrap();
    assert!(!again.status.success());
    let said = String::from_utf8_lossy(&again.stderr).into_owned();
    assert!(said.contains("copy.sqlite cannot be written"), "{said}");
    assert_eq!(std::fs::read(&out).unwrap(), first);
    // A service that is not there leaves nothing behind.
    let mut nowhere = world.config.clone();
    nowhere.data = world.config.data.join("nowhere");
    let out = world.config.data.join("none.sqlite");
    assert!(back_up(&nowhere, &out).await.is_err());
    assert!(!out.exists());
}
