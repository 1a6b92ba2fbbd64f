//! The one object a host holds.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use skts_vault::{KeyStore, MachineId, OpenError, Presence, Profile, Vault, VaultError};
use zeroize::Zeroize;

use crate::app_state::{AppState, ContactView, DiskProblem};
use crate::error::{AppError, ErrorCode};
use crate::institutions::Institutions;
use crate::ports::{Clock, Device, Network};
use crate::prefs::Prefs;
use crate::settings::Settings;
use crate::views::GlanceView;

/// Version of the consent text in force (guide 003's notice on data carry-over).
pub const CONSENT_VERSION: u32 = 1;

/// Where the institution list comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstitutionSource {
    /// The list inside the program, signed by the pinned key.
    BuiltIn,
    /// A file; honoured only if every address in it is on this computer.
    Outside(PathBuf),
}

/// What a host decides once, in its `main`.
#[derive(Debug, Clone)]
pub struct Config {
    /// The profile's folder; made when the first token is set up.
    pub profile_dir: PathBuf,
    /// Service name of the keystore items.
    pub app_id: String,
    /// Version of the app, told to the service.
    pub app_version: String,
    /// The system, told to the service: `linux`, `windows`, `macos`, `android`, `ios`.
    pub platform: String,
    /// Where the institution list comes from.
    pub institutions: InstitutionSource,
}

/// What the customer typed. Wiped when dropped; not to be kept, and never printed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActivationForm {
    /// 8 digits; full width, spaces and hyphens are folded.
    pub service_id: String,
    /// 12 digits; folded alike.
    pub user_id: String,
    /// 4 to 8 digits; folded alike.
    pub password: String,
}

impl Drop for ActivationForm {
    fn drop(&mut self) {
        self.password.zeroize();
        self.user_id.zeroize();
        self.service_id.zeroize();
    }
}

impl std::fmt::Debug for ActivationForm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ActivationForm(..)")
    }
}

/// Stops a set-up that runs on another thread, at its next step. Nothing is lost by it: what
/// was begun can be resumed.
#[derive(Debug, Clone, Default)]
pub struct Canceller(pub(crate) Arc<AtomicBool>);

impl Canceller {
    /// Asks the running set-up to stop. Without one, does nothing lasting.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The app without its window. `Send`; calls block (keystore, network, password stretching), so
/// a host makes them on a thread of its own.
pub struct Authenticator {
    pub(crate) config: Config,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) network: Arc<dyn Network>,
    pub(crate) device: Arc<dyn Device>,
    pub(crate) institutions: Institutions,
    pub(crate) profile: Profile,
    pub(crate) prefs: Prefs,
    pub(crate) vault: Option<Vault>,
    /// A state that stays until the customer leaves it: the end of a set-up, or why the profile
    /// did not open.
    pub(crate) outcome: Option<AppState>,
    /// The next `open` has been done already.
    opened_ahead: bool,
    pub(crate) canceller: Canceller,
    /// The state a scene holds the app in.
    #[cfg(feature = "dangerous-scenes")]
    held: Option<AppState>,
}

impl std::fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authenticator")
            .field("profile_dir", &self.config.profile_dir)
            .field("open", &self.vault.is_some())
            .finish_non_exhaustive()
    }
}

impl Authenticator {
    /// Reads the institution list and the preferences; touches no keystore and no network.
    ///
    /// # Errors
    /// `institution-list` if the list is malformed, wrongly signed or names a foreign address.
    pub fn new(
        config: Config,
        clock: Arc<dyn Clock>,
        network: Arc<dyn Network>,
        device: Arc<dyn Device>,
    ) -> Result<Self, AppError> {
        let institutions = Institutions::read(&config.institutions)?;
        let profile = Profile::at(config.profile_dir.clone(), config.app_id.clone())
            .with_hardware(device.hardware());
        let prefs = Prefs::read(&config.profile_dir);
        Ok(Self {
            config,
            clock,
            network,
            device,
            institutions,
            profile,
            prefs,
            vault: None,
            outcome: None,
            opened_ahead: false,
            canceller: Canceller::default(),
            #[cfg(feature = "dangerous-scenes")]
            held: None,
        })
    }

    /// Holds the app in `state`, whatever it finds when it is opened: for pictures of states that only
    /// another computer brings about.
    #[cfg(feature = "dangerous-scenes")]
    pub fn hold(&mut self, state: AppState) {
        self.held = Some(state);
    }

    /// What the first paint needs; no keystore call.
    pub fn glance(&self) -> GlanceView {
        let selected = self.prefs.selected.as_deref();
        let shown = selected.and_then(|id| self.prefs.tokens.get(id));
        let institution_id = shown.map(|token| token.institution_id.as_str());
        GlanceView {
            // A marker that cannot be read is no first run either.
            set_up: !matches!(
                self.profile.presence(),
                Ok(Presence::NotSetUp | Presence::Prepared(_))
            ),
            institutions: self.institutions.views(),
            settings: self.prefs.settings.clone(),
            last_institution: institution_id
                .filter(|id| self.institutions.by_id(id).is_some())
                .map(str::to_owned),
            mode: shown.map(|token| token.mode).unwrap_or_default(),
            consent_version: CONSENT_VERSION,
            app_version: self.config.app_version.clone(),
        }
    }

    /// Does what the first [`open`](Self::open) will do, while a window is still being made; but
    /// only where the keystore is open, as no question may come up before the window it is about.
    pub fn open_ahead(&mut self) {
        let set_up = matches!(self.profile.presence(), Ok(Presence::SetUp(_)));
        if set_up && self.key_store().probe().is_ok() {
            self.open();
            self.opened_ahead = true;
        }
    }

    /// Opens the profile: keystore, self-test, unfinished set-ups. Also the way to try again
    /// after a keystore state, and after wake-up. Nothing is sent. What a PIN locks is locked then.
    pub fn open(&mut self) -> AppState {
        if std::mem::take(&mut self.opened_ahead) {
            return self.state();
        }
        self.outcome = None;
        self.vault = None;
        #[cfg(feature = "dangerous-scenes")]
        if let Some(state) = &self.held {
            self.outcome = Some(state.clone());
            return state.clone();
        }
        match self.open_vault() {
            Ok(vault) => {
                self.vault = Some(vault);
                self.refresh()
            }
            Err(OpenError::NotSetUp) => AppState::NotSetUp { pending: None },
            Err(error) => self.broken(error),
        }
    }

    fn open_vault(&self) -> Result<Vault, OpenError> {
        if matches!(self.profile.presence()?, Presence::NotSetUp) {
            return Err(OpenError::NotSetUp);
        }
        self.profile.open(self.key_store(), &self.machine()?)
    }

    /// The state as it is, with expiry looked at anew; no keystore call.
    pub fn state(&self) -> AppState {
        match &self.outcome {
            Some(outcome) => outcome.clone(),
            None => self.tokens_state(),
        }
    }

    /// A handle to stop `activate`, `self_provision` or `resume` from another thread. They then
    /// return `NotSetUp` or `Ready` with the pending set-up in it.
    pub fn canceller(&self) -> Canceller {
        self.canceller.clone()
    }

    /// What the customer set.
    pub fn settings(&self) -> &Settings {
        &self.prefs.settings
    }

    /// Remembers the settings.
    ///
    /// # Errors
    /// `disk`.
    pub fn set_settings(&mut self, settings: Settings) -> Result<(), AppError> {
        self.change_prefs(|prefs| prefs.settings = settings)
    }

    /// Moves a profile that cannot be opened aside and begins anew. Only on the customer's
    /// express wish: its tokens are lost.
    ///
    /// # Errors
    /// `disk`, `in-use`.
    pub fn start_over(&mut self) -> Result<AppState, AppError> {
        self.vault = None;
        self.outcome = None;
        let machine = self.device.machine_id().ok();
        self.profile
            .start_over(self.key_store(), machine.as_ref())
            .map_err(|error| AppError::new(open_error_code(&error)))?;
        let settings = self.prefs.settings.clone();
        // A disk that refuses this leaves preferences about tokens that are gone: harmless.
        let _ = self.change_prefs(|prefs| {
            *prefs = Prefs {
                settings,
                ..Prefs::default()
            };
        });
        Ok(self.refresh())
    }

    pub(crate) fn key_store(&self) -> Arc<dyn KeyStore> {
        self.device.key_store(&self.config.app_id)
    }

    pub(crate) fn machine(&self) -> Result<MachineId, OpenError> {
        // The vault has no variant for it: it is handed a machine id.
        self.device
            .machine_id()
            .map_err(|_| OpenError::Disk(NO_MACHINE_ID))
    }

    /// Computes the state anew.
    pub(crate) fn refresh(&mut self) -> AppState {
        if self.outcome.is_none()
            && let Some(vault) = &self.vault
            && vault.tokens().is_empty()
            && let Err(error) = self.read_pending()
        {
            return self.broken(error);
        }
        self.state()
    }

    /// Writes the preferences, then takes them over.
    pub(crate) fn change_prefs(&mut self, change: impl FnOnce(&mut Prefs)) -> Result<(), AppError> {
        let mut prefs = self.prefs.clone();
        change(&mut prefs);
        if prefs != self.prefs {
            prefs
                .write(&self.config.profile_dir)
                .map_err(|_| ErrorCode::Disk)?;
            self.prefs = prefs;
        }
        Ok(())
    }

    /// The state for a profile that did not open or a vault that failed; kept until `open`.
    pub(crate) fn broken(&mut self, error: OpenError) -> AppState {
        let state = match error {
            OpenError::NotSetUp => AppState::NotSetUp { pending: None },
            OpenError::PinLocked => return self.pin_locked(),
            OpenError::KeyStoreLocked => AppState::KeyStoreLocked,
            OpenError::KeyStoreAbsent => AppState::KeyStoreAbsent,
            OpenError::KeyStoreSlow => AppState::KeyStoreSlow,
            OpenError::KeyStoreNotEntitled => AppState::KeyStoreNotEntitled,
            OpenError::ItemMissing { institution_id } => AppState::ItemMissing {
                contacts: self.contacts(institution_id),
            },
            OpenError::DeviceKeyGone => AppState::DeviceKeyGone {
                contacts: self.contacts(None),
            },
            OpenError::ChipAbsent => AppState::ChipAbsent {
                contacts: self.contacts(None),
            },
            OpenError::ChipBusy => AppState::ChipBusy,
            OpenError::CopiedProfile => AppState::CopiedProfile {
                contacts: self.contacts(None),
            },
            OpenError::Corrupt { saved_aside } => AppState::Corrupt {
                saved_aside: saved_aside.map(|path| path.display().to_string()),
                contacts: self.contacts(None),
            },
            OpenError::NewerFormat => AppState::NewerFormat,
            OpenError::InUse => AppState::InUse,
            OpenError::Disk(NO_MACHINE_ID) => AppState::NoMachineId,
            OpenError::Disk(kind) => AppState::Disk {
                problem: disk_problem(kind),
            },
        };
        self.outcome = Some(state.clone());
        state
    }

    /// The institutions concerned: the one named, else every one a token was set up with.
    pub(crate) fn contacts(&self, institution_id: Option<String>) -> Vec<ContactView> {
        let mut ids: Vec<String> = match institution_id {
            Some(id) => vec![id],
            None => {
                let tokens = self.prefs.tokens.values();
                tokens.map(|token| token.institution_id.clone()).collect()
            }
        };
        ids.sort();
        ids.dedup();
        ids.iter()
            .filter_map(|id| self.institutions.contact(id))
            .collect()
    }
}

/// Stands for "no machine id" where the vault's error type is used; no disk says this.
const NO_MACHINE_ID: io::ErrorKind = io::ErrorKind::AddrNotAvailable;

fn disk_problem(kind: io::ErrorKind) -> DiskProblem {
    match kind {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => DiskProblem::Full,
        io::ErrorKind::ReadOnlyFilesystem => DiskProblem::ReadOnly,
        io::ErrorKind::PermissionDenied => DiskProblem::Denied,
        _ => DiskProblem::Other,
    }
}

pub(crate) fn vault_error(error: VaultError) -> AppError {
    match error {
        VaultError::UnknownToken => ErrorCode::UnknownToken.into(),
        VaultError::PinSet => ErrorCode::PinSet.into(),
        VaultError::NoPin => ErrorCode::NoPin.into(),
        error => AppError::new(open_error_code(&error.into())),
    }
}

pub(crate) fn open_error_code(error: &OpenError) -> ErrorCode {
    match error {
        OpenError::NotSetUp => ErrorCode::NotSetUp,
        OpenError::PinLocked => ErrorCode::PinNeeded,
        OpenError::KeyStoreLocked => ErrorCode::KeystoreLocked,
        OpenError::KeyStoreAbsent => ErrorCode::KeystoreAbsent,
        OpenError::KeyStoreSlow => ErrorCode::KeystoreSlow,
        OpenError::KeyStoreNotEntitled => ErrorCode::KeystoreNotEntitled,
        OpenError::ItemMissing { .. } => ErrorCode::ItemMissing,
        OpenError::DeviceKeyGone => ErrorCode::DeviceKeyGone,
        OpenError::ChipAbsent => ErrorCode::ChipAbsent,
        OpenError::ChipBusy => ErrorCode::ChipBusy,
        OpenError::CopiedProfile => ErrorCode::OtherDevice,
        OpenError::Corrupt { .. } => ErrorCode::Corrupt,
        OpenError::NewerFormat => ErrorCode::NewerFormat,
        OpenError::InUse => ErrorCode::InUse,
        OpenError::Disk(NO_MACHINE_ID) => ErrorCode::NoMachineId,
        OpenError::Disk(_) => ErrorCode::Disk,
    }
}
