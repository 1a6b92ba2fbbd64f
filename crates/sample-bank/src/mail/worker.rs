//! Sends what is queued.

use std::sync::Arc;
use std::time::Duration;

use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Body, Mailbox, Message};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use crate::bank::Bank;
use crate::storage::outbox::{self, MailRow};
use crate::storage::{StorageError, time};

const SENDER: &str = "oshirase@mihon.example";
/// How long one mail may take.
const SMTP_TIMEOUT: Duration = Duration::from_secs(10);
/// The rest of the worker when nothing wakes it.
const REST: Duration = Duration::from_secs(5);
/// First and longest wait after a mail was not taken.
const FIRST_WAIT_SECS: u64 = 5;
const LONGEST_WAIT_SECS: u64 = 15 * 60;

/// Where mail goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// A mail server that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the mail server cannot be used: {0}")]
pub struct MailError(#[from] lettre::transport::smtp::Error);

/// Why a pass over the queue ended early.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<sqlx::Error> for PassError {
    fn from(error: sqlx::Error) -> Self {
        Self::Storage(error.into())
    }
}

/// The line to the mail server.
#[derive(Debug)]
pub struct MailLine {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

impl MailLine {
    /// A line to `server`: with STARTTLS, or plain if it is this machine.
    ///
    /// # Errors
    /// [`MailError`] if TLS cannot be set up.
    pub fn new(server: &Server) -> Result<Self, MailError> {
        let is_here = server
            .host
            .parse::<std::net::IpAddr>()
            .map_or(server.host == "localhost", |address| address.is_loopback());
        let tls = if is_here {
            Tls::None
        } else {
            Tls::Required(TlsParameters::new(server.host.clone())?)
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host)
            .port(server.port)
            .tls(tls)
            .timeout(Some(SMTP_TIMEOUT))
            .build();
        Ok(Self { transport })
    }

    /// Sends what is due, the oldest first; gives how many were taken. The one to call it is the only
    /// one: no mail is sent by two.
    ///
    /// # Errors
    /// [`PassError`].
    pub async fn pass(&self, bank: &Bank) -> Result<u32, PassError> {
        let mut taken = 0;
        loop {
            let now = bank.now();
            let mut connection = bank.storage.read().await?;
            let due = outbox::due(&mut connection, now).await?;
            drop(connection);
            let Some(mail) = due else { return Ok(taken) };
            let sent = self.send(&mail, bank.config.bank_name()).await;
            let mut transaction = bank.storage.write().await?;
            match sent {
                Ok(()) => {
                    outbox::sent(&mut transaction, mail.id, bank.now()).await?;
                    taken += 1;
                }
                Err(why) => {
                    tracing::warn!(mail = mail.id, tries = mail.tries, why, "mail not taken");
                    let next = now.saturating_add_secs(wait_secs(mail.tries));
                    outbox::postpone(&mut transaction, mail.id, next).await?;
                }
            }
            transaction.commit().await?;
        }
    }

    /// Sends until the program ends.
    pub async fn run(self, bank: Arc<Bank>) {
        loop {
            if let Err(error) = self.pass(&bank).await {
                tracing::error!(%error, "mail queue");
            }
            tokio::select! {
                () = bank.mail_waits.notified() => {}
                () = tokio::time::sleep(REST) => {}
            }
        }
    }

    async fn send(&self, mail: &MailRow, sender: &str) -> Result<(), String> {
        let message = message(mail, sender).map_err(|error| error.to_string())?;
        self.transport
            .send(message)
            .await
            .map(drop)
            .map_err(|error| error.to_string())
    }
}

fn message(mail: &MailRow, sender: &str) -> Result<Message, Box<dyn std::error::Error>> {
    let secs = time(mail.created_at).as_secs();
    let date = std::time::UNIX_EPOCH + Duration::from_secs(secs);
    let encoding = ContentTransferEncoding::Base64;
    let body =
        Body::new_with_encoding(mail.body.clone(), encoding).map_err(|_| "no such encoding")?;
    Ok(Message::builder()
        .from(Mailbox::new(Some(sender.to_owned()), SENDER.parse()?))
        .to(mail.recipient.parse::<Mailbox>()?)
        .subject(&mail.subject)
        .date(date)
        .message_id(Some(mail.message_id.clone()))
        .header(ContentType::TEXT_PLAIN)
        .body(body)?)
}

/// Seconds until the next try: 5, then twice as long each time, up to a quarter of an hour.
fn wait_secs(tries: u32) -> u64 {
    FIRST_WAIT_SECS
        .saturating_mul(1_u64.checked_shl(tries).unwrap_or(u64::MAX))
        .min(LONGEST_WAIT_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<u64> = (0..9).map(wait_secs).collect();
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 640, 900]);
        assert_eq!(wait_secs(u32::MAX), 900);
    }
}
