//! The audit trail, and whether it is whole.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Desk;
use super::customer::{Lately, in_words};
use super::page::{self, Frame};
use super::session::{Seat, Sent};
use super::words::Words;
use crate::audit::{AuditError, AuditFilter, Trail};
use crate::rules::roles::Task;
use crate::storage::audit;

#[derive(Template)]
#[template(path = "console/audit.html")]
struct TrailPage<'a> {
    frame: Frame<'a>,
    fixed_institution: Option<&'a str>,
    institution: &'a str,
    customer: &'a str,
    serial: &'a str,
    verdict: Option<String>,
    entries: Vec<Lately>,
}

#[derive(Deserialize, Default)]
pub(super) struct Asked {
    #[serde(default)]
    institution: String,
    #[serde(default)]
    customer: String,
    #[serde(default)]
    serial: String,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    seat: Seat,
    Query(asked): Query<Asked>,
) -> Response {
    page_of(&desk, &seat, &asked, None).await
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

/// Reads the whole trail: asked for, not done with every page.
pub(super) async fn check(State(desk): State<Desk>, sent: Sent<Seat, Nothing>) -> Response {
    let seat = &sent.from;
    let everywhere = seat.staff.institution_id.is_none();
    if !seat.staff.role.may(Task::ReadAudit) || !everywhere {
        return page::not_allowed(&desk, seat);
    }
    let issuer = &desk.app.issuer;
    let words = seat.visit.language.words();
    let verdict = match issuer.verify_audit(&[issuer.audit_anchor()]).await {
        Ok(trail) => whole(words, &trail),
        Err(AuditError::Storage(error)) => return page::failed(&desk, seat.visit.clone(), &error),
        Err(error) => {
            tracing::error!(%error, "the audit trail does not fit its seals");
            words.trail_broken.to_owned()
        }
    };
    page_of(&desk, seat, &Asked::default(), Some(verdict)).await
}

fn whole(words: &Words, trail: &Trail) -> String {
    format!(
        "{} ({}: {}, {}: {})",
        words.trail_whole, words.sealed, trail.sealed, words.unsealed, trail.unsealed
    )
}

async fn page_of(desk: &Desk, seat: &Seat, asked: &Asked, verdict: Option<String>) -> Response {
    const MOST: u64 = 200;
    if !seat.staff.role.may(Task::ReadAudit) {
        return page::not_allowed(desk, seat);
    }
    let fixed = seat.staff.institution_id.as_deref();
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let filter = AuditFilter {
        // One's own institution, whatever the address of the page says.
        institution_id: fixed
            .map(str::to_owned)
            .or_else(|| said(&asked.institution)),
        subscriber_ref: said(&asked.customer),
        serial: said(&asked.serial),
        most: MOST,
    };
    let entries = async {
        let mut connection = desk.app.issuer.storage.read().await?;
        audit::last_of(&mut connection, &filter).await
    };
    let entries = match entries.await {
        Ok(entries) => entries,
        Err(error) => return page::failed(desk, seat.visit.clone(), &error),
    };
    let frame = Frame::at(desk, seat);
    let words = frame.words;
    let page = TrailPage {
        frame,
        fixed_institution: fixed,
        institution: &asked.institution,
        customer: &asked.customer,
        serial: &asked.serial,
        verdict,
        entries: entries
            .into_iter()
            .rev()
            .map(|entry| in_words(words, entry))
            .collect(),
    };
    page::show(StatusCode::OK, &page)
}
