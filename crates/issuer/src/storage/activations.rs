//! Activations (K) and their beginnings.

use skts_otp::UnixTime;
use skts_provisioning::ids::{DeviceId, RequestId, UserId};

use super::institutions::{seconds, time};
use super::sql::query;
use super::{Connection, StorageError};
use crate::rules::activation::{ActivationState, MAX_ATTEMPTS};

/// An activation, as stored.
#[derive(Debug)]
pub(crate) struct ActivationRow {
    pub(crate) subscriber_ref: String,
    pub(crate) institution_id: String,
    pub(crate) state: ActivationState,
    /// Sealed OPAQUE record.
    pub(crate) record: Option<Vec<u8>>,
    pub(crate) attempts: i64,
    pub(crate) expires_at: UnixTime,
    pub(crate) device_id: Option<Vec<u8>>,
    pub(crate) device_label: Option<String>,
    pub(crate) match_number: Option<String>,
    pub(crate) other_device_refused: bool,
    pub(crate) token_serial: Option<String>,
}

/// How long after its date what was begun in time may still be finished.
const FINISH_GRACE_SECS: i64 = 600;

/// What a bank asked for.
#[derive(Debug)]
pub(crate) struct NewActivationRow<'a> {
    pub(crate) user_id: &'a UserId,
    pub(crate) institution_id: &'a str,
    pub(crate) subscriber_ref: &'a str,
    pub(crate) record: &'a [u8],
    pub(crate) expires_at: UnixTime,
}

/// Adds a pending activation; withdraws the customer's earlier open ones, with tokens not in use.
pub(crate) async fn add(
    connection: &mut Connection,
    new: &NewActivationRow<'_>,
    now: UnixTime,
) -> Result<(), StorageError> {
    for sql in [
        "UPDATE tokens SET state = 'lapsed'
         WHERE state = 'provisioned' AND institution_id = $1 AND serial IN
             (SELECT token_serial FROM activations
              WHERE institution_id = $1 AND subscriber_ref = $2 AND state = 'claimed')",
        "UPDATE activations SET state = 'withdrawn', record = NULL
         WHERE institution_id = $1 AND subscriber_ref = $2 AND state IN ('pending', 'claimed')",
    ] {
        query(sql)
            .bind(new.institution_id)
            .bind(new.subscriber_ref)
            .execute(&mut *connection)
            .await?;
    }
    query(
        "INSERT INTO activations
             (user_id, institution_id, subscriber_ref, state, record, expires_at, created_at)
         VALUES ($1, $2, $3, 'pending', $4, $5, $6)",
    )
    .bind(new.user_id.as_str())
    .bind(new.institution_id)
    .bind(new.subscriber_ref)
    .bind(new.record)
    .bind(seconds(new.expires_at))
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// One institution's activation.
pub(crate) async fn find(
    connection: &mut Connection,
    institution_id: &str,
    user_id: &UserId,
) -> Result<Option<ActivationRow>, StorageError> {
    let row = query(
        "SELECT institution_id, state, record, attempts, expires_at, device_id,
                device_label, match_number, other_device_refused, token_serial, subscriber_ref
         FROM activations WHERE user_id = $1 AND institution_id = $2",
    )
    .bind(user_id.as_str())
    .bind(institution_id)
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let wrong = |column| StorageError::Inconsistent {
        table: "activations",
        column,
    };
    Ok(Some(ActivationRow {
        institution_id: row.get(0)?,
        state: row.get::<&str>(1)?.parse().map_err(|_| wrong("state"))?,
        record: row.get(2)?,
        attempts: row.get(3)?,
        expires_at: time(row.get(4)?),
        device_id: row.get(5)?,
        device_label: row.get(6)?,
        match_number: row.get(7)?,
        other_device_refused: row.get(8)?,
        token_serial: row.get(9)?,
        subscriber_ref: row.get(10)?,
    }))
}

/// Counts a try at begin. False if there is none left, or the activation cannot be begun: then a
/// fake record answers. Run for unknown users too, so that the work is the same.
pub(crate) async fn count_try(
    connection: &mut Connection,
    institution_id: &str,
    user_id: &UserId,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE activations SET attempts = attempts + 1
         WHERE user_id = $1 AND institution_id = $2 AND attempts < $3 AND record IS NOT NULL
           AND (state = 'claimed' OR (state = 'pending' AND expires_at > $4))",
    )
    .bind(user_id.as_str())
    .bind(institution_id)
    .bind(MAX_ATTEMPTS)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// A beginning, as stored.
#[derive(Debug)]
pub(crate) struct BeginRow {
    pub(crate) digest: Vec<u8>,
    pub(crate) user_id: Option<String>,
    pub(crate) institution_id: String,
    pub(crate) body: Vec<u8>,
    /// Sealed key exchange state.
    pub(crate) state: Vec<u8>,
    pub(crate) reply: Vec<u8>,
}

/// Keeps a beginning and its reply.
pub(crate) async fn keep_begin(
    connection: &mut Connection,
    request_id: &RequestId,
    begin: &BeginRow,
    now: UnixTime,
) -> Result<(), StorageError> {
    query(
        "INSERT INTO activation_begins
             (request_id, digest, user_id, institution_id, body, state, reply, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(request_id.as_bytes())
    .bind(&begin.digest)
    .bind(&begin.user_id)
    .bind(&begin.institution_id)
    .bind(&begin.body)
    .bind(&begin.state)
    .bind(&begin.reply)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(())
}

/// The beginning of this set-up.
pub(crate) async fn find_begin(
    connection: &mut Connection,
    request_id: &RequestId,
) -> Result<Option<BeginRow>, StorageError> {
    let row = query(
        "SELECT digest, user_id, institution_id, body, state, reply
         FROM activation_begins WHERE request_id = $1",
    )
    .bind(request_id.as_bytes())
    .fetch_optional(connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(BeginRow {
        digest: row.get(0)?,
        user_id: row.get(1)?,
        institution_id: row.get(2)?,
        body: row.get(3)?,
        state: row.get(4)?,
        reply: row.get(5)?,
    }))
}

/// Gives the failed try of this beginning back, once. False if it was given back before: then this
/// beginning has been finished already.
pub(crate) async fn refund(
    connection: &mut Connection,
    request_id: &RequestId,
    user_id: &UserId,
) -> Result<bool, StorageError> {
    let refunded = query(
        "UPDATE activation_begins SET refunded = TRUE WHERE request_id = $1 AND refunded = FALSE",
    )
    .bind(request_id.as_bytes())
    .execute(&mut *connection)
    .await?;
    if refunded == 0 {
        return Ok(false);
    }
    query("UPDATE activations SET attempts = attempts - 1 WHERE user_id = $1 AND attempts > 0")
        .bind(user_id.as_str())
        .execute(connection)
        .await?;
    Ok(true)
}

/// What the device that proved the password is written down with.
#[derive(Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) device_id: &'a DeviceId,
    pub(crate) device_label: &'a str,
    pub(crate) match_number: &'a str,
    pub(crate) token_serial: &'a str,
}

/// Pending → Claimed, or the same device again. False if it is another device's, or over.
pub(crate) async fn claim(
    connection: &mut Connection,
    user_id: &UserId,
    claim: &Claim<'_>,
    now: UnixTime,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE activations
         SET state = 'claimed', device_id = $2, device_label = $3, match_number = $4,
             token_serial = $5
         WHERE user_id = $1 AND record IS NOT NULL
           AND ((state = 'pending' AND expires_at + $6 > $7)
             OR (state = 'claimed' AND device_id = $2))",
    )
    .bind(user_id.as_str())
    .bind(claim.device_id.as_bytes())
    .bind(claim.device_label)
    .bind(claim.match_number)
    .bind(claim.token_serial)
    .bind(FINISH_GRACE_SECS)
    .bind(seconds(now))
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Another device proved the password of a claimed activation: to be shown at the bank.
pub(crate) async fn note_other_device(
    connection: &mut Connection,
    user_id: &UserId,
) -> Result<(), StorageError> {
    query("UPDATE activations SET other_device_refused = TRUE WHERE user_id = $1")
        .bind(user_id.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

/// Claimed → Completed for the activation that made this token; its record is gone.
pub(crate) async fn complete(
    connection: &mut Connection,
    institution_id: &str,
    serial: &str,
) -> Result<(), StorageError> {
    query(
        "UPDATE activations SET state = 'completed', record = NULL
         WHERE institution_id = $1 AND token_serial = $2 AND state = 'claimed'",
    )
    .bind(institution_id)
    .bind(serial)
    .execute(connection)
    .await?;
    Ok(())
}

/// Whose activation made this token, if one did.
pub(crate) async fn subscriber_of_token(
    connection: &mut Connection,
    institution_id: &str,
    serial: &str,
) -> Result<Option<String>, StorageError> {
    let row = query(
        "SELECT subscriber_ref FROM activations WHERE institution_id = $1 AND token_serial = $2",
    )
    .bind(institution_id)
    .bind(serial)
    .fetch_optional(connection)
    .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Pending or Claimed → Withdrawn; a token not yet in use goes with it. False if it was over.
pub(crate) async fn withdraw(
    connection: &mut Connection,
    institution_id: &str,
    user_id: &UserId,
) -> Result<bool, StorageError> {
    let changed = query(
        "UPDATE activations SET state = 'withdrawn', record = NULL
         WHERE user_id = $1 AND institution_id = $2 AND state IN ('pending', 'claimed')",
    )
    .bind(user_id.as_str())
    .bind(institution_id)
    .execute(&mut *connection)
    .await?;
    query(
        "UPDATE tokens SET state = 'lapsed'
         WHERE (state = 'provisioned' OR (state = 'suspended' AND subscriber_ref IS NULL))
           AND institution_id = $2 AND serial =
             (SELECT token_serial FROM activations WHERE user_id = $1 AND institution_id = $2
                AND state = 'withdrawn')",
    )
    .bind(user_id.as_str())
    .bind(institution_id)
    .execute(connection)
    .await?;
    Ok(changed == 1)
}

/// Withdraws the activation that gave a token which its device has ended: it waits for nothing more.
pub(crate) async fn withdraw_of_token(
    connection: &mut Connection,
    institution_id: &str,
    serial: &str,
) -> Result<(), StorageError> {
    query(
        "UPDATE activations SET state = 'withdrawn', record = NULL
         WHERE institution_id = $1 AND token_serial = $2 AND state = 'claimed'",
    )
    .bind(institution_id)
    .bind(serial)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets what is over: records of expired and exhausted activations, old beginnings.
pub(crate) async fn prune(
    connection: &mut Connection,
    now: UnixTime,
    begins_kept_secs: u64,
) -> Result<(), StorageError> {
    query(
        "UPDATE activations SET state = 'expired', record = NULL
         WHERE state = 'pending' AND expires_at + $2 <= $1",
    )
    .bind(seconds(now))
    .bind(FINISH_GRACE_SECS)
    .execute(&mut *connection)
    .await?;
    query(
        "UPDATE activations SET state = 'exhausted', record = NULL
         WHERE state = 'pending' AND attempts >= $1 AND NOT EXISTS
             (SELECT 1 FROM activation_begins b
              WHERE b.user_id = activations.user_id AND b.created_at + $3 > $2)",
    )
    .bind(MAX_ATTEMPTS)
    .bind(seconds(now))
    .bind(FINISH_GRACE_SECS)
    .execute(&mut *connection)
    .await?;
    query(
        "UPDATE activations SET state = 'expired', record = NULL
         WHERE state = 'claimed' AND token_serial IN
             (SELECT serial FROM tokens WHERE state NOT IN ('provisioned', 'active', 'locked',
                                                            'suspended'))",
    )
    .execute(&mut *connection)
    .await?;
    query("DELETE FROM activation_begins WHERE created_at + $2 <= $1")
        .bind(seconds(now))
        .bind(i64::try_from(begins_kept_secs).unwrap_or(i64::MAX))
        .execute(connection)
        .await?;
    Ok(())
}
