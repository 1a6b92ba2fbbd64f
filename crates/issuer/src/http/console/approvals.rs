//! What waits for a second person.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Desk;
use super::page::{self, Frame, in_japan};
use super::session::{Seat, Sent};
use crate::staff::DeedError;

#[derive(Template)]
#[template(path = "console/approvals.html")]
struct ApprovalsPage<'a> {
    frame: Frame<'a>,
    waiting: Vec<Waiting>,
}

struct Waiting {
    id: String,
    task: &'static str,
    institution: String,
    subject_label: &'static str,
    subject: String,
    reason: String,
    asked_by: String,
    asked_at: String,
    until: String,
    own: bool,
}

pub(super) async fn show(State(desk): State<Desk>, seat: Seat) -> Response {
    let waiting = match desk.app.issuer.waiting(&seat.staff).await {
        Ok(waiting) => waiting,
        Err(error) => return refused(&desk, &seat, &error),
    };
    let frame = Frame::at(&desk, &seat);
    let words = frame.words;
    let waiting = waiting
        .into_iter()
        .map(|row| {
            let unlock = row.task == "unlock";
            Waiting {
                id: hex::encode(&row.id),
                task: if unlock {
                    words.task_unlock
                } else {
                    words.task_import
                },
                subject_label: if unlock { words.customer } else { words.file },
                own: row.asked_by == seat.staff.name,
                institution: row.institution_id,
                subject: row.subject,
                reason: row.reason,
                asked_by: row.asked_by,
                asked_at: in_japan(row.asked_at),
                until: in_japan(row.expires_at),
            }
        })
        .collect();
    page::show(StatusCode::OK, &ApprovalsPage { frame, waiting })
}

#[derive(Deserialize)]
pub(super) struct Decided {
    id: String,
    decision: String,
    reason: String,
}

pub(super) async fn send(State(desk): State<Desk>, sent: Sent<Seat, Decided>) -> Response {
    let (seat, fields) = (&sent.from, &sent.fields);
    let id = hex::decode(&fields.id).unwrap_or_default();
    let approved = fields.decision == "approve";
    let decided = desk
        .app
        .issuer
        .decide(&seat.staff, &id, approved, &fields.reason)
        .await;
    match decided {
        Ok(()) => page::to("/console/approvals"),
        Err(error) => refused(&desk, seat, &error),
    }
}

fn refused(desk: &Desk, seat: &Seat, error: &DeedError) -> Response {
    let frame = Frame::at(desk, seat);
    match page::why(frame.words, error) {
        Some((status, text)) => page::message(&frame, status, text),
        None => page::failed(desk, seat.visit.clone(), error),
    }
}
