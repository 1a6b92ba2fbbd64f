//! Pay-easy, 収納サービス: a bill is found by its numbers and paid once.

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::{At, Desk, Failure, Next, State, identify};
use crate::issuer::Answer;
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::accounts::{self, BillKey, BillRow};

const TITLE: &str = "Pay-easy（収納サービス）";
const TRAIL: &[&str] = &["払込番号の入力", "内容の確認", "処理結果"];
const NO_BILL: &str =
    "払込内容が見つからないか、すでにお支払い済みです。お手元の払込書の番号をお確かめください。";

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enter { contract_id: String },
    Confirm { contract_id: String, bill: BillKey },
    Done { receipt: i64 },
}

fn table(key: &BillKey, bill: &BillRow) -> Table {
    Table::of(
        "払込内容",
        vec![
            ("払込先", bill.payee.clone()),
            ("収納機関番号", key.collector.clone()),
            ("お客様番号", key.number.clone()),
            ("払込金額", japan::yen(bill.amount_yen)),
        ],
    )
}

impl Step {
    pub(super) fn enter(contract_id: &str) -> Self {
        Self::Enter {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Enter { .. } => Screen {
                id: "PAY001",
                title: TITLE,
                trail: TRAIL,
                lead: vec![
                    "払込書に記載されている番号を入力し、「次へ」を押してください。".to_owned(),
                ],
                form: Some(Form::of(
                    vec![
                        Field::digits("collector", "収納機関番号", "半角数字5桁"),
                        Field::digits("number", "お客様番号", "半角数字20桁以内"),
                        Field::digits("check_digits", "確認番号", "半角数字6桁以内"),
                    ],
                    "次へ",
                )),
                links: vec![Link::to_home()],
                help: &["払込書のPay-easyマークの近くに、3つの番号が記載されています。"],
                ..Screen::default()
            },
            Self::Confirm { bill: key, .. } => {
                let mut connection = at.bank.storage.read().await?;
                let bill = accounts::bill(&mut connection, key)
                    .await?
                    .ok_or(Failure::NotFound)?;
                Screen {
                    id: "PAY002",
                    title: TITLE,
                    trail: TRAIL,
                    at: 1,
                    lead: vec![
                        "内容を確認し、トークンに表示されているワンタイムパスワードを入力して「払込を実行する」を押してください。".to_owned(),
                    ],
                    tables: vec![table(key, &bill)],
                    form: Some(customer::confirmation("払込を実行する")),
                    links: vec![Link::to_home()],
                    help: &["ワンタイムパスワードは、資金移動用パスワードの代わりに入力します。"],
                    ..Screen::default()
                }
            }
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "PAY003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "払込を受け付けました。",
                    lead: &[],
                    to_login: false,
                };
                customer::ending(at, *receipt, ending).await?
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Enter { contract_id } => {
                let mut reading = Reading::of(sent);
                let collector = reading.take("collector", entries::collector_number);
                let number = reading.take("number", entries::bill_number);
                let check_digits = reading.take("check_digits", entries::bill_check);
                let (Some(collector), Some(number), Some(check_digits)) =
                    (collector, number, check_digits)
                else {
                    return Ok(Next::Again(reading.faults()));
                };
                let key = BillKey {
                    collector,
                    number,
                    check_digits,
                };
                let customer = identify::customer(at, contract_id).await?;
                let mut connection = at.bank.storage.read().await?;
                let bill = accounts::bill(&mut connection, &key).await?;
                let Some(bill) = bill.filter(|bill| !bill.paid) else {
                    return Ok(Next::Again(vec![fault("number", NO_BILL)]));
                };
                let amount = bill.amount_yen;
                if let Some(sentence) =
                    customer::may_send(&mut connection, at.bank, &customer, amount).await?
                {
                    return Ok(Next::Again(whole(sentence)));
                }
                Ok(Next::Go(State::PayEasy(Self::Confirm {
                    contract_id: contract_id.clone(),
                    bill: key,
                })))
            }
            Self::Confirm { contract_id, .. } => {
                customer::confirm(at, sent, contract_id, State::PayEasy(self.clone())).await
            }
            Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        let Self::Confirm { contract_id, bill } = self else {
            return Err(Failure::WrongAnswer);
        };
        let customer = match customer::confirmed(&mut desk, contract_id, answer).await? {
            Ok(customer) => customer,
            Err(next) => return Ok(next),
        };
        let Some(row) = accounts::bill(desk.connection, bill)
            .await?
            .filter(|row| !row.paid)
        else {
            return Ok(Next::Again(whole(NO_BILL)));
        };
        let tables = vec![table(bill, &row)];
        let sent = customer::send(&mut desk, &customer, TITLE, row.amount_yen, tables).await?;
        let receipt = match sent {
            Ok(receipt) => receipt,
            Err(sentence) => return Ok(Next::Again(whole(sentence))),
        };
        if !accounts::pay_bill(desk.connection, bill, desk.now).await? {
            return Err(Failure::NotFound);
        }
        Ok(Next::Go(State::PayEasy(Self::Done { receipt })))
    }
}
