//! What both sides of K compute from the messages.

use skts_sealed::{FieldWriter, LabelledHash, SealingKey, SecretBytes, derive_secret};

use crate::confirm::ConfirmSecret;
use crate::ids::{RequestId, ServiceId, UserId};
use crate::opaque::Parties;
use crate::wire::KBeginRequest;

/// `service id ‖ "|" ‖ user id`: 21 ASCII bytes, different for every activation.
pub(super) fn credential_identifier(service_id: &ServiceId, user_id: &UserId) -> Vec<u8> {
    [
        service_id.as_str().as_bytes(),
        b"|",
        user_id.as_str().as_bytes(),
    ]
    .concat()
}

/// `"skts/issuer/" ‖ institution id`.
pub(super) fn server_identity(institution_id: &str) -> Vec<u8> {
    [b"skts/issuer/", institution_id.as_bytes()].concat()
}

pub(super) fn parties<'a>(user_id: &'a UserId, server: &'a [u8]) -> Parties<'a> {
    Parties {
        client: user_id.as_str().as_bytes(),
        server,
    }
}

/// Everything K1 says, 64 bytes: what OPAQUE runs under. A changed field is a failed exchange.
pub(super) fn context(begin: &KBeginRequest, institution_id: &str) -> [u8; 64] {
    LabelledHash::new("skts/activation-context/v1")
        .field(begin.suite.as_str().as_bytes())
        .field(institution_id.as_bytes())
        .field(begin.request_id.as_bytes())
        .field(begin.service_id.as_str().as_bytes())
        .field(begin.user_id.as_str().as_bytes())
        .field(&begin.device_spki.0)
        .field(&begin.consent_version.0.to_be_bytes())
        .field(begin.app_version.as_str().as_bytes())
        .field(
            &LabelledHash::new("skts/ke1/v1")
                .field(&begin.ke1.0)
                .sha512(),
        )
        .sha512()
}

/// `SHA-512(label, context, KE1, KE2, KE3)`.
pub(super) fn transcript(context: &[u8; 64], ke1: &[u8], ke2: &[u8], ke3: &[u8]) -> [u8; 64] {
    LabelledHash::new("skts/activation-transcript/v1")
        .field(context)
        .field(ke1)
        .field(ke2)
        .field(ke3)
        .sha512()
}

/// What the device signs in K2.
pub(super) fn proof(transcript: &[u8; 64], sealed_evidence: &[u8]) -> SecretBytes {
    FieldWriter::new()
        .bytes(b"skts/activation-proof/v1")
        .bytes(transcript)
        .bytes(sealed_evidence)
        .finish()
}

/// `k_request`, `k_seed`, `k_confirm`: HKDF-SHA256 of the session key, the transcript as salt.
pub(super) struct Keys {
    pub(super) request: SealingKey,
    pub(super) seed: SealingKey,
    pub(super) confirm: SecretBytes,
}

impl Keys {
    pub(super) fn derive(session_key: &SecretBytes, transcript: &[u8; 64]) -> Self {
        // EXPOSE: the session key goes into HKDF.
        let session_key = session_key.expose_secret();
        #[expect(clippy::expect_used, reason = "32 bytes are one block of HKDF-SHA256")]
        let confirm = derive_secret(session_key, transcript, "skts/confirm-key/v1", &[], 32)
            .expect("one block of HKDF");
        Self {
            request: SealingKey::derive(
                session_key,
                transcript,
                "skts/activation-request-key/v1",
                &[],
            ),
            seed: SealingKey::derive(session_key, transcript, "skts/activation-grant-key/v1", &[]),
            confirm,
        }
    }
}

/// Builds the confirm secret of a set-up.
pub(super) fn confirm_secret(
    key: &SecretBytes,
    transcript: [u8; 64],
    request_id: RequestId,
) -> ConfirmSecret {
    ConfirmSecret {
        // EXPOSE: the key is copied into the secret that the confirmation keeps.
        key: SecretBytes::from_slice(key.expose_secret()),
        transcript,
        request_id,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key schedule for a constant session key and transcript: part of the wire format.
    #[test]
    fn gives_the_frozen_keys() {
        let keys = Keys::derive(&SecretBytes::from_slice(&[1; 64]), &[2; 64]);
        let found = [
            hex::encode(keys.request.expose_secret()),
            hex::encode(keys.seed.expose_secret()),
            hex::encode(keys.confirm.expose_secret()),
        ]
        .join("\n");
        assert_eq!(
            found,
            include_str!("../../tests/frozen/k-keys-v1.txt").trim_end()
        );
    }

    #[test]
    fn gives_the_frozen_transcript() {
        let found = hex::encode(transcript(&[3; 64], &[4; 96], &[5; 320], &[6; 64]));
        assert_eq!(
            found,
            include_str!("../../tests/frozen/k-transcript-v1.txt").trim_end()
        );
    }
}
