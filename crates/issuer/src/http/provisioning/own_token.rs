//! The token a device signs for: its own, or none that it is told of.

use skts_otp::SerialNumber;
use skts_provisioning::ids::{DeviceId, RequestId};
use skts_provisioning::wire::ProblemCode;

use super::super::problem::Refusal;
use crate::issuer::Issuer;
use crate::storage::check_ins::{self, CheckInToken};
use crate::storage::{Connection, StorageError};

/// Lets the call of the token's own device pass, before it takes part in a change.
///
/// # Errors
/// `not-found` for a stranger's, whatever is wrong with it.
pub(super) async fn admit(
    issuer: &Issuer,
    call: &'static str,
    request_id: &RequestId,
    serial: &SerialNumber,
    signed_by: Option<&DeviceId>,
) -> Result<(), Refusal> {
    let mut connection = issuer.storage.read().await?;
    if find(&mut connection, serial, signed_by).await?.is_some() {
        return Ok(());
    }
    tracing::warn!(%request_id, call, "a stranger's call refused");
    Err(ProblemCode::NotFound.into())
}

/// The token, within the change; the signature by `device_spki` was found good.
///
/// # Errors
/// `not-found` if it is another device's by now.
pub(super) async fn of(
    connection: &mut Connection,
    serial: &SerialNumber,
    device_spki: &[u8],
) -> Result<CheckInToken, Refusal> {
    let token = find(connection, serial, Some(&DeviceId::from_spki(device_spki))).await?;
    Ok(token.ok_or(ProblemCode::NotFound)?)
}

/// What a device's calls for one token wait in line for.
pub(super) fn subject(serial: &SerialNumber) -> String {
    format!("check-in/{}", serial.as_str())
}

async fn find(
    connection: &mut Connection,
    serial: &SerialNumber,
    device: Option<&DeviceId>,
) -> Result<Option<CheckInToken>, StorageError> {
    let token = check_ins::token(connection, serial.as_str()).await?;
    Ok(token.filter(|token| device.is_some_and(|device| token.device_id == device.as_bytes())))
}
