//! Double submits, the browser's back, two tabs, lost answers: nothing is done twice or lost.

use crate::browser::PC;
use crate::service::Behaviour::{Busy, Garbage, LoseAnswer, Refuse, Slow, Verdict};
use crate::world::*;

#[tokio::test]
async fn a_form_sent_twice_counts_once_and_shows_the_first_result() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    let first = browser.submit(&page, &[("code", CODE)]).await;
    let again = browser.submit(&page, &[("code", CODE)]).await;
    // Back, and another code in the old form.
    let back = browser.submit(&page, &[("code", "999999")]).await;
    for page in [&first, &again, &back] {
        page.is("TRF003").says("1000002");
    }
    assert_eq!(world.service.arrived().len(), 1);
    browser.get("/home").await.says("298,800円");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_sent_many_times_at_once_counts_once() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (mut browser, page) = (browser.clone(), page.clone());
        tasks.push(tokio::spawn(async move {
            browser.submit(&page, &[("code", CODE)]).await
        }));
    }
    for task in tasks {
        task.await.unwrap().is("TRF003").says("1000002");
    }
    assert_eq!(world.service.arrived().len(), 1);
    browser.get("/home").await.says("298,800円");
}

#[tokio::test]
async fn a_refused_form_sent_twice_is_one_try() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    world.service.order(&[Verdict("rejected")]);
    for _ in 0..2 {
        let again = browser.submit(&page, &[("code", "246802")]).await;
        again
            .is("TRF002")
            .says("現在表示されているワンタイムパスワード");
    }
    assert_eq!(world.service.arrived().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_that_ask_the_same_question_settle_it_once() {
    let world = World::new().await;
    let second = world.second_router().await;
    let mut browser = customer(&world, PC).await;
    for round in 0..6 {
        let page = ordered(&mut browser).await;
        world.service.order(&[Busy, Busy, Busy]);
        let page = browser.submit(&page, &[("code", CODE)]).await;
        page.is("OTP901");
        let tasks = [&world.router, &second].map(|router| {
            let (mut browser, page) = (browser.at(router), page.clone());
            tokio::spawn(async move { browser.submit(&page, &[]).await })
        });
        for task in tasks {
            task.await.unwrap();
        }
        let left_yen = 300_000 - 1_200 * (round + 1);
        let left = format!("{},{:03}円", left_yen / 1_000, left_yen % 1_000);
        browser.get("/home").await.says(&left);
    }
}

#[tokio::test]
async fn a_login_pressed_twice_is_a_login_though_the_first_answer_is_lost() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = browser.get("/procedures/login").await;
    let mut lost = browser.clone();
    lost.submit(&page, &identity(0)).await.is("HOM001");
    let mut other = browser.clone();
    let wrong = [identity(0)[0], ("login_password", "mihon22")];
    other.submit(&page, &wrong).await.is("ERR001");
    browser.submit(&page, &identity(0)).await.is("HOM001");
    assert_eq!(browser.cookies, lost.cookies);
    world.pass_secs(10);
    let mut late = world.browser(PC);
    late.submit(&page, &identity(0)).await.is("ERR001");
}

#[tokio::test]
async fn two_tabs_do_not_mix_their_procedures() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let one = ordered(&mut browser).await;
    let page = browser.get("/procedures/transfer").await;
    let mut order = ORDER;
    order[4].1 = "7000";
    let other = browser.submit(&page, &order).await;
    browser
        .submit(&one, &[("code", CODE)])
        .await
        .is("TRF003")
        .says("1,200円");
    browser
        .submit(&other, &[("code", "654321")])
        .await
        .is("TRF003")
        .says("7,000円");
    browser.get("/home").await.says("291,800円");
}

#[tokio::test]
async fn a_token_stopped_in_another_tab_confirms_no_payment() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let payment = ordered(&mut browser).await;
    let page = identified(&mut browser, "stop", 0).await;
    let digits = asked(&page, 0);
    let fields = digits
        .each_ref()
        .map(|(name, digit)| (*name, digit.as_str()));
    browser.submit(&page, &fields).await.is("OTD003");
    world.service.arrived();
    browser
        .submit(&payment, &[("code", CODE)])
        .await
        .is("TRF002")
        .says("登録されていません");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn a_lost_answer_is_asked_for_again_by_the_same_words() {
    for lost in [LoseAnswer, Busy] {
        let world = World::new().await;
        world.service.order(std::slice::from_ref(&lost));
        let mut browser = world.browser(PC);
        start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
        let calls = world.service.arrived();
        assert_eq!(calls.len(), 2, "{lost:?}");
        assert_eq!(calls[0], calls[1]);
        assert_eq!(world.service.done(), 1);
    }
}

#[tokio::test]
async fn a_service_that_stays_away_costs_nothing_and_the_answer_comes_at_a_press() {
    for away in [Slow, Garbage, Busy] {
        let world = World::new().await;
        let mut browser = customer(&world, PC).await;
        let page = ordered(&mut browser).await;
        world
            .service
            .order(&[away.clone(), away.clone(), away.clone()]);
        let waiting = browser.submit(&page, &[("code", CODE)]).await;
        waiting
            .is("OTP901")
            .says("二重に処理されることはありません");
        browser.get("/home").await.says("300,000円");
        world.service.order(&[]);
        tokio::time::sleep(std::time::Duration::from_millis(900)).await;
        let mut done = browser.submit(&waiting, &[]).await;
        while done.has("画面ID：OTP901") {
            done = browser.submit(&done, &[]).await;
        }
        done.is("TRF003");
        browser.submit(&waiting, &[]).await.is("TRF003");
        let calls = world.service.arrived();
        assert!(calls.windows(2).all(|pair| pair[0] == pair[1]), "{away:?}");
        browser.get("/home").await.says("298,800円");
    }
}

#[tokio::test]
async fn a_call_the_service_will_not_look_at_ends_with_a_sentence() {
    let world = World::new().await;
    let mut browser = customer(&world, PC).await;
    let page = ordered(&mut browser).await;
    world.service.order(&[Refuse]);
    let page = browser.submit(&page, &[("code", CODE)]).await;
    page.is("TRF002").says("お取引は行われていません");
    browser.submit(&page, &[("code", CODE)]).await.is("TRF003");
}

#[tokio::test]
async fn a_registration_left_open_is_settled_after_its_session_and_a_payment_is_not() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    world.service.order(&[LoseAnswer, LoseAnswer, LoseAnswer]);
    start(&mut browser, 0, SERIAL, "no").await.is("OTP901");
    world.pass_secs(601);
    world.service.order(&[]);
    world.bank.tidy().await.unwrap();
    let mut browser = world.browser(PC);
    login(&mut browser, 0).await.is("HOM001").says(SERIAL);

    let page = ordered(&mut browser).await;
    world.service.order(&[LoseAnswer, LoseAnswer, LoseAnswer]);
    browser.submit(&page, &[("code", CODE)]).await.is("OTP901");
    browser
        .post(
            "/logout",
            &[page.form().1[0].clone()]
                .each_ref()
                .map(|(n, v)| (n.as_str(), v.as_str())),
        )
        .await
        .is("LGI001");
    world.bank.tidy().await.unwrap();
    login(&mut browser, 0).await.says("300,000円");
}
