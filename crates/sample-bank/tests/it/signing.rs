//! 取引認証 of a transfer.

use crate::browser::{Browser, FEATURE, PC, Page, SMARTPHONE};
use crate::service::Behaviour::{LoseAnswer, OtherPayment, Verdict};
use crate::world::*;
use skts_sample_bank::SigningRule;

async fn signing(browser: &mut Browser) -> Page {
    let page = ordered(browser).await;
    let page = browser.submit(&page, &[("confirm_by", "signature")]).await;
    page.is("TRF004");
    page
}

#[tokio::test]
async fn a_transfer_is_signed_whole_on_every_face() {
    for face in [PC, SMARTPHONE, FEATURE] {
        let world = World::new().await;
        let mut first = customer(&world, PC).await;
        first.get("/home").await;
        let mut browser = world.browser(face);
        login(&mut browser, 0).await.is("HOM001");
        let page = signing(&mut browser).await;
        page.says("9999").says("001").says("1234567");
        page.says("ミホン ハナコ").says("1,200円").says("45674120");
        assert_eq!(page.has("<svg"), face != FEATURE);
        let page = browser
            .submit(&page, &[("signature", "２９６５ ９８０６")])
            .await;
        page.is("TRF003").says("1,200円");
        browser.get("/home").await.says("298,800円");
        let calls = world.service.arrived();
        assert_eq!(calls[0].0, "begin-signature");
        assert_eq!(calls[0].1["payment"]["payee_name"], "ミホン ハナコ");
        assert_eq!(calls[0].1["payment"]["amount_yen"], "1200");
        assert_eq!(calls[1].0, "verify-signature");
        assert_eq!(calls[1].1["challenge"], calls[0].1["request_id"]);
        assert_eq!(calls[1].1["signature"], "29659806");
    }
}

#[tokio::test]
async fn a_signature_that_is_not_accepted_moves_no_money() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    for (verdict, id, says) in [
        ("rejected", "TRF004", "署名番号が正しくありません"),
        ("locked", "TRF004", "誤りが続いたため"),
        ("replayed", "TRF002", "使用済みです"),
        ("unknown", "TRF002", "対応していないトークン"),
    ] {
        let page = signing(&mut browser).await;
        world.service.order(&[Verdict(verdict)]);
        let page = browser.submit(&page, &[("signature", "29659806")]).await;
        page.is(id).says(says);
        assert!(!page.has("29659806"), "the signature is shown again");
        browser.get("/home").await.says("300,000円");
    }
    let mut page = signing(&mut browser).await;
    for bad in ["", "123", "12345678901", "abcdefgh", "😀", "<script>"] {
        page = browser.submit(&page, &[("signature", bad)]).await;
        assert!(
            page.is("TRF004").has_faults() && !page.has("<script>"),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_lost_answer_pays_once() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = signing(&mut browser).await;
    world.service.order(&[LoseAnswer]);
    let fields = [("signature", "29659806")];
    browser.submit(&page, &fields).await.is("TRF003");
    browser.submit(&page, &fields).await.is("TRF003");
    browser.get("/home").await.says("298,800円");
}

#[tokio::test]
async fn what_cannot_be_signed_is_not_offered_and_not_asked() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = browser.get("/procedures/transfer").await;
    let mut order = ORDER;
    order[3].1 = "見本　花子";
    let page = browser.submit(&page, &order).await;
    assert!(!page.is("TRF002").has("confirm_by"));
    let page = browser.submit(&page, &[("confirm_by", "signature")]).await;
    page.is("TRF002").says("対応していません");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn another_payment_than_the_order_is_not_put_before_the_customer() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    world.service.order(&[OtherPayment]);
    let page = browser.submit(&page, &[("confirm_by", "signature")]).await;
    page.is("ERR004");
    assert!(!page.has("7654321"));
}

const DEMANDED: SigningRule = SigningRule {
    new_payees: true,
    above_yen: Some(5_000),
};

/// 振込 of `amount`, as far as the confirmation.
async fn order(browser: &mut Browser, amount: &'static str) -> Page {
    let page = browser.get("/procedures/transfer").await;
    let mut order = ORDER;
    order[4].1 = amount;
    browser.submit(&page, &order).await
}

#[tokio::test]
async fn a_first_transfer_to_an_account_and_a_large_one_are_signed_and_no_code_will_do() {
    for face in [PC, SMARTPHONE] {
        let world = World::signing(DEMANDED).await;
        let mut browser = customer(&world, face).await;
        let page = order(&mut browser, "1200").await;
        page.is("TRF002").says("はじめてお振込みになる口座");
        assert!(!page.has("name=\"code\""), "a code is asked for");
        // A code that is sent all the same is not looked at.
        let page = browser.submit(&page, &[("code", CODE)]).await;
        page.is("TRF004");
        let asked: Vec<_> = world.service.arrived();
        assert!(asked.iter().all(|(name, _)| name != "verify"), "{asked:?}");
        let page = browser.submit(&page, &[("signature", "29659806")]).await;
        page.is("TRF003");

        // The account is known now.
        let page = order(&mut browser, "5000").await;
        assert!(page.is("TRF002").has("name=\"code\""));
        browser.submit(&page, &[("code", CODE)]).await.is("TRF003");
        let page = order(&mut browser, "5001").await;
        page.is("TRF002").says("5,000円を超える振込");
        assert!(!page.has("name=\"code\""), "a code is asked for");
        // Another customer does not know it.
        let mut other = world.browser(face);
        start(&mut other, 1, OTHER_SERIAL, "no").await.is("OTS003");
        login(&mut other, 1).await.is("HOM001");
        order(&mut other, "1200").await.says("はじめて");
    }
}

#[tokio::test]
async fn a_demanded_signature_that_comes_to_nothing_leads_back_to_another() {
    let world = World::signing(DEMANDED).await;
    let mut browser = customer(&world, PC).await;
    for verdict in ["unknown", "replayed"] {
        let page = order(&mut browser, "1200").await;
        let page = browser.submit(&page, &[]).await;
        page.is("TRF004");
        world.service.order(&[Verdict(verdict)]);
        let page = browser.submit(&page, &[("signature", "29659806")]).await;
        assert!(page.is("TRF002").has_faults());
        assert!(!page.has("name=\"code\""), "a code is asked for");
        browser.submit(&page, &[]).await.is("TRF004");
    }
    browser.get("/home").await.says("300,000円");
}

#[tokio::test]
async fn what_cannot_be_signed_is_told_where_it_is_typed_if_it_has_to_be() {
    let world = World::signing(DEMANDED).await;
    let mut browser = customer(&world, PC).await;
    for (at, typed, says) in [
        (3, "見本　花子", "受取人名はカナ"),
        (0, "みほん銀行", "の名称で入力してください"),
    ] {
        let page = browser.get("/procedures/transfer").await;
        let mut order = ORDER;
        order[at].1 = typed;
        let page = browser.submit(&page, &order).await;
        page.is("TRF001").says(says);
    }
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn of_a_device_without_keys_nothing_is_demanded() {
    let world = World::signing(DEMANDED).await;
    let mut counter = staff(&world).await;
    act(&mut counter, 0, "send", HARDWARE).await;
    let mut browser = world.browser(PC);
    start(&mut browser, 0, HARDWARE, "no").await.is("OTS003");
    login(&mut browser, 0).await.is("HOM001");
    assert!(order(&mut browser, "1200").await.has("name=\"code\""));
}
