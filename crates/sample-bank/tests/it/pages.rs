//! What holds on every page: headers, faces, text sizes, words for assistive technology.

use skts_otp::EffectiveDay;
use skts_sample_bank::Signboard;

use crate::browser::{FEATURE, PC, SMARTPHONE};
use crate::world::*;

#[tokio::test]
async fn every_page_forbids_what_it_does_not_need() {
    let world = World::with(EffectiveDay::AtOnce, true).await;
    let mut browser = world.browser(PC);
    for path in ["/", "/nowhere", "/static/bank.css"] {
        let page = browser.get(path).await;
        let header = |name: &str| page.headers[name].to_str().unwrap().to_owned();
        assert!(
            header("content-security-policy").starts_with("default-src 'none'; style-src 'self'")
        );
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(header("strict-transport-security").starts_with("max-age="));
        if !path.ends_with("css") {
            assert_eq!(header("cache-control"), "no-store");
        }
        assert!(!page.has("<script") && !page.has("style=\""), "{path}");
    }
    assert!(browser.cookies.contains_key("__Host-session"));
}

#[tokio::test]
async fn the_face_follows_the_device_and_then_the_customer() {
    let world = World::new().await;
    for (user_agent, class) in [(PC, "class=\"pc "), (SMARTPHONE, "class=\"smartphone ")] {
        let mut browser = world.browser(user_agent);
        browser.get("/").await.is("LGI001").says(class);
    }
    let mut browser = world.browser(FEATURE);
    let page = browser.get("/").await;
    page.is("LGI001").says("width=240").says("accesskey=\"3\"");
    assert!(!page.has("bank.css"));
    let path = page.path.clone();
    let page = browser.get(&format!("/view?face=pc&to={path}")).await;
    page.is("LGI001").says("class=\"pc standard\"");
    assert_eq!(page.path, path, "the switch leads elsewhere");
    let page = browser.get(&format!("/view?size=largest&to={path}")).await;
    page.says("class=\"pc largest\"")
        .says("aria-current=\"true\"");
    for to in [
        "//evil.example/",
        "https://evil.example/",
        "/\\evil.example",
    ] {
        let page = browser.get(&format!("/view?size=large&to={to}")).await;
        page.is("LGI001");
    }
}

#[tokio::test]
async fn a_fault_is_told_at_the_top_and_at_its_field() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    let page = browser.get("/procedures/start").await;
    page.says("<title>ワンタイムパスワード利用開始（利用者認証）");
    page.says("<label for=\"contract_id\">")
        .says("autocomplete=\"username\"");
    page.says("aria-describedby=\"contract_id-hint\"")
        .says("<html lang=\"ja\"");
    let page = browser
        .submit(&page, &[("contract_id", "12"), ("login_password", "")])
        .await;
    page.says("<title>入力内容をご確認ください：");
    page.says("<a href=\"#contract_id\">")
        .says("aria-invalid=\"true\"");
    page.says("aria-describedby=\"contract_id-fault contract_id-hint\"");
    page.says("id=\"contract_id-fault\"").says("value=\"12\"");
    page.says("ログインパスワードを入力してください");
}

#[tokio::test]
async fn a_bank_bears_the_name_and_the_colour_it_was_given_on_every_face() {
    let signboard = Signboard::new("見本中央信用金庫", "#1F4E8C").unwrap();
    let world = World::set_up(|config| config.signboard = Some(signboard)).await;
    for user_agent in [PC, SMARTPHONE, FEATURE] {
        let mut browser = world.browser(user_agent);
        let page = browser.get("/procedures/login").await;
        assert!(page.has("見本中央信用金庫") && !page.has("見本信用金庫"));
    }
    let colour = ":root { --deep: #1f4e8c; }";
    assert!(world.browser(PC).get("/static/bank.css").await.has(colour));
    let plain = World::new().await;
    assert!(!plain.browser(PC).get("/static/bank.css").await.has(colour));
}

#[tokio::test]
async fn a_mailbox_is_shown_without_the_demonstration_and_leads_to_nothing_of_it() {
    let world = World::set_up(|config| config.demo = false).await;
    let mut browser = world.browser(PC);
    let page = browser.get("/demo/inbox").await;
    assert!(page.has("DMO002") && !page.has("/demo\""));
    assert!(browser.get("/demo").await.has("ERR003"));
    let none = World::set_up(|config| (config.demo, config.inbox) = (false, None)).await;
    assert!(none.browser(PC).get("/demo/inbox").await.has("ERR003"));
}
