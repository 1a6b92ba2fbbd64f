//! 取引認証 of a transfer.

use crate::browser::{Browser, FEATURE, PC, Page, SMARTPHONE};
use crate::service::Behaviour::{LoseAnswer, OtherPayment, Verdict};
use crate::world::*;

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
