//! What takes two people: how much one did alone, what was asked for, who decided.

use skts_otp::UnixTime;

use super::institutions::{seconds, time};
use super::sql::{Row, query, query_of};
use super::{Connection, StorageError};

/// Something asked for, as stored.
#[derive(Debug, Clone)]
pub(crate) struct ApprovalRow {
    pub(crate) id: Vec<u8>,
    pub(crate) institution_id: String,
    /// `unlock` or `import`.
    pub(crate) task: String,
    /// Whose token, or which file.
    pub(crate) subject: String,
    pub(crate) reason: String,
    pub(crate) asked_by: String,
    pub(crate) asked_at: UnixTime,
    pub(crate) expires_at: UnixTime,
}

const COLUMNS: &str = "id, institution_id, task, subject, reason, asked_by, asked_at, expires_at";

impl ApprovalRow {
    fn from_row(row: &Row) -> Result<Self, StorageError> {
        Ok(Self {
            id: row.get(0)?,
            institution_id: row.get(1)?,
            task: row.get(2)?,
            subject: row.get(3)?,
            reason: row.get(4)?,
            asked_by: row.get(5)?,
            asked_at: time(row.get(6)?),
            expires_at: time(row.get(7)?),
        })
    }
}

/// Counts one token released alone. False if that would be more than `most` on this day: then nothing
/// is counted. One statement, so that many at once count exactly.
pub(crate) async fn count_unlock(
    connection: &mut Connection,
    name: &str,
    day: u64,
    most: u32,
) -> Result<bool, StorageError> {
    if most == 0 {
        return Ok(false);
    }
    let changed = query(
        "INSERT INTO staff_unlocks (name, day, unlocks) VALUES ($1, $2, 1)
         ON CONFLICT (name, day) DO UPDATE SET unlocks = staff_unlocks.unlocks + 1
             WHERE staff_unlocks.unlocks < $3",
    )
    .bind(name)
    .bind(i64::try_from(day).unwrap_or(i64::MAX))
    .bind(i64::from(most))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Writes down what somebody asks for, unless the same is waiting already.
pub(crate) async fn ask(
    connection: &mut Connection,
    asked: &ApprovalRow,
) -> Result<bool, StorageError> {
    let changed = query(
        "INSERT INTO staff_approvals
             (id, institution_id, task, subject, reason, asked_by, asked_at, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE NOT EXISTS (SELECT 1 FROM staff_approvals
             WHERE institution_id = $2 AND task = $3 AND subject = $4 AND decided_by IS NULL
               AND expires_at > $7)",
    )
    .bind(&asked.id)
    .bind(&asked.institution_id)
    .bind(&asked.task)
    .bind(&asked.subject)
    .bind(&asked.reason)
    .bind(&asked.asked_by)
    .bind(seconds(asked.asked_at))
    .bind(seconds(asked.expires_at))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// What waits to be decided, at one institution or at all, oldest first.
pub(crate) async fn open(
    connection: &mut Connection,
    institution_id: Option<&str>,
    now: UnixTime,
) -> Result<Vec<ApprovalRow>, StorageError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM staff_approvals
         WHERE ($1 IS NULL OR institution_id = $1) AND decided_by IS NULL AND expires_at > $2
         ORDER BY asked_at"
    );
    let rows = query_of(sql)
        .bind(institution_id)
        .bind(seconds(now))
        .fetch_all(connection)
        .await?;
    rows.iter().map(ApprovalRow::from_row).collect()
}

/// Who decides what.
#[derive(Debug)]
pub(crate) struct Decision<'a> {
    pub(crate) id: &'a [u8],
    pub(crate) by: &'a str,
    /// None: at every institution.
    pub(crate) institution_id: Option<&'a str>,
    pub(crate) approved: bool,
}

/// Decides once, and never by whoever asked: the statement says so, whatever the roles say.
pub(crate) async fn decide(
    connection: &mut Connection,
    decision: &Decision<'_>,
    now: UnixTime,
) -> Result<Option<ApprovalRow>, StorageError> {
    let sql = format!(
        "UPDATE staff_approvals SET decided_by = $2, approved = $3
         WHERE id = $1 AND asked_by <> $2 AND decided_by IS NULL AND expires_at > $4
           AND ($5 IS NULL OR institution_id = $5)
         RETURNING {COLUMNS}"
    );
    let row = query_of(sql)
        .bind(decision.id)
        .bind(decision.by)
        .bind(decision.approved)
        .bind(seconds(now))
        .bind(decision.institution_id)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(ApprovalRow::from_row).transpose()
}

/// Takes an approval, once, for whoever asked for it; returns who approved. None if there is none
/// that is good.
pub(crate) async fn take(
    connection: &mut Connection,
    asked: &ApprovalRow,
) -> Result<Option<String>, StorageError> {
    let row = query(
        "UPDATE staff_approvals SET used_at = $5
         WHERE institution_id = $1 AND task = $2 AND subject = $3 AND asked_by = $4
           AND approved AND used_at IS NULL AND expires_at > $5
         RETURNING decided_by",
    )
    .bind(&asked.institution_id)
    .bind(&asked.task)
    .bind(&asked.subject)
    .bind(&asked.asked_by)
    .bind(seconds(asked.asked_at))
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get(0)).transpose()
}
