//! What the customer of a walk holds: phones with the app, and hardware tokens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail, ensure};
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRngCore, RngCore, SeedableRng};
use skts_authenticator::hosts::Https;
use skts_authenticator::ports::Device;
use skts_authenticator::{
    ActivationForm, AppState, Authenticator, CONSENT_VERSION, Config, InstitutionSource,
};
use skts_sealed::SecretBytes;
use skts_tests::hardware::{self, Card};
use skts_tests::sandbox::Sandbox;
use skts_vault::{KeyStore, KeyStoreError, KeyStoreKind, MachineId, NoMachineId};

use crate::stage::Stage;

/// A token whose codes are read off, each once.
pub(crate) struct Token {
    pub(crate) serial: String,
    kind: Kind,
    given: Option<String>,
}

enum Kind {
    Phone { app: Box<Authenticator>, id: String },
    Card(Card),
}

impl Token {
    /// A new phone `name`, the app set up on it without a bank's help.
    pub(crate) fn phone(stage: &Stage, sandbox: &Sandbox, name: &str) -> Result<Self> {
        let mut app = app(stage, sandbox, name)?;
        let state = app.self_provision(stage.institution, CONSENT_VERSION, &mut |_| ())?;
        Self::of(app, state)
    }

    /// The same by what the bank handed out.
    pub(crate) fn activated(
        stage: &Stage,
        sandbox: &Sandbox,
        name: &str,
        form: ActivationForm,
    ) -> Result<Self> {
        let mut app = app(stage, sandbox, name)?;
        let state = app.activate(form, CONSENT_VERSION, &mut |_| ())?;
        Self::of(app, state)
    }

    fn of(mut app: Authenticator, state: AppState) -> Result<Self> {
        let AppState::SetUpDone { token, .. } = state else {
            bail!("the app was not set up: {state:?}");
        };
        app.acknowledge_set_up();
        Ok(Self {
            serial: token.serial,
            kind: Kind::Phone {
                app: Box::new(app),
                id: token.id,
            },
            given: None,
        })
    }

    /// A hardware token.
    pub(crate) fn card(card: Card) -> Self {
        Self {
            serial: card.serial.clone(),
            kind: Kind::Card(card),
            given: None,
        }
    }

    /// What it shows now.
    fn shown(&self, stage: &Stage) -> Result<String> {
        match &self.kind {
            Kind::Phone { app, id } => Ok(app.code(id)?.digits.clone()),
            Kind::Card(card) => card.code_at(stage.clock.secs()),
        }
    }

    /// The code of now.
    pub(crate) fn code(&mut self, stage: &Stage) -> Result<String> {
        let code = self.shown(stage)?;
        ensure!(
            self.given.as_ref() != Some(&code),
            "this code was given already, and is good once: let the clock go on, pass_secs = {}",
            hardware::PERIOD_SECS
        );
        self.given = Some(code.clone());
        Ok(code)
    }

    /// Digits that are not its code: each of them one further.
    pub(crate) fn wrong_code(&self, stage: &Stage) -> Result<String> {
        let further = |digit: char| {
            let digit = digit.to_digit(10).unwrap_or_default();
            char::from_digit((digit + 1) % 10, 10).unwrap_or('0')
        };
        Ok(self.shown(stage)?.chars().map(further).collect())
    }

    /// The code given last.
    pub(crate) fn used_code(&self) -> Result<String> {
        self.given.clone().context("no code was given yet")
    }
}

fn app(stage: &Stage, sandbox: &Sandbox, name: &str) -> Result<Authenticator> {
    let config = Config {
        profile_dir: sandbox.join(format!("phone-{name}")),
        app_id: "jp.example.skts.walks".to_owned(),
        app_version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: "android".to_owned(),
        institutions: InstitutionSource::Outside(stage.list.clone()),
    };
    let phone = Phone {
        name: name.to_owned(),
        store: Arc::default(),
        generator: Mutex::new(stage.generator(&format!("phone {name}"))),
    };
    let clock = Arc::new(stage.clock.clone());
    let mut app = Authenticator::new(config, clock, Arc::new(Https::new()), Arc::new(phone))?;
    app.open();
    Ok(app)
}

/// A phone without a chip.
struct Phone {
    name: String,
    store: Arc<Items>,
    generator: Mutex<ChaCha20Rng>,
}

impl Device for Phone {
    fn key_store(&self, _app_id: &str) -> Arc<dyn KeyStore> {
        Arc::clone(&self.store) as Arc<dyn KeyStore>
    }

    fn machine_id(&self) -> Result<MachineId, NoMachineId> {
        MachineId::from_system_text(&format!("walk-{}", self.name))
    }

    fn rng(&self) -> Box<dyn CryptoRngCore> {
        let mut seed = [0; 32];
        lock(&self.generator).fill_bytes(&mut seed);
        Box::new(ChaCha20Rng::from_seed(seed))
    }

    fn label(&self) -> String {
        "見本のスマートフォン".to_owned()
    }
}

/// A keystore that is gone with its walk. The vault's own for tests is not built into programs.
#[derive(Default)]
struct Items(Mutex<BTreeMap<String, Vec<u8>>>);

impl KeyStore for Items {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        lock(&self.0).insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        let items = lock(&self.0);
        let value = items.get(name).ok_or(KeyStoreError::Missing)?;
        Ok(SecretBytes::from_slice(value))
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        let gone = lock(&self.0).remove(name);
        gone.map(drop).ok_or(KeyStoreError::Missing)
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        Ok(())
    }

    fn kind(&self) -> KeyStoreKind {
        KeyStoreKind::Memory
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
