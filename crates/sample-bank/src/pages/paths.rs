//! The pages that are no procedure.

use std::sync::Arc;

use axum::extract::{Query, State as Shared};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::form::Sent;
use super::reply::{Reply, finish};
use super::{Failure, identify, otp, told};
use crate::bank::Bank;
use crate::faces::{Face, TextSize};
use crate::pages::At;
use crate::rules::japan;
use crate::rules::style::Style;
use crate::screen::{Link, Notice, Screen, Table};
use crate::session::{self, Visitor};
use crate::storage::{accounts, sessions};

/// Receipts shown at home.
const SHOWN_RECEIPTS: u8 = 5;

/// `GET /`: the login page, or home.
pub(super) async fn front(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    let to = if visitor.contract_id().is_some() {
        "/home"
    } else {
        "/procedures/login"
    };
    finish(&bank, &visitor, Ok(Reply::Go(to.to_owned()))).await
}

/// `GET /home`.
pub(super) async fn home(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    let outcome = home_screen(&bank, &visitor).await;
    finish(&bank, &visitor, outcome).await
}

async fn home_screen(bank: &Arc<Bank>, visitor: &Visitor) -> Result<Reply, Failure> {
    let contract_id = visitor.contract_id().ok_or(Failure::Expired)?;
    let at = At {
        bank,
        face: visitor.face,
    };
    let customer = identify::customer(at, contract_id).await?;
    let mut connection = bank.storage.read().await?;
    let receipts = accounts::last_receipts(&mut connection, contract_id, SHOWN_RECEIPTS).await?;
    let last = receipts.first().map(|receipt| receipt.title.as_str());
    let stopped_in_app = customer.token.is_none() && last == Some(told::STOPPED_IN_APP);
    let notice = stopped_in_app.then(|| Notice {
        good: false,
        text: told::next_step(bank.config.style).to_owned(),
    });
    let mut rows = vec![
        ("普通預金の残高", japan::yen(customer.balance_yen)),
        ("1日の限度額", japan::yen(customer.daily_limit_yen)),
    ];
    match &customer.token {
        None => rows.push(("ワンタイムパスワード", "未登録".to_owned())),
        Some(token) => {
            let state = if token.held {
                "利用停止中"
            } else {
                "利用中"
            };
            rows.push(("ワンタイムパスワード", state.to_owned()));
            rows.push(("シリアル番号", token.serial.as_str().to_owned()));
            rows.push((
                "お取引での利用",
                format!("{}から", japan::day_in_words(token.usable_from)),
            ));
        }
    }
    let mut tables = vec![Table::of("お客さまの口座", rows)];
    if !receipts.is_empty() {
        tables.push(Table {
            caption: "最近のお取引・お手続き".to_owned(),
            head: vec!["内容".to_owned(), "受付時刻".to_owned()],
            rows: receipts
                .into_iter()
                .map(|receipt| {
                    (
                        format!("受付番号 {}", receipt.number),
                        vec![receipt.title, japan::stamp(receipt.accepted_at)],
                    )
                })
                .collect(),
        });
    }
    Ok(Reply::Show(Box::new(Screen {
        id: "HOM001",
        title: "トップページ",
        notice,
        tables,
        links: vec![
            Link::new("振込", "/procedures/transfer"),
            Link::new("Pay-easy（収納サービス）", "/procedures/pay-easy"),
            Link::new("限度額変更", "/procedures/limit"),
            Link::new("お客様情報変更", "/procedures/details"),
            match bank.config.style {
                Style::Shinkumi => {
                    Link::new("ご利用サービスの変更：ワンタイムパスワード", otp::HERE)
                }
                Style::Shinkin => Link::new("トークンの電池切れ・故障の連絡", "/procedures/report"),
            },
        ],
        help: match bank.config.style {
            Style::Shinkin => &[
                "振込、Pay-easy、限度額変更、お客様情報変更には、ワンタイムパスワードが必要です。",
                "ワンタイムパスワードの利用開始・交換・利用中止は、ログイン画面から操作してください。",
            ],
            Style::Shinkumi => &[
                "振込、Pay-easy、限度額変更、お客様情報変更には、ワンタイムパスワードが必要です。",
                "トークン発行・利用開始・利用解除は、「ご利用サービスの変更」の「ワンタイムパスワード」から操作してください。",
            ],
        },
        ..Screen::default()
    })))
}

/// `POST /logout`.
pub(super) async fn logout(
    Shared(bank): Shared<Arc<Bank>>,
    visitor: Visitor,
    sent: Sent,
) -> Response {
    let outcome = end_session(&bank, &visitor, &sent).await;
    finish(&bank, &visitor, outcome).await
}

async fn end_session(bank: &Bank, visitor: &Visitor, sent: &Sent) -> Result<Reply, Failure> {
    let Some(session) = &visitor.session else {
        return Ok(Reply::Go("/".to_owned()));
    };
    sent.check(session)?;
    let mut transaction = bank.storage.write().await?;
    sessions::end(&mut transaction, &session.id_hash).await?;
    transaction.commit().await?;
    let cookie = session::drop_cookie(bank.config.https);
    Ok(Reply::GoWith("/".to_owned(), vec![cookie]))
}

/// A face or a text size, and where to go back to.
#[derive(Debug, Deserialize)]
pub(super) struct View {
    face: Option<String>,
    size: Option<String>,
    to: Option<String>,
}

/// `GET /view`: remembers how pages are to be drawn. It changes nothing else, so a link will do.
pub(super) async fn view(
    Shared(bank): Shared<Arc<Bank>>,
    visitor: Visitor,
    Query(view): Query<View>,
) -> Response {
    let face = view.face.as_deref().and_then(Face::parse);
    let size = view.size.as_deref().and_then(TextSize::parse);
    let face = face.map(|face| session::view_cookie("face", face.as_str()));
    let size = size.map(|size| session::view_cookie("size", size.as_str()));
    let to = view.to.as_deref().and_then(session::local_path);
    let cookies = face.into_iter().chain(size).collect();
    let reply = Reply::GoWith(to.unwrap_or("/").to_owned(), cookies);
    finish(&bank, &visitor, Ok(reply)).await
}

/// `GET /staff`: the counter, for who may stand behind it.
pub(super) async fn staff(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    let outcome = match (&bank.staff_password, visitor.is_staff()) {
        (None, _) => Err(Failure::NotFound),
        (_, true) => Ok(Reply::Go("/procedures/counter".to_owned())),
        (_, false) => Ok(Reply::Go("/procedures/staff-login".to_owned())),
    };
    finish(&bank, &visitor, outcome).await
}

/// Any other path.
pub(super) async fn not_found(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    finish(&bank, &visitor, Err(Failure::NotFound)).await
}

fn css(text: impl IntoResponse) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "max-age=600"),
    ];
    (headers, text).into_response()
}

/// `GET /static/bank.css`, in the bank's own colour where it has one.
pub(super) async fn bank_css(Shared(bank): Shared<Arc<Bank>>) -> Response {
    let text = include_str!("../../static/bank.css");
    match &bank.config.signboard {
        None => css(text),
        Some(signboard) => css(format!(
            "{text}:root {{ --deep: {}; }}\n",
            signboard.accent()
        )),
    }
}

/// `GET /static/feature.css`.
pub(super) async fn feature_css() -> Response {
    css(include_str!("../../static/feature.css"))
}
