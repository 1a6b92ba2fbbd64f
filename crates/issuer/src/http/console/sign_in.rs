//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

use super::Desk;
use super::page::{self, Frame};
use super::proof::{CallerAddress, Claim, Proof, prove};
use super::session::{self, CookieKey, ENTRY_COOKIE, Entry, SESSION_COOKIE, Seat, Sent, Visit};
use crate::audit::{Action, Entry as AuditLine};
use crate::staff::{STAFF_INSTITUTION, subscriber_of};
use crate::storage::staff::StaffRow;
use crate::storage::{StorageError, audit, staff};

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
}

pub(super) async fn show(State(desk): State<Desk>, visit: Visit) -> Response {
    let key = CookieKey::make(&desk);
    let frame = Frame::of(&desk, &visit).under(&key);
    let response = page::show(StatusCode::OK, &SignInPage { frame });
    page::with_cookie(response, &key.cookie(ENTRY_COOKIE))
}

#[derive(Deserialize)]
pub(super) struct Typed {
    name: String,
    password: String,
    code: String,
}

pub(super) async fn send(
    State(desk): State<Desk>,
    from: CallerAddress,
    sent: Sent<Entry, Typed>,
) -> Response {
    let Sent {
        from: entry,
        fields: typed,
    } = sent;
    let claim = Claim {
        name: &typed.name,
        password: &typed.password,
        code: &typed.code,
        action: Action::SignIn,
    };
    let proof = match prove(&desk, from, claim).await {
        Ok(Proof::Right(staff)) => match enter(&desk, &staff).await {
            Ok(Some(key)) => {
                let response = page::with_cookie(page::to("/console"), &key.cookie(SESSION_COOKIE));
                return page::with_cookie(response, &session::without(ENTRY_COOKIE));
            }
            Ok(None) => Ok(Proof::Wrong),
            Err(error) => Err(error),
        },
        other => other,
    };
    match proof {
        Ok(Proof::Wait) => again(&desk, &entry, StatusCode::TOO_MANY_REQUESTS, |w| {
            w.sign_in_waits
        }),
        Ok(_) => again(&desk, &entry, StatusCode::FORBIDDEN, |w| w.sign_in_refused),
        Err(error) => page::failed(&desk, entry.visit, &error),
    }
}

fn again(
    desk: &Desk,
    from: &Entry,
    status: StatusCode,
    problem: fn(&super::words::Words) -> &'static str,
) -> Response {
    let frame = Frame::of(desk, &from.visit).under(&from.key);
    let problem = problem(frame.words);
    let frame = frame.with_problem(problem);
    page::show(status, &SignInPage { frame })
}

/// A session with a secret of its own: none that the browser brought along. None if the account
/// changed since it was proven.
async fn enter(desk: &Desk, staff: &StaffRow) -> Result<Option<CookieKey>, StorageError> {
    let issuer = &desk.app.issuer;
    let key = CookieKey::make(desk);
    let hash = &key.hash();
    let now = issuer.now();
    let actor = &subscriber_of(&staff.name);
    let begun = issuer
        .storage
        .change("staff", |mut transaction| async move {
            let connection = &mut transaction;
            let done = async {
                let begun = staff::begin_session(connection, hash, staff, now).await?;
                let outcome = if begun { "accepted" } else { "rejected" };
                let entry = AuditLine {
                    subscriber_ref: Some(actor),
                    ..AuditLine::of(now, STAFF_INSTITUTION, actor, Action::SignIn, outcome)
                };
                audit::write(connection, &entry).await?;
                Ok::<_, StorageError>(begun)
            };
            let done = done.await;
            (transaction, done)
        })
        .await?;
    Ok(begun.then_some(key))
}

#[derive(Deserialize)]
pub(super) struct Nothing {}

pub(super) async fn leave(
    State(desk): State<Desk>,
    _: HeaderMap,
    sent: Sent<Seat, Nothing>,
) -> Response {
    let issuer = &desk.app.issuer;
    let seat = &sent.from;
    let actor = &subscriber_of(&seat.staff.name);
    let now = issuer.now();
    let done = issuer
        .storage
        .change("staff", |mut transaction| async move {
            let connection = &mut transaction;
            let done = async {
                staff::end_session(connection, &seat.key.hash()).await?;
                let entry = AuditLine::of(now, STAFF_INSTITUTION, actor, Action::SignOut, "done");
                audit::write(connection, &entry).await
            };
            let done = done.await;
            (transaction, done)
        })
        .await;
    match done {
        Ok(()) => {
            let out = page::to("/console/sign-in");
            page::with_cookie(out, &session::without(SESSION_COOKIE))
        }
        Err(error) => page::failed(&desk, seat.visit.clone(), &error),
    }
}
