//! What takes two people.

use axum::http::StatusCode;
use skts_issuer::{ImportByStaff, ImportError, ImportRequest};
use skts_otp::UnixTime;

use super::browser::{Browser, Page};
use super::roles::mark;
use crate::world::{SHINKIN, SHINKUMI, World};

const LOCKED: &str = "SELECT count(*) FROM tokens WHERE state = 'locked'";

/// Tokens of these customers, each locked by wrong codes.
pub(super) async fn lock(world: &World, customers: &[&str]) {
    for customer in customers {
        let token = world.active(customer).await;
        for _ in 0..5 {
            world.pass(900);
            let wrong = token.wrong_code(world.now());
            world.verify(&token, customer, &wrong).await;
        }
    }
    assert_eq!(world.number(LOCKED).await, customers.len() as i64);
}

pub(super) async fn unlock(browser: &mut Browser, customer: &str) -> Page {
    let address = "/console/deed/unlock";
    let page = format!("{address}?institution={SHINKIN}&customer={customer}");
    let fields = [
        ("institution", SHINKIN),
        ("customer", customer),
        ("reason", "checked"),
    ];
    browser.fill(&page, address, &fields).await
}

fn ended(page: &Page, how: &str) -> bool {
    let to = page.to.as_deref().unwrap_or_default();
    to.ends_with(&format!("done={how}"))
}

/// The ids of what this one may decide.
pub(super) async fn waiting(browser: &mut Browser) -> Vec<String> {
    let page = browser.get("/console/approvals").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let ids = page.text.split("name=\"id\" value=\"").skip(1);
    let id = |rest: &str| rest.split('"').next().unwrap_or_default().to_owned();
    ids.map(id).collect()
}

pub(super) async fn decide(browser: &mut Browser, id: &str, decision: &str) -> StatusCode {
    let address = "/console/approvals";
    let mark = mark(browser, address);
    let fields = [
        ("form", mark.as_str()),
        ("id", id),
        ("decision", decision),
        ("reason", "looked at"),
    ];
    browser.post(address, &fields).await.status
}

#[tokio::test]
async fn above_the_daily_count_a_second_person_unlocks() {
    let world = World::with(|config| config.console_unlocks_alone = 1).await;
    let router = world.console();
    lock(&world, &["C-1", "C-2", "C-3"]).await;
    let hanako = world.hire("hanako", "operator", None).await;
    let jiro = world.hire("jiro", "approver", None).await;
    let elsewhere = world.hire("saburo", "approver", Some(SHINKUMI)).await;
    let mut operator = world.seat(&router, &hanako).await;
    assert!(ended(&unlock(&mut operator, "C-1").await, "done"));
    assert!(ended(&unlock(&mut operator, "C-2").await, "waits"));
    assert!(ended(&unlock(&mut operator, "C-3").await, "waits"));
    let again = unlock(&mut operator, "C-2").await;
    assert_eq!(again.status, StatusCode::CONFLICT, "asked already");
    assert_eq!(
        world.number(LOCKED).await,
        2,
        "nothing before the second person"
    );

    let mut other = world.seat(&router, &elsewhere).await;
    assert!(
        waiting(&mut other).await.is_empty(),
        "another institution's"
    );
    let mut approver = world.seat(&router, &jiro).await;
    let ids = waiting(&mut approver).await;
    assert_eq!(ids.len(), 2);
    assert_eq!(
        decide(&mut other, &ids[0], "approve").await,
        StatusCode::CONFLICT
    );
    assert_eq!(
        decide(&mut approver, &ids[0], "approve").await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        decide(&mut approver, &ids[0], "approve").await,
        StatusCode::CONFLICT
    );
    assert_eq!(
        decide(&mut approver, &ids[1], "refuse").await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(world.number(LOCKED).await, 1);
    for (actor, action, count) in [
        ("staff:hanako", "unlock", 2),
        ("staff:hanako", "approval_asked", 2),
        ("staff:jiro", "approved", 1),
        ("staff:jiro", "approval_refused", 1),
    ] {
        let sql = format!(
            "SELECT count(*) FROM audit WHERE actor = '{actor}' AND action = '{action}' \
             AND detail IS NOT NULL"
        );
        assert_eq!(world.number(&sql).await, count, "{actor} {action}");
    }
    // The next day counts anew.
    world.pass(24 * 3600);
    let mut operator = world.seat(&router, &hanako).await;
    let mut done = 0;
    for customer in ["C-2", "C-3"] {
        done += usize::from(ended(&unlock(&mut operator, customer).await, "done"));
    }
    assert_eq!((done, world.number(LOCKED).await), (1, 0));
}

#[tokio::test]
async fn whoever_asked_never_decides_even_in_another_role() {
    let world = World::with(|config| config.console_unlocks_alone = 0).await;
    let router = world.console();
    lock(&world, &["C-1"]).await;
    let hanako = world.hire("hanako", "operator", None).await;
    let jiro = world.hire("jiro", "approver", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    assert!(ended(&unlock(&mut browser, "C-1").await, "waits"));
    let role = "approver".parse().ok();
    let issuer = &world.issuer;
    issuer
        .change_staff("hanako", role, false, "staff")
        .await
        .expect("changed");
    let mut browser = world.seat(&router, &hanako).await;
    let page = browser.get("/console/approvals").await;
    assert!(page.text.contains("ご自分の申請"), "{}", page.text);
    let mut other = world.seat(&router, &jiro).await;
    let ids = waiting(&mut other).await;
    assert_eq!(ids.len(), 1);
    assert_eq!(
        decide(&mut browser, &ids[0], "approve").await,
        StatusCode::CONFLICT
    );
    assert_eq!(world.number(LOCKED).await, 1);
    // What was asked by somebody who may no longer do it is not done by another either.
    assert_eq!(
        decide(&mut other, &ids[0], "approve").await,
        StatusCode::FORBIDDEN
    );
    assert_eq!(world.number(LOCKED).await, 1);
}

#[tokio::test]
async fn many_unlocks_at_once_count_exactly() {
    let world = World::with(|config| config.console_unlocks_alone = 2).await;
    let router = world.console();
    let customers = ["C-1", "C-2", "C-3", "C-4"];
    lock(&world, &customers).await;
    let hanako = world.hire("hanako", "operator", None).await;
    let browser = world.seat(&router, &hanako).await;
    let mut sent = tokio::task::JoinSet::new();
    for customer in customers {
        let mut one = Browser::at(&router);
        one.cookies = browser.cookies.clone();
        sent.spawn(async move { unlock(&mut one, customer).await.status });
    }
    while let Some(status) = sent.join_next().await {
        assert_eq!(status.expect("sent"), StatusCode::SEE_OTHER);
    }
    assert_eq!(world.number(LOCKED).await, 2);
}

#[tokio::test]
async fn a_mass_import_waits_for_a_second_person_and_for_that_very_file() {
    let world = World::with(|config| config.console_imported_alone = 1).await;
    let router = world.console();
    world.hire("hanako", "operator", None).await;
    world.hire("ichiro", "clerk", None).await;
    let jiro = world.hire("jiro", "approver", None).await;
    let table = |serials: &[&str]| {
        let mut table =
            "serial,type,secret_hex,digits,period_secs,counter,algorithm,expires\n".to_owned();
        for serial in serials {
            table +=
                &format!("{serial},totp,3132333435363738393031323334353637383930,6,60,,SHA1,\n");
        }
        table
    };
    let file = table(&["11110001", "11110002"]);
    let other = table(&["11110003", "11110004"]);
    let until = UnixTime::from_secs(world.now() + 365 * 86_400);
    let issuer = &world.issuer;
    let import = async |name: &str, text: &str| {
        let keys = skts_pskc::parse_csv(text.as_bytes()).expect("a table");
        let by = ImportByStaff {
            name,
            institution_id: SHINKIN,
            bytes: text.as_bytes(),
            reason: "delivery of November",
        };
        issuer.import_hardware_by_staff(&by, &keys, until).await
    };
    let stored = "SELECT count(*) FROM tokens WHERE kind = 'totp'";
    // Not by another role, from another institution, or by one whose access was taken away.
    world.hire("shiro", "operator", Some(SHINKUMI)).await;
    world.hire("goro", "operator", None).await;
    issuer
        .change_staff("goro", None, true, "staff")
        .await
        .expect("disabled");
    for name in ["ichiro", "shiro", "goro", "nobody"] {
        let refused = import(name, &file).await;
        assert!(matches!(refused, Err(ImportError::NotAllowed)), "{name}");
    }
    for _ in 0..2 {
        let waits = import("hanako", &file).await.expect("asked");
        assert!(matches!(waits, ImportRequest::Waits { .. }));
    }
    assert_eq!(world.number(stored).await, 0);
    let mut approver = world.seat(&router, &jiro).await;
    let ids = waiting(&mut approver).await;
    assert_eq!(ids.len(), 1, "asked twice, waiting once");
    assert_eq!(
        decide(&mut approver, &ids[0], "approve").await,
        StatusCode::SEE_OTHER
    );
    let waits = import("hanako", &other).await.expect("asked");
    assert!(matches!(waits, ImportRequest::Waits { .. }), "another file");
    world.hire("saburo", "operator", None).await;
    let waits = import("saburo", &file).await.expect("asked");
    assert!(
        matches!(waits, ImportRequest::Waits { .. }),
        "approved for hanako"
    );
    let done = import("hanako", &file).await.expect("imported");
    assert!(matches!(done, ImportRequest::Done(_)));
    assert_eq!(world.number(stored).await, 2);
    let waits = import("hanako", &file).await.expect("asked");
    assert!(
        matches!(waits, ImportRequest::Waits { .. }),
        "approved once"
    );
    // One that is small enough needs nobody else.
    let done = import("hanako", &table(&["11110009"]))
        .await
        .expect("imported");
    assert!(matches!(done, ImportRequest::Done(_)));
}

#[tokio::test]
async fn what_was_asked_for_is_decided_within_a_day_or_not_at_all() {
    let world = World::with(|config| config.console_unlocks_alone = 0).await;
    let router = world.console();
    lock(&world, &["C-1", "C-2"]).await;
    let hanako = world.hire("hanako", "operator", None).await;
    let jiro = world.hire("jiro", "approver", None).await;
    let mut operator = world.seat(&router, &hanako).await;
    for customer in ["C-1", "C-2"] {
        assert!(ended(&unlock(&mut operator, customer).await, "waits"));
    }
    let mut approver = world.seat(&router, &jiro).await;
    let ids = waiting(&mut approver).await;
    assert_eq!(ids.len(), 2);
    let in_time = decide(&mut approver, &ids[0], "approve").await;
    assert_eq!(in_time, StatusCode::SEE_OTHER);
    world.pass(24 * 3600);
    let mut approver = world.seat(&router, &jiro).await;
    assert!(waiting(&mut approver).await.is_empty());
    let late = decide(&mut approver, &ids[1], "approve").await;
    assert_eq!(late, StatusCode::CONFLICT);
    assert_eq!(world.number(LOCKED).await, 1);
}
