//! 振込: confirmed with a code in place of the 資金移動用パスワード.

use serde::{Deserialize, Serialize};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::signing::{self, Signing};
use super::{At, Desk, Failure, Next, State, identify, words};
use crate::bank::Bank;
use crate::issuer::{Answer, Call, Verdict};
use crate::rules::signing::Demand;
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::payees::{self, PayeeKey};
use crate::storage::{Connection, customers};

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
    fn payee_key<'a>(&'a self, contract_id: &'a str) -> PayeeKey<'a> {
        PayeeKey {
            contract_id,
            bank: &self.bank,
            branch: &self.branch,
            account: &self.account,
        }
    }

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
                            Field::digits(
                                "account",
                                "口座番号",
                                "普通預金の口座番号。半角数字7桁以内",
                            ),
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
            Self::Confirm { contract_id, order } => {
                let mut connection = at.bank.storage.read().await?;
                let demand = demand(&mut connection, at.bank, contract_id, order).await?;
                Screen {
                    id: "TRF002",
                    title: TITLE,
                    trail: TRAIL,
                    at: 1,
                    lead: vec![demand.map_or_else(
                        || "内容を確認し、トークンに表示されているワンタイムパスワードを入力して「振込を実行する」を押してください。".to_owned(),
                        words::of_demand,
                    )],
                    tables: vec![order.table()],
                    form: Some(match demand {
                        None => confirmation(order),
                        Some(_) => Form::of(Vec::new(), "署名の画面へ進む"),
                    }),
                    links: vec![
                        Link::new("振込先の入力からやり直す", "/procedures/transfer"),
                        Link::to_home(),
                    ],
                    help: match demand {
                        None => &["ワンタイムパスワードは、資金移動用パスワードの代わりに入力します。"],
                        Some(_) => &["署名番号は、画面の振込先と金額だけに使える番号です。ワンタイムパスワードの代わりに入力します。"],
                    },
                    ..Screen::default()
                }
            }
            Self::Sign { order, signing, .. } => signing.screen(order, TRAIL, at.face),
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
                let order = Order {
                    bank,
                    branch,
                    account,
                    payee,
                    amount_yen,
                };
                let demand = demand(&mut connection, at.bank, contract_id, &order).await?;
                let faults = signing::faults(&order);
                if demand.is_some() && !faults.is_empty() {
                    return Ok(Next::Again(faults));
                }
                Ok(Next::Go(State::Transfer(Self::Confirm {
                    contract_id: contract_id.clone(),
                    order,
                })))
            }
            Self::Confirm { contract_id, order } => {
                let mut connection = at.bank.storage.read().await?;
                let demand = demand(&mut connection, at.bank, contract_id, order).await?;
                drop(connection);
                let state = State::Transfer(self.clone());
                if demand.is_some() || sent.value("confirm_by") == "signature" {
                    signing::begin(at, contract_id, order, state).await
                } else {
                    customer::confirm(at, sent, contract_id, state).await
                }
            }
            Self::Sign {
                contract_id,
                signing,
                ..
            } => {
                let state = State::Transfer(self.clone());
                signing.verify(at, sent, contract_id, state).await
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
                let demand = demand(desk.connection, desk.bank, contract_id, order).await?;
                if let Some(fault) = words::of_signature(verified.verdict, demand.is_some()) {
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
            (Self::Confirm { contract_id, order }, _) => {
                // Asked for a code before it had to be signed.
                let demand = demand(desk.connection, desk.bank, contract_id, order).await?;
                if let Some(demand) = demand {
                    return Ok(Next::Again(whole(words::of_demand(demand))));
                }
                (contract_id, order)
            }
            _ => return Err(Failure::WrongAnswer),
        };
        let customer = match customer::confirmed(&mut desk, contract_id, answer).await? {
            Ok(customer) => customer,
            Err(next) => return Ok(next),
        };
        let tables = vec![order.table()];
        let sent = customer::send(&mut desk, &customer, TITLE, order.amount_yen, tables).await?;
        if sent.is_ok() {
            payees::remember(desk.connection, order.payee_key(contract_id), desk.now).await?;
        }
        Ok(match sent {
            Ok(receipt) => Next::Go(State::Transfer(Self::Done { receipt })),
            Err(sentence) => Next::Again(whole(sentence)),
        })
    }
}

/// Why the order has to be signed, if it has to.
async fn demand(
    connection: &mut Connection,
    bank: &Bank,
    contract_id: &str,
    order: &Order,
) -> Result<Option<Demand>, Failure> {
    let customer = customers::of_contract(connection, contract_id)
        .await?
        .ok_or(Failure::NotFound)?;
    let Some(token) = customer.token else {
        return Ok(None);
    };
    let known = payees::is_known(connection, order.payee_key(contract_id)).await?;
    let rule = bank.config.signing;
    Ok(rule.demand(token.kind, known, order.amount_yen))
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
