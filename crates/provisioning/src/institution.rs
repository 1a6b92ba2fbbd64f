//! The signed institution list: addresses, names, accents, pinned provisioning keys, policies.

use std::collections::HashSet;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use skts_otp::{TokenPolicy, UnixTime};
use skts_sealed::{FieldWriter, SecretBytes};
use zeroize::Zeroize;

use crate::ids::ServiceId;
use crate::p256_text::{canonical_sec1, low_s, verify_strict};
use crate::wire::Bytes;

/// The list itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstitutionList {
    /// When it was signed.
    pub issued_at: UnixTime,
    /// At most 1000 institutions, service IDs and ids all different.
    pub institutions: Vec<Institution>,
}

/// One institution as the app knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Institution {
    /// 1 to 40 of `a`–`z`, `0`–`9` and `-`.
    pub id: String,
    /// サービスID.
    pub service_id: ServiceId,
    /// Name shown.
    pub name: Localized,
    /// Whom to ask.
    pub contact: Localized,
    /// `#rrggbb`.
    pub accent: String,
    /// Base URL, no path, no trailing slash: `https://host[:port]`, or `http://` to loopback.
    pub address: String,
    /// Current and next; at least one, at most four.
    pub provisioning_keys: Vec<ProvisioningPublicKey>,
    /// Settings of its tokens.
    pub policy: TokenPolicy,
}

/// A text in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Localized {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// A key the service signs grants of S with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProvisioningPublicKey {
    /// First 16 hexadecimal digits of SHA-256 of the point.
    pub id: String,
    /// Uncompressed P-256 point, 65 bytes.
    pub sec1: Bytes,
}

/// Why a list is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// A policy contradicts itself.
    #[error("an institution's policy is not valid")]
    BadPolicy,
    /// Two institutions share an id or a service ID.
    #[error("two institutions share an id")]
    Duplicate,
    /// A list from outside names an address that is not loopback.
    #[error("a list from outside names an address that is not loopback")]
    ForeignAddress,
    /// An address that is not `https`, and not `http` to loopback, or not a plain base URL.
    #[error("an institution's address is not an accepted base URL")]
    InsecureAddress,
    /// Not a list, or a field out of bounds.
    #[error("the institution list is malformed")]
    Malformed,
    /// The signature does not hold, or is not of the pinned key.
    #[error("the institution list's signature does not hold")]
    WrongSignature,
}

/// The key lists are signed with.
pub struct ListSigningKey(SigningKey);

impl ListSigningKey {
    /// Makes a new one.
    pub fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        Self(SigningKey::random(rng))
    }

    /// 32 bytes to be stored sealed or in a file of the owner's.
    pub fn encode(&self) -> SecretBytes {
        let mut bytes = self.0.to_bytes();
        let secret = SecretBytes::from_slice(&bytes);
        bytes.zeroize();
        secret
    }

    /// Reads what [`ListSigningKey::encode`] wrote.
    ///
    /// # Errors
    /// [`ListError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ListError> {
        if bytes.len() != 32 {
            return Err(ListError::Malformed);
        }
        SigningKey::from_slice(bytes)
            .map(Self)
            .map_err(|_| ListError::Malformed)
    }

    /// The public half: uncompressed point, 65 bytes.
    pub fn public_sec1(&self) -> Vec<u8> {
        self.0
            .verifying_key()
            .to_encoded_point(false)
            .as_bytes()
            .to_vec()
    }
}

impl fmt::Debug for ListSigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ListSigningKey(redacted)")
    }
}

/// Most bytes of a signed list's text.
pub const MAX_LIST_TEXT_BYTES: usize = 2 * 1024 * 1024;
const MAX_INSTITUTIONS: usize = 1000;
const MAX_NAME_BYTES: usize = 256;

/// Reads and writes signed lists.
#[derive(Debug)]
pub struct SignedList;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignedText {
    list: String,
    key: Bytes,
    signature: Bytes,
}

impl SignedList {
    /// Signs a list; the text goes into a file: JSON with `list` (base64 of the list's JSON),
    /// `key` (SEC1) and `signature` (64 bytes over the labelled list bytes).
    ///
    /// # Errors
    /// [`ListError`] if the list would not be taken back.
    pub fn sign(list: &InstitutionList, key: &ListSigningKey) -> Result<String, ListError> {
        check_list(list)?;
        let bytes = serde_json::to_vec(list).map_err(|_| ListError::Malformed)?;
        // EXPOSE: a signed message is not secret.
        let signature: Signature = key.0.sign(signed_message(&bytes).expose_secret());
        serde_json::to_string_pretty(&SignedText {
            list: STANDARD.encode(&bytes),
            key: Bytes(key.public_sec1()),
            signature: Bytes(low_s(signature).to_bytes().to_vec()),
        })
        .map_err(|_| ListError::Malformed)
    }

    /// Reads a list signed by the pinned key.
    ///
    /// # Shapes and units
    /// - `pinned`: uncompressed point, 65 bytes.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify_pinned(text: &str, pinned: &[u8]) -> Result<InstitutionList, ListError> {
        let signed = parse_signed(text)?;
        if signed.key.0 != pinned {
            return Err(ListError::WrongSignature);
        }
        verify(&signed)
    }

    /// Reads a list from outside, signed by whatever key it carries: every address must be
    /// loopback.
    ///
    /// # Errors
    /// [`ListError`].
    pub fn verify_outside(text: &str) -> Result<InstitutionList, ListError> {
        let list = verify(&parse_signed(text)?)?;
        let loopback = |institution: &Institution| {
            parse_address(&institution.address).is_some_and(|address| address.loopback)
        };
        if list.institutions.iter().all(loopback) {
            Ok(list)
        } else {
            Err(ListError::ForeignAddress)
        }
    }
}

fn signed_message(list: &[u8]) -> SecretBytes {
    FieldWriter::new()
        .bytes(b"skts/institution-list/v1")
        .bytes(list)
        .finish()
}

fn parse_signed(text: &str) -> Result<SignedText, ListError> {
    if text.len() > MAX_LIST_TEXT_BYTES {
        return Err(ListError::Malformed);
    }
    serde_json::from_str(text).map_err(|_| ListError::Malformed)
}

/// Signature first, then shape, then fields: nothing unsigned is looked into.
fn verify(signed: &SignedText) -> Result<InstitutionList, ListError> {
    let bytes = STANDARD
        .decode(&signed.list)
        .map_err(|_| ListError::Malformed)?;
    let key = canonical_sec1(&signed.key.0).ok_or(ListError::Malformed)?;
    if !verify_strict(
        &key,
        // EXPOSE: a signed message is not secret.
        signed_message(&bytes).expose_secret(),
        &signed.signature.0,
    ) {
        return Err(ListError::WrongSignature);
    }
    let list = serde_json::from_slice(&bytes).map_err(|_| ListError::Malformed)?;
    check_list(&list)?;
    Ok(list)
}

fn check_list(list: &InstitutionList) -> Result<(), ListError> {
    if list.institutions.len() > MAX_INSTITUTIONS {
        return Err(ListError::Malformed);
    }
    let (mut ids, mut service_ids) = (HashSet::new(), HashSet::new());
    for institution in &list.institutions {
        check_institution(institution)?;
        if !ids.insert(&institution.id) || !service_ids.insert(&institution.service_id) {
            return Err(ListError::Duplicate);
        }
    }
    Ok(())
}

fn check_institution(institution: &Institution) -> Result<(), ListError> {
    let texts = [&institution.name, &institution.contact];
    let texts_good = texts
        .iter()
        .flat_map(|text| [&text.ja, &text.en])
        .all(|text| {
            !text.trim().is_empty()
                && text.len() <= MAX_NAME_BYTES
                && !text.chars().any(char::is_control)
        });
    let keys = &institution.provisioning_keys;
    let key_ids: HashSet<_> = keys.iter().map(|key| &key.id).collect();
    let keys_good = (1..=4).contains(&keys.len())
        && key_ids.len() == keys.len()
        && keys
            .iter()
            .all(|key| (1..=64).contains(&key.id.len()) && canonical_sec1(&key.sec1.0).is_some());
    if !is_institution_id(&institution.id)
        || !is_accent(&institution.accent)
        || !texts_good
        || !keys_good
    {
        return Err(ListError::Malformed);
    }
    check_address(&institution.address)?;
    institution
        .policy
        .validate()
        .map_err(|_| ListError::BadPolicy)
}

fn is_accent(text: &str) -> bool {
    text.strip_prefix('#')
        .is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Checks a base URL: `https` to any host, `http` to loopback only.
///
/// Loopback is `localhost`, `127.0.0.0/8` in four plain decimals, or `[::1]`. Only scheme, host
/// and port are taken: no user name, path, query, percent sign or anything a second parser could
/// read another way.
///
/// # Errors
/// [`ListError::InsecureAddress`].
pub fn check_address(address: &str) -> Result<(), ListError> {
    match parse_address(address) {
        Some(Address { https: true, .. } | Address { loopback: true, .. }) => Ok(()),
        _ => Err(ListError::InsecureAddress),
    }
}

struct Address {
    https: bool,
    loopback: bool,
}

fn parse_address(address: &str) -> Option<Address> {
    if address.len() > 256 {
        return None;
    }
    let (https, authority) = match address.strip_prefix("https://") {
        Some(authority) => (true, authority),
        None => (false, address.strip_prefix("http://")?),
    };
    let (loopback, rest) = match authority.strip_prefix('[') {
        Some(bracketed) => {
            let (literal, rest) = bracketed.split_once(']')?;
            // Without a dot no IPv4-mapped form hides in it; zone ids do not parse.
            let literal: Ipv6Addr = (!literal.contains('.'))
                .then(|| literal.parse().ok())
                .flatten()?;
            (literal == Ipv6Addr::LOCALHOST, rest)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, rest) = authority.split_at_checked(end)?;
            (host_loopback(host)?, rest)
        }
    };
    let port_good = match rest.strip_prefix(':') {
        None => rest.is_empty(),
        Some(port) => {
            port.bytes().all(|b| b.is_ascii_digit())
                && !port.starts_with('0')
                && port.parse::<u16>().is_ok()
        }
    };
    port_good.then_some(Address { https, loopback })
}

/// Whether a host name or IPv4 address is loopback; `None` if it is neither.
fn host_loopback(host: &str) -> Option<bool> {
    let labels_good = host.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    });
    if !labels_good {
        return None;
    }
    if let Ok(ip) = host.parse::<Ipv4Addr>() {
        return Some(ip.is_loopback());
    }
    // A last label that begins with a digit (`127.1`, `0x7f.1`, `2130706433`) is a number to some
    // parsers and a name to others.
    let last = host.rsplit('.').next()?;
    (!last.starts_with(|c: char| c.is_ascii_digit())).then_some(host == "localhost")
}

/// Whether `id` is 1 to 40 of `a`–`z`, `0`–`9` and `-`.
pub(crate) fn is_institution_id(id: &str) -> bool {
    (1..=40).contains(&id.len())
        && id
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
