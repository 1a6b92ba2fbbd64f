//! What every page has: words, menu, forms; and how a page goes out.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use chrono::{DateTime, FixedOffset};
use skts_otp::UnixTime;

use super::Desk;
use super::session::{CookieKey, Seat, Visit};
use super::words::Words;
use crate::rules::roles::Task;
use crate::staff::DeedError;

/// What stands around every page.
pub(super) struct Frame<'a> {
    pub(super) words: &'static Words,
    pub(super) language: super::words::Language,
    pub(super) address: &'a str,
    pub(super) seat: Option<&'a Seat>,
    key: Option<&'a CookieKey>,
    nonce: [u8; 16],
    pub(super) notice: Option<&'static str>,
    pub(super) problem: Option<&'static str>,
}

/// A line of the menu.
pub(super) struct MenuEntry {
    pub(super) href: &'static str,
    pub(super) text: &'static str,
    pub(super) here: bool,
}

/// The pages of the menu and the task each is for.
pub(super) const MENU: [(&str, Task); 4] = [
    ("/console/search", Task::Find),
    ("/console/approvals", Task::Approve),
    ("/console/audit", Task::ReadAudit),
    ("/console/staff", Task::ManageStaff),
];

impl<'a> Frame<'a> {
    /// Of a page for anybody.
    pub(super) fn of(desk: &Desk, visit: &'a Visit) -> Self {
        let nonce = desk.app.issuer.entropy.with(|rng| {
            let mut nonce = [0; 16];
            rng.fill_bytes(&mut nonce);
            nonce
        });
        Self {
            words: visit.language.words(),
            language: visit.language,
            address: &visit.address,
            seat: None,
            key: None,
            nonce,
            notice: None,
            problem: None,
        }
    }

    /// Of a page for somebody who signed in.
    pub(super) fn at(desk: &Desk, seat: &'a Seat) -> Self {
        Self {
            seat: Some(seat),
            key: Some(&seat.key),
            ..Self::of(desk, &seat.visit)
        }
    }

    /// The same, with forms under this key.
    pub(super) fn under(mut self, key: &'a CookieKey) -> Self {
        self.key = Some(key);
        self
    }

    pub(super) fn noting(mut self, notice: Option<&'static str>) -> Self {
        self.notice = notice;
        self
    }

    pub(super) fn with_problem(mut self, problem: &'static str) -> Self {
        self.problem = Some(problem);
        self
    }

    /// What a form to `address` carries. All forms of a page share a nonce: one of them is sent.
    pub(super) fn token(&self, address: &str) -> String {
        self.key
            .map(|key| key.form(address, &self.nonce))
            .unwrap_or_default()
    }

    pub(super) fn menu(&self) -> Vec<MenuEntry> {
        let Some(seat) = self.seat else {
            return Vec::new();
        };
        MENU.into_iter()
            .filter(|(_, task)| seat.staff.role.may(*task))
            .map(|(href, task)| MenuEntry {
                href,
                text: match task {
                    Task::Approve => self.words.approvals,
                    Task::ReadAudit => self.words.audit,
                    Task::ManageStaff => self.words.accounts,
                    _ => self.words.find,
                },
                here: self.address.starts_with(href),
            })
            .collect()
    }
}

/// A page on its way out.
pub(super) fn show(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

#[derive(Template)]
#[template(path = "console/message.html")]
struct Message<'a> {
    frame: &'a Frame<'a>,
    heading: &'static str,
    text: &'static str,
}

/// A page that says one thing.
pub(super) fn message(frame: &Frame<'_>, status: StatusCode, text: &'static str) -> Response {
    let heading = frame.words.error;
    show(
        status,
        &Message {
            frame,
            heading,
            text,
        },
    )
}

/// The service failed: the log says why, the page does not.
pub(super) fn failed(desk: &Desk, visit: Visit, error: &dyn std::fmt::Display) -> Response {
    tracing::error!(%error, "a page of the console failed");
    let frame = Frame::of(desk, &visit);
    let text = frame.words.failed;
    message(&frame, StatusCode::SERVICE_UNAVAILABLE, text)
}

/// Not for this role, or not for this institution.
pub(super) fn not_allowed(desk: &Desk, seat: &Seat) -> Response {
    let frame = Frame::at(desk, seat);
    let text = frame.words.not_allowed;
    message(&frame, StatusCode::FORBIDDEN, text)
}

/// Why a deed was not done, in words; none if the service failed.
pub(super) fn why(words: &Words, error: &DeedError) -> Option<(StatusCode, &'static str)> {
    match error {
        DeedError::NotAllowed => Some((StatusCode::FORBIDDEN, words.not_allowed)),
        DeedError::Reason => Some((StatusCode::UNPROCESSABLE_ENTITY, words.reason_needed)),
        DeedError::NoWay => Some((StatusCode::CONFLICT, words.no_way)),
        DeedError::Already => Some((StatusCode::CONFLICT, words.already)),
        DeedError::Storage(_) => None,
    }
}

/// To another page, by GET.
pub(super) fn to(address: &str) -> Response {
    Redirect::to(address).into_response()
}

/// The same answer with a cookie more.
pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    if let Ok(value) = cookie.parse() {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// A time as staff in Japan read it: `2026-11-21 13:05`.
pub(super) fn in_japan(time: UnixTime) -> String {
    const AHEAD_SECS: i32 = 9 * 3600;
    let secs = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    match (
        DateTime::from_timestamp(secs, 0),
        FixedOffset::east_opt(AHEAD_SECS),
    ) {
        (Some(time), Some(japan)) => time
            .with_timezone(&japan)
            .format("%Y-%m-%d %H:%M")
            .to_string(),
        _ => String::new(),
    }
}
