//! トークンの電池切れ・故障の連絡: what the display of a hardware token says goes to the service, and the
//! customer is told how to get another (guide 002).

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, whole};
use super::{At, Desk, Failure, Next, State, identify};
use crate::issuer::{Answer, Call, DeviceFault, ReportRequest};
use crate::rules::access::TokenKind;
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers;

const TITLE: &str = "トークンの電池切れ・故障の連絡";
const TRAIL: &[&str] = &["状態の選択", "処理結果"];
const HARDWARE_ONLY: &str = "ハードウェアトークンをご利用中のお客さまだけが対象です。アプリの不具合は窓口までご連絡ください。";

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enter { contract_id: String },
    Done { receipt: i64 },
}

impl Step {
    pub(super) fn begin(contract_id: &str) -> Self {
        Self::Enter {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Enter { .. } => Screen {
                id: "RPT001",
                title: TITLE,
                trail: TRAIL,
                lead: vec![
                    "ハードウェアトークンの表示を確かめ、当てはまるものを選択してください。"
                        .to_owned(),
                ],
                form: Some(Form::of(
                    vec![Field::choice(
                        "fault",
                        "トークンの状態",
                        vec![
                            ("low-battery", "電池残量の低下が表示されている".to_owned()),
                            (
                                "broken",
                                "故障が表示されている、または何も表示されない".to_owned(),
                            ),
                        ],
                    )],
                    "連絡する",
                )),
                links: vec![Link::to_home()],
                help: &["電池の寿命は約5年です。電池は交換できません。"],
                ..Screen::default()
            },
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "RPT002",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "ご連絡を受け付けました。",
                    lead: &[
                        "お使いのハードウェアトークンを窓口にお持ちください。故障・破損・電池切れの場合は、無料で交換します。",
                        "電池残量の低下だけのときは、交換までそのままご利用いただけます。",
                    ],
                    to_login: false,
                };
                customer::ending(at, *receipt, ending).await?
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        let Self::Enter { contract_id } = self else {
            return Err(Failure::NotFound);
        };
        let mut reading = Reading::of(sent);
        let faults = [
            ("low-battery", DeviceFault::LowBattery),
            ("broken", DeviceFault::Broken),
        ];
        let chosen = reading.choose("fault", &faults, "トークンの状態を選択してください。");
        let Some(fault) = chosen else {
            return Ok(Next::Again(reading.faults()));
        };
        let customer = identify::customer(at, contract_id).await?;
        let device = customer
            .token
            .is_some_and(|token| token.kind == TokenKind::Hardware);
        if !device {
            return Ok(Next::Again(whole(HARDWARE_ONLY)));
        }
        let call = Call::Report(ReportRequest {
            request_id: at.bank.make_request_id(),
            subscriber_ref: customer.subscriber_ref,
            fault,
        });
        Ok(Next::Ask(State::Report(self.clone()), call))
    }

    pub(super) async fn settle(
        &self,
        mut desk: Desk<'_>,
        call: &Call,
        answer: Answer,
    ) -> Result<Next, Failure> {
        let (Self::Enter { contract_id }, Call::Report(asked), Answer::Reported(reported)) =
            (self, call, answer)
        else {
            return Err(Failure::WrongAnswer);
        };
        if !reported.noted {
            return Ok(Next::Again(whole(HARDWARE_ONLY)));
        }
        let customer = customers::of_contract(desk.connection, contract_id)
            .await?
            .ok_or(Failure::NotFound)?;
        let serial = customer.token.map(|token| token.serial.as_str().to_owned());
        let state = match asked.fault {
            DeviceFault::LowBattery => "電池残量の低下",
            DeviceFault::Broken => "故障",
        };
        let tables = vec![Table::of(
            "ご連絡の内容",
            vec![
                ("シリアル番号", serial.unwrap_or_else(|| "なし".to_owned())),
                ("トークンの状態", state.to_owned()),
            ],
        )];
        let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
        Ok(Next::Go(State::Report(Self::Done { receipt })))
    }
}
