//! What pages say of a customer, what is done there, and what they never say.

use axum::http::StatusCode;
use serde_json::json;
use skts_provisioning::wire::paths;

use super::browser::{Browser, PASSWORD, Page};
use crate::check_in::holder::in_use;
use crate::world::{SHINKIN, World, new_id};

fn whose(customer: &str) -> String {
    format!("institution={SHINKIN}&customer={customer}")
}

async fn customer(browser: &mut Browser) -> String {
    let page = browser
        .get(&format!("/console/customer?{}", whose("C-1")))
        .await;
    assert_eq!(page.status, StatusCode::OK);
    page.text
}

async fn deed(browser: &mut Browser, deed: &str, reason: &str) -> Page {
    let address = format!("/console/deed/{deed}");
    let page = format!("{address}?{}", whose("C-1"));
    let fields = [
        ("institution", SHINKIN),
        ("customer", "C-1"),
        ("reason", reason),
    ];
    browser.fill(&page, &address, &fields).await
}

#[tokio::test]
async fn a_customer_is_found_and_refusals_are_explained() {
    let world = World::new().await;
    let router = world.console();
    let token = world.active("C-1").await;
    let right = token.code(world.now());
    world.verify(&token, "C-1", &right).await;
    world.verify(&token, "C-1", &right).await;
    let wrong = token.wrong_code(world.now());
    world.verify(&token, "C-1", &wrong).await;
    let hanako = world.hire("hanako", "clerk", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let search = format!("/console/search?institution={SHINKIN}&q=");
    for asked in ["C-1", &token.serial, &token.serial.to_lowercase()] {
        let page = browser.get(&format!("{search}{asked}")).await;
        assert!(page.text.contains("/console/customer?"), "{asked}");
        assert!(page.text.contains(&token.serial), "{asked}");
    }
    assert!(
        browser
            .get(&format!("{search}C-2"))
            .await
            .text
            .contains("見つかりません")
    );
    let page = customer(&mut browser).await;
    for words in [
        "利用中",
        "数字が違います",
        "一度使われた数字",
        &token.serial,
        "時刻合わせを始める",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/console/deed/suspend"), "not a clerk's");
    browser.get("/console/language?to=en&back=/console").await;
    let page = customer(&mut browser).await;
    for words in [
        "lang=\"en\"",
        "In use",
        "Wrong digits",
        "Used before",
        "Start a resync",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
}

#[tokio::test]
async fn a_suspected_copy_is_said_in_words_and_not_resumed() {
    let world = World::new().await;
    let router = world.console();
    let (_, _, mut original) = in_use(&world, "C-1").await;
    let mut copy = original.clone();
    original.check(&world).await;
    copy.check(&world).await;
    let hanako = world.hire("hanako", "operator", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let page = customer(&mut browser).await;
    for words in [
        "利用停止中",
        "複製の疑いがあるため停止しました",
        "再発行する",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("/console/deed/resume"), "{page}");
    let refused = deed(&mut browser, "resume", "asked by telephone").await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    browser.get("/console/language?to=en&back=/console").await;
    let page = customer(&mut browser).await;
    for words in ["Stopped: a copy is suspected", "Copy suspected", "Reissue"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let reissued = deed(&mut browser, "reissue", "came to the counter").await;
    assert_eq!(reissued.status, StatusCode::SEE_OTHER);
    assert_eq!(original.check(&world).await.state.as_str(), "revoked");
}

#[tokio::test]
async fn a_change_needs_a_reason_and_is_written_down_with_who_asked() {
    let world = World::new().await;
    let router = world.console();
    world.active("C-1").await;
    let hanako = world.hire("hanako", "operator", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let long = "x".repeat(301);
    for none in ["", "   ", "\u{3000}", "a\nb", &long] {
        let page = deed(&mut browser, "suspend", none).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{none:?}");
    }
    let reason = "<script>alert(1)</script>'; DROP TABLE tokens; -- 😀";
    let page = deed(&mut browser, "suspend", reason).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let shown = browser
        .get(page.to.as_deref().expect("an address"))
        .await
        .text;
    assert!(
        shown.contains("完了しました") && shown.contains("利用停止中"),
        "{shown}"
    );
    assert!(!shown.contains("<script"), "{shown}");
    assert!(shown.contains("DROP TABLE tokens; -- 😀"), "{shown}");
    let written = "SELECT count(*) FROM audit WHERE action = 'suspend' AND actor = 'staff:hanako' \
                   AND detail LIKE '<script>%'";
    assert_eq!(world.number(written).await, 1);
    // What cannot be done is said, not done.
    let page = deed(&mut browser, "unlock", "asked").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    for (done, reason) in [("resume", "found"), ("reissue", "new phone")] {
        let page = deed(&mut browser, done, reason).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{done}");
    }
    let over = "SELECT count(*) FROM tokens WHERE subscriber_ref = 'C-1' AND state = 'revoked'";
    assert_eq!(world.number(over).await, 1);
    assert_eq!(
        deed(&mut browser, "suspend", "again").await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn a_resync_is_started_by_staff_and_completed_by_the_customer() {
    let world = World::new().await;
    let router = world.console();
    let token = world.active("C-1").await;
    let hanako = world.hire("hanako", "clerk", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let asked = async || {
        let body = json!({ "subscriber_ref": "C-1" });
        let answer = world.bank(SHINKIN, paths::RP_TOKEN_STATE, &body).await;
        answer.json()["resync_asked"] == json!(true)
    };
    assert!(!asked().await);
    deed(&mut browser, "resync", "codes refused").await;
    assert!(asked().await);
    let first = token.code(world.now());
    world.pass(30);
    let body = json!({
        "request_id": new_id(), "subscriber_ref": "C-1", "first": first,
        "second": token.code(world.now()),
    });
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_RESYNC, &body).await;
    assert_eq!(answer.verdict(), "accepted");
    assert!(!asked().await, "one permission, one resync");
    deed(&mut browser, "resync", "again").await;
    assert!(asked().await);
    world.pass(24 * 3600);
    assert!(!asked().await, "for a day");
}

#[tokio::test]
async fn pages_carry_no_secret_and_the_language_leads_nowhere_else() {
    let world = World::new().await;
    let router = world.console();
    let token = world.active("C-1").await;
    let mut all = String::new();
    for (name, role, page) in [
        (
            "hanako",
            "operator",
            format!("/console/customer?{}", whose("C-1")),
        ),
        ("jiro", "auditor", "/console/audit".to_owned()),
        ("saburo", "admin", "/console/staff".to_owned()),
    ] {
        let person = world.hire(name, role, None).await;
        let mut browser = world.seat(&router, &person).await;
        all += &browser.get(&page).await.text;
        assert!(!all.contains(&browser.cookies["__Host-skts-console"]));
    }
    assert!(
        all.contains(&token.serial),
        "the search does find what is there"
    );
    for secret in [&hex::encode(&token.seed), PASSWORD, "argon2id"] {
        assert!(!all.contains(secret), "{secret}");
    }
    for foreign in ["<script", "style=\"", "http://", "https://"] {
        assert!(!all.contains(foreign), "{foreign}");
    }
    let mut browser = Browser::at(&router);
    for back in [
        "https://evil.example",
        "//evil.example",
        "/other",
        "/console%5C..",
        "%0D%0AX:y",
    ] {
        let page = browser
            .get(&format!("/console/language?to=en&back={back}"))
            .await;
        assert_eq!(page.to.as_deref(), Some("/console"), "{back}");
    }
}
