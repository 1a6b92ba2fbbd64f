//! The audit trail: an entry a change and verdict, and nothing of it changed, cut or written anew
//! unseen.

use serde_json::json;
use skts_issuer::{AuditEntry, AuditError, AuditFilter, StaffChange};
use skts_provisioning::wire::paths;

use crate::life::{exchange_body, prove};
use crate::world::{Device, SHINKIN, SHINKUMI, World, new_id};

async fn entries(world: &World) -> Vec<AuditEntry> {
    let filter = AuditFilter {
        most: 1000,
        ..AuditFilter::default()
    };
    world.issuer.audit_entries(&filter).await.unwrap()
}

/// Actor, action, outcome and new state of everything after the samples were added.
pub(crate) async fn told(world: &World) -> Vec<String> {
    let word = |entry: &AuditEntry| {
        let state = entry.state.as_deref().unwrap_or("-");
        format!("{} {} {} {state}", entry.actor, entry.action, entry.outcome)
    };
    let entries = entries(world).await;
    let after = entries
        .iter()
        .filter(|entry| entry.action != "institution_added");
    after.map(word).collect()
}

async fn change(world: &World, subscriber: &str, change: &str) {
    let body = json!({
        "request_id": new_id(), "subscriber_ref": subscriber, "change": change,
    });
    world.bank(SHINKIN, paths::RP_TOKEN_CHANGE, &body).await;
}

#[tokio::test]
async fn every_change_and_every_verdict_has_one_entry() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let code = token.code(world.now());
    let wrong = token.wrong_code(world.now());
    for code in [&code, &code, &wrong] {
        world.verify(&token, "taro", code).await;
    }
    change(&world, "taro", "suspend").await;
    change(&world, "taro", "suspend").await;
    change(&world, "taro", "resume").await;
    world.pass(60);
    let new = world.set_up_s(&Device::new()).await;
    let proof = prove(&world, &token, "taro").await;
    let body = exchange_body("taro", &proof, &new.serial, &new.code(world.now()));
    world.bank(SHINKIN, paths::RP_TOKEN_EXCHANGE, &body).await;
    world
        .issuer
        .change_token(SHINKIN, "taro", StaffChange::Suspend, "reported lost")
        .await
        .unwrap();
    change(&world, "taro", "unregister").await;
    world.set_up_s(&Device::new()).await;
    world.pass(91 * 24 * 3600);
    world.issuer.tidy().await.unwrap();
    assert_eq!(
        told(&world).await,
        [
            "device provisioned done provisioned",
            "device confirmed done -",
            "bank:first register accepted active",
            "bank:first verify accepted -",
            "bank:first verify replayed -",
            "bank:first verify rejected -",
            "bank:first suspend done suspended",
            "bank:first suspend refused -",
            "bank:first resume done active",
            "device provisioned done provisioned",
            "device confirmed done -",
            "bank:first verify accepted -",
            "bank:first exchange done replaced",
            "bank:first exchange accepted active",
            "staff suspend done suspended",
            "bank:first unregister done revoked",
            "device provisioned done provisioned",
            "device confirmed done -",
            "service lapse done lapsed",
        ]
    );
    let reason = entries(&world)
        .await
        .into_iter()
        .find(|entry| entry.actor == "staff" && entry.action == "suspend");
    assert_eq!(reason.unwrap().detail.as_deref(), Some("reported lost"));
}

#[tokio::test]
async fn an_activation_is_told_from_its_issue_on_and_a_repeated_call_is_no_news() {
    let world = World::new().await;
    let device = Device::new();
    let token = world.set_up_k(SHINKUMI, "taro", &device).await;
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "taro", "serial": token.serial,
        "code": token.code(world.now()),
    });
    for _ in 0..3 {
        world.bank(SHINKUMI, paths::RP_TOKEN_REGISTER, &body).await;
    }
    assert_eq!(
        told(&world).await,
        [
            "bank:first activation_issued done -",
            "device activation_claimed done provisioned",
            "device confirmed done -",
            "bank:first register accepted active",
        ]
    );
}

#[tokio::test]
async fn the_code_that_locks_says_so() {
    let world = World::new().await;
    let token = world.active("taro").await;
    let lock_after = usize::from(token.policy.lock_after);
    for _ in 0..lock_after {
        let wrong = token.wrong_code(world.now());
        world.verify(&token, "taro", &wrong).await;
        world.pass(1000);
    }
    let told = told(&world).await;
    assert_eq!(told.last().unwrap(), "bank:first verify locked locked");
}

/// A world with some entries under two seals.
async fn sealed() -> World {
    let world = World::new().await;
    let token = world.active("taro").await;
    world.issuer.seal_audit().await.unwrap();
    for _ in 0..5 {
        world.pass(60);
        let code = token.code(world.now());
        assert_eq!(world.verify(&token, "taro", &code).await, "accepted");
    }
    world.issuer.seal_audit().await.unwrap();
    world
}

async fn verify(world: &World) -> Result<skts_issuer::Trail, AuditError> {
    world
        .issuer
        .verify_audit(&[world.issuer.audit_anchor()])
        .await
}

/// Lets rows of the trail be changed, as somebody can who owns the database.
async fn without_triggers(world: &World, sql: &'static str) {
    let mut database = world.database().await;
    database
        .run(
            [
                "DROP TRIGGER audit_is_not_changed",
                "DROP TRIGGER audit_is_not_cut",
                "DROP TRIGGER audit_seals_are_not_changed",
                "DROP TRIGGER audit_seals_are_not_cut",
                sql,
            ],
            [
                "DROP TRIGGER audit_is_not_changed ON audit",
                "DROP TRIGGER audit_seals_are_not_changed ON audit_seals",
                sql,
            ],
        )
        .await;
}

#[tokio::test]
async fn a_whole_trail_is_found_whole_and_says_what_is_not_sealed_yet() {
    let world = sealed().await;
    let trail = verify(&world).await.unwrap();
    assert_eq!((trail.seals, trail.anchored, trail.unsealed), (2, 2, 0));
    assert_eq!(trail.sealed, entries(&world).await.len() as u64);
    change(&world, "taro", "suspend").await;
    assert_eq!(verify(&world).await.unwrap().unsealed, 1);
    // Nothing new: no new seal.
    world.issuer.seal_audit().await.unwrap();
    world.issuer.seal_audit().await.unwrap();
    assert_eq!(verify(&world).await.unwrap().seals, 3);
}

#[tokio::test]
async fn an_entry_changed_or_taken_out_is_found() {
    for sql in [
        "UPDATE audit SET outcome = 'rejected' WHERE outcome = 'accepted'",
        "UPDATE audit SET subscriber_ref = 'hanako' WHERE id = (SELECT MAX(id) FROM audit)",
        "DELETE FROM audit WHERE id = (SELECT MAX(id) - 1 FROM audit)",
        "DELETE FROM audit WHERE id = (SELECT MIN(id) FROM audit)",
        "DELETE FROM audit",
    ] {
        let world = sealed().await;
        without_triggers(&world, sql).await;
        let found = verify(&world).await;
        assert!(
            matches!(found, Err(AuditError::Changed { .. })),
            "{sql}: {found:?}"
        );
    }
}

#[tokio::test]
async fn a_cut_tail_is_found_by_the_seals_kept_outside() {
    let world = sealed().await;
    // The entries and the seal that speaks of them: what is left is a whole, shorter trail.
    without_triggers(
        &world,
        "DELETE FROM audit_seals WHERE up_to = (SELECT MAX(up_to) FROM audit_seals)",
    )
    .await;
    let mut database = world.database().await;
    let cut = "DELETE FROM audit WHERE id > (SELECT MAX(up_to) FROM audit_seals)";
    database.run([cut], [cut]).await;
    assert!(world.issuer.verify_audit(&[]).await.is_ok());
    let found = verify(&world).await;
    assert!(matches!(found, Err(AuditError::Behind { .. })), "{found:?}");
}

#[tokio::test]
async fn a_trail_written_anew_with_the_services_own_key_is_found_by_the_seals_kept_outside() {
    let world = sealed().await;
    without_triggers(&world, "DELETE FROM audit_seals").await;
    let mut database = world.database().await;
    let rewrite = "UPDATE audit SET outcome = 'rejected' WHERE outcome = 'accepted'";
    database.run([rewrite], [rewrite]).await;
    // The key is the service's: it seals what it finds, but elsewhere than the seals kept before.
    let kept = world.config.data.join("kept.jsonl");
    std::fs::rename(world.issuer.audit_anchor(), &kept).unwrap();
    world.issuer.seal_audit().await.unwrap();
    assert!(verify(&world).await.is_ok());
    let found = world.issuer.verify_audit(std::slice::from_ref(&kept)).await;
    assert!(
        matches!(found, Err(AuditError::NotInDatabase { .. })),
        "{found:?}"
    );
    // The last seal kept has the number of the new one: only their hashes differ.
    let seals = std::fs::read_to_string(&kept).unwrap();
    let last = seals.lines().last().unwrap();
    std::fs::write(&kept, format!("{last}\n")).unwrap();
    let made = std::fs::read_to_string(world.issuer.audit_anchor()).unwrap();
    assert_eq!(up_to(last), up_to(made.trim()));
    let found = world.issuer.verify_audit(&[kept]).await;
    assert!(
        matches!(found, Err(AuditError::NotInDatabase { .. })),
        "{found:?}"
    );
}

/// The last entry that a seal covers.
fn up_to(seal: &str) -> u64 {
    let seal: serde_json::Value = serde_json::from_str(seal).unwrap();
    seal["up_to"].as_u64().unwrap()
}

#[tokio::test]
async fn a_line_that_breaks_off_spoils_no_seal_after_it_and_is_told() {
    let world = sealed().await;
    let path = world.issuer.audit_anchor();
    let whole = std::fs::read(&path).unwrap();
    // Within the second seal; all of it but its end of line.
    for (left, broken_off, anchored) in [(whole.len() - 40, 1, 2), (whole.len() - 1, 0, 3)] {
        std::fs::write(&path, &whole[..left]).unwrap();
        change(
            &world,
            "taro",
            if broken_off == 1 { "suspend" } else { "resume" },
        )
        .await;
        world.issuer.seal_audit().await.unwrap();
        let trail = verify(&world).await.unwrap();
        let found = (trail.broken_off, trail.anchored, trail.unsealed);
        assert_eq!(found, (broken_off, anchored, 0), "{left}");
    }
    // What is no seal at all is not passed over.
    std::fs::write(&path, [b"{\"up_to\": no}\n", whole.as_slice()].concat()).unwrap();
    let found = verify(&world).await;
    assert!(matches!(found, Err(AuditError::Anchor { .. })), "{found:?}");
}

#[tokio::test]
async fn a_seal_by_another_key_is_forged() {
    let (world, other) = (sealed().await, sealed().await);
    let found = world
        .issuer
        .verify_audit(&[other.issuer.audit_anchor()])
        .await;
    assert!(matches!(found, Err(AuditError::Forged { .. })), "{found:?}");
}

#[tokio::test]
async fn a_seal_that_was_changed_in_the_database_is_forged() {
    for sql in [
        "UPDATE audit_seals SET sealed_at = sealed_at + 1",
        "UPDATE audit_seals SET signature =
             (SELECT signature FROM audit_seals ORDER BY up_to DESC LIMIT 1)",
    ] {
        let world = sealed().await;
        without_triggers(&world, sql).await;
        let found = world.issuer.verify_audit(&[]).await;
        assert!(
            matches!(found, Err(AuditError::Forged { .. })),
            "{sql}: {found:?}"
        );
    }
}

#[tokio::test]
async fn the_database_itself_refuses_to_change_the_trail() {
    let world = sealed().await;
    for sql in [
        "UPDATE audit SET outcome = 'rejected'",
        "DELETE FROM audit",
        "UPDATE audit_seals SET entries = 0",
        "DELETE FROM audit_seals",
    ] {
        assert!(world.database().await.refuses(sql).await, "{sql}");
    }
    assert!(verify(&world).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_while_others_write_leaves_nothing_out() {
    let world = World::new().await;
    let mut tokens = Vec::new();
    for number in 0..4 {
        tokens.push(world.active(&format!("customer-{number}")).await);
    }
    world.pass(300);
    let wrong = tokens[0].wrong_code(world.now());
    let writing = async {
        for _ in 0..25 {
            let calls = (0..4).map(|number| {
                let (world, token, wrong) = (&world, &tokens[number], &wrong);
                async move {
                    world
                        .verify(token, &format!("customer-{number}"), wrong)
                        .await
                }
            });
            futures_join(calls).await;
        }
    };
    let sealing = async {
        for _ in 0..25 {
            world.issuer.seal_audit().await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    tokio::join!(writing, sealing);
    world.issuer.seal_audit().await.unwrap();
    let trail = verify(&world).await.unwrap();
    assert_eq!(trail.unsealed, 0);
    let verdicts = world.number("SELECT count(*) FROM audit WHERE action = 'verify'");
    assert_eq!(verdicts.await, 100);
}

#[tokio::test]
async fn an_entry_under_way_is_sealed_before_those_after_it() {
    let world = sealed().await;
    let token = world.active("hanako").await;
    let code = token.code(world.now());
    // Written first and not there yet.
    let mut beside = world.database().await;
    let entry = "INSERT INTO audit (at, institution_id, actor, action, outcome)
                 VALUES (0, 'mihon-shinkin', 'service', 'lapse', 'done')";
    beside
        .run(["BEGIN IMMEDIATE", entry], ["BEGIN", entry])
        .await;
    let after = async {
        assert_eq!(world.verify(&token, "hanako", &code).await, "accepted");
        world.issuer.seal_audit().await.unwrap();
    };
    let commit = async {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        beside.run(["COMMIT"], ["COMMIT"]).await;
    };
    tokio::join!(after, commit);
    world.issuer.seal_audit().await.unwrap();
    assert_eq!(verify(&world).await.unwrap().unsealed, 0);
}

/// Runs four calls at once.
async fn futures_join<F: Future>(mut calls: impl Iterator<Item = F>) {
    let mut next = || calls.next().expect("four calls");
    tokio::join!(next(), next(), next(), next());
}

#[tokio::test]
async fn a_customer_sees_what_happened_without_names_and_reasons_of_staff() {
    let world = World::new().await;
    let token = world.active("taro").await;
    world.active("hanako").await;
    let code = token.code(world.now());
    world.verify(&token, "taro", &code).await;
    world
        .issuer
        .change_token(
            SHINKIN,
            "taro",
            StaffChange::Suspend,
            "seen with a stranger",
        )
        .await
        .unwrap();
    let body = json!({"subscriber_ref": "taro", "most": 10});
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_HISTORY, &body).await;
    let answer = answer.json();
    let entries = answer["entries"].as_array().unwrap();
    let words: Vec<String> = entries
        .iter()
        .map(|entry| {
            format!(
                "{} {} {}",
                entry["actor"], entry["action"], entry["outcome"]
            )
        })
        .collect();
    assert_eq!(
        words,
        [
            "\"bank\" \"register\" \"accepted\"",
            "\"bank\" \"verify\" \"accepted\"",
            "\"staff\" \"suspend\" \"done\"",
        ]
    );
    assert_eq!(entries[1]["purpose"], "transfer");
    assert!(!answer.to_string().contains("stranger"));
    let elsewhere = world.bank(SHINKUMI, paths::RP_TOKEN_HISTORY, &body).await;
    assert_eq!(elsewhere.json()["entries"], json!([]));
}
