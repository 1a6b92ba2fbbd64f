//! Guide 003 at a 信用組合: トークン発行, 利用開始, 利用解除, for the app and for a device.

use serde_json::json;
use skts_otp::EffectiveDay;
use skts_sample_bank::Style;
use skts_sample_bank::mail::{MailLine, Server};

use crate::browser::{Browser, FEATURE, PC, Page, SMARTPHONE, between};
use crate::service::Behaviour::Verdict;
use crate::world::*;

pub(crate) const CONFIRMATION: &str = "kakunin11";
const DEVICE: &str = "101199980021";
const NEXT_DEVICE: &str = "101199980039";
pub(crate) const ENTRY: [(&str, &str); 4] = [
    ("mail", "taro@phone.example"),
    ("mail_again", "taro@phone.example"),
    ("activation_password", "４８２７１５"),
    ("activation_password_again", "482715"),
];

async fn mails(world: &World) -> Page {
    let host = "127.0.0.1".to_owned();
    let port = world.mail_port;
    let line = MailLine::new(&Server { host, port }).unwrap();
    line.pass(&world.bank).await.unwrap();
    world.browser(PC).get("/demo/inbox").await
}

async fn notice_password(world: &World) -> String {
    let page = mails(world).await;
    between(&page.body, "メール通知パスワード：", "\n")
        .trim()
        .to_owned()
}

/// A customer at the first page of トークン発行.
pub(crate) async fn choosing(world: &World, face: &'static str) -> (Browser, Page) {
    let mut browser = world.browser(face);
    login(&mut browser, 0).await.is("HOM001");
    let page = browser.get("/procedures/issue").await;
    page.is("BOT010");
    (browser, page)
}

/// トークン発行 as far as the confirmation.
pub(crate) async fn entered(browser: &mut Browser, page: &Page) -> Page {
    let page = browser.submit(page, &[("kind", "soft")]).await;
    let page = browser.submit(page.is("BOT020"), &ENTRY).await;
    page.is("BOT021");
    page
}

/// トークン発行 of the app's token, done.
async fn issued(world: &World, face: &'static str) -> (Browser, Page) {
    let (mut browser, page) = choosing(world, face).await;
    let page = entered(&mut browser, &page).await;
    let password = notice_password(world).await;
    let fields = [
        ("confirmation_password", CONFIRMATION),
        ("notice_password", password.as_str()),
    ];
    let page = browser.submit(&page, &fields).await;
    page.is("BOT022");
    (browser, page)
}

fn claimed() -> serde_json::Value {
    json!({
        "state": "claimed", "match_number": "0042", "device_label": "Mihon Phone",
        "serial": "243725864", "other_device_refused": false,
    })
}

/// 利用開始 of the app's token, done.
pub(crate) async fn begun(world: &World, face: &'static str) -> Browser {
    let (mut browser, _) = issued(world, face).await;
    world.service.tell_of_activations(Some(claimed()));
    let page = browser.get("/procedures/begin-use").await;
    browser
        .submit(page.is("BOK401"), &[("code", "17830816")])
        .await
        .is("BOK402");
    browser
}

/// A device ordered on the page and sent by the counter.
async fn sent(world: &World, browser: &mut Browser, page: &Page) {
    let page = browser.submit(page, &[("kind", "hardware")]).await;
    let page = browser
        .submit(
            page.is("BOT030"),
            &[("confirmation_password", CONFIRMATION)],
        )
        .await;
    page.is("BOT031").says("2026年11月28日ごろ");
    let mut clerk = staff(world).await;
    act(&mut clerk, 0, "send", DEVICE)
        .await
        .is("CTR003")
        .says("0円");
}

#[tokio::test]
async fn the_apps_token_is_issued_begun_and_released_on_pc_and_smartphone() {
    for face in [PC, SMARTPHONE] {
        let world = World::shinkumi().await;
        let (mut browser, done) = issued(&world, face).await;
        done.says("10112235").says("999800000001").says("<svg");
        done.says("jp.example.skts:activate?service_id=10112235&#38;user_id=999800000001");
        done.says("taro@phone.example").says("1000001");
        let calls = world.service.arrived();
        assert_eq!(calls.len(), 1);
        assert_eq!(calls[0].0, "issue");
        assert_eq!(calls[0].1["activation_password"], "482715");
        mails(&world)
            .await
            .says("トークン発行のご案内")
            .says("https://app.mihon.example/otp");
        browser
            .get("/otp")
            .await
            .is("BOP001")
            .says("トークン発行済");

        world.service.tell_of_activations(Some(claimed()));
        let page = browser.get("/procedures/begin-use").await;
        page.is("BOK401").says("0042").says("Mihon Phone");
        let page = browser.submit(&page, &[("code", "17830816")]).await;
        page.is("BOK402").says("243725864").says("利用中");
        let calls = world.service.arrived();
        assert_eq!(
            (calls[0].0.as_str(), &calls[0].1["code"]),
            ("register", &"17830816".into())
        );
        browser.get("/otp").await.says("利用中");
        // A code at login from now on.
        let mut again = world.browser(face);
        identified(&mut again, "login", 0).await.is("LGI002");

        world.service.arrived();
        let page = browser.get("/procedures/end-use").await;
        let fields = [("confirmation_password", CONFIRMATION), ("code", CODE)];
        let page = browser.submit(page.is("BOS001"), &fields).await;
        page.is("BOS002").says("200,000円").says("未登録");
        let calls = world.service.arrived();
        let names: Vec<&str> = calls.iter().map(|call| call.0.as_str()).collect();
        assert_eq!(names, ["verify", "change"]);
        assert_eq!(calls[1].1["change"], "unregister");
        let mut again = world.browser(face);
        login(&mut again, 0).await.is("HOM001");

        // A new one from the next day only.
        let page = browser.get("/procedures/issue").await;
        let page = browser.submit(&page, &[("kind", "soft")]).await;
        page.is("BOT010").says("2026年11月22日からご利用");
        let day = browser.get("/demo").await;
        browser.submit(&day, &[]).await.is("DMO001");
        browser
            .submit(&page, &[("kind", "soft")])
            .await
            .is("BOT020");
    }
}

#[tokio::test]
async fn a_release_lowers_the_limit_to_200_000_yen_and_never_raises_it() {
    for (own, after) in [("5,000,000", "200,000円"), ("50,000", "50,000円")] {
        let world = World::shinkumi().await;
        let mut browser = begun(&world, PC).await;
        let page = browser.get("/procedures/limit").await;
        let page = browser.submit(&page, &[("limit", own)]).await;
        browser.submit(&page, &[("code", CODE)]).await.is("LMT003");
        let page = browser.get("/procedures/end-use").await;
        let fields = [("confirmation_password", CONFIRMATION), ("code", CODE)];
        browser.submit(&page, &fields).await.is("BOS002");
        browser.get("/home").await.says(after);
    }
}

#[tokio::test]
async fn payments_wait_for_the_next_day_where_the_bank_says_so() {
    let world = World::of(Style::Shinkumi, EffectiveDay::NextDay, false).await;
    let mut browser = begun(&world, PC).await;
    let page = browser.get("/procedures/transfer").await;
    page.is("OTP900").says("2026年11月22日からご利用");
    let day = browser.get("/demo").await;
    browser.submit(&day, &[]).await.is("DMO001");
    browser.get("/procedures/transfer").await.is("TRF001");
}

#[tokio::test]
async fn a_device_is_ordered_sent_and_begun_on_every_face() {
    for face in [PC, SMARTPHONE, FEATURE] {
        let world = World::shinkumi().await;
        let (mut browser, page) = choosing(&world, face).await;
        let mut clerk = staff(&world).await;
        act(&mut clerk, 0, "send", DEVICE)
            .await
            .says("お申込みがありません");
        sent(&world, &mut browser, &page).await;
        browser.get("/otp").await.says("トークン発行済");
        let calls = world.service.arrived();
        assert_eq!(
            (calls[0].0.as_str(), &calls[0].1["serial"]),
            ("assign", &DEVICE.into())
        );
        let page = browser.get("/procedures/begin-use").await;
        let wrong = [("serial", NEXT_DEVICE), ("code", CODE)];
        let page = browser.submit(page.is("BOK501"), &wrong).await;
        page.is("BOK501").says("発送したもののみ");
        assert!(world.service.arrived().is_empty());
        let ends = json!({ "state": "active", "kind": "totp", "expires_at": 1_950_000_000 });
        world.service.tell_of_tokens(Some(ends));
        let page = browser
            .submit(&page, &[("serial", DEVICE), ("code", CODE)])
            .await;
        page.is("BOK502").says(DEVICE).says("2031年10月17日");
    }
}

#[tokio::test]
async fn a_device_is_followed_by_another_from_90_days_before_its_end() {
    let world = World::shinkumi().await;
    let (mut browser, page) = choosing(&world, PC).await;
    sent(&world, &mut browser, &page).await;
    let page = browser.get("/procedures/begin-use").await;
    browser
        .submit(&page, &[("serial", DEVICE), ("code", CODE)])
        .await
        .is("BOK502");
    world.service.arrived();
    let hardware = [("kind", "hardware")];
    // Noon of 21 November 2026; from the next noon on.
    let state = |from: u64| json!({ "state": "active", "kind": "totp", "renewable_from": from });
    world.service.tell_of_tokens(Some(state(1_795_316_400)));
    let page = browser.get("/procedures/issue").await;
    let page = browser.submit(&page, &hardware).await;
    page.is("BOT010").says("90日前").says("2026年11月22日");
    world.service.tell_of_tokens(None);
    let page = browser.submit(&page, &hardware).await;
    page.is("BOT010").says("状態を確認できません");
    world.service.tell_of_tokens(Some(state(1_795_230_000)));
    let page = browser.submit(&page, &[("kind", "soft")]).await;
    page.is("BOT010").says("利用解除");
    let page = browser.submit(&page, &hardware).await;
    let without_code = [("confirmation_password", CONFIRMATION), ("code", "")];
    let page = browser.submit(page.is("BOT030"), &without_code).await;
    page.is("BOT030").says("ワンタイムパスワードを入力");
    assert!(world.service.arrived().is_empty());
    let fields = [("confirmation_password", CONFIRMATION), ("code", CODE)];
    browser.submit(&page, &fields).await.is("BOT031");
    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "send", NEXT_DEVICE).await.is("CTR003");
    world.service.arrived();

    let page = browser.get("/procedures/begin-use").await;
    let page = browser.submit(page.is("BOK500"), &[("code", CODE)]).await;
    let new = [("serial", NEXT_DEVICE), ("code", CODE)];
    world.service.order(&[Verdict("unknown")]);
    let page = browser.submit(page.is("BOK501"), &new).await;
    let page = browser.submit(page.is("BOK500"), &[("code", CODE)]).await;
    let page = browser.submit(page.is("BOK501"), &new).await;
    page.is("BOK502").says(NEXT_DEVICE).says(DEVICE);
    let calls = world.service.arrived();
    assert_eq!(calls[3].0, "exchange");
    assert_eq!(calls[3].1["proof"], calls[2].1["request_id"]);
}

#[tokio::test]
async fn an_application_given_up_leaves_nothing() {
    let world = World::shinkumi().await;
    let (mut browser, page) = choosing(&world, PC).await;
    let page = entered(&mut browser, &page).await;
    let over = browser.submit(&page, &[("quit", "yes")]).await;
    over.is("BOP001").says("未登録");
    browser.get(&page.form().0).await.is("ERR003");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn a_wrong_notice_password_is_counted_and_the_fifth_begins_again() {
    let world = World::shinkumi().await;
    let (mut browser, page) = choosing(&world, PC).await;
    let mut page = entered(&mut browser, &page).await;
    let right = notice_password(&world).await;
    let wrong = if right == "00000000" {
        "00000001"
    } else {
        "00000000"
    };
    for _ in 0..4 {
        let fields = [
            ("confirmation_password", CONFIRMATION),
            ("notice_password", wrong),
        ];
        page = browser.submit(&page, &fields).await;
        page.is("BOT021")
            .says("メール通知パスワードが正しくありません");
    }
    let fields = [
        ("confirmation_password", CONFIRMATION),
        ("notice_password", wrong),
    ];
    page = browser.submit(&page, &fields).await;
    page.is("BOT020").says("はじめから入力");
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn wrong_confirmation_passwords_stop_it_until_staff_release_it() {
    let world = World::shinkumi().await;
    let mut browser = begun(&world, PC).await;
    world.service.arrived();
    let mut page = browser.get("/procedures/end-use").await;
    for attempt in 0..6 {
        let fields = [("confirmation_password", "kakunin99"), ("code", CODE)];
        page = browser.submit(&page, &fields).await;
        let says = if attempt < 5 {
            "正しくありません"
        } else {
            "停止しています"
        };
        page.is("BOS001").says(says);
    }
    let fields = [("confirmation_password", CONFIRMATION), ("code", CODE)];
    page = browser.submit(&page, &fields).await;
    page.is("BOS001").says("停止しています");
    assert!(
        world.service.arrived().is_empty(),
        "a code went out before the password was right"
    );
    let mut clerk = staff(&world).await;
    act(&mut clerk, 0, "release-transfer-password", "")
        .await
        .is("CTR003");
    browser.submit(&page, &fields).await.is("BOS002");
}

#[tokio::test]
async fn nothing_is_issued_with_a_wrong_confirmation_password() {
    let world = World::shinkumi().await;
    let (mut browser, page) = choosing(&world, PC).await;
    let page = entered(&mut browser, &page).await;
    let notice = notice_password(&world).await;
    let fields = [
        ("confirmation_password", "kakunin99"),
        ("notice_password", notice.as_str()),
    ];
    let page = browser.submit(&page, &fields).await;
    page.is("BOT021").says("正しくありません");
    let page = browser.get("/procedures/issue").await;
    let page = browser.submit(&page, &[("kind", "hardware")]).await;
    let fields = [("confirmation_password", "kakunin99")];
    let page = browser.submit(page.is("BOT030"), &fields).await;
    page.is("BOT030").says("正しくありません");
    assert!(world.service.arrived().is_empty());
    let page = browser.get("/otp").await;
    assert!(!page.is("BOP001").has("発行済"));
}

#[tokio::test]
async fn a_locked_token_stops_the_login_and_the_counter_says_who_releases_it() {
    let world = World::shinkumi().await;
    begun(&world, PC).await;
    let mut browser = world.browser(PC);
    let page = identified(&mut browser, "login", 0).await;
    world.service.order(&[Verdict("locked")]);
    let page = browser.submit(page.is("LGI002"), &[("code", CODE)]).await;
    page.is("LGI002").says("窓口までご連絡ください");
    browser.get("/home").await.is("ERR001");
    world
        .service
        .tell_of_tokens(Some(json!({ "state": "locked" })));
    let mut clerk = staff(&world).await;
    let page = clerk.get("/procedures/counter").await;
    let page = clerk.submit(&page, &[("contract_id", "1000000011")]).await;
    page.is("CTR002").says("停止の解除を依頼").says("誤り");
}

#[tokio::test]
async fn the_app_is_not_begun_before_it_is_set_up_and_the_page_says_so() {
    let world = World::shinkumi().await;
    let (mut browser, _) = issued(&world, PC).await;
    world.service.tell_of_activations(None);
    let page = browser.get("/procedures/begin-use").await;
    page.is("BOK401").says("状態を確認できません");
    assert!(!page.has("name=\"code\""), "asks what it cannot use");
    for (state, says) in [
        ("pending", "初期設定がまだ"),
        ("expired", "期限が過ぎたか"),
        ("exhausted", "期限が過ぎたか"),
    ] {
        let told = json!({ "state": state, "other_device_refused": false });
        world.service.tell_of_activations(Some(told));
        browser
            .get("/procedures/begin-use")
            .await
            .is("BOK401")
            .says(says);
    }
    let mut told = claimed();
    told["other_device_refused"] = true.into();
    world.service.tell_of_activations(Some(told));
    let page = browser.get("/procedures/begin-use").await;
    page.is("BOK401").says("別の端末").says("243725864");
    world.service.arrived();
    browser.submit(&page, &[("code", CODE)]).await.is("BOK402");
    assert_eq!(world.service.arrived()[0].1["serial"], "243725864");
}

#[tokio::test]
async fn what_a_feature_phone_or_the_other_bank_does_not_have_says_so() {
    let world = World::shinkumi().await;
    let (mut browser, page) = choosing(&world, FEATURE).await;
    page.says("ハードウェアトークンのみ");
    browser
        .submit(&page, &[("kind", "soft")])
        .await
        .is("BOT010")
        .says("ハードウェアトークンのみ");
    for procedure in ["start", "exchange", "stop"] {
        browser
            .get(&format!("/procedures/{procedure}"))
            .await
            .is("ERR003");
    }
    browser
        .get("/procedures/begin-use")
        .await
        .is("OTP900")
        .says("先に「トークン発行」");
    let other = World::new().await;
    let mut browser = customer(&other, PC).await;
    for path in [
        "/otp",
        "/procedures/issue",
        "/procedures/begin-use",
        "/procedures/end-use",
    ] {
        browser.get(path).await.is("ERR003");
    }
}
