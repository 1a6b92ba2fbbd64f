//! Staff accounts, their sessions, the forms they sent.

use skts_otp::UnixTime;

use super::institutions::{seconds, time};
use super::sql::{Row, query, query_of};
use super::{Connection, StorageError};
use crate::rules::roles::{Role, SESSION_IDLE_SECS, SESSION_LONGEST_SECS};

/// An account, as stored.
#[derive(Clone)]
pub(crate) struct StaffRow {
    pub(crate) name: String,
    /// None: every institution of the service.
    pub(crate) institution_id: Option<String>,
    pub(crate) role: Role,
    pub(crate) password_hash: String,
    pub(crate) password_is_temporary: bool,
    pub(crate) disabled: bool,
    pub(crate) created_at: UnixTime,
}

impl std::fmt::Debug for StaffRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StaffRow")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str =
    "name, institution_id, role, password_hash, password_is_temporary, disabled, created_at";

impl StaffRow {
    fn from_row(row: &Row) -> Result<Self, StorageError> {
        let role = row.get::<&str>(2)?.parse();
        Ok(Self {
            name: row.get(0)?,
            institution_id: row.get(1)?,
            role: role.map_err(|_| StorageError::Inconsistent {
                table: "staff",
                column: "role",
            })?,
            password_hash: row.get(3)?,
            password_is_temporary: row.get(4)?,
            disabled: row.get(5)?,
            created_at: time(row.get(6)?),
        })
    }

    /// Whether this account may look at `institution_id`.
    pub(crate) fn is_of(&self, institution_id: &str) -> bool {
        let own = self.institution_id.as_deref();
        own.is_none_or(|own| own == institution_id)
    }
}

/// Adds an account. False if the name is taken.
pub(crate) async fn add(
    connection: &mut Connection,
    staff: &StaffRow,
) -> Result<bool, StorageError> {
    let changed = query(
        "INSERT INTO staff
             (name, institution_id, role, password_hash, password_is_temporary, created_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (name) DO NOTHING",
    )
    .bind(&staff.name)
    .bind(&staff.institution_id)
    .bind(staff.role.as_str())
    .bind(&staff.password_hash)
    .bind(staff.password_is_temporary)
    .bind(seconds(staff.created_at))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Every account, by name.
pub(crate) async fn all(connection: &mut Connection) -> Result<Vec<StaffRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM staff ORDER BY name");
    let rows = query_of(sql).fetch_all(connection).await?;
    rows.iter().map(StaffRow::from_row).collect()
}

/// The account of this name.
pub(crate) async fn by_name(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<StaffRow>, StorageError> {
    let sql = format!("SELECT {COLUMNS} FROM staff WHERE name = $1");
    let row = query_of(sql).bind(name).fetch_optional(connection).await?;
    row.as_ref().map(StaffRow::from_row).transpose()
}

/// Gives an account another role, or takes its access away or back; either ends its sessions.
/// False if there is no such account, or it stands so already.
pub(crate) async fn change(
    connection: &mut Connection,
    name: &str,
    role: Role,
    disabled: bool,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE staff SET role = $2, disabled = $3
         WHERE name = $1 AND (role <> $2 OR disabled <> $3)",
    )
    .bind(name)
    .bind(role.as_str())
    .bind(disabled)
    .execute(&mut *connection)
    .await?;
    end_sessions(connection, name).await?;
    Ok(changed == 1)
}

async fn end_sessions(connection: &mut Connection, name: &str) -> Result<(), StorageError> {
    query("DELETE FROM staff_sessions WHERE name = $1")
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

/// Gives an account another password, unless that changed since `before` was read; its sessions end.
pub(crate) async fn set_password(
    connection: &mut Connection,
    before: &StaffRow,
    hash: &str,
    temporary: bool,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE staff SET password_hash = $3, password_is_temporary = $4
         WHERE name = $1 AND password_hash = $2",
    )
    .bind(&before.name)
    .bind(&before.password_hash)
    .bind(hash)
    .bind(temporary)
    .execute(&mut *connection)
    .await?;
    end_sessions(connection, &before.name).await?;
    Ok(changed == 1)
}

/// Begins a session of who proved the password in `staff`; others of the same person end. False if
/// the account changed meanwhile: a sign-in under way with the old password comes too late.
pub(crate) async fn begin_session(
    connection: &mut Connection,
    id_hash: &[u8; 32],
    staff: &StaffRow,
    now: UnixTime,
) -> Result<bool, StorageError> {
    end_sessions(connection, &staff.name).await?;
    let begun = query(
        "INSERT INTO staff_sessions (id_hash, name, created_at, seen_at)
         SELECT $1, name, $4, $4 FROM staff
         WHERE name = $2 AND password_hash = $3 AND NOT disabled",
    )
    .bind(id_hash)
    .bind(&staff.name)
    .bind(&staff.password_hash)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(begun == 1)
}

/// Whose session this is, if it is still one; and that it was seen now. One statement, so that a
/// session that is over cannot be taken up again.
pub(crate) async fn resume_session(
    connection: &mut Connection,
    id_hash: &[u8; 32],
    now: UnixTime,
) -> Result<Option<StaffRow>, StorageError> {
    let secs = |secs: u64| i64::try_from(secs).unwrap_or(i64::MAX);
    let row = query(
        "UPDATE staff_sessions SET seen_at = $2
         WHERE id_hash = $1 AND seen_at > $2 - $3 AND created_at > $2 - $4
           AND EXISTS (SELECT 1 FROM staff WHERE staff.name = staff_sessions.name
                         AND NOT staff.disabled)
         RETURNING name",
    )
    .bind(id_hash)
    .bind(seconds(now))
    .bind(secs(SESSION_IDLE_SECS))
    .bind(secs(SESSION_LONGEST_SECS))
    .fetch_optional(&mut *connection)
    .await?;
    match row {
        Some(row) => by_name(connection, row.get(0)?).await,
        None => Ok(None),
    }
}

/// Ends a session.
pub(crate) async fn end_session(
    connection: &mut Connection,
    id_hash: &[u8; 32],
) -> Result<(), StorageError> {
    query("DELETE FROM staff_sessions WHERE id_hash = $1")
        .bind(id_hash)
        .execute(connection)
        .await?;
    Ok(())
}

/// Takes a form. False if it was taken before.
pub(crate) async fn take_form(
    connection: &mut Connection,
    nonce: &[u8; 16],
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed =
        query("INSERT INTO staff_forms (nonce, used_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(nonce)
            .bind(seconds(now))
            .execute(connection)
            .await?;
    Ok(changed == 1)
}

/// Forgets sessions that are over, and forms of sessions that are.
pub(crate) async fn prune(connection: &mut Connection, now: UnixTime) -> Result<(), StorageError> {
    let longest = i64::try_from(SESSION_LONGEST_SECS).unwrap_or(i64::MAX);
    for sql in [
        "DELETE FROM staff_sessions WHERE created_at <= $1 - $2",
        "DELETE FROM staff_forms WHERE used_at <= $1 - $2",
    ] {
        query(sql)
            .bind(seconds(now))
            .bind(longest)
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::{Place, Storage};

    #[tokio::test]
    async fn a_sign_in_that_another_password_overtook_begins_no_session() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::in_folder(folder.path());
        let storage = Storage::open(&place, true).await.unwrap();
        let connection = &mut storage.writer().await.unwrap();
        let before = StaffRow {
            name: "hanako".to_owned(),
            institution_id: None,
            role: Role::Clerk,
            password_hash: "old".to_owned(),
            password_is_temporary: false,
            disabled: false,
            created_at: UnixTime::from_secs(1),
        };
        let now = UnixTime::from_secs(2);
        assert!(add(connection, &before).await.unwrap());
        assert!(
            begin_session(connection, &[1; 32], &before, now)
                .await
                .unwrap()
        );
        // Of two changes that began alike, one is made.
        assert!(
            set_password(connection, &before, "new", false)
                .await
                .unwrap()
        );
        assert!(
            !set_password(connection, &before, "newer", false)
                .await
                .unwrap()
        );
        assert!(
            !begin_session(connection, &[2; 32], &before, now)
                .await
                .unwrap()
        );
        for id in [[1; 32], [2; 32]] {
            let found = resume_session(connection, &id, now).await.unwrap();
            assert!(found.is_none(), "{id:?}");
        }
        let after = by_name(connection, "hanako").await.unwrap().unwrap();
        assert!(
            begin_session(connection, &[3; 32], &after, now)
                .await
                .unwrap()
        );
    }
}
