//! The bank: what every page works with.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use chrono::NaiveDate;
use skts_otp::{EffectiveDay, UnixTime};
use tokio::sync::{Notify, Semaphore};

use crate::clock::{Clock, Entropy};
use crate::issuer::{Issuer, Patience};
use crate::mail::Inbox;
use crate::pages::{Keyboards, RecentLogins};
use crate::rules::japan;
use crate::rules::signing::SigningRule;
use crate::rules::style::Style;
use crate::session::IDLE_SECS;
use crate::signboard::Signboard;
use crate::storage::{Connection, Storage, StorageError, sessions};

/// Passwords stretched at once; each takes 19 MiB.
const STRETCHED_AT_ONCE: usize = 4;
const SECS_A_DAY: u64 = 24 * 3600;
const TIDY_EVERY: Duration = Duration::from_secs(60);

/// How a bank is set up.
#[derive(Debug, Clone)]
pub struct Config {
    /// Which guides the bank follows.
    pub style: Style,
    /// Its name and colour; none for the sample's own.
    pub signboard: Option<Signboard>,
    /// Base address of the token service.
    pub issuer: String,
    /// This bank's key there. Secret.
    pub api_key: String,
    /// How long the service is waited for.
    pub patience: Patience,
    /// From when payments are confirmed with a token just registered.
    pub effective: EffectiveDay,
    /// Which transfers have to be signed.
    pub signing: SigningRule,
    /// Whether browsers reach the bank over HTTPS: then cookies are `Secure`.
    pub https: bool,
    /// What staff log in with at the counter; without it the counter is closed. Secret.
    pub staff_password: Option<String>,
    /// Sample customers, and a clock that can be moved.
    pub demo: bool,
    /// A mailbox of this machine, for the page that shows it.
    pub inbox: Option<Arc<Inbox>>,
}

impl Config {
    /// The bank's name, as on its pages and in its mails.
    pub(crate) fn bank_name(&self) -> &str {
        let own = self.signboard.as_ref().map(Signboard::name);
        own.unwrap_or(self.style.bank_name())
    }
}

/// The bank.
pub struct Bank {
    pub(crate) config: Config,
    pub(crate) storage: Storage,
    pub(crate) issuer: Issuer,
    pub(crate) entropy: Entropy,
    /// Told when there is new mail.
    pub(crate) mail_waits: Notify,
    pub(crate) recent_logins: RecentLogins,
    pub(crate) keyboards: Keyboards,
    /// Argon2id, PHC text.
    pub(crate) staff_password: Option<String>,
    clock: Box<dyn Clock>,
    stretching: Semaphore,
    turns: Mutex<HashMap<String, Weak<tokio::sync::Mutex<()>>>>,
    /// What an unknown customer's password is compared with, so that it takes as long.
    nobody: String,
}

impl std::fmt::Debug for Bank {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bank")
    }
}

/// Why a bank could not be opened, or a customer not added.
#[derive(Debug, thiserror::Error)]
pub enum BankError {
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// A password could not be stretched.
    #[error("a password could not be stretched")]
    Stretching,
}

impl Bank {
    /// Opens the bank whose database is in `folder`, making it if there is none.
    ///
    /// # Errors
    /// [`BankError`].
    pub async fn open(
        folder: &Path,
        config: Config,
        clock: impl Clock + 'static,
        entropy: Entropy,
    ) -> Result<Self, BankError> {
        let storage = Storage::open(&folder.join("bank.sqlite")).await?;
        let issuer = Issuer::new(&config.issuer, &config.api_key, config.patience);
        let nobody = stretch(&entropy.hex::<16>(), &entropy.bytes())?;
        let staff_password = config
            .staff_password
            .as_ref()
            .map(|password| stretch(password, &entropy.bytes()))
            .transpose()?;
        Ok(Self {
            config,
            storage,
            staff_password,
            issuer,
            entropy,
            mail_waits: Notify::new(),
            recent_logins: RecentLogins::default(),
            keyboards: Keyboards::default(),
            clock: Box::new(clock),
            stretching: Semaphore::new(STRETCHED_AT_ONCE),
            turns: Mutex::default(),
            nobody,
        })
    }

    /// Closes the database, after what is under way.
    pub async fn close(&self) {
        self.storage.close().await;
    }

    /// Tidies every minute, until the program ends.
    pub async fn keep_tidy(self: Arc<Self>) {
        loop {
            if let Err(error) = self.tidy().await {
                tracing::error!(%error, "tidying");
            }
            tokio::time::sleep(TIDY_EVERY).await;
        }
    }

    /// Ends the open questions of sessions that are over, then forgets those sessions.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn tidy(self: &Arc<Self>) -> Result<(), StorageError> {
        if let Err(error) = crate::pages::settle_left_over(self).await {
            tracing::error!(%error, "an open question cannot be settled");
        }
        let now = self.now().as_secs();
        let before = |secs| UnixTime::from_secs(now.saturating_sub(secs));
        let mut transaction = self.storage.write().await?;
        sessions::prune(&mut transaction, before(IDLE_SECS), before(SECS_A_DAY)).await?;
        Ok(transaction.commit().await?)
    }

    /// The machine's time: for sessions and waits.
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// The bank's own time, which the demonstration can move: for receipts and days.
    pub(crate) async fn business_now(
        &self,
        connection: &mut Connection,
    ) -> Result<UnixTime, StorageError> {
        let days = if self.config.demo {
            sessions::days_ahead(connection).await?
        } else {
            0
        };
        Ok(self.now().saturating_add_secs(u64::from(days) * SECS_A_DAY))
    }

    /// The bank's own day.
    pub(crate) async fn today(
        &self,
        connection: &mut Connection,
    ) -> Result<NaiveDate, StorageError> {
        Ok(japan::day(self.business_now(connection).await?))
    }

    /// A new id for a question to the service: 16 bytes, lower-case hexadecimal.
    pub(crate) fn make_request_id(&self) -> String {
        self.entropy.hex::<16>()
    }

    /// Argon2id of a password, as PHC text.
    pub(crate) fn stretch(&self, password: &str) -> Result<String, BankError> {
        stretch(password, &self.entropy.bytes())
    }

    /// Whether `password` is the one of `stretched`. Without one, the same work is done in vain.
    pub(crate) async fn is_password(
        self: &Arc<Self>,
        password: &str,
        stretched: Option<&str>,
    ) -> Result<bool, BankError> {
        let _turn = self
            .stretching
            .acquire()
            .await
            .map_err(|_| BankError::Stretching)?;
        let known = stretched.is_some();
        let stretched = stretched.unwrap_or(&self.nobody).to_owned();
        let password = password.to_owned();
        let same = tokio::task::spawn_blocking(move || {
            PasswordHash::new(&stretched).map(|stretched| {
                Argon2::default()
                    .verify_password(password.as_bytes(), &stretched)
                    .is_ok()
            })
        })
        .await
        .map_err(|_| BankError::Stretching)?
        .map_err(|_| BankError::Stretching)?;
        Ok(same && known)
    }

    /// The turn of a run: who sends one form twice waits here for what comes of the first.
    pub(crate) async fn turn(&self, run: &str) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| turn.strong_count() > 0);
            match turns.get(run).and_then(Weak::upgrade) {
                Some(turn) => turn,
                None => {
                    let turn = Arc::new(tokio::sync::Mutex::new(()));
                    turns.insert(run.to_owned(), Arc::downgrade(&turn));
                    turn
                }
            }
        };
        turn.lock_owned().await
    }
}

fn stretch(password: &str, salt: &[u8; 16]) -> Result<String, BankError> {
    let salt = SaltString::encode_b64(salt).map_err(|_| BankError::Stretching)?;
    Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .map(|stretched| stretched.to_string())
        .map_err(|_| BankError::Stretching)
}
