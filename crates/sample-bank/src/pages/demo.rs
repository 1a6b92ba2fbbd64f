//! The demonstration: the bank's own today, and the mailbox of its customers.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::Response;

use super::Failure;
use super::form::Sent;
use super::reply::{Reply, finish};
use crate::bank::Bank;
use crate::rules::japan;
use crate::screen::{Form, Link, Screen, Table};
use crate::session::Visitor;
use crate::storage::sessions;

/// `GET /demo`: the bank's own today.
pub(super) async fn show(Shared(bank): Shared<Arc<Bank>>, mut visitor: Visitor) -> Response {
    let outcome = demo_screen(&bank, &mut visitor).await;
    finish(&bank, &visitor, outcome).await
}

async fn demo_screen(bank: &Bank, visitor: &mut Visitor) -> Result<Reply, Failure> {
    visitor.session(bank).await?;
    let today = bank.today(&mut *bank.storage.read().await?).await?;
    let mut form = Form::of(Vec::new(), "翌日にする");
    form.action = "/demo".to_owned();
    Ok(Reply::Show(Box::new(Screen {
        id: "DMO001",
        title: "デモの設定",
        lead: vec![
            "見本の金融機関の日付を1日進めます。「翌日から」の規則を確かめるときに使います。ワンタイムパスワードの時刻は変わりません。".to_owned(),
        ],
        tables: vec![Table::of(
            "日付",
            vec![("今日（見本）", japan::day_in_words(today))],
        )],
        form: Some(form),
        links: vec![Link::new("ログイン画面・トップページへ", "/"), Link::new("窓口", "/staff"), Link::new("ハードウェアトークン", "/demo/card"), Link::new("メール受信箱", "/demo/inbox")],
        ..Screen::default()
    })))
}

/// `POST /demo`.
pub(super) async fn next_day(
    Shared(bank): Shared<Arc<Bank>>,
    visitor: Visitor,
    sent: Sent,
) -> Response {
    let outcome = go_ahead(&bank, &visitor, &sent).await;
    finish(&bank, &visitor, outcome).await
}

async fn go_ahead(bank: &Bank, visitor: &Visitor, sent: &Sent) -> Result<Reply, Failure> {
    sent.check(visitor.session.as_ref().ok_or(Failure::Expired)?)?;
    let mut transaction = bank.storage.write().await?;
    sessions::go_one_day_ahead(&mut transaction).await?;
    transaction.commit().await?;
    Ok(Reply::Go("/demo".to_owned()))
}

/// `GET /demo/inbox`: what the bank wrote to its customers and an SMTP server took.
pub(super) async fn inbox(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    let outcome = match &bank.config.inbox {
        None => Err(Failure::NotFound),
        Some(inbox) => {
            let mails = inbox.mails();
            let settings = bank.config.demo.then(|| Link::new("デモの設定", "/demo"));
            let links = settings.into_iter().collect();
            let lead = if mails.is_empty() {
                "まだメールは届いていません。"
            } else {
                "新しいメールから順に表示しています。"
            };
            Ok(Reply::Show(Box::new(Screen {
                id: "DMO002",
                title: "メール受信箱",
                lead: vec![lead.to_owned()],
                tables: mails
                    .into_iter()
                    .map(|mail| {
                        Table::of(&mail.subject, vec![("宛先", mail.to), ("本文", mail.body)])
                    })
                    .collect(),
                links,
                ..Screen::default()
            })))
        }
    };
    finish(&bank, &visitor, outcome).await
}
