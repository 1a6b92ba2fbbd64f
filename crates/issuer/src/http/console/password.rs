//! One's own password: the present one and a code of the token, as at signing in, then another.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::page::{self, Frame};
use super::proof::{CallerAddress, Claim, Proof, prove};
use super::session::{CookieKey, SESSION_COOKIE, Seat, Sent};
use super::{Desk, PASSWORD_PAGE};
use crate::audit::Action;
use crate::staff::{PasswordError, StaffPassword};
use crate::storage::staff::StaffRow;

#[derive(Template)]
#[template(path = "console/password.html")]
struct PasswordPage<'a> {
    frame: Frame<'a>,
    name: &'a str,
    temporary: bool,
}

#[derive(Deserialize)]
pub(super) struct Noted {
    #[serde(default)]
    done: String,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    seat: Seat,
    Query(noted): Query<Noted>,
) -> Response {
    let done = noted.done == "done";
    let frame = Frame::at(&desk, &seat);
    let notice = done.then_some(frame.words.password_changed);
    form(frame.noting(notice), &seat, StatusCode::OK)
}

fn form(frame: Frame<'_>, seat: &Seat, status: StatusCode) -> Response {
    let page = PasswordPage {
        frame,
        name: &seat.staff.name,
        temporary: seat.staff.password_is_temporary,
    };
    page::show(status, &page)
}

#[derive(Deserialize)]
pub(super) struct Typed {
    present: String,
    code: String,
    chosen: String,
    again: String,
}

pub(super) async fn send(
    State(desk): State<Desk>,
    from: CallerAddress,
    sent: Sent<Seat, Typed>,
) -> Response {
    let (seat, typed) = (&sent.from, &sent.fields);
    let words = seat.visit.language.words();
    let refuse = |status, problem| {
        let frame = Frame::at(&desk, seat).with_problem(problem);
        form(frame, seat, status)
    };
    // First what can be said without looking at a secret: it costs neither a try nor a code.
    let chosen = match StaffPassword::choose(&typed.chosen, &seat.staff.name) {
        _ if typed.chosen != typed.again => Err(words.password_differs),
        _ if typed.chosen == typed.present => Err(words.password_same),
        Err(PasswordError::Length) => Err(words.password_length),
        Err(PasswordError::TooEasy) => Err(words.password_easy),
        Ok(chosen) => Ok(chosen),
    };
    let chosen = match chosen {
        Ok(chosen) => chosen,
        Err(problem) => return refuse(StatusCode::UNPROCESSABLE_ENTITY, problem),
    };
    let claim = Claim {
        name: &seat.staff.name,
        password: &typed.present,
        code: &typed.code,
        action: Action::PasswordChanged,
    };
    match prove(&desk, from, claim).await {
        Ok(Proof::Right(proven)) => change(&desk, seat, &proven, chosen).await,
        Ok(Proof::Wrong) => refuse(StatusCode::FORBIDDEN, words.password_refused),
        Ok(Proof::Wait) => refuse(StatusCode::TOO_MANY_REQUESTS, words.sign_in_waits),
        Err(error) => page::failed(&desk, seat.visit.clone(), &error),
    }
}

async fn change(desk: &Desk, seat: &Seat, proven: &StaffRow, chosen: StaffPassword) -> Response {
    let issuer = &desk.app.issuer;
    let key = CookieKey::make(desk);
    let hashing = desk.hashing.acquire().await;
    let done = issuer
        .change_own_password(proven, chosen, &key.hash())
        .await;
    drop(hashing);
    match done {
        Ok(true) => {
            let response = page::to(&format!("{PASSWORD_PAGE}?done=done"));
            page::with_cookie(response, &key.cookie(SESSION_COOKIE))
        }
        // It was changed or taken away meanwhile: the session is over.
        Ok(false) => page::to("/console/sign-in"),
        Err(error) => page::failed(desk, seat.visit.clone(), &error),
    }
}
