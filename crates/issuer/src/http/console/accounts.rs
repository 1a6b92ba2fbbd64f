//! Staff accounts.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::Desk;
use super::page::{self, Frame, in_japan};
use super::session::{Seat, Sent};
use crate::rules::roles::{Role, Task};
use crate::staff::{AccountError, NewStaff, StaffPassword, subscriber_of};

#[derive(Template)]
#[template(path = "console/accounts.html")]
struct AccountsPage<'a> {
    frame: Frame<'a>,
    accounts: Vec<Account>,
    roles: [Role; 5],
    password: Option<String>,
}

struct Account {
    name: String,
    role: &'static str,
    institution: String,
    state: &'static str,
    since: String,
}

#[derive(Deserialize)]
pub(super) struct Noted {
    #[serde(default)]
    done: String,
}

pub(super) async fn show(
    State(desk): State<Desk>,
    seat: Seat,
    Query(noted): Query<Noted>,
) -> Response {
    let done = noted.done == "done";
    let notice = done.then_some(seat.visit.language.words().done);
    page_of(&desk, &seat, notice, None, None).await
}

async fn page_of(
    desk: &Desk,
    seat: &Seat,
    notice: Option<&'static str>,
    problem: Option<&'static str>,
    password: Option<String>,
) -> Response {
    if !may(seat) {
        return page::not_allowed(desk, seat);
    }
    let accounts = match desk.app.issuer.staff_accounts().await {
        Ok(accounts) => accounts,
        Err(error) => return page::failed(desk, seat.visit.clone(), &error),
    };
    let mut frame = Frame::at(desk, seat).noting(notice);
    frame.problem = problem;
    let words = frame.words;
    let accounts = accounts.into_iter().map(|account| Account {
        role: account
            .role
            .parse()
            .map_or(account.role, |role| words.role(&role)),
        institution: match account.institution_id {
            Some(id) => id,
            None => words.every_institution.to_owned(),
        },
        state: if account.disabled {
            words.disabled
        } else {
            words.enabled
        },
        since: in_japan(account.created_at),
        name: account.name,
    });
    let page = AccountsPage {
        frame,
        accounts: accounts.collect(),
        roles: Role::ALL,
        password,
    };
    let status = match problem {
        None => StatusCode::OK,
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    page::show(status, &page)
}

/// Accounts are made for the whole service only: who could add one elsewhere could add any.
fn may(seat: &Seat) -> bool {
    seat.staff.role.may(Task::ManageStaff) && seat.staff.institution_id.is_none()
}

#[derive(Deserialize)]
pub(super) struct Added {
    name: String,
    role: String,
    institution: String,
}

pub(super) async fn add(State(desk): State<Desk>, sent: Sent<Seat, Added>) -> Response {
    let (seat, typed) = (&sent.from, &sent.fields);
    if !may(seat) {
        return page::not_allowed(&desk, seat);
    }
    let words = seat.visit.language.words();
    let Ok(role) = typed.role.parse() else {
        return page_of(&desk, seat, None, Some(words.account_refused), None).await;
    };
    let issuer = &desk.app.issuer;
    let (password, text) = issuer.entropy.with(|rng| StaffPassword::make(rng));
    let institution = typed.institution.trim();
    let new = NewStaff {
        name: typed.name.clone(),
        role,
        institution_id: (!institution.is_empty()).then(|| institution.to_owned()),
    };
    let actor = subscriber_of(&seat.staff.name);
    match issuer.add_staff(new, password, &actor).await {
        Ok(()) => page_of(&desk, seat, Some(words.done), None, Some(text)).await,
        Err(error) => refused(&desk, seat, &error).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Changed {
    name: String,
    /// A role, or `disabled`.
    role: String,
}

pub(super) async fn change(State(desk): State<Desk>, sent: Sent<Seat, Changed>) -> Response {
    let (seat, typed) = (&sent.from, &sent.fields);
    // Nobody changes the own account: the last admin could lock everybody out.
    if !may(seat) || typed.name == seat.staff.name {
        return page::not_allowed(&desk, seat);
    }
    let disabled = typed.role == "disabled";
    let role = typed.role.parse().ok();
    if role.is_none() && !disabled {
        let words = seat.visit.language.words();
        return page_of(&desk, seat, None, Some(words.account_refused), None).await;
    }
    let actor = subscriber_of(&seat.staff.name);
    let issuer = &desk.app.issuer;
    match issuer
        .change_staff(&typed.name, role, disabled, &actor)
        .await
    {
        Ok(()) => page::to("/console/staff?done=done"),
        Err(error) => refused(&desk, seat, &error).await,
    }
}

#[derive(Deserialize)]
pub(super) struct Shown {
    name: String,
    serial: String,
    code: String,
}

pub(super) async fn token(State(desk): State<Desk>, sent: Sent<Seat, Shown>) -> Response {
    let (seat, typed) = (&sent.from, &sent.fields);
    if !may(seat) {
        return page::not_allowed(&desk, seat);
    }
    let issuer = &desk.app.issuer;
    let done = issuer.register_staff_token(&typed.name, &typed.serial, &typed.code);
    match done.await {
        Ok(()) => page::to("/console/staff?done=done"),
        Err(error) => refused(&desk, seat, &error).await,
    }
}

async fn refused(desk: &Desk, seat: &Seat, error: &AccountError) -> Response {
    let words = seat.visit.language.words();
    let problem = match error {
        AccountError::Name
        | AccountError::Taken
        | AccountError::Nothing
        | AccountError::NoInstitution
        | AccountError::Password(_) => words.account_refused,
        AccountError::Token { .. } => words.token_refused,
        AccountError::Hash | AccountError::Failed | AccountError::Storage(_) => {
            return page::failed(desk, seat.visit.clone(), error);
        }
    };
    page_of(desk, seat, None, Some(problem), None).await
}
