//! Brings a scene about: the app's own use cases, at the moments the scene names.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skts_authenticator::ports::{Clock, Device, Network};
use skts_authenticator::views::Language;
use skts_authenticator::{
    ActivationForm, AppError, AppState, Authenticator, CONSENT_VERSION, Config, InstitutionSource,
    Settings,
};
use skts_provisioning::institution::ListSigningKey;
use skts_provisioning::s::ProvisioningSigningKey;
use skts_provisioning::wire::paths;
use skts_vault::KeyStoreError;

use crate::clock::StillClock;
use crate::device::{Machine, SceneDevice, SceneRng};
use crate::file::{Activation, Scene, Token};
use crate::institutions::signed_list;
use crate::parts::{DeviceFault, Fault, FaultKind};
use crate::service::{ADDRESS, SceneIssuer};

/// What the generator of every scene begins with.
const FIRST: u64 = 20_261_201;
const DAY: u64 = 86_400;

/// Why a scene cannot be brought about.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// An institution no list can have.
    #[error("institution {0} cannot be listed")]
    Institution(String),
    /// The list cannot be made.
    #[error("the institution list cannot be made: {0}")]
    List(String),
    /// The app refused what the scene asks for.
    #[error("{what}: the app says {code}")]
    App {
        /// What was asked.
        what: String,
        /// The app's code.
        code: String,
    },
    /// A use case ended in another state than it should.
    #[error("{what} ended in the state {state}")]
    State {
        /// What was asked.
        what: String,
        /// The state.
        state: String,
    },
    /// A file of the profile.
    #[error("{0}")]
    Disk(#[from] std::io::Error),
}

/// A scene that is set: an app on it is made by [`Stage::authenticator`].
pub struct Stage {
    scene: Scene,
    profile: PathBuf,
    list: PathBuf,
    clock: Arc<StillClock>,
    service: Arc<SceneIssuer>,
    device: Arc<SceneDevice>,
    /// Has the profile open where the scene says so.
    other: Option<Authenticator>,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stage(..)")
    }
}

impl Stage {
    /// Brings `scene` about in the empty folder `folder`, whose path the screens show as it is given.
    ///
    /// # Errors
    /// [`StageError`], in words for who wrote the scene.
    pub fn set(scene: Scene, language: Language, folder: &Path) -> Result<Self, StageError> {
        let mut rng = SceneRng::new(FIRST);
        let clock = Arc::new(StillClock::at(scene.at.as_secs()));
        let key = ProvisioningSigningKey::make(&mut rng);
        let signer = ListSigningKey::make(&mut rng);
        let issued_at = scene.at.as_secs().saturating_sub(DAY);
        let issued_at = skts_otp::UnixTime::from_secs(issued_at);
        let institutions = &scene.checked.institutions;
        fs::create_dir_all(folder)?;
        let list = folder.join("institutions.json");
        fs::write(
            &list,
            signed_list(institutions, &key, &signer, ADDRESS, issued_at)?,
        )?;
        let service = SceneIssuer::new(
            Arc::clone(&clock),
            rng.clone(),
            key,
            institutions.clone(),
            scene.activation.clone(),
        );
        let mut stage = Self {
            profile: folder.join("profile"),
            list,
            clock,
            service: Arc::new(service),
            device: Arc::new(SceneDevice::new(rng)),
            other: None,
            scene,
        };
        stage.play(language)?;
        Ok(stage)
    }

    /// The app on this scene.
    ///
    /// # Errors
    /// As [`Authenticator::new`].
    pub fn authenticator(&self) -> Result<Authenticator, AppError> {
        let config = Config {
            profile_dir: self.profile.clone(),
            app_id: "jp.example.skts".to_owned(),
            app_version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: "linux".to_owned(),
            institutions: InstitutionSource::Outside(self.list.clone()),
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        let network: Arc<dyn Network> = self.service.clone();
        let device: Arc<dyn Device> = self.device.clone();
        let mut app = Authenticator::new(config, clock, network, device)?;
        if let Some(state) = &self.scene.state {
            app.hold(state.clone());
        }
        Ok(app)
    }

    /// The scene.
    pub fn scene(&self) -> &Scene {
        &self.scene
    }

    fn play(&mut self, language: Language) -> Result<(), StageError> {
        let mut app = self.start()?;
        let settings = Settings {
            language: Some(language),
            hide_code: self.scene.hide,
            ..Settings::default()
        };
        // Before the first token there is no folder yet.
        fs::create_dir_all(&self.profile)?;
        private(&self.profile)?;
        app.set_settings(settings)
            .map_err(|error| told("the settings", &error))?;
        let tokens = self.scene.checked.tokens.clone();
        for token in &tokens {
            self.set_up(&mut app, token)?;
        }
        let mut checks: Vec<&Token> = tokens
            .iter()
            .filter(|token| token.checked.is_some())
            .collect();
        checks.sort_by_key(|token| token.checked);
        for token in checks {
            self.check(&mut app, token)?;
        }
        self.choose(&mut app, &tokens)?;
        self.clock.set(self.scene.at.as_secs());
        if let Some(pin) = self.scene.pin.clone() {
            app.set_pin(pin).map_err(|error| told("the PIN", &error))?;
            app.lock();
            for left in (0..u64::from(self.scene.wrong_pins)).rev() {
                // No wait is as long as a day, and the last wrong one is of this moment.
                let at = self.scene.at.as_secs();
                self.clock.set(at.saturating_sub(left.saturating_mul(DAY)));
                // Each is refused; that is what it is for.
                let _ = app.unlock("000000".to_owned());
            }
        }
        if let Some(token) = self.scene.checked.new_token.clone() {
            self.service.give(token);
        }
        if self.scene.unfinished {
            self.begin(&mut app)?;
        }
        self.service
            .go_wrong(&self.scene.faults, self.scene.service_ahead);
        drop(app);
        self.break_device()
    }

    fn start(&self) -> Result<Authenticator, StageError> {
        let mut app = self
            .authenticator()
            .map_err(|error| told("the start", &error))?;
        app.open();
        Ok(app)
    }

    fn set_up(&self, app: &mut Authenticator, token: &Token) -> Result<(), StageError> {
        self.clock.set(token.started.as_secs());
        self.service.give(token.clone());
        let what = format!("the token {}", token.serial.grouped());
        let institutions = self.scene.checked.institutions.iter();
        let mut institutions = institutions.filter(|listed| listed.id == token.institution);
        let activated = institutions
            .next()
            .filter(|listed| listed.set_up == crate::institutions::SetUp::Activated);
        let state = match activated {
            Some(institution) => {
                let Activation { user_id, password } = Activation::default();
                let form = ActivationForm {
                    service_id: institution.service_id.clone(),
                    user_id: user_id.clone(),
                    password: password.clone(),
                };
                self.service.issue(Activation { user_id, password });
                let state = app.activate(form, CONSENT_VERSION, &mut |_| ());
                self.service.issue(self.scene.activation.clone());
                state
            }
            None => app.self_provision(&token.institution, CONSENT_VERSION, &mut |_| ()),
        };
        match state.map_err(|error| told(&what, &error))? {
            AppState::SetUpDone { .. } => {
                app.acknowledge_set_up();
                Ok(())
            }
            state => Err(StageError::State {
                what,
                state: format!("{state:?}"),
            }),
        }
    }

    /// A set-up whose last message does not reach the service.
    fn begin(&self, app: &mut Authenticator) -> Result<(), StageError> {
        let cut = Fault {
            call: paths::CONFIRM.to_owned(),
            does: FaultKind::Unreachable,
        };
        self.service.go_wrong(&[cut], 0);
        let token = self.scene.checked.new_token.as_ref();
        let listed = &self.scene.checked.institutions;
        let mut institutions = listed.iter();
        let institution =
            institutions.find(|listed| token.is_some_and(|token| token.institution == listed.id));
        let Activation { user_id, password } = self.scene.activation.clone();
        let form = ActivationForm {
            service_id: institution
                .map(|found| found.service_id.clone())
                .unwrap_or_default(),
            user_id,
            password,
        };
        let what = "the unfinished set-up";
        match app.activate(form, CONSENT_VERSION, &mut |_| ()) {
            Ok(AppState::NetworkDown { .. }) => Ok(()),
            Ok(state) => Err(StageError::State {
                what: what.to_owned(),
                state: format!("{state:?}"),
            }),
            Err(error) => Err(told(what, &error)),
        }
    }

    fn check(&self, app: &mut Authenticator, token: &Token) -> Result<(), StageError> {
        let Some(moment) = token.checked else {
            return Ok(());
        };
        self.clock.set(moment.as_secs());
        self.service.go_wrong(&[], self.scene.service_ahead);
        let id = id_of(app, token)?;
        app.check(&id)
            .map(drop)
            .map_err(|error| told(&format!("the check of {}", token.serial.grouped()), &error))
    }

    /// The first token is shown, each in its mode.
    fn choose(&self, app: &mut Authenticator, tokens: &[Token]) -> Result<(), StageError> {
        for token in tokens {
            let id = id_of(app, token)?;
            app.set_mode(&id, token.mode)
                .map_err(|error| told("the mode", &error))?;
            if let Some(digits) = token.digits {
                app.set_digits(&id, digits)
                    .map_err(|error| told("the digits", &error))?;
            }
        }
        match tokens.first() {
            Some(first) => {
                let id = id_of(app, first)?;
                app.select(&id)
                    .map(drop)
                    .map_err(|error| told("the choice", &error))
            }
            None => Ok(()),
        }
    }

    fn break_device(&mut self) -> Result<(), StageError> {
        let (store, key) = (&self.device.store, self.profile.join("device.skts"));
        let fails = |error| store.memory.fail_with(Some(error));
        match self.scene.device {
            None => {}
            Some(DeviceFault::KeystoreLocked) => fails(KeyStoreError::Locked),
            Some(DeviceFault::KeystoreAbsent) => fails(KeyStoreError::Absent),
            Some(DeviceFault::KeystoreSlow) => fails(KeyStoreError::Slow),
            Some(DeviceFault::KeystoreNotEntitled) => fails(KeyStoreError::NotEntitled),
            Some(DeviceFault::KeystoreWaits) => store.wait(),
            Some(DeviceFault::ItemMissing) => {
                store.memory.set_items(std::collections::BTreeMap::new())
            }
            Some(DeviceFault::DeviceKeyGone) => fs::remove_file(key)?,
            Some(DeviceFault::Corrupt) => {
                let whole = fs::read(&key)?;
                let half = whole.get(..whole.len() / 2).unwrap_or_default();
                fs::write(key, half)?;
            }
            Some(DeviceFault::NewerFormat) => {
                let marker = self.profile.join("marker.json");
                let text = fs::read_to_string(&marker)?;
                fs::write(marker, text.replacen("\"format\": 1", "\"format\": 2", 1))?;
            }
            Some(DeviceFault::OtherDevice) => self.device.move_to(Machine::Other),
            Some(DeviceFault::NoMachineId) => self.device.move_to(Machine::None),
            Some(DeviceFault::InUse) => self.other = Some(self.start()?),
        }
        Ok(())
    }
}

fn id_of(app: &Authenticator, token: &Token) -> Result<String, StageError> {
    let serial = token.serial.as_str();
    let mut tokens = app.tokens().into_iter();
    tokens
        .find(|view| view.serial == serial)
        .map(|view| view.id)
        .ok_or_else(|| StageError::State {
            what: format!("the token {serial}"),
            state: "not there".to_owned(),
        })
}

fn told(what: &str, error: &AppError) -> StageError {
    StageError::App {
        what: what.to_owned(),
        code: format!("{:?}", error.code),
    }
}

#[cfg(unix)]
fn private(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn private(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
