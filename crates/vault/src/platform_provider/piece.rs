//! What is written of the keys: their names in the provider, and what lies beside the profile's other
//! files.

use rand_core::CryptoRngCore;
use skts_sealed::{FieldReader, FieldWriter, Namespace, SealingKey, SecretBytes};

use crate::device_key::unseal_error;
use crate::{DeviceKeyContext, DeviceKeyError};

const VERSION: u64 = 1;

/// What the two keys of a profile are called in the provider.
pub(super) struct Names {
    pub(super) signing: String,
    pub(super) unwrapping: String,
}

/// What is in `device.skts`.
pub(super) struct Piece {
    pub(super) spki: Vec<u8>,
    pub(super) protected: Vec<u8>,
}

impl Names {
    pub(super) fn of(context: &DeviceKeyContext<'_>) -> Self {
        let name = |what| format!("{}.{}.{what}", context.app_id, context.profile_id);
        Self {
            signing: name("sign"),
            unwrapping: name("unwrap"),
        }
    }
}

impl Piece {
    pub(super) fn seal(
        &self,
        secret: &SecretBytes,
        context: &SecretBytes,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Vec<u8> {
        let fields = FieldWriter::new()
            .u64(VERSION)
            .bytes(&self.spki)
            .bytes(&self.protected)
            .finish();
        // EXPOSE: a context is not secret; the fields are sealed here.
        let (context, fields) = (context.expose_secret(), fields.expose_secret());
        let key = piece_key(secret);
        skts_sealed::seal(&key, Namespace::DeviceKey, context, fields, &mut rng)
    }

    pub(super) fn unseal(
        written: &[u8],
        secret: &SecretBytes,
        context: &SecretBytes,
    ) -> Result<Self, DeviceKeyError> {
        // EXPOSE: a context is not secret.
        let context = context.expose_secret();
        let key = piece_key(secret);
        let fields = skts_sealed::unseal(&key, Namespace::DeviceKey, context, written)
            .map_err(|error| unseal_error(error, DeviceKeyError::Damaged))?;
        // EXPOSE: a public key, and what DPAPI guards.
        let mut reader = FieldReader::new(fields.expose_secret());
        if reader.u64()? > VERSION {
            return Err(DeviceKeyError::NewerFormat);
        }
        let piece = Self {
            spki: reader.bytes()?.to_vec(),
            protected: reader.bytes()?.to_vec(),
        };
        reader.end()?;
        Ok(piece)
    }
}

const PIECE_LABEL: &str = "skts/platform-piece/v1";
const ENTROPY_LABEL: &str = "skts/platform-entropy/v1";

/// The key around `device.skts`: without the keystore's half nothing is read of the other.
fn piece_key(secret: &SecretBytes) -> SealingKey {
    // EXPOSE: input of the derivation.
    SealingKey::derive(secret.expose_secret(), &[], PIECE_LABEL, &[])
}

/// What DPAPI asks for besides the user: so that no other program of the user gets it by asking.
pub(super) fn entropy(secret: &SecretBytes) -> SecretBytes {
    // EXPOSE: input of the derivation.
    let key = SealingKey::derive(secret.expose_secret(), &[], ENTROPY_LABEL, &[]);
    // EXPOSE: into a type that wipes itself.
    SecretBytes::from_slice(key.expose_secret())
}
