//! What the procedures share once they know their customer.

use super::form::{Reading, Sent, whole};
use super::{At, Desk, Failure, Next, State, identify, notices, words};
use crate::bank::Bank;
use crate::issuer::{Answer, Call, Verdict, VerifyRequest};
use crate::rules::access::{self, Procedure};
use crate::rules::limits::{self, TooMuch};
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Notice, Screen, Table};
use crate::storage::Connection;
use crate::storage::accounts::{self, NewReceipt};
use crate::storage::customers::{self, CustomerRow};

/// The question whether a code is right.
pub(super) fn verify(bank: &Bank, customer: &CustomerRow, code: String, purpose: &str) -> Call {
    Call::Verify(VerifyRequest {
        request_id: bank.make_request_id(),
        subscriber_ref: customer.subscriber_ref.clone(),
        code,
        purpose: purpose.to_owned(),
    })
}

/// Why a payment or a change is closed to the customer now.
pub(super) async fn closed(
    at: At<'_>,
    procedure: Procedure,
    customer: &CustomerRow,
) -> Result<Option<String>, Failure> {
    let today = at.bank.today(&mut *at.bank.storage.read().await?).await?;
    let usable_from = customer.token.as_ref().map(|token| token.usable_from);
    Ok(access::check(procedure, at.face, usable_from, today)
        .err()
        .map(|closed| words::of_closed(closed, at.bank.config.style)))
}

/// The last form of a payment or a change: a code, in place of the 資金移動用パスワード.
pub(super) fn confirmation(submit: &'static str) -> Form {
    Form::of(
        vec![Field::code(
            "ワンタイムパスワード",
            "トークンに表示されている数字",
        )],
        submit,
    )
}

/// Has the code of that form verified; `state` settles the verdict.
pub(super) async fn confirm(
    at: At<'_>,
    sent: &Sent,
    contract_id: &str,
    state: State,
) -> Result<Next, Failure> {
    let mut reading = Reading::of(sent);
    let Some(code) = reading.take("code", entries::code) else {
        return Ok(Next::Again(reading.faults()));
    };
    let procedure = state.procedure();
    let customer = identify::customer(at, contract_id).await?;
    if let Some(sentence) = closed(at, procedure, &customer).await? {
        return Ok(Next::Again(whole(sentence)));
    }
    let call = verify(at.bank, &customer, code, procedure.as_str());
    Ok(Next::Ask(state, call))
}

/// The customer once his code was accepted; else what to say.
pub(super) async fn confirmed(
    desk: &mut Desk<'_>,
    contract_id: &str,
    answer: Answer,
) -> Result<Result<CustomerRow, Next>, Failure> {
    let Answer::Verified(verified) = answer else {
        return Err(Failure::WrongAnswer);
    };
    let customer = customers::of_contract(desk.connection, contract_id)
        .await?
        .ok_or(Failure::NotFound)?;
    if verified.verdict == Verdict::Locked {
        notices::locked(desk, &customer).await?;
    }
    Ok(match words::of_code(&verified) {
        None => Ok(customer),
        Some(fault) => Err(Next::Again(vec![fault])),
    })
}

/// Whether an amount may leave the account now.
pub(super) async fn may_send(
    connection: &mut Connection,
    bank: &Bank,
    customer: &CustomerRow,
    amount_yen: i64,
) -> Result<Option<String>, Failure> {
    let now = bank.business_now(connection).await?;
    let registered_at = customer
        .token
        .as_ref()
        .map_or(now, |token| token.registered_at);
    let limit = limits::daily_limit_yen(customer.daily_limit_yen, registered_at, now);
    let sent = accounts::sent_on(connection, &customer.contract_id, japan::day(now)).await?;
    let checked = limits::check(amount_yen, customer.balance_yen, limit, sent);
    Ok(checked.err().map(|too_much| match too_much {
        TooMuch::Balance => "残高が不足しています。".to_owned(),
        TooMuch::Limit { left_yen } => format!(
            "1日の限度額を超えています。本日は、あと{}までお取引いただけます。トークンの登録または交換から24時間は、限度額が{}までとなります。",
            japan::yen(left_yen),
            japan::yen(limits::AFTER_BINDING_YEN)
        ),
    }))
}

/// Sends money and writes its receipt, or says why not.
pub(super) async fn send(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    title: &'static str,
    amount_yen: i64,
    tables: Vec<Table>,
) -> Result<Result<i64, String>, Failure> {
    if let Some(sentence) = may_send(desk.connection, desk.bank, customer, amount_yen).await? {
        return Ok(Err(sentence));
    }
    if !accounts::withdraw(desk.connection, &customer.contract_id, amount_yen).await? {
        return Ok(Err("残高が不足しています。".to_owned()));
    }
    let receipt = NewReceipt {
        contract_id: &customer.contract_id,
        title,
        accepted_at: desk.now,
        day: desk.today,
        sent_yen: amount_yen,
        tables,
    };
    Ok(Ok(accounts::write_receipt(desk.connection, receipt).await?))
}

/// Tells the customer by mail, once a day, that his token was locked.
pub(super) async fn note_lock(
    desk: &mut Desk<'_>,
    contract_id: &str,
    verdict: Verdict,
) -> Result<(), Failure> {
    if verdict != Verdict::Locked {
        return Ok(());
    }
    if let Some(customer) = customers::of_contract(desk.connection, contract_id).await? {
        notices::locked(desk, &customer).await?;
    }
    Ok(())
}

/// Writes the receipt of a procedure that sends no money.
pub(super) async fn receive(
    desk: &mut Desk<'_>,
    contract_id: &str,
    title: &'static str,
    tables: Vec<Table>,
) -> Result<i64, Failure> {
    let receipt = NewReceipt {
        contract_id,
        title,
        accepted_at: desk.now,
        day: desk.today,
        sent_yen: 0,
        tables,
    };
    Ok(accounts::write_receipt(desk.connection, receipt).await?)
}

/// How a procedure's last screen looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    pub(super) id: &'static str,
    pub(super) title: &'static str,
    pub(super) trail: &'static [&'static str],
    pub(super) sentence: &'static str,
    pub(super) lead: &'static [&'static str],
    pub(super) to_login: bool,
}

/// 処理結果: receipt number, time, and what changed.
pub(super) async fn ending(at: At<'_>, number: i64, ending: Ending) -> Result<Screen, Failure> {
    let mut connection = at.bank.storage.read().await?;
    let receipt = accounts::receipt_of(&mut connection, number)
        .await?
        .ok_or(Failure::NotFound)?;
    let mut tables = vec![Table::of(
        "受付内容",
        vec![
            ("受付番号", receipt.number.to_string()),
            ("受付時刻", japan::stamp(receipt.accepted_at)),
        ],
    )];
    tables.extend(receipt.tables);
    Ok(Screen {
        id: ending.id,
        title: ending.title,
        trail: ending.trail,
        at: ending.trail.len().saturating_sub(1),
        notice: Some(Notice {
            good: true,
            text: ending.sentence.to_owned(),
        }),
        lead: ending.lead.iter().map(|text| (*text).to_owned()).collect(),
        tables,
        links: vec![if ending.to_login {
            Link::to_login()
        } else {
            Link::to_home()
        }],
        ..Screen::default()
    })
}
