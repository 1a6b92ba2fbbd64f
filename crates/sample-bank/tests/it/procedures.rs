//! Each procedure on each face that has it.

use skts_otp::EffectiveDay;

use crate::browser::{FEATURE, PC, SMARTPHONE};
use crate::world::*;

#[tokio::test]
async fn a_token_is_started_exchanged_and_stopped_on_pc_and_smartphone() {
    for face in [PC, SMARTPHONE] {
        let world = World::new().await;
        let mut browser = world.browser(face);
        let done = start(&mut browser, 0, "ｓｋｔｓ　０００００００１", "no").await;
        done.is("OTS003")
            .says("0042")
            .says("1000001")
            .says("2026年11月21日 12時00分00秒");
        done.says(SERIAL).says("しない");
        let calls = world.service.arrived();
        assert_eq!(calls.len(), 1);
        assert_eq!(
            (calls[0].0.as_str(), &calls[0].1["serial"]),
            ("register", &SERIAL.into())
        );

        let page = identified(&mut browser, "exchange", 0).await;
        let page = browser
            .submit(page.is("OTX002"), &[("code", "１２３４５６")])
            .await;
        let new = [("serial", OTHER_SERIAL), ("code", "654321")];
        let page = browser.submit(page.is("OTX003"), &new).await;
        page.is("OTX004")
            .says("0042")
            .says("1000002")
            .says(SERIAL)
            .says(OTHER_SERIAL);
        let calls = world.service.arrived();
        let names: Vec<&str> = calls.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["verify", "exchange"]);
        assert_eq!(calls[1].1["proof"], calls[0].1["request_id"]);
        assert_eq!(calls[0].1["code"], "123456");

        let page = identified(&mut browser, "stop", 0).await;
        let digits = asked(page.is("OTD002"), 0);
        let fields = digits
            .each_ref()
            .map(|(name, digit)| (*name, digit.as_str()));
        let page = browser.submit(&page, &fields).await;
        page.is("OTD003").says(OTHER_SERIAL).says("なし");
        assert_eq!(world.service.arrived()[0].1["change"], "unregister");

        // After it, 利用開始 instead of 交換.
        identified(&mut browser, "exchange", 0)
            .await
            .says("利用開始」から登録");
        start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    }
}

#[tokio::test]
async fn a_feature_phone_starts_and_exchanges_what_the_bank_sent_and_stops_nothing() {
    let world = World::new().await;
    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "send", HARDWARE)
        .await
        .is("CTR003")
        .says("2,200円");
    world.service.arrived();
    let mut browser = world.browser(FEATURE);
    start(&mut browser, 0, SERIAL, "no")
        .await
        .is("OTS002")
        .says("ハードウェアトークンのみ");
    start(&mut browser, 0, "GM07160I6FK2", "no")
        .await
        .says("発送したもののみ");
    assert!(
        world.service.arrived().is_empty(),
        "a token not taken was asked about"
    );
    start(&mut browser, 0, HARDWARE, "yes")
        .await
        .is("OTS003")
        .says("変更後：2V07160I6FK2");

    let page = browser.get("/procedures/stop").await;
    page.is("OTP900").says("最寄りの本支店窓口");
    act(&mut clerk, 0, "swap", "GM07160I6FK2")
        .await
        .is("CTR003")
        .says("0円");
    let page = identified(&mut browser, "exchange", 0).await;
    let page = browser.submit(page.is("OTX002"), &[("code", CODE)]).await;
    let new = [("serial", "GM07160I6FK2"), ("code", CODE)];
    browser.submit(page.is("OTX003"), &new).await.is("OTX004");
    // The one before was sent to this customer and is used up.
    world.service.arrived();
    let page = identified(&mut browser, "exchange", 0).await;
    let page = browser.submit(page.is("OTX002"), &[("code", CODE)]).await;
    let again = [("serial", HARDWARE), ("code", CODE)];
    browser
        .submit(page.is("OTX003"), &again)
        .await
        .is("OTX003")
        .says("発送したもののみ");
    let calls = world.service.arrived();
    assert!(calls.iter().all(|call| call.0 == "verify"), "{calls:?}");
    login(&mut browser, 0)
        .await
        .is("HOM001")
        .says("accesskey=\"1\"");
}

#[tokio::test]
async fn a_hardware_token_of_another_customer_is_not_taken() {
    let world = World::new().await;
    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "send", HARDWARE).await.is("CTR003");
    world.service.arrived();
    let mut browser = world.browser(PC);
    start(&mut browser, 1, HARDWARE, "no")
        .await
        .is("OTS002")
        .says("発送したもののみ");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn a_login_asks_for_a_code_where_the_customer_chose_that() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    login(&mut browser, 0).await.is("HOM001").says("未登録");
    start(&mut browser, 0, SERIAL, "yes")
        .await
        .is("OTS003")
        .says("する");
    let mut browser = world.browser(PC);
    world.service.arrived();
    let page = identified(&mut browser, "login", 0).await;
    page.is("LGI002");
    assert!(world.service.arrived().is_empty());
    browser.get("/home").await.is("ERR001");
    browser.submit(&page, &[("code", CODE)]).await.is("HOM001");
    assert_eq!(world.service.arrived()[0].1["purpose"], "login");
}

#[tokio::test]
async fn each_payment_and_change_is_confirmed_with_a_code_on_every_face() {
    for face in [PC, SMARTPHONE, FEATURE] {
        let world = World::new().await;
        let mut first = world.browser(PC);
        start(&mut first, 0, SERIAL, "no").await.is("OTS003");
        let mut browser = world.browser(face);
        login(&mut browser, 0).await.is("HOM001").says("300,000円");
        world.service.arrived();
        let page = ordered(&mut browser).await;
        page.says("1234567").says("1,200円");
        browser
            .submit(&page, &[("code", CODE)])
            .await
            .is("TRF003")
            .says("受付番号");
        browser.get("/home").await.says("298,800円");

        let page = browser.get("/procedures/pay-easy").await;
        let bill = [
            ("collector", "58021"),
            ("number", "2026-0001"),
            ("check_digits", "123456"),
        ];
        let page = browser.submit(page.is("PAY001"), &bill).await;
        page.is("PAY002").says("見本市水道局").says("4,320円");
        browser.submit(&page, &[("code", CODE)]).await.is("PAY003");
        browser.get("/home").await.says("294,480円");
        let page = browser.get("/procedures/pay-easy").await;
        browser
            .submit(&page, &bill)
            .await
            .is("PAY001")
            .says("お支払い済み");

        let page = browser.get("/procedures/limit").await;
        let page = browser
            .submit(page.is("LMT001"), &[("limit", "500,000円")])
            .await;
        browser
            .submit(page.is("LMT002"), &[("code", CODE)])
            .await
            .is("LMT003")
            .says("500,000円");

        let page = browser.get("/procedures/details").await;
        let details = [("mail", "taro@example.jp"), ("phone", "090-1234-5678")];
        let page = browser.submit(page.is("CST001"), &details).await;
        browser
            .submit(page.is("CST002"), &[("code", CODE)])
            .await
            .is("CST003");
        let purposes: Vec<_> = world
            .service
            .arrived()
            .iter()
            .map(|call| call.1["purpose"].clone())
            .collect();
        assert_eq!(purposes, ["transfer", "pay-easy", "limit", "details"]);
    }
}

#[tokio::test]
async fn payments_wait_for_a_token_and_for_the_next_day() {
    let world = World::with(EffectiveDay::NextDay, false).await;
    let mut browser = world.browser(PC);
    login(&mut browser, 0).await.is("HOM001");
    browser
        .get("/procedures/transfer")
        .await
        .is("OTP900")
        .says("登録されていません");
    start(&mut browser, 0, SERIAL, "no")
        .await
        .is("OTS003")
        .says("翌日より");
    browser
        .get("/procedures/transfer")
        .await
        .is("OTP900")
        .says("2026年11月22日からご利用");
    let page = browser.get("/demo").await;
    browser
        .submit(&page, &[])
        .await
        .is("DMO001")
        .says("2026年11月22日");
    ordered(&mut browser).await;
}

#[tokio::test]
async fn a_new_token_holds_the_day_down_to_100_000_yen() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = browser.get("/procedures/transfer").await;
    let mut order = ORDER;
    order[4].1 = "100001";
    browser
        .submit(&page, &order)
        .await
        .is("TRF001")
        .says("あと100,000円まで");
    world.pass_secs(1);
    let page = browser.get("/demo").await;
    browser.submit(&page, &[]).await;
    let page = browser.get("/procedures/transfer").await;
    browser.submit(&page, &order).await.is("TRF002");
}
