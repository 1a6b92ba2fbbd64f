//! 利用中止, with the 資金移動用パスワード; not on a feature phone (guides 001, 002, 004).

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, whole};
use super::{At, Desk, Failure, Next, State, identify, notices, words};
use crate::issuer::{Answer, Call, Change, ChangeRequest};
use crate::rules::access::{self, Procedure};
use crate::screen::{Form, Link, Screen, Table};
use crate::storage::customers;

const TITLE: &str = "ワンタイムパスワード利用中止";
const TRAIL: &[&str] = &["利用者認証", "利用中止の確認", "処理結果"];

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Identify,
    Confirm { contract_id: String },
    Done { receipt: i64 },
}

impl Step {
    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Identify => Screen {
                id: "OTD001",
                title: TITLE,
                trail: TRAIL,
                lead: vec![
                    "契約者ID（利用者番号）とログインパスワードを入力し、「次へ」を押してください。".to_owned(),
                ],
                form: Some(Form::of(identify::fields(), "次へ")),
                links: vec![Link::to_login()],
                help: &[
                    "機種変更の前に利用中止をすると、新しい端末で「利用開始」の操作ができます。",
                    "利用中止の後は、お振込等の資金移動のお取引ができなくなります。",
                ],
                ..Screen::default()
            },
            Self::Confirm { contract_id } => {
                let customer = identify::customer(at, contract_id).await?;
                let serial = customer
                    .token
                    .as_ref()
                    .map_or("なし", |token| token.serial.as_str());
                Screen {
                    id: "OTD002",
                    title: TITLE,
                    trail: TRAIL,
                    at: 1,
                    lead: vec![
                        "次のトークンの利用を中止します。中止の後は、お振込等の資金移動のお取引ができなくなります。".to_owned(),
                        "よろしければ、資金移動用パスワードを入力し、「利用中止」を押してください。".to_owned(),
                    ],
                    tables: vec![Table::of(
                        "ご利用中のトークン",
                        vec![("シリアル番号", serial.to_owned())],
                    )],
                    form: Some(Form::of(identify::asked_fields(&customer), "利用中止")),
                    links: vec![Link::to_login()],
                    help: &["資金移動用パスワードは、指定された2か所の数字だけを入力します。"],
                    ..Screen::default()
                }
            }
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "OTD003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "ワンタイムパスワードの利用を中止しました。",
                    lead: &[
                        "お振込等のお取引を再開するには、ログイン画面の「利用開始」から新しいトークンを登録してください。",
                        "中止したトークンがアプリの場合は、アプリの「トークン一覧」から削除してください。",
                    ],
                    to_login: true,
                };
                customer::ending(at, *receipt, ending).await?
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        let contract_id = match self {
            Self::Identify => {
                let customer = match identify::identify(at, sent).await? {
                    Err(faults) => return Ok(Next::Again(faults)),
                    Ok(customer) => customer,
                };
                return Ok(match closed(at, &customer).await? {
                    Some(sentence) => Next::Again(whole(sentence)),
                    None => Next::Go(State::Stop(Self::Confirm {
                        contract_id: customer.contract_id,
                    })),
                });
            }
            Self::Confirm { contract_id } => contract_id,
            Self::Done { .. } => return Err(Failure::NotFound),
        };
        let mut reading = Reading::of(sent);
        let Some(asked) = identify::take_asked(&mut reading) else {
            return Ok(Next::Again(reading.faults()));
        };
        let customer = identify::customer(at, contract_id).await?;
        if let Some(sentence) = closed(at, &customer).await? {
            return Ok(Next::Again(whole(sentence)));
        }
        if let Some(fault) = identify::check_asked(at, contract_id, asked).await? {
            return Ok(Next::Again(vec![fault]));
        }
        let call = Call::Change(ChangeRequest {
            request_id: at.bank.make_request_id(),
            subscriber_ref: customer.subscriber_ref,
            change: Change::Unregister,
        });
        Ok(Next::Ask(State::Stop(self.clone()), call))
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        let (Self::Confirm { contract_id }, Answer::Changed(changed)) = (self, answer) else {
            return Err(Failure::WrongAnswer);
        };
        // Over at the service already: then it is here too.
        let is_open = matches!(changed.state.as_str(), "active" | "locked" | "suspended");
        if !changed.changed && is_open {
            return Ok(Next::Again(whole(words::SERVICE_REFUSED)));
        }
        let customer = customers::of_contract(desk.connection, contract_id)
            .await?
            .ok_or(Failure::NotFound)?;
        let serial = customer
            .token
            .as_ref()
            .map_or("なし", |token| token.serial.as_str())
            .to_owned();
        customers::drop_token(desk.connection, contract_id).await?;
        let tables = vec![Table::of_change(vec![(
            "シリアル番号",
            "なし".to_owned(),
            serial,
        )])];
        let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
        notices::stopped(&mut desk, &customer, receipt).await?;
        Ok(Next::Go(State::Stop(Self::Done { receipt })))
    }
}

async fn closed(at: At<'_>, customer: &customers::CustomerRow) -> Result<Option<String>, Failure> {
    let today = at.bank.today(&mut *at.bank.storage.read().await?).await?;
    let usable_from = customer.token.as_ref().map(|token| token.usable_from);
    Ok(access::check(Procedure::Stop, at.face, usable_from, today)
        .err()
        .map(|closed| words::of_closed(closed, at.bank.config.style)))
}
