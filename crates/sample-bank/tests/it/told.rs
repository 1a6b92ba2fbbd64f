//! What the token service tells: a token stopped in the app is stopped at the bank, once, with receipt
//! and mail.

use skts_sample_bank::mail::{MailLine, Server};

use crate::browser::PC;
use crate::shinkumi::begun;
use crate::world::*;

/// The service's own name for the customer of the last calls.
fn subscriber(world: &World) -> String {
    let calls = world.service.arrived();
    let last = calls.last().expect("the bank has asked");
    last.1["subscriber_ref"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_token_stopped_in_the_app_is_stopped_here_once_with_receipt_and_mail() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    start(&mut browser, 0, SERIAL, "yes").await.is("OTS003");
    let customer = subscriber(&world);
    world.service.happens("register", &customer, SERIAL);
    world.service.happens("stop", &customer, SERIAL);
    assert_eq!(world.bank.listen().await.unwrap(), 2);
    // Heard once, however often it is asked.
    assert_eq!(world.bank.listen().await.unwrap(), 0);
    let page = login(&mut browser, 0).await;
    page.is("HOM001")
        .says("アプリからの利用中止")
        .says("アプリから中止されています")
        .says("未登録");
    assert_eq!(page.body.matches("アプリからの利用中止").count(), 1);
    browser
        .get("/procedures/transfer")
        .await
        .is("OTP900")
        .says("ワンタイムパスワードが登録されていません");
    let line = MailLine::new(&Server {
        host: "127.0.0.1".to_owned(),
        port: world.mail_port,
    });
    assert!(line.unwrap().pass(&world.bank).await.unwrap() >= 1);
    let mails = browser.get("/demo/inbox").await;
    mails.says("ワンタイムパスワード利用中止のお知らせ");
    // A new token: the notice is over.
    start(&mut browser, 0, "SKTS99999999", "no")
        .await
        .is("OTS003");
    let page = login(&mut browser, 0).await;
    page.is("HOM001").says("SKTS99999999");
    assert!(!page.has("アプリから中止されています"));
}

#[tokio::test]
async fn news_of_another_token_or_of_nobody_changes_nothing() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    let customer = subscriber(&world);
    world.service.happens("stop", &customer, "SKTS0000ZZZZ");
    world.service.happens("stop", "nobody", SERIAL);
    world.service.happens("suspend", &customer, SERIAL);
    assert_eq!(world.bank.listen().await.unwrap(), 3);
    let page = login(&mut browser, 0).await;
    page.is("HOM001").says(SERIAL).says("利用中");
}

#[tokio::test]
async fn more_news_than_one_answer_holds_is_all_heard() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    let customer = subscriber(&world);
    for _ in 0..40 {
        world.service.happens("verify", "somebody", "SKTS0000ZZZZ");
    }
    world.service.happens("stop", &customer, SERIAL);
    assert_eq!(world.bank.listen().await.unwrap(), 41);
    login(&mut browser, 0).await.is("HOM001").says("未登録");
}

#[tokio::test]
async fn at_a_credit_cooperative_it_is_as_a_release_and_another_comes_the_next_day() {
    let world = World::shinkumi().await;
    let mut browser = begun(&world, PC).await;
    let customer = subscriber(&world);
    world.service.happens("stop", &customer, "243725864");
    assert_eq!(world.bank.listen().await.unwrap(), 1);
    let page = browser.get("/home").await;
    page.is("HOM001").says("翌日以降に「トークン発行」");
    let page = browser.get("/procedures/issue").await;
    let page = browser.submit(page.is("BOT010"), &[("kind", "soft")]).await;
    page.says("利用解除を行った日の翌日以降");
}
