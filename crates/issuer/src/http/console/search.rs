//! Finding a customer, by the bank's own name for him or by a serial.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use skts_otp::SerialNumber;

use super::Desk;
use super::page::{self, Frame};
use super::session::Seat;
use super::words::Language;
use crate::rules::roles::Task;
use crate::staff::STAFF_INSTITUTION;
use crate::storage::institutions::InstitutionRow;
use crate::storage::{Connection, StorageError, console, institutions};

#[derive(Template)]
#[template(path = "console/search.html")]
struct SearchPage<'a> {
    frame: Frame<'a>,
    institutions: Vec<Choice>,
    chosen: &'a str,
    asked: &'a str,
    searched: bool,
    found: Vec<Found>,
}

pub(super) struct Choice {
    id: String,
    name: String,
}

struct Found {
    serial: String,
    customer: Option<String>,
    state: &'static str,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    institution: String,
    #[serde(default)]
    q: String,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    seat: Seat,
    Query(asked): Query<Asked>,
) -> Response {
    let chosen = asked.institution.as_str();
    let elsewhere = !chosen.is_empty() && !seat.staff.is_of(chosen);
    if !seat.staff.role.may(Task::Find) || elsewhere {
        return page::not_allowed(&desk, &seat);
    }
    match found(&desk, &seat, &asked).await {
        Ok((institutions, found)) => {
            let page = SearchPage {
                frame: Frame::at(&desk, &seat),
                institutions,
                chosen,
                asked: asked.q.trim(),
                searched: !asked.q.trim().is_empty() && !chosen.is_empty(),
                found,
            };
            page::show(StatusCode::OK, &page)
        }
        Err(error) => page::failed(&desk, seat.visit, &error),
    }
}

async fn found(
    desk: &Desk,
    seat: &Seat,
    asked: &Asked,
) -> Result<(Vec<Choice>, Vec<Found>), StorageError> {
    let issuer = &desk.app.issuer;
    let mut connection = issuer.storage.read().await?;
    let language = seat.visit.language;
    let institutions = choices(&mut connection, seat, language).await?;
    let typed = asked.q.trim();
    if typed.is_empty() {
        return Ok((institutions, Vec::new()));
    }
    let serial = SerialNumber::parse(typed).ok();
    let serial = serial.as_ref().map(SerialNumber::as_str);
    let lines = console::lines(&mut connection, &asked.institution, Some(typed), serial).await?;
    let words = language.words();
    let found = lines.into_iter().map(|line| Found {
        state: words.token_state(line.state_at(issuer.now())),
        serial: line.serial,
        customer: line.subscriber_ref,
    });
    Ok((institutions, found.collect()))
}

/// Whose customers this member of the staff sees. The staff's own tokens are no customers'.
async fn choices(
    connection: &mut Connection,
    seat: &Seat,
    language: Language,
) -> Result<Vec<Choice>, StorageError> {
    let rows = institutions::all(connection).await?;
    Ok(rows
        .into_iter()
        .filter(|row| row.id != STAFF_INSTITUTION && seat.staff.is_of(&row.id))
        .map(|row| Choice {
            name: name_of(&row, language),
            id: row.id,
        })
        .collect())
}

pub(super) fn name_of(row: &InstitutionRow, language: Language) -> String {
    match language {
        Language::Japanese => row.name.ja.clone(),
        Language::English => row.name.en.clone(),
    }
}
