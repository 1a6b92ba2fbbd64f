//! Sealed records, version 1: the bytes of a profile's files and of a token's keystore item.
//!
//! ```text
//! frame   "SKVF" (4) ‖ version (1) ‖ kind (1) ‖ body
//! kind 1  device.skts         body = what the device key's backend wrote
//! kind 2  tokens/<id>.skts    body = envelope { fields { JSON, ratchet } }
//! kind 3  pending/<id>.skts   body = envelope { the set-up's state }
//! kind 4  keystore item       body = fields { imported seed, imported signing key }
//! kind 5  keystore item of the device under a PIN, kind 6 the tries: see `pin/`
//! ```
//! The version is 1, and 2 of a token with notes, which a program that knows none would lose.
//! Version and kind are told apart before anything is decrypted.

use serde::{Deserialize, Serialize};
use skts_otp::{Mac, SerialNumber, TokenPolicy, UnixTime};
use skts_sealed::{
    FieldReader, FieldWriter, LabelledHash, Namespace, SealingKey, SecretBytes, UnsealError,
};

use crate::{TokenId, TokenRecord, TokenState};

pub(crate) const VERSION: u8 = 1;
/// Of a token's record with notes.
const WITH_NOTES: u8 = 2;
const MAGIC: &[u8; 4] = b"SKVF";
const HEADER_BYTES: usize = 6;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Kind {
    Device = 1,
    Token = 2,
    Pending = 3,
    Item = 4,
    Lock = 5,
    Tries = 6,
}

/// Why a frame or what is in it could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RecordError {
    Damaged,
    NewerFormat,
}

impl From<UnsealError> for RecordError {
    fn from(error: UnsealError) -> Self {
        match error {
            UnsealError::UnknownVersion(version) if version > VERSION => Self::NewerFormat,
            _ => Self::Damaged,
        }
    }
}

impl From<skts_sealed::FieldError> for RecordError {
    fn from(_: skts_sealed::FieldError) -> Self {
        Self::Damaged
    }
}

pub(crate) fn encode_frame(kind: Kind, body: &[u8]) -> Vec<u8> {
    encode_frame_as(VERSION, kind, body)
}

fn encode_frame_as(version: u8, kind: Kind, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len().saturating_add(HEADER_BYTES));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[version, kind as u8]);
    bytes.extend_from_slice(body);
    bytes
}

pub(crate) fn decode_frame(kind: Kind, bytes: &[u8]) -> Result<&[u8], RecordError> {
    if bytes.len() > crate::files::FILE_LIMIT_BYTES {
        return Err(RecordError::Damaged);
    }
    let rest = bytes.strip_prefix(MAGIC).ok_or(RecordError::Damaged)?;
    let (header, body) = rest.split_first_chunk::<2>().ok_or(RecordError::Damaged)?;
    match header {
        [VERSION, found] if *found == kind as u8 => Ok(body),
        [WITH_NOTES, found] if kind == Kind::Token && *found == kind as u8 => Ok(body),
        [version, _] if *version > newest(kind) => Err(RecordError::NewerFormat),
        _ => Err(RecordError::Damaged),
    }
}

const fn newest(kind: Kind) -> u8 {
    match kind {
        Kind::Token => WITH_NOTES,
        Kind::Device | Kind::Pending | Kind::Item | Kind::Lock | Kind::Tries => VERSION,
    }
}

/// The parts of a token's record that are not secret, as JSON inside the envelope.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    serial: SerialNumber,
    institution_id: String,
    service_id: String,
    policy: TokenPolicy,
    started_at: UnixTime,
    expires_at: UnixTime,
    match_number: Option<String>,
    server_offset_secs: i64,
    ratchet_count: u64,
    check: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
}

/// The version of a token's frame.
const fn version_of(notes: Option<&String>) -> u8 {
    match notes {
        Some(_) => WITH_NOTES,
        None => VERSION,
    }
}

/// The context of one token's record.
pub(crate) fn record_context(profile_id: &str, id: &str) -> SecretBytes {
    FieldWriter::new()
        .bytes(profile_id.as_bytes())
        .bytes(id.as_bytes())
        .finish()
}

pub(crate) fn seal_token(
    record: &TokenRecord,
    profile_id: &str,
    key: &SealingKey,
    mut rng: &mut dyn rand_core::CryptoRngCore,
) -> Result<Vec<u8>, RecordError> {
    let text = Text {
        serial: record.serial.clone(),
        institution_id: record.institution_id.clone(),
        service_id: record.service_id.clone(),
        policy: record.policy.clone(),
        started_at: record.started_at,
        expires_at: record.expires_at,
        match_number: record.state.match_number.clone(),
        server_offset_secs: record.state.server_offset_secs,
        ratchet_count: record.state.ratchet_count,
        check: hex::encode(record.check),
        notes: record.state.notes.clone(),
    };
    let version = version_of(text.notes.as_ref());
    let text = serde_json::to_vec(&text).map_err(|_| RecordError::Damaged)?;
    // EXPOSE: the ratchet goes into the envelope; the plaintext is wiped when dropped.
    let ratchet = record.state.ratchet.expose_secret();
    let plaintext = FieldWriter::new().bytes(&text).bytes(ratchet).finish();
    let context = record_context(profile_id, record.id.as_str());
    let envelope = skts_sealed::seal(
        key,
        Namespace::TokenRecord,
        // EXPOSE: a context is not secret.
        context.expose_secret(),
        // EXPOSE: sealed here.
        plaintext.expose_secret(),
        &mut rng,
    );
    Ok(encode_frame_as(version, Kind::Token, &envelope))
}

pub(crate) fn unseal_token(
    bytes: &[u8],
    id: &TokenId,
    profile_id: &str,
    key: &SealingKey,
) -> Result<TokenRecord, RecordError> {
    let envelope = decode_frame(Kind::Token, bytes)?;
    let context = record_context(profile_id, id.as_str());
    let plaintext =
        // EXPOSE: a context is not secret.
        skts_sealed::unseal(key, Namespace::TokenRecord, context.expose_secret(), envelope)?;
    // EXPOSE: parsed here; the ratchet is copied into a wiping buffer.
    let mut reader = FieldReader::new(plaintext.expose_secret());
    let text: Text = serde_json::from_slice(reader.bytes()?).map_err(|_| RecordError::Damaged)?;
    let ratchet = SecretBytes::from_slice(reader.bytes()?);
    reader.end()?;
    // The version stands outside the envelope: it is believed only if it fits what is inside.
    if bytes.get(MAGIC.len()) != Some(&version_of(text.notes.as_ref())) {
        return Err(RecordError::Damaged);
    }
    let mut check = [0u8; 8];
    hex::decode_to_slice(&text.check, &mut check).map_err(|_| RecordError::Damaged)?;
    Ok(TokenRecord {
        id: id.clone(),
        serial: text.serial,
        institution_id: text.institution_id,
        service_id: text.service_id,
        policy: text.policy,
        started_at: text.started_at,
        expires_at: text.expires_at,
        state: TokenState {
            match_number: text.match_number,
            server_offset_secs: text.server_offset_secs,
            ratchet,
            ratchet_count: text.ratchet_count,
            notes: text.notes,
        },
        check,
    })
}

/// A token's keystore item: what the device key made of its two keys.
pub(crate) struct Item {
    pub(crate) seed: Vec<u8>,
    pub(crate) signing_key: Vec<u8>,
}

impl Item {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let body = FieldWriter::new()
            .bytes(&self.seed)
            .bytes(&self.signing_key)
            .finish();
        // EXPOSE: both fields are ciphertext or handles.
        encode_frame(Kind::Item, body.expose_secret())
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let mut reader = FieldReader::new(decode_frame(Kind::Item, bytes)?);
        let item = Self {
            seed: reader.bytes()?.to_vec(),
            signing_key: reader.bytes()?.to_vec(),
        };
        reader.end()?;
        Ok(item)
    }
}

/// What the self-test compares at each start: tells a MAC by other means than showing it.
pub(crate) fn check_value(mac: &Mac) -> [u8; 8] {
    let hash = LabelledHash::new("skts/vault-check/v1")
        .field(mac.as_bytes())
        .sha256();
    let mut check = [0u8; 8];
    check.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
    check
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_frame_it_wrote_and_no_other() {
        let frame = encode_frame(Kind::Token, b"body");
        assert_eq!(decode_frame(Kind::Token, &frame), Ok(b"body".as_slice()));
        assert_eq!(
            decode_frame(Kind::Device, &frame),
            Err(RecordError::Damaged)
        );
        for length in 0..HEADER_BYTES {
            assert_eq!(
                decode_frame(Kind::Token, &frame[..length]),
                Err(RecordError::Damaged)
            );
        }
    }

    #[test]
    fn tells_a_newer_version_from_damage() {
        let mut frame = encode_frame(Kind::Token, b"body");
        frame[4] = 3;
        assert_eq!(
            decode_frame(Kind::Token, &frame),
            Err(RecordError::NewerFormat)
        );
        frame[4] = 0;
        assert_eq!(decode_frame(Kind::Token, &frame), Err(RecordError::Damaged));
    }

    #[test]
    fn reads_the_item_it_wrote() {
        let item = Item {
            seed: vec![1; 70],
            signing_key: vec![2; 70],
        };
        let read = Item::decode(&item.encode()).unwrap();
        assert_eq!((read.seed, read.signing_key), (item.seed, item.signing_key));
        let mut longer = Item {
            seed: vec![],
            signing_key: vec![],
        }
        .encode();
        longer.push(0);
        assert!(matches!(Item::decode(&longer), Err(RecordError::Damaged)));
    }
}
