//! What staff do at the counter.

use crate::browser::PC;
use crate::service::Behaviour::{NotAssigned, Refuse, Unchanged};
use crate::world::*;

#[tokio::test]
async fn only_staff_stand_behind_the_counter() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    browser.get("/procedures/counter").await.is("ERR001");
    let page = browser.get("/staff").await;
    let page = browser
        .submit(page.is("CTR000"), &[("login_password", "madoguchi-2")])
        .await;
    page.is("CTR000").says("パスワードが正しくありません");
    let clerk = staff(&world).await;
    let mut other = world.browser(PC);
    other.cookies.insert(
        "session".to_owned(),
        clerk.cookies["session"].replace('a', "b"),
    );
    other.get("/procedures/counter").await.is("ERR001");
}

#[tokio::test]
async fn a_hardware_token_costs_its_fee_and_a_broken_one_is_swapped_for_nothing() {
    let world = World::new().await;
    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "swap", HARDWARE)
        .await
        .is("CTR002")
        .says("ご利用中のお客さまだけ");
    act(&mut clerk, 0, "send", SERIAL)
        .await
        .is("CTR002")
        .says("ハードウェアトークンのシリアル番号");
    act(&mut clerk, 0, "send", HARDWARE)
        .await
        .is("CTR003")
        .says("2,200円");
    act(&mut clerk, 1, "send", HARDWARE)
        .await
        .is("CTR002")
        .says("すでに発送");
    let mut browser = world.browser(PC);
    login(&mut browser, 0).await.says("297,800円");
    let mut browser = world.browser(PC);
    login(&mut browser, 1).await.says("50,000円");
    // Only what could be sent was told to the service; what it refuses costs nothing.
    let calls = world.service.arrived();
    assert_eq!(calls.len(), 1);
    assert_eq!(
        (calls[0].0.as_str(), &calls[0].1["serial"]),
        ("assign", &HARDWARE.into())
    );
    let other = "GM07160I6FK2";
    for refused in [NotAssigned, Refuse] {
        world.service.order(&[refused]);
        let page = act(&mut clerk, 0, "send", other).await;
        page.is("CTR002").says("登録されていないか");
        let mut browser = world.browser(PC);
        login(&mut browser, 0).await.says("297,800円");
    }
    act(&mut clerk, 0, "send", other).await.is("CTR003");
    login(&mut browser, 0).await.says("295,600円");
}

#[tokio::test]
async fn a_lost_phone_is_held_released_and_replaced_by_a_new_start() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "hold", "")
        .await
        .is("CTR003")
        .says("利用停止");
    browser.get("/home").await.says("利用停止中");
    act(&mut clerk, 0, "release", "").await.is("CTR003");
    browser.get("/home").await.says("利用中");
    world.service.order(&[Unchanged("active")]);
    act(&mut clerk, 0, "release", "")
        .await
        .is("CTR002")
        .says("できません");
    act(&mut clerk, 0, "reissue", "").await.is("CTR003");
    let changes: Vec<_> = world
        .service
        .arrived()
        .iter()
        .map(|call| call.1["change"].clone())
        .collect();
    assert_eq!(changes, ["suspend", "resume", "resume", "unregister"]);
    start(&mut browser, 0, OTHER_SERIAL, "no")
        .await
        .is("OTS003");
}

#[tokio::test]
async fn a_customer_nobody_knows_is_not_found() {
    let world = World::new().await;
    let mut clerk = staff(&world).await;
    let page = clerk.get("/procedures/counter").await;
    let page = clerk.submit(&page, &[("contract_id", "9999999999")]).await;
    page.is("CTR001").says("見つかりません");
}
