//! A bank with its sample customers, and the way through its procedures.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use skts_otp::{EffectiveDay, UnixTime};
use skts_sample_bank::mail::Inbox;
use skts_sample_bank::{
    Bank, Clock, Config, Entropy, Patience, SAMPLES, SigningRule, Style, router,
};
use tempfile::TempDir;

use crate::browser::{Browser, PC, Page};
use crate::service::{KEY, Service};

/// Noon of 21 November 2026 in Japan.
pub(crate) const NOON: u64 = 1_795_230_000;
pub(crate) const SERIAL: &str = "SKTS00000001";
pub(crate) const OTHER_SERIAL: &str = "SKTS00000002";
pub(crate) const HARDWARE: &str = "2V07160I6FK2";
pub(crate) const CODE: &str = "123456";
pub(crate) const STAFF: &str = "madoguchi-1";

#[derive(Debug, Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl Clock for TestClock {
    fn now(&self) -> UnixTime {
        UnixTime::from_secs(self.0.load(Ordering::SeqCst))
    }
}

pub(crate) struct World {
    pub(crate) bank: Arc<Bank>,
    pub(crate) service: Service,
    pub(crate) router: Router,
    pub(crate) mail_port: u16,
    clock: TestClock,
    config: Config,
    folder: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(EffectiveDay::AtOnce, false).await
    }

    /// A 信用組合.
    pub(crate) async fn shinkumi() -> Self {
        Self::of(Style::Shinkumi, EffectiveDay::AtOnce, false).await
    }

    pub(crate) async fn with(effective: EffectiveDay, https: bool) -> Self {
        Self::of(Style::Shinkin, effective, https).await
    }

    pub(crate) async fn of(style: Style, effective: EffectiveDay, https: bool) -> Self {
        Self::build(style, effective, https, SigningRule::default()).await
    }

    /// A bank that demands signatures.
    pub(crate) async fn signing(signing: SigningRule) -> Self {
        Self::build(Style::Shinkin, EffectiveDay::AtOnce, false, signing).await
    }

    async fn build(
        style: Style,
        effective: EffectiveDay,
        https: bool,
        signing: SigningRule,
    ) -> Self {
        Self::set_up(|config| {
            config.style = style;
            config.effective = effective;
            config.https = https;
            config.signing = signing;
        })
        .await
    }

    /// A bank that `change` sets up otherwise than most are here.
    pub(crate) async fn set_up(change: impl FnOnce(&mut Config)) -> Self {
        let service = Service::start().await;
        let folder = TempDir::new().unwrap();
        let clock = TestClock(Arc::new(AtomicU64::new(NOON)));
        let (inbox, mail_port) = Inbox::open().await.unwrap();
        let mut config = Config {
            style: Style::Shinkin,
            signboard: None,
            issuer: service.address.clone(),
            api_key: KEY.to_owned(),
            patience: Patience {
                connect: Duration::from_millis(300),
                whole: Duration::from_millis(600),
            },
            effective: EffectiveDay::AtOnce,
            signing: SigningRule::default(),
            https: false,
            staff_password: Some(STAFF.to_owned()),
            demo: true,
            inbox: Some(inbox),
        };
        change(&mut config);
        let entropy = Entropy::new(ChaCha20Rng::seed_from_u64(7));
        let bank = Bank::open(folder.path(), config.clone(), clock.clone(), entropy)
            .await
            .unwrap();
        bank.add_samples().await.unwrap();
        let bank = Arc::new(bank);
        Self {
            router: router(bank.clone()),
            bank,
            service,
            clock,
            mail_port: mail_port.port(),
            config,
            folder,
        }
    }

    /// The pages of another process on the same database.
    pub(crate) async fn second_router(&self) -> Router {
        let entropy = Entropy::new(ChaCha20Rng::seed_from_u64(8));
        let (folder, config) = (self.folder.path(), self.config.clone());
        let bank = Bank::open(folder, config, self.clock.clone(), entropy).await;
        router(Arc::new(bank.unwrap()))
    }

    pub(crate) fn browser(&self, user_agent: &'static str) -> Browser {
        Browser::new(&self.router, user_agent)
    }

    pub(crate) fn pass_secs(&self, secs: u64) {
        self.clock.0.fetch_add(secs, Ordering::SeqCst);
    }
}

/// Contract id and login password of a sample customer.
pub(crate) fn identity(customer: usize) -> [(&'static str, &'static str); 2] {
    let sample = SAMPLES[customer];
    [
        ("contract_id", sample.contract_id),
        ("login_password", sample.login_password),
    ]
}

/// The digits asked for on `page`.
pub(crate) fn asked(page: &Page, customer: usize) -> [(&'static str, String); 2] {
    let password = SAMPLES[customer].transfer_password;
    let digit = |at: usize| password[at - 1..at].to_owned();
    let [first, second] = page.asked();
    [
        ("digit_first", digit(first)),
        ("digit_second", digit(second)),
    ]
}

/// A procedure as far as the step after 利用者認証.
pub(crate) async fn identified(browser: &mut Browser, procedure: &str, customer: usize) -> Page {
    let page = browser.get(&format!("/procedures/{procedure}")).await;
    browser.submit(&page, &identity(customer)).await
}

/// The second step of 利用開始.
pub(crate) async fn register(
    browser: &mut Browser,
    page: &Page,
    customer: usize,
    serial: &str,
    at_login: &str,
) -> Page {
    let digits = asked(page, customer);
    let mut fields = vec![("serial", serial), ("code", CODE), ("at_login", at_login)];
    fields.extend(digits.iter().map(|(name, digit)| (*name, digit.as_str())));
    browser.submit(page, &fields).await
}

/// 利用開始, done.
pub(crate) async fn start(
    browser: &mut Browser,
    customer: usize,
    serial: &str,
    at_login: &str,
) -> Page {
    let page = identified(browser, "start", customer).await;
    page.is("OTS002");
    register(browser, &page, customer, serial, at_login).await
}

/// Logs in; without a code if none is asked for.
pub(crate) async fn login(browser: &mut Browser, customer: usize) -> Page {
    let page = identified(browser, "login", customer).await;
    if page.has("画面ID：LGI002") {
        browser.submit(&page, &[("code", CODE)]).await
    } else {
        page
    }
}

/// A customer who can pay.
pub(crate) async fn customer(world: &World, user_agent: &'static str) -> Browser {
    let mut browser = world.browser(user_agent);
    start(&mut browser, 0, SERIAL, "no").await.is("OTS003");
    login(&mut browser, 0).await.is("HOM001");
    world.service.arrived();
    browser
}

pub(crate) const ORDER: [(&str, &str); 5] = [
    ("bank", "見本信用組合"),
    ("branch", "本店"),
    ("account", "１２３４５６７"),
    ("payee", "ミホン　ハナコ"),
    ("amount", "1,200"),
];

/// 振込, as far as the confirmation.
pub(crate) async fn ordered(browser: &mut Browser) -> Page {
    let page = browser.get("/procedures/transfer").await;
    let page = browser.submit(&page, &ORDER).await;
    page.is("TRF002");
    page
}

/// Staff at the counter.
pub(crate) async fn staff(world: &World) -> Browser {
    let mut browser = world.browser(PC);
    let page = browser.get("/staff").await;
    let page = browser.submit(&page, &[("login_password", STAFF)]).await;
    page.is("CTR001");
    browser
}

/// One act at the counter.
pub(crate) async fn act(browser: &mut Browser, customer: usize, act: &str, serial: &str) -> Page {
    let page = browser.get("/procedures/counter").await;
    let contract_id = SAMPLES[customer].contract_id;
    let page = browser.submit(&page, &[("contract_id", contract_id)]).await;
    page.is("CTR002");
    browser
        .submit(&page, &[("act", act), ("serial", serial)])
        .await
}
