//! What takes two people: an unlock above the daily count, and a mass import of hardware tokens.
//!
//! ```text
//! requester ── ask ──► waiting ── another one decides ──► approved: an unlock is done at once, an
//!                         │                               import when the same file is sent again
//!                         └── refused, or 24 h pass
//! ```

use sha2::{Digest, Sha256};
use skts_otp::UnixTime;
use skts_pskc::KeyFile;

use super::deeds::{AtConsole, DeedError};
use super::{Asked, StaffChange, StaffError, subscriber_of};
use crate::audit::{Action, Entry};
use crate::hardware::{ImportError, Imported};
use crate::issuer::Issuer;
use crate::rules::roles::{APPROVAL_VALID_SECS, Task};
use crate::storage::approvals::{ApprovalRow, Decision};
use crate::storage::staff::StaffRow;
use crate::storage::{Connection, StorageError, approvals, audit, staff};

/// What `asked` asks for, as a row of its own.
pub(super) fn asked(
    issuer: &Issuer,
    asked: &AtConsole<'_>,
    task: &str,
    subject: &str,
) -> ApprovalRow {
    row(
        issuer,
        (asked.institution_id, task, subject),
        &asked.staff.name,
        asked.reason,
        asked.now,
    )
}

fn row(
    issuer: &Issuer,
    (institution_id, task, subject): (&str, &str, &str),
    asked_by: &str,
    reason: &str,
    now: UnixTime,
) -> ApprovalRow {
    let id = issuer.entropy.with(|rng| {
        let mut id = vec![0; 16];
        rng.fill_bytes(&mut id);
        id
    });
    ApprovalRow {
        id,
        institution_id: institution_id.to_owned(),
        task: task.to_owned(),
        subject: subject.to_owned(),
        reason: reason.to_owned(),
        asked_by: asked_by.to_owned(),
        asked_at: now,
        expires_at: now.saturating_add_secs(APPROVAL_VALID_SECS),
    }
}

impl Issuer {
    /// What waits for this member of the staff to decide; one's own is shown too, and cannot be.
    pub(crate) async fn waiting(&self, staff: &StaffRow) -> Result<Vec<ApprovalRow>, DeedError> {
        if !staff.role.may(Task::Approve) {
            return Err(DeedError::NotAllowed);
        }
        let mut connection = self.storage.read().await?;
        let own = staff.institution_id.as_deref();
        Ok(approvals::open(&mut connection, own, self.now()).await?)
    }

    /// Approves or refuses what another one asked for. An unlock is done at once.
    pub(crate) async fn decide(
        &self,
        staff: &StaffRow,
        id: &[u8],
        approved: bool,
        typed_reason: &str,
    ) -> Result<(), DeedError> {
        if !staff.role.may(Task::Approve) {
            return Err(DeedError::NotAllowed);
        }
        let reason = super::reason(typed_reason).ok_or(DeedError::Reason)?;
        let decision = &Decision {
            id,
            by: &staff.name,
            institution_id: staff.institution_id.as_deref(),
            approved,
        };
        self.storage
            .change("staff", |mut transaction| async move {
                let done = self.carry_out(&mut transaction, decision, reason).await;
                (transaction, done)
            })
            .await
    }

    async fn carry_out(
        &self,
        connection: &mut Connection,
        decision: &Decision<'_>,
        reason: &str,
    ) -> Result<(), DeedError> {
        let now = self.now();
        let asked = approvals::decide(connection, decision, now).await?;
        let asked = asked.ok_or(DeedError::Already)?;
        let action = match decision.approved {
            true => Action::Approved,
            false => Action::ApprovalRefused,
        };
        let actor = subscriber_of(decision.by);
        let unlocks = asked.task == "unlock";
        let detail = match unlocks {
            true => format!("{reason} (asked by {})", asked.asked_by),
            false => format!("{reason} (asked by {}: {})", asked.asked_by, asked.subject),
        };
        let entry = Entry {
            subscriber_ref: unlocks.then_some(asked.subject.as_str()),
            detail: Some(&detail),
            ..Entry::of(now, &asked.institution_id, &actor, action, "done")
        };
        audit::write(connection, &entry).await?;
        if !(decision.approved && unlocks) {
            return Ok(());
        }
        // Whoever asked may have lost the role since.
        let requester = staff::by_name(connection, &asked.asked_by).await?;
        let may = requester.is_some_and(|requester| {
            !requester.disabled
                && requester.role.may(Task::Unlock)
                && requester.is_of(&asked.institution_id)
        });
        if !may {
            return Err(DeedError::NotAllowed);
        }
        let unlock = Asked {
            institution_id: &asked.institution_id,
            subscriber_ref: &asked.subject,
            change: StaffChange::Unlock,
            actor: &subscriber_of(&asked.asked_by),
            action: Action::Unlock,
            reason: &asked.reason,
        };
        match unlock.apply(connection, now).await {
            // It was released, or ended, meanwhile: decided nevertheless.
            Ok(_) | Err(StaffError::NoWay(_) | StaffError::NoToken) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Who brings a maker's file in.
#[derive(Debug)]
pub struct ImportByStaff<'a> {
    /// The account's name.
    pub name: &'a str,
    /// At which institution.
    pub institution_id: &'a str,
    /// The bytes of the file: what is approved is this very file.
    pub bytes: &'a [u8],
    /// Why.
    pub reason: &'a str,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum ImportRequest {
    /// The tokens are in.
    Done(Imported),
    /// A second person has to approve the file, by this SHA-256; then the same call again.
    Waits {
        /// 64 hex digits.
        file: String,
    },
}

impl Issuer {
    /// Takes a maker's file in, if it is a small one or a second person approved it; else asks for
    /// that.
    ///
    /// # Errors
    /// [`ImportError`].
    pub async fn import_hardware_by_staff(
        &self,
        by: &ImportByStaff<'_>,
        file: &KeyFile,
        expires_at: UnixTime,
    ) -> Result<ImportRequest, ImportError> {
        let found = staff::by_name(&mut self.storage.read().await?, by.name).await?;
        let allowed = found.filter(|staff| {
            !staff.disabled && staff.role.may(Task::Import) && staff.is_of(by.institution_id)
        });
        let reason = super::reason(by.reason).ok_or(ImportError::NotAllowed)?;
        if allowed.is_none() {
            return Err(ImportError::NotAllowed);
        }
        let digest = hex::encode(Sha256::digest(by.bytes));
        let about = (by.institution_id, "import", digest.as_str());
        let asked = &row(self, about, by.name, reason, self.now());
        let actor = &subscriber_of(by.name);
        if file.keys.len() > self.config.console_imported_alone {
            let waits = self
                .storage
                .change("staff", |mut transaction| async move {
                    let waits = self.take_or_ask(&mut transaction, asked, actor).await;
                    (transaction, waits)
                })
                .await?;
            if waits {
                return Ok(ImportRequest::Waits { file: digest });
            }
        }
        let done = self.import_hardware(by.institution_id, file, expires_at, actor);
        done.await.map(ImportRequest::Done)
    }

    /// Whether a second person has yet to decide.
    async fn take_or_ask(
        &self,
        connection: &mut Connection,
        asked: &ApprovalRow,
        actor: &str,
    ) -> Result<bool, StorageError> {
        if approvals::take(connection, asked).await?.is_some() {
            return Ok(false);
        }
        if approvals::ask(connection, asked).await? {
            let detail = format!("{} ({})", asked.reason, asked.subject);
            let action = Action::ApprovalAsked;
            let entry = Entry {
                detail: Some(&detail),
                ..Entry::of(asked.asked_at, &asked.institution_id, actor, action, "done")
            };
            audit::write(connection, &entry).await?;
        }
        Ok(true)
    }
}
