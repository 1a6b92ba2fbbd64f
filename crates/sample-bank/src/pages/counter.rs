//! The counter, for the bank's staff: hardware tokens by form, loss, reissue.

use serde::{Deserialize, Serialize};

use super::counter_act::{Act, FEE_YEN};
use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::{At, Desk, Failure, Next, State, identify, notices};
use crate::issuer::{Answer, AssignRequest, Call, ChangeRequest};
use crate::rules::access::TokenKind;
use crate::rules::style::Style;
use crate::rules::transfer_password::AskedPositions;
use crate::rules::{entries, japan};
use crate::screen::{Field, FieldKind, Form, Link, Notice, Screen, Table};
use crate::storage::accounts;
use crate::storage::customers::{self, CustomerRow};
use crate::storage::issued::{self, IssuedRow};

const TITLE: &str = "窓口";
const TRAIL: &[&str] = &["お客さまの検索", "お手続き", "処理結果"];

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Find,
    Act {
        contract_id: String,
        /// What was chosen, once it was.
        act: Option<Act>,
    },
    Done {
        receipt: i64,
    },
}

/// Of a device that the service does not have for sending.
const NOT_TO_SEND: &str =
    "このシリアル番号のトークンは、トークンサービスに登録されていないか、すでに利用されています。";

/// A token locked by wrong codes is not unlocked by the bank's own program: staff of the service do
/// it, with a reason in its audit trail.
const LOCKED: &str = "ワンタイムパスワード認証が停止しています。ご本人と状況を確認のうえ、トークンサービスの担当者に停止の解除を依頼してください（管理画面の「停止の解除」、または skts-issuer token unlock）。この画面からは解除できません。";

async fn customer_tables(at: At<'_>, customer: &CustomerRow) -> (Vec<Table>, bool) {
    let mut tables = vec![customer_table(customer)];
    if customer.token.is_none() {
        return (tables, false);
    }
    let state = at.bank.issuer.token_state(&customer.subscriber_ref).await;
    let word = state.as_ref().map_or("", |state| state.state.as_str());
    let words = match word {
        "" => "確認できません",
        "active" => "利用できます",
        "locked" => "停止（ワンタイムパスワードの誤り）",
        "suspended" => "利用停止中",
        "expired" => "有効期限が過ぎています",
        _ => "終了しています",
    };
    let mut rows = vec![("状態", words.to_owned())];
    if let Ok(state) = &state {
        let ends = state.expires_at.map(japan::minute_in_words);
        rows.extend(ends.map(|ends| ("有効期限", ends)));
        rows.extend(state.reported.as_deref().map(|fault| {
            let words = match fault {
                "low_battery" => "電池残量の低下",
                _ => "故障",
            };
            ("お客さまからの連絡", words.to_owned())
        }));
    }
    tables.push(Table::of("トークンサービス", rows));
    (tables, word == "locked")
}

fn customer_table(customer: &CustomerRow) -> Table {
    let (serial, state) = match &customer.token {
        None => ("なし", "未登録"),
        Some(token) if token.held => (token.serial.as_str(), "利用停止中"),
        Some(token) => (token.serial.as_str(), "利用中"),
    };
    Table::of(
        "お客さま",
        vec![
            ("契約者ID", customer.contract_id.clone()),
            ("お名前", customer.name.clone()),
            ("シリアル番号", serial.to_owned()),
            ("トークンの状態", state.to_owned()),
            ("残高", japan::yen(customer.balance_yen)),
            (
                "資金移動用・確認用パスワードの誤り",
                format!("{}回", customer.transfer_fails),
            ),
        ],
    )
}

impl Step {
    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Find => {
                let mut contract_id = Field::contract_id();
                contract_id.autocomplete = "off";
                Screen {
                    id: "CTR001",
                    title: TITLE,
                    trail: TRAIL,
                    lead: vec![
                        "ご本人であることを確かめてから、契約者IDを入力してください。".to_owned(),
                    ],
                    form: Some(Form::of(vec![contract_id], "次へ")),
                    help: &["ご本人の確認は、所定の手続きに従ってください。"],
                    ..Screen::default()
                }
            }
            Self::Act { contract_id, .. } => {
                let customer = identify::customer(at, contract_id).await?;
                let choices = Act::choices(at.bank.config.style)
                    .into_iter()
                    .map(|(word, label)| (word, label.to_owned()))
                    .collect();
                let (tables, locked) = customer_tables(at, &customer).await;
                Screen {
                    id: "CTR002",
                    title: TITLE,
                    trail: TRAIL,
                    at: 1,
                    notice: locked.then(|| Notice {
                        good: false,
                        text: LOCKED.to_owned(),
                    }),
                    tables,
                    form: Some(Form::of(
                        vec![
                            Field {
                                kind: FieldKind::Choice(choices),
                                ..Field::text("act", "お手続き", "")
                            },
                            Field::serial(
                                "発送するハードウェアトークンのシリアル番号",
                                "発行・交換のときだけ入力します。",
                            ),
                        ],
                        "受け付ける",
                    )),
                    links: vec![Link::new("別のお客さま", "/procedures/counter")],
                    help: &[
                        "紛失・盗難のご連絡を受けたときは、まず「利用停止」を受け付けます。",
                        "旧端末のトークンを起動できないお客さまや、アプリを削除してしまったお客さまには「再発行」を受け付けます。",
                    ],
                    ..Screen::default()
                }
            }
            Self::Done { receipt } => {
                let ending = Ending {
                    id: "CTR003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "お手続きを受け付けました。",
                    lead: &[],
                    to_login: true,
                };
                let mut screen = customer::ending(at, *receipt, ending).await?;
                screen.links = vec![Link::new("窓口に戻る", "/procedures/counter")];
                screen
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Find => {
                let mut reading = Reading::of(sent);
                let Some(contract_id) = reading.take("contract_id", entries::contract_id) else {
                    return Ok(Next::Again(reading.faults()));
                };
                let mut connection = at.bank.storage.read().await?;
                let found = customers::of_contract(&mut connection, &contract_id).await?;
                Ok(match found {
                    None => Next::Again(vec![fault(
                        "contract_id",
                        "この契約者IDのお客さまは見つかりません。",
                    )]),
                    Some(customer) => Next::Go(State::Counter(Self::Act {
                        contract_id: customer.contract_id,
                        act: None,
                    })),
                })
            }
            Self::Act { contract_id, .. } => act(at, sent, contract_id).await,
            Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    pub(super) async fn settle(
        &self,
        mut desk: Desk<'_>,
        answer: Option<(&Call, Answer)>,
    ) -> Result<Next, Failure> {
        let Self::Act {
            contract_id,
            act: Some(act),
        } = self
        else {
            return Err(Failure::WrongAnswer);
        };
        let customer = customers::of_contract(desk.connection, contract_id)
            .await?
            .ok_or(Failure::NotFound)?;
        let refused = match (act, answer) {
            // Booked here first: of two clerks with one device in hand, one asks the service.
            (
                Act::Send {
                    serial, fee_yen, ..
                },
                None,
            ) => match send(&mut desk, contract_id, serial, *fee_yen).await? {
                Some(refused) => Some(refused),
                None => {
                    let call = Call::Assign(AssignRequest {
                        request_id: desk.bank.make_request_id(),
                        subscriber_ref: customer.subscriber_ref,
                        serial: serial.clone(),
                    });
                    return Ok(Next::Ask(State::Counter(self.clone()), call));
                }
            },
            (
                Act::Send {
                    serial, fee_yen, ..
                },
                Some((_, Answer::Assigned(assigned))),
            ) => {
                if assigned.assigned {
                    None
                } else {
                    take_back(&mut desk, contract_id, serial, *fee_yen).await?;
                    Some(NOT_TO_SEND)
                }
            }
            (Act::ReleaseTransferPassword, None) => {
                let asked = AskedPositions::pick(|end| desk.bank.entropy.below(end));
                customers::ask_other_positions(desk.connection, contract_id, asked).await?;
                None
            }
            (Act::Hold | Act::Release | Act::Reissue, Some((_, Answer::Changed(changed)))) => {
                let is_over = !matches!(changed.state.as_str(), "active" | "locked" | "suspended");
                match act {
                    // Already so at the service: then it is here too.
                    _ if is_over => customers::drop_token(desk.connection, contract_id).await?,
                    Act::Hold | Act::Release => {
                        let held = changed.state == "suspended";
                        customers::mark_held(desk.connection, contract_id, held).await?;
                    }
                    _ => {}
                }
                let done = changed.changed || (is_over && *act == Act::Reissue);
                (!done).then_some("トークンの現在の状態では、このお手続きはできません。")
            }
            _ => return Err(Failure::WrongAnswer),
        };
        if let Some(sentence) = refused {
            let again = State::Counter(Self::Act {
                contract_id: contract_id.clone(),
                act: None,
            });
            return Ok(Next::Back(again, whole(sentence)));
        }
        let title = act.title();
        let mut rows = vec![("お手続き", title.to_owned())];
        if let Act::Send {
            serial, fee_yen, ..
        } = act
        {
            rows.push(("シリアル番号", serial.clone()));
            rows.push(("発行手数料", japan::yen(*fee_yen)));
        }
        let tables = vec![Table::of("お手続きの内容", rows)];
        let receipt = customer::receive(&mut desk, contract_id, title, tables).await?;
        notices::at_the_counter(&mut desk, &customer, receipt, title).await?;
        Ok(Next::Go(State::Counter(Self::Done { receipt })))
    }
}

async fn act(at: At<'_>, sent: &Sent, contract_id: &str) -> Result<Next, Failure> {
    let mut reading = Reading::of(sent);
    let style = at.bank.config.style;
    let words: Vec<_> = Act::choices(style)
        .into_iter()
        .map(|(word, _)| (word, word))
        .collect();
    let word = reading.choose("act", &words, "お手続きを選択してください。");
    let serial = match word {
        Some("send" | "swap") => reading.take("serial", entries::serial),
        _ => None,
    };
    let act = match (word, serial) {
        (Some("hold"), _) => Act::Hold,
        (Some("release"), _) => Act::Release,
        (Some("reissue"), _) => Act::Reissue,
        (Some("release-transfer-password"), _) => Act::ReleaseTransferPassword,
        (Some(_), Some(serial)) if TokenKind::of(&serial) == TokenKind::Software => {
            return Ok(Next::Again(vec![fault(
                "serial",
                "ハードウェアトークンのシリアル番号を入力してください。",
            )]));
        }
        (Some(word), Some(serial)) => Act::Send {
            serial: serial.as_str().to_owned(),
            fee_yen: match (word, style) {
                ("send", Style::Shinkin) => FEE_YEN,
                _ => 0,
            },
            swap: word == "swap",
        },
        _ => return Ok(Next::Again(reading.faults())),
    };
    let customer = identify::customer(at, contract_id).await?;
    let is_swap = matches!(act, Act::Send { swap: true, .. });
    let has_hardware = customer
        .token
        .as_ref()
        .is_some_and(|token| token.kind == TokenKind::Hardware);
    if is_swap && !has_hardware {
        return Ok(Next::Again(vec![fault(
            "act",
            "ハードウェアトークンをご利用中のお客さまだけが対象です。",
        )]));
    }
    if matches!(act, Act::Send { .. }) && style == Style::Shinkumi {
        let mut connection = at.bank.storage.read().await?;
        let issued = issued::of_contract(&mut connection, contract_id).await?;
        if !matches!(issued, Some(IssuedRow::Hardware { .. })) {
            let sentence = "ハードウェアトークンのお申込みがありません。お客さまに「トークン発行」の操作をご案内ください。";
            return Ok(Next::Again(vec![fault("act", sentence)]));
        }
    }
    let change = act.change();
    let state = State::Counter(Step::Act {
        contract_id: contract_id.to_owned(),
        act: Some(act),
    });
    Ok(match change {
        None => Next::Settle(state),
        Some(change) => Next::Ask(
            state,
            Call::Change(ChangeRequest {
                request_id: at.bank.make_request_id(),
                subscriber_ref: customer.subscriber_ref,
                change,
            }),
        ),
    })
}

/// Takes the fee and notes that the token is on its way; or says why not.
async fn send(
    desk: &mut Desk<'_>,
    contract_id: &str,
    serial: &str,
    fee_yen: i64,
) -> Result<Option<&'static str>, Failure> {
    let serial = super::start::canonical(Some(serial))?;
    if fee_yen > 0 && !accounts::withdraw(desk.connection, contract_id, fee_yen).await? {
        return Ok(Some("残高が不足しているため、手数料を引き落とせません。"));
    }
    let now = desk.now;
    if !customers::send_token(desk.connection, contract_id, &serial, fee_yen, now).await? {
        // The fee goes back with it.
        if fee_yen > 0 {
            accounts::deposit(desk.connection, contract_id, fee_yen).await?;
        }
        return Ok(Some(
            "このシリアル番号のトークンは、すでに発送されています。",
        ));
    }
    Ok(None)
}

/// Undoes [`send`].
async fn take_back(
    desk: &mut Desk<'_>,
    contract_id: &str,
    serial: &str,
    fee_yen: i64,
) -> Result<(), Failure> {
    let serial = super::start::canonical(Some(serial))?;
    customers::take_back_token(desk.connection, &serial).await?;
    Ok(accounts::deposit(desk.connection, contract_id, fee_yen).await?)
}
