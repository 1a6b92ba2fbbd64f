//! What the bank says of each verdict, and that no code is sent before the passwords are right.

use crate::browser::PC;
use crate::service::Behaviour::{ClockOff, NotNoted, Unchanged, Verdict};
use crate::world::*;

#[tokio::test]
async fn each_verdict_on_a_payment_has_its_sentence_and_moves_no_money() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let mut page = ordered(&mut browser).await;
    for (verdict, sentence) in [
        ("rejected", "現在表示されているワンタイムパスワード"),
        ("replayed", "使用済みです"),
        ("locked", "誤りが続いたため"),
        ("unknown", "窓口までご連絡ください"),
    ] {
        world.service.order(&[Verdict(verdict)]);
        page = browser.submit(&page, &[("code", "246802")]).await;
        page.is("TRF002").says(sentence);
        assert!(!page.has("246802"), "the code is shown again");
        browser.get("/home").await.says("300,000円");
    }
    browser.submit(&page, &[("code", CODE)]).await.is("TRF003");
}

#[tokio::test]
async fn a_registration_tells_nobody_which_of_serial_and_code_is_wrong() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let mut told = Vec::new();
    for verdict in ["rejected", "unknown", "replayed"] {
        world.service.order(&[Verdict(verdict)]);
        let page = start(&mut browser, 0, SERIAL, "no").await;
        page.is("OTS002").says(SERIAL);
        told.push(
            page.body
                .split("<li>")
                .nth(1)
                .unwrap_or_default()
                .to_owned(),
        );
    }
    told.dedup();
    assert_eq!(told.len(), 1);
    world.service.order(&[Verdict("locked")]);
    start(&mut browser, 0, SERIAL, "no")
        .await
        .is("OTS002")
        .says("誤りが続いたため");
}

#[tokio::test]
async fn an_exchange_whose_proof_is_over_begins_again_with_the_old_code() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = identified(&mut browser, "exchange", 0).await;
    let page = browser.submit(&page, &[("code", CODE)]).await;
    world.service.order(&[Verdict("unknown")]);
    let new = [("serial", OTHER_SERIAL), ("code", CODE)];
    let page = browser.submit(page.is("OTX003"), &new).await;
    page.is("OTX002").says("トークンは交換されていません");
    login(&mut browser, 0).await.says(SERIAL);
}

#[tokio::test]
async fn a_token_over_at_the_service_can_be_stopped_here_too() {
    for (state, screen) in [
        ("revoked", "OTD003"),
        ("none", "OTD003"),
        ("active", "OTD002"),
    ] {
        let world = World::new().await;
        let mut browser = customer(&world, PC).await;
        let page = identified(&mut browser, "stop", 0).await;
        let digits = asked(&page, 0);
        world.service.order(&[Unchanged(state)]);
        let fields = digits
            .each_ref()
            .map(|(name, digit)| (*name, digit.as_str()));
        browser.submit(&page, &fields).await.is(screen);
    }
}

#[tokio::test]
async fn no_code_is_sent_before_the_passwords_are_right() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = browser.get("/procedures/start").await;
    let wrong = [identity(0)[0], ("login_password", "mihon22")];
    browser
        .submit(&page, &wrong)
        .await
        .is("OTS001")
        .says("正しくありません");
    let mut page = identified(&mut browser, "start", 0).await;
    let positions = page.asked();
    for _ in 0..5 {
        let digits = asked(&page, 0).map(|(name, digit)| {
            let other = (digit.parse::<u8>().unwrap() + 1) % 10;
            (name, other.to_string())
        });
        let mut fields = vec![("serial", SERIAL), ("code", CODE), ("at_login", "no")];
        fields.extend(digits.iter().map(|(name, digit)| (*name, digit.as_str())));
        page = browser.submit(&page, &fields).await;
        page.is("OTS002")
            .says("資金移動用パスワードが正しくありません");
        assert_eq!(
            page.asked(),
            positions,
            "other positions are asked after a wrong answer"
        );
    }
    register(&mut browser, &page, 0, SERIAL, "no")
        .await
        .says("ご利用を停止しています");
    assert!(world.service.arrived().is_empty());

    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "release-transfer-password", "")
        .await
        .is("CTR003");
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
}

#[tokio::test]
async fn no_token_is_stopped_before_the_passwords_are_right() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    world.service.arrived();
    let page = identified(&mut browser, "stop", 0).await;
    let wrong = asked(&page, 0).map(|(name, digit)| {
        let other = (digit.parse::<u8>().unwrap() + 1) % 10;
        (name, other.to_string())
    });
    let fields = wrong
        .each_ref()
        .map(|(name, digit)| (*name, digit.as_str()));
    browser
        .submit(&page, &fields)
        .await
        .says("資金移動用パスワードが正しくありません");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_in_minutes_with_what_to_do() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let mut page = ordered(&mut browser).await;
    for (off_secs, says, wait) in [
        (270, "約5分進んでいます", "約5分待ち"),
        (61, "約2分進んでいます", "約2分待ち"),
        (-3_600, "約60分遅れています", "自動設定"),
    ] {
        world.service.order(&[ClockOff(off_secs)]);
        page = browser.submit(&page, &[("code", CODE)]).await;
        page.is("TRF002").says(says).says(wait);
        assert_eq!(page.has("待ち"), off_secs > 0, "{off_secs}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_device_goes_to_the_service_and_no_app_is_reported() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = browser.get("/procedures/report").await;
    let fault = [("fault", "low-battery")];
    let page = browser.submit(page.is("RPT001"), &fault).await;
    page.is("RPT001").says("ハードウェアトークンをご利用中");
    assert!(world.service.arrived().is_empty());

    let mut clerk = staff(&world).await;
    act(&mut clerk, 1, "send", HARDWARE).await.is("CTR003");
    for face in [PC, crate::browser::FEATURE] {
        let mut browser = world.browser(face);
        if face == PC {
            start(&mut browser, 1, HARDWARE, "no").await.is("OTS003");
        }
        login(&mut browser, 1).await.is("HOM001");
        world.service.arrived();
        let page = browser.get("/procedures/report").await;
        world.service.order(&[NotNoted]);
        let page = browser.submit(&page, &[("fault", "broken")]).await;
        let page = browser.submit(page.is("RPT001"), &fault).await;
        page.is("RPT002").says(HARDWARE).says("無料で交換");
        let calls = world.service.arrived();
        assert_eq!(calls[0].1["fault"], "broken");
        assert_eq!(calls[1].1["fault"], "low_battery");
    }
}
