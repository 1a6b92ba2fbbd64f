//! The chip's endorsement key: what its maker certifies, and by which it proves what else it holds
//! (TCG EK Credential Profile 2.5; TPM 2.0 Library, Part 1 §24).
//!
//! The key is made anew from the chip's own seed by one of the TCG's usual templates, and used by the
//! hierarchy's empty password. Where an owner has set one, or the certificate is for a key of another
//! template, nothing can be proved.

use skts_sealed::{FieldReader, FieldWriter, SecretBytes};
use tpm2_protocol::data::{TpmCc, TpmRh};

use super::chip::{Chip, ChipError, Loaded, Object, creation, modulus, point};
use super::frame::{Auth, Writer};
use super::templates;
use crate::DeviceKeyError;

/// The statement's first field; `skts-provisioning` reads the rest.
const STATEMENT_TAG: &[u8] = b"tpm-ek/v1";
/// Most bytes of a statement, by the set-up's messages.
const MOST_STATEMENT_BYTES: usize = 8 * 1024;
/// Where a chip has the certificates that its endorsement keys' certificates are signed by, if it does
/// (EK Credential Profile 2.5, §2.2.1.5): one after another, in as many of these as they fill.
const CHAIN: std::ops::Range<u32> = 0x01c0_0100..0x01c0_0110;
/// Read at once: less than any chip's limit.
const NV_BLOCK_BYTES: u16 = 512;
/// The longest content that is read of one index.
const MOST_NV_BYTES: u16 = 4096;

/// The two kinds of endorsement key that a certificate is looked for; the faster first.
#[derive(Clone, Copy)]
enum Kind {
    P256,
    Rsa,
}

const KINDS: [Kind; 2] = [Kind::P256, Kind::Rsa];

impl Kind {
    /// Where its certificate is (§2.2.1.4).
    const fn certificate(self) -> u32 {
        match self {
            Self::P256 => 0x01c0_000a,
            Self::Rsa => 0x01c0_0002,
        }
    }
}

/// An endorsement key of this chip and the certificate of it.
struct Certified {
    key: Loaded,
    certificate: Vec<u8>,
}

/// What is said of `signing_key`; nothing if the chip has no certificate of a key it can make.
pub(super) fn statement(chip: &mut Chip, signing_key: &Object) -> Result<Vec<u8>, DeviceKeyError> {
    let Some(found) = certified(chip)? else {
        return Ok(Vec::new());
    };
    chip.flush(found.key);
    let writer = FieldWriter::new()
        .bytes(STATEMENT_TAG)
        .bytes(&signing_key.public)
        .bytes(&found.certificate);
    let statement = chip
        .chain()?
        .iter()
        .fold(writer, |writer, certificate| writer.bytes(certificate))
        .finish();
    // EXPOSE: public keys and certificates.
    let statement = statement.expose_secret();
    Ok(if statement.len() <= MOST_STATEMENT_BYTES {
        statement.to_vec()
    } else {
        Vec::new()
    })
}

/// Opens a credential that was made for the endorsement key and for the name of `key`, which is
/// loaded.
pub(super) fn activate(
    chip: &mut Chip,
    key: Loaded,
    auth: &SecretBytes,
    credential: &[u8],
) -> Result<SecretBytes, DeviceKeyError> {
    let mut reader = FieldReader::new(credential);
    let (id_object, secret) = (reader.bytes()?, reader.bytes()?);
    reader.end()?;
    let found = certified(chip)?.ok_or(DeviceKeyError::Unsupported)?;
    chip.activate_credential(key, auth, found.key, id_object, secret)
        .map_err(|error| match error {
            // Made for another chip or another key, which says nothing of this one.
            ChipError::Foreign => DeviceKeyError::WrongItem,
            error => error.into(),
        })
}

fn certified(chip: &mut Chip) -> Result<Option<Certified>, ChipError> {
    for kind in KINDS {
        let Some(certificate) = chip.nv(kind.certificate())? else {
            continue;
        };
        let Some(certificate) = certificates(&certificate).into_iter().next() else {
            continue;
        };
        match chip.endorsement_key(kind) {
            // By another template, or from another seed: the certificate speaks of another key.
            Ok((key, public)) if !contains(&certificate, &public) => chip.flush(key),
            Ok((key, _)) => return Ok(Some(Certified { key, certificate })),
            Err(error @ (ChipError::Absent | ChipError::Busy)) => return Err(error),
            // An owner's password, or a kind of key the chip does not make.
            Err(_) => {}
        }
    }
    Ok(None)
}

impl Chip {
    /// Makes the endorsement key; returns what is in the certificate of it, too.
    fn endorsement_key(&mut self, kind: Kind) -> Result<(Loaded, Vec<u8>), ChipError> {
        let nothing = SecretBytes::new(Vec::new());
        let template = match kind {
            Kind::P256 => templates::endorsement_p256()?,
            Kind::Rsa => templates::endorsement_rsa()?,
        };
        let parameters = creation(&nothing, &nothing, &template);
        let owner = TpmRh::Endorsement.value();
        let mut response = self.run(TpmCc::CreatePrimary, &[owner], Some(&nothing), &parameters)?;
        let key = self.loaded(&mut response)?;
        let _parameter_bytes = response.u32()?;
        let public = response.sized()?;
        let public = match kind {
            Kind::P256 => point(public)?.concat(),
            Kind::Rsa => modulus(public)?,
        };
        Ok((key, public))
    }

    fn activate_credential(
        &mut self,
        key: Loaded,
        auth: &SecretBytes,
        endorsement_key: Loaded,
        id_object: &[u8],
        secret: &[u8],
    ) -> Result<SecretBytes, ChipError> {
        let session = self.endorsement_session()?;
        let parameters = Writer::new().sized(id_object).sized(secret);
        let mut response = self.run_with(
            TpmCc::ActivateCredential,
            &[key.0, endorsement_key.0],
            &[Auth::Password(auth), Auth::Policy(session.0)],
            &parameters,
        )?;
        let _parameter_bytes = response.u32()?;
        Ok(SecretBytes::from_slice(response.sized()?))
    }

    /// A session in which the endorsement key's policy is met: its hierarchy's password, which is
    /// empty, was given.
    fn endorsement_session(&mut self) -> Result<Loaded, ChipError> {
        let session = self.policy_session()?;
        let no_password = SecretBytes::new(Vec::new());
        self.policy_secret(session, TpmRh::Endorsement.value(), &no_password)?;
        Ok(session)
    }

    /// The certificates between the endorsement key's and its maker's root.
    fn chain(&mut self) -> Result<Vec<Vec<u8>>, ChipError> {
        let mut content = Vec::new();
        for index in CHAIN {
            match self.nv(index)? {
                Some(part) => content.extend(part),
                None => break,
            }
        }
        Ok(certificates(&content))
    }

    /// What is in an index that everybody may read; none if there is none such.
    fn nv(&mut self, index: u32) -> Result<Option<Vec<u8>>, ChipError> {
        match self.nv_content(index) {
            Ok(content) => Ok(Some(content)),
            Err(error @ (ChipError::Absent | ChipError::Busy)) => Err(error),
            Err(_) => Ok(None),
        }
    }

    fn nv_content(&mut self, index: u32) -> Result<Vec<u8>, ChipError> {
        let mut response = self.run(TpmCc::NvReadPublic, &[index], None, &Writer::new())?;
        let public = response.sized()?;
        // The last two bytes of the public area are the content's size.
        let size = public.last_chunk::<2>().ok_or(ChipError::Refused)?;
        let size = u16::from_be_bytes(*size).min(MOST_NV_BYTES);
        let no_password = SecretBytes::new(Vec::new());
        let mut content: Vec<u8> = Vec::new();
        while let Ok(at) = u16::try_from(content.len())
            && at < size
        {
            let block = NV_BLOCK_BYTES.min(size.saturating_sub(at));
            let parameters = Writer::new().u16(block).u16(at);
            let handles = [index, index];
            let mut response =
                self.run(TpmCc::NvRead, &handles, Some(&no_password), &parameters)?;
            let _parameter_bytes = response.u32()?;
            let read = response.sized()?;
            if read.is_empty() {
                return Err(ChipError::Refused);
            }
            content.extend_from_slice(read);
        }
        Ok(content)
    }
}

/// DER certificates one after another, up to the first that is none: what is behind them is filling.
fn certificates(mut content: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    while let [0x30, 0x82, high, low, ..] = *content {
        let length = usize::from(u16::from_be_bytes([high, low])).saturating_add(4);
        let Some((certificate, rest)) = content.split_at_checked(length) else {
            break;
        };
        found.push(certificate.to_vec());
        content = rest;
    }
    found
}

fn contains(certificate: &[u8], public: &[u8]) -> bool {
    !public.is_empty()
        && certificate
            .windows(public.len())
            .any(|window| window == public)
}
