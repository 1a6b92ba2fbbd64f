//! Passwords of the staff: changed by their owners, made anew for who forgot.

use std::process::Command;

use axum::Router;
use axum::http::StatusCode;
use rand_core::OsRng;
use serde_json::Value;
use skts_issuer::{NewStaff, StaffPassword};

use super::browser::{Browser, PASSWORD, Page, Person};
use crate::world::World;

const PAGE: &str = "/console/password";
const CHOSEN: &str = "きのうより 7 分早く歩く";
const FAILS: &str = "SELECT COALESCE(SUM(fails), 0) FROM tokens";
const TRIES: &str = "SELECT COALESCE(SUM(fails), 0) FROM registration_tries";
const SESSIONS: &str = "SELECT count(*) FROM staff_sessions";

/// Sends the form: present password, code, the new one twice.
async fn change(browser: &mut Browser, typed: [&str; 4]) -> Page {
    let fields: Vec<(&str, &str)> = ["present", "code", "chosen", "again"]
        .into_iter()
        .zip(typed)
        .collect();
    browser.fill(PAGE, PAGE, &fields).await
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/console/search").await.status == StatusCode::OK
}

/// How a sign-in is answered, after any wait.
async fn sign_in(world: &World, router: &Router, person: &Person, password: &str) -> StatusCode {
    world.pass(900);
    let code = person.token.code(world.now());
    let mut browser = Browser::at(router);
    browser.sign_in(&person.name, password, &code).await.status
}

#[tokio::test]
async fn a_password_is_changed_by_its_owner_and_every_other_session_ends() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let jiro = world.hire("jiro", "clerk", None).await;
    let mut colleague = world.seat(&router, &jiro).await;
    let mut browser = world.seat(&router, &hanako).await;
    // Whoever has the cookie has the session, from wherever he uses it.
    let mut stolen = Browser::at(&router);
    stolen.cookies = browser.cookies.clone();
    assert!(is_in(&mut stolen).await);
    world.pass(60);
    let code = hanako.token.code(world.now());
    let page = change(&mut browser, [PASSWORD, &code, CHOSEN, CHOSEN]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    let said = browser.get(&page.to.expect("a page")).await;
    assert!(said.text.contains("変更しました"), "{}", said.text);
    assert!(is_in(&mut browser).await);
    assert!(!is_in(&mut stolen).await, "another session goes on");
    assert!(is_in(&mut colleague).await, "somebody else's ended");
    assert_eq!(world.number(SESSIONS).await, 2);
    let written = "SELECT count(*) FROM audit WHERE action = 'password_changed' \
                   AND outcome = 'done' AND actor = 'staff:hanako' AND subscriber_ref = actor";
    assert_eq!(world.number(written).await, 1);
    let trail = world.dump_of(&["audit"]).await;
    assert!(!trail.contains(PASSWORD) && !trail.contains(CHOSEN) && !trail.contains(&code));

    let old = sign_in(&world, &router, &hanako, PASSWORD).await;
    assert_eq!(old, StatusCode::FORBIDDEN, "the old password");
    let new = sign_in(&world, &router, &hanako, CHOSEN).await;
    assert_eq!(new, StatusCode::SEE_OTHER, "the new password");
}

#[tokio::test]
async fn a_new_password_that_does_not_do_costs_neither_a_try_nor_a_code() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    world.pass(60);
    let code = hanako.token.code(world.now());
    let staff = world.dump_of(&["staff"]).await;
    let long = "よ".repeat(129);
    for (chosen, again, why) in [
        (CHOSEN, "きのうより 7 分早く走る", "2回とも同じ"),
        ("eleven char", "eleven char", "12〜128文字"),
        (&long, &long, "12〜128文字"),
        ("Password123456", "Password123456", "推測されやすい"),
        ("see-Hanako-at-6", "see-Hanako-at-6", "推測されやすい"),
        (PASSWORD, PASSWORD, "現在のパスワードと同じ"),
    ] {
        let page = change(&mut browser, [PASSWORD, &code, chosen, again]).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
        let said = page.text.split("role=\"alert\"").nth(1).expect("a problem");
        let said = said.split("</p>").next().expect("an end");
        assert!(said.contains(why), "{said}");
        // No field is filled in again.
        assert!(!page.text.contains(chosen) && !page.text.contains(&code));
    }
    assert_eq!(world.dump_of(&["staff"]).await, staff);
    assert_eq!(world.number(TRIES).await, 0);
    let page = change(&mut browser, [PASSWORD, &code, CHOSEN, CHOSEN]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "the code is still good");
}

#[tokio::test]
async fn a_wrong_password_and_a_wrong_code_are_counted_as_at_signing_in() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let staff = world.dump_of(&["staff"]).await;
    world.pass(60);
    let (right, wrong) = (
        hanako.token.code(world.now()),
        hanako.token.wrong_code(world.now()),
    );
    let old = change(&mut browser, ["wrong password 1", &right, CHOSEN, CHOSEN]).await;
    assert_eq!(world.number(FAILS).await, 0, "the code was not looked at");
    let code = change(&mut browser, [PASSWORD, &wrong, CHOSEN, CHOSEN]).await;
    assert_eq!(world.number(FAILS).await, 1);
    for page in [&old, &code] {
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        assert!(page.text.contains("パスワードまたはワンタイム"));
    }
    assert_eq!(world.number(TRIES).await, 2);
    // Both are tries of one row: neither here nor at the door is another looked at now.
    let here = change(&mut browser, [PASSWORD, &right, CHOSEN, CHOSEN]).await;
    assert_eq!(here.status, StatusCode::TOO_MANY_REQUESTS);
    let mut door = Browser::at(&router);
    let there = door.sign_in("hanako", PASSWORD, &right).await;
    assert_eq!(there.status, StatusCode::TOO_MANY_REQUESTS);
    let refused = "SELECT count(*) FROM audit WHERE action = 'password_changed' \
                   AND outcome = 'rejected' AND actor = 'staff:hanako'";
    assert_eq!(world.number(refused).await, 2);
    assert_eq!(world.dump_of(&["staff"]).await, staff);
    assert!(is_in(&mut browser).await, "nobody is thrown out");
    // A code that was accepted once is no proof a second time.
    world.pass(900);
    let used = hanako.token.code(world.now());
    let page = door.sign_in("hanako", PASSWORD, &used).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let page = change(&mut door, [PASSWORD, &used, CHOSEN, CHOSEN]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    for _ in 0..10 {
        // Past any wait, in a session that is kept up.
        world.pass(450);
        assert!(is_in(&mut door).await);
        world.pass(450);
        let wrong = hanako.token.wrong_code(world.now());
        change(&mut door, [PASSWORD, &wrong, CHOSEN, CHOSEN]).await;
    }
    let locked = "SELECT count(*) FROM tokens WHERE state = 'locked'";
    assert_eq!(world.number(locked).await, 1);
}

#[tokio::test]
async fn the_page_speaks_both_languages_and_every_role_finds_it() {
    let world = World::new().await;
    let router = world.console();
    for role in ["clerk", "operator", "approver", "auditor", "admin"] {
        let person = world.hire(role, role, None).await;
        let mut browser = world.seat(&router, &person).await;
        let first = browser.get("/console").await.to.expect("a page");
        let page = browser.get(&first).await;
        assert!(page.text.contains(&format!("href=\"{PAGE}\"")), "{role}");
    }
    let saburo = world.hire("saburo", "clerk", None).await;
    let mut browser = world.seat(&router, &saburo).await;
    assert!(browser.get(PAGE).await.text.contains("現在のパスワード"));
    browser.get("/console/language?to=en&back=/console").await;
    let page = browser.get(PAGE).await;
    assert!(page.text.contains("Present password"), "{}", page.text);
    assert!(!page.text.contains("<script"));
}

#[tokio::test]
async fn a_password_made_here_is_good_for_choosing_another_and_for_nothing_else() {
    let world = World::new().await;
    let router = world.console();
    let (password, made) = StaffPassword::make(&mut OsRng);
    let new = NewStaff {
        name: "hanako".to_owned(),
        role: "operator".parse().expect("a role"),
        institution_id: None,
    };
    let hanako = world.hire_with(new, password).await;
    let mut browser = Browser::at(&router);
    let code = hanako.token.code(world.now());
    browser.sign_in("hanako", &made, &code).await;
    for address in ["/console", "/console/search", "/console/staff"] {
        let page = browser.get(address).await;
        assert_eq!(page.to.as_deref(), Some(PAGE), "{address}");
    }
    let mark = super::roles::mark(&browser, "/console/deed/suspend");
    let deed = browser
        .post("/console/deed/suspend", &[("form", &mark)])
        .await;
    assert_eq!(deed.to.as_deref(), Some(PAGE), "no deed either");
    let page = browser.get(PAGE).await;
    assert!(page.text.contains("仮のパスワード"), "{}", page.text);
    world.pass(60);
    let code = hanako.token.code(world.now());
    let page = change(&mut browser, [&made, &code, CHOSEN, CHOSEN]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.text);
    assert!(is_in(&mut browser).await);
    assert!(!browser.get(PAGE).await.text.contains("仮のパスワード"));
}

#[tokio::test]
async fn a_forgotten_password_is_made_anew_and_shown_once() {
    let world = World::new().await;
    let router = world.console();
    let hanako = world.hire("hanako", "operator", None).await;
    let mut browser = world.seat(&router, &hanako).await;
    let reset = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_skts-issuer"));
        command.args(["staff", "reset-password", "--name", name, "--data"]);
        command.arg(&world.config.data);
        if let Some(server) = &world.server {
            command.env("SKTS_ISSUER_DATABASE", server);
        }
        command.output().expect("the program")
    };
    assert!(!reset("nobody").status.success());
    assert!(is_in(&mut browser).await);
    let output = reset("hanako");
    assert!(output.status.success());
    let printed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let made = printed["password"].as_str().expect("a password");
    assert!(!is_in(&mut browser).await, "the session goes on");
    assert!(!world.dump().await.contains(made), "kept in the clear");
    let written = "SELECT count(*) FROM audit WHERE action = 'password_reset' \
                   AND outcome = 'done' AND actor = 'staff' AND subscriber_ref = 'staff:hanako'";
    assert_eq!(world.number(written).await, 1);
    let old = sign_in(&world, &router, &hanako, PASSWORD).await;
    assert_eq!(old, StatusCode::FORBIDDEN, "the old password");
    world.pass(900);
    let code = hanako.token.code(world.now());
    browser.sign_in("hanako", made, &code).await;
    let page = browser.get("/console/search").await;
    assert_eq!(page.to.as_deref(), Some(PAGE), "another is to be chosen");
}
