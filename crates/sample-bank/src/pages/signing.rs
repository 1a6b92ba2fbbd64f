//! 取引認証: a transfer is signed instead of confirmed by a code. The token shows payee and amount and
//! signs what it shows; the page shows the same, whole.

use serde::{Deserialize, Serialize};
use skts_otp::{Payment, PaymentText, SigningLink};

use super::form::{Reading, Sent, fault, whole};
use super::transfer::Order;
use super::{At, Failure, Next, State, customer, identify};
use crate::faces::Face;
use crate::issuer::{BeginSignatureRequest, Call, ToSign, VerifySignatureRequest};
use crate::rules::access::Procedure;
use crate::rules::{entries, japan, payees};
use crate::screen::{Field, Form, Link, Qr, Screen, Table};
use crate::storage::runs::Fault;

/// What cannot be signed, where it need not be.
const NOT_TO_BE_SIGNED: &str = "この振込先は取引認証に対応していません（受取人名はカナ・英数字で入力してください）。ワンタイムパスワードで確認してください。";

const NOT_IN_THE_LIST: &str = "署名が必要な振込です。金融機関は「見本信用組合」「見本信用金庫」、支店は「本店」「駅前支店」の名称で入力してください。";
const NAME_IN_KANA: &str = "署名が必要な振込です。受取人名はカナ・英数字で入力してください。";

/// A transfer that is out to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Signing {
    /// The call by which it was announced.
    challenge: String,
    to_sign: ToSign,
}

/// The order as it is signed, if it can be.
pub(super) fn payment(order: &Order) -> Option<Payment> {
    let (bank, branch) = payees::numbers(&order.bank, &order.branch)?;
    Payment::parse(&PaymentText {
        payee_bank: bank.to_owned(),
        payee_branch: branch.to_owned(),
        account_kind: "普通".to_owned(),
        account_number: order.account.clone(),
        payee_name: order.payee.clone(),
        amount_yen: order.amount_yen.to_string(),
    })
    .ok()
}

/// What to type in place of what cannot be signed, where it has to be.
pub(super) fn faults(order: &Order) -> Vec<Fault> {
    let Some(_) = payees::numbers(&order.bank, &order.branch) else {
        return vec![
            fault("bank", NOT_IN_THE_LIST),
            fault("branch", NOT_IN_THE_LIST),
        ];
    };
    match payment(order) {
        Some(_) => Vec::new(),
        None => vec![fault("payee", NAME_IN_KANA)],
    }
}

/// Announces the order; `state` settles the answer.
pub(super) async fn begin(
    at: At<'_>,
    contract_id: &str,
    order: &Order,
    state: State,
) -> Result<Next, Failure> {
    let customer = identify::customer(at, contract_id).await?;
    if let Some(sentence) = customer::closed(at, Procedure::Transfer, &customer).await? {
        return Ok(Next::Again(whole(sentence)));
    }
    let Some(payment) = payment(order) else {
        return Ok(Next::Again(whole(NOT_TO_BE_SIGNED)));
    };
    let call = Call::BeginSignature(BeginSignatureRequest {
        request_id: at.bank.make_request_id(),
        subscriber_ref: customer.subscriber_ref,
        payment: payment.into(),
    });
    Ok(Next::Ask(state, call))
}

impl Signing {
    /// What was announced. It has to be the order and nothing else: the page shows what is signed.
    pub(super) fn announced(order: &Order, call: &Call, to_sign: ToSign) -> Result<Self, Failure> {
        let signed = Payment::parse(&to_sign.payment).map_err(|_| Failure::WrongAnswer)?;
        let alike = signed.challenge() == to_sign.challenge;
        if payment(order) != Some(signed) || !alike {
            return Err(Failure::WrongAnswer);
        }
        Ok(Self {
            challenge: call.request_id().to_owned(),
            to_sign,
        })
    }

    /// Has the signature verified; `state` settles the verdict.
    pub(super) async fn verify(
        &self,
        at: At<'_>,
        sent: &Sent,
        contract_id: &str,
        state: State,
    ) -> Result<Next, Failure> {
        let mut reading = Reading::of(sent);
        let Some(signature) = reading.take("signature", entries::signature) else {
            return Ok(Next::Again(reading.faults()));
        };
        let customer = identify::customer(at, contract_id).await?;
        let call = Call::VerifySignature(VerifySignatureRequest {
            request_id: at.bank.make_request_id(),
            subscriber_ref: customer.subscriber_ref,
            challenge: self.challenge.clone(),
            signature,
        });
        Ok(Next::Ask(state, call))
    }

    /// The page on which it is signed.
    pub(super) fn screen(
        &self,
        order: &Order,
        trail: &'static [&'static str],
        face: Face,
    ) -> Screen {
        let payment = &self.to_sign.payment;
        let mut tables = vec![Table::of(
            "署名する振込内容",
            vec![
                (
                    "振込先金融機関",
                    format!("{}（{}）", order.bank, payment.payee_bank),
                ),
                (
                    "支店名",
                    format!("{}（{}）", order.branch, payment.payee_branch),
                ),
                (
                    "口座番号",
                    format!("{} {}", payment.account_kind, payment.account_number),
                ),
                ("受取人名", payment.payee_name.clone()),
                ("振込金額", japan::yen(order.amount_yen)),
            ],
        )];
        let until = japan::stamp(self.to_sign.expires_at);
        let mut rows = Vec::new();
        if let Some(digits) = &self.to_sign.keypad_challenge {
            rows.push(("キーパッドに入力する番号", digits.clone()));
        }
        rows.push(("署名の期限", until));
        tables.push(Table::of("取引認証", rows));
        Screen {
            id: "TRF004",
            title: "振込",
            trail,
            at: 1,
            lead: vec![
                match face {
                    Face::Pc => "アプリの「モード切替」で「取引認証」を選び、QRコードの画像を読み取るか、下の振込内容を入力してください。",
                    Face::Smartphone => "アプリの「モード切替」で「取引認証」を選び、この画面のスクリーンショットを「画像ファイルを読み取る」で選ぶか、下の振込内容を入力してください。",
                    Face::Feature => "アプリの「取引認証」に下の振込内容を入力するか、キーパッド付きのトークンに番号を入力してください。",
                }
                .to_owned(),
                "トークンに表示された受取人名・口座番号・金額が、振り込みたい内容と同じであることを必ず確かめてから、署名番号を入力してください。".to_owned(),
            ],
            tables,
            qr: self.qr(),
            form: Some(Form::of(
                vec![Field::code("署名番号", "トークンに表示された数字8桁").named("signature")],
                "振込を実行する",
            )),
            links: vec![
                Link::new("振込先の入力からやり直す", "/procedures/transfer"),
                Link::to_home(),
            ],
            help: &[
                "署名番号は、この振込だけに使えます。内容が書き換えられると一致しません。",
                "キーパッド付きのトークンをお使いの方は、「キーパッドに入力する番号」を入力してください。",
                "携帯電話（ガラケー）ではQRコードを表示しません。",
            ],
            ..Screen::default()
        }
    }

    /// For the app: the fields that are signed, whose tokens sign them, and the challenge to compare with.
    fn qr(&self) -> Option<Qr> {
        let payment = Payment::parse(&self.to_sign.payment).ok()?;
        let link = SigningLink::new(&self.to_sign.service_id, payment).ok()?;
        Qr::of("署名する振込内容（アプリで読み取り）", &link.to_string())
    }
}
