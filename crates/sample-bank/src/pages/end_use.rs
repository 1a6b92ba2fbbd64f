//! ワンタイムパスワード利用解除 (guide 003): with 確認用パスワード and a code. The code is verified first;
//! the token ends only then.

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, whole};
use super::{At, Desk, Failure, Next, State, identify, notices, otp, words};
use crate::issuer::{Answer, Call, Change, ChangeRequest};
use crate::rules::access::TokenKind;
use crate::rules::limits::AFTER_RELEASE_YEN;
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers;
use crate::storage::issued;

const TITLE: &str = "ワンタイムパスワード利用解除";
const TRAIL: &[&str] = &["利用解除確認", "利用解除完了"];

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Confirm {
        contract_id: String,
    },
    /// The code was right; the token ends.
    Ending {
        contract_id: String,
    },
    Done {
        receipt: i64,
    },
}

impl Step {
    pub(super) fn begin(contract_id: &str) -> Self {
        Self::Confirm {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Confirm { .. } | Self::Ending { .. } => Screen {
                id: "BOS001",
                title: TITLE,
                trail: TRAIL,
                lead: vec![
                    "確認用パスワード・ワンタイムパスワードを入力し、「解除する」を押してください。".to_owned(),
                    format!(
                        "解除すると、1日の限度額は{}までとなります。新しいトークンの発行は、解除した日の翌日以降です。",
                        japan::yen(AFTER_RELEASE_YEN)
                    ),
                    "一度利用解除したハードウェアトークンは、再度ご利用いただけません。".to_owned(),
                ],
                form: Some(
                    Form::of(
                        vec![
                            Field::confirmation_password(),
                            Field::code("ワンタイムパスワード", "トークンに表示されている数字"),
                        ],
                        "解除する",
                    )
                    .with_quit(otp::HERE),
                ),
                links: vec![Link::new("戻る", otp::HERE)],
                help: &[
                    "トークンを紛失したときや、アプリを削除してしまったときは、窓口までご連絡ください。",
                ],
                ..Screen::default()
            },
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "BOS002",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "ワンタイムパスワードの利用を解除しました。",
                    lead: &[
                        "次回のログインから、ワンタイムパスワードの入力は不要です。新しいスマートフォン等には、翌日以降に「トークン発行」を行ってください。",
                        "新しいトークンの利用開始後、限度額変更により限度額の変更をお願いいたします。",
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
        let (Self::Confirm { contract_id } | Self::Ending { contract_id }) = self else {
            return Err(Failure::NotFound);
        };
        let mut reading = Reading::of(sent);
        let confirmation = reading.take("confirmation_password", entries::confirmation_password);
        let code = reading.take("code", entries::code);
        let (Some(confirmation), Some(code)) = (confirmation, code) else {
            return Ok(Next::Again(reading.faults()));
        };
        let customer = identify::customer(at, contract_id).await?;
        let status = otp::status(at, &customer).await?;
        if let Err(closed) = status.standing.may_end() {
            return Ok(Next::Again(whole(words::of_standing(closed))));
        }
        if let Some(fault) = identify::check_confirmation(at, contract_id, &confirmation).await? {
            return Ok(Next::Again(vec![fault]));
        }
        let call = customer::verify(at.bank, &customer, code, "end-use");
        Ok(Next::Ask(State::EndUse(Self::begin(contract_id)), call))
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        match (self, answer) {
            (Self::Confirm { contract_id }, Answer::Verified(verified)) => {
                customer::note_lock(&mut desk, contract_id, verified.verdict).await?;
                if let Some(fault) = words::of_code(&verified) {
                    return Ok(Next::Again(vec![fault]));
                }
                let customer = customers::of_contract(desk.connection, contract_id)
                    .await?
                    .ok_or(Failure::NotFound)?;
                let ending = Self::Ending {
                    contract_id: contract_id.clone(),
                };
                let call = Call::Change(ChangeRequest {
                    request_id: desk.bank.make_request_id(),
                    subscriber_ref: customer.subscriber_ref,
                    change: Change::Unregister,
                });
                Ok(Next::Ask(State::EndUse(ending), call))
            }
            (Self::Ending { contract_id }, Answer::Changed(changed)) => {
                let is_open = matches!(changed.state.as_str(), "active" | "locked" | "suspended");
                if !changed.changed && is_open {
                    return Ok(Next::Again(whole(words::SERVICE_REFUSED)));
                }
                end(&mut desk, contract_id).await
            }
            _ => Err(Failure::WrongAnswer),
        }
    }
}

async fn end(desk: &mut Desk<'_>, contract_id: &str) -> Result<Next, Failure> {
    let before = customers::of_contract(desk.connection, contract_id)
        .await?
        .ok_or(Failure::NotFound)?;
    let today = desk.today;
    customers::release_token(desk.connection, contract_id, today, AFTER_RELEASE_YEN).await?;
    issued::clear(desk.connection, contract_id).await?;
    let serial = before.token.as_ref().map(|token| &token.serial);
    let kind = match before.token.as_ref().map(|token| token.kind) {
        Some(TokenKind::Hardware) => "ハードウェアトークン",
        _ => "ソフトウェアトークン",
    };
    let tables = vec![Table::of_change(vec![
        ("登録状況", "未登録".to_owned(), "利用中".to_owned()),
        ("トークン", "なし".to_owned(), kind.to_owned()),
        (
            "シリアル番号",
            "なし".to_owned(),
            serial.map_or("なし", |serial| serial.as_str()).to_owned(),
        ),
        (
            "1日の限度額",
            japan::yen(before.daily_limit_yen.min(AFTER_RELEASE_YEN)),
            japan::yen(before.daily_limit_yen),
        ),
    ])];
    let receipt = customer::receive(desk, contract_id, TITLE, tables).await?;
    notices::released(desk, &before, receipt).await?;
    Ok(Next::Go(State::EndUse(Step::Done { receipt })))
}
