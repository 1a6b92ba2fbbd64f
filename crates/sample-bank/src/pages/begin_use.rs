//! ワンタイムパスワード利用開始 after トークン発行 (guide 003): the app's token by its code, a device by
//! serial and code. A device that follows another takes its place: the old one's code first, then
//! the new one's, as one exchange at the service.

use serde::{Deserialize, Serialize};
use skts_otp::SerialNumber;

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::{At, Desk, Failure, Next, State, identify, notices, otp, start, words};
use crate::issuer::{ActivationState, Answer, Call, ExchangeRequest, RegisterRequest, Verdict};
use crate::rules::access::{self, TokenKind};
use crate::rules::entries;
use crate::rules::standing::Closed;
use crate::screen::{Field, Form, Link, Notice, Screen, Table};
use crate::storage::customers::{self, CustomerRow, HeldToken};
use crate::storage::issued::{self, IssuedRow};

const TITLE: &str = "ワンタイムパスワード利用開始";
const SOFT_TRAIL: &[&str] = &["ソフトウェアトークン確認", "ソフトウェアトークン完了"];
const HARDWARE_TRAIL: &[&str] = &["ハードウェアトークン確認", "ハードウェアトークン完了"];
const RENEWAL_TRAIL: &[&str] = &[
    "ご利用中のトークン確認",
    "ハードウェアトークン確認",
    "ハードウェアトークン完了",
];
const SERIAL_ON_THE_BACK: &str = "ハードウェアトークン裏面に記載の英数字（8～12桁）";

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Confirm {
        contract_id: String,
        /// Of a device that follows another: the call by which the old one's code was accepted.
        proof: Option<String>,
    },
    Done {
        receipt: i64,
        contract_id: String,
    },
}

/// What the form asks for.
enum Asked {
    App(IssuedRow),
    Device,
    OldCode,
    NewDevice,
}

impl Step {
    pub(super) fn begin(contract_id: &str) -> Self {
        Self::Confirm {
            contract_id: contract_id.to_owned(),
            proof: None,
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        match self {
            Self::Confirm { contract_id, proof } => {
                let customer = identify::customer(at, contract_id).await?;
                Ok(match asked(at, &customer, proof.as_deref()).await? {
                    Err(closed) => closed_screen(closed),
                    Ok(Asked::App(issued)) => app_screen(at, &issued).await,
                    Ok(Asked::Device) => device_screen(HARDWARE_TRAIL, 0),
                    Ok(Asked::OldCode) => old_code_screen(),
                    Ok(Asked::NewDevice) => device_screen(RENEWAL_TRAIL, 1),
                })
            }
            Self::Done {
                receipt,
                contract_id,
            } => done_screen(at, *receipt, contract_id).await,
        }
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        let Self::Confirm { contract_id, proof } = self else {
            return Err(Failure::NotFound);
        };
        let customer = identify::customer(at, contract_id).await?;
        let asked = match asked(at, &customer, proof.as_deref()).await? {
            Err(closed) => return Ok(Next::Again(whole(words::of_standing(closed)))),
            Ok(asked) => asked,
        };
        let mut reading = Reading::of(sent);
        let serial = match &asked {
            Asked::OldCode => None,
            Asked::App(issued) => {
                let told = activation(at, issued).await.and_then(|state| state.serial);
                told.and_then(|serial| SerialNumber::parse(&serial).ok())
            }
            Asked::Device | Asked::NewDevice => reading.take("serial", entries::serial),
        };
        let code = reading.take("code", entries::code);
        let faults = reading.faults();
        let Some(code) = code.filter(|_| faults.is_empty()) else {
            return Ok(Next::Again(faults));
        };
        let state = State::BeginUse(self.clone());
        let serial = match (asked, serial) {
            (Asked::OldCode, _) => {
                let call = customer::verify(at.bank, &customer, code, "begin-use");
                return Ok(Next::Ask(state, call));
            }
            (_, None) => return Ok(Next::Again(whole(words::SERVICE_AWAY))),
            (Asked::App(_), Some(serial)) => serial,
            (Asked::Device | Asked::NewDevice, Some(serial)) => {
                if !was_sent(at, contract_id, &serial).await? {
                    return Ok(Next::Again(vec![fault("serial", words::NOT_SENT)]));
                }
                serial
            }
        };
        let (request_id, subscriber_ref) = (at.bank.make_request_id(), customer.subscriber_ref);
        let serial = serial.as_str().to_owned();
        let call = match proof {
            None => Call::Register(RegisterRequest {
                request_id,
                subscriber_ref,
                serial,
                code,
            }),
            Some(proof) => Call::Exchange(ExchangeRequest {
                request_id,
                subscriber_ref,
                proof: proof.clone(),
                serial,
                code,
            }),
        };
        Ok(Next::Ask(state, call))
    }

    pub(super) async fn settle(
        &self,
        mut desk: Desk<'_>,
        call: &Call,
        answer: Answer,
    ) -> Result<Next, Failure> {
        let Self::Confirm { contract_id, proof } = self else {
            return Err(Failure::WrongAnswer);
        };
        match answer {
            Answer::Verified(verified) => {
                customer::note_lock(&mut desk, contract_id, verified.verdict).await?;
                Ok(match words::of_code(&verified) {
                    Some(fault) => Next::Again(vec![fault]),
                    None => Next::Go(State::BeginUse(Self::Confirm {
                        contract_id: contract_id.clone(),
                        proof: Some(call.request_id().to_owned()),
                    })),
                })
            }
            Answer::Registered(registered) => {
                if proof.is_some() && registered.verdict == Verdict::Unknown {
                    let again = State::BeginUse(Self::begin(contract_id));
                    return Ok(Next::Back(again, whole(PROOF_OVER)));
                }
                if let Some(fault) = words::of_registration(registered.verdict) {
                    return Ok(Next::Again(vec![fault]));
                }
                let serial = start::canonical(registered.serial.as_deref())?;
                hold(&mut desk, contract_id, serial).await
            }
            _ => Err(Failure::WrongAnswer),
        }
    }
}

const PROOF_OVER: &str = "時間が経過したため、もう一度、現在ご利用中のトークンのワンタイムパスワードから入力してください。トークンは変更されていません。";

async fn was_sent(at: At<'_>, contract_id: &str, serial: &SerialNumber) -> Result<bool, Failure> {
    let mut connection = at.bank.storage.read().await?;
    Ok(customers::was_sent(&mut connection, contract_id, serial).await?)
}

async fn asked(
    at: At<'_>,
    customer: &CustomerRow,
    proof: Option<&str>,
) -> Result<Result<Asked, Closed>, Failure> {
    let mut connection = at.bank.storage.read().await?;
    let issued = issued::of_contract(&mut connection, &customer.contract_id).await?;
    Ok(match (issued, &customer.token, proof) {
        (None, ..) => Err(Closed::NothingIssued),
        (Some(issued @ IssuedRow::Software { .. }), ..) => Ok(Asked::App(issued)),
        (Some(IssuedRow::Hardware { .. }), None, _) => Ok(Asked::Device),
        (Some(IssuedRow::Hardware { .. }), Some(_), None) => Ok(Asked::OldCode),
        (Some(IssuedRow::Hardware { .. }), Some(_), Some(_)) => Ok(Asked::NewDevice),
    })
}

async fn activation(at: At<'_>, issued: &IssuedRow) -> Option<ActivationState> {
    match issued {
        IssuedRow::Software { user_id, .. } => at.bank.issuer.activation_state(user_id).await.ok(),
        IssuedRow::Hardware { .. } => None,
    }
}

/// The token is the customer's: written down, with a code at each login from now on.
async fn hold(
    desk: &mut Desk<'_>,
    contract_id: &str,
    serial: SerialNumber,
) -> Result<Next, Failure> {
    let before = customers::of_contract(desk.connection, contract_id)
        .await?
        .ok_or(Failure::NotFound)?;
    let issued = issued::of_contract(desk.connection, contract_id).await?;
    let kind = match issued {
        Some(IssuedRow::Software { .. }) => TokenKind::Software,
        _ => TokenKind::Hardware,
    };
    let first_day = access::usable_from(desk.bank.config.effective, desk.today);
    let token = HeldToken {
        serial,
        kind,
        at_login: true,
        registered_at: desk.now,
        usable_from: before
            .token
            .as_ref()
            .map_or(first_day, |token| token.usable_from),
        held: false,
    };
    customers::hold_token(desk.connection, contract_id, &token).await?;
    issued::clear(desk.connection, contract_id).await?;
    let old = before.token.as_ref().map(|token| token.serial.as_str());
    let tables = vec![Table::of_change(vec![
        (
            "登録状況",
            "利用中".to_owned(),
            if old.is_some() {
                "利用中"
            } else {
                "トークン発行済"
            }
            .to_owned(),
        ),
        (
            "シリアル番号",
            token.serial.as_str().to_owned(),
            old.unwrap_or("なし").to_owned(),
        ),
    ])];
    let receipt = customer::receive(desk, contract_id, TITLE, tables).await?;
    notices::started(desk, &before, receipt).await?;
    Ok(Next::Go(State::BeginUse(Step::Done {
        receipt,
        contract_id: contract_id.to_owned(),
    })))
}

async fn done_screen(at: At<'_>, receipt: i64, contract_id: &str) -> Result<Screen, Failure> {
    let customer = identify::customer(at, contract_id).await?;
    let kind = customer.token.as_ref().map(|token| token.kind);
    let (id, trail) = match kind {
        Some(TokenKind::Software) => ("BOK402", SOFT_TRAIL),
        _ => ("BOK502", HARDWARE_TRAIL),
    };
    let ending = Ending {
        id,
        title: TITLE,
        trail,
        sentence: "以下の内容でワンタイムパスワード利用開始登録を受け付けました。",
        lead: &["次回のログインから、ワンタイムパスワードの入力が必要になります。"],
        to_login: false,
    };
    let mut screen = customer::ending(at, receipt, ending).await?;
    if let Some(ends) = otp::status(at, &customer).await?.ends {
        let rows = vec![("有効期限", ends)];
        screen.tables.push(Table::of("トークン情報", rows));
    }
    screen.links = vec![Link::new("ワンタイムパスワード申請内容選択へ", otp::HERE)];
    Ok(screen)
}

fn closed_screen(closed: Closed) -> Screen {
    Screen {
        id: "OTP900",
        title: "ご利用いただけません",
        notice: Some(Notice {
            good: false,
            text: words::of_standing(closed),
        }),
        links: vec![Link::new("ワンタイムパスワード申請内容選択へ", otp::HERE)],
        ..Screen::default()
    }
}

async fn app_screen(at: At<'_>, issued: &IssuedRow) -> Screen {
    let state = activation(at, issued).await;
    let word = state.as_ref().map_or("", |state| state.state.as_str());
    let mut tables = vec![otp::token_table(issued)];
    let stop = |text: &str| {
        Some(Notice {
            good: false,
            text: text.to_owned(),
        })
    };
    let notice = match word {
        "" => stop(words::SERVICE_AWAY),
        "pending" => stop(
            "アプリの初期設定がまだ行われていません。アプリにサービスID・ユーザID・利用開始パスワードを入力してから、この画面を開き直してください。",
        ),
        "claimed" | "completed" => state
            .as_ref()
            .filter(|state| state.other_device_refused)
            .and_then(|_| {
                stop("別の端末からも初期設定が試みられ、拒否されました。お心当たりがない場合は窓口までご連絡ください。")
            }),
        _ => stop(
            "初期設定の期限が過ぎたか、取り消されました。「トークン発行」からやり直してください。",
        ),
    };
    let can_begin = matches!(word, "claimed" | "completed");
    let lead = vec![
        "確認番号がアプリに表示されている4桁と同じであることを確かめてください。違う場合は、登録せずに窓口までご連絡ください。".to_owned(),
        "ワンタイムパスワードを入力し、「利用開始する」を押してください。".to_owned(),
    ];
    let mut rows = Vec::new();
    if let Some(state) = &state {
        let number = state.match_number.clone();
        rows.extend(number.map(|number| ("確認番号", number)));
        rows.extend(state.device_label.clone().map(|label| ("端末", label)));
        rows.extend(state.serial.clone().map(|serial| ("シリアル番号", serial)));
    }
    if !rows.is_empty() {
        tables.push(Table::of("初期設定を行った端末", rows));
    }
    let code = Field::code("ワンタイムパスワード", "アプリに表示されている数字");
    Screen {
        id: "BOK401",
        title: TITLE,
        trail: SOFT_TRAIL,
        notice,
        lead: if can_begin { lead } else { Vec::new() },
        tables,
        form: can_begin.then(|| Form::of(vec![code], "利用開始する").with_quit(otp::HERE)),
        links: vec![
            Link::new("もう一度確認する", "/procedures/begin-use"),
            Link::new("戻る", otp::HERE),
        ],
        help: &[
            "アプリの画面にシリアル番号が見えない場合は、画面右上のメニューから「モード切替」をお試しください。",
        ],
        ..Screen::default()
    }
}

fn device_screen(trail: &'static [&'static str], at: usize) -> Screen {
    Screen {
        id: "BOK501",
        title: TITLE,
        trail,
        at,
        lead: vec![
            "トークンに記載されているシリアル番号とワンタイムパスワードを入力し、「利用開始する」を押してください。".to_owned(),
        ],
        form: Some(
            Form::of(
                vec![
                    Field::serial("シリアル番号", SERIAL_ON_THE_BACK),
                    Field::code("ワンタイムパスワード", "ボタンを押すと表示される数字"),
                ],
                "利用開始する",
            )
            .with_quit(otp::HERE),
        ),
        links: vec![Link::new("戻る", otp::HERE)],
        help: &["ハードウェアトークンがまだ届いていない場合は、届いてから操作してください。"],
        ..Screen::default()
    }
}

fn old_code_screen() -> Screen {
    Screen {
        id: "BOK500",
        title: TITLE,
        trail: RENEWAL_TRAIL,
        lead: vec![
            "現在ご利用中のハードウェアトークンに表示されているワンタイムパスワードを入力し、「次へ」を押してください。".to_owned(),
        ],
        form: Some(
            Form::of(
                vec![Field::code(
                    "現在のワンタイムパスワード",
                    "ご利用中のトークンに表示されている数字",
                )],
                "次へ",
            )
            .with_quit(otp::HERE),
        ),
        links: vec![Link::new("戻る", otp::HERE)],
        help: &["この後、10分以内に新しいトークンを登録してください。"],
        ..Screen::default()
    }
}
