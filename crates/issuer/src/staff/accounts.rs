//! Who works at the console.

use serde::Serialize;
use skts_otp::TokenPolicy;
use skts_otp::UnixTime;
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::Localized;
use skts_provisioning::wire::rp::RpVerdict;

use super::password::{PasswordError, StaffPassword};
use crate::audit::{Action, Entry};
use crate::http::register_for_staff;
use crate::issuer::Issuer;
use crate::rules::roles::{Role, is_staff_name};
use crate::storage::institutions::InstitutionRow;
use crate::storage::staff::StaffRow;
use crate::storage::{Connection, StorageError, audit, institutions, staff};

/// The institution whose customers are the staff: their tokens are ordinary ones of it. No bank has
/// a key to it, so nobody but this service registers, verifies or changes them.
pub(crate) const STAFF_INSTITUTION: &str = "staff";
const STAFF_SERVICE_ID: &str = "99999999";

/// How [`STAFF_INSTITUTION`] and the audit trail name a member of the staff.
pub(crate) fn subscriber_of(name: &str) -> String {
    format!("staff:{name}")
}

/// An account to be added.
#[derive(Debug)]
pub struct NewStaff {
    /// 2 to 32 of `a-z 0-9 . _ -`, the first a letter.
    pub name: String,
    /// What they are there for.
    pub role: Role,
    /// Whose customers they see; none for all.
    pub institution_id: Option<String>,
}

/// An account, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StaffAccount {
    /// Its name.
    pub name: String,
    /// `clerk`, `operator`, `approver`, `auditor` or `admin`.
    pub role: &'static str,
    /// None for all.
    pub institution_id: Option<String>,
    /// Signs in no more.
    pub disabled: bool,
    /// Since when.
    pub created_at: UnixTime,
}

/// Why nothing was done to an account.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Not a name for staff.
    #[error("a name has 2 to 32 of a-z 0-9 . _ - and begins with a letter")]
    Name,
    /// Taken, for ever: the audit trail names people by it.
    #[error("there is an account of this name already")]
    Taken,
    /// No such account, or nothing to change.
    #[error("there is no account of this name that could be changed so")]
    Nothing,
    /// No such institution.
    #[error("there is no institution of this id")]
    NoInstitution,
    /// Not a password for staff.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Argon2id failed inside.
    #[error("the password could not be hashed")]
    Hash,
    /// The serial and the code are not of a token that could be registered now.
    #[error("no token was registered: {verdict}")]
    Token {
        /// What the service says of it.
        verdict: &'static str,
    },
    /// The service failed; the log says why.
    #[error("the service failed")]
    Failed,
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Issuer {
    /// Adds an account. `actor` is whom the audit trail names.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn add_staff(
        &self,
        new: NewStaff,
        password: StaffPassword,
        actor: &str,
    ) -> Result<(), AccountError> {
        if !is_staff_name(&new.name) {
            return Err(AccountError::Name);
        }
        let password_is_temporary = password.is_temporary();
        let password_hash = self.hash_of(password).await?;
        let row = &StaffRow {
            name: new.name,
            institution_id: new.institution_id,
            role: new.role,
            password_hash,
            password_is_temporary,
            disabled: false,
            created_at: self.now(),
        };
        self.storage
            .change("staff", |mut transaction| async move {
                let done = self.store_staff(&mut transaction, row, actor).await;
                (transaction, done)
            })
            .await
    }

    async fn store_staff(
        &self,
        connection: &mut Connection,
        row: &StaffRow,
        actor: &str,
    ) -> Result<(), AccountError> {
        if institutions::by_id(connection, STAFF_INSTITUTION)
            .await?
            .is_none()
        {
            institutions::add(connection, &staff_institution()).await?;
        }
        if let Some(id) = &row.institution_id
            && institutions::by_id(connection, id).await?.is_none()
        {
            return Err(AccountError::NoInstitution);
        }
        if !staff::add(connection, row).await? {
            return Err(AccountError::Taken);
        }
        let detail = row.role.as_str();
        self.note(connection, row, actor, Action::StaffAdded, detail)
            .await
    }

    async fn note(
        &self,
        connection: &mut Connection,
        row: &StaffRow,
        actor: &str,
        action: Action,
        detail: &str,
    ) -> Result<(), AccountError> {
        let institution = row.institution_id.as_deref().unwrap_or(STAFF_INSTITUTION);
        let subject = subscriber_of(&row.name);
        let entry = Entry {
            subscriber_ref: Some(&subject),
            detail: Some(detail),
            ..Entry::of(self.now(), institution, actor, action, "done")
        };
        Ok(audit::write(connection, &entry).await?)
    }

    /// Every account, by name.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn staff_accounts(&self) -> Result<Vec<StaffAccount>, StorageError> {
        let rows = staff::all(&mut self.storage.read().await?).await?;
        Ok(rows
            .into_iter()
            .map(|row| StaffAccount {
                name: row.name,
                role: row.role.as_str(),
                institution_id: row.institution_id,
                disabled: row.disabled,
                created_at: row.created_at,
            })
            .collect())
    }

    /// Gives an account another role, takes its access away, or gives it back; its sessions end. None
    /// leaves the role as it is.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn change_staff(
        &self,
        name: &str,
        role: Option<Role>,
        disabled: bool,
        actor: &str,
    ) -> Result<(), AccountError> {
        self.storage
            .change("staff", |mut transaction| async move {
                let connection = &mut transaction;
                let done = async {
                    let row = staff::by_name(connection, name).await?;
                    let row = row.ok_or(AccountError::Nothing)?;
                    let role = role.unwrap_or(row.role);
                    if !staff::change(connection, name, role, disabled).await? {
                        return Err(AccountError::Nothing);
                    }
                    let detail = if disabled { "disabled" } else { role.as_str() };
                    self.note(connection, &row, actor, Action::StaffChanged, detail)
                        .await
                };
                let done = done.await;
                (transaction, done)
            })
            .await
    }

    /// Registers the token a member of the staff signs in with, by its serial and a current code, as
    /// a bank does for a customer.
    ///
    /// # Errors
    /// [`AccountError`]; [`AccountError::Token`] if there is one already.
    pub async fn register_staff_token(
        &self,
        name: &str,
        serial: &str,
        code: &str,
    ) -> Result<(), AccountError> {
        let found = staff::by_name(&mut self.storage.read().await?, name).await?;
        let row = found.ok_or(AccountError::Nothing)?;
        let subscriber = subscriber_of(&row.name);
        let verdict = register_for_staff(self, &subscriber, serial, code).await;
        match verdict.map_err(|_| AccountError::Failed)? {
            RpVerdict::Accepted => Ok(()),
            verdict => Err(AccountError::Token {
                verdict: verdict.as_str(),
            }),
        }
    }
}

fn staff_institution() -> InstitutionRow {
    let contact = Localized {
        ja: "トークンサービスの管理者".to_owned(),
        en: "Administrators of the token service".to_owned(),
    };
    InstitutionRow {
        id: STAFF_INSTITUTION.to_owned(),
        service_id: ServiceId::parse(STAFF_SERVICE_ID).expect("8 digits"),
        name: Localized {
            ja: "トークンサービス（職員）".to_owned(),
            en: "Token service (staff)".to_owned(),
        },
        contact,
        accent: "#37474f".to_owned(),
        policy: TokenPolicy::self_provisioned(),
    }
}
