//! What is written of the keys: beside the profile's other files, and in the keystore.

use skts_sealed::{FieldReader, FieldWriter};

use super::element::{Handle, Place};
use crate::DeviceKeyError;

const VERSION: u64 = 1;
const HELD: u64 = 1;
const SEALED: u64 = 2;

impl Handle {
    pub(super) fn encode(&self) -> Vec<u8> {
        let place = match self.place {
            Place::Trusted => 1,
            Place::StrongBox => 2,
        };
        let record = FieldWriter::new()
            .u64(VERSION)
            .u64(place)
            .bytes(&self.spki)
            .bytes(&self.note)
            .finish();
        // EXPOSE: names and a public key.
        record.expose_secret().to_vec()
    }

    pub(super) fn decode(profile_id: &str, bytes: &[u8]) -> Result<Self, DeviceKeyError> {
        let mut reader = FieldReader::new(bytes);
        if reader.u64()? > VERSION {
            return Err(DeviceKeyError::NewerFormat);
        }
        let place = match reader.u64()? {
            1 => Place::Trusted,
            2 => Place::StrongBox,
            _ => return Err(DeviceKeyError::Damaged),
        };
        let handle = Self {
            profile_id: profile_id.to_owned(),
            place,
            spki: reader.bytes()?.to_vec(),
            note: reader.bytes()?.to_vec(),
        };
        reader.end()?;
        Ok(handle)
    }
}

/// What is kept of an HMAC key.
pub(super) enum Item {
    /// The hardware computes with the key of that name; the seal ties the name to the context.
    Held { name: String, bound: Vec<u8> },
    /// The key itself, unsealed for one computation.
    Sealed(Vec<u8>),
}

impl Item {
    pub(super) fn encode(&self) -> Vec<u8> {
        let writer = FieldWriter::new().u64(VERSION);
        let record = match self {
            Self::Held { name, bound } => writer.u64(HELD).bytes(name.as_bytes()).bytes(bound),
            Self::Sealed(envelope) => writer.u64(SEALED).bytes(envelope),
        };
        // EXPOSE: a name or an envelope.
        record.finish().expose_secret().to_vec()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DeviceKeyError> {
        let mut reader = FieldReader::new(bytes);
        if reader.u64()? > VERSION {
            return Err(DeviceKeyError::NewerFormat);
        }
        let item = match reader.u64()? {
            HELD => {
                let name = std::str::from_utf8(reader.bytes()?);
                Self::Held {
                    name: name.map_err(|_| DeviceKeyError::Damaged)?.to_owned(),
                    bound: reader.bytes()?.to_vec(),
                }
            }
            SEALED => Self::Sealed(reader.bytes()?.to_vec()),
            _ => return Err(DeviceKeyError::Damaged),
        };
        reader.end()?;
        Ok(item)
    }
}
