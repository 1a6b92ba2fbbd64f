//! What a walk walks on: bank and token service in this process, with its own clock and generators.
//!
//! ```text
//! browser ─► bank ─► service      each with a generator of its own, seeded by the walk's name,
//! phones ────────────┘            and all with one clock
//! ```
//!
//! Nobody else draws from these generators: what would by itself (tidying, following events, sealing the
//! audit trail) is not started, and mail is sent when the walk looks at it. What is left comes one after
//! the other, since a browser waits for each page before it asks for the next; so serial numbers, receipts
//! and asked digits are the same in every run.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};
use sha2::{Digest, Sha256};
use skts_issuer::Issuer;
use skts_otp::{EffectiveDay, UnixTime};
use skts_sample_bank::mail::{Inbox, MailLine, Server};
use skts_sample_bank::{Bank, Patience, Signboard, SigningRule};
use skts_tests::bank::{STAFF_PASSWORD, Style as SampleStyle};
use skts_tests::sandbox::Sandbox;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::clock::SetClock;
use crate::walk::{Effective, Style, Walk};

const JAPAN_AHEAD_SECS: i64 = 9 * 3600;
/// How long a busy machine may keep the bank waiting before a page would say that the service is away.
const PATIENCE: Duration = Duration::from_secs(60);

/// Bank and service.
pub(crate) struct Stage {
    // The runtime ends before the folder goes.
    runtime: Runtime,
    pub(crate) clock: SetClock,
    pub(crate) institution: &'static str,
    /// The signed list that phones read.
    pub(crate) list: PathBuf,
    /// `http://127.0.0.1:PORT` of the bank.
    pub(crate) address: String,
    issuer: Arc<Issuer>,
    bank: Arc<Bank>,
    inbox: Arc<Inbox>,
    mail: MailLine,
    seed: Seed,
}

/// From what a walk's generators are made.
pub(crate) struct Seed(String);

impl Seed {
    /// The generator of `whom`.
    pub(crate) fn generator(&self, whom: &str) -> ChaCha20Rng {
        let seed = Sha256::digest(format!("skts-walks/v1/{}/{whom}", self.0));
        ChaCha20Rng::from_seed(seed.into())
    }
}

impl Stage {
    /// Opens bank and service of `walk` in `sandbox`.
    pub(crate) fn open(
        sandbox: &Sandbox,
        walk: &Walk,
        signboard: Option<Signboard>,
    ) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let (clock, seed) = (SetClock::new(), Seed(walk.name.clone()));
        let institution = match walk.style {
            Style::Shinkin => SampleStyle::Shinkin.institution(),
            Style::Shinkumi => SampleStyle::Shinkumi.institution(),
        };
        let service = runtime.block_on(open_service(sandbox, &clock, &seed, institution))?;
        let (inbox, at) = runtime.block_on(Inbox::open())?;
        let mail = MailLine::new(&Server {
            host: at.ip().to_string(),
            port: at.port(),
        })?;
        let config = skts_sample_bank::Config {
            style: match walk.style {
                Style::Shinkin => skts_sample_bank::Style::Shinkin,
                Style::Shinkumi => skts_sample_bank::Style::Shinkumi,
            },
            signboard,
            issuer: service.address,
            api_key: service.api_key,
            patience: Patience {
                connect: PATIENCE,
                whole: PATIENCE,
            },
            effective: match walk.effective {
                Effective::AtOnce => EffectiveDay::AtOnce,
                Effective::NextDay => EffectiveDay::NextDay,
            },
            signing: SigningRule::default(),
            https: false,
            staff_password: Some(STAFF_PASSWORD.to_owned()),
            // The demonstration's own links do not belong in a guide.
            demo: false,
            inbox: Some(inbox.clone()),
        };
        let folder = sandbox.join("bank");
        std::fs::create_dir(&folder)?;
        let entropy = skts_sample_bank::Entropy::new(seed.generator("bank"));
        let (bank, address) = runtime.block_on(async {
            let bank = Bank::open(&folder, config, clock.clone(), entropy).await?;
            bank.add_samples().await?;
            let bank = Arc::new(bank);
            let router = skts_sample_bank::router(bank.clone());
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = format!("http://{}", listener.local_addr()?);
            let limits = skts_issuer::Config::default().connection_limits();
            tokio::spawn(skts_issuer::serve(
                listener,
                router,
                limits,
                std::future::pending(),
            ));
            anyhow::Ok((bank, address))
        })?;
        Ok(Self {
            runtime,
            clock,
            institution,
            list: service.list,
            address,
            issuer: service.issuer,
            bank,
            inbox,
            mail,
            seed,
        })
    }

    /// The generator of `whom`, which is drawn from by nobody else.
    pub(crate) fn generator(&self, whom: &str) -> ChaCha20Rng {
        self.seed.generator(whom)
    }

    /// Brings a hardware token in at the service, good until the end of the day `until`.
    pub(crate) fn bring_in(&self, serial: &str, until: &str) -> Result<skts_tests::hardware::Card> {
        let mut secret = [0; 20];
        self.generator(&format!("card {serial}"))
            .fill_bytes(&mut secret);
        let card = skts_tests::hardware::Card::of(serial, secret);
        let csv = skts_tests::hardware::makers_file(&[&card]);
        let file = skts_pskc::parse_csv(csv.as_bytes())?;
        let until = end_of(until)?;
        let import = self
            .issuer
            .import_hardware(self.institution, &file, until, "staff");
        ensure!(
            self.runtime.block_on(import)?.tokens == 1,
            "no card {serial}"
        );
        Ok(card)
    }

    /// Has the bank's mail delivered.
    pub(crate) fn deliver(&self) -> Result<()> {
        self.runtime.block_on(self.mail.pass(&self.bank))?;
        Ok(())
    }

    /// What follows `words` in the newest mail that has them, as far as the next space.
    pub(crate) fn mailed(&self, words: &str) -> Result<String> {
        self.deliver()?;
        let mails = self.inbox.mails();
        let found = mails.iter().find_map(|mail| mail.body.split_once(words));
        let word = found.and_then(|(_, after)| after.split_whitespace().next());
        word.map(str::to_owned)
            .with_context(|| format!("no mail says {words}"))
    }
}

struct Service {
    issuer: Arc<Issuer>,
    address: String,
    api_key: String,
    list: PathBuf,
}

async fn open_service(
    sandbox: &Sandbox,
    clock: &SetClock,
    seed: &Seed,
    institution: &str,
) -> Result<Service> {
    let config = skts_issuer::Config {
        data: sandbox.join("issuer"),
        // Nobody is kept away here, and a walk has no time to lose.
        work_bits: 0,
        ..skts_issuer::Config::default()
    };
    let limits = config.connection_limits();
    let entropy = skts_issuer::Entropy::new(seed.generator("service"));
    Issuer::init(&config, &entropy).await?;
    let issuer = Arc::new(Issuer::open(config, clock.clone(), entropy).await?);
    let samples = issuer.add_samples().await?;
    let sample = samples.into_iter().find(|sample| sample.id == institution);
    let api_key = sample.context("no such institution")?.api_key;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = format!("http://{}", listener.local_addr()?);
    let list = sandbox.join("institutions.json");
    std::fs::write(&list, issuer.institution_list(&address).await?)?;
    let router = skts_issuer::router(issuer.clone());
    tokio::spawn(skts_issuer::serve(
        listener,
        router,
        limits,
        std::future::pending(),
    ));
    Ok(Service {
        issuer,
        address,
        api_key,
        list,
    })
}

/// The end of the day `text` (`2031-09-30`) in Japan.
fn end_of(text: &str) -> Result<UnixTime> {
    let day: NaiveDate = text
        .parse()
        .with_context(|| format!("until: a day such as 2031-09-30 is expected, not {text}"))?;
    let next = day.succ_opt().context("until: the last of all days")?;
    let midnight = next.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    let secs = u64::try_from(midnight - JAPAN_AHEAD_SECS).context("until: before 1970")?;
    Ok(UnixTime::from_secs(secs))
}
