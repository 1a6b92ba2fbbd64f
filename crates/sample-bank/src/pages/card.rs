//! The demonstration: a hardware token to hold, as guide 002 describes it. A button, six digits for
//! 60 seconds, the serial on the back; displays for a low battery and a fault, chosen by a link.

use std::sync::Arc;

use axum::extract::{Path, Query, State as Shared};
use axum::response::Response;
use chrono::{DateTime, Months, SecondsFormat};
use serde::Deserialize;
use skts_otp::{Digits, HashAlgorithm, Period, SerialNumber, UnixTime, totp};

use super::Failure;
use super::form::Sent;
use super::reply::{Reply, finish};
use crate::bank::Bank;
use crate::rules::japan;
use crate::screen::{Card, Form, Link, Screen, Table};
use crate::session::Visitor;
use crate::storage::StorageError;
use crate::storage::demo_cards::{self, CardRow};

/// For how long the display stays on.
const SHOWN_SECS: u64 = 60;
const PERIOD_SECS: u32 = 60;
/// 電池寿命.
const LIFE: Months = Months::new(5 * 12);
/// Of the one card that is near its end, so that 再発行 can be tried.
const NEAR_ITS_END: Months = Months::new(2);
/// As hardware imports of the token service read it.
const CSV_HEADER: &str = "serial,type,secret_hex,digits,period_secs,counter,algorithm,expires";

/// `GET /demo/card`: every device.
pub(super) async fn list(Shared(bank): Shared<Arc<Bank>>, visitor: Visitor) -> Response {
    let outcome = list_screen(&bank).await;
    finish(&bank, &visitor, outcome).await
}

async fn list_screen(bank: &Bank) -> Result<Reply, Failure> {
    let cards = demo_cards::all(&mut *bank.storage.read().await?).await?;
    let lead = if cards.is_empty() {
        "ハードウェアトークンはありません。skts-sample-bank demo-cards で作り、skts-issuer hardware import で登録してください。"
    } else {
        "デモ用のハードウェアトークンです。窓口で「発送」を受け付けたものだけが登録できます。"
    };
    Ok(Reply::Show(Box::new(Screen {
        id: "DMO003",
        title: "デモ用ハードウェアトークン",
        lead: vec![lead.to_owned()],
        links: cards
            .into_iter()
            .map(|card| Link {
                label: format!("シリアル番号 {}", card.serial).into(),
                to: address(&card.serial),
            })
            .chain([Link::new("デモの設定", "/demo")])
            .collect(),
        ..Screen::default()
    })))
}

/// What is looked at.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Show {
    #[default]
    Front,
    Back,
    LowBattery,
    Fault,
}

/// The same in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Look {
    #[serde(default)]
    show: Show,
}

/// `GET /demo/card/{serial}`.
pub(super) async fn show(
    Shared(bank): Shared<Arc<Bank>>,
    mut visitor: Visitor,
    Path(serial): Path<String>,
    Query(look): Query<Look>,
) -> Response {
    let outcome = card_screen(&bank, &mut visitor, &serial, look.show).await;
    finish(&bank, &visitor, outcome).await
}

async fn card_screen(
    bank: &Bank,
    visitor: &mut Visitor,
    serial: &str,
    show: Show,
) -> Result<Reply, Failure> {
    visitor.session(bank).await?;
    let card = demo_cards::of_serial(&mut *bank.storage.read().await?, serial)
        .await?
        .ok_or(Failure::NotFound)?;
    let here = address(&card.serial);
    let left_secs = SHOWN_SECS.saturating_sub(bank.now().secs_since(card.pressed_at));
    let code = (left_secs > 0).then(|| code(&card)).transpose()?;
    let (display, left_secs) = match (show, code) {
        (Show::Back, _) => (card.serial.as_str().to_owned(), 0),
        (Show::Fault, _) => ("FAIL 1".to_owned(), 0),
        (Show::LowBattery, Some(code)) => (format!("{code} ▁"), left_secs),
        (Show::LowBattery, None) => ("bAtt".to_owned(), 0),
        (Show::Front, Some(code)) => (code, left_secs),
        (Show::Front, None) => (String::new(), 0),
    };
    let form = matches!(show, Show::Front | Show::LowBattery).then(|| {
        let mut form = Form::of(Vec::new(), "①");
        form.action.clone_from(&here);
        form
    });
    let ends = ("有効期限", japan::minute_in_words(card.expires_at));
    let (tables, says) = match show {
        Show::Back => (vec![Table::of("裏面", vec![ends])], "裏面のシリアル番号"),
        Show::Fault => (Vec::new(), "故障の表示。窓口まで交換をお申込みください。"),
        Show::LowBattery => (
            Vec::new(),
            "電池残量低下の表示。窓口まで交換をお申込みください。",
        ),
        Show::Front => (Vec::new(), "①を押すと、6桁の数字を60秒間表示します。"),
    };
    Ok(Reply::Show(Box::new(Screen {
        id: "DMO004",
        title: "デモ用ハードウェアトークン",
        card: Some(Card {
            display,
            says,
            left_secs,
        }),
        tables,
        form,
        links: vec![
            Link::new("表面", here.clone()),
            Link::new("裏面（シリアル番号）", format!("{here}?show=back")),
            Link::new(
                "電池残量の低下を表示する",
                format!("{here}?show=low_battery"),
            ),
            Link::new("故障を表示する", format!("{here}?show=fault")),
            Link::new("ほかのトークン", "/demo/card"),
        ],
        ..Screen::default()
    })))
}

/// `POST /demo/card/{serial}`: the button.
pub(super) async fn press(
    Shared(bank): Shared<Arc<Bank>>,
    visitor: Visitor,
    Path(serial): Path<String>,
    sent: Sent,
) -> Response {
    let outcome = press_button(&bank, &visitor, &serial, &sent).await;
    finish(&bank, &visitor, outcome).await
}

async fn press_button(
    bank: &Bank,
    visitor: &Visitor,
    serial: &str,
    sent: &Sent,
) -> Result<Reply, Failure> {
    sent.check(visitor.session.as_ref().ok_or(Failure::Expired)?)?;
    let mut transaction = bank.storage.write().await?;
    let card = demo_cards::of_serial(&mut transaction, serial)
        .await?
        .ok_or(Failure::NotFound)?;
    // Pressed while it shows a code it goes on showing that one.
    if bank.now().secs_since(card.pressed_at) >= SHOWN_SECS {
        demo_cards::press(&mut transaction, serial, bank.now()).await?;
    }
    transaction.commit().await?;
    Ok(Reply::Go(address(&card.serial)))
}

fn address(serial: &SerialNumber) -> String {
    format!("/demo/card/{serial}")
}

/// The code of the moment the button was pressed.
fn code(card: &CardRow) -> Result<String, Failure> {
    let wrong = |column| StorageError::Inconsistent {
        table: "demo_cards",
        column,
    };
    let period = Period::from_secs(PERIOD_SECS).map_err(|_| wrong("pressed_at"))?;
    let step = period.step_at(card.pressed_at);
    let code = totp(&card.secret, HashAlgorithm::Sha1, step, Digits::Six)
        .map_err(|_| wrong("secret_hex"))?;
    // EXPOSE: the display of the device it belongs to.
    Ok(code.expose_digits().to_owned())
}

impl Bank {
    /// Makes devices for the demonstration, and gives the table that the token service imports. Of
    /// two in turn one has a serial of letters and digits (guide 002), one of digits (guide 003); the
    /// last is near its end.
    ///
    /// # Shapes and units
    /// - `count`: 1 to 100.
    /// - returns: CSV with its header, a line a device; the secrets are in it.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn make_demo_cards(&self, count: u8) -> Result<String, StorageError> {
        let mut csv = format!("{CSV_HEADER}\n");
        let mut transaction = self.storage.write().await?;
        for number in 1..=count {
            let digits = |count| -> String {
                let digit = |_| char::from(b'0' + self.entropy.below(10));
                (0..count).map(digit).collect()
            };
            let serial = match number % 2 {
                1 => format!("MH01{}", digits(8)),
                _ => format!("10{}", digits(10)),
            };
            let life = if number == count { NEAR_ITS_END } else { LIFE };
            let card = CardRow {
                serial: SerialNumber::parse(&serial).map_err(|_| StorageError::Inconsistent {
                    table: "demo_cards",
                    column: "serial",
                })?,
                secret: self.entropy.bytes::<20>().to_vec(),
                expires_at: after(self.now(), life),
                pressed_at: UnixTime::from_secs(0),
            };
            demo_cards::add(&mut transaction, &card).await?;
            csv.push_str(&format!(
                "{serial},totp,{},6,{PERIOD_SECS},,sha1,{}\n",
                hex::encode(&card.secret),
                rfc3339(card.expires_at)
            ));
        }
        transaction.commit().await?;
        Ok(csv)
    }
}

fn in_utc(at: UnixTime) -> DateTime<chrono::Utc> {
    let secs = i64::try_from(at.as_secs()).unwrap_or(i64::MAX);
    DateTime::from_timestamp(secs, 0).unwrap_or(DateTime::<chrono::Utc>::MAX_UTC)
}

fn after(at: UnixTime, months: Months) -> UnixTime {
    let end = in_utc(at).checked_add_months(months);
    let secs = end.map_or(i64::MAX, |end| end.timestamp());
    UnixTime::from_secs(u64::try_from(secs).unwrap_or_default())
}

fn rfc3339(at: UnixTime) -> String {
    in_utc(at).to_rfc3339_opts(SecondsFormat::Secs, true)
}
