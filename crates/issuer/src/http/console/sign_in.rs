//! Signing in: name, password, then a code of one's own token. The code is looked at only after the
//! password was right; whatever is wrong, the answer and the work are the same.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::PoisonError;

use askama::Template;
use axum::extract::{ConnectInfo, Extension, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use skts_provisioning::wire::rp::RpVerdict;

use super::Desk;
use super::page::{self, Frame};
use super::session::{self, CookieKey, ENTRY_COOKIE, Entry, SESSION_COOKIE, Seat, Sent, Visit};
use crate::audit::{Action, Entry as AuditLine};
use crate::http::verify_for_staff;
use crate::rules::roles::is_staff_name;
use crate::staff::{STAFF_INSTITUTION, StaffPassword, subscriber_of};
use crate::storage::staff::StaffRow;
use crate::storage::{Connection, StorageError, audit, calls, staff};

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

/// How an attempt ended.
enum Attempt {
    Right(StaffRow),
    Wrong,
    Wait,
}

pub(super) async fn send(
    State(desk): State<Desk>,
    from: Option<Extension<ConnectInfo<SocketAddr>>>,
    sent: Sent<Entry, Typed>,
) -> Response {
    let address = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |from| from.0.0.ip());
    let now = desk.app.issuer.now();
    let allowed = {
        let mut limits = desk.sign_ins.lock().unwrap_or_else(PoisonError::into_inner);
        limits.take(address, now).is_ok()
    };
    let Sent { from, fields } = sent;
    let attempt = match allowed {
        true => attempt(&desk, fields).await,
        false => Ok(Attempt::Wait),
    };
    match attempt {
        Ok(Attempt::Right(staff)) => match enter(&desk, &staff).await {
            Ok(key) => {
                let response = page::with_cookie(page::to("/console"), &key.cookie(SESSION_COOKIE));
                page::with_cookie(response, &session::without(ENTRY_COOKIE))
            }
            Err(error) => page::failed(&desk, from.visit, &error),
        },
        Ok(Attempt::Wrong) => again(&desk, &from, StatusCode::FORBIDDEN, |w| w.sign_in_refused),
        Ok(Attempt::Wait) => again(&desk, &from, StatusCode::TOO_MANY_REQUESTS, |w| {
            w.sign_in_waits
        }),
        Err(error) => page::failed(&desk, from.visit, &error),
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

async fn attempt(desk: &Desk, typed: Typed) -> Result<Attempt, StorageError> {
    let issuer = &desk.app.issuer;
    // A password typed into the wrong field must not stand anywhere.
    let tries = format!(
        "sign-in:{}",
        hex::encode(Sha256::digest(typed.name.as_bytes()))
    );
    if !take_try(desk, &tries).await? {
        return Ok(Attempt::Wait);
    }
    let found = {
        let mut connection = issuer.storage.read().await?;
        staff::by_name(&mut connection, &typed.name).await?
    };
    let found = found.filter(|staff| is_staff_name(&staff.name) && !staff.disabled);
    let hash = found.as_ref().map(|staff| staff.password_hash.clone());
    let password = StaffPassword::typed(&typed.password);
    let hashing = desk.hashing.acquire().await;
    let right = tokio::task::spawn_blocking(move || password.fits(hash.as_deref()))
        .await
        .unwrap_or(false);
    drop(hashing);
    let verdict = match &found {
        Some(staff) if right => {
            let subscriber = subscriber_of(&staff.name);
            let verdict = verify_for_staff(&desk.app, &subscriber, &typed.code).await;
            verdict.unwrap_or(RpVerdict::Unknown)
        }
        _ => RpVerdict::Rejected,
    };
    let accepted = verdict == RpVerdict::Accepted;
    let (tries, found_name) = (&tries, found.as_ref().map(|staff| staff.name.as_str()));
    issuer
        .storage
        .change(tries, |mut transaction| async move {
            let done = write_down(desk, &mut transaction, tries, found_name, accepted).await;
            (transaction, done)
        })
        .await?;
    tracing::info!(accepted, "sign-in at the console");
    Ok(match found {
        Some(staff) if accepted => Attempt::Right(staff),
        _ => Attempt::Wrong,
    })
}

/// Counts a try before it is looked at, so that many at once overtake no wait. False while there is
/// one.
async fn take_try(desk: &Desk, tries: &str) -> Result<bool, StorageError> {
    let issuer = &desk.app.issuer;
    let now = issuer.now();
    issuer
        .storage
        .change(tries, |mut transaction| async move {
            let connection = &mut transaction;
            let done = async {
                let open = calls::may_register(connection, STAFF_INSTITUTION, tries, now).await?;
                if open {
                    calls::count_registration_failure(connection, STAFF_INSTITUTION, tries, now)
                        .await?;
                }
                Ok(open)
            };
            let done = done.await;
            (transaction, done)
        })
        .await
}

async fn write_down(
    desk: &Desk,
    connection: &mut Connection,
    tries: &str,
    name: Option<&str>,
    accepted: bool,
) -> Result<(), StorageError> {
    if accepted {
        calls::clear_registration_failures(connection, STAFF_INSTITUTION, tries).await?;
    }
    let subject = name.map(subscriber_of);
    let outcome = if accepted { "accepted" } else { "rejected" };
    let actor = subject.as_deref().unwrap_or("staff");
    let now = desk.app.issuer.now();
    let entry = AuditLine {
        subscriber_ref: subject.as_deref(),
        ..AuditLine::of(now, STAFF_INSTITUTION, actor, Action::SignIn, outcome)
    };
    audit::write(connection, &entry).await
}

/// A session with a secret of its own: none that the browser brought along.
async fn enter(desk: &Desk, staff: &StaffRow) -> Result<CookieKey, StorageError> {
    let issuer = &desk.app.issuer;
    let key = CookieKey::make(desk);
    let hash = &key.hash();
    let now = issuer.now();
    issuer
        .storage
        .change("staff", |mut transaction| async move {
            let done = staff::begin_session(&mut transaction, hash, &staff.name, now).await;
            (transaction, done)
        })
        .await?;
    Ok(key)
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
