//! Another password for an account: chosen by its owner, or made anew for one who forgot it.

use super::accounts::AccountError;
use super::password::StaffPassword;
use super::{STAFF_INSTITUTION, subscriber_of};
use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::storage::staff::{self, StaffRow};
use crate::storage::{Connection, StorageError, audit};

impl Issuer {
    /// Makes a new password for an account and returns it, to be shown once; its owner is to choose
    /// another at the next sign-in. Its sessions end. `actor` is whom the audit trail names.
    ///
    /// # Errors
    /// [`AccountError`].
    pub async fn reset_staff_password(
        &self,
        name: &str,
        actor: &str,
    ) -> Result<String, AccountError> {
        let (password, text) = self.entropy.with(|rng| StaffPassword::make(rng));
        let hash = &self.hash_of(password).await?;
        self.storage
            .change("staff", |mut transaction| async move {
                let done = self.store_reset(&mut transaction, name, hash, actor).await;
                (transaction, done)
            })
            .await?;
        Ok(text)
    }

    async fn store_reset(
        &self,
        connection: &mut Connection,
        name: &str,
        hash: &str,
        actor: &str,
    ) -> Result<(), AccountError> {
        let row = staff::by_name(connection, name).await?;
        let row = row.ok_or(AccountError::Nothing)?;
        if !staff::set_password(connection, &row, hash, true).await? {
            return Err(AccountError::Nothing);
        }
        let institution = row.institution_id.as_deref().unwrap_or(STAFF_INSTITUTION);
        let subject = subscriber_of(name);
        let entry = Entry {
            subscriber_ref: Some(&subject),
            ..Entry::of(
                self.now(),
                institution,
                actor,
                Action::PasswordReset,
                "done",
            )
        };
        Ok(audit::write(connection, &entry).await?)
    }

    /// Gives `row` the password its owner chose. All sessions of the account end and another begins,
    /// known by `session`: whoever has the cookie of before has nothing. False if the account changed
    /// since `row` was read.
    ///
    /// # Errors
    /// [`AccountError`].
    pub(crate) async fn change_own_password(
        &self,
        row: &StaffRow,
        chosen: StaffPassword,
        session: &[u8; 32],
    ) -> Result<bool, AccountError> {
        let hash = self.hash_of(chosen).await?;
        let changed = &StaffRow {
            password_hash: hash,
            ..row.clone()
        };
        let done = self.storage.change("staff", |mut transaction| async move {
            let connection = &mut transaction;
            let done = self.store_own(connection, row, changed, session).await;
            (transaction, done)
        });
        Ok(done.await?)
    }

    async fn store_own(
        &self,
        connection: &mut Connection,
        before: &StaffRow,
        after: &StaffRow,
        session: &[u8; 32],
    ) -> Result<bool, StorageError> {
        let now = self.now();
        let hash = &after.password_hash;
        if !staff::set_password(connection, before, hash, false).await?
            || !staff::begin_session(connection, session, after, now).await?
        {
            return Ok(false);
        }
        let actor = subscriber_of(&after.name);
        let entry = Entry {
            subscriber_ref: Some(&actor),
            ..Entry::of(
                now,
                STAFF_INSTITUTION,
                &actor,
                Action::PasswordChanged,
                "done",
            )
        };
        audit::write(connection, &entry).await?;
        Ok(true)
    }

    pub(super) async fn hash_of(&self, password: StaffPassword) -> Result<String, AccountError> {
        let salt = self.entropy.with(|rng| {
            let mut salt = [0; 16];
            rng.fill_bytes(&mut salt);
            salt
        });
        let hash = tokio::task::spawn_blocking(move || password.hash(salt));
        hash.await.ok().flatten().ok_or(AccountError::Hash)
    }
}
