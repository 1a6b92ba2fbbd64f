//! What a member of the staff does at the console. Role and institution are checked here, whatever
//! page asks; each deed is one transaction with its entry in the audit trail.

use skts_otp::UnixTime;

use super::{Asked, StaffChange, StaffError, subscriber_of};
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::roles::{RESYNC_VALID_SECS, Task, VOUCHER_VALID_SECS, day_in_japan};
use crate::rules::token::{TokenKind, TokenState};
use crate::rules::voucher::Voucher;
use crate::storage::staff::StaffRow;
use crate::storage::tokens::TokenRow;
use crate::storage::vouchers::NewVoucher;
use crate::storage::{Connection, StorageError, approvals, audit, hardware, tokens, vouchers};

/// What can be done to a customer's token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Unlock,
    Suspend,
    Resume,
    Reissue,
    StartResync,
    ReportLowBattery,
    ReportBroken,
    Voucher,
}

impl Deed {
    pub(crate) const ALL: [Self; 8] = [
        Self::Unlock,
        Self::Suspend,
        Self::Resume,
        Self::Reissue,
        Self::StartResync,
        Self::ReportLowBattery,
        Self::ReportBroken,
        Self::Voucher,
    ];

    pub(crate) const fn task(self) -> Task {
        match self {
            Self::Unlock => Task::Unlock,
            Self::Suspend => Task::Suspend,
            Self::Resume => Task::Resume,
            Self::Reissue => Task::Reissue,
            Self::StartResync => Task::StartResync,
            Self::ReportLowBattery | Self::ReportBroken => Task::Report,
            Self::Voucher => Task::Voucher,
        }
    }

    /// The word in addresses of pages.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Unlock => "unlock",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Reissue => "reissue",
            Self::StartResync => "resync",
            Self::ReportLowBattery => "low-battery",
            Self::ReportBroken => "broken",
            Self::Voucher => "voucher",
        }
    }

    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == word)
    }

    /// Whether it can be done to this token: what a page offers. The statement that does it decides
    /// for itself.
    pub(crate) fn fits_token(self, token: &TokenRow, now: UnixTime) -> bool {
        let held_for_good = token.copy_suspected && self == Self::Resume;
        !held_for_good && self.fits(token.state_at(now), token.kind)
    }

    /// The same, of a token of this kind in this state.
    fn fits(self, state: TokenState, kind: TokenKind) -> bool {
        match self {
            Self::Unlock => state == TokenState::Locked,
            Self::Suspend => state == TokenState::Active,
            Self::Resume => state == TokenState::Suspended,
            Self::Reissue => !state.is_final(),
            Self::StartResync => state == TokenState::Active,
            Self::ReportLowBattery | Self::ReportBroken => {
                kind != TokenKind::Soft && !state.is_final()
            }
            Self::Voucher => {
                kind == TokenKind::Soft && matches!(state, TokenState::Active | TokenState::Locked)
            }
        }
    }
}

/// How a deed ended.
#[derive(Debug)]
pub(crate) enum Outcome {
    Done,
    /// A second person has to decide.
    Waits,
    /// To be shown, once.
    Made {
        voucher: Voucher,
        valid_from: UnixTime,
        expires_at: UnixTime,
    },
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeedError {
    /// Not by this role, or not at this institution.
    #[error("not allowed")]
    NotAllowed,
    /// No reason, or one that is too long or has control characters.
    #[error("a reason of 1 to 300 characters is needed")]
    Reason,
    /// The customer has no token, or it stands where this cannot be done.
    #[error("there is no such way from where the token stands")]
    NoWay,
    /// The same was asked for, or decided, already; or one's own.
    #[error("it was asked for or decided already")]
    Already,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<StaffError> for DeedError {
    fn from(error: StaffError) -> Self {
        match error {
            StaffError::NoToken | StaffError::NoWay(_) | StaffError::CopySuspected => Self::NoWay,
            StaffError::NoReason => Self::Reason,
            StaffError::Storage(error) => Self::Storage(error),
        }
    }
}

/// A reason as typed, trimmed; none if it is none.
pub(crate) fn reason(typed: &str) -> Option<&str> {
    const MOST: usize = 300;
    let reason = typed.trim();
    let good = !reason.is_empty()
        && reason.chars().count() <= MOST
        && !reason.chars().any(char::is_control);
    good.then_some(reason)
}

/// A deed asked for at the console.
pub(crate) struct AtConsole<'a> {
    issuer: &'a Issuer,
    pub(super) staff: &'a StaffRow,
    pub(super) institution_id: &'a str,
    subscriber_ref: &'a str,
    pub(super) reason: &'a str,
    actor: String,
    pub(super) now: UnixTime,
}

impl Issuer {
    /// Does `deed` to a customer's token, or asks for a second person.
    pub(crate) async fn do_at_console(
        &self,
        staff: &StaffRow,
        (institution_id, subscriber_ref): (&str, &str),
        deed: Deed,
        typed_reason: &str,
    ) -> Result<Outcome, DeedError> {
        if !staff.role.may(deed.task()) || !staff.is_of(institution_id) {
            return Err(DeedError::NotAllowed);
        }
        let asked = &AtConsole {
            issuer: self,
            staff,
            institution_id,
            subscriber_ref,
            reason: reason(typed_reason).ok_or(DeedError::Reason)?,
            actor: subscriber_of(&staff.name),
            now: self.now(),
        };
        let subject = format!("{institution_id}/{subscriber_ref}");
        let outcome = self
            .storage
            .change(&subject, |mut transaction| async move {
                let done = asked.act(&mut transaction, deed).await;
                (transaction, done)
            })
            .await;
        tracing::info!(
            institution = institution_id,
            staff = staff.name,
            ?deed,
            done = outcome.is_ok(),
            "asked for at the console"
        );
        outcome
    }
}

impl AtConsole<'_> {
    async fn act(&self, connection: &mut Connection, deed: Deed) -> Result<Outcome, DeedError> {
        let token = tokens::of_subscriber(connection, self.institution_id, self.subscriber_ref);
        let token = token.await?.ok_or(DeedError::NoWay)?;
        if !deed.fits_token(&token, self.now) {
            return Err(DeedError::NoWay);
        }
        match deed {
            Deed::Unlock => return self.unlock(connection).await,
            Deed::Suspend => {
                self.change(connection, StaffChange::Suspend, Action::Suspend)
                    .await?
            }
            Deed::Resume => {
                self.change(connection, StaffChange::Resume, Action::Resume)
                    .await?
            }
            Deed::Reissue => {
                self.change(connection, StaffChange::Revoke, Action::Reissue)
                    .await?
            }
            Deed::StartResync => {
                let until = self.now.saturating_add_secs(RESYNC_VALID_SECS);
                vouchers::ask_resync(connection, &token.serial, until).await?;
                self.note(connection, &token, Action::ResyncAsked, self.reason)
                    .await?;
            }
            Deed::ReportLowBattery => self.report(connection, &token, "low_battery").await?,
            Deed::ReportBroken => self.report(connection, &token, "broken").await?,
            Deed::Voucher => return self.make_voucher(connection, &token).await,
        }
        Ok(Outcome::Done)
    }

    async fn change(
        &self,
        connection: &mut Connection,
        change: StaffChange,
        action: Action,
    ) -> Result<(), DeedError> {
        let asked = Asked {
            institution_id: self.institution_id,
            subscriber_ref: self.subscriber_ref,
            change,
            actor: &self.actor,
            action,
            reason: self.reason,
        };
        asked.apply(connection, self.now).await?;
        Ok(())
    }

    /// Alone up to the daily count; beyond it a second person decides.
    async fn unlock(&self, connection: &mut Connection) -> Result<Outcome, DeedError> {
        let most = self.issuer.config.console_unlocks_alone;
        let day = day_in_japan(self.now);
        if approvals::count_unlock(connection, &self.staff.name, day, most).await? {
            self.change(connection, StaffChange::Unlock, Action::Unlock)
                .await?;
            return Ok(Outcome::Done);
        }
        self.ask(self.issuer, connection, "unlock", self.subscriber_ref)
            .await?;
        let entry = Entry {
            subscriber_ref: Some(self.subscriber_ref),
            ..self.entry(Action::ApprovalAsked)
        };
        audit::write(connection, &entry).await?;
        Ok(Outcome::Waits)
    }

    async fn report(
        &self,
        connection: &mut Connection,
        token: &TokenRow,
        fault: &str,
    ) -> Result<(), DeedError> {
        let (institution, customer) = (self.institution_id, self.subscriber_ref);
        if !hardware::report(connection, institution, customer, fault).await? {
            return Err(DeedError::NoWay);
        }
        let detail = format!("{fault}: {}", self.reason);
        self.note(connection, token, Action::Report, &detail).await
    }

    async fn make_voucher(
        &self,
        connection: &mut Connection,
        token: &TokenRow,
    ) -> Result<Outcome, DeedError> {
        let voucher = self.issuer.entropy.with(|rng| Voucher::make(rng));
        let cooling = self.issuer.config.voucher_cooling_secs;
        let valid_from = self.now.saturating_add_secs(cooling);
        let expires_at = valid_from.saturating_add_secs(VOUCHER_VALID_SECS);
        let new = NewVoucher {
            hash: &voucher.hash(self.institution_id),
            institution_id: self.institution_id,
            subscriber_ref: self.subscriber_ref,
            serial: &token.serial,
            made_by: &self.staff.name,
            made_at: self.now,
            valid_from,
            expires_at,
        };
        vouchers::add(connection, &new).await?;
        self.note(connection, token, Action::VoucherMade, self.reason)
            .await?;
        Ok(Outcome::Made {
            voucher,
            valid_from,
            expires_at,
        })
    }

    fn entry(&self, action: Action) -> Entry<'_> {
        Entry {
            detail: Some(self.reason),
            ..Entry::of(self.now, self.institution_id, &self.actor, action, "done")
        }
    }

    async fn note(
        &self,
        connection: &mut Connection,
        token: &TokenRow,
        action: Action,
        detail: &str,
    ) -> Result<(), DeedError> {
        let entry = Entry {
            subscriber_ref: Some(self.subscriber_ref),
            serial: Some(&token.serial),
            detail: Some(detail),
            ..self.entry(action)
        };
        Ok(audit::write(connection, &entry).await?)
    }

    async fn ask(
        &self,
        issuer: &Issuer,
        connection: &mut Connection,
        task: &str,
        subject: &str,
    ) -> Result<(), DeedError> {
        let row = super::two_people::asked(issuer, self, task, subject);
        if approvals::ask(connection, &row).await? {
            Ok(())
        } else {
            Err(DeedError::Already)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_deed_reads_back_from_its_word() {
        for deed in Deed::ALL {
            assert_eq!(Deed::parse(deed.as_str()), Some(deed));
        }
        assert_eq!(Deed::parse("delete"), None);
    }

    #[test]
    fn nothing_can_be_done_to_a_token_that_is_over() {
        for state in TokenState::ALL.into_iter().filter(|state| state.is_final()) {
            for deed in Deed::ALL {
                assert!(!deed.fits(state, TokenKind::Totp), "{deed:?} {state}");
            }
        }
    }

    #[test]
    fn a_reason_is_a_line_of_text() {
        assert_eq!(reason("  窓口で本人確認 "), Some("窓口で本人確認"));
        assert_eq!(reason("<b>'; DROP--"), Some("<b>'; DROP--"));
        for none in ["", " \u{3000} ", "a\nb", "a\0b", &"x".repeat(301)] {
            assert_eq!(reason(none), None, "{none:?}");
        }
    }
}
