//! Running a procedure: begin, show, submit, ask the token service, settle.
//!
//! ```text
//! form ──► taken once ──► submit ──► Ask: written down ──► asked ──► answer: settled once
//!             │                                              │
//!             └ sent again: waits its turn, then is led      └ no answer: stays written down; the same
//!               to where the run stands                        question again at the customer's press
//! ```

use std::sync::Arc;

use axum::extract::{Path, State as Shared};
use axum::response::Response;
use sqlx::{Sqlite, Transaction};

use super::form::{self, Sent};
use super::reply::{Reply, finish};
use super::{At, Desk, Failure, Next, State, words};
use crate::bank::Bank;
use crate::issuer::{Answer, AskError, Assigned, Call};
use crate::rules::access::{self, Audience, Procedure};
use crate::rules::japan;
use crate::screen::{Form, Link, Notice, Screen};
use crate::session::{self, Visitor};
use crate::storage::customers;
use crate::storage::runs::{self, RunRow};
use crate::storage::sessions::{self, SessionRow};

/// `GET /procedures/{procedure}`.
pub(super) async fn begin(
    Shared(bank): Shared<Arc<Bank>>,
    mut visitor: Visitor,
    Path(procedure): Path<String>,
) -> Response {
    let outcome = begin_run(&bank, &mut visitor, &procedure).await;
    finish(&bank, &visitor, outcome).await
}

async fn begin_run(bank: &Bank, visitor: &mut Visitor, word: &str) -> Result<Reply, Failure> {
    let procedure: Procedure = word.parse().map_err(|()| Failure::NotFound)?;
    if !bank.config.style.has(procedure) {
        return Err(Failure::NotFound);
    }
    allow(procedure, visitor)?;
    if let Some(closed) = closed(bank, visitor, procedure).await? {
        return Ok(Reply::Show(Box::new(closed)));
    }
    let state = State::begin(procedure, visitor.contract_id()).ok_or(Failure::Expired)?;
    let session = visitor.session(bank).await?;
    let run = RunRow {
        id: bank.entropy.hex::<16>(),
        form_token: bank.entropy.hex::<16>(),
        state,
        typed: runs::Typed::new(),
        faults: Vec::new(),
        call: None,
    };
    let mut transaction = bank.storage.write().await?;
    runs::begin(&mut transaction, &session.id_hash, &run, bank.now()).await?;
    transaction.commit().await?;
    Ok(Reply::Go(address(procedure, &run.id)))
}

fn allow(procedure: Procedure, visitor: &Visitor) -> Result<(), Failure> {
    match procedure.audience() {
        Audience::Anybody => Ok(()),
        Audience::Customers if visitor.contract_id().is_some() => Ok(()),
        Audience::Staff if visitor.is_staff() => Ok(()),
        Audience::Customers | Audience::Staff => Err(Failure::Expired),
    }
}

/// What is said instead of beginning, where that is known before anybody has said who he is.
async fn closed(
    bank: &Bank,
    visitor: &Visitor,
    procedure: Procedure,
) -> Result<Option<Screen>, Failure> {
    let mut connection = bank.storage.read().await?;
    let usable_from = match (procedure.audience(), visitor.contract_id()) {
        (Audience::Customers, Some(contract_id)) => {
            let customer = customers::of_contract(&mut connection, contract_id).await?;
            customer
                .and_then(|customer| customer.token)
                .map(|token| token.usable_from)
        }
        (Audience::Anybody, _) if procedure == Procedure::Stop => {
            // Only the face is known yet.
            Some(bank.today(&mut connection).await?)
        }
        _ => return Ok(None),
    };
    let today = bank.today(&mut connection).await?;
    let Err(closed) = access::check(procedure, visitor.face, usable_from, today) else {
        return Ok(None);
    };
    Ok(Some(Screen {
        id: "OTP900",
        title: "ご利用いただけません",
        notice: Some(Notice {
            good: false,
            text: words::of_closed(closed, bank.config.style),
        }),
        links: match procedure.audience() {
            Audience::Customers => vec![Link::to_home()],
            Audience::Anybody | Audience::Staff => vec![Link::to_login()],
        },
        ..Screen::default()
    }))
}

fn address(procedure: Procedure, run: &str) -> String {
    format!("/procedures/{procedure}/{run}")
}

/// `GET /procedures/{procedure}/{run}`.
pub(super) async fn show(
    Shared(bank): Shared<Arc<Bank>>,
    visitor: Visitor,
    Path((procedure, run)): Path<(String, String)>,
) -> Response {
    let outcome = show_run(&bank, &visitor, &procedure, &run).await;
    finish(&bank, &visitor, outcome).await
}

async fn show_run(
    bank: &Arc<Bank>,
    visitor: &Visitor,
    procedure: &str,
    id: &str,
) -> Result<Reply, Failure> {
    let session = visitor.session.as_ref().ok_or(Failure::Expired)?;
    let run = find(bank, session, procedure, id).await?;
    let at = At {
        bank,
        face: visitor.face,
    };
    let mut screen = if run.call.is_some() {
        unanswered()
    } else {
        run.state.screen(at).await?
    };
    if let Some(form) = &mut screen.form {
        form.action = address(run.state.procedure(), &run.id);
        form.form_token.clone_from(&run.form_token);
        for field in &mut form.fields {
            if let Some(typed) = run.typed.get(field.name) {
                field.value.clone_from(typed);
            }
            let fault = run.faults.iter().find(|fault| fault.field == field.name);
            field.fault = fault.map(|fault| fault.sentence.clone());
        }
        let of_form = |fault: &&runs::Fault| fault.field.is_empty();
        bank.keyboards.show(&run.id, form, visitor.face);
        form.faults = run
            .faults
            .iter()
            .filter(of_form)
            .map(|fault| fault.sentence.clone())
            .collect();
    }
    Ok(Reply::Show(Box::new(screen)))
}

fn unanswered() -> Screen {
    Screen {
        id: "OTP901",
        title: "結果を確認しています",
        notice: Some(Notice {
            good: false,
            text: "ただいま混み合っており、結果がまだ確認できていません。二重に処理されることはありません。".to_owned(),
        }),
        lead: vec![
            "しばらくしてから「結果を確認する」を押してください。同じ内容をもう一度入力する必要はありません。".to_owned(),
        ],
        form: Some(Form::of(Vec::new(), "結果を確認する")),
        ..Screen::default()
    }
}

async fn find(
    bank: &Bank,
    session: &SessionRow,
    procedure: &str,
    id: &str,
) -> Result<RunRow, Failure> {
    let mut connection = bank.storage.read().await?;
    let run = runs::find(&mut connection, &session.id_hash, id).await?;
    run.filter(|run| run.state.procedure().as_str() == procedure)
        .ok_or(Failure::NotFound)
}

/// `POST /procedures/{procedure}/{run}`.
pub(super) async fn submit(
    Shared(bank): Shared<Arc<Bank>>,
    visitor: Visitor,
    Path((procedure, run)): Path<(String, String)>,
    sent: Sent,
) -> Response {
    // A task of its own: who closes the page, or presses twice, does not stop what is under way.
    let task = tokio::spawn(async move {
        let outcome = submit_run(&bank, &visitor, &procedure, &run, &sent).await;
        finish(&bank, &visitor, outcome).await
    });
    match task.await {
        Ok(response) => response,
        Err(_) => axum::response::IntoResponse::into_response(Failure::NotFound),
    }
}

async fn submit_run(
    bank: &Arc<Bank>,
    visitor: &Visitor,
    procedure: &str,
    id: &str,
    sent: &Sent,
) -> Result<Reply, Failure> {
    let _turn = bank.turn(id).await;
    if let Some(reply) = bank.recent_logins.find(&sent.digest(), bank.now()) {
        return Ok(reply);
    }
    let session = visitor.session.as_ref().ok_or(Failure::Expired)?;
    sent.check(session)?;
    let run = find(bank, session, procedure, id).await?;
    allow(run.state.procedure(), visitor)?;
    let at = At {
        bank,
        face: visitor.face,
    };
    let mut reply = None;
    if run.call.is_none() && session::same(sent.value("form"), &run.form_token) {
        let screen = run.state.screen(at).await?;
        let Some(form) = screen.form else {
            return Ok(Reply::Go(address(run.state.procedure(), id)));
        };
        if let Some(quit) = form.quit.filter(|_| !sent.value("quit").is_empty()) {
            let mut transaction = bank.storage.write().await?;
            runs::give_up(&mut transaction, id, &run.form_token).await?;
            transaction.commit().await?;
            return Ok(Reply::Go(quit.to_owned()));
        }
        let pressed = (bank.keyboards).press(id, &form, sent, &bank.entropy, bank.now());
        if let Some(field) = pressed {
            let token = &run.form_token;
            let typed = sent.typed(&form.fields);
            let mut transaction = bank.storage.write().await?;
            runs::take_form(&mut transaction, id, token, token, &typed).await?;
            transaction.commit().await?;
            let here = address(run.state.procedure(), id);
            return Ok(Reply::Go(format!("{here}#{field}")));
        }
        let sent = &bank.keyboards.fill(id, sent);
        let mut transaction = bank.storage.write().await?;
        let (token, typed) = (bank.entropy.hex::<16>(), sent.typed(&form.fields));
        let taken = runs::take_form(&mut transaction, id, &run.form_token, &token, &typed).await?;
        transaction.commit().await?;
        if taken {
            let next = run.state.submit(at, sent).await?;
            let mut transaction = bank.storage.write().await?;
            reply = write_next(bank, &mut transaction, Some(session), id, next).await?;
            transaction.commit().await?;
        }
    }
    // An answer may lead to another question: 利用解除 verifies a code, then ends the token.
    let mut asked = None;
    while reply.is_none() {
        let run = find(bank, session, procedure, id).await?;
        let Some(call) = run
            .call
            .as_ref()
            .filter(|call| asked.as_ref() != Some(*call))
        else {
            break;
        };
        reply = ask(bank, Some(session), &run, call).await?;
        asked = run.call;
    }
    bank.mail_waits.notify_one();
    if let Some(Reply::GoWith(to, cookies)) = &reply {
        let login = (to.clone(), cookies.clone());
        bank.recent_logins.keep(sent.digest(), login, bank.now());
    }
    Ok(reply.unwrap_or_else(|| Reply::Go(address(run.state.procedure(), id))))
}

/// Asks what was written down and settles the answer, once, whoever asked.
async fn ask(
    bank: &Arc<Bank>,
    session: Option<&SessionRow>,
    run: &RunRow,
    call: &Call,
) -> Result<Option<Reply>, Failure> {
    let answer = bank.issuer.ask(call).await;
    if answer == Err(AskError::Unsure) {
        return Ok(None);
    }
    let mut transaction = bank.storage.write().await?;
    if !runs::end_call(&mut transaction, &run.id, call).await? {
        return Ok(None);
    }
    let next = match answer {
        // What was booked here before it was asked there has to be taken back.
        Err(AskError::Refused { .. }) if matches!(call, Call::Assign(_)) => {
            let desk = desk(bank, &mut transaction).await?;
            let none = Answer::Assigned(Assigned { assigned: false });
            run.state.settle(desk, Some((call, none))).await?
        }
        Ok(answer) => {
            let desk = desk(bank, &mut transaction).await?;
            run.state.settle(desk, Some((call, answer))).await?
        }
        Err(error) => {
            tracing::error!(request_id = call.request_id(), %error, "call refused");
            Next::Again(form::whole(words::SERVICE_REFUSED))
        }
    };
    let reply = write_next(bank, &mut transaction, session, &run.id, next).await?;
    transaction.commit().await?;
    Ok(reply)
}

async fn desk<'a>(
    bank: &'a Arc<Bank>,
    transaction: &'a mut Transaction<'static, Sqlite>,
) -> Result<Desk<'a>, Failure> {
    let now = bank.business_now(transaction).await?;
    Ok(Desk {
        bank,
        connection: transaction,
        now,
        today: japan::day(now),
    })
}

async fn write_next(
    bank: &Arc<Bank>,
    transaction: &mut Transaction<'static, Sqlite>,
    session: Option<&SessionRow>,
    id: &str,
    next: Next,
) -> Result<Option<Reply>, Failure> {
    let next = match next {
        Next::Settle(state) => {
            runs::go_on(transaction, id, &state).await?;
            let desk = desk(bank, transaction).await?;
            state.settle(desk, None).await?
        }
        next => next,
    };
    match next {
        Next::Again(faults) => runs::show_faults(transaction, id, &faults).await?,
        Next::Go(state) => runs::go_on(transaction, id, &state).await?,
        Next::Back(state, faults) => {
            runs::go_on(transaction, id, &state).await?;
            runs::show_faults(transaction, id, &faults).await?;
        }
        Next::Ask(state, call) => runs::write_call(transaction, id, &state, &call).await?,
        Next::Settle(_) => return Err(Failure::WrongAnswer),
        Next::SignIn(contract_id) => {
            let session = session.ok_or(Failure::Expired)?;
            return sign_in(bank, transaction, session, Some(&contract_id)).await;
        }
        Next::SignInStaff => {
            let session = session.ok_or(Failure::Expired)?;
            return sign_in(bank, transaction, session, None).await;
        }
    }
    Ok(None)
}

/// A new session for who is known now: the old one's id may have been seen by somebody.
async fn sign_in(
    bank: &Bank,
    transaction: &mut Transaction<'static, Sqlite>,
    session: &SessionRow,
    contract_id: Option<&str>,
) -> Result<Option<Reply>, Failure> {
    let (cookie, row) = session::make(bank, contract_id, contract_id.is_none());
    sessions::end(transaction, &session.id_hash).await?;
    sessions::add(transaction, &row, bank.now()).await?;
    let to = if contract_id.is_some() {
        "/home"
    } else {
        "/staff"
    };
    let cookie = session::set_cookie(&cookie, bank.config.https);
    Ok(Some(Reply::GoWith(to.to_owned(), vec![cookie])))
}

/// Brings to an end what was asked of the service in sessions that are over.
///
/// A token may have been registered, exchanged or ended there without the bank knowing: that is asked
/// again and settled. A payment is not: nobody was told that it was accepted, and its customer may
/// have made it again since.
pub(crate) async fn settle_left_over(bank: &Arc<Bank>) -> Result<(), Failure> {
    let now = bank.now().as_secs();
    let idle_since = skts_otp::UnixTime::from_secs(now.saturating_sub(session::IDLE_SECS));
    let left_over = {
        let mut connection = bank.storage.read().await?;
        runs::left_over(&mut connection, idle_since).await?
    };
    for (session, id) in left_over {
        let _turn = bank.turn(&id).await;
        let run = {
            let mut connection = bank.storage.read().await?;
            runs::find(&mut connection, &session, &id).await?
        };
        let Some(run) = run else { continue };
        match &run.call {
            None => {}
            Some(call @ (Call::Verify(_) | Call::BeginSignature(_) | Call::VerifySignature(_))) => {
                let mut transaction = bank.storage.write().await?;
                runs::end_call(&mut transaction, &id, call).await?;
                transaction.commit().await?;
            }
            Some(call) => {
                ask(bank, None, &run, call).await?;
                bank.mail_waits.notify_one();
            }
        }
    }
    Ok(())
}
