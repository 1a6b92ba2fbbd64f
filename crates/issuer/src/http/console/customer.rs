//! One customer: where the token stands, in words, and why codes were refused lately.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use skts_otp::UnixTime;

use super::Desk;
use super::page::{self, Frame, in_japan};
use super::search::name_of;
use super::session::Seat;
use super::words::Words;
use crate::audit::{AuditEntry, AuditFilter};
use crate::rules::roles::Task;
use crate::rules::token::RENEWAL_SECS;
use crate::staff::Deed;
use crate::storage::tokens::TokenRow;
use crate::storage::{StorageError, audit, console, institutions, tokens, vouchers};

#[derive(Template)]
#[template(path = "console/customer.html")]
struct CustomerPage<'a> {
    frame: Frame<'a>,
    institution: &'a str,
    institution_name: String,
    customer: &'a str,
    now: Option<Now>,
    tokens: Vec<Line>,
    lately: Vec<Lately>,
}

/// The token the customer has now, or had last.
struct Now {
    state: &'static str,
    meaning: &'static str,
    waits_until: Option<String>,
    resync_asked: bool,
    reported: Option<&'static str>,
    renewable: bool,
    deeds: Vec<Offered>,
}

struct Offered {
    word: &'static str,
    text: &'static str,
}

struct Line {
    serial: String,
    kind: &'static str,
    device: String,
    level: &'static str,
    state: &'static str,
    registered: String,
    expires: String,
}

/// An entry of the trail, in words.
pub(super) struct Lately {
    pub(super) id: u64,
    pub(super) at: String,
    pub(super) institution: String,
    pub(super) actor: String,
    pub(super) action: String,
    pub(super) outcome: String,
    pub(super) customer: String,
    pub(super) serial: String,
    pub(super) detail: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    pub(super) institution: String,
    pub(super) customer: String,
    #[serde(default)]
    done: String,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    seat: Seat,
    Query(asked): Query<Asked>,
) -> Response {
    if !seat.staff.role.may(Task::Find) || !seat.staff.is_of(&asked.institution) {
        return page::not_allowed(&desk, &seat);
    }
    match of(&desk, &seat, &asked).await {
        Ok(page) => page::show(StatusCode::OK, &page),
        Err(error) => page::failed(&desk, seat.visit, &error),
    }
}

async fn of<'a>(
    desk: &Desk,
    seat: &'a Seat,
    asked: &'a Asked,
) -> Result<CustomerPage<'a>, StorageError> {
    const MOST: u64 = 20;
    let issuer = &desk.app.issuer;
    let time = issuer.now();
    let (institution, customer) = (asked.institution.as_str(), asked.customer.as_str());
    let frame = Frame::at(desk, seat);
    let words = frame.words;
    let mut connection = issuer.storage.read().await?;
    let row = institutions::by_id(&mut connection, institution).await?;
    let token = tokens::of_subscriber(&mut connection, institution, customer).await?;
    let now = match &token {
        Some(token) => {
            let asked = vouchers::resync_is_asked(&mut connection, &token.serial, time).await?;
            Some(now(words, seat, token, asked, time))
        }
        None => None,
    };
    let lines = console::lines(&mut connection, institution, Some(customer), None).await?;
    let filter = AuditFilter {
        institution_id: Some(institution.to_owned()),
        subscriber_ref: Some(customer.to_owned()),
        serial: None,
        most: MOST,
    };
    let entries = audit::last_of(&mut connection, &filter).await?;
    let notice = match asked.done.as_str() {
        "done" => Some(words.done),
        "waits" => Some(words.waits),
        _ => None,
    };
    Ok(CustomerPage {
        frame: frame.noting(notice),
        institution,
        institution_name: row
            .map(|row| name_of(&row, seat.visit.language))
            .unwrap_or_default(),
        customer,
        now,
        tokens: lines
            .into_iter()
            .map(|line| Line {
                kind: words.token_kind(line.kind),
                state: words.token_state(line.state_at(time)),
                level: words.level(line.kind, line.level),
                registered: line.registered_at.map(in_japan).unwrap_or_default(),
                expires: in_japan(line.expires_at),
                serial: line.serial,
                device: line.device_label,
            })
            .collect(),
        lately: entries
            .into_iter()
            .rev()
            .map(|entry| in_words(words, entry))
            .collect(),
    })
}

fn now(words: &Words, seat: &Seat, token: &TokenRow, resync_asked: bool, time: UnixTime) -> Now {
    let state = token.state_at(time);
    let offered = |deed: &Deed| seat.staff.role.may(deed.task()) && deed.fits_token(token, time);
    let waits = token.not_before.filter(|not_before| time < *not_before);
    Now {
        state: words.token_state(state),
        meaning: match token.copy_suspected && !state.is_final() {
            true => words.copy_suspected,
            false => words.meaning(state),
        },
        waits_until: waits.filter(|_| !state.is_final()).map(in_japan),
        resync_asked,
        reported: token.reported.as_deref().map(|fault| words.fault(fault)),
        renewable: !state.is_final() && token.expires_at <= time.saturating_add_secs(RENEWAL_SECS),
        deeds: Deed::ALL
            .into_iter()
            .filter(offered)
            .map(|deed| Offered {
                word: deed.as_str(),
                text: words.deed(deed),
            })
            .collect(),
    }
}

pub(super) fn in_words(words: &Words, entry: AuditEntry) -> Lately {
    Lately {
        id: entry.id,
        at: in_japan(entry.at),
        institution: entry.institution_id,
        actor: words.actor(&entry.actor).to_owned(),
        action: words.action_named(&entry.action).to_owned(),
        outcome: words.outcome(&entry.outcome).to_owned(),
        customer: entry.subscriber_ref.unwrap_or_default(),
        serial: entry.serial.unwrap_or_default(),
        detail: entry.detail.unwrap_or_default(),
    }
}
