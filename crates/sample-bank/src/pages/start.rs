//! 利用開始: 利用者認証 → ワンタイムパスワード登録 → 処理結果 (guides 000, 001, 002, 004).

use serde::{Deserialize, Serialize};
use skts_otp::{EffectiveDay, SerialNumber};

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault};
use super::{At, Desk, Failure, Next, State, identify, notices, words};
use crate::issuer::{Answer, Call, RegisterRequest, Registered};
use crate::rules::access::{self, Procedure, TokenKind};
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Screen, Table};
use crate::storage::customers::{self, CustomerRow, HeldToken};
use crate::storage::runs::Fault;

const TITLE: &str = "ワンタイムパスワード利用開始";
const TRAIL: &[&str] = &["利用者認証", "ワンタイムパスワード登録", "処理結果"];

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Identify,
    Register {
        contract_id: String,
        /// What the customer chose, once he did.
        at_login: bool,
    },
    Done {
        receipt: i64,
    },
}

impl Step {
    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Identify => Screen {
                id: "OTS001",
                title: TITLE,
                trail: TRAIL,
                lead: vec![
                    "ワンタイムパスワードの利用を開始します。先にトークンをご用意ください。".to_owned(),
                    "ソフトウェアトークン：スマートフォンのApp StoreまたはGoogle Playで「しんきん（個人）ワンタイムパスワード」を検索し、インストールしてください（無料）。".to_owned(),
                    "ハードウェアトークン：当金庫から発送したものをお手元にご用意ください。".to_owned(),
                    "契約者ID（利用者番号）とログインパスワードを入力し、「次へ」を押してください。".to_owned(),
                ],
                form: Some(Form::of(identify::fields(), "次へ")),
                links: vec![Link::to_login()],
                help: &[
                    "携帯電話（ガラケー）をご利用のお客さまは、ハードウェアトークンのみご利用いただけます。",
                    "ハードウェアトークンは、申込書を当金庫本支店窓口にお届けください。発行手数料は2,200円（税込）です。",
                ],
                ..Screen::default()
            },
            Self::Register { contract_id, .. } => {
                let customer = identify::customer(at, contract_id).await?;
                let mut fields = vec![
                    Field::serial("シリアル番号", "トークンに表示されている英数字（SKTS…）。ハードウェアトークンは裏面に記載されています。"),
                    Field::code("ワンタイムパスワード", "トークンに表示されている数字6桁"),
                    Field::choice(
                        "at_login",
                        "ログイン時のワンタイムパスワード認証",
                        vec![("yes", "する".to_owned()), ("no", "しない".to_owned())],
                    ),
                ];
                fields.extend(identify::asked_fields(&customer));
                Screen {
                    id: "OTS002",
                    title: TITLE,
                    trail: TRAIL,
                    at: 1,
                    lead: vec!["次の項目を入力し、「登録」を押してください。".to_owned()],
                    form: Some(Form::of(fields, "登録")),
                    links: vec![Link::to_login()],
                    help: &[
                        "アプリの画面にシリアル番号（SKTS…の文字列）が見えない場合は、画面右上のメニューから「モード切替」をお試しください。",
                        "「する」を選択すると、ログイン時にもワンタイムパスワードの入力が必要になります。",
                        "資金移動用パスワードは、お申込時に登録した数字10桁のパスワードです。指定された2か所の数字だけを入力します。",
                    ],
                    ..Screen::default()
                }
            }
            Self::Done { receipt } => {
                let lead: &[&str] = match at.bank.config.effective {
                    EffectiveDay::AtOnce => &[
                        "次回より、振込や収納サービス等の各種お取引の際にワンタイムパスワードが必要となります。",
                    ],
                    EffectiveDay::NextDay => &[
                        "利用開始の操作をした日の翌日より、振込、Pay-easyサービスをご利用いただけます。",
                    ],
                };
                let ending = Ending {
                    id: "OTS003",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "ワンタイムパスワードの登録が完了しました。",
                    lead,
                    to_login: true,
                };
                customer::ending(at, *receipt, ending).await?
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Identify => Ok(match identify::identify(at, sent).await? {
                Err(faults) => Next::Again(faults),
                Ok(customer) => match open(at, &customer).await? {
                    Some(fault) => Next::Again(vec![fault]),
                    None => Next::Go(State::Start(Self::Register {
                        contract_id: customer.contract_id,
                        at_login: false,
                    })),
                },
            }),
            Self::Register { contract_id, .. } => register(at, sent, contract_id).await,
            Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    pub(super) async fn settle(&self, mut desk: Desk<'_>, answer: Answer) -> Result<Next, Failure> {
        let (
            Self::Register {
                contract_id,
                at_login,
            },
            Answer::Registered(registered),
        ) = (self, answer)
        else {
            return Err(Failure::WrongAnswer);
        };
        if let Some(fault) = words::of_registration(registered.verdict) {
            return Ok(Next::Again(vec![fault]));
        }
        let serial = canonical(registered.serial.as_deref())?;
        let customer = customers::of_contract(desk.connection, contract_id)
            .await?
            .ok_or(Failure::NotFound)?;
        let token = HeldToken {
            kind: TokenKind::of(&serial),
            serial,
            at_login: *at_login,
            registered_at: desk.now,
            usable_from: access::usable_from(desk.bank.config.effective, desk.today),
            held: false,
        };
        let before = customer.token.as_ref().map(|token| &token.serial);
        // The service holds one token a customer: what it says now is what counts.
        customers::hold_token(desk.connection, contract_id, &token).await?;
        let at_login = if *at_login { "する" } else { "しない" };
        let mut tables = vec![
            Table::of_change(vec![(
                "シリアル番号",
                token.serial.as_str().to_owned(),
                before.map_or("なし", SerialNumber::as_str).to_owned(),
            )]),
            Table::of(
                "登録内容",
                vec![
                    ("ログイン時のワンタイムパスワード認証", at_login.to_owned()),
                    (
                        "お取引での利用",
                        format!("{}から", japan::day_in_words(token.usable_from)),
                    ),
                ],
            ),
        ];
        tables.extend(match_table(&registered));
        let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
        notices::started(&mut desk, &customer, receipt).await?;
        Ok(Next::Go(State::Start(Self::Done { receipt })))
    }
}

/// What the app shows too, by which its owner sees that it is this app the bank has registered.
pub(super) fn match_table(registered: &Registered) -> Option<Table> {
    const SAY: &str = "アプリに表示されている4桁と同じであることをご確認ください。違う場合は、すぐに窓口までご連絡ください。";
    let number = registered.match_number.clone()?;
    let rows = vec![("確認番号", number), ("ご確認", SAY.to_owned())];
    Some(Table::of("アプリとの照合", rows))
}

async fn open(at: At<'_>, customer: &CustomerRow) -> Result<Option<Fault>, Failure> {
    let today = at.bank.today(&mut *at.bank.storage.read().await?).await?;
    let usable_from = customer.token.as_ref().map(|token| token.usable_from);
    Ok(access::check(Procedure::Start, at.face, usable_from, today)
        .err()
        .map(|closed| fault("", words::of_closed(closed, at.bank.config.style))))
}

async fn register(at: At<'_>, sent: &Sent, contract_id: &str) -> Result<Next, Failure> {
    let mut reading = Reading::of(sent);
    let serial = reading.take("serial", entries::serial);
    let code = reading.take("code", entries::code);
    let at_login = reading.choose(
        "at_login",
        &[("yes", true), ("no", false)],
        "「する」「しない」のどちらかを選択してください。",
    );
    let asked = identify::take_asked(&mut reading);
    let (Some(serial), Some(code), Some(at_login), Some(asked)) = (serial, code, at_login, asked)
    else {
        return Ok(Next::Again(reading.faults()));
    };
    let customer = identify::customer(at, contract_id).await?;
    if let Some(fault) = open(at, &customer).await? {
        return Ok(Next::Again(vec![fault]));
    }
    if let Some(fault) = identify::check_asked(at, contract_id, asked).await? {
        return Ok(Next::Again(vec![fault]));
    }
    if let Some(fault) = not_taken(at, contract_id, &serial).await? {
        return Ok(Next::Again(vec![fault]));
    }
    let call = Call::Register(RegisterRequest {
        request_id: at.bank.make_request_id(),
        subscriber_ref: customer.subscriber_ref,
        serial: serial.as_str().to_owned(),
        code,
    });
    let state = State::Start(Step::Register {
        contract_id: contract_id.to_owned(),
        at_login,
    });
    Ok(Next::Ask(state, call))
}

/// Why this bank does not take the token: a phone without apps, or a device it did not send.
pub(super) async fn not_taken(
    at: At<'_>,
    contract_id: &str,
    serial: &SerialNumber,
) -> Result<Option<Fault>, Failure> {
    let kind = TokenKind::of(serial);
    if !access::takes_kind(at.face, kind) {
        return Ok(Some(fault("serial", words::NO_APP_HERE)));
    }
    if kind == TokenKind::Hardware {
        let mut connection = at.bank.storage.read().await?;
        if !customers::was_sent(&mut connection, contract_id, serial).await? {
            return Ok(Some(fault("serial", words::NOT_SENT)));
        }
    }
    Ok(None)
}

/// The serial as the service names it.
pub(super) fn canonical(serial: Option<&str>) -> Result<SerialNumber, Failure> {
    serial
        .and_then(|serial| SerialNumber::parse(serial).ok())
        .ok_or(Failure::WrongAnswer)
}
