//! Setting a token up, both ways, and going on with what was begun.

use std::sync::atomic::Ordering;

use skts_otp::SetUpKind;
use skts_provisioning::ids::{ActivationPassword, IdParseError, ServiceId, UserId};
use skts_provisioning::institution::Institution;
use skts_vault::OpenError;
use zeroize::Zeroizing;

use crate::app_state::{AppState, SetUpStep};
use crate::authenticator::{ActivationForm, Authenticator, CONSENT_VERSION, open_error_code};
use crate::clock;
use crate::error::{AppError, ErrorCode, Fault, Field, FieldFault};
use crate::flow::{Done, Flow, PENDING_ID, find_token};
use crate::institutions::localized;
use crate::pending::{PendingSetUp, Stage};
use crate::stop::Stop;
use crate::views::PendingView;

/// The form, every field good.
struct Checked {
    service_id: ServiceId,
    user_id: UserId,
    password: ActivationPassword,
}

impl Authenticator {
    /// What is wrong with the form, field by field; empty if it can be sent. Needs no open
    /// profile; for checking while typing.
    pub fn check_form(form: &ActivationForm) -> Vec<FieldFault> {
        check(form).err().unwrap_or_default()
    }

    /// Sets a token up the activated way (K).
    ///
    /// `consent` is the version of the text agreed to, [`CONSENT_VERSION`]. `progress` is called
    /// with every step as it begins, on the caller's thread. A set-up that was begun before and
    /// got no further than the password is given up for this one.
    ///
    /// # Errors
    /// `invalid-form`, `unknown-institution`, `wrong-way`, `consent-needed`, `set-up-pending`:
    /// nothing was sent. Everything the service or the device answers is a state.
    pub fn activate(
        &mut self,
        form: ActivationForm,
        consent: u32,
        progress: &mut dyn FnMut(SetUpStep),
    ) -> Result<AppState, AppError> {
        let checked = check(&form).map_err(AppError::invalid_form)?;
        drop(form);
        let institution = self
            .institutions
            .by_service_id(&checked.service_id)
            .ok_or(ErrorCode::UnknownInstitution)?
            .clone();
        allow(&institution, SetUpKind::Activated, consent)?;
        if let Err(error) = self.prepare_vault() {
            return Ok(self.broken(error));
        }
        let ids = (
            checked.service_id.as_str().to_owned(),
            checked.user_id.as_str().to_owned(),
        );
        // Typed again after a lost reply: the request already counted goes first, so that it does
        // not cost a second try.
        let earlier = self.early_set_up()?.filter(|pending| {
            pending.needs_password()
                && pending.of.service_id == ids.0
                && pending.of.user_id.as_deref() == Some(&ids.1)
        });
        let result = self.flow(&institution, progress, |flow| {
            let mut password = Some(checked.password);
            if let Some(earlier) = earlier {
                let ended = flow.run(earlier, &mut password);
                if !matches!(ended, Err(Stop::Refused)) {
                    return ended;
                }
            }
            // Without it, it was proved and then refused: that is the answer.
            let password = password.ok_or(Stop::Refused)?;
            flow.activate(checked.service_id, checked.user_id, password)
        });
        Ok(self.finish(&institution, Some(ids), result))
    }

    /// Sets a token up by itself (S). A self-provisioning of the same institution that was begun
    /// before is gone on with.
    ///
    /// # Errors
    /// `unknown-institution`, `wrong-way`, `consent-needed`, `set-up-pending`: nothing was sent.
    pub fn self_provision(
        &mut self,
        institution_id: &str,
        consent: u32,
        progress: &mut dyn FnMut(SetUpStep),
    ) -> Result<AppState, AppError> {
        let institution = self
            .institutions
            .by_id(institution_id)
            .ok_or(ErrorCode::UnknownInstitution)?
            .clone();
        allow(&institution, SetUpKind::SelfProvisioned, consent)?;
        if let Err(error) = self.prepare_vault() {
            return Ok(self.broken(error));
        }
        if let Ok(Some(pending)) = self.read_pending()
            && pending.of.institution_id == institution_id
        {
            return self.resume(None, progress);
        }
        self.early_set_up()?;
        let result = self.flow(&institution, progress, |flow| flow.self_provision());
        Ok(self.finish(&institution, None, result))
    }

    /// Goes on with an unfinished set-up, sending the stored request again byte for byte.
    ///
    /// # Errors
    /// `nothing-pending`; `password-needed` if the pending view said so and `password` is
    /// `None`; `invalid-form` if the password cannot be one; `unknown-institution` if the
    /// institution is no longer in the list.
    pub fn resume(
        &mut self,
        password: Option<String>,
        progress: &mut dyn FnMut(SetUpStep),
    ) -> Result<AppState, AppError> {
        let typed = password.map(Zeroizing::new);
        let parsed = typed.as_ref().map(|text| ActivationPassword::parse(text));
        drop(typed);
        let mut password = match parsed {
            Some(Err(error)) => {
                let fault = fault(PASSWORD, error);
                return Err(AppError::invalid_form(vec![fault]));
            }
            Some(Ok(password)) => Some(password),
            None => None,
        };
        if self.vault.is_none() {
            let state = self.open();
            if self.vault.is_none() {
                return match state {
                    AppState::NotSetUp { .. } => Err(ErrorCode::NothingPending.into()),
                    broken => Ok(broken),
                };
            }
        }
        let pending = match self.read_pending() {
            Ok(pending) => pending.ok_or(ErrorCode::NothingPending)?,
            Err(error) => return Ok(self.broken(error)),
        };
        if pending.needs_password() && password.is_none() {
            return Err(ErrorCode::PasswordNeeded.into());
        }
        let institution = self
            .institutions
            .by_id(&pending.of.institution_id)
            .ok_or(ErrorCode::UnknownInstitution)?
            .clone();
        let ids = pending
            .of
            .user_id
            .clone()
            .map(|user_id| (pending.of.service_id.clone(), user_id));
        let result = self.flow(&institution, progress, |flow| {
            flow.run(pending, &mut password)
        });
        Ok(self.finish(&institution, ids, result))
    }

    /// Gives an unfinished set-up up for good; a token that was not confirmed goes with it.
    pub fn cancel_set_up(&mut self) -> AppState {
        if self.vault.is_none() {
            self.open();
        }
        let pending = self.read_pending();
        let Some(vault) = self.vault.as_mut() else {
            return self.state();
        };
        if let Ok(Some(pending)) = pending
            && let Stage::Confirm(confirm) = &pending.stage
            && let Some(token) = find_token(vault, &pending.of.institution_id, &confirm.serial)
            && let Err(error) = vault.remove_token(&token)
        {
            return self.broken(error.into());
        }
        if let Err(error) = vault.clear_pending(PENDING_ID) {
            return self.broken(error.into());
        }
        self.outcome = None;
        self.refresh()
    }

    /// Leaves the closing screen of a set-up, good or bad, for `Ready` or `NotSetUp`.
    pub fn acknowledge_set_up(&mut self) -> AppState {
        if self.vault.is_some() || matches!(self.outcome, Some(AppState::SetUpDone { .. })) {
            self.outcome = None;
        }
        self.refresh()
    }

    /// The set-up under way, if it can be read.
    pub(crate) fn read_pending(&self) -> Result<Option<PendingSetUp>, OpenError> {
        let Some(vault) = &self.vault else {
            return Ok(None);
        };
        let states = vault.pending()?;
        let Some((_, state)) = states.iter().find(|(id, _)| id == PENDING_ID) else {
            return Ok(None);
        };
        // EXPOSE: decoded into the set-up's own secret types.
        PendingSetUp::decode(state.expose_secret())
            .map(Some)
            .map_err(|_| OpenError::Corrupt { saved_aside: None })
    }

    pub(crate) fn pending_view(&self, pending: &PendingSetUp) -> PendingView {
        let institution = self.institutions.by_id(&pending.of.institution_id);
        PendingView {
            institution_id: pending.of.institution_id.clone(),
            institution_name: institution
                .map(|one| localized(&one.name))
                .unwrap_or_default(),
            way: pending.way(),
            stage: pending.view_stage(),
            service_id: pending.of.service_id.clone(),
            user_id: pending.of.user_id.clone(),
            needs_password: pending.needs_password(),
        }
    }

    /// Opens the vault, or makes the profile if this is the first token.
    fn prepare_vault(&mut self) -> Result<(), OpenError> {
        if self.vault.is_none() {
            let machine = self.machine()?;
            let store = self.key_store();
            let mut rng = self.device.rng();
            self.vault = Some(self.profile.create(store, &machine, &mut rng)?);
        }
        Ok(())
    }

    /// The set-up begun before, if it got no further than the password. Nothing was granted until
    /// then: beginning anew loses nothing.
    fn early_set_up(&self) -> Result<Option<PendingSetUp>, AppError> {
        let pending = self
            .read_pending()
            .map_err(|error| AppError::new(open_error_code(&error)))?;
        match &pending {
            None => Ok(None),
            Some(set_up) => match set_up.stage {
                Stage::KBegin(_) | Stage::SHello(_) => Ok(pending),
                Stage::KFinish(_) | Stage::SIssue(_) | Stage::Confirm(_) => {
                    Err(ErrorCode::SetUpPending.into())
                }
            },
        }
    }

    fn flow(
        &mut self,
        institution: &Institution,
        progress: &mut dyn FnMut(SetUpStep),
        steps: impl FnOnce(&mut Flow<'_>) -> Result<Done, Stop>,
    ) -> Result<Done, Stop> {
        self.outcome = None;
        self.canceller.0.store(false, Ordering::SeqCst);
        let Some(vault) = self.vault.as_mut() else {
            return Err(Stop::Fault(ErrorCode::Internal));
        };
        steps(&mut Flow {
            vault,
            clock: self.clock.as_ref(),
            network: self.network.as_ref(),
            institution,
            app_version: &self.config.app_version,
            platform: &self.config.platform,
            device_label: self.device.label(),
            rng: self.device.rng(),
            cancelled: &self.canceller.0,
            progress,
            clock_mark: None,
        })
    }

    /// The state a set-up ended or stopped in.
    fn finish(
        &mut self,
        institution: &Institution,
        ids: Option<(String, String)>,
        result: Result<Done, Stop>,
    ) -> AppState {
        let stop = match result {
            Ok(done) => return self.set_up_done(done),
            Err(stop) => stop,
        };
        if stop.is_final() {
            // The token of a lapsed set-up can never be registered: it goes too.
            self.cancel_set_up();
        }
        let contact = self.institutions.contact(&institution.id);
        let state = match stop {
            Stop::Refused => {
                let (service_id, user_id) = ids.unwrap_or_default();
                AppState::ActivationRefused {
                    service_id,
                    user_id,
                    contact,
                }
            }
            Stop::LevelTooLow => AppState::LevelTooLow {
                level: self.level(),
                lowest: institution.policy.lowest_level.into(),
                contact,
            },
            Stop::VersionTooOld => AppState::VersionTooOld { contact },
            Stop::Lapsed => AppState::Lapsed { contact },
            Stop::Cancelled => return self.refresh(),
            Stop::PasswordNeeded | Stop::Network => AppState::NetworkDown {
                pending: self.current_pending(),
            },
            Stop::Busy { retry_after_secs } => AppState::ServiceBusy {
                retry_after_secs,
                pending: self.current_pending(),
            },
            Stop::Fault(code) => AppState::Fault {
                code,
                pending: self.current_pending(),
            },
            Stop::Vault(error) => return self.broken(error.into()),
        };
        self.outcome = Some(state.clone());
        state
    }

    fn set_up_done(&mut self, done: Done) -> AppState {
        let id = done.token.as_str().to_owned();
        self.remember_token(&id);
        let Some(token) = self.tokens().into_iter().find(|token| token.id == id) else {
            return self.refresh();
        };
        // What is corrected is told by the token.
        let clock_off = token.clock_off.clone();
        let state = AppState::SetUpDone {
            clock_off: clock_off.or_else(|| clock::uncorrected(done.offset_secs)),
            token,
            match_number: done.match_number,
        };
        self.outcome = Some(state.clone());
        state
    }

    fn current_pending(&self) -> Option<PendingView> {
        let pending = self.read_pending().ok().flatten()?;
        Some(self.pending_view(&pending))
    }
}

fn allow(institution: &Institution, kind: SetUpKind, consent: u32) -> Result<(), AppError> {
    if institution.policy.set_up != kind {
        return Err(ErrorCode::WrongWay.into());
    }
    if consent != CONSENT_VERSION {
        return Err(ErrorCode::ConsentNeeded.into());
    }
    Ok(())
}

fn check(form: &ActivationForm) -> Result<Checked, Vec<FieldFault>> {
    let service_id = ServiceId::parse(&form.service_id);
    let user_id = UserId::parse(&form.user_id);
    let password = ActivationPassword::parse(&form.password);
    match (service_id, user_id, password) {
        (Ok(service_id), Ok(user_id), Ok(password)) => Ok(Checked {
            service_id,
            user_id,
            password,
        }),
        (service_id, user_id, password) => Err([
            service_id.err().map(|error| fault(SERVICE_ID, error)),
            user_id.err().map(|error| fault(USER_ID, error)),
            password.err().map(|error| fault(PASSWORD, error)),
        ]
        .into_iter()
        .flatten()
        .collect()),
    }
}

/// A field of the form, with its fewest and most digits.
type DigitField = (Field, u32, u32);
const SERVICE_ID: DigitField = (Field::ServiceId, 8, 8);
const USER_ID: DigitField = (Field::UserId, 12, 12);
const PASSWORD: DigitField = (Field::Password, 4, 8);

fn fault((field, least, most): DigitField, error: IdParseError) -> FieldFault {
    let fault = match error {
        IdParseError::Empty => Fault::Empty,
        IdParseError::NotDigits => Fault::NotDigits,
        IdParseError::Length { found, .. } => Fault::Length {
            least,
            most,
            found: u32::try_from(found).unwrap_or(u32::MAX),
        },
    };
    FieldFault { field, fault }
}
