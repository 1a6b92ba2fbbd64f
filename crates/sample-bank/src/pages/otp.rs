//! ワンタイムパスワード申請内容選択 (guide 003): where the customer stands, and the ways on.

use std::sync::Arc;

use axum::extract::State as Shared;
use axum::response::Response;

use super::reply::{Reply, finish};
use super::{At, Failure, identify, words};
use crate::bank::Bank;
use crate::rules::access::TokenKind;
use crate::rules::japan;
use crate::rules::standing::Standing;
use crate::rules::style::Style;
use crate::screen::{Link, Notice, Screen, Table};
use crate::session::Visitor;
use crate::storage::customers::CustomerRow;
use crate::storage::issued::{self, IssuedRow};

/// The page's address.
pub(super) const HERE: &str = "/otp";

/// Where the customer stands, and what is issued to him.
pub(super) struct Status {
    pub(super) standing: Standing,
    pub(super) issued: Option<IssuedRow>,
    /// Until when the token in use can be used, in words.
    pub(super) ends: Option<String>,
    /// The service would not say: what depends on its dates is not known.
    pub(super) away: bool,
}

/// Asks the bank's books and, of a token in use, the service.
pub(super) async fn status(at: At<'_>, customer: &CustomerRow) -> Result<Status, Failure> {
    let issued = {
        let mut connection = at.bank.storage.read().await?;
        issued::of_contract(&mut connection, &customer.contract_id).await?
    };
    let in_use = customer.token.as_ref().map(|token| token.kind);
    let asked = match in_use {
        None => None,
        Some(_) => Some(at.bank.issuer.token_state(&customer.subscriber_ref).await),
    };
    let away = matches!(asked, Some(Err(_)));
    let state = asked.and_then(Result::ok);
    let renewable_from = state.as_ref().and_then(|state| state.renewable_from);
    Ok(Status {
        standing: Standing {
            in_use,
            pending: issued.as_ref().map(IssuedRow::pending),
            released_on: customer.released_on,
            renewable_on: renewable_from.map(japan::day),
        },
        issued,
        ends: state
            .and_then(|state| state.expires_at)
            .map(japan::minute_in_words),
        away,
    })
}

/// `GET /otp`.
pub(super) async fn show(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    let outcome = screen(&bank, &visitor).await;
    finish(&bank, &visitor, outcome).await
}

async fn screen(bank: &Arc<Bank>, visitor: &Visitor) -> Result<Reply, Failure> {
    if bank.config.style != Style::Shinkumi {
        return Err(Failure::NotFound);
    }
    let contract_id = visitor.contract_id().ok_or(Failure::Expired)?;
    let at = At {
        bank,
        face: visitor.face,
    };
    let customer = identify::customer(at, contract_id).await?;
    let status = status(at, &customer).await?;
    let mut rows = vec![("登録状況", status.standing.words().to_owned())];
    if let Some(token) = &customer.token {
        rows.push(("シリアル番号", token.serial.as_str().to_owned()));
    }
    if let Some(ends) = &status.ends {
        rows.push(("有効期限", ends.clone()));
    }
    let mut tables = vec![Table::of("ワンタイムパスワード登録状況", rows)];
    tables.extend(status.issued.as_ref().map(token_table));
    let away = Notice {
        good: false,
        text: words::SERVICE_AWAY.to_owned(),
    };
    let mut links = vec![
        Link::new("トークン発行", "/procedures/issue"),
        Link::new("ワンタイムパスワード利用開始", "/procedures/begin-use"),
        Link::new("ワンタイムパスワード利用解除", "/procedures/end-use"),
    ];
    if status.standing.in_use == Some(TokenKind::Hardware) {
        links.push(Link::new(
            "トークンの電池切れ・故障の連絡",
            "/procedures/report",
        ));
    }
    links.push(Link::to_home());
    Ok(Reply::Show(Box::new(Screen {
        id: "BOP001",
        title: "ワンタイムパスワード申請内容選択",
        notice: status.away.then_some(away),
        lead: vec![
            "ワンタイムパスワードの登録情報を表示します。お手続きを選択してください。".to_owned(),
            "トークン発行：ワンタイムパスワードを表示する「ソフトウェアトークン」（スマートフォンのアプリ）または「ハードウェアトークン」（小型の端末）のいずれかを選択します。".to_owned(),
            "利用開始：アプリの初期設定の後、またはハードウェアトークンがお手元に届いた後に行います。次回のログインから、ワンタイムパスワードの入力が必要になります。".to_owned(),
            "利用解除：スマートフォンの機種変更、ソフトウェアトークンとハードウェアトークンの切替の前に行います。新しいトークンの発行は、利用解除の翌日以降です。".to_owned(),
        ],
        tables,
        links,
        help: &[
            "ワンタイムパスワードは1分ごとに変わる、一度しか使えないパスワードです。",
            "一定回数続けて間違えると認証が停止し、ログインできなくなります。窓口までご連絡ください。状況を確認のうえ、停止を解除します。",
        ],
        ..Screen::default()
    })))
}

/// トークン情報.
pub(super) fn token_table(issued: &IssuedRow) -> Table {
    let rows = match issued {
        IssuedRow::Software {
            service_id,
            user_id,
        } => vec![
            ("サービスID", service_id.clone()),
            ("ユーザID", user_id.clone()),
        ],
        IssuedRow::Hardware { arrives_on } => vec![(
            "お届け予定日",
            format!("{}ごろ", japan::day_in_words(*arrives_on)),
        )],
    };
    Table::of("トークン情報", rows)
}
