//! トークン発行, first page: app or device (guide 003).

use serde::{Deserialize, Serialize};

use super::form::{Reading, Sent, fault, whole};
use super::{At, Failure, Next, State, identify, issue_hardware, issue_soft, otp, words};
use crate::faces::Face;
use crate::rules::access::{self, TokenKind};
use crate::rules::standing::Closed;
use crate::screen::{Field, Form, Link, Screen};

/// The step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Choose { contract_id: String },
}

impl Step {
    pub(super) fn begin(contract_id: &str) -> Self {
        Self::Choose {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) fn screen(&self, at: At<'_>) -> Screen {
        let hint = if at.face == Face::Feature {
            words::NO_APP_HERE
        } else {
            "トークンの種類を選択してください。"
        };
        Screen {
            id: "BOT010",
            title: "トークン発行（選択）",
            lead: vec![hint.to_owned()],
            form: Some(Form::of(
                vec![Field::choice(
                    "kind",
                    "トークンの選択",
                    vec![
                        (
                            "soft",
                            "ソフトウェアトークン（スマートフォンのアプリに表示する方法）"
                                .to_owned(),
                        ),
                        (
                            "hardware",
                            "ハードウェアトークン（小型の端末に表示する方法）".to_owned(),
                        ),
                    ],
                )],
                "選択",
            )),
            links: vec![Link::new("戻る", otp::HERE)],
            help: &[
                "ソフトウェアトークンは無料です。ハードウェアトークンは、ご登録の住所に送付します。",
            ],
            ..Screen::default()
        }
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        let Self::Choose { contract_id } = self;
        let mut reading = Reading::of(sent);
        let kinds = [
            ("soft", TokenKind::Software),
            ("hardware", TokenKind::Hardware),
        ];
        let chosen = reading.choose("kind", &kinds, "トークンの種類を選択してください。");
        let Some(kind) = chosen else {
            return Ok(Next::Again(reading.faults()));
        };
        if !access::takes_kind(at.face, kind) {
            return Ok(Next::Again(vec![fault("kind", words::NO_APP_HERE)]));
        }
        if let Some(sentence) = closed(at, contract_id, kind).await? {
            return Ok(Next::Again(whole(sentence)));
        }
        Ok(Next::Go(match kind {
            TokenKind::Software => State::IssueSoft(issue_soft::Step::begin(contract_id)),
            TokenKind::Hardware => State::IssueHardware(issue_hardware::Step::begin(contract_id)),
        }))
    }
}

/// Why no token of `kind` is issued to the customer now.
pub(super) async fn closed(
    at: At<'_>,
    contract_id: &str,
    kind: TokenKind,
) -> Result<Option<String>, Failure> {
    let customer = identify::customer(at, contract_id).await?;
    let status = otp::status(at, &customer).await?;
    let today = at.bank.today(&mut *at.bank.storage.read().await?).await?;
    Ok(match status.standing.may_issue(kind, today) {
        Ok(()) => None,
        Err(Closed::InUse) if status.away => Some(words::SERVICE_AWAY.to_owned()),
        Err(closed) => Some(words::of_standing(closed)),
    })
}
