//! お客様情報変更: mail address and telephone number.

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent};
use super::{At, Desk, Failure, Next, State, identify, notices};
use crate::issuer::Answer;
use crate::rules::entries;
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers;

const TITLE: &str = "お客様情報変更";
const TRAIL: &[&str] = &["変更内容の入力", "内容の確認", "処理結果"];

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enter {
        contract_id: String,
    },
    Confirm {
        contract_id: String,
        mail: String,
        phone: String,
    },
    Done {
        receipt: i64,
    },
}

impl Step {
    pub(super) fn enter(contract_id: &str) -> Self {
        Self::Enter {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Enter { contract_id } => {
                let customer = identify::customer(at, contract_id).await?;
                let mut phone = Field::digits("phone", "電話番号", "半角数字10桁または11桁").with(customer.phone);
                phone.autocomplete = "tel-national";
                Screen {
                    id: "CST001",
                    title: TITLE,
                    trail: TRAIL,
                    lead: vec!["変更する項目を書き直し、「次へ」を押してください。".to_owned()],
                    form: Some(Form::of(
                        vec![
                            Field::mail("メールアドレス").with(customer.mail),
                            phone,
                        ],
                        "次へ",
                    )),
                    links: vec![Link::to_home()],
                    help: &["変更のお知らせは、変更前と変更後の両方のメールアドレスにお送りします。"],
                    ..Screen::default()
                }
            }
            Self::Confirm { mail, phone, .. } => Screen {
                id: "CST002",
                title: TITLE,
                trail: TRAIL,
                at: 1,
                lead: vec![
                    "内容を確認し、トークンに表示されているワンタイムパスワードを入力して「変更する」を押してください。".to_owned(),
                ],
                tables: vec![Table::of(
                    "変更後の内容",
                    vec![
                        ("メールアドレス", mail.clone()),
                        ("電話番号", phone.clone()),
                    ],
                )],
                form: Some(customer::confirmation("変更する")),
                links: vec![Link::to_home()],
                help: &["ワンタイムパスワードは、資金移動用パスワードの代わりに入力します。"],
..Screen::default()
            },
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "CST003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "お客様情報を変更しました。",
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
                let mail = reading.take("mail", entries::mail_address);
                let phone = reading.take("phone", entries::phone);
                let (Some(mail), Some(phone)) = (mail, phone) else {
                    return Ok(Next::Again(reading.faults()));
                };
                Ok(Next::Go(State::Details(Self::Confirm {
                    contract_id: contract_id.clone(),
                    mail,
                    phone,
                })))
            }
            Self::Confirm { contract_id, .. } => {
                customer::confirm(at, sent, contract_id, State::Details(self.clone())).await
            }
            Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        let Self::Confirm {
            contract_id,
            mail,
            phone,
        } = self
        else {
            return Err(Failure::WrongAnswer);
        };
        let customer = match customer::confirmed(&mut desk, contract_id, answer).await? {
            Ok(customer) => customer,
            Err(next) => return Ok(next),
        };
        customers::change_details(desk.connection, contract_id, mail, phone).await?;
        let tables = vec![Table::of_change(vec![
            ("メールアドレス", mail.clone(), customer.mail.clone()),
            ("電話番号", phone.clone(), customer.phone.clone()),
        ])];
        let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
        notices::details_changed(&mut desk, &customer, &customer.mail, receipt).await?;
        if *mail != customer.mail {
            notices::details_changed(&mut desk, &customer, mail, receipt).await?;
        }
        Ok(Next::Go(State::Details(Self::Done { receipt })))
    }
}
