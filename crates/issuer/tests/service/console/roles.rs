//! Every page and every form, asked for by every role, by nobody, and from another institution.

use axum::http::StatusCode;
use rand_core::{OsRng, RngCore};

use super::browser::Browser;
use crate::world::{SHINKIN, SHINKUMI, World};

const ROLES: [&str; 5] = ["clerk", "operator", "approver", "auditor", "admin"];
const SEE: &[&str] = &["clerk", "operator", "approver"];
const START: &[&str] = &["clerk", "operator"];
const CHANGE: &[&str] = &["operator"];

/// Addresses, whether each is a page, a form, or both, and who may use it.
const ADDRESSES: &[(&str, bool, bool, &[&str])] = &[
    ("/console/search", true, false, SEE),
    ("/console/customer", true, false, SEE),
    ("/console/deed/unlock", true, true, CHANGE),
    ("/console/deed/suspend", true, true, CHANGE),
    ("/console/deed/resume", true, true, CHANGE),
    ("/console/deed/reissue", true, true, CHANGE),
    ("/console/deed/voucher", true, true, CHANGE),
    ("/console/deed/resync", true, true, START),
    ("/console/deed/broken", true, true, START),
    ("/console/deed/low-battery", true, true, START),
    ("/console/deed/delete", true, true, &[]),
    ("/console/approvals", true, true, &["approver"]),
    ("/console/audit", true, true, &["auditor"]),
    ("/console/password", true, true, &ROLES),
    ("/console/staff", true, false, &["admin"]),
    ("/console/staff/add", false, true, &["admin"]),
    ("/console/staff/change", false, true, &["admin"]),
    ("/console/staff/token", false, true, &["admin"]),
];

/// The mark a page would make for this session: what is refused then is the role.
pub(super) fn mark(browser: &Browser, address: &str) -> String {
    let key = hex::decode(&browser.cookies["__Host-skts-console"]).expect("a secret");
    let mut nonce = [0; 16];
    OsRng.fill_bytes(&mut nonce);
    let label = "skts/console-form/v1";
    let mac = skts_sealed::derive_secret(&key, &nonce, label, address.as_bytes(), 32);
    hex::encode(nonce) + &hex::encode(mac.expect("32 bytes").expose_secret())
}

#[tokio::test]
async fn every_page_and_form_is_for_its_roles_and_for_nobody_else() {
    let world = World::new().await;
    let router = world.console();
    world.active("C-1").await;
    // What the forms for accounts would take: a free name, and a token for who has none.
    world.account("beginner", "clerk", None).await;
    let token = world.staff_token().await;
    let changed = [
        "tokens",
        "vouchers",
        "staff",
        "resync_asks",
        "staff_approvals",
    ];
    for role in ROLES {
        let person = world.hire(role, role, None).await;
        let mut browser = world.seat(&router, &person).await;
        for (address, is_page, is_form, may) in ADDRESSES {
            if *is_page {
                let whole = format!("{address}?institution={SHINKIN}&customer=C-1");
                let page = browser.get(&whole).await;
                let expected = match may.contains(&role) {
                    true => StatusCode::OK,
                    false => StatusCode::FORBIDDEN,
                };
                assert_eq!(page.status, expected, "{role} {address}");
                assert!(page.policy.starts_with("default-src 'none'"), "{address}");
            }
            if !*is_form || may.contains(&role) {
                continue;
            }
            let before = world.dump_of(&changed).await;
            let mark = mark(&browser, address);
            let name = match *address {
                "/console/staff/add" => "newcomer",
                "/console/staff/token" => "beginner",
                _ => "clerk",
            };
            let code = token.code(world.now());
            let fields = [
                ("form", mark.as_str()),
                ("institution", SHINKIN),
                ("customer", "C-1"),
                ("reason", "asked"),
                ("id", "00"),
                ("decision", "approve"),
                ("name", name),
                ("role", "admin"),
                ("serial", token.serial.as_str()),
                ("code", code.as_str()),
            ];
            let page = browser.post(address, &fields).await;
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{role} {address}");
            assert!(page.text.contains("許可されていません"), "{role} {address}");
            assert_eq!(world.dump_of(&changed).await, before, "{role} {address}");
        }
    }
    let mut nobody = Browser::at(&router);
    for (address, is_page, is_form, _) in ADDRESSES {
        if *is_page {
            let page = nobody.get(address).await;
            assert_eq!(page.to.as_deref(), Some("/console/sign-in"), "{address}");
        }
        if *is_form {
            let page = nobody.post(address, &[("form", "00")]).await;
            assert_eq!(page.to.as_deref(), Some("/console/sign-in"), "{address}");
        }
    }
}

#[tokio::test]
async fn nobody_changes_the_own_account() {
    let world = World::new().await;
    let router = world.console();
    let admin = world.hire("hanako", "admin", None).await;
    world.hire("jiro", "clerk", None).await;
    let mut browser = world.seat(&router, &admin).await;
    let address = "/console/staff/change";
    for (name, role, status) in [
        ("hanako", "operator", StatusCode::FORBIDDEN),
        ("hanako", "disabled", StatusCode::FORBIDDEN),
        ("jiro", "operator", StatusCode::SEE_OTHER),
    ] {
        let mark = mark(&browser, address);
        let fields = [("form", mark.as_str()), ("name", name), ("role", role)];
        let page = browser.post(address, &fields).await;
        assert_eq!(page.status, status, "{name} {role}: {}", page.text);
    }
    let admins = "SELECT count(*) FROM staff WHERE role = 'admin' AND NOT disabled";
    assert_eq!(world.number(admins).await, 1);
}

#[tokio::test]
async fn staff_of_one_institution_see_and_touch_no_other() {
    let world = World::new().await;
    let router = world.console();
    let token = world.active("C-1").await;
    let stranger = world.hire("hanako", "operator", Some(SHINKUMI)).await;
    let mut browser = world.seat(&router, &stranger).await;
    let whose = format!("institution={SHINKIN}&customer=C-1");
    for address in [
        format!("/console/customer?{whose}"),
        format!("/console/deed/suspend?{whose}"),
        format!("/console/search?institution={SHINKIN}&q=C-1"),
    ] {
        assert_eq!(
            browser.get(&address).await.status,
            StatusCode::FORBIDDEN,
            "{address}"
        );
    }
    // Under the name of their own institution they find nothing of another's either.
    for address in [
        format!("/console/customer?institution={SHINKUMI}&customer=C-1"),
        format!("/console/search?institution={SHINKUMI}&q=C-1"),
        format!("/console/search?institution={SHINKUMI}&q={}", token.serial),
    ] {
        let page = browser.get(&address).await;
        assert!(!page.text.contains(SHINKIN), "{address}: {}", page.text);
        let (typed, found) = match address.contains(&token.serial) {
            true => (token.serial.as_str(), "C-1"),
            false => ("C-1", token.serial.as_str()),
        };
        assert!(page.text.contains(typed), "{address}: {}", page.text);
        assert!(!page.text.contains(found), "{address}: {}", page.text);
    }
    let address = "/console/deed/suspend";
    let form = mark(&browser, address);
    let fields = [
        ("form", form.as_str()),
        ("institution", SHINKIN),
        ("customer", "C-1"),
        ("reason", "asked"),
    ];
    assert_eq!(
        browser.post(address, &fields).await.status,
        StatusCode::FORBIDDEN
    );
    let active = "SELECT count(*) FROM tokens WHERE subscriber_ref = 'C-1' AND state = 'active'";
    assert_eq!(world.number(active).await, 1);

    // Accounts and the whole trail are for those of the whole service.
    let admin = world.hire("saburo", "admin", Some(SHINKUMI)).await;
    let mut browser = world.seat(&router, &admin).await;
    let page = browser.get("/console/staff").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let auditor = world.hire("jiro", "auditor", Some(SHINKUMI)).await;
    let mut browser = world.seat(&router, &auditor).await;
    let form = mark(&browser, "/console/audit");
    let whole = browser.post("/console/audit", &[("form", &form)]).await;
    assert_eq!(whole.status, StatusCode::FORBIDDEN);
    let trail = browser
        .get(&format!("/console/audit?institution={SHINKIN}"))
        .await;
    assert_eq!(trail.status, StatusCode::OK);
    let told = |what: &str| trail.text.contains(&format!("<td>{what}</td>"));
    assert!(
        !told("C-1") && !told(SHINKIN) && told(SHINKUMI),
        "{}",
        trail.text
    );
}

#[tokio::test]
async fn the_trail_is_shown_and_checked() {
    let world = World::new().await;
    let router = world.console();
    world.active("C-1").await;
    world.issuer.seal_audit().await.expect("sealed");
    let jiro = world.hire("jiro", "auditor", None).await;
    let mut browser = world.seat(&router, &jiro).await;
    let page = browser.get("/console/audit?customer=C-1").await;
    assert!(page.text.contains("利用開始"), "{}", page.text);
    assert!(!page.text.contains("金融機関の追加"), "filtered");
    let page = browser.fill("/console/audit", "/console/audit", &[]).await;
    assert!(
        page.text.contains("改ざんは見つかりませんでした"),
        "{}",
        page.text
    );
    let mut database = world.database().await;
    database
        .run(
            [
                "DROP TRIGGER audit_is_not_changed",
                "UPDATE audit SET outcome = 'x' WHERE id = 1",
            ],
            [
                "ALTER TABLE audit DISABLE TRIGGER USER",
                "UPDATE audit SET outcome = 'x' WHERE id = 1",
            ],
        )
        .await;
    let page = browser.fill("/console/audit", "/console/audit", &[]).await;
    assert!(page.text.contains("封印と一致しません"), "{}", page.text);
}
