//! トークン発行 of the app's token (guide 003, ソフトウェアトークンの発行, 手順4 to 6).
//!
//! ```text
//! Enter ──► Notify: メール通知パスワード is made and queued ──► Confirm ──► service ──► Done
//! ```

use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;

use super::customer::{self, Ending};
use super::form::{Reading, Sent, fault, whole};
use super::{At, Desk, Failure, Next, State, identify, issue, notices, otp};
use crate::issuer::{Answer, Call, IssueRequest};
use crate::rules::access::TokenKind;
use crate::rules::activation_password::ActivationPassword;
use crate::rules::{entries, japan};
use crate::screen::{Field, Form, Link, Qr, Screen, Table};
use crate::session;
use crate::storage::customers;
use crate::storage::issued::{self, IssuedRow};

const TITLE: &str = "トークン発行";
const TRAIL: &[&str] = &[
    "ソフトウェアトークン発行情報入力",
    "ソフトウェアトークン発行情報入力内容確認",
    "ソフトウェアトークン発行完了",
];
/// Wrong メール通知パスワード until a new one has to be sent.
const MOST_TRIES: u8 = 5;

/// The steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Enter {
        contract_id: String,
    },
    Notify {
        contract_id: String,
        mail: String,
        password: ActivationPassword,
    },
    Confirm {
        contract_id: String,
        mail: String,
        password: ActivationPassword,
        notice: Notice,
    },
    Done {
        receipt: i64,
        mail: String,
        service_id: String,
        user_id: String,
    },
}

/// The メール通知パスワード that is out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notice {
    digits: String,
    /// Where it went: the address the bank knows.
    recipient: String,
    sent_at: UnixTime,
    tries: u8,
}

impl std::fmt::Debug for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Notice({} tries)", self.tries)
    }
}

impl Step {
    pub(super) fn begin(contract_id: &str) -> Self {
        Self::Enter {
            contract_id: contract_id.to_owned(),
        }
    }

    pub(super) async fn screen(&self, at: At<'_>) -> Result<Screen, Failure> {
        Ok(match self {
            Self::Enter { .. } => enter_screen(),
            Self::Notify { .. } => return Err(Failure::NotFound),
            Self::Confirm { mail, notice, .. } => confirm_screen(mail, notice),
            Self::Done {
                receipt,
                mail,
                service_id,
                user_id,
            } => {
                let ending = Ending {
                    id: "BOT022",
                    title: TITLE,
                    trail: TRAIL,
                    sentence: "トークン発行を受け付けました。",
                    lead: &[
                        "ご入力のメールアドレスに「トークン発行のご案内」のメールが送信されます。メールのURLからアプリをダウンロードし、次のトークン情報と利用開始パスワードで初期設定を行ってください。",
                        "この画面は、ブラウザの印刷機能で印刷できます。初期設定が終わるまで、サービスIDとユーザIDをお控えください。",
                    ],
                    to_login: false,
                };
                let mut screen = customer::ending(at, *receipt, ending).await?;
                screen.tables.push(Table::of(
                    "送付先メールアドレス",
                    vec![("メールアドレス", mail.clone())],
                ));
                let issued = IssuedRow::Software {
                    service_id: service_id.clone(),
                    user_id: user_id.clone(),
                };
                screen.tables.push(otp::token_table(&issued));
                let says = format!("activate?service_id={service_id}&user_id={user_id}");
                let qr = Qr::of(
                    "サービスIDとユーザID（アプリで読み取り）",
                    &format!("skts:{says}"),
                );
                screen.qr = qr.map(|qr| qr.or(format!("jp.example.skts:{says}")));
                screen.links = vec![Link::new("ワンタイムパスワード申請内容選択へ", otp::HERE)];
                screen
            }
        })
    }

    pub(super) async fn submit(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        match self {
            Self::Enter { contract_id } => enter(at, sent, contract_id).await,
            Self::Confirm { .. } => self.confirm(at, sent).await,
            Self::Notify { .. } | Self::Done { .. } => Err(Failure::NotFound),
        }
    }

    async fn confirm(&self, at: At<'_>, sent: &Sent) -> Result<Next, Failure> {
        let Self::Confirm {
            contract_id,
            mail,
            password,
            notice,
        } = self
        else {
            return Err(Failure::NotFound);
        };
        let mut reading = Reading::of(sent);
        let confirmation = reading.take("confirmation_password", entries::confirmation_password);
        let digits = reading.take("notice_password", entries::notice_password);
        let (Some(confirmation), Some(digits)) = (confirmation, digits) else {
            return Ok(Next::Again(reading.faults()));
        };
        if !session::same(&digits, &notice.digits) {
            return Ok(self.wrong_notice(contract_id, mail, password, notice));
        }
        if let Some(sentence) = issue::closed(at, contract_id, TokenKind::Software).await? {
            return Ok(Next::Again(whole(sentence)));
        }
        if let Some(fault) = identify::check_confirmation(at, contract_id, &confirmation).await? {
            return Ok(Next::Again(vec![fault]));
        }
        let customer = identify::customer(at, contract_id).await?;
        let call = Call::Issue(IssueRequest {
            request_id: at.bank.make_request_id(),
            subscriber_ref: customer.subscriber_ref,
            activation_password: password.clone(),
        });
        Ok(Next::Ask(State::IssueSoft(self.clone()), call))
    }

    fn wrong_notice(
        &self,
        contract_id: &str,
        mail: &str,
        password: &ActivationPassword,
        notice: &Notice,
    ) -> Next {
        let tries = notice.tries.saturating_add(1);
        if tries >= MOST_TRIES {
            let sentence = "メール通知パスワードの誤りが続いたため、はじめから入力してください。新しいメール通知パスワードをお送りします。";
            return Next::Back(State::IssueSoft(Self::begin(contract_id)), whole(sentence));
        }
        let again = Self::Confirm {
            contract_id: contract_id.to_owned(),
            mail: mail.to_owned(),
            password: password.clone(),
            notice: Notice {
                tries,
                ..notice.clone()
            },
        };
        let sentence =
            "メール通知パスワードが正しくありません。最後に届いたメールをご確認ください。";
        Next::Back(
            State::IssueSoft(again),
            vec![fault("notice_password", sentence)],
        )
    }

    pub(super) async fn settle(
        &self,
        mut desk: Desk<'_>,
        answer: Option<Answer>,
    ) -> Result<Next, Failure> {
        match (self, answer) {
            (
                Self::Notify {
                    contract_id,
                    mail,
                    password,
                },
                None,
            ) => {
                let customer = customers::of_contract(desk.connection, contract_id)
                    .await?
                    .ok_or(Failure::NotFound)?;
                let digits: String = (0..8)
                    .map(|_| char::from(b'0' + desk.bank.entropy.below(10)))
                    .collect();
                notices::notice_password(&mut desk, &customer, &digits).await?;
                Ok(Next::Go(State::IssueSoft(Self::Confirm {
                    contract_id: contract_id.clone(),
                    mail: mail.clone(),
                    password: password.clone(),
                    notice: Notice {
                        digits,
                        recipient: customer.mail,
                        sent_at: desk.now,
                        tries: 0,
                    },
                })))
            }
            (
                Self::Confirm {
                    contract_id, mail, ..
                },
                Some(Answer::Issued(given)),
            ) => {
                let customer = customers::of_contract(desk.connection, contract_id)
                    .await?
                    .ok_or(Failure::NotFound)?;
                let (service_id, user_id) = (given.service_id, given.user_id);
                let issued = IssuedRow::Software {
                    service_id: service_id.clone(),
                    user_id: user_id.clone(),
                };
                issued::put(desk.connection, contract_id, &issued).await?;
                let until = vec![(
                    "アプリの初期設定の期限",
                    japan::minute_in_words(given.expires_at),
                )];
                let tables = vec![Table::of("初期設定", until)];
                let receipt = customer::receive(&mut desk, contract_id, TITLE, tables).await?;
                notices::issued(&mut desk, &customer, mail, receipt).await?;
                Ok(Next::Go(State::IssueSoft(Self::Done {
                    receipt,
                    mail: mail.clone(),
                    service_id,
                    user_id,
                })))
            }
            _ => Err(Failure::WrongAnswer),
        }
    }
}

fn enter_screen() -> Screen {
    let twice = "確認のため2回入力してください。";
    Screen {
        id: "BOT020",
        title: TITLE,
        trail: TRAIL,
        lead: vec![
            "ソフトウェアトークンを発行します。送付先メールアドレス、利用開始パスワードを入力し、「次へ」を押してください。".to_owned(),
            "利用開始パスワードは、この後の「アプリの初期設定」で一度だけ使います。お控えいただくか、お忘れにならないようご注意ください。".to_owned(),
        ],
        form: Some(
            Form::of(
                vec![
                    Field::mail("メールアドレス（トークンを発行するスマートフォン）"),
                    Field {
                        name: "mail_again",
                        hint: twice,
                        ..Field::mail("メールアドレス（確認用）")
                    },
                    Field::activation_password(
                        "activation_password",
                        "利用開始パスワード",
                        "お客さまが決める4～8桁の数字",
                    ),
                    Field::activation_password(
                        "activation_password_again",
                        "利用開始パスワード（確認用）",
                        twice,
                    ),
                ],
                "次へ",
            )
            .with_quit(otp::HERE),
        ),
        links: vec![Link::new("戻る", "/procedures/issue")],
        help: &[
            "同じ数字の繰り返しや続き番号、契約者ID・電話番号の一部など、推測されやすい番号は使えません。",
            "迷惑メール対策をされている方は、「@mihon.example」からのメールを受信できるように設定してください。",
        ],
        ..Screen::default()
    }
}

fn confirm_screen(mail: &str, notice: &Notice) -> Screen {
    Screen {
        id: "BOT021",
        title: TITLE,
        trail: TRAIL,
        at: 1,
        lead: vec![
            "確認用パスワード・メール通知パスワードを入力し、「確定する」を押してください。"
                .to_owned(),
            "メール通知パスワードは、次の送信日時を記載したメールの本文をご確認ください。"
                .to_owned(),
        ],
        tables: vec![
            Table::of(
                "送付先メールアドレス",
                vec![("メールアドレス", mail.to_owned())],
            ),
            Table::of(
                "メール通知パスワード送信先",
                vec![
                    ("送信日時", japan::stamp(notice.sent_at)),
                    ("送信先メールアドレス", notice.recipient.clone()),
                ],
            ),
        ],
        form: Some(
            Form::of(
                vec![
                    Field::confirmation_password(),
                    Field::code("メール通知パスワード", "メールに記載された数字8桁")
                        .named("notice_password"),
                ],
                "確定する",
            )
            .with_quit(otp::HERE),
        ),
        links: vec![Link::new("戻る", "/procedures/issue")],
        help: &[
            "メール通知パスワードは、ご登録のメールアドレスにお送りします。届かない場合は「戻る」から入力し直してください。",
        ],
        ..Screen::default()
    }
}

async fn enter(at: At<'_>, sent: &Sent, contract_id: &str) -> Result<Next, Failure> {
    let customer = identify::customer(at, contract_id).await?;
    let known = [customer.contract_id.as_str(), customer.phone.as_str()];
    let mut reading = Reading::of(sent);
    let mail = reading.take("mail", entries::mail_address);
    let mail_again = reading.take("mail_again", entries::mail_address);
    let parse = |text: &str| ActivationPassword::parse(text, &known);
    let password = reading.take("activation_password", parse);
    let (Some(mail), Some(mail_again), Some(password)) = (mail, mail_again, password) else {
        return Ok(Next::Again(reading.faults()));
    };
    if mail != mail_again {
        let sentence = "メールアドレスが一致しません。2回とも同じものを入力してください。";
        return Ok(Next::Again(vec![fault("mail_again", sentence)]));
    }
    if parse(sent.value("activation_password_again")) != Ok(password.clone()) {
        let sentence = "利用開始パスワードが一致しません。2回とも同じものを入力してください。";
        return Ok(Next::Again(vec![fault(
            "activation_password_again",
            sentence,
        )]));
    }
    if let Some(sentence) = issue::closed(at, contract_id, TokenKind::Software).await? {
        return Ok(Next::Again(whole(sentence)));
    }
    Ok(Next::Settle(State::IssueSoft(Step::Notify {
        contract_id: contract_id.to_owned(),
        mail,
        password,
    })))
}
