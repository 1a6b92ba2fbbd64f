//! What the institution's staff do to a customer's token, each with a reason; and who they are.

mod accounts;
mod deeds;
mod password;
mod password_change;
mod two_people;

use skts_otp::UnixTime;

use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::token::{TokenChange, TokenState};
use crate::storage::{Connection, StorageError, audit, token_life, tokens};

pub use accounts::{AccountError, NewStaff, StaffAccount};
pub(crate) use accounts::{STAFF_INSTITUTION, subscriber_of};
pub(crate) use deeds::{Deed, DeedError, Outcome, reason};
pub use password::{PasswordError, StaffPassword};
pub use two_people::{ImportByStaff, ImportRequest};

/// What staff can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffChange {
    /// Release a token locked by wrong codes.
    Unlock,
    /// Hold one.
    Suspend,
    /// Release a held one.
    Resume,
    /// End one for good.
    Revoke,
}

impl StaffChange {
    const fn change(self) -> TokenChange {
        match self {
            Self::Unlock => TokenChange::Unlock,
            Self::Suspend => TokenChange::Suspend,
            Self::Resume => TokenChange::Resume,
            Self::Revoke => TokenChange::Revoke,
        }
    }

    const fn action(self) -> Action {
        match self {
            Self::Unlock => Action::Unlock,
            Self::Suspend => Action::Suspend,
            Self::Resume => Action::Resume,
            Self::Revoke => Action::Revoke,
        }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum StaffError {
    /// The customer has none.
    #[error("this customer has no token here")]
    NoToken,
    /// There is no such way from where the token stands.
    #[error("the token is {0}; that cannot be done to it")]
    NoWay(TokenState),
    /// A copy of it has checked in: there is no way back.
    #[error(
        "a copy of this token is suspected, so it cannot be resumed: revoke it, and have the customer \
         set up anew"
    )]
    CopySuspected,
    /// A reason is asked for: somebody will read it later.
    #[error("a reason is needed")]
    NoReason,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Issuer {
    /// Changes a customer's token and says where it stands then. Unlocking forgets the wrong codes
    /// before it, but not how many there were in a row (`rules::throttle`).
    ///
    /// # Errors
    /// [`StaffError`]; nothing is changed then.
    pub async fn change_token(
        &self,
        institution_id: &str,
        subscriber_ref: &str,
        change: StaffChange,
        reason: &str,
    ) -> Result<TokenState, StaffError> {
        if reason.trim().is_empty() {
            return Err(StaffError::NoReason);
        }
        let now: UnixTime = self.now();
        let subject = format!("{institution_id}/{subscriber_ref}");
        let asked = &Asked {
            institution_id,
            subscriber_ref,
            change,
            actor: "staff",
            action: change.action(),
            reason,
        };
        self.storage
            .change(&subject, |mut transaction| async move {
                let done = asked.apply(&mut transaction, now).await;
                (transaction, done)
            })
            .await
            .inspect(|state| {
                tracing::info!(
                    institution = institution_id, subscriber_ref, ?change, reason, %state,
                    "changed by staff"
                );
            })
    }
}

struct Asked<'a> {
    institution_id: &'a str,
    subscriber_ref: &'a str,
    change: StaffChange,
    /// As the audit trail names who asked.
    actor: &'a str,
    action: Action,
    reason: &'a str,
}

impl Asked<'_> {
    async fn apply(
        &self,
        connection: &mut Connection,
        now: UnixTime,
    ) -> Result<TokenState, StaffError> {
        let token = tokens::of_subscriber(connection, self.institution_id, self.subscriber_ref)
            .await?
            .ok_or(StaffError::NoToken)?;
        let from = token.state_at(now);
        let change = self.change.change();
        if token.copy_suspected && change == TokenChange::Resume && !from.is_final() {
            return Err(StaffError::CopySuspected);
        }
        let to = token.after(change, now).ok_or(StaffError::NoWay(from))?;
        if !token_life::move_on(connection, &token.serial, from, to, now).await? {
            connection.overtaken();
            return Err(StaffError::NoWay(from));
        }
        let entry = Entry {
            subscriber_ref: Some(self.subscriber_ref),
            serial: Some(&token.serial),
            state: Some(to.as_str()),
            detail: Some(self.reason),
            ..Entry::of(now, self.institution_id, self.actor, self.action, "done")
        };
        audit::write(connection, &entry).await?;
        Ok(to)
    }
}
