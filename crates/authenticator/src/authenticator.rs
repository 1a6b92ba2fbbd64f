//! The one object a host holds.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Deserialize;
use zeroize::Zeroize;

use crate::app_state::{AppState, SetUpStep};
use crate::error::{AppError, FieldFault};
use crate::ports::{Clock, Network};
use crate::views::{CodeView, DoctorReport, GlanceView, Language, TokenView, ViewMode};

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
pub struct Canceller(Arc<AtomicBool>);

impl Canceller {
    /// Asks the running set-up to stop. Without one, does nothing lasting.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The app without its window. `Send`; calls block (keystore, network, password stretching), so
/// a host makes them on a thread of its own.
pub struct Authenticator {
    _todo: (),
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
        stores: Arc<dyn crate::ports::Stores>,
    ) -> Result<Self, AppError> {
        todo!()
    }

    /// What the first paint needs; no keystore call.
    pub fn glance(&self) -> GlanceView {
        todo!()
    }

    /// Opens the profile: keystore, self-test, unfinished set-ups. Also the way to try again
    /// after a keystore state, and after wake-up.
    pub fn open(&mut self) -> AppState {
        todo!()
    }

    /// The state as it is, with expiry looked at anew; no keystore call.
    pub fn state(&self) -> AppState {
        todo!()
    }

    /// What is wrong with the form, field by field; empty if it can be sent. Needs no open
    /// profile; for checking while typing.
    pub fn check_form(form: &ActivationForm) -> Vec<FieldFault> {
        todo!()
    }

    /// Sets a token up the activated way (K).
    ///
    /// `consent` is the version of the text agreed to, [`CONSENT_VERSION`]. `progress` is called
    /// with every step as it begins, on the caller's thread.
    ///
    /// # Errors
    /// `invalid-form`, `unknown-institution`, `wrong-way`, `consent-needed`: nothing was sent.
    /// Everything the service or the device answers is a state.
    pub fn activate(
        &mut self,
        form: ActivationForm,
        consent: u32,
        progress: &mut dyn FnMut(SetUpStep),
    ) -> Result<AppState, AppError> {
        todo!()
    }

    /// Sets a token up by itself (S).
    ///
    /// # Errors
    /// `unknown-institution`, `wrong-way`, `consent-needed`: nothing was sent.
    pub fn self_provision(
        &mut self,
        institution_id: &str,
        consent: u32,
        progress: &mut dyn FnMut(SetUpStep),
    ) -> Result<AppState, AppError> {
        todo!()
    }

    /// Goes on with an unfinished set-up, sending the stored request again byte for byte.
    ///
    /// # Errors
    /// `nothing-pending`; `password-needed` if the pending view said so and `password` is
    /// `None`; `invalid-form` if the password cannot be one.
    pub fn resume(
        &mut self,
        password: Option<String>,
        progress: &mut dyn FnMut(SetUpStep),
    ) -> Result<AppState, AppError> {
        todo!()
    }

    /// A handle to stop `activate`, `self_provision` or `resume` from another thread. They then
    /// return `NotSetUp` or `Ready` with the pending set-up in it.
    pub fn canceller(&self) -> Canceller {
        todo!()
    }

    /// Gives an unfinished set-up up for good.
    pub fn cancel_set_up(&mut self) -> AppState {
        todo!()
    }

    /// Leaves `SetUpDone` for `Ready`, the new token selected.
    pub fn acknowledge_set_up(&mut self) -> AppState {
        todo!()
    }

    /// Every token, in the order of set-up; empty unless the profile is open.
    pub fn tokens(&self) -> Vec<TokenView> {
        todo!()
    }

    /// Shows another token, and remembers it.
    ///
    /// # Errors
    /// `unknown-token`.
    pub fn select(&mut self, token_id: &str) -> Result<AppState, AppError> {
        todo!()
    }

    /// The code of this very moment, by the wall clock; call again at `valid_until_ms`, on wake
    /// and when the clock jumps.
    ///
    /// # Errors
    /// `unknown-token`, `expired`, `clock-off`, or the keystore's and the profile's errors.
    pub fn code(&self, token_id: &str) -> Result<CodeView, AppError> {
        todo!()
    }

    /// モード切替: shows or hides the serial; remembered for each token.
    ///
    /// # Errors
    /// `unknown-token`.
    pub fn set_mode(&mut self, token_id: &str, mode: ViewMode) -> Result<AppState, AppError> {
        todo!()
    }

    /// 6桁 / 8桁, where the policy allows both; remembered for each token.
    ///
    /// # Errors
    /// `unknown-token`, `digits-not-allowed`.
    pub fn set_digits(&mut self, token_id: &str, digits: u8) -> Result<AppState, AppError> {
        todo!()
    }

    /// Remembers the language; `None` follows the system.
    ///
    /// # Errors
    /// `disk`.
    pub fn set_language(&mut self, language: Option<Language>) -> Result<(), AppError> {
        todo!()
    }

    /// Removes a token and its keys from this device. It cannot be undone.
    ///
    /// # Errors
    /// `unknown-token`, or the keystore's errors.
    pub fn remove(&mut self, token_id: &str) -> Result<AppState, AppError> {
        todo!()
    }

    /// A QR code of the serial: an SVG with a `viewBox`, no style attribute and no script.
    ///
    /// # Errors
    /// `unknown-token`.
    pub fn serial_qr(&self, token_id: &str) -> Result<String, AppError> {
        todo!()
    }

    /// Looks at everything a token needs. May take as long as the keystore takes.
    pub fn doctor(&mut self) -> DoctorReport {
        todo!()
    }

    /// Moves a profile that cannot be opened aside and begins anew. Only on the customer's
    /// express wish: its tokens are lost.
    ///
    /// # Errors
    /// The keystore's errors, `disk`, `in-use`.
    pub fn start_over(&mut self) -> Result<AppState, AppError> {
        todo!()
    }
}
