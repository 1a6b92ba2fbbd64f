//! A PIN that the chip itself counts (TCG TPM 2.0 Library, Part 1 §37.2.8: PIN Fail).
//!
//! ```text
//! index (place): password = authorisation made of the PIN; wrong ones in a row / most; the chip counts
//! key (guard)  : HMAC key made in the chip; works only in a session that showed the index's password
//! half         : what the key computes over a label
//! ```
//! After the tenth wrong password the chip takes none any more. The count was written once, under a
//! policy that nobody can meet again: the password of an object that was thrown away. So the owner of
//! the chip can delete the index, but not set its count, and no index made in its place has its name,
//! which the key's policy asks for.

use rand_core::CryptoRngCore;
use skts_otp::HashAlgorithm;
use skts_sealed::{FieldReader, FieldWriter, SecretBytes};
use tpm2_protocol::data::{TpmAlgId, TpmCc, TpmRh, TpmaNv};

use super::chip::{Chip, ChipError, Object, Parent};
use super::frame::{Auth, Writer};
use super::{Tpm, policy, templates};
use crate::DeviceKeyError;
use crate::device_key::PinGuards;

/// What the TCG leaves to the owner (Registry of Reserved TPM 2.0 Handles §2.2.2).
const PLACES: u32 = 0x0180_0000;
const PLACES_MASK: u32 = 0x003f_ffff;
/// So often is another place looked for.
const MOST_LOOKS: u32 = 8;
/// `TPM_NT_PIN_FAIL`, where the attributes have the kind of an index.
const PIN_FAIL: u32 = 0x8 << 4;
const KIND: u32 = 0xf << 4;
/// Count and limit.
const CONTENT_BYTES: u16 = 8;
const VERSION: u64 = 1;
const HALF: &[u8] = b"skts/tpm-pin-half/v1";
const PASSWORD_BYTES: usize = 32;

fn attributes() -> u32 {
    PIN_FAIL | (TpmaNv::POLICYWRITE | TpmaNv::OWNERREAD | TpmaNv::AUTHREAD | TpmaNv::NO_DA).bits()
}

impl PinGuards for Tpm {
    fn find_place(&self, rng: &mut dyn CryptoRngCore) -> Result<Vec<u8>, DeviceKeyError> {
        let mut chip = Chip::open(&self.place)?;
        for _ in 0..MOST_LOOKS {
            let index = PLACES | (rng.next_u32() & PLACES_MASK);
            if chip.index(index)?.is_none() {
                return Ok(index.to_be_bytes().to_vec());
            }
        }
        Err(DeviceKeyError::Refused)
    }

    fn make_guard(
        &self,
        place: &[u8],
        auth: &SecretBytes,
        most_wrong: u32,
        mut rng: &mut dyn CryptoRngCore,
    ) -> Result<Vec<u8>, DeviceKeyError> {
        let index = index_at(place)?;
        let once = SecretBytes::make(PASSWORD_BYTES, &mut rng);
        let mut chip = Chip::open(&self.place)?;
        let parent = chip.parents()?.into_iter().next();
        let parent = parent.ok_or(DeviceKeyError::Absent)?;
        let made = chip.guard(index, &parent, auth, &once, most_wrong);
        match made {
            Ok(key) => Ok(encode(&parent, &key)),
            Err(error) => {
                drop(chip);
                // What is left of it is given back later: its place is written down.
                let _ = self.forget_place(place);
                Err(error.into())
            }
        }
    }

    fn half(
        &self,
        place: &[u8],
        guard: &[u8],
        auth: &SecretBytes,
    ) -> Result<SecretBytes, DeviceKeyError> {
        let index = index_at(place)?;
        let (parent, key) = decode(guard)?;
        let mut chip = Chip::open(&self.place)?;
        let under = chip.parent(&parent)?;
        let key = chip.load(under, &key)?;
        chip.flush(under);
        let session = chip.policy_session()?;
        let shown = chip.policy_secret(session, index, auth);
        shown.map_err(|error| match error {
            ChipError::Auth => DeviceKeyError::WrongItem,
            error => error.into(),
        })?;
        let parameters = Writer::new().sized(HALF).u16(TpmAlgId::Sha256.value());
        let auths = [Auth::Policy(session.0)];
        let mut response = chip.run_with(TpmCc::Hmac, &[key.0], &auths, &parameters)?;
        let _parameter_bytes = response.u32()?;
        Ok(SecretBytes::from_slice(response.sized()?))
    }

    fn wrong(&self, place: &[u8]) -> Result<u32, DeviceKeyError> {
        let index = index_at(place)?;
        let mut chip = Chip::open(&self.place)?;
        chip.index(index)?.ok_or(DeviceKeyError::Gone)?;
        let owner = TpmRh::Owner.value();
        let parameters = Writer::new().u16(CONTENT_BYTES).u16(0);
        let no_password = SecretBytes::new(Vec::new());
        let handles = [owner, index];
        let read = chip.run(TpmCc::NvRead, &handles, Some(&no_password), &parameters);
        let mut response = match read {
            Ok(response) => response,
            // An owner's password was set since: the chip counts all the same, unseen.
            Err(ChipError::Auth | ChipError::Denied) => return Ok(0),
            Err(error) => return Err(error.into()),
        };
        let _parameter_bytes = response.u32()?;
        let content = response.sized()?;
        let count = content.first_chunk::<4>().ok_or(DeviceKeyError::Refused)?;
        Ok(u32::from_be_bytes(*count))
    }

    fn forget_place(&self, place: &[u8]) -> Result<(), DeviceKeyError> {
        let index = index_at(place)?;
        let mut chip = Chip::open(&self.place)?;
        let Some(found) = chip.index(index)? else {
            return Ok(());
        };
        // Nobody but us makes such an index there; one of another kind is somebody else's.
        if found.attributes & KIND != PIN_FAIL {
            return Ok(());
        }
        let no_password = SecretBytes::new(Vec::new());
        let handles = [TpmRh::Owner.value(), index];
        let deleted = chip.run(
            TpmCc::NvUndefineSpace,
            &handles,
            Some(&no_password),
            &Writer::new(),
        );
        deleted
            .map(|_| ())
            .map_err(|error| of_the_owner(error).into())
    }
}

/// What everybody may know of an index.
struct Index {
    attributes: u32,
    name: Vec<u8>,
}

impl Chip {
    fn guard(
        &mut self,
        index: u32,
        parent: &Parent,
        auth: &SecretBytes,
        once: &SecretBytes,
        most_wrong: u32,
    ) -> Result<Object, ChipError> {
        let under = self.parent(parent)?;
        let writer = templates::hmac_key(true, HashAlgorithm::Sha256)?;
        let writer = self.create(under, &writer, once, None)?;
        let may_write = policy::secret_of(&policy::name_of(&writer.public));

        let public = Writer::new()
            .u32(index)
            .u16(TpmAlgId::Sha256.value())
            .u32(attributes())
            .sized(&may_write)
            .u16(CONTENT_BYTES);
        // EXPOSE: into a frame, which is wiped.
        let parameters = Writer::new()
            .sized(auth.expose_secret())
            .sized(public.as_bytes());
        let no_password = SecretBytes::new(Vec::new());
        let owner = TpmRh::Owner.value();
        self.run(
            TpmCc::NvDefineSpace,
            &[owner],
            Some(&no_password),
            &parameters,
        )
        .map_err(of_the_owner)?;

        let loaded = self.load(under, &writer)?;
        let session = self.policy_session()?;
        self.policy_secret(session, loaded.0, once)?;
        self.flush(loaded);
        let content = Writer::new().u32(0).u32(most_wrong);
        let parameters = Writer::new().sized(content.as_bytes()).u16(0);
        let auths = [Auth::Policy(session.0)];
        self.run_with(TpmCc::NvWrite, &[index, index], &auths, &parameters)?;
        self.flush(session);

        // Its name says now that it was written, which no other of the same kind can be.
        let written = self.index(index)?.ok_or(ChipError::Refused)?;
        let key = templates::hmac_key_under(policy::secret_of(&written.name))?;
        self.create(under, &key, &no_password, None)
    }

    /// What is at an index; none if it is free.
    fn index(&mut self, index: u32) -> Result<Option<Index>, ChipError> {
        let read = self.run(TpmCc::NvReadPublic, &[index], None, &Writer::new());
        let mut response = match read {
            Ok(response) => response,
            Err(error @ (ChipError::Absent | ChipError::Denied | ChipError::Busy)) => {
                return Err(error);
            }
            Err(_) => return Ok(None),
        };
        // Index and hash algorithm stand before the attributes.
        let public = response.sized()?;
        let attributes = public.get(6..10).and_then(|bytes| bytes.first_chunk::<4>());
        let attributes = u32::from_be_bytes(*attributes.ok_or(ChipError::Refused)?);
        let name = response.sized()?.to_vec();
        Ok(Some(Index { attributes, name }))
    }
}

/// Where the owner is what is authorised, a wrong password is not ours to know. A kind of index that
/// the chip does not know is refused by its attributes.
fn of_the_owner(error: ChipError) -> ChipError {
    match error {
        ChipError::Auth => ChipError::Denied,
        error => error,
    }
}

fn index_at(place: &[u8]) -> Result<u32, DeviceKeyError> {
    let index = place.try_into().map(u32::from_be_bytes);
    match index {
        Ok(index) if index & !PLACES_MASK == PLACES => Ok(index),
        _ => Err(DeviceKeyError::Damaged),
    }
}

fn encode(parent: &Parent, key: &Object) -> Vec<u8> {
    let writer = parent.write(FieldWriter::new().u64(VERSION));
    let guard = key.write(writer).finish();
    // EXPOSE: an object as the chip sealed it.
    guard.expose_secret().to_vec()
}

fn decode(guard: &[u8]) -> Result<(Parent, Object), DeviceKeyError> {
    let mut reader = FieldReader::new(guard);
    if reader.u64()? > VERSION {
        return Err(DeviceKeyError::NewerFormat);
    }
    let parent = Parent::read(&mut reader)?;
    let key = Object::read(&mut reader)?;
    reader.end()?;
    Ok((parent, key))
}
