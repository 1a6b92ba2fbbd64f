//! The tokens on this device: showing, choosing, removing them.

use skts_otp::{Digits, UnixTime};
use skts_provisioning::institution::Institution;
use skts_vault::{FaultyToken, TokenFault, TokenId, TokenRecord, Vault};

use crate::app_state::AppState;
use crate::authenticator::{Authenticator, vault_error};
use crate::chip_words::level_words;
use crate::clock::{self, Reading};
use crate::dates;
use crate::error::{AppError, ErrorCode};
use crate::institutions::{institution_name, localized};
use crate::notes::Notes;
use crate::pending::{PendingSetUp, Stage};
use crate::prefs::TokenPrefs;
use crate::qr_code;
use crate::views::{FaultyTokenView, Halt, ReceiptView, TokenView, Towards, ViewMode};

/// A token that was never registered lapses after so many days: the match number is of no use.
const MATCH_NUMBER_DAYS: u64 = 90;
const SECS_A_DAY: u64 = 86_400;
/// From when on before its end a token may be issued anew, until the service has said so itself
/// (guide 003).
const RENEWAL_DAYS: u64 = 90;
/// Shown for an institution that is no longer in the list.
const NEUTRAL_ACCENT: &str = "#4a5568";

impl Authenticator {
    /// Every token, in the customer's order; empty unless the profile is open. A token that the
    /// service was not yet told about is not among them: `resume` brings it in.
    pub fn tokens(&self) -> Vec<TokenView> {
        let pending = self.read_pending().ok().flatten();
        self.shown_tokens(pending.as_ref())
            .into_iter()
            .map(|record| self.token_view(record))
            .collect()
    }

    /// Shows another token, and remembers it.
    ///
    /// # Errors
    /// `unknown-token`, `disk`.
    pub fn select(&mut self, token_id: &str) -> Result<AppState, AppError> {
        self.find(token_id)?;
        self.change_prefs(|prefs| prefs.selected = Some(token_id.to_owned()))?;
        self.outcome = None;
        Ok(self.refresh())
    }

    /// Puts a token one place nearer to the beginning of the list, or to its end; at the end it is
    /// moved to, it stays.
    ///
    /// # Errors
    /// `unknown-token`, `disk`.
    pub fn move_token(&mut self, token_id: &str, towards: Towards) -> Result<AppState, AppError> {
        let mut order: Vec<String> = self.tokens().into_iter().map(|token| token.id).collect();
        let place = order.iter().position(|id| id == token_id);
        let place = place.ok_or(ErrorCode::UnknownToken)?;
        let other = match towards {
            Towards::Beginning => place.checked_sub(1),
            Towards::End => Some(place + 1),
        };
        if let Some(other) = other.filter(|other| *other < order.len()) {
            order.swap(place, other);
            self.change_prefs(|prefs| prefs.order = order)?;
        }
        Ok(self.refresh())
    }

    /// モード切替: shows or hides the serial, or signs payments where the policy has that; remembered for
    /// each token.
    ///
    /// # Errors
    /// `unknown-token`, `signing-not-allowed`, `disk`.
    pub fn set_mode(&mut self, token_id: &str, mode: ViewMode) -> Result<AppState, AppError> {
        if mode == ViewMode::Signing && !self.find(token_id)?.policy.signing {
            return Err(ErrorCode::SigningNotAllowed.into());
        }
        self.change_token_prefs(token_id, |prefs| prefs.mode = mode)
    }

    /// 6桁 / 8桁, where the policy allows both; remembered for each token.
    ///
    /// # Errors
    /// `unknown-token`, `digits-not-allowed`, `disk`.
    pub fn set_digits(&mut self, token_id: &str, digits: u8) -> Result<AppState, AppError> {
        let allowed = self.find(token_id)?.policy.code_length.allowed();
        if !allowed.iter().any(|one| digit_count(*one) == digits) {
            return Err(ErrorCode::DigitsNotAllowed.into());
        }
        self.change_token_prefs(token_id, |prefs| prefs.digits = Some(digits))
    }

    /// Removes a token and its keys from this device, usable or not. It cannot be undone.
    ///
    /// # Errors
    /// `unknown-token`, `disk`.
    pub fn remove(&mut self, token_id: &str) -> Result<AppState, AppError> {
        let id = TokenId::parse(token_id).map_err(|_| ErrorCode::UnknownToken)?;
        let Some(vault) = self.vault.as_mut() else {
            return Err(self.not_open());
        };
        vault.remove_token(&id).map_err(vault_error)?;
        Self::forget_check(vault, &id);
        // A disk that refuses this leaves a preference about a token that is gone: harmless.
        let _ = self.change_prefs(|prefs| {
            prefs.tokens.remove(token_id);
            prefs.order.retain(|id| id != token_id);
            if prefs.selected.as_deref() == Some(token_id) {
                prefs.selected = None;
            }
        });
        self.outcome = None;
        Ok(self.refresh())
    }

    /// A QR code of the serial: an SVG with a `viewBox`, no style attribute and no script.
    ///
    /// # Errors
    /// `unknown-token`.
    pub fn serial_qr(&self, token_id: &str) -> Result<String, AppError> {
        let record = self.find(token_id)?;
        Ok(qr_code::svg(&qr_code::of(record.serial.as_str())?))
    }

    /// The same QR code as rows of modules, dark is `true`, without the quiet zone.
    ///
    /// # Errors
    /// `unknown-token`.
    pub fn serial_qr_modules(&self, token_id: &str) -> Result<Vec<Vec<bool>>, AppError> {
        let code = qr_code::of(self.find(token_id)?.serial.as_str())?;
        let dark = code
            .to_colors()
            .into_iter()
            .map(|color| color == qrcode::Color::Dark);
        let modules: Vec<bool> = dark.collect();
        Ok(modules.chunks(code.width()).map(<[bool]>::to_vec).collect())
    }

    /// The state of an open profile, or of none.
    pub(crate) fn tokens_state(&self) -> AppState {
        let setting_up = self.read_pending().ok().flatten();
        let tokens: Vec<TokenView> = self
            .shown_tokens(setting_up.as_ref())
            .into_iter()
            .map(|record| self.token_view(record))
            .collect();
        let pending = setting_up.map(|pending| self.pending_view(&pending));
        let chosen = self.prefs.selected.as_deref();
        let chosen = chosen.and_then(|id| tokens.iter().find(|token| token.id == id));
        // The newest, unless the customer has said which comes first.
        let usual = match self.prefs.order.is_empty() {
            true => tokens.last(),
            false => tokens.first(),
        };
        let Some(shown) = chosen.or(usual) else {
            return AppState::NotSetUp { pending };
        };
        let (selected, expired, halt) = (shown.id.clone(), shown.expired, shown.halt);
        let faulty = self.faulty();
        if halt == Some(Halt::SuspectedCopy) {
            AppState::SuspectedCopy {
                tokens,
                selected,
                pending,
                faulty,
            }
        } else if expired {
            AppState::Expired {
                tokens,
                selected,
                pending,
                faulty,
            }
        } else if let Some(halt) = halt {
            AppState::Halted {
                halt,
                tokens,
                selected,
                pending,
                faulty,
            }
        } else {
            AppState::Ready {
                tokens,
                selected,
                pending,
                faulty,
            }
        }
    }

    /// Assurance level of the device key; 0 if there is none yet.
    pub(crate) fn level(&self) -> u8 {
        let vault = self.vault.as_ref();
        vault.map_or(0, |vault| vault.device().level().into())
    }

    /// Selects a new token and notes its institution. Preferences that cannot be written are
    /// no reason to fail a set-up.
    pub(crate) fn remember_token(&mut self, token_id: &str) {
        let Ok(record) = self.find(token_id) else {
            return;
        };
        let institution_id = record.institution_id.clone();
        let _ = self.change_prefs(|prefs| {
            prefs.selected = Some(token_id.to_owned());
            prefs
                .tokens
                .entry(token_id.to_owned())
                .or_default()
                .institution_id = institution_id;
        });
    }

    /// A token that is shown.
    pub(crate) fn find(&self, token_id: &str) -> Result<&TokenRecord, AppError> {
        if self.vault.is_none() {
            return Err(self.not_open());
        }
        let pending = self.read_pending().ok().flatten();
        let shown = self.shown_tokens(pending.as_ref()).into_iter();
        let mut shown = shown.filter(|record| record.id.as_str() == token_id);
        shown.next().ok_or_else(|| ErrorCode::UnknownToken.into())
    }

    /// A token the service is asked about, and whom it is of.
    ///
    /// # Errors
    /// `unknown-token`, `unknown-institution`.
    pub(crate) fn with_institution(
        &self,
        token_id: &str,
    ) -> Result<(TokenId, Institution), AppError> {
        let record = self.find(token_id)?;
        let institution = self.institutions.by_id(&record.institution_id);
        let institution = institution.ok_or(ErrorCode::UnknownInstitution)?;
        Ok((record.id.clone(), institution.clone()))
    }

    /// The digits a token is shown with.
    pub(crate) fn digits(&self, record: &TokenRecord) -> Digits {
        let chosen = self.prefs.tokens.get(record.id.as_str());
        let chosen = chosen.and_then(|prefs| prefs.digits);
        let length = record.policy.code_length;
        let mut allowed = length.allowed().iter().copied();
        allowed
            .find(|digits| Some(digit_count(*digits)) == chosen)
            .unwrap_or(length.default_digits())
    }

    pub(crate) fn expired(&self, record: &TokenRecord) -> bool {
        let notes = Notes::of(record);
        notes.expired() || self.now_by(&notes) >= record.expires_at
    }

    /// The time as far as it is known: the service's while that is fresh, else the device's.
    pub(crate) fn now_by(&self, notes: &Notes) -> UnixTime {
        let now = Reading::of(self.clock.as_ref());
        let by_ms = clock::correction_ms(notes.clock.as_ref(), &now);
        UnixTime::from_secs(clock::moved(now.wall_ms, by_ms) / 1000)
    }

    /// Why there is no open profile.
    pub(crate) fn not_open(&self) -> AppError {
        let error = self.outcome.as_ref().and_then(AppState::error);
        error.unwrap_or(ErrorCode::NotSetUp.into())
    }

    fn shown_tokens(&self, pending: Option<&PendingSetUp>) -> Vec<&TokenRecord> {
        let unconfirmed = |record: &TokenRecord| {
            pending.is_some_and(|pending| match &pending.stage {
                Stage::Confirm(confirm) => {
                    confirm.serial == record.serial
                        && pending.of.institution_id == record.institution_id
                }
                _ => false,
            })
        };
        let records = self.vault.as_ref().map_or(&[][..], Vault::tokens);
        let shown = records.iter().filter(|record| !unconfirmed(record));
        let mut shown: Vec<&TokenRecord> = shown.collect();
        let order = &self.prefs.order;
        let place = |record: &TokenRecord| order.iter().position(|id| id == record.id.as_str());
        shown.sort_by_key(|record| place(record).unwrap_or(order.len()));
        shown
    }

    fn change_token_prefs(
        &mut self,
        token_id: &str,
        change: impl FnOnce(&mut TokenPrefs),
    ) -> Result<AppState, AppError> {
        let institution_id = self.find(token_id)?.institution_id.clone();
        self.change_prefs(|prefs| {
            let token = prefs.tokens.entry(token_id.to_owned()).or_default();
            token.institution_id = institution_id;
            change(token);
        })?;
        self.outcome = None;
        Ok(self.refresh())
    }

    pub(crate) fn token_view(&self, record: &TokenRecord) -> TokenView {
        let institution = self.institutions.by_id(&record.institution_id);
        let prefs = self.prefs.tokens.get(record.id.as_str());
        let registered_by = record
            .started_at
            .saturating_add_secs(MATCH_NUMBER_DAYS * SECS_A_DAY);
        let match_number = record.state.match_number.clone();
        let notes = Notes::of(record);
        let (halt, expired) = (notes.halt(), self.expired(record));
        let renewable_from = renewable_from(record, &notes);
        let due = self.now_by(&notes) >= renewable_from;
        TokenView {
            id: record.id.as_str().to_owned(),
            institution_id: record.institution_id.clone(),
            institution_name: institution_name(institution, record),
            contact: institution
                .map(|institution| localized(&institution.contact))
                .unwrap_or_default(),
            accent: institution
                .map_or(NEUTRAL_ACCENT, |one| &one.accent)
                .to_owned(),
            serial: record.serial.as_str().to_owned(),
            serial_grouped: record.serial.grouped(),
            started_at: dates::day(record.started_at),
            expires_at: dates::minute(record.expires_at),
            expired,
            clock_off: Some(clock::view(
                notes.clock.as_ref(),
                &Reading::of(self.clock.as_ref()),
            ))
            .filter(|clock| clock.how_to_set.is_some()),
            halt,
            checked_at: notes.told.as_ref().map(|told| dates::minute(told.at)),
            renewable_from: dates::day(renewable_from),
            expiring: due && !expired && !notes.is_over(),
            unchecked_days: self.unchecked_days(record, &notes),
            stopping: notes.stopping.is_some(),
            receipt: notes.receipt.as_ref().map(|receipt| ReceiptView {
                number: receipt.number.clone(),
                at: dates::minute(receipt.at),
            }),
            digits: digit_count(self.digits(record)),
            allowed_digits: record
                .policy
                .code_length
                .allowed()
                .iter()
                .map(|digits| digit_count(*digits))
                .collect(),
            period_secs: record.policy.period.as_secs(),
            mode: match prefs.map(|prefs| prefs.mode).unwrap_or_default() {
                ViewMode::Signing if !record.policy.signing => ViewMode::default(),
                mode => mode,
            },
            signing: record.policy.signing,
            match_number: match_number.filter(|_| self.clock.now() < registered_by),
            level: self.level(),
            level_text: level_words(self.level()),
            attested: notes.attested,
        }
    }

    /// Days since the service was asked last, where the policy asks for that and it is overdue.
    fn unchecked_days(&self, record: &TokenRecord, notes: &Notes) -> Option<u32> {
        let most = record.policy.check_in_notice_days?;
        let asked = notes
            .told
            .as_ref()
            .map_or(record.started_at, |told| told.at);
        let secs = self.now_by(notes).as_secs().saturating_sub(asked.as_secs());
        let days = u32::try_from(secs / SECS_A_DAY).unwrap_or(u32::MAX);
        (days >= most && !notes.is_over() && !self.expired(record)).then_some(days)
    }

    fn faulty(&self) -> Vec<FaultyTokenView> {
        let faulty = self.vault.as_ref().map_or(&[][..], Vault::faulty_tokens);
        faulty.iter().map(|token| self.faulty_view(token)).collect()
    }

    fn faulty_view(&self, token: &FaultyToken) -> FaultyTokenView {
        let prefs = self.prefs.tokens.get(token.id.as_str());
        let known = prefs.map(|prefs| prefs.institution_id.as_str());
        let institution = token.institution_id.as_deref().or(known);
        let institution = institution.and_then(|id| self.institutions.by_id(id));
        FaultyTokenView {
            id: token.id.as_str().to_owned(),
            serial_grouped: token.serial.as_ref().map(|serial| serial.grouped()),
            institution_name: institution.map(|one| localized(&one.name)),
            contact: institution.map(|one| localized(&one.contact)),
            problem: match token.fault {
                TokenFault::ItemMissing => ErrorCode::ItemMissing,
                TokenFault::Corrupt { .. } => ErrorCode::Corrupt,
                TokenFault::NewerFormat => ErrorCode::NewerFormat,
            },
        }
    }
}

fn renewable_from(record: &TokenRecord, notes: &Notes) -> UnixTime {
    let told = notes.told.as_ref().and_then(|told| told.renewable_from);
    told.unwrap_or_else(|| {
        let secs = record.expires_at.as_secs();
        UnixTime::from_secs(secs.saturating_sub(RENEWAL_DAYS * SECS_A_DAY))
    })
}

fn digit_count(digits: Digits) -> u8 {
    match digits {
        Digits::Six => 6,
        Digits::Eight => 8,
    }
}
