//! Whatever staff do has its entry.

use axum::http::StatusCode;

use super::two_people::{decide, lock, unlock, waiting};
use crate::audit::told;
use crate::world::{SHINKIN, World};

#[tokio::test]
async fn each_deed_of_staff_has_its_entry() {
    let world = World::with(|config| config.console_unlocks_alone = 1).await;
    let router = world.console();
    lock(&world, &["C-1", "C-2", "C-3"]).await;
    world.active("C-4").await;
    let hanako = world.hire("hanako", "operator", None).await;
    let jiro = world.hire("jiro", "approver", None).await;
    let saburo = world.hire("saburo", "admin", None).await;
    let before = told(&world).await.len();

    let mut operator = world.seat(&router, &hanako).await;
    for customer in ["C-1", "C-2", "C-3"] {
        unlock(&mut operator, customer).await;
    }
    for deed in ["resync", "suspend", "resume", "voucher", "reissue"] {
        let address = format!("/console/deed/{deed}");
        let page = format!("{address}?institution={SHINKIN}&customer=C-4");
        let fields = [
            ("institution", SHINKIN),
            ("customer", "C-4"),
            ("reason", "asked"),
        ];
        let done = operator.fill(&page, &address, &fields).await;
        let good = [StatusCode::OK, StatusCode::SEE_OTHER];
        assert!(good.contains(&done.status), "{deed}: {}", done.text);
    }
    operator
        .fill("/console/search", "/console/sign-out", &[])
        .await;
    let mut approver = world.seat(&router, &jiro).await;
    let ids = waiting(&mut approver).await;
    decide(&mut approver, &ids[0], "approve").await;
    decide(&mut approver, &ids[1], "refuse").await;
    let mut admin = world.seat(&router, &saburo).await;
    let page = "/console/staff";
    let new = [("name", "shiro"), ("role", "clerk"), ("institution", "")];
    admin.fill(page, "/console/staff/add", &new).await;
    let changed = [("name", "shiro"), ("role", "disabled")];
    admin.fill(page, "/console/staff/change", &changed).await;

    let told = told(&world).await;
    let by_staff = told[before..]
        .iter()
        .filter_map(|entry| entry.strip_prefix("staff:"));
    let by_staff: Vec<&str> = by_staff.collect();
    assert_eq!(
        by_staff,
        [
            "hanako sign_in accepted -",
            "hanako unlock done active",
            "hanako approval_asked done -",
            "hanako approval_asked done -",
            "hanako resync_asked done -",
            "hanako suspend done suspended",
            "hanako resume done active",
            "hanako voucher_made done -",
            "hanako reissue done revoked",
            "hanako sign_out done -",
            "jiro sign_in accepted -",
            "jiro approved done -",
            "hanako unlock done active",
            "jiro approval_refused done -",
            "saburo sign_in accepted -",
            "saburo staff_added done -",
            "saburo staff_changed done -"
        ]
    );
}
