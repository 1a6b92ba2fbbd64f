//! ログイン, with a code where the customer chose that.

use serde::{Deserialize, Serialize};

use super::form::{Reading, Sent};
use super::{At, Desk, Failure, Next, State, customer, identify, words};
use crate::issuer::Answer;
use crate::rules::entries;
use crate::rules::style::Style;
use crate::screen::{Field, Form, Link, Screen};

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Identify,
    Code { contract_id: String },
}

impl Step {
    pub(super) fn screen(&self, at: At<'_>) -> Screen {
        match (self, at.bank.config.style) {
            (Self::Identify, Style::Shinkumi) => Screen {
                id: "LGI001",
                title: "ログイン",
                lead: vec![
                    "契約者ID（利用者番号）、ログインパスワードを入力し、「ログイン」ボタンを押してください。".to_owned(),
                ],
                form: Some(Form::of(identify::fields(), "ログイン")),
                help: &[
                    "ワンタイムパスワードのトークン発行・利用開始・利用解除は、ログイン後の「ご利用サービスの変更」から操作してください。",
                    "トークンを紛失したときや、アプリを削除してしまったときは、ただちに窓口までご連絡ください。",
                ],
                ..Screen::default()
            },
            (Self::Identify, Style::Shinkin) => Screen {
                id: "LGI001",
                title: "ログイン",
                lead: vec![
                    "契約者ID（利用者番号）、ログインパスワードを入力し、「ログイン」ボタンを押してください。".to_owned(),
                    "ワンタイムパスワードを利用開始する場合は「利用開始」、トークンを交換する場合は「交換」、利用を中止する場合は「利用中止」を選択してください。".to_owned(),
                ],
                form: Some(Form::of(identify::fields(), "ログイン")),
                links: vec![
                    Link::new("利用開始", "/procedures/start"),
                    Link::new("交換", "/procedures/exchange"),
                    Link::new("利用中止", "/procedures/stop"),
                ],
                help: &[
                    "契約者IDとログインパスワードは、お申込時にお知らせしたものです。",
                    "トークンを紛失したときや、アプリを削除してしまったときは、ただちに窓口までご連絡ください。",
                ],
                ..Screen::default()
            },
            (Self::Code { .. }, _) => Screen {
                id: "LGI002",
                title: "ワンタイムパスワード認証",
                lead: vec![
                    "トークンに表示されているワンタイムパスワードを入力し、「ログイン」ボタンを押してください。".to_owned(),
                ],
                form: Some(Form::of(
                    vec![Field::code(
                        "ワンタイムパスワード",
                        "トークンに表示されている数字",
                    )],
                    "ログイン",
                )),
                links: vec![Link::to_login()],
                help: &["ワンタイムパスワードは時間とともに変わり、一度しか使えません。",
                    "一定回数続けて間違えると認証が停止し、ログインできなくなります。窓口までご連絡ください。停止を解除します。"],
                ..Screen::default()
            },
        }
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Identify => Ok(match identify::identify(at, sent).await? {
                Err(faults) => Next::Again(faults),
                Ok(customer) => {
                    let with_code = customer.token.is_some_and(|token| token.at_login);
                    if with_code {
                        Next::Go(State::Login(Self::Code {
                            contract_id: customer.contract_id,
                        }))
                    } else {
                        Next::SignIn(customer.contract_id)
                    }
                }
            }),
            Self::Code { contract_id } => {
                let mut reading = Reading::of(sent);
                let Some(code) = reading.take("code", entries::code) else {
                    return Ok(Next::Again(reading.faults()));
                };
                let customer = identify::customer(at, contract_id).await?;
                let call = customer::verify(at.bank, &customer, code, "login");
                Ok(Next::Ask(State::Login(self.clone()), call))
            }
        }
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        let (Self::Code { contract_id }, Answer::Verified(verified)) = (self, answer) else {
            return Err(Failure::WrongAnswer);
        };
        customer::note_lock(&mut desk, contract_id, verified.verdict).await?;
        Ok(match words::of_code(&verified) {
            None => Next::SignIn(contract_id.clone()),
            Some(fault) => Next::Again(vec![fault]),
        })
    }
}
