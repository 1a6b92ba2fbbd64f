//! Signing in, sessions, forms.

use axum::http::StatusCode;

use super::browser::{Browser, PASSWORD, STAFF};
use crate::world::{SHINKIN, World, verify_body};
use skts_provisioning::wire::paths;

const SESSION: &str = "__Host-skts-console";

#[tokio::test]
async fn whoever_has_password_and_token_gets_in_and_nobody_else() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let right = |world: &World| hanako.token.code(world.now());
    let wrong_code = hanako.token.wrong_code(world.now());
    let mut answers = Vec::new();
    for (name, password, code) in [
        ("hanako", "wrong password 1", right(&world)),
        ("hanako", PASSWORD, wrong_code),
        ("nobody", PASSWORD, right(&world)),
        ("HANAKO'; --", PASSWORD, right(&world)),
    ] {
        let mut browser = Browser::at(&router);
        let page = browser.sign_in(name, password, &code).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{name}");
        assert!(!browser.cookies.contains_key(SESSION), "{name}");
        // All but the marks of the forms.
        answers.push(page.text.replace(&page.form("/console/sign-in"), ""));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "one answer, whatever is wrong");
    world.pass(900);
    let mut browser = world.seat(&router, &hanako).await;
    assert_eq!(
        browser.get("/console/search?q=").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_code_is_looked_at_only_after_the_password_was_right() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let fails = "SELECT COALESCE(SUM(fails), 0) FROM tokens";
    for _ in 0..3 {
        world.pass(900);
        let wrong = hanako.token.wrong_code(world.now());
        Browser::at(&router)
            .sign_in("hanako", "wrong password 1", &wrong)
            .await;
    }
    assert_eq!(
        world.number(fails).await,
        0,
        "a stranger locks nobody's token"
    );
    world.pass(900);
    let wrong = hanako.token.wrong_code(world.now());
    Browser::at(&router)
        .sign_in("hanako", PASSWORD, &wrong)
        .await;
    assert_eq!(world.number(fails).await, 1);
}

#[tokio::test]
async fn wrong_sign_ins_wait_longer_and_longer_and_wrong_codes_lock() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    for name in ["hanako", "nobody"] {
        let mut seen = Vec::new();
        for _ in 0..3 {
            let page = Browser::at(&router)
                .sign_in(name, "wrong password 1", "123456")
                .await;
            seen.push(page.status.as_u16());
        }
        assert_eq!(seen, [403, 403, 429], "{name}");
    }
    // In the wait the right ones are not looked at either.
    let code = hanako.token.code(world.now());
    let page = Browser::at(&router)
        .sign_in("hanako", PASSWORD, &code)
        .await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    for _ in 0..10 {
        world.pass(900);
        let wrong = hanako.token.wrong_code(world.now());
        Browser::at(&router)
            .sign_in("hanako", PASSWORD, &wrong)
            .await;
    }
    let locked = "SELECT count(*) FROM tokens WHERE state = 'locked'";
    assert_eq!(world.number(locked).await, 1);
    world.pass(900);
    let code = hanako.token.code(world.now());
    let page = Browser::at(&router)
        .sign_in("hanako", PASSWORD, &code)
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_session_ends_idle_aged_signed_out_and_by_another_role() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let page = "/console/search";
    let is_in = async |browser: &mut Browser| browser.get(page).await.status == StatusCode::OK;

    let mut browser = world.seat(&router, &hanako).await;
    world.pass(14 * 60);
    assert!(is_in(&mut browser).await);
    world.pass(15 * 60);
    assert!(!is_in(&mut browser).await, "idle");

    let mut browser = world.seat(&router, &hanako).await;
    for _ in 0..47 {
        world.pass(10 * 60);
        assert!(is_in(&mut browser).await);
    }
    world.pass(10 * 60);
    assert!(!is_in(&mut browser).await, "aged");

    let mut browser = world.seat(&router, &hanako).await;
    let kept = browser.cookies.clone();
    browser.fill(page, "/console/sign-out", &[]).await;
    browser.cookies = kept;
    assert!(!is_in(&mut browser).await, "signed out");

    let mut browser = world.seat(&router, &hanako).await;
    let clerk = "clerk".parse().ok();
    world
        .issuer
        .change_staff("hanako", clerk, false, "staff")
        .await
        .expect("changed");
    assert!(!is_in(&mut browser).await, "another role");
    let mut browser = world.seat(&router, &hanako).await;
    world
        .issuer
        .change_staff("hanako", None, true, "staff")
        .await
        .expect("disabled");
    assert!(!is_in(&mut browser).await, "disabled");
    world.pass(60);
    let code = hanako.token.code(world.now());
    let again = browser.sign_in("hanako", PASSWORD, &code).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "disabled");
}

#[tokio::test]
async fn a_session_somebody_else_chose_is_not_taken_up() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let planted = "ab".repeat(32);
    let mut browser = Browser::at(&router);
    browser.cookies.insert(SESSION.to_owned(), planted.clone());
    let code = hanako.token.code(world.now());
    let page = browser.sign_in("hanako", PASSWORD, &code).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_ne!(browser.cookies[SESSION], planted);
    let cookie = &page.cookies[0];
    for word in ["Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let mut other = Browser::at(&router);
    other.cookies.insert(SESSION.to_owned(), planted);
    assert_eq!(
        other.get("/console/search").await.to.as_deref(),
        Some("/console/sign-in")
    );
}

#[tokio::test]
async fn a_form_is_taken_once_from_its_own_page_and_session() {
    let world = World::new().await;
    let router = world.console();
    let token = world.active("C-1").await;
    let hanako = world.hire("hanako", "operator", None).await;
    let jiro = world.hire("jiro", "operator", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let mut other = world.seat(&router, &jiro).await;
    let whose = format!("?institution={SHINKIN}&customer=C-1");
    let address = "/console/deed/suspend";
    let page = format!("{address}{whose}");
    let theirs = other.get(&page).await.form(address);
    let of_another_form = browser
        .get(&format!("/console/deed/reissue{whose}"))
        .await
        .form("/console/deed/reissue");
    let states = "SELECT count(*) FROM tokens WHERE state = 'suspended'";
    for forged in ["", "00", &"0".repeat(96), &theirs, &of_another_form] {
        let fields = [
            ("form", forged),
            ("institution", SHINKIN),
            ("customer", "C-1"),
            ("reason", "lost"),
        ];
        assert_eq!(
            browser.post(address, &fields).await.status,
            StatusCode::FORBIDDEN
        );
    }
    assert_eq!(world.number(states).await, 0);

    let form = browser.get(&page).await.form(address);
    let fields = [
        ("form", form.as_str()),
        ("institution", SHINKIN),
        ("customer", "C-1"),
        ("reason", "lost"),
    ];
    assert_eq!(
        browser.post(address, &fields).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(world.number(states).await, 1);
    let again = browser.post(address, &fields).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert!(again.text.contains("すでに送信"), "{}", again.text);
    let body = verify_body("C-1", &token.code(world.now()));
    let verdict = world
        .bank(SHINKIN, paths::RP_TOKEN_VERIFY, &body)
        .await
        .verdict();
    assert_eq!(verdict, "unknown", "the code is not looked at");
}

#[tokio::test]
async fn no_bank_has_a_key_to_the_staffs_tokens() {
    let world = World::new().await;
    world.hire("hanako", "operator", None).await;
    let keys = format!("SELECT count(*) FROM relying_parties WHERE institution_id = '{STAFF}'");
    assert_eq!(world.number(&keys).await, 0);
    let body = verify_body("staff:hanako", "000000");
    let answer = world.bank(SHINKIN, paths::RP_TOKEN_VERIFY, &body).await;
    assert_eq!(answer.verdict(), "unknown");
}

#[tokio::test]
async fn the_public_address_has_no_console() {
    let world = World::new().await;
    for path in ["/console", "/console/sign-in", "/console/style.css"] {
        assert_eq!(
            world.post(path, Vec::new(), None).await.status,
            StatusCode::NOT_FOUND
        );
    }
}
