//! トークン発行 of a hardware token (guide 003, ハードウェアトークンの発行): ordered on the page, sent
//! by post. Near the end of the one in use another is ordered with its code.

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, whole};
use super::{At, Desk, Failure, Next, State, identify, issue, notices, otp, words};
use crate::issuer::Answer;
use crate::rules::access::TokenKind;
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers;
use crate::storage::issued::{self, IssuedRow};

const TITLE: &str = "トークン発行";
const TRAIL: &[&str] = &[
    "ハードウェアトークン発行確認",
    "ハードウェアトークン発行完了",
];
/// Days from the order to its arrival.
const ON_THE_WAY: Days = Days::new(7);

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Confirm { contract_id: String },
    Done { receipt: i64 },
}

impl Step {
    pub(super) fn begin(contract_id: &str) -> Self {
        Self::Confirm {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Confirm { contract_id } => {
                let customer = identify::customer(at, contract_id).await?;
                let mut fields = vec![Field::confirmation_password()];
                if customer.token.is_some() {
                    fields.push(Field::code(
                        "ワンタイムパスワード",
                        "現在ご利用中のハードウェアトークンに表示されている数字",
                    ));
                }
                Screen {
                    id: "BOT030",
                    title: TITLE,
                    trail: TRAIL,
                    lead: vec![
                        "ハードウェアトークンを発行します。ご登録の住所に送付しますので、届いた後に「ワンタイムパスワード利用開始」を行ってください。".to_owned(),
                        "よろしければ、確認用パスワードを入力し、「トークンを発行する」を押してください。".to_owned(),
                    ],
                    form: Some(Form::of(fields, "トークンを発行する").with_quit(otp::HERE)),
                    links: vec![Link::new("戻る", "/procedures/issue")],
                    help: &[
                        "有効期限による再発行は、有効期限の90日前から受け付けます。その際は、ご利用中のワンタイムパスワードも入力します。",
                    ],
                    ..Screen::default()
                }
            }
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "BOT031",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "ハードウェアトークン発行申請の受付が完了しました。",
                    lead: &[
                        "ハードウェアトークンがお手元に届いた後、「ワンタイムパスワード利用開始」を行ってください。",
                    ],
                    to_login: false,
                };
                let mut screen = customer::ending(at, *receipt, ending).await?;
                screen.links = vec![Link::new("ワンタイムパスワード申請内容選択へ", otp::HERE)];
                screen
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        let Self::Confirm { contract_id } = self else {
            return Err(Failure::NotFound);
        };
        let customer = identify::customer(at, contract_id).await?;
        let mut reading = Reading::of(sent);
        let confirmation = reading.take("confirmation_password", entries::confirmation_password);
        let code = match customer.token {
            None => Some(None),
            Some(_) => reading.take("code", entries::code).map(Some),
        };
        let (Some(confirmation), Some(code)) = (confirmation, code) else {
            return Ok(Next::Again(reading.faults()));
        };
        if let Some(sentence) = issue::closed(at, contract_id, TokenKind::Hardware).await? {
            return Ok(Next::Again(whole(sentence)));
        }
        if let Some(fault) = identify::check_confirmation(at, contract_id, &confirmation).await? {
            return Ok(Next::Again(vec![fault]));
        }
        let state = State::IssueHardware(self.clone());
        Ok(match code {
            None => Next::Settle(state),
            Some(code) => Next::Ask(state, customer::verify(at.bank, &customer, code, "issue")),
        })
    }

    /// Without an answer nothing had to be verified: there is no token in use.
    pub(super) async fn settle(
        &self,
        mut desk: Desk<'_>,
        answer: Option<Answer>,
    ) -> Result<Next, Failure> {
        let Self::Confirm { contract_id } = self else {
            return Err(Failure::WrongAnswer);
        };
        let customer = customers::of_contract(desk.connection, contract_id)
            .await?
            .ok_or(Failure::NotFound)?;
        match answer {
            Some(Answer::Verified(verified)) => {
                customer::note_lock(&mut desk, contract_id, verified.verdict).await?;
                if let Some(fault) = words::of_code(&verified) {
                    return Ok(Next::Again(vec![fault]));
                }
            }
            None if customer.token.is_none() => {}
            _ => return Err(Failure::WrongAnswer),
        }
        let arrives_on = arrival(desk.today);
        let issued = IssuedRow::Hardware { arrives_on };
        issued::put(desk.connection, contract_id, &issued).await?;
        let day = format!("{}ごろ", japan::day_in_words(arrives_on));
        let tables = vec![Table::of(
            "お届け",
            vec![("送付先", "ご登録の住所".to_owned()), ("お届け予定日", day)],
        )];
        let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
        notices::ordered(&mut desk, &customer, receipt).await?;
        Ok(Next::Go(State::IssueHardware(Self::Done { receipt })))
    }
}

fn arrival(today: NaiveDate) -> NaiveDate {
    today.checked_add_days(ON_THE_WAY).unwrap_or(today)
}
