//! The pages: one file a procedure, each a small state machine over screens.
//!
//! ```text
//! GET  /procedures/start        a run begins ── 303 ──► its own address
//! GET  /procedures/start/{run}  the step where the run stands; changes nothing
//! POST /procedures/start/{run}  the step's form ── 303 ──► the same address
//! ```
//!
//! A run belongs to one session and one tab. Its form is good for one submission; whoever sends it
//! again is led to where the run stands, which is the result of the first.

mod begin_use;
mod card;
mod counter;
mod counter_act;
mod customer;
mod demo;
mod details;
mod end_use;
mod exchange;
mod form;
mod identify;
mod issue;
mod issue_hardware;
mod issue_soft;
mod keyboard;
mod limit;
mod login;
mod notices;
mod otp;
mod paths;
mod pay_easy;
mod recent;
mod reply;
mod report;
mod runs;
mod signing;
mod staff_login;
mod start;
mod stop;
mod told;
mod transfer;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, header};
use axum::routing::{get, post};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::bank::Bank;
use crate::faces::Face;
use crate::issuer::{Answer, Call};
use crate::rules::access::Procedure;
use crate::screen::Screen;
use crate::storage::Connection;
use crate::storage::runs::Fault;
use form::Sent;

pub(crate) use keyboard::Keyboards;
pub(crate) use recent::RecentLogins;
pub(crate) use reply::Failure;
pub(crate) use runs::settle_left_over;
pub use told::NotHeard;

/// The largest form.
const MOST_BODY_BYTES: usize = 16 * 1024;

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "procedure", content = "step", rename_all = "snake_case")]
pub(crate) enum State {
    Login(login::Step),
    Start(start::Step),
    Exchange(exchange::Step),
    Stop(stop::Step),
    Transfer(transfer::Step),
    PayEasy(pay_easy::Step),
    Limit(limit::Step),
    Details(details::Step),
    Issue(issue::Step),
    IssueSoft(issue_soft::Step),
    IssueHardware(issue_hardware::Step),
    BeginUse(begin_use::Step),
    EndUse(end_use::Step),
    Report(report::Step),
    StaffLogin(staff_login::Step),
    Counter(counter::Step),
}

/// Who is at a step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) bank: &'a Arc<Bank>,
    pub(crate) face: Face,
}

/// Where a step is written down: inside the one transaction that also moves the run on.
pub(crate) struct Desk<'a> {
    pub(crate) bank: &'a Arc<Bank>,
    pub(crate) connection: &'a mut Connection,
    /// The bank's own time.
    pub(crate) now: UnixTime,
    /// The bank's own day.
    pub(crate) today: NaiveDate,
}

/// What comes of a step.
#[derive(Debug)]
pub(crate) enum Next {
    /// The same form again, with what is wrong.
    Again(Vec<Fault>),
    /// Another step.
    Go(State),
    /// Another step, with something to say about it.
    Back(State, Vec<Fault>),
    /// The token service is asked; then [`State::settle`] has its answer.
    Ask(State, Call),
    /// Nothing to ask: [`State::settle`] comes at once.
    Settle(State),
    /// The session is this customer's from now on.
    SignIn(String),
    /// The session is staff's from now on.
    SignInStaff,
}

impl State {
    fn begin(procedure: Procedure, contract_id: Option<&str>) -> Option<Self> {
        Some(match procedure {
            Procedure::Login => Self::Login(login::Step::Identify),
            Procedure::Start => Self::Start(start::Step::Identify),
            Procedure::Exchange => Self::Exchange(exchange::Step::Identify),
            Procedure::Stop => Self::Stop(stop::Step::Identify),
            Procedure::StaffLogin => Self::StaffLogin(staff_login::Step::Password),
            Procedure::Counter => Self::Counter(counter::Step::Find),
            Procedure::Transfer => Self::Transfer(transfer::Step::enter(contract_id?)),
            Procedure::PayEasy => Self::PayEasy(pay_easy::Step::enter(contract_id?)),
            Procedure::Limit => Self::Limit(limit::Step::enter(contract_id?)),
            Procedure::Details => Self::Details(details::Step::enter(contract_id?)),
            Procedure::Issue => Self::Issue(issue::Step::begin(contract_id?)),
            Procedure::BeginUse => Self::BeginUse(begin_use::Step::begin(contract_id?)),
            Procedure::EndUse => Self::EndUse(end_use::Step::begin(contract_id?)),
            Procedure::Report => Self::Report(report::Step::begin(contract_id?)),
        })
    }

    fn procedure(&self) -> Procedure {
        match self {
            Self::Login(_) => Procedure::Login,
            Self::Start(_) => Procedure::Start,
            Self::Exchange(_) => Procedure::Exchange,
            Self::Stop(_) => Procedure::Stop,
            Self::Transfer(_) => Procedure::Transfer,
            Self::PayEasy(_) => Procedure::PayEasy,
            Self::Limit(_) => Procedure::Limit,
            Self::Details(_) => Procedure::Details,
            Self::Issue(_) | Self::IssueSoft(_) | Self::IssueHardware(_) => Procedure::Issue,
            Self::BeginUse(_) => Procedure::BeginUse,
            Self::EndUse(_) => Procedure::EndUse,
            Self::Report(_) => Procedure::Report,
            Self::StaffLogin(_) => Procedure::StaffLogin,
            Self::Counter(_) => Procedure::Counter,
        }
    }

    /// The screen of the step, its form empty.
    async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        match self {
            Self::Login(step) => Ok(step.screen(at)),
            Self::Start(step) => step.screen(at).await,
            Self::Exchange(step) => step.screen(at).await,
            Self::Stop(step) => step.screen(at).await,
            Self::Transfer(step) => step.screen(at).await,
            Self::PayEasy(step) => step.screen(at).await,
            Self::Limit(step) => step.screen(at).await,
            Self::Details(step) => step.screen(at).await,
            Self::Issue(step) => Ok(step.screen(at)),
            Self::IssueSoft(step) => step.screen(at).await,
            Self::IssueHardware(step) => step.screen(at).await,
            Self::BeginUse(step) => step.screen(at).await,
            Self::EndUse(step) => step.screen(at).await,
            Self::Report(step) => step.screen(at).await,
            Self::StaffLogin(step) => Ok(step.screen()),
            Self::Counter(step) => step.screen(at).await,
        }
    }

    /// What comes of the step's form.
    async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Login(step) => step.submit(at, sent).await,
            Self::Start(step) => step.submit(at, sent).await,
            Self::Exchange(step) => step.submit(at, sent).await,
            Self::Stop(step) => step.submit(at, sent).await,
            Self::Transfer(step) => step.submit(at, sent).await,
            Self::PayEasy(step) => step.submit(at, sent).await,
            Self::Limit(step) => step.submit(at, sent).await,
            Self::Details(step) => step.submit(at, sent).await,
            Self::Issue(step) => step.submit(at, sent).await,
            Self::IssueSoft(step) => step.submit(at, sent).await,
            Self::IssueHardware(step) => step.submit(at, sent).await,
            Self::BeginUse(step) => step.submit(at, sent).await,
            Self::EndUse(step) => step.submit(at, sent).await,
            Self::Report(step) => step.submit(at, sent).await,
            Self::StaffLogin(step) => step.submit(at, sent).await,
            Self::Counter(step) => step.submit(at, sent).await,
        }
    }

    /// What comes of the service's answer; without one, of [`Next::Settle`].
    async fn settle(
        &self,
        desk: Desk<'_>,
        answer: Option<(&Call, Answer)>,
    ) -> Result<Next, Failure> {
        match (self, answer) {
            (Self::Counter(step), answer) => step.settle(desk, answer).await,
            (Self::IssueSoft(step), answer) => {
                step.settle(desk, answer.map(|(_, answer)| answer)).await
            }
            (Self::IssueHardware(step), answer) => {
                step.settle(desk, answer.map(|(_, answer)| answer)).await
            }
            (_, None) => Err(Failure::WrongAnswer),
            (Self::Login(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::Start(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::Exchange(step), Some((call, answer))) => step.settle(desk, call, answer).await,
            (Self::Stop(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::Transfer(step), Some((call, answer))) => step.settle(desk, call, answer).await,
            (Self::PayEasy(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::Limit(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::Details(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::BeginUse(step), Some((call, answer))) => step.settle(desk, call, answer).await,
            (Self::EndUse(step), Some((_, answer))) => step.settle(desk, answer).await,
            (Self::Report(step), Some((call, answer))) => step.settle(desk, call, answer).await,
            (Self::StaffLogin(_) | Self::Issue(_), Some(_)) => Err(Failure::WrongAnswer),
        }
    }
}

/// The bank's pages.
pub fn router(bank: Arc<Bank>) -> Router {
    let fixed = |name: HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let mut router = Router::new()
        .route("/", get(paths::front))
        .route("/home", get(paths::home))
        .route(otp::HERE, get(otp::show))
        .route("/logout", post(paths::logout))
        .route("/view", get(paths::view))
        .route("/staff", get(paths::staff))
        .route("/procedures/{procedure}", get(runs::begin))
        .route(
            "/procedures/{procedure}/{run}",
            get(runs::show).post(runs::submit),
        )
        .route("/static/bank.css", get(paths::bank_css))
        .route("/static/feature.css", get(paths::feature_css));
    if bank.config.inbox.is_some() {
        router = router.route("/demo/inbox", get(demo::inbox));
    }
    if bank.config.demo {
        router = router
            .route("/demo", get(demo::show).post(demo::next_day))
            .route("/demo/card", get(card::list))
            .route("/demo/card/{serial}", get(card::show).post(card::press));
    }
    let https = bank.config.https;
    let mut router = router
        .fallback(paths::not_found)
        .layer(DefaultBodyLimit::max(MOST_BODY_BYTES))
        .layer(fixed(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ))
        .layer(fixed(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(header::REFERRER_POLICY, "no-referrer"))
        .layer(fixed(
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
        .layer(fixed(
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ))
        .layer(fixed(header::CACHE_CONTROL, "no-store"));
    if https {
        router = router.layer(fixed(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"));
    }
    router.with_state(bank)
}
