//! What the bank writes to its customers. A mail names no contract, no whole serial and no code.

use super::reply::BANK_NAME;
use super::{Desk, Failure};
use crate::rules::japan;
use crate::storage::customers::CustomerRow;
use crate::storage::outbox::{self, NewMail};

const IF_NOT_YOU: &str = "お心当たりがない場合は、ただちにお取引店の窓口までご連絡ください。\nこのメールにURLは記載していません。当金庫がメールでパスワードをお尋ねすることはありません。";

async fn write(
    desk: &mut Desk<'_>,
    customer: &CustomerRow,
    recipient: &str,
    event: String,
    subject: &str,
    what: &str,
) -> Result<(), Failure> {
    let body = format!(
        "{} 様\n\n{what}\n受付時刻：{}\n\n{IF_NOT_YOU}\n\n{BANK_NAME}（見本）\n",
        customer.name,
        japan::stamp(desk.now)
    );
    let mail = NewMail {
        event,
        message_id: format!("<{}@mihon.example>", desk.bank.entropy.hex::<16>()),
        recipient: recipient.to_owned(),
        subject: format!("【{BANK_NAME}】{subject}"),
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
