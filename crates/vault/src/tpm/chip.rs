//! One conversation with the chip. What was loaded is flushed at its end.

use std::time::Duration;

use skts_otp::{HashAlgorithm, Mac};
use skts_sealed::SecretBytes;
use tpm2_protocol::TpmUnmarshal;
use tpm2_protocol::data::{
    TpmAlgId, TpmCap, TpmCc, TpmPt, TpmRc, TpmRcBase, TpmRh, TpmSt, TpmaObject, TpmtPublic,
    TpmuPublicId,
};

use super::frame::{Auth, Response, Writer, command};
use super::link::{Link, Place};
use super::templates::{self, Template};

/// Waits between attempts when the chip asks to be asked again: 1.3 seconds together, on top of
/// the second or so that the kernel tries by itself.
const PAUSES_MILLIS: [u64; 6] = [20, 40, 80, 160, 320, 640];
/// Where systems keep the storage root key (TCG Provisioning Guidance §7.5.1), of whatever kind.
const STORAGE_ROOT: u32 = 0x8100_0001;
const COORDINATE_BYTES: usize = 32;

/// Why the chip did not do what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ChipError {
    /// There is none, or it does not work.
    Absent,
    /// This user may not use it.
    Denied,
    /// It is busy, or in its lockout: later.
    Busy,
    /// What was to be loaded was made by another chip, or before this one was cleared.
    Foreign,
    /// The authorisation is not the object's.
    Auth,
    /// It does not do this kind of key or hash.
    Unsupported,
    /// It refused for another reason.
    Refused,
}

impl From<TpmRc> for ChipError {
    fn from(code: TpmRc) -> Self {
        use TpmRcBase as Rc;
        match code.base() {
            // The chip's own "later": out of room for a moment, testing itself, or locked out.
            Rc::Retry
            | Rc::Yielded
            | Rc::Testing
            | Rc::Canceled
            | Rc::NvRate
            | Rc::NvUnavailable
            | Rc::ContextGap
            | Rc::Memory
            | Rc::ObjectMemory
            | Rc::ObjectHandles
            | Rc::SessionMemory
            | Rc::SessionHandles
            | Rc::Lockout => Self::Busy,
            // Failure mode, not started, being upgraded or disabled: what a restart may mend.
            Rc::Failure
            | Rc::Initialize
            | Rc::NeedsTest
            | Rc::Upgrade
            | Rc::Reboot
            | Rc::Disabled => Self::Absent,
            Rc::Integrity => Self::Foreign,
            // The last: a PIN that was wrong too often.
            Rc::AuthFail | Rc::BadAuth | Rc::AuthUnavailable => Self::Auth,
            Rc::KeySize
            | Rc::Size
            | Rc::Hash
            | Rc::Scheme
            | Rc::Curve
            | Rc::Asymmetric
            | Rc::Symmetric
            | Rc::CommandCode => Self::Unsupported,
            _ => Self::Refused,
        }
    }
}

/// An object as the chip gives it out: sealed by it, of no use to any other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    /// `TPMT_PUBLIC`.
    pub(super) public: Vec<u8>,
    /// What is in `TPM2B_PRIVATE`.
    pub(super) private: Vec<u8>,
}

/// The key under which objects are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parent {
    /// Whether it is what the system keeps at [`STORAGE_ROOT`], or is made by its template each time.
    pub(super) kept: bool,
    /// Its name, a hash of its public area.
    pub(super) name: Vec<u8>,
    /// The name of what the template makes here, which is another after the chip was cleared; empty
    /// where the owner's password keeps it from being made.
    pub(super) owner: Vec<u8>,
}

/// What the system keeps in the chip.
struct Root {
    public: Vec<u8>,
    name: Vec<u8>,
}

/// Something loaded, flushed with the conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loaded(pub(super) u32);

pub(super) struct Chip {
    link: Link,
    to_flush: Vec<u32>,
}

impl Chip {
    pub(super) fn open(place: &Place) -> Result<Self, ChipError> {
        Ok(Self {
            link: place.open()?,
            to_flush: Vec::new(),
        })
    }

    /// The parents that new objects could have here, the better first.
    pub(super) fn parents(&mut self) -> Result<Vec<Parent>, ChipError> {
        let kept = self.kept_root()?;
        let made = match self.make_root() {
            Ok((loaded, name)) => {
                self.flush(loaded);
                Ok(name)
            }
            Err(error @ (ChipError::Absent | ChipError::Busy)) => return Err(error),
            Err(error) => Err(error),
        };
        let owner = made.clone().unwrap_or_default();
        let mut parents = Vec::new();
        if let Some(root) = kept
            && is_storage_key(&root.public)
        {
            parents.push(Parent {
                kept: true,
                name: root.name,
                owner: owner.clone(),
            });
        }
        match made {
            Ok(name) => parents.push(Parent {
                kept: false,
                name,
                owner,
            }),
            Err(error) if parents.is_empty() => return Err(error),
            Err(_) => {}
        }
        Ok(parents)
    }

    /// Loads a parent.
    ///
    /// # Errors
    /// [`ChipError::Foreign`] if the chip was cleared or is another; [`ChipError::Absent`] if only what
    /// the system kept was taken away, and could be put back.
    pub(super) fn parent(&mut self, parent: &Parent) -> Result<Loaded, ChipError> {
        if parent.kept
            && let Some(root) = self.kept_root()?
            && root.name == parent.name
        {
            return Ok(Loaded(STORAGE_ROOT));
        }
        let (loaded, name) = self.make_root()?;
        if name == parent.name {
            return Ok(loaded);
        }
        self.flush(loaded);
        Err(if name == parent.owner {
            ChipError::Absent
        } else {
            ChipError::Foreign
        })
    }

    /// Public area and name of what the system keeps; none if it keeps nothing.
    fn kept_root(&mut self) -> Result<Option<Root>, ChipError> {
        let kept = self.run(TpmCc::ReadPublic, &[STORAGE_ROOT], None, &Writer::new());
        match kept {
            Ok(mut response) => Ok(Some(Root {
                public: response.sized()?.to_vec(),
                name: response.sized()?.to_vec(),
            })),
            Err(error @ (ChipError::Absent | ChipError::Denied | ChipError::Busy)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    /// Makes the storage root key by its template, and tells its name.
    fn make_root(&mut self) -> Result<(Loaded, Vec<u8>), ChipError> {
        let no_auth = SecretBytes::new(Vec::new());
        let parameters = creation(&no_auth, &no_auth, &templates::storage_root()?);
        let owner = TpmRh::Owner.value();
        let mut response = self
            .run(TpmCc::CreatePrimary, &[owner], Some(&no_auth), &parameters)
            .map_err(of_the_parent)?;
        let loaded = self.loaded(&mut response)?;
        let _parameter_bytes = response.u32()?;
        // The public area, what was outside at its creation, and the hash of that.
        for _ in 0..3 {
            response.sized()?;
        }
        // The ticket: a tag and a hierarchy before its digest.
        response.take(6)?;
        response.sized()?;
        Ok((loaded, response.sized()?.to_vec()))
    }

    /// Makes an object: of the chip's own randomness, or of `sensitive`.
    pub(super) fn create(
        &mut self,
        parent: Loaded,
        template: &Template,
        auth: &SecretBytes,
        sensitive: Option<&SecretBytes>,
    ) -> Result<Object, ChipError> {
        let nothing = SecretBytes::new(Vec::new());
        let parameters = creation(auth, sensitive.unwrap_or(&nothing), template);
        let mut response = self
            .run(TpmCc::Create, &[parent.0], Some(&nothing), &parameters)
            .map_err(of_the_parent)?;
        let _parameter_bytes = response.u32()?;
        let private = response.sized()?.to_vec();
        let public = response.sized()?.to_vec();
        Ok(Object { public, private })
    }

    pub(super) fn load(&mut self, parent: Loaded, object: &Object) -> Result<Loaded, ChipError> {
        let parameters = Writer::new().sized(&object.private).sized(&object.public);
        let no_auth = SecretBytes::new(Vec::new());
        let mut response = self
            .run(TpmCc::Load, &[parent.0], Some(&no_auth), &parameters)
            .map_err(of_the_parent)?;
        self.loaded(&mut response)
    }

    /// ECDSA over a SHA-256 digest; returns r ‖ s.
    pub(super) fn sign(
        &mut self,
        key: Loaded,
        auth: &SecretBytes,
        digest: &[u8; 32],
    ) -> Result<Vec<u8>, ChipError> {
        let parameters = Writer::new()
            .sized(digest)
            // The key's own scheme, and no ticket: it is not a restricted key.
            .u16(TpmAlgId::Null.value())
            .u16(TpmSt::HashCheck.value())
            .u32(TpmRh::Null.value())
            .sized(&[]);
        let mut response = self.run(TpmCc::Sign, &[key.0], Some(auth), &parameters)?;
        let _parameter_bytes = response.u32()?;
        let (scheme, hash) = (response.u16()?, response.u16()?);
        if scheme != TpmAlgId::Ecdsa.value() || hash != TpmAlgId::Sha256.value() {
            return Err(ChipError::Refused);
        }
        let mut signature = Vec::new();
        for _ in 0..2 {
            signature.extend(coordinate(response.sized()?)?);
        }
        Ok(signature)
    }

    pub(super) fn hmac(
        &mut self,
        key: Loaded,
        auth: &SecretBytes,
        hash: HashAlgorithm,
        message: &[u8],
    ) -> Result<Mac, ChipError> {
        let parameters = Writer::new().sized(message).u16(algorithm(hash).value());
        let mut response = self.run(TpmCc::Hmac, &[key.0], Some(auth), &parameters)?;
        let _parameter_bytes = response.u32()?;
        Mac::from_bytes(response.sized()?).map_err(|_| ChipError::Refused)
    }

    /// Who made the chip: four letters by the TCG's vendor registry.
    pub(super) fn manufacturer(&mut self) -> Result<[u8; 4], ChipError> {
        let parameters = Writer::new()
            .u32(TpmCap::TpmProperties.value())
            .u32(TpmPt::Manufacturer.value())
            .u32(1);
        let mut response = self.run(TpmCc::GetCapability, &[], None, &parameters)?;
        let _more = response.take(1)?;
        let (capability, count) = (response.u32()?, response.u32()?);
        let (property, value) = (response.u32()?, response.u32()?);
        let asked = (TpmCap::TpmProperties.value(), TpmPt::Manufacturer.value());
        if (capability, property) != asked || count != 1 {
            return Err(ChipError::Refused);
        }
        Ok(value.to_be_bytes())
    }

    /// Lets go of something before the conversation ends: chips have room for three objects.
    pub(super) fn flush(&mut self, loaded: Loaded) {
        if let Some(at) = self.to_flush.iter().position(|handle| *handle == loaded.0) {
            self.to_flush.swap_remove(at);
            // What cannot be flushed goes when the device is closed, or at the next restart.
            let _ = self.run(TpmCc::FlushContext, &[], None, &Writer::new().u32(loaded.0));
        }
    }

    pub(super) fn loaded(&mut self, response: &mut Response) -> Result<Loaded, ChipError> {
        let handle = response.u32()?;
        self.to_flush.push(handle);
        Ok(Loaded(handle))
    }

    /// Runs a command whose first handle is authorised by a password, if it has one.
    pub(super) fn run(
        &mut self,
        code: TpmCc,
        handles: &[u32],
        auth: Option<&SecretBytes>,
        parameters: &Writer,
    ) -> Result<Response, ChipError> {
        let auths: Vec<_> = auth.into_iter().map(Auth::Password).collect();
        self.run_with(code, handles, &auths, parameters)
    }

    pub(super) fn run_with(
        &mut self,
        code: TpmCc,
        handles: &[u32],
        auths: &[Auth<'_>],
        parameters: &Writer,
    ) -> Result<Response, ChipError> {
        let mut pauses = PAUSES_MILLIS.into_iter();
        loop {
            let response = self
                .link
                .transmit(command(code, handles, auths, parameters)?)?;
            match (Response::parse(response), pauses.next()) {
                (Err(ChipError::Busy), Some(pause)) => {
                    std::thread::sleep(Duration::from_millis(pause));
                }
                (parsed, _) => return parsed,
            }
        }
    }
}

impl Drop for Chip {
    fn drop(&mut self) {
        // After a command that overran, closing has to do.
        while !self.link.is_late()
            && let Some(handle) = self.to_flush.last().copied()
        {
            self.flush(Loaded(handle));
        }
    }
}

/// The public key of an ECC object: x and y.
pub(super) fn point(public: &[u8]) -> Result<[Vec<u8>; 2], ChipError> {
    match parse_public(public)?.unique {
        TpmuPublicId::Ecc(point) => Ok([coordinate(&point.x)?, coordinate(&point.y)?]),
        _ => Err(ChipError::Refused),
    }
}

/// The public key of an RSA object.
pub(super) fn modulus(public: &[u8]) -> Result<Vec<u8>, ChipError> {
    match parse_public(public)?.unique {
        TpmuPublicId::Rsa(modulus) => Ok(modulus.to_vec()),
        _ => Err(ChipError::Refused),
    }
}

pub(super) const fn algorithm(hash: HashAlgorithm) -> TpmAlgId {
    match hash {
        HashAlgorithm::Sha1 => TpmAlgId::Sha1,
        HashAlgorithm::Sha256 => TpmAlgId::Sha256,
        HashAlgorithm::Sha512 => TpmAlgId::Sha512,
    }
}

/// The parameters of `TPM2_Create` and `TPM2_CreatePrimary`.
pub(super) fn creation(auth: &SecretBytes, sensitive: &SecretBytes, template: &Template) -> Writer {
    let secret = Writer::new()
        // EXPOSE: into a frame, which is wiped.
        .sized(auth.expose_secret())
        // EXPOSE: as above; this is how a seed gets into the chip.
        .sized(sensitive.expose_secret());
    Writer::new()
        .sized(secret.as_bytes())
        .sized(template)
        // No outside information and no PCRs.
        .sized(&[])
        .u32(0)
}

/// Whether this can be the parent of our objects: made in the chip and bound to it, for unwrapping
/// only, used by a password, and without a count of wrong ones that would lock it for hours.
fn is_storage_key(public: &[u8]) -> bool {
    let needed = [
        TpmaObject::FIXED_TPM,
        TpmaObject::FIXED_PARENT,
        TpmaObject::SENSITIVE_DATA_ORIGIN,
        TpmaObject::USER_WITH_AUTH,
        TpmaObject::NO_DA,
        TpmaObject::RESTRICTED,
        TpmaObject::DECRYPT,
    ];
    parse_public(public).is_ok_and(|area| {
        let has = |attribute| area.object_attributes.contains(attribute);
        matches!(area.object_type, TpmAlgId::Ecc | TpmAlgId::Rsa) && needed.into_iter().all(has)
    })
}

/// Where the parent or the owner is what is authorised, a wrong password is not ours to know.
fn of_the_parent(error: ChipError) -> ChipError {
    match error {
        ChipError::Auth => ChipError::Denied,
        error => error,
    }
}

fn parse_public(public: &[u8]) -> Result<TpmtPublic, ChipError> {
    match TpmtPublic::unmarshal(public) {
        Ok((area, [])) => Ok(area),
        _ => Err(ChipError::Refused),
    }
}

/// 32 bytes of a number that may come with its leading zeros left out.
fn coordinate(number: &[u8]) -> Result<Vec<u8>, ChipError> {
    let zeros = COORDINATE_BYTES
        .checked_sub(number.len())
        .ok_or(ChipError::Refused)?;
    let mut bytes = vec![0; zeros];
    bytes.extend_from_slice(number);
    Ok(bytes)
}
