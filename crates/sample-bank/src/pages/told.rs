//! What the token service tells of the bank's customers: fetched in order, acted on once.
//!
//! Most events the bank has caused itself, by a call whose answer it has. What it hears of here only is
//! that a customer stopped a token from the app.

use std::sync::Arc;
use std::time::Duration;

use super::customer;
use super::{Desk, Failure, notices};
use crate::bank::Bank;
use crate::issuer::Told;
use crate::rules::japan;
use crate::rules::limits::AFTER_RELEASE_YEN;
use crate::rules::style::Style;
use crate::screen::Table;
use crate::storage::customers::{self, CustomerRow};
use crate::storage::{heard, issued};

/// What the receipt of such a stop is called.
pub(super) const STOPPED_IN_APP: &str = "アプリからの利用中止";
/// The rest between two looks.
const REST: Duration = Duration::from_secs(2);
/// Events asked for at once: they fit into the longest answer that is read.
const MOST: u32 = 16;

impl Bank {
    /// Follows the token service's events, until the program ends.
    pub async fn keep_listening(self: Arc<Self>) {
        loop {
            // A service that is away is asked again; the pages say so where it matters.
            if let Err(why) = self.listen().await {
                tracing::warn!(?why, "the token service's events");
            }
            tokio::time::sleep(REST).await;
        }
    }

    /// Acts on the events since the last time; gives how many there were.
    ///
    /// # Errors
    /// When the service or the database does not answer; what was acted on is noted.
    pub async fn listen(self: &Arc<Self>) -> Result<u32, NotHeard> {
        let mut count = 0;
        loop {
            let mut connection = self.storage.read().await.map_err(|_| NotHeard)?;
            let last = heard::last(&mut connection).await.map_err(|_| NotHeard)?;
            drop(connection);
            let told = self.issuer.events(last, MOST).await.map_err(|_| NotHeard)?;
            for event in &told {
                act(self, event).await.map_err(|_| NotHeard)?;
            }
            let more = u32::try_from(told.len()).unwrap_or(MOST);
            count += more;
            if more < MOST {
                return Ok(count);
            }
        }
    }
}

/// The service, or the bank's own database, did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the token service's events could not be followed")]
pub struct NotHeard;

async fn act(bank: &Arc<Bank>, event: &Told) -> Result<(), Failure> {
    let mut transaction = bank.storage.write().await?;
    if heard::note(&mut transaction, event.number).await? && event.kind == "stop" {
        let now = bank.business_now(&mut transaction).await?;
        let desk = Desk {
            bank,
            connection: &mut transaction,
            now,
            today: japan::day(now),
        };
        stopped(desk, event).await?;
    }
    transaction.commit().await?;
    bank.mail_waits.notify_one();
    Ok(())
}

/// The customer stopped the token from the app: it is so at the bank too, with a receipt and a mail.
async fn stopped(mut desk: Desk<'_>, event: &Told) -> Result<(), Failure> {
    let found = customers::of_subscriber(desk.connection, &event.subscriber_ref).await?;
    let Some(customer) = found else { return Ok(()) };
    let serial = event.serial.as_deref().unwrap_or_default();
    let held = customer.token.as_ref();
    let in_use = held.is_some_and(|token| token.serial.as_str() == serial);
    // Issued and set up, but never registered: the customer has another one issued. One that is none
    // of these was over here before.
    let issued = issued::of_contract(desk.connection, &customer.contract_id).await?;
    if !in_use && (held.is_some() || issued.is_none()) {
        return Ok(());
    }
    end(&mut desk, &customer, in_use).await?;
    let tables = vec![Table::of_change(vec![(
        "シリアル番号",
        "なし".to_owned(),
        serial.to_owned(),
    )])];
    let contract_id = &customer.contract_id;
    let receipt = customer::receive(&mut desk, contract_id, STOPPED_IN_APP, tables).await?;
    notices::stopped(&mut desk, &customer, receipt).await
}

async fn end(desk: &mut Desk<'_>, customer: &CustomerRow, in_use: bool) -> Result<(), Failure> {
    let contract_id = &customer.contract_id;
    match desk.bank.config.style {
        Style::Shinkin => customers::drop_token(desk.connection, contract_id).await?,
        Style::Shinkumi if in_use => {
            let (today, most) = (desk.today, AFTER_RELEASE_YEN);
            customers::release_token(desk.connection, contract_id, today, most).await?;
        }
        Style::Shinkumi => {}
    }
    issued::clear(desk.connection, contract_id).await?;
    Ok(())
}

/// What the customer is told at home while the token stopped in the app was the last word.
pub(super) fn next_step(style: Style) -> &'static str {
    match style {
        Style::Shinkin => {
            "ワンタイムパスワードの利用は、お客さまのアプリから中止されています。お振込等のお取引を再開するには、ログイン画面の「利用開始」から新しいトークンを登録してください。お心当たりがない場合は、ただちに窓口までご連絡ください。"
        }
        Style::Shinkumi => {
            "ワンタイムパスワードの利用は、お客さまのアプリから中止されています。再開するには、翌日以降に「トークン発行」を行い、利用開始の操作をしてください。お心当たりがない場合は、ただちに窓口までご連絡ください。"
        }
    }
}
