//! The staff's pages: plain HTML without scripts, on an address of their own.
//!
//! ```text
//! GET  a page            reads
//! POST a form            session, form's own mark (once), then staff/ decides: role, institution, reason
//!      └── 303 ── GET    so that "reload" does nothing twice; what is shown once is the answer itself
//! ```

mod accounts;
mod approvals;
mod customer;
mod deed;
mod page;
mod password;
mod proof;
mod search;
mod session;
mod sign_in;
mod trail;
mod words;

use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Query};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

use self::page::Frame;
use self::session::{LANGUAGE_COOKIE, Seat, Visit};
use self::words::Language;
use super::App;
use super::limits::LONGEST_CALL;
use crate::issuer::Issuer;
use crate::rules::allowance::{Allowance, CallLimits};
use crate::storage::VerifyWriter;

/// The largest form: a reason, twice over.
const MOST_FORM_BYTES: usize = 8 * 1024;
/// Passwords hashed at once; each takes 64 MiB.
const HASHED_AT_ONCE: usize = 2;
const SIGN_INS: Allowance = Allowance {
    burst: 20,
    per_minute: 20,
};
/// Nothing but our own style sheet and our own forms.
const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
/// Where an own password is chosen, and where whoever has a temporary one is sent.
const PASSWORD_PAGE: &str = "/console/password";
const SIGN_OUT: &str = "/console/sign-out";
const STYLE: &str = include_str!("../../../templates/console/style.css");

/// What every page works with.
#[derive(Clone, Debug)]
pub(crate) struct Desk {
    app: App,
    sign_ins: Arc<Mutex<CallLimits<IpAddr>>>,
    hashing: Arc<Semaphore>,
}

/// The console as a router, for a listener that the public does not reach. Serve it with connect info.
///
/// Needs a running tokio runtime: verdicts are written by a task of their own.
pub fn console_router(issuer: Arc<Issuer>) -> Router {
    let verify_writer = VerifyWriter::start(issuer.storage.clone());
    let desk = Desk {
        app: App {
            issuer,
            verify_writer,
        },
        sign_ins: Arc::new(Mutex::new(CallLimits::new(SIGN_INS))),
        hashing: Arc::new(Semaphore::new(HASHED_AT_ONCE)),
    };
    let always = |name: HeaderName, value| {
        SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
    };
    Router::new()
        .route("/console", get(begin))
        .route("/console/style.css", get(style))
        .route("/console/language", get(language))
        .route("/console/sign-in", get(sign_in::show).post(sign_in::send))
        .route(SIGN_OUT, post(sign_in::leave))
        .route(PASSWORD_PAGE, get(password::show).post(password::send))
        .route("/console/search", get(search::show))
        .route("/console/customer", get(customer::show))
        .route("/console/deed/{deed}", get(deed::show).post(deed::send))
        .route(
            "/console/approvals",
            get(approvals::show).post(approvals::send),
        )
        .route("/console/audit", get(trail::show).post(trail::check))
        .route("/console/staff", get(accounts::show))
        .route("/console/staff/add", post(accounts::add))
        .route("/console/staff/change", post(accounts::change))
        .route("/console/staff/token", post(accounts::token))
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            LONGEST_CALL,
        ))
        .layer(always(header::CACHE_CONTROL, "no-store"))
        .layer(always(header::CONTENT_SECURITY_POLICY, POLICY))
        .layer(always(header::REFERRER_POLICY, "no-referrer"))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::X_FRAME_OPTIONS, "DENY"))
        .with_state(desk)
}

/// To the first page of this role.
async fn begin(seat: Seat) -> Response {
    let first = page::MENU
        .into_iter()
        .find(|(_, task)| seat.staff.role.may(*task));
    page::to(first.map_or("/console/sign-in", |(href, _)| href))
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE).into_response()
}

#[derive(Deserialize)]
struct Chosen {
    #[serde(default)]
    to: String,
    #[serde(default)]
    back: String,
}

/// Sets the language and goes back to a page of the console: nowhere else.
async fn language(Query(chosen): Query<Chosen>) -> Response {
    let own = chosen.back.starts_with("/console") && chosen.back.is_ascii();
    let plain = !chosen.back.chars().any(|c| c.is_control() || c == '\\');
    let back = if own && plain {
        chosen.back.as_str()
    } else {
        "/console"
    };
    let language = Language::parse(&chosen.to).unwrap_or(Language::Japanese);
    let cookie = format!(
        "{LANGUAGE_COOKIE}={}; Path=/console; SameSite=Strict",
        language.tag()
    );
    page::with_cookie(page::to(back), &cookie)
}

async fn not_found(
    axum::extract::State(desk): axum::extract::State<Desk>,
    visit: Visit,
) -> Response {
    let frame = Frame::of(&desk, &visit);
    let text = frame.words.not_found;
    page::message(&frame, StatusCode::NOT_FOUND, text)
}
