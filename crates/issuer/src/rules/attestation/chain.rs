//! Chains of certificates up to a pinned root (RFC 5280 §6).

use std::collections::HashSet;

use rustls::pki_types::{
    CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime as Time,
};
use serde::Deserialize;
use skts_otp::UnixTime;
use webpki::{
    EndEntityCert, ExtendedKeyUsageValidator, KeyPurposeIdIter, anchor_from_trusted_cert,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::{AndroidApp, Doubt};

/// The signatures that makers of chips and phones use, and none with SHA-1.
const ALGORITHMS: [&dyn SignatureVerificationAlgorithm; 10] = [
    webpki::ring::ECDSA_P256_SHA256,
    webpki::ring::ECDSA_P256_SHA384,
    webpki::ring::ECDSA_P384_SHA256,
    webpki::ring::ECDSA_P384_SHA384,
    webpki::ring::RSA_PKCS1_2048_8192_SHA256,
    webpki::ring::RSA_PKCS1_2048_8192_SHA384,
    webpki::ring::RSA_PKCS1_2048_8192_SHA512,
    webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    webpki::ring::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    webpki::ring::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// Everything that statements are held against.
#[derive(Debug, Default)]
pub struct Trust {
    /// Roots of makers of TPMs.
    pub tpm: Roots,
    /// Roots of attestation by Android keystores.
    pub android: Roots,
    /// The app whose keys are attested on Android; without one no such statement holds.
    pub app: Option<AndroidApp>,
    /// Certificates, of either kind, that are good no more.
    pub revoked: Revoked,
}

/// Pinned roots. Their names and keys count; when they end is for whoever pins them.
#[derive(Debug, Default)]
pub struct Roots(Vec<TrustAnchor<'static>>);

/// A certificate that cannot be a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// Not an X.509 certificate.
    #[error("not a certificate")]
    Malformed,
    /// Google's root of emulators and of keystores in software, or what it signed.
    #[error("a root of keys in software")]
    Software,
    /// It is on the list of revoked ones.
    #[error("a revoked certificate")]
    Revoked,
}

impl Roots {
    /// Pins a root.
    ///
    /// # Shapes and units
    /// - `certificate`: DER. What leads to it is not looked at, so it must itself not be `revoked`.
    ///
    /// # Errors
    /// [`RootsError`].
    pub fn pin(&mut self, certificate: &[u8], revoked: &Revoked) -> Result<(), RootsError> {
        let der = CertificateDer::from(certificate);
        let anchor = anchor_from_trusted_cert(&der).map_err(|_| RootsError::Malformed)?;
        let parsed = parse(certificate).map_err(|_| RootsError::Malformed)?;
        let names = [parsed.subject(), parsed.issuer()].map(ToString::to_string);
        if names.iter().any(|name| name.contains(SOFTWARE)) {
            return Err(RootsError::Software);
        }
        if revoked.has(&parsed) {
            return Err(RootsError::Revoked);
        }
        self.0.push(anchor.to_owned());
        Ok(())
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

/// In the names of the root and the intermediates that software keystores are attested by (AOSP,
/// `system/keymaster`); their keys are public.
const SOFTWARE: &str = "Software Attestation";

/// Serials of certificates that were revoked, in lower-case hexadecimal or in decimal.
#[derive(Debug, Default)]
pub struct Revoked(HashSet<String>);

/// The form that Google publishes its list in.
#[derive(Deserialize)]
struct StatusList {
    entries: std::collections::BTreeMap<String, Status>,
}

/// What an entry says is not looked at.
#[derive(Deserialize)]
struct Status {}

impl Revoked {
    /// Reads a status list: `{"entries": {"serial": {"status": "REVOKED"}}}`, other fields ignored.
    /// Every status is taken for a revocation, suspension and what is not known yet too: one new word
    /// must not stop the list from being read. Serials may be written as `0x1a2b` or `1A:2B`.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(list: &[u8]) -> Result<Self, String> {
        let list: StatusList = serde_json::from_slice(list).map_err(|error| error.to_string())?;
        let mut serials = HashSet::new();
        for (written, Status {}) in list.entries {
            let serial = written.to_ascii_lowercase();
            let serial: String = serial
                .trim_start_matches("0x")
                .chars()
                .filter(|c| *c != ':' && !c.is_whitespace())
                .collect();
            if serial.is_empty() || !serial.chars().all(|c| c.is_ascii_hexdigit()) {
                return Err(format!("{written:?} is no serial number"));
            }
            serials.insert(serial.trim_start_matches('0').to_owned());
        }
        Ok(Self(serials))
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Older lists have decimal numbers among the hexadecimal ones: either spelling counts.
    fn has(&self, certificate: &X509Certificate<'_>) -> bool {
        !self.0.is_empty() && {
            let serial = &certificate.tbs_certificate.serial;
            self.0.contains(&serial.to_str_radix(16)) || self.0.contains(&serial.to_str_radix(10))
        }
    }
}

/// A certificate, and nothing behind it.
pub(super) fn parse(der: &[u8]) -> Result<X509Certificate<'_>, Doubt> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(Doubt::Malformed),
    }
}

/// Where what a certificate is for is not said by purposes.
pub(super) struct AnyPurpose;

impl ExtendedKeyUsageValidator for AnyPurpose {
    fn validate(&self, _named: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        Ok(())
    }
}

/// Checks that the first of `certificates` is signed, by way of the others, by one of `roots`, and
/// that none of them was revoked. Returns them parsed, in their order.
pub(super) fn verified<'c>(
    certificates: &'c [Vec<u8>],
    roots: &Roots,
    purpose: impl ExtendedKeyUsageValidator,
    revoked: &Revoked,
    now: UnixTime,
) -> Result<Vec<X509Certificate<'c>>, Doubt> {
    let (first, others) = certificates.split_first().ok_or(Doubt::Malformed)?;
    let leaf = CertificateDer::from(first.as_slice());
    let others: Vec<_> = others
        .iter()
        .map(|other| CertificateDer::from(other.as_slice()))
        .collect();
    let time = Time::since_unix_epoch(std::time::Duration::from_secs(now.as_secs()));
    EndEntityCert::try_from(&leaf)
        .and_then(|leaf| {
            leaf.verify_for_usage(&ALGORITHMS, &roots.0, &others, time, purpose, None, None)
                .map(drop)
        })
        .map_err(|_| Doubt::Chain)?;
    let parsed: Vec<_> = certificates
        .iter()
        .map(|certificate| parse(certificate))
        .collect::<Result<_, _>>()?;
    if parsed.iter().any(|certificate| revoked.has(certificate)) {
        return Err(Doubt::Revoked);
    }
    Ok(parsed)
}
