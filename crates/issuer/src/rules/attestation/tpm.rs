//! What a TPM 2.0 says of a key: the certificate of its endorsement key, and the key's public area.

use p256::pkcs8::DecodePublicKey;
use skts_otp::UnixTime;
use skts_provisioning::statement::TpmStatement;
use webpki::KeyUsage;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::X509Certificate;

use super::Doubt;
use super::chain::{Trust, verified};
use super::credential::{EndorsementKey, KeyName};

/// `tcg-kp-EKCertificate` (TCG EK Credential Profile 2.5, §3.5.16).
const EK_CERTIFICATE: &[u8] = &[0x67, 0x81, 0x05, 0x08, 0x01];
const EK_CERTIFICATE_TEXT: &str = "2.23.133.8.1";
/// `tcg-at-tpmManufacturer` (§3.1.2): `id:` and the four letters of the vendor's name in hexadecimal.
const MANUFACTURER_TEXT: &str = "2.23.133.2.1";
/// Vendors whose chips are programs: the simulator of virtual machines, and hypervisors' own. A
/// genuine certificate of theirs says which program it is, and a copy of a program is as genuine.
const VIRTUAL: [&[u8; 4]; 6] = [b"IBM\0", b"IBM ", b"VMW\0", b"MSFT", b"AMZN", b"GOOG"];

/// `TPMT_PUBLIC` of the keys the app makes, up to the point: P-256, name by SHA-256; fixedTPM,
/// fixedParent, sensitiveDataOrigin, userWithAuth, noDA and sign, nothing else and no policy; no
/// symmetric part, ECDSA with SHA-256, no key derivation (TCG TPM 2.0 Library, Part 2 §12.2.4).
const PUBLIC_AREA: [u8; 20] = [
    0x00, 0x23, 0x00, 0x0b, 0x00, 0x04, 0x04, 0x72, 0x00, 0x00, 0x00, 0x10, 0x00, 0x18, 0x00, 0x0b,
    0x00, 0x03, 0x00, 0x10,
];

/// Checks a statement; what is left to be proved is that one chip holds both keys.
pub(super) fn check(
    trust: &Trust,
    said: &TpmStatement,
    spki: &[u8],
    now: UnixTime,
) -> Result<(EndorsementKey, KeyName), Doubt> {
    check_public(&said.public, spki)?;
    let chain = verified(
        &said.certificates,
        &trust.tpm,
        KeyUsage::required_if_present(EK_CERTIFICATE),
        &trust.revoked,
        now,
    )?;
    let certificate = chain.first().ok_or(Doubt::Malformed)?;
    check_purpose(certificate)?;
    check_manufacturer(certificate)?;
    let key =
        EndorsementKey::from_spki(certificate.public_key().raw).ok_or(Doubt::EndorsementKey)?;
    Ok((key, KeyName::of(&said.public)))
}

/// The public area must be what the app makes, and its point the device key's.
///
/// That the chip will hold a private part to it follows from two of its details: fixedTPM and
/// sensitiveDataOrigin keep a key that was made elsewhere from being loaded with its private part, and
/// a public part alone has, without a policy, nothing by which its use could be authorised.
fn check_public(public: &[u8], spki: &[u8]) -> Result<(), Doubt> {
    let point = public.strip_prefix(&PUBLIC_AREA).ok_or(Doubt::KeyKind)?;
    let (x, rest) = sized(point).ok_or(Doubt::Malformed)?;
    let (y, rest) = sized(rest).ok_or(Doubt::Malformed)?;
    if !rest.is_empty() {
        return Err(Doubt::Malformed);
    }
    let key = p256::PublicKey::from_public_key_der(spki).map_err(|_| Doubt::OtherKey)?;
    let expected: p256::EncodedPoint = key.into();
    let same = |found: &[u8], expected: Option<&p256::FieldBytes>| {
        // Chips may leave leading zeros out.
        expected.is_some_and(|expected| {
            let zeros = expected.len().saturating_sub(found.len());
            let (head, tail) = expected.split_at(zeros);
            found == tail && head.iter().all(|byte| *byte == 0)
        })
    };
    if same(x, expected.x()) && same(y, expected.y()) {
        Ok(())
    } else {
        Err(Doubt::OtherKey)
    }
}

/// A `TPM2B`, and what follows.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

/// The certificate itself must name what it is for; its authorities need not.
fn check_purpose(certificate: &X509Certificate<'_>) -> Result<(), Doubt> {
    let purposes = certificate
        .extended_key_usage()
        .map_err(|_| Doubt::Malformed)?
        .ok_or(Doubt::Purpose)?;
    let mut others = purposes.value.other.iter();
    if others.any(|purpose| purpose.to_id_string() == EK_CERTIFICATE_TEXT) {
        Ok(())
    } else {
        Err(Doubt::Purpose)
    }
}

fn check_manufacturer(certificate: &X509Certificate<'_>) -> Result<(), Doubt> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| Doubt::Malformed)?
        .ok_or(Doubt::Purpose)?;
    let mut found = names.value.general_names.iter().filter_map(|name| {
        let GeneralName::DirectoryName(name) = name else {
            return None;
        };
        name.iter_attributes()
            .find(|part| part.attr_type().to_id_string() == MANUFACTURER_TEXT)
    });
    let (Some(part), None) = (found.next(), found.next()) else {
        return Err(Doubt::Purpose);
    };
    let id = part
        .attr_value()
        .data
        .strip_prefix(b"id:")
        .and_then(|digits| hex::decode(digits).ok())
        .and_then(|id| <[u8; 4]>::try_from(id).ok())
        .ok_or(Doubt::Purpose)?;
    // The simulator is written down by number, and no vendor's name is one.
    let is_name = id.iter().all(|byte| matches!(byte, b'A'..=b'Z' | b' ' | 0));
    if is_name && !VIRTUAL.contains(&&id) {
        Ok(())
    } else {
        Err(Doubt::VirtualChip)
    }
}
