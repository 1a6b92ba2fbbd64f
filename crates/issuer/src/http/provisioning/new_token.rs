//! Making a token, for both ways of set-up.

use axum::response::Response;
use skts_otp::{AssuranceLevel, SerialNumber, UnixTime};
use skts_provisioning::confirm::MatchNumber;
use skts_provisioning::device::Evidence;
use skts_provisioning::grant::{Grant, SECRET_BYTES};
use skts_provisioning::ids::{DeviceId, RequestId};
use skts_provisioning::wire::ProblemCode;
use skts_sealed::{FieldWriter, Namespace, SecretBytes};

use super::super::problem::{Refusal, json};
use crate::issuer::Issuer;
use crate::rules::token::CONFIRM_WITHIN_SECS;
use crate::storage::Connection;
use crate::storage::grants::GrantRow;
use crate::storage::institutions::InstitutionRow;
use crate::storage::tokens::{self, NewToken};

const DAY_SECS: u64 = 24 * 3600;

/// The device a token is made for.
#[derive(Debug)]
pub(crate) struct NewDevice<'a> {
    pub(crate) device_id: &'a DeviceId,
    pub(crate) evidence: &'a Evidence,
    pub(crate) match_number: &'a MatchNumber,
}

/// Stores a new Provisioned token, or new secrets for `earlier`, and returns what the device gets.
pub(crate) async fn provision(
    issuer: &Issuer,
    connection: &mut Connection,
    institution: &InstitutionRow,
    device: &NewDevice<'_>,
    earlier: Option<SerialNumber>,
    now: UnixTime,
) -> Result<Grant, Refusal> {
    let level = level_of(device.evidence);
    if level < institution.policy.lowest_level {
        return Err(ProblemCode::LevelTooLow.into());
    }
    let serial = match earlier {
        Some(serial) => serial,
        None => free_serial(issuer, connection, institution).await?,
    };
    let make = || {
        issuer
            .entropy
            .with(|rng| SecretBytes::make(SECRET_BYTES, rng))
    };
    let grant = Grant {
        seed: make(),
        signing_key: make(),
        serial: serial.clone(),
        policy: institution.policy.clone(),
        institution_id: institution.id.clone(),
        started_at: now,
        expires_at: now.saturating_add_secs(u64::from(institution.policy.validity_days) * DAY_SECS),
        server_time: now,
        ratchet: make(),
    };
    // EXPOSE: sealed on the spot.
    let secrets = FieldWriter::new()
        .bytes(grant.seed.expose_secret())
        .bytes(grant.signing_key.expose_secret())
        .bytes(grant.ratchet.expose_secret())
        .finish();
    let (sealed, key_version) = issuer.entropy.with(|rng| {
        issuer
            .keys
            .seal_token(serial.as_str(), &institution.id, &secrets, rng)
    });
    let stored = tokens::provision(
        connection,
        &NewToken {
            serial: &serial,
            institution_id: &institution.id,
            secrets: &sealed,
            key_version,
            policy: &institution.policy,
            level,
            device_id: device.device_id.as_bytes(),
            device_label: device.evidence.device_label.as_str(),
            match_number: device.match_number.as_str(),
            started_at: grant.started_at,
            expires_at: grant.expires_at,
            lapses_at: now.saturating_add_secs(CONFIRM_WITHIN_SECS),
        },
    )
    .await?;
    // The serial is in use already: nothing is set up again behind the customer's back.
    if stored {
        Ok(grant)
    } else {
        Err(ProblemCode::ActivationRefused.into())
    }
}

/// The level the service believes. Nothing above 1 is proved by what a software key can send.
fn level_of(_evidence: &Evidence) -> AssuranceLevel {
    AssuranceLevel::L1
}

async fn free_serial(
    issuer: &Issuer,
    connection: &mut Connection,
    institution: &InstitutionRow,
) -> Result<SerialNumber, Refusal> {
    loop {
        let scheme = &institution.policy.serial;
        let serial = issuer.entropy.with(|rng| SerialNumber::make(scheme, rng));
        if !tokens::exists(connection, &serial).await? {
            return Ok(serial);
        }
    }
}

/// What is kept of a grant, sealed.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) reply: Vec<u8>,
    pub(crate) confirm_secret: Vec<u8>,
}

/// Seals a reply and its confirmation secret for their row.
pub(crate) fn seal_reply(
    issuer: &Issuer,
    request_id: &RequestId,
    reply: &[u8],
    confirm_secret: &SecretBytes,
) -> Kept {
    let context = request_id.as_bytes();
    issuer.entropy.with(|rng| Kept {
        reply: issuer
            .keys
            .seal_state(Namespace::StoredReply, context, reply, rng),
        // EXPOSE: sealed on the spot.
        confirm_secret: issuer.keys.seal_state(
            Namespace::ServiceState,
            context,
            confirm_secret.expose_secret(),
            rng,
        ),
    })
}

/// The reply given before, byte for byte, while it is kept.
pub(crate) fn kept_reply(
    issuer: &Issuer,
    request_id: &RequestId,
    earlier: GrantRow,
) -> Result<Response, Refusal> {
    let sealed = earlier.reply.ok_or(ProblemCode::Lapsed)?;
    let reply = issuer
        .keys
        .unseal_state(Namespace::StoredReply, request_id.as_bytes(), &sealed)
        .map_err(|error| Refusal::internal(&error))?;
    // EXPOSE: a reply, itself sealed for one device.
    Ok(json(reply.expose_secret().to_vec()))
}
