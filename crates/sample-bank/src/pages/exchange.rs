//! 交換: the old token's code, then serial and code of the new one (guides 000, 001, 002, 004).

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::{At, Desk, Failure, Next, State, identify, notices, start, words};
use crate::issuer::{Answer, Call, ExchangeRequest, Verdict};
use crate::rules::access::{self, Procedure};
use crate::rules::entries;
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers::{self, HeldToken};

const TITLE: &str = "ワンタイムパスワード交換";
const TRAIL: &[&str] = &[
    "利用者認証",
    "現ワンタイムパスワード認証",
    "新ワンタイムパスワード認証",
    "処理結果",
];
const PROOF_OVER: &str = "時間が経過したため、もう一度、現在ご利用中のトークンのワンタイムパスワードから入力してください。トークンは交換されていません。";

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Identify,
    Old {
        contract_id: String,
    },
    New {
        contract_id: String,
        /// The call by which the old token's code was accepted.
        proof: String,
    },
    Done {
        receipt: i64,
    },
}

impl Step {
    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Identify => Screen {
                id: "OTX001",
                title: TITLE,
                trail: TRAIL,
                lead: vec![
                    "新しいスマートフォンにトークンをインストールするか、当金庫から発送されたハードウェアトークンをご用意のうえ、契約者ID（利用者番号）とログインパスワードを入力してください。".to_owned(),
                    "新しいトークンの登録が完了するまでは、旧端末のソフトウェアトークンをアンインストールしないでください。".to_owned(),
                ],
                form: Some(Form::of(identify::fields(), "次へ")),
                links: vec![Link::to_login()],
                help: &[
                    "ソフトウェアトークンとハードウェアトークンの間でも交換できます。",
                    "旧端末でトークンを起動できない場合や、アプリを削除してしまった場合は、窓口までご連絡ください。再発行または利用停止のお手続きをいたします。",
                ],
                ..Screen::default()
            },
            Self::Old { .. } => Screen {
                id: "OTX002",
                title: TITLE,
                trail: TRAIL,
                at: 1,
                lead: vec![
                    "現在ご利用中のトークン（旧トークン）に表示されているワンタイムパスワードを入力し、「次へ」を押してください。".to_owned(),
                ],
                form: Some(Form::of(
                    vec![Field::code("現在のワンタイムパスワード", "旧トークンに表示されている数字6桁")],
                    "次へ",
                )),
                links: vec![Link::to_login()],
                help: &["旧トークンのワンタイムパスワードが分からない場合は、窓口までご連絡ください。"],
                ..Screen::default()
            },
            Self::New { .. } => Screen {
                id: "OTX003",
                title: TITLE,
                trail: TRAIL,
                at: 2,
                lead: vec![
                    "新しいトークンに表示されているシリアル番号とワンタイムパスワードを入力し、「登録」を押してください。".to_owned(),
                ],
                form: Some(Form::of(
                    vec![
                        Field::serial("新しいシリアル番号", "新しいトークンに表示されている英数字（SKTS…）。ハードウェアトークンは裏面に記載されています。"),
                        Field::code("新しいワンタイムパスワード", "新しいトークンに表示されている数字6桁"),
                    ],
                    "登録",
                )),
                links: vec![Link::to_login()],
                help: &[
                    "アプリの画面にシリアル番号（SKTS…の文字列）が見えない場合は、画面右上のメニューから「モード切替」をお試しください。",
                    "旧トークンのワンタイムパスワードを入力してから10分以内に登録してください。",
                ],
                ..Screen::default()
            },
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "OTX004",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "ワンタイムパスワードの登録が完了しました。",
                    lead: &[
                        "以後のお取引では、今回登録した新しいトークンをご利用ください。",
                        "旧トークンがアプリの場合は、アプリの「トークン一覧」から削除してかまいません。",
                    ],
                    to_login: true,
                };
                customer::ending(at, *receipt, ending).await?
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Identify => {
                let customer = match identify::identify(at, sent).await? {
                    Err(faults) => return Ok(Next::Again(faults)),
                    Ok(customer) => customer,
                };
                let today = at.bank.today(&mut *at.bank.storage.read().await?).await?;
                let usable_from = customer.token.map(|token| token.usable_from);
                if let Err(closed) = access::check(Procedure::Exchange, at.face, usable_from, today)
                {
                    return Ok(Next::Again(whole(words::of_closed(
                        closed,
                        at.bank.config.style,
                    ))));
                }
                Ok(Next::Go(State::Exchange(Self::Old {
                    contract_id: customer.contract_id,
                })))
            }
            Self::Old { contract_id } => {
                let mut reading = Reading::of(sent);
                let Some(code) = reading.take("code", entries::code) else {
                    return Ok(Next::Again(reading.faults()));
                };
                let customer = identify::customer(at, contract_id).await?;
                let call = customer::verify(at.bank, &customer, code, "exchange");
                Ok(Next::Ask(State::Exchange(self.clone()), call))
            }
            Self::New { contract_id, proof } => {
                let mut reading = Reading::of(sent);
                let serial = reading.take("serial", entries::serial);
                let code = reading.take("code", entries::code);
                let (Some(serial), Some(code)) = (serial, code) else {
                    return Ok(Next::Again(reading.faults()));
                };
                let customer = identify::customer(at, contract_id).await?;
                if customer.token.is_some_and(|token| token.serial == serial) {
                    let sentence = "現在ご利用中のトークンのシリアル番号です。新しいトークンのシリアル番号を入力してください。";
                    return Ok(Next::Again(vec![fault("serial", sentence)]));
                }
                if let Some(fault) = start::not_taken(at, contract_id, &serial).await? {
                    return Ok(Next::Again(vec![fault]));
                }
                let call = Call::Exchange(ExchangeRequest {
                    request_id: at.bank.make_request_id(),
                    subscriber_ref: customer.subscriber_ref,
                    proof: proof.clone(),
                    serial: serial.as_str().to_owned(),
                    code,
                });
                Ok(Next::Ask(State::Exchange(self.clone()), call))
            }
            Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    pub(super) async fn settle(
        &self,
        mut desk: Desk<'_>,
        call: &Call,
        answer: Answer,
    ) -> Result<Next, Failure> {
        match (self, answer) {
            (Self::Old { contract_id }, Answer::Verified(verified)) => {
                customer::note_lock(&mut desk, contract_id, verified.verdict).await?;
                Ok(match words::of_code(&verified) {
                    Some(fault) => Next::Again(vec![fault]),
                    None => Next::Go(State::Exchange(Self::New {
                        contract_id: contract_id.clone(),
                        proof: call.request_id().to_owned(),
                    })),
                })
            }
            (Self::New { contract_id, .. }, Answer::Registered(registered)) => {
                if registered.verdict == Verdict::Unknown {
                    let old = State::Exchange(Self::Old {
                        contract_id: contract_id.clone(),
                    });
                    return Ok(Next::Back(old, whole(PROOF_OVER)));
                }
                if let Some(fault) = words::of_registration(registered.verdict) {
                    return Ok(Next::Again(vec![fault]));
                }
                let serial = start::canonical(registered.serial.as_deref())?;
                let customer = customers::of_contract(desk.connection, contract_id)
                    .await?
                    .ok_or(Failure::NotFound)?;
                let before = customer.token.as_ref();
                let token = HeldToken {
                    kind: access::TokenKind::of(&serial),
                    serial,
                    at_login: before.is_some_and(|token| token.at_login),
                    registered_at: desk.now,
                    // A customer who could pay yesterday can pay today; one who has to wait goes on
                    // waiting.
                    usable_from: before.map_or(desk.today, |token| token.usable_from),
                    held: false,
                };
                let old = before.map(|token| &token.serial);
                customers::hold_token(desk.connection, contract_id, &token).await?;
                let mut tables = vec![Table::of_change(vec![(
                    "シリアル番号",
                    token.serial.as_str().to_owned(),
                    old.map_or("なし", |serial| serial.as_str()).to_owned(),
                )])];
                tables.extend(start::match_table(&registered));
                let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
                notices::exchanged(&mut desk, &customer, receipt).await?;
                Ok(Next::Go(State::Exchange(Self::Done { receipt })))
            }
            _ => Err(Failure::WrongAnswer),
        }
    }
}
