//! Wrong codes at login until staff release it, and applications given up half-way.

use std::thread::sleep;
use std::time::Duration;

use anyhow::Result;
use skts_tests::bank::TARO;

use super::{begin_use, choose_kind, enter_mail_and_password, issue, order};
use crate::token::Token;
use crate::visit::Face;
use crate::walk_shinkumi;

#[test]
fn wrong_codes_stop_the_login_until_staff_release_it() -> Result<()> {
    let name = "wrong_codes_stop_the_login_until_staff_release_it";
    walk_shinkumi(name, |world| {
        let visit = world.visit(Face::Pc)?;
        visit.login(TARO, None)?;
        visit.go("/otp")?;
        choose_kind(&visit, "soft", "003-044-kind")?;
        let token = Token::activated(world, "phone", &issue(&visit, TARO, 1)?)?;
        visit.go("/otp")?;
        begin_use(&visit, &token)?;
        visit.logout()?;
        visit.identify(TARO)?;
        visit.expect("LGI002")?;
        // Of five wrong codes the later ones are looked at only after a wait (RFC 4226 §7.3).
        for wait_secs in [0, 0, 6, 11, 21] {
            sleep(Duration::from_secs(wait_secs));
            visit.fill("code", &token.wrong_code()?)?;
            visit.send()?;
            visit.refused("LGI002", "ワンタイムパスワード")?;
        }
        visit.fill("code", &token.code()?)?;
        visit.send()?;
        visit.refused("LGI002", "窓口までご連絡ください")?;
        visit.picture("LGI002", "003-044-login-locked")?;
        let teller = world.visit(Face::Pc)?;
        teller.counter()?;
        teller.fill("contract_id", TARO.contract_id)?;
        teller.send()?;
        teller.picture("CTR002", "003-046-locked")?;
        teller.says("停止の解除を依頼")?;
        let subscriber = world.subscriber()?;
        world.issuer.operate(
            &world.sandbox,
            &[
                "token",
                "unlock",
                "--institution",
                world.institution,
                "--subscriber",
                &subscriber,
                "--reason",
                "came to the counter",
            ],
        )?;
        visit.login(TARO, Some(&token))?;
        visit.picture("HOM001", "003-046-released")
    })
}

#[test]
fn an_application_is_given_up_at_any_step() -> Result<()> {
    walk_shinkumi("an_application_is_given_up_at_any_step", |world| {
        let visit = world.visit(Face::Pc)?;
        visit.login(TARO, None)?;
        let given_up = |status: &str| -> Result<()> {
            visit.quit()?;
            visit.expect("BOP001")?;
            visit.says(status)
        };
        visit.go("/otp")?;
        choose_kind(&visit, "soft", "003-130-kind")?;
        visit.expect("BOT020")?;
        given_up("未登録")?;
        choose_kind(&visit, "soft", "003-130-kind")?;
        enter_mail_and_password(&visit)?;
        given_up("未登録")?;
        choose_kind(&visit, "hardware", "003-130-kind")?;
        visit.expect("BOT030")?;
        given_up("未登録")?;
        choose_kind(&visit, "hardware", "003-130-kind")?;
        order(&visit, TARO, None)?;
        visit.go("/procedures/begin-use")?;
        visit.expect("BOK501")?;
        given_up("トークン発行済")
    })
}
