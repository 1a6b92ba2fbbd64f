//! Making a token, for both ways of set-up.

use axum::response::Response;
use skts_otp::{SerialNumber, UnixTime};
use skts_provisioning::confirm::MatchNumber;
use skts_provisioning::device::Evidence;
use skts_provisioning::grant::{Grant, SECRET_BYTES};
use skts_provisioning::ids::{DeviceId, RequestId};
use skts_provisioning::wire::ProblemCode;
use skts_sealed::{FieldError, FieldReader, FieldWriter, Namespace, SecretBytes};

use super::super::problem::{Refusal, json};
use crate::issuer::Issuer;
use crate::rules::attestation::{Assessed, CREDENTIAL_BYTES, assess, make_credential};
use crate::rules::token::CONFIRM_WITHIN_SECS;
use crate::storage::grants::GrantRow;
use crate::storage::institutions::InstitutionRow;
use crate::storage::tokens::{self, NewToken};
use crate::storage::{Connection, check_ins};

const DAY_SECS: u64 = 24 * 3600;

/// The device a token is made for.
#[derive(Debug)]
pub(crate) struct NewDevice<'a> {
    pub(crate) device_id: &'a DeviceId,
    pub(crate) spki: &'a [u8],
    pub(crate) evidence: &'a Evidence,
    pub(crate) match_number: &'a MatchNumber,
}

/// A token that was stored.
#[derive(Debug)]
pub(crate) struct Stored {
    /// What the device gets.
    pub(crate) grant: Grant,
    /// What is in the grant's credential, if there is one.
    pub(crate) credential: Option<SecretBytes>,
}

/// Stores a new Provisioned token, or new secrets for `earlier`.
pub(crate) async fn provision(
    issuer: &Issuer,
    connection: &mut Connection,
    institution: &InstitutionRow,
    device: &NewDevice<'_>,
    earlier: Option<SerialNumber>,
    now: UnixTime,
) -> Result<Stored, Refusal> {
    let assessed = assessed(issuer, device, now);
    // Hardware that has yet to prove itself may go on; the confirmation decides.
    if assessed.reachable() < institution.policy.lowest_level {
        return Err(ProblemCode::LevelTooLow.into());
    }
    let (credential, question) = question(issuer, &assessed)?;
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
        credential: question,
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
            level: assessed.level(),
            device_id: device.device_id.as_bytes(),
            device_label: device.evidence.device_label.as_str(),
            match_number: device.match_number.as_str(),
            started_at: grant.started_at,
            expires_at: grant.expires_at,
            lapses_at: now.saturating_add_secs(CONFIRM_WITHIN_SECS),
        },
    )
    .await?;
    // The ratchet of an earlier set-up is over with its seed.
    check_ins::forget(connection, serial.as_str()).await?;
    // The serial is in use already: nothing is set up again behind the customer's back.
    if stored {
        Ok(Stored { grant, credential })
    } else {
        Err(ProblemCode::ActivationRefused.into())
    }
}

/// What the device's statement is worth. One that does not hold is worth as much as none, and is
/// said in the log only: whoever made it up learns nothing.
fn assessed(issuer: &Issuer, device: &NewDevice<'_>, now: UnixTime) -> Assessed {
    let statement = &device.evidence.statement.0;
    match assess(&issuer.trust(), statement, device.spki, now) {
        Ok(assessed) => assessed,
        Err(doubt) => {
            let (device_id, kind) = (device.device_id, device.evidence.key_kind.as_str());
            tracing::warn!(%device_id, kind, %doubt, "a statement of hardware is not believed");
            Assessed::Nothing
        }
    }
}

/// The secret that the device's hardware is to give back, and the credential it is in; no secret and
/// no bytes if there is nothing to prove.
fn question(
    issuer: &Issuer,
    assessed: &Assessed,
) -> Result<(Option<SecretBytes>, Vec<u8>), Refusal> {
    let Assessed::OnProof {
        endorsement_key,
        name,
    } = assessed
    else {
        return Ok((None, Vec::new()));
    };
    issuer.entropy.with(|mut rng| {
        let secret = SecretBytes::make(CREDENTIAL_BYTES, &mut rng);
        let credential = make_credential(endorsement_key, name, &secret, &mut rng)
            .ok_or_else(|| Refusal::internal(&"no credential for a parsed endorsement key"))?;
        Ok((Some(secret), credential.encode()))
    })
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

/// What a confirmation is verified by, as it is kept.
pub(crate) struct ConfirmRecord {
    /// Of the set-up.
    pub(crate) secret: SecretBytes,
    /// What is in the grant's credential, if there is one.
    pub(crate) credential: Option<SecretBytes>,
}

impl ConfirmRecord {
    fn encode(&self) -> SecretBytes {
        let credential = self.credential.as_ref();
        FieldWriter::new()
            // EXPOSE: both are sealed by whoever asks.
            .bytes(self.secret.expose_secret())
            .bytes(credential.map_or(&[], |credential| credential.expose_secret()))
            .finish()
    }

    /// Reads what a set-up's row keeps, unsealed.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, FieldError> {
        let mut reader = FieldReader::new(bytes);
        let (secret, credential) = (reader.bytes()?, reader.bytes()?);
        reader.end()?;
        Ok(Self {
            secret: SecretBytes::from_slice(secret),
            credential: (!credential.is_empty()).then(|| SecretBytes::from_slice(credential)),
        })
    }
}

/// Seals a reply and what its confirmation is verified by, for their row.
pub(crate) fn seal_reply(
    issuer: &Issuer,
    request_id: &RequestId,
    reply: &[u8],
    confirm: &ConfirmRecord,
) -> Kept {
    let context = request_id.as_bytes();
    let confirm = confirm.encode();
    issuer.entropy.with(|rng| Kept {
        reply: issuer
            .keys
            .seal_state(Namespace::StoredReply, context, reply, rng),
        // EXPOSE: sealed on the spot.
        confirm_secret: issuer.keys.seal_state(
            Namespace::ServiceState,
            context,
            confirm.expose_secret(),
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
