//! What is written of the chip's objects: beside the profile's other files, and in the keystore.

use skts_sealed::{FieldError, FieldReader, FieldWriter};

use super::chip::{Object, Parent};
use crate::DeviceKeyError;

const VERSION: u64 = 1;

/// What goes into `device.skts`.
pub(super) struct Piece {
    pub(super) parent: Parent,
    pub(super) signing_key: Object,
    pub(super) derivation_key: Object,
}

impl Piece {
    pub(super) fn encode(&self) -> Vec<u8> {
        let writer = self.parent.write(FieldWriter::new().u64(VERSION));
        let writer = self.signing_key.write(writer);
        let record = self.derivation_key.write(writer).finish();
        // EXPOSE: objects as the chip sealed them.
        record.expose_secret().to_vec()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DeviceKeyError> {
        let mut reader = FieldReader::new(bytes);
        if reader.u64()? > VERSION {
            return Err(DeviceKeyError::NewerFormat);
        }
        let parent = Parent::read(&mut reader)?;
        let piece = Self {
            parent,
            signing_key: Object::read(&mut reader)?,
            derivation_key: Object::read(&mut reader)?,
        };
        reader.end()?;
        Ok(piece)
    }
}

/// What is kept of an HMAC key.
pub(super) enum Item {
    /// The chip computes with it.
    Held(Object),
    /// The chip does not do its hash: it is unsealed for one computation.
    Sealed(Vec<u8>),
}

impl Item {
    pub(super) fn encode(&self) -> Vec<u8> {
        let record = match self {
            Self::Held(object) => object.write(FieldWriter::new().u64(VERSION).u64(1)),
            Self::Sealed(envelope) => FieldWriter::new().u64(VERSION).u64(2).bytes(envelope),
        };
        // EXPOSE: sealed by the chip, or an envelope.
        record.finish().expose_secret().to_vec()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, DeviceKeyError> {
        let mut reader = FieldReader::new(bytes);
        if reader.u64()? > VERSION {
            return Err(DeviceKeyError::NewerFormat);
        }
        let item = match reader.u64()? {
            1 => Self::Held(Object::read(&mut reader)?),
            2 => Self::Sealed(reader.bytes()?.to_vec()),
            _ => return Err(DeviceKeyError::Damaged),
        };
        reader.end()?;
        Ok(item)
    }
}

impl Parent {
    pub(super) fn write(&self, writer: FieldWriter) -> FieldWriter {
        writer
            .u64(u64::from(self.kept))
            .bytes(&self.name)
            .bytes(&self.owner)
    }

    pub(super) fn read(reader: &mut FieldReader<'_>) -> Result<Self, DeviceKeyError> {
        Ok(Self {
            kept: match reader.u64()? {
                0 => false,
                1 => true,
                _ => return Err(DeviceKeyError::Damaged),
            },
            name: reader.bytes()?.to_vec(),
            owner: reader.bytes()?.to_vec(),
        })
    }
}

impl Object {
    pub(super) fn write(&self, writer: FieldWriter) -> FieldWriter {
        writer.bytes(&self.public).bytes(&self.private)
    }

    pub(super) fn read(reader: &mut FieldReader<'_>) -> Result<Self, FieldError> {
        Ok(Self {
            public: reader.bytes()?.to_vec(),
            private: reader.bytes()?.to_vec(),
        })
    }
}
