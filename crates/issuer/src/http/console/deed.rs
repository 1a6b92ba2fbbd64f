//! Something done to a customer's token: a form with its reason, then the deed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Desk;
use super::page::{self, Frame, in_japan};
use super::session::{Seat, Sent};
use crate::staff::{Deed, Outcome};

#[derive(Template)]
#[template(path = "console/deed.html")]
struct DeedPage<'a> {
    frame: Frame<'a>,
    heading: &'static str,
    warning: &'static str,
    word: &'static str,
    action: String,
    institution: &'a str,
    customer: &'a str,
    typed: &'a str,
}

#[derive(Template)]
#[template(path = "console/voucher.html")]
struct VoucherPage<'a> {
    frame: Frame<'a>,
    institution: &'a str,
    customer: &'a str,
    voucher: String,
    valid_from: String,
    valid_until: String,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    institution: String,
    customer: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    seat: Seat,
    Path(word): Path<String>,
    Query(typed): Query<Typed>,
) -> Response {
    match Deed::parse(&word) {
        Some(deed) if seat.staff.role.may(deed.task()) && seat.staff.is_of(&typed.institution) => {
            let frame = Frame::at(&desk, &seat);
            form(frame, deed, &typed, StatusCode::OK)
        }
        _ => page::not_allowed(&desk, &seat),
    }
}

fn form(frame: Frame<'_>, deed: Deed, typed: &Typed, status: StatusCode) -> Response {
    let word = deed.as_str();
    let page = DeedPage {
        heading: frame.words.deed(deed),
        warning: frame.words.warning(deed),
        frame,
        word,
        action: format!("/console/deed/{word}"),
        institution: &typed.institution,
        customer: &typed.customer,
        typed: &typed.reason,
    };
    page::show(status, &page)
}

pub(super) async fn send(
    State(desk): State<Desk>,
    Path(word): Path<String>,
    sent: Sent<Seat, Typed>,
) -> Response {
    let (seat, typed) = (&sent.from, &sent.fields);
    let Some(deed) = Deed::parse(&word) else {
        return page::not_allowed(&desk, seat);
    };
    let whose = (typed.institution.as_str(), typed.customer.as_str());
    let issuer = &desk.app.issuer;
    let done = issuer
        .do_at_console(&seat.staff, whose, deed, &typed.reason)
        .await;
    match done {
        Ok(Outcome::Done) => page::to(&back(typed, "done")),
        Ok(Outcome::Waits) => page::to(&back(typed, "waits")),
        Ok(Outcome::Made {
            voucher,
            valid_from,
            expires_at,
        }) => {
            let page = VoucherPage {
                frame: Frame::at(&desk, seat),
                institution: &typed.institution,
                customer: &typed.customer,
                voucher: voucher.grouped(),
                valid_from: in_japan(valid_from),
                valid_until: in_japan(expires_at),
            };
            page::show(StatusCode::OK, &page)
        }
        Err(error) => {
            let frame = Frame::at(&desk, seat);
            match page::why(frame.words, &error) {
                Some((StatusCode::FORBIDDEN, _)) => page::not_allowed(&desk, seat),
                Some((status, text)) => form(frame.with_problem(text), deed, typed, status),
                None => page::failed(&desk, seat.visit.clone(), &error),
            }
        }
    }
}

fn back(typed: &Typed, done: &str) -> String {
    let query = [
        ("institution", typed.institution.as_str()),
        ("customer", typed.customer.as_str()),
        ("done", done),
    ];
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| {
            format!(
                "{name}={}",
                askama::filters::urlencode_strict(value)
                    .map(|text| text.to_string())
                    .unwrap_or_default()
            )
        })
        .collect();
    format!("/console/customer?{}", query.join("&"))
}
