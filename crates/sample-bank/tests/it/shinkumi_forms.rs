//! Bad input into the forms of guide 003.

use crate::browser::PC;
use crate::shinkumi::{ENTRY, begun, choosing, entered};
use crate::world::*;

#[tokio::test]
async fn every_field_of_every_form_refuses_what_it_cannot_mean() {
    let long = "9".repeat(900);
    let bad = [
        "",
        "   ",
        "😀😀😀",
        "<script>alert(1)</script>",
        "' OR '1'='1'; --",
        "ＡＢＣ！＠＃",
        "\u{202e}\u{0}\u{7f}",
        "-1e9",
        long.as_str(),
    ];
    let world = World::shinkumi().await;
    let (mut browser, first) = choosing(&world, PC).await;
    let mut pages = Vec::new();
    pages.push((first.clone(), "BOT010", &["kind"][..]));
    let page = browser.submit(&first, &[("kind", "soft")]).await;
    pages.push((
        page,
        "BOT020",
        &[
            "mail",
            "mail_again",
            "activation_password",
            "activation_password_again",
        ],
    ));
    let again = browser.get("/procedures/issue").await;
    pages.push((
        entered(&mut browser, &again).await,
        "BOT021",
        &["confirmation_password", "notice_password"],
    ));
    let page = browser.get("/procedures/issue").await;
    let page = browser.submit(&page, &[("kind", "hardware")]).await;
    pages.push((page, "BOT030", &["confirmation_password"]));
    let mut other = begun(&world, PC).await;
    world.service.arrived();
    let page = other.get("/procedures/end-use").await;
    let end = [(page, "BOS001", &["confirmation_password", "code"][..])];
    for (browser, pages) in [(&mut browser, pages), (&mut other, end.to_vec())] {
        for (mut page, id, names) in pages {
            if id == "BOT010" {
                page = browser.get("/procedures/issue").await;
            }
            for bad in bad {
                let fields: Vec<_> = names.iter().map(|name| (*name, bad)).collect();
                page = browser.submit(&page, &fields).await;
                page.is(id);
                assert!(page.has_faults(), "{id} takes {bad:?}");
                assert!(!page.has("<script>"), "{id} does not escape {bad:?}");
            }
        }
    }
    let mut page = browser.get("/procedures/begin-use").await;
    page.is("OTP900");
    page = other.get("/procedures/report").await;
    for bad in bad {
        page = other.submit(&page, &[("fault", bad)]).await;
        assert!(page.is("RPT001").has_faults());
    }
    assert!(world.service.arrived().is_empty());
}

#[tokio::test]
async fn two_addresses_or_passwords_that_differ_are_told_and_none_is_shown_again() {
    let world = World::shinkumi().await;
    let (mut browser, page) = choosing(&world, PC).await;
    let mut page = browser.submit(&page, &[("kind", "soft")]).await;
    for (at, other, says) in [
        (1, "jiro@phone.example", "メールアドレスが一致しません"),
        (3, "482716", "利用開始パスワードが一致しません"),
    ] {
        let mut entry = ENTRY;
        entry[at].1 = other;
        page = browser.submit(&page, &entry).await;
        page.is("BOT020").says(says).says("taro@phone.example");
        assert!(!page.has("482715") && !page.has("４８２７"));
    }
    for easy in ["1234", "1000", "2580"] {
        let mut entry = ENTRY;
        (entry[2].1, entry[3].1) = (easy, easy);
        page = browser.submit(&page, &entry).await;
        page.is("BOT020").says("推測されやすい");
    }
}
