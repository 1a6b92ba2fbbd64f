//! What the bank writes to its customers. A mail names no contract, no whole serial and no code.

use super::{Desk, Failure};
use crate::rules::japan;
use crate::storage::customers::CustomerRow;
use crate::storage::outbox::{self, NewMail};

const IF_NOT_YOU: &str = "お心当たりがない場合は、ただちにお取引店の窓口までご連絡ください。";
const NO_LINK: &str = "このメールにURLは記載していません。";
/// Where the app of the demonstration would be fetched.
const APP_LINK: &str = "https://app.mihon.example/otp";

async fn write(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    recipient: &str,
    event: String,
    subject: &str,
    what: &str,
) -> Result<(), Failure> {
    let config = &desk.bank.config;
    let (bank_name, we) = (config.bank_name(), config.style.we());
    // A customer who knows that no other mail has a link knows a forged one by it.
    let no_link = if what.contains(APP_LINK) { "" } else { NO_LINK };
    let body = format!(
        "{} 様\n\n{what}\n受付時刻：{}\n\n{IF_NOT_YOU}\n{no_link}{we}がメールでパスワードをお尋ねすることはありません。\n\n{bank_name}（見本）\n",
        customer.name,
        japan::stamp(desk.now)
    );
    let mail = NewMail {
        event,
        message_id: format!("<{}@mihon.example>", desk.bank.entropy.hex::<16>()),
        recipient: recipient.to_owned(),
        subject: format!("【{bank_name}】{subject}"),
        body,
    };
    // Due by the machine's clock, whatever day the bank is at.
    outbox::queue(desk.connection, &mail, desk.bank.now()).await?;
    Ok(())
}

/// 利用開始.
pub(super) async fn started(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    receipt: i64,
) -> Result<(), Failure> {
    let what = "ワンタイムパスワードの利用開始を受け付けました。";
    let event = format!("receipt/{receipt}");
    write(
        desk,
        customer,
        &customer.mail,
        event,
        "ワンタイムパスワード利用開始のお知らせ",
        what,
    )
    .await
}

/// 交換.
pub(super) async fn exchanged(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    receipt: i64,
) -> Result<(), Failure> {
    let what = "トークンの交換を受け付けました。以後のお取引には新しいトークンをご利用ください。";
    let event = format!("receipt/{receipt}");
    write(
        desk,
        customer,
        &customer.mail,
        event,
        "トークン交換のお知らせ",
        what,
    )
    .await
}

/// 利用中止.
pub(super) async fn stopped(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    receipt: i64,
) -> Result<(), Failure> {
    let what = "ワンタイムパスワードの利用中止を受け付けました。お振込等の資金移動のお取引はご利用いただけません。";
    let event = format!("receipt/{receipt}");
    write(
        desk,
        customer,
        &customer.mail,
        event,
        "ワンタイムパスワード利用中止のお知らせ",
        what,
    )
    .await
}

/// What staff did with the token at the counter.
pub(super) async fn at_the_counter(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    receipt: i64,
    title: &str,
) -> Result<(), Failure> {
    let what = format!("窓口で次のお手続きを受け付けました。\nお手続き：{title}");
    let event = format!("receipt/{receipt}");
    write(
        desk,
        customer,
        &customer.mail,
        event,
        "窓口でのお手続きのお知らせ",
        &what,
    )
    .await
}

/// Locked by wrong codes: one mail a day.
pub(super) async fn locked(desk: &mut Desk<'_>, customer: &CustomerRow) -> Result<(), Failure> {
    let what = "ワンタイムパスワードの誤りが続いたため、ご利用を停止しています。";
    let event = format!("locked/{}/{}", customer.contract_id, desk.today);
    write(
        desk,
        customer,
        &customer.mail,
        event,
        "ワンタイムパスワードご利用停止のお知らせ",
        what,
    )
    .await
}

/// お客様情報変更: to the old address, where the one who should know reads it.
pub(super) async fn details_changed(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    recipient: &str,
    receipt: i64,
) -> Result<(), Failure> {
    let what = "お客様情報（メールアドレス・電話番号）の変更を受け付けました。";
    let event = format!("receipt/{receipt}/{recipient}");
    write(
        desk,
        customer,
        recipient,
        event,
        "お客様情報変更のお知らせ",
        what,
    )
    .await
}

/// メール通知パスワード, to the address the bank knows.
pub(super) async fn notice_password(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    password: &str,
) -> Result<(), Failure> {
    let what = format!(
        "トークン発行の確認のため、次のメール通知パスワードを画面に入力してください。\nメール通知パスワード：{password}\n送信日時：{}",
        japan::stamp(desk.now)
    );
    let event = format!("notice/{}", desk.bank.entropy.hex::<16>());
    let subject = "メール通知パスワードのお知らせ";
    write(desk, customer, &customer.mail, event, subject, &what).await
}

/// トークン発行のご案内, to the address of the phone; and that it happened, to the one the bank knows.
pub(super) async fn issued(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    phone_mail: &str,
    receipt: i64,
) -> Result<(), Failure> {
    let what = format!(
        "トークン発行を受け付けました。次のURLからワンタイムパスワードアプリをダウンロードし、画面に表示されたサービスID・ユーザIDと、お客さまが決めた利用開始パスワードで初期設定を行ってください。\n{APP_LINK}"
    );
    let event = format!("receipt/{receipt}/guide");
    let subject = "トークン発行のご案内";
    write(desk, customer, phone_mail, event, subject, &what).await?;
    if phone_mail == customer.mail {
        return Ok(());
    }
    let what = "トークン発行を受け付けました。ご案内は、お申込時に入力されたメールアドレスにお送りしました。";
    let event = format!("receipt/{receipt}");
    let subject = "トークン発行のお知らせ";
    write(desk, customer, &customer.mail, event, subject, what).await
}

/// A hardware token was ordered.
pub(super) async fn ordered(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    receipt: i64,
) -> Result<(), Failure> {
    let what =
        "ハードウェアトークンの発行のお申込みを受け付けました。ご登録の住所に送付いたします。";
    let event = format!("receipt/{receipt}");
    let subject = "ハードウェアトークン発行のお知らせ";
    write(desk, customer, &customer.mail, event, subject, what).await
}

/// 利用解除.
pub(super) async fn released(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    receipt: i64,
) -> Result<(), Failure> {
    let what = "ワンタイムパスワードの利用解除を受け付けました。新しいトークンの発行は翌日以降にご利用いただけます。";
    let event = format!("receipt/{receipt}");
    let subject = "ワンタイムパスワード利用解除のお知らせ";
    write(desk, customer, &customer.mail, event, subject, what).await
}
