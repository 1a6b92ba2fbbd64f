//! 限度額変更: the customer's own limit a day.

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent};
use super::{At, Desk, Failure, Next, State, identify};
use crate::issuer::Answer;
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers;

const TITLE: &str = "限度額変更";
const TRAIL: &[&str] = &["限度額の入力", "内容の確認", "処理結果"];

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enter { contract_id: String },
    Confirm { contract_id: String, limit_yen: i64 },
    Done { receipt: i64 },
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
                Screen {
                    id: "LMT001",
                    title: TITLE,
                    trail: TRAIL,
                    lead: vec!["新しい限度額を入力し、「次へ」を押してください。".to_owned()],
                    tables: vec![Table::of(
                        "現在の設定",
                        vec![("1日の限度額", japan::yen(customer.daily_limit_yen))],
                    )],
                    form: Some(Form::of(
                        vec![Field::digits(
                            "limit",
                            "1日の限度額（円）",
                            "0円から10,000,000円まで、10,000円単位",
                        )],
                        "次へ",
                    )),
                    links: vec![Link::to_home()],
                    help: &["振込とPay-easyを合わせた、1日のお取引の限度額です。"],
                    ..Screen::default()
                }
            }
            Self::Confirm {
                contract_id,
                limit_yen,
            } => {
                let customer = identify::customer(at, contract_id).await?;
                Screen {
                    id: "LMT002",
                    title: TITLE,
                    trail: TRAIL,
                    at: 1,
                    lead: vec![
                        "内容を確認し、トークンに表示されているワンタイムパスワードを入力して「変更する」を押してください。".to_owned(),
                    ],
                    tables: vec![Table::of(
                        "変更内容",
                        vec![
                            ("変更後の限度額", japan::yen(*limit_yen)),
                            ("変更前の限度額", japan::yen(customer.daily_limit_yen)),
                        ],
                    )],
                    form: Some(customer::confirmation("変更する")),
                    links: vec![Link::to_home()],
                    help: &["ワンタイムパスワードは、資金移動用パスワードの代わりに入力します。"],
..Screen::default()
                }
            }
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "LMT003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "限度額を変更しました。",
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
                let Some(limit_yen) = reading.take("limit", entries::daily_limit_yen) else {
                    return Ok(Next::Again(reading.faults()));
                };
                Ok(Next::Go(State::Limit(Self::Confirm {
                    contract_id: contract_id.clone(),
                    limit_yen,
                })))
            }
            Self::Confirm { contract_id, .. } => {
                customer::confirm(at, sent, contract_id, State::Limit(self.clone())).await
            }
            Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        let Self::Confirm {
            contract_id,
            limit_yen,
        } = self
        else {
            return Err(Failure::WrongAnswer);
        };
        let customer = match customer::confirmed(&mut desk, contract_id, answer).await? {
            Ok(customer) => customer,
            Err(next) => return Ok(next),
        };
        customers::change_limit(desk.connection, contract_id, *limit_yen).await?;
        let tables = vec![Table::of_change(vec![(
            "1日の限度額",
            japan::yen(*limit_yen),
            japan::yen(customer.daily_limit_yen),
        )])];
        let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
        Ok(Next::Go(State::Limit(Self::Done { receipt })))
    }
}
