//! 振込: confirmed with a code in place of the 資金移動用パスワード.

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::signing::{self, Signing};
use super::{At, Desk, Failure, Next, State, identify, words};
use crate::issuer::{Answer, Call, Verdict};
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};

const TITLE: &str = "振込";
const TRAIL: &[&str] = &["振込先の入力", "内容の確認", "処理結果"];

/// Where the money goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(super) bank: String,
    pub(super) branch: String,
    pub(super) account: String,
    pub(super) payee: String,
    pub(super) amount_yen: i64,
}

impl Order {
    fn table(&self) -> Table {
        Table::of(
            "振込内容",
            vec![
                ("振込先金融機関", self.bank.clone()),
                ("支店名", self.branch.clone()),
                ("口座番号（普通）", self.account.clone()),
                ("受取人名", self.payee.clone()),
                ("振込金額", japan::yen(self.amount_yen)),
            ],
        )
    }
}

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enter {
        contract_id: String,
    },
    Confirm {
        contract_id: String,
        order: Order,
    },
    /// 取引認証, in place of a code.
    Sign {
        contract_id: String,
        order: Order,
        signing: Box<Signing>,
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
                Screen {
                    id: "TRF001",
                    title: TITLE,
                    trail: TRAIL,
                    lead: vec!["振込先と金額を入力し、「次へ」を押してください。".to_owned()],
                    tables: vec![Table::of(
                        "お引出口座",
                        vec![("残高", japan::yen(customer.balance_yen))],
                    )],
                    form: Some(Form::of(
                        vec![
                            Field::text("bank", "振込先金融機関名", "例：見本信用組合"),
                            Field::text("branch", "支店名", "例：本店"),
                            Field::digits("account", "口座番号", "普通預金の口座番号。半角数字7桁以内"),
                            Field::text("payee", "受取人名", "例：ミホン　ハナコ"),
                            Field::digits("amount", "振込金額（円）", "半角数字"),
                        ],
                        "次へ",
                    )),
                    links: vec![Link::to_home()],
                    help: &["この見本では手数料はかかりません。お金は実際には動きません。"],
                    ..Screen::default()
                }
            }
            Self::Confirm { order, .. } => Screen {
                id: "TRF002",
                title: TITLE,
                trail: TRAIL,
                at: 1,
                lead: vec![
                    "内容を確認し、トークンに表示されているワンタイムパスワードを入力して「振込を実行する」を押してください。".to_owned(),
                ],
                tables: vec![order.table()],
                form: Some(confirmation(order)),
                links: vec![
                    Link::new("振込先の入力からやり直す", "/procedures/transfer"),
                    Link::to_home(),
                ],
                help: &["ワンタイムパスワードは、資金移動用パスワードの代わりに入力します。"],
                ..Screen::default()
            },
            Self::Sign { order, signing, .. } => signing.screen(order, TRAIL),
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "TRF003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "振込を受け付けました。",
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
                let bank = reading.take("bank", entries::name);
                let branch = reading.take("branch", entries::name);
                let account = reading.take("account", entries::account_number);
                let payee = reading.take("payee", entries::name);
                let amount = reading.take("amount", entries::amount_yen);
                let (Some(bank), Some(branch), Some(account), Some(payee), Some(amount_yen)) =
                    (bank, branch, account, payee, amount)
                else {
                    return Ok(Next::Again(reading.faults()));
                };
                let customer = identify::customer(at, contract_id).await?;
                let mut connection = at.bank.storage.read().await?;
                let refused =
                    customer::may_send(&mut connection, at.bank, &customer, amount_yen).await?;
                if let Some(sentence) = refused {
                    return Ok(Next::Again(vec![fault("amount", sentence)]));
                }
                Ok(Next::Go(State::Transfer(Self::Confirm {
                    contract_id: contract_id.clone(),
                    order: Order {
                        bank,
                        branch,
                        account,
                        payee,
                        amount_yen,
                    },
                })))
            }
            Self::Confirm { contract_id, order } if sent.value("confirm_by") == "signature" => {
                signing::begin(at, contract_id, order, State::Transfer(self.clone())).await
            }
            Self::Sign {
                contract_id,
                signing,
                ..
            } => {
                let state = State::Transfer(self.clone());
                signing.verify(at, sent, contract_id, state).await
            }
            Self::Confirm { contract_id, .. } => {
                customer::confirm(at, sent, contract_id, State::Transfer(self.clone())).await
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
        let (contract_id, order) = match (self, &answer) {
            (Self::Confirm { contract_id, order }, Answer::ToSign(to_sign)) => {
                let signing = Signing::announced(order, call, to_sign.clone())?;
                return Ok(Next::Go(State::Transfer(Self::Sign {
                    contract_id: contract_id.clone(),
                    order: order.clone(),
                    signing: Box::new(signing),
                })));
            }
            (
                Self::Sign {
                    contract_id, order, ..
                },
                Answer::Verified(verified),
            ) => {
                customer::note_lock(&mut desk, contract_id, verified.verdict).await?;
                if let Some(fault) = words::of_signature(verified.verdict) {
                    return Ok(match verified.verdict {
                        Verdict::Rejected | Verdict::Locked => Next::Again(vec![fault]),
                        _ => {
                            let confirm = Self::Confirm {
                                contract_id: contract_id.clone(),
                                order: order.clone(),
                            };
                            Next::Back(State::Transfer(confirm), whole(fault.sentence))
                        }
                    });
                }
                (contract_id, order)
            }
            (Self::Confirm { contract_id, order }, _) => (contract_id, order),
            _ => return Err(Failure::WrongAnswer),
        };
        let customer = match customer::confirmed(&mut desk, contract_id, answer).await? {
            Ok(customer) => customer,
            Err(next) => return Ok(next),
        };
        let tables = vec![order.table()];
        let sent = customer::send(&mut desk, &customer, TITLE, order.amount_yen, tables).await?;
        Ok(match sent {
            Ok(receipt) => Next::Go(State::Transfer(Self::Done { receipt })),
            Err(sentence) => Next::Again(whole(sentence)),
        })
    }
}

/// A code or, of a payment that can be signed, a signature.
fn confirmation(order: &Order) -> Form {
    let mut form = customer::confirmation("振込を実行する");
    if signing::payment(order).is_some() {
        let ways = vec![
            ("code", "ワンタイムパスワードで確認する".to_owned()),
            (
                "signature",
                "取引認証（署名）で確認する：対応するトークンのみ。次の画面に進みます".to_owned(),
            ),
        ];
        form.fields
            .push(Field::choice("confirm_by", "確認の方法", ways).with("code"));
    }
    form
}
