//! What an Android keystore says of a key: the attestation extension of the key's own certificate
//! (source.android.com, Key and ID attestation; the schema is the same from version 1 to 400 for what
//! is read here).

use skts_otp::UnixTime;
use skts_provisioning::statement::AndroidStatement;
use x509_parser::asn1_rs::{Any, Class, FromDer, Tag};
use x509_parser::prelude::X509Certificate;

use super::Doubt;
use super::chain::{AnyPurpose, Trust, verified};

const EXTENSION_TEXT: &str = "1.3.6.1.4.1.11129.2.1.17";

/// Tags of authorisations.
const PURPOSE: u32 = 1;
const ALL_APPLICATIONS: u32 = 600;
const ORIGIN: u32 = 702;
const ROOT_OF_TRUST: u32 = 704;
const APPLICATION_ID: u32 = 709;

const SIGN: u8 = 2;
const VERIFY: u8 = 3;
const GENERATED: u8 = 0;
const VERIFIED_BOOT: u8 = 0;
/// A trusted execution environment, and a chip of its own.
const HARDWARE: [u8; 2] = [1, 2];

/// The app whose keys count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndroidApp {
    /// Its package's name.
    pub package: String,
    /// SHA-256 of each certificate it may be signed with.
    pub signers: Vec<[u8; 32]>,
}

/// Checks a statement about a key that was made with `challenge`.
pub(super) fn check(
    trust: &Trust,
    said: &AndroidStatement,
    challenge: &[u8],
    spki: &[u8],
    now: UnixTime,
) -> Result<(), Doubt> {
    let app = trust.app.as_ref().ok_or(Doubt::App)?;
    let chain = verified(
        &said.certificates,
        &trust.android,
        AnyPurpose,
        &trust.revoked,
        now,
    )?;
    let (leaf, others) = chain.split_first().ok_or(Doubt::Malformed)?;
    if leaf.public_key().raw != spki {
        return Err(Doubt::OtherKey);
    }
    // What speaks is the certificate nearest the root that speaks at all. If that is not the key's own,
    // an attested key has signed a certificate itself, which may say anything.
    if others.iter().any(|other| extension(other).is_some()) {
        return Err(Doubt::Extension);
    }
    check_extension(extension(leaf).ok_or(Doubt::Extension)?, app, challenge)
}

/// Checks what is in the extension.
pub(super) fn check_extension(
    extension: &[u8],
    app: &AndroidApp,
    challenge: &[u8],
) -> Result<(), Doubt> {
    Description::parse(extension)?.check(app, challenge)
}

fn extension<'c>(certificate: &'c X509Certificate<'_>) -> Option<&'c [u8]> {
    let mut found = certificate.extensions().iter();
    let found = found.find(|extension| extension.oid.to_id_string() == EXTENSION_TEXT)?;
    Some(found.value)
}

/// `KeyDescription`.
struct Description<'d> {
    attestation_level: u8,
    key_level: u8,
    challenge: &'d [u8],
    /// What the system says, which is only as good as the system is.
    by_software: Authorisations<'d>,
    /// What the hardware says.
    by_hardware: Authorisations<'d>,
}

impl<'d> Description<'d> {
    fn parse(extension: &'d [u8]) -> Result<Self, Doubt> {
        let mut reader = Reader::of_sequence(extension)?;
        let _attestation_version = reader.next(Tag::Integer)?;
        let attestation_level = number(reader.next(Tag::Enumerated)?)?;
        let _keymint_version = reader.next(Tag::Integer)?;
        let key_level = number(reader.next(Tag::Enumerated)?)?;
        let challenge = reader.next(Tag::OctetString)?;
        let _unique_id = reader.next(Tag::OctetString)?;
        let by_software = Authorisations::parse(reader.next(Tag::Sequence)?)?;
        let by_hardware = Authorisations::parse(reader.next(Tag::Sequence)?)?;
        Ok(Self {
            attestation_level,
            key_level,
            challenge,
            by_software,
            by_hardware,
        })
    }

    fn check(&self, app: &AndroidApp, challenge: &[u8]) -> Result<(), Doubt> {
        if self.challenge != challenge {
            return Err(Doubt::Challenge);
        }
        if !HARDWARE.contains(&self.attestation_level) || !HARDWARE.contains(&self.key_level) {
            return Err(Doubt::Software);
        }
        self.check_key()?;
        self.check_boot()?;
        self.check_app(app)
    }

    /// Made in the hardware, for this app alone, to sign.
    fn check_key(&self) -> Result<(), Doubt> {
        let hardware = &self.by_hardware;
        let origin = number(tagged(hardware.get(ORIGIN)?, Tag::Integer)?)?;
        let mut purposes = Reader(tagged(hardware.get(PURPOSE)?, Tag::Set)?);
        let mut signs = false;
        while !purposes.0.is_empty() {
            match number(purposes.next(Tag::Integer)?)? {
                SIGN => signs = true,
                VERIFY => {}
                _ => return Err(Doubt::KeyKind),
            }
        }
        let for_all = [&self.by_software, hardware]
            .iter()
            .any(|list| list.find(ALL_APPLICATIONS).is_some());
        if origin != GENERATED || !signs || for_all {
            return Err(Doubt::KeyKind);
        }
        Ok(())
    }

    /// The maker's system, on a device that takes no other.
    fn check_boot(&self) -> Result<(), Doubt> {
        let root = tagged(self.by_hardware.get(ROOT_OF_TRUST)?, Tag::Sequence)?;
        let mut reader = Reader(root);
        let _boot_key = reader.next(Tag::OctetString)?;
        let is_locked = number(reader.next(Tag::Boolean)?)? != 0;
        let state = number(reader.next(Tag::Enumerated)?)?;
        if is_locked && state == VERIFIED_BOOT {
            Ok(())
        } else {
            Err(Doubt::Boot)
        }
    }

    /// The system says which app asked; it was verified above.
    fn check_app(&self, app: &AndroidApp) -> Result<(), Doubt> {
        let id = tagged(self.by_software.get(APPLICATION_ID)?, Tag::OctetString)?;
        let mut id = Reader::of_sequence(id)?;
        let mut packages = Reader(id.next(Tag::Set)?);
        let mut package = Reader(packages.next(Tag::Sequence)?);
        let name = package.next(Tag::OctetString)?;
        let mut signers = Reader(id.next(Tag::Set)?);
        let mut known = packages.0.is_empty() && name == app.package.as_bytes();
        let mut count = 0_usize;
        while !signers.0.is_empty() {
            let signer = signers.next(Tag::OctetString)?;
            known &= app.signers.iter().any(|good| good.as_slice() == signer);
            count = count.saturating_add(1);
        }
        if known && count > 0 {
            Ok(())
        } else {
            Err(Doubt::App)
        }
    }
}

/// `AuthorizationList`: what is explicitly tagged, by its tag, each once.
struct Authorisations<'d>(Vec<(u32, &'d [u8])>);

impl<'d> Authorisations<'d> {
    fn parse(list: &'d [u8]) -> Result<Self, Doubt> {
        let mut reader = Reader(list);
        let mut found: Vec<(u32, &[u8])> = Vec::new();
        while !reader.0.is_empty() {
            let any = reader.any()?;
            let tag = any.header.tag().0;
            let repeated = found.iter().any(|(earlier, _)| *earlier == tag);
            if any.header.class() != Class::ContextSpecific || repeated {
                return Err(Doubt::Malformed);
            }
            found.push((tag, any.data));
        }
        Ok(Self(found))
    }

    fn find(&self, tag: u32) -> Option<&'d [u8]> {
        let found = self.0.iter().find(|(found, _)| *found == tag);
        found.map(|(_, value)| *value)
    }

    fn get(&self, tag: u32) -> Result<&'d [u8], Doubt> {
        self.find(tag).ok_or(match tag {
            ROOT_OF_TRUST => Doubt::Boot,
            APPLICATION_ID => Doubt::App,
            _ => Doubt::KeyKind,
        })
    }
}

/// DER, value after value.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The content of a sequence with nothing behind it.
    fn of_sequence(der: &'d [u8]) -> Result<Self, Doubt> {
        Ok(Self(tagged(der, Tag::Sequence)?))
    }

    fn any(&mut self) -> Result<Any<'d>, Doubt> {
        let (rest, any) = Any::from_der(self.0).map_err(|_| Doubt::Malformed)?;
        self.0 = rest;
        Ok(any)
    }

    /// The content of the next value, of that kind.
    fn next(&mut self, tag: Tag) -> Result<&'d [u8], Doubt> {
        let any = self.any()?;
        if any.header.class() == Class::Universal && any.header.tag() == tag {
            Ok(any.data)
        } else {
            Err(Doubt::Malformed)
        }
    }
}

/// The content of the one value of that kind.
fn tagged(der: &[u8], tag: Tag) -> Result<&[u8], Doubt> {
    let mut reader = Reader(der);
    let content = reader.next(tag)?;
    if reader.0.is_empty() {
        Ok(content)
    } else {
        Err(Doubt::Malformed)
    }
}

/// A number of one byte: every one that is read here.
fn number(content: &[u8]) -> Result<u8, Doubt> {
    match content {
        [number] => Ok(*number),
        _ => Err(Doubt::Malformed),
    }
}
