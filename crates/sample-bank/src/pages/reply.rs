//! What a page answers, drawn for the visitor's face.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::bank::{Bank, BankError};
use crate::rules::japan;
use crate::screen::{Frame, Link, Notice, Screen, draw};
use crate::session::Visitor;
use crate::storage::{StorageError, customers};

/// What a page comes to.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A screen.
    Show(Box<Screen>),
    /// Another address, by GET.
    Go(String),
    /// The same with a cookie.
    GoWith(String, Vec<HeaderValue>),
}

/// Why there is no page to show.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The session is over, or was never there.
    #[error("the session is over")]
    Expired,
    /// A form that this session's pages did not make.
    #[error("a form without the session's word")]
    Forged,
    /// Not a form that this bank reads.
    #[error("a form that cannot be read")]
    BadForm,
    /// No such page.
    #[error("no such page")]
    NotFound,
    /// The service answered another question than it was asked.
    #[error("the token service answered another question")]
    WrongAnswer,
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Bank(#[from] BankError),
    #[error(transparent)]
    Draw(#[from] askama::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// Without a visitor there is no face to draw for: plain text.
impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = %self, "page failed");
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "ただいまご利用いただけません。しばらくしてからもう一度お試しください。",
        )
            .into_response()
    }
}

impl Failure {
    fn screen(&self) -> (StatusCode, Screen) {
        let stop = |text: &str| {
            Some(Notice {
                good: false,
                text: text.to_owned(),
            })
        };
        let links = vec![Link::to_login()];
        match self {
            Self::Expired => (
                StatusCode::FORBIDDEN,
                Screen {
                    id: "ERR001",
                    title: "もう一度はじめから操作してください",
                    notice: stop(
                        "一定時間操作がなかったか、ログアウトされたため、この画面は終了しました。入力された内容は受け付けていません。",
                    ),
                    links,
                    ..Screen::default()
                },
            ),
            Self::Forged | Self::BadForm => (
                StatusCode::FORBIDDEN,
                Screen {
                    id: "ERR002",
                    title: "受け付けられませんでした",
                    notice: stop(
                        "この画面から送られた内容ではないため、受け付けていません。はじめから操作してください。",
                    ),
                    links,
                    ..Screen::default()
                },
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                Screen {
                    id: "ERR003",
                    title: "ページが見つかりません",
                    notice: stop("アドレスが正しくないか、操作が終了しています。"),
                    links,
                    ..Screen::default()
                },
            ),
            Self::WrongAnswer | Self::Storage(_) | Self::Bank(_) | Self::Draw(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                Screen {
                    id: "ERR004",
                    title: "ただいまご利用いただけません",
                    notice: stop(
                        "しばらくしてからもう一度お試しください。結果が表示されていないお手続きは、取引の一覧で受付の有無をご確認ください。",
                    ),
                    links,
                    ..Screen::default()
                },
            ),
        }
    }
}

/// Draws what a page came to.
pub(crate) async fn finish(
    bank: &Bank,
    visitor: &Visitor,
    outcome: Result<Reply, Failure>,
) -> Response {
    let (status, screen) = match outcome {
        Ok(Reply::Go(to)) => return go(&to, visitor.new_cookie.iter()),
        Ok(Reply::GoWith(to, cookies)) => return go(&to, cookies.iter()),
        Ok(Reply::Show(screen)) => (StatusCode::OK, *screen),
        Err(failure) => {
            let (status, screen) = failure.screen();
            if status.is_server_error() {
                tracing::error!(error = %failure, "page failed");
            }
            (status, screen)
        }
    };
    let drawn = match frame(bank, visitor).await {
        Ok(frame) => draw(&screen, &frame).map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match drawn {
        Ok(html) => {
            let mut response = (status, Html(html)).into_response();
            if let Some(cookie) = &visitor.new_cookie {
                response
                    .headers_mut()
                    .append(header::SET_COOKIE, cookie.clone());
            }
            response
        }
        Err(failure) => failure.into_response(),
    }
}

fn go<'a>(to: &str, cookies: impl Iterator<Item = &'a HeaderValue>) -> Response {
    let location = HeaderValue::from_str(to).unwrap_or(HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    for cookie in cookies {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookie.clone());
    }
    response
}

async fn frame(bank: &Bank, visitor: &Visitor) -> Result<Frame, Failure> {
    let mut connection = bank.storage.read().await?;
    let signed_in = match visitor.contract_id() {
        Some(contract_id) => customers::of_contract(&mut connection, contract_id)
            .await?
            .map(|customer| format!("{} 様", customer.name)),
        None => visitor.is_staff().then(|| "窓口担当".to_owned()),
    };
    let demo_day = if bank.config.demo {
        Some(japan::day_in_words(bank.today(&mut connection).await?))
    } else {
        None
    };
    Ok(Frame {
        bank: bank.config.bank_name().to_owned(),
        face: visitor.face,
        size: visitor.size,
        here: visitor.here.clone(),
        csrf: visitor
            .session
            .as_ref()
            .map(|session| session.csrf.clone())
            .unwrap_or_default(),
        signed_in,
        demo_day,
    })
}
