//! Mail by SMTP: once each, late if it has to be.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use skts_sample_bank::mail::{MailLine, Server};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::browser::PC;
use crate::service::Behaviour::Verdict;
use crate::world::*;

type Box_ = Arc<Mutex<Vec<String>>>;

/// One connection of a plain SMTP server (RFC 5321); `greeting` 220 takes mail, and says so if it
/// `answers`.
async fn receive(
    stream: TcpStream,
    mails: Box_,
    greeting: &str,
    answers: bool,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write
        .write_all(format!("{greeting} mail\r\n").as_bytes())
        .await?;
    while let Some(line) = lines.next_line().await? {
        let answer = match line.split(' ').next().unwrap_or_default() {
            "DATA" => {
                write.write_all(b"354 go\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await? {
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                mails.lock().unwrap().push(mail);
                if !answers {
                    return Ok(());
                }
                "250 taken"
            }
            "QUIT" => {
                write.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
    }
    Ok(())
}

async fn serve(listener: TcpListener, mails: Box_, greeting: &'static str) {
    while let Ok((stream, _)) = listener.accept().await {
        let _ = receive(stream, mails.clone(), greeting, true).await;
    }
}

fn line(port: u16) -> MailLine {
    let host = "127.0.0.1".to_owned();
    MailLine::new(&Server { host, port }).unwrap()
}

#[tokio::test]
async fn a_notice_arrives_once_after_the_mail_server_was_down() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let line = line(port);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 0);
    // Not due again yet, and growing.
    world.pass_secs(4);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 0);
    let mails = Box_::default();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let refusing = tokio::spawn(serve(listener, mails.clone(), "421"));
    world.pass_secs(1);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 0);
    refusing.abort();
    let _ = refusing.await;
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    tokio::spawn(serve(listener, mails.clone(), "220"));
    assert_eq!(
        line.pass(&world.bank).await.unwrap(),
        0,
        "a try before its time"
    );
    world.pass_secs(10);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 1);
    world.pass_secs(3600);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 0);
    let mails = mails.lock().unwrap();
    assert_eq!(mails.len(), 1);
    assert!(
        mails[0].contains("To: 1000000011@mihon.example"),
        "{}",
        mails[0]
    );
    assert!(mails[0].contains("Message-ID: <"));
    assert!(!mails[0].contains(SERIAL) && !mails[0].contains(CODE));
}

/// A line of a mail's head.
fn header<'m>(mail: &'m str, name: &str) -> &'m str {
    let found = mail.lines().find_map(|line| line.strip_prefix(name));
    found.unwrap_or_else(|| panic!("no {name} in {mail}"))
}

/// 利用中止 by the customer.
async fn stop(world: &World) {
    let mut browser = world.browser(PC);
    let page = identified(&mut browser, "stop", 0).await;
    let digits = asked(&page, 0);
    let fields = digits
        .each_ref()
        .map(|(name, digit)| (*name, digit.as_str()));
    browser.submit(&page, &fields).await.is("OTD003");
}

#[tokio::test]
async fn mails_of_an_hour_without_a_mail_server_arrive_later_once_and_in_their_order() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let line = line(port);
    let down_for = async |minutes: u32| {
        for _ in 0..minutes {
            world.pass_secs(60);
            assert_eq!(line.pass(&world.bank).await.unwrap(), 0);
        }
    };
    start(&mut world.browser(PC), 0, SERIAL, "no")
        .await
        .is("OTS003");
    down_for(15).await;
    let mut other = world.browser(PC);
    start(&mut other, 1, "SKTS00000003", "no")
        .await
        .is("OTS003");
    let mut browser = world.browser(PC);
    let page = identified(&mut browser, "exchange", 0).await;
    let page = browser.submit(&page, &[("code", CODE)]).await;
    let fields = [("serial", OTHER_SERIAL), ("code", CODE)];
    browser.submit(&page, &fields).await.is("OTX004");
    down_for(30).await;
    stop(&world).await;
    down_for(15).await;

    // Back, but its first answer is lost.
    let mails = Box_::default();
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let taking = mails.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let _ = receive(stream, taking.clone(), "220", false).await;
        serve(listener, taking, "220").await;
    });
    let mut taken = 0;
    for _ in 0..35 {
        world.pass_secs(60);
        taken += line.pass(&world.bank).await.unwrap();
    }
    assert_eq!(taken, 4);
    let mails = mails.lock().unwrap();
    assert_eq!(mails.len(), 5, "four, and one whose answer was lost");
    let ids: BTreeSet<&str> = mails
        .iter()
        .map(|mail| header(mail, "Message-ID: "))
        .collect();
    assert_eq!(ids.len(), 4, "a repeat has the id of the first");
    let of_taro = mails
        .iter()
        .filter(|mail| header(mail, "To: ") == "1000000011@mihon.example");
    // Of one day, so they sort as texts.
    let mut dates: Vec<&str> = of_taro.map(|mail| header(mail, "Date: ")).collect();
    assert!(dates.is_sorted(), "{dates:?}");
    dates.dedup();
    assert_eq!(dates.len(), 3, "{dates:?}");
}

#[tokio::test]
async fn a_mail_that_is_never_taken_keeps_back_the_next_for_a_day_and_no_longer() {
    let world = World::new().await;
    start(&mut world.browser(PC), 0, SERIAL, "no")
        .await
        .is("OTS003");
    world.pass_secs(24 * 3600 - 2);
    // Its first try, at last, and nobody there: it is due again in five seconds.
    let nobody = line(1);
    assert_eq!(nobody.pass(&world.bank).await.unwrap(), 0);
    stop(&world).await;
    let mails = Box_::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = line(listener.local_addr().unwrap().port());
    tokio::spawn(serve(listener, mails, "220"));
    assert_eq!(line.pass(&world.bank).await.unwrap(), 0, "before the first");
    world.pass_secs(2);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 1, "kept back");
    world.pass_secs(3);
    assert_eq!(
        line.pass(&world.bank).await.unwrap(),
        1,
        "the first is sent still"
    );
}

#[tokio::test]
async fn each_procedure_with_the_token_is_told_and_a_lock_once_a_day() {
    let world = World::new().await;
    let mails = Box_::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = line(listener.local_addr().unwrap().port());
    tokio::spawn(serve(listener, mails, "220"));
    let mut browser = customer(&world, PC).await;
    assert_eq!(line.pass(&world.bank).await.unwrap(), 1);
    let mut page = ordered(&mut browser).await;
    for _ in 0..2 {
        world.service.order(&[Verdict("locked")]);
        page = browser.submit(&page, &[("code", CODE)]).await;
    }
    assert_eq!(
        line.pass(&world.bank).await.unwrap(),
        1,
        "a lock is told once a day"
    );
    let page = identified(&mut browser, "exchange", 0).await;
    let page = browser.submit(&page, &[("code", CODE)]).await;
    browser
        .submit(&page, &[("serial", OTHER_SERIAL), ("code", CODE)])
        .await
        .is("OTX004");
    assert_eq!(line.pass(&world.bank).await.unwrap(), 1);
    let page = identified(&mut browser, "stop", 0).await;
    let digits = asked(&page, 0);
    let fields = digits
        .each_ref()
        .map(|(name, digit)| (*name, digit.as_str()));
    browser.submit(&page, &fields).await.is("OTD003");
    assert_eq!(line.pass(&world.bank).await.unwrap(), 1);
}

#[tokio::test]
async fn the_demonstrations_mailbox_shows_what_was_written_to_the_customers() {
    let world = World::new().await;
    let mut browser = world.browser(PC);
    browser
        .get("/demo/inbox")
        .await
        .is("DMO002")
        .says("まだメールは");
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    let line = line(world.mail_port);
    assert_eq!(line.pass(&world.bank).await.unwrap(), 1);
    let page = browser.get("/demo/inbox").await;
    page.is("DMO002").says("1000000011@mihon.example");
    page.says("【見本信用金庫】ワンタイムパスワード利用開始のお知らせ");
    page.says("見本　太郎 様")
        .says("2026年11月21日 12時00分00秒");
}
