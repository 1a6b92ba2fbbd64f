//! OCRA suites: the text that says what a response is computed with, and is hashed itself.

use std::fmt;
use std::iter::Peekable;
use std::ops::RangeInclusive;
use std::str::{FromStr, Split};

use serde::{Deserialize, Serialize};

use super::challenge::ChallengeFormat;
use crate::code::HashAlgorithm;
use crate::time::{TimeStep, UnixTime};

const VERSION: &str = "OCRA-1";
const LONGEST_SESSION_BYTES: u16 = 512;

/// What a response is computed from and how: `OCRA-1:<CryptoFunction>:<DataInput>`.
///
/// The text is part of what is hashed, so a suite has one spelling and [`Display`](fmt::Display)
/// gives back what was parsed: upper case, lengths of a challenge with two digits and of a session
/// with three, no zero before a time step. The lone `QH8` among the examples of §6.4 is against the
/// RFC's own table 2 and refused.
///
/// # Source
/// RFC 6287 §5.2, §6; erratum 3729 (no time step of zero hours).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OcraSuite {
    hash: HashAlgorithm,
    digits: u8,
    counter: bool,
    challenge: ChallengeFormat,
    challenge_length: u8,
    pin_hash: Option<HashAlgorithm>,
    session_info_bytes: Option<u16>,
    step_size: Option<StepSize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct StepSize {
    count: u8,
    unit: StepUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum StepUnit {
    Seconds,
    Minutes,
    Hours,
}

impl OcraSuite {
    /// The suite of soft tokens' transaction signatures: `OCRA-1:HOTP-SHA256-8:QH64-T1M`.
    pub const SIGNING: Self = Self {
        hash: HashAlgorithm::Sha256,
        digits: 8,
        counter: false,
        challenge: ChallengeFormat::Hexadecimal,
        challenge_length: 64,
        pin_hash: None,
        session_info_bytes: None,
        step_size: Some(StepSize {
            count: 1,
            unit: StepUnit::Minutes,
        }),
    };

    /// The hash under the HMAC.
    pub const fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// Digits of a response, 4..=10. Ten are no more than nine and a first digit of 0, 1 or 2
    /// (erratum 3730, reported).
    pub const fn digits(&self) -> u8 {
        self.digits
    }

    /// Whether a counter is part of the input.
    pub const fn has_counter(&self) -> bool {
        self.counter
    }

    /// Which characters a challenge has.
    pub const fn challenge_format(&self) -> ChallengeFormat {
        self.challenge
    }

    /// The most characters of one challenge, 4..=64.
    pub const fn challenge_length(&self) -> usize {
        self.challenge_length as usize
    }

    /// The hash over PIN or password, if that is part of the input.
    pub const fn pin_hash(&self) -> Option<HashAlgorithm> {
        self.pin_hash
    }

    /// The length of the session information, 1..=512 bytes, if that is part of the input.
    pub fn session_info_bytes(&self) -> Option<usize> {
        self.session_info_bytes.map(usize::from)
    }

    /// Whether a time step is part of the input.
    pub const fn has_timestamp(&self) -> bool {
        self.step_size.is_some()
    }

    /// The step of this suite that `time` lies in; none if the suite has no time step.
    pub fn step_at(&self, time: UnixTime) -> Option<TimeStep> {
        let size = self.step_size?;
        let unit_secs: u64 = match size.unit {
            StepUnit::Seconds => 1,
            StepUnit::Minutes => 60,
            StepUnit::Hours => 3_600,
        };
        let step_secs = unit_secs.checked_mul(u64::from(size.count))?;
        let index = time.as_secs().checked_div(step_secs)?;
        Some(TimeStep::from_index(index))
    }
}

impl fmt::Display for OcraSuite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{VERSION}:HOTP-{}-{}:", name(self.hash), self.digits)?;
        if self.counter {
            f.write_str("C-")?;
        }
        let letter = self.challenge.letter();
        write!(f, "Q{letter}{:02}", self.challenge_length)?;
        if let Some(hash) = self.pin_hash {
            write!(f, "-P{}", name(hash))?;
        }
        if let Some(length) = self.session_info_bytes {
            write!(f, "-S{length:03}")?;
        }
        if let Some(StepSize { count, unit }) = self.step_size {
            let unit = match unit {
                StepUnit::Seconds => 'S',
                StepUnit::Minutes => 'M',
                StepUnit::Hours => 'H',
            };
            write!(f, "-T{count}{unit}")?;
        }
        Ok(())
    }
}

impl FromStr for OcraSuite {
    type Err = OcraSuiteError;

    fn from_str(text: &str) -> Result<Self, OcraSuiteError> {
        let mut parts = text.split(':');
        let (Some(VERSION), Some(function), Some(inputs), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(OcraSuiteError::Form);
        };
        let (hash, digits) = read_function(function)?;
        let mut inputs = inputs.split('-').peekable();
        let counter = inputs.next_if_eq(&"C").is_some();
        let (challenge, challenge_length) = inputs
            .next()
            .and_then(read_challenge)
            .ok_or(OcraSuiteError::Challenge)?;
        let pin_hash = optional(&mut inputs, 'P', read_hash, OcraSuiteError::PinHash)?;
        let session_info_bytes =
            optional(&mut inputs, 'S', read_session, OcraSuiteError::SessionInfo)?;
        let step_size = optional(&mut inputs, 'T', read_step, OcraSuiteError::Timestamp)?;
        if inputs.next().is_some() {
            return Err(OcraSuiteError::UnknownInput);
        }
        Ok(Self {
            hash,
            digits,
            counter,
            challenge,
            challenge_length,
            pin_hash,
            session_info_bytes,
            step_size,
        })
    }
}

impl TryFrom<String> for OcraSuite {
    type Error = OcraSuiteError;

    fn try_from(text: String) -> Result<Self, OcraSuiteError> {
        text.parse()
    }
}

impl From<OcraSuite> for String {
    fn from(suite: OcraSuite) -> Self {
        suite.to_string()
    }
}

const fn name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha1 => "SHA1",
        HashAlgorithm::Sha256 => "SHA256",
        HashAlgorithm::Sha512 => "SHA512",
    }
}

fn read_hash(text: &str) -> Option<HashAlgorithm> {
    [
        HashAlgorithm::Sha1,
        HashAlgorithm::Sha256,
        HashAlgorithm::Sha512,
    ]
    .into_iter()
    .find(|hash| name(*hash) == text)
}

fn read_function(text: &str) -> Result<(HashAlgorithm, u8), OcraSuiteError> {
    let (hash, digits) = text
        .strip_prefix("HOTP-")
        .and_then(|rest| rest.split_once('-'))
        .ok_or(OcraSuiteError::Function)?;
    let hash = read_hash(hash).ok_or(OcraSuiteError::Function)?;
    if digits == "0" {
        return Err(OcraSuiteError::Untruncated);
    }
    let digits = read_count(digits, 4..=10).ok_or(OcraSuiteError::Function)?;
    Ok((hash, digits))
}

fn read_challenge(text: &str) -> Option<(ChallengeFormat, u8)> {
    let rest = text.strip_prefix('Q')?;
    let (format, length) = ChallengeFormat::ALL
        .into_iter()
        .find_map(|format| Some((format, rest.strip_prefix(format.letter())?)))?;
    let length = u8::try_from(read_padded(length, 2)?).ok()?;
    (4..=64).contains(&length).then_some((format, length))
}

fn read_session(text: &str) -> Option<u16> {
    read_padded(text, 3).filter(|length| (1..=LONGEST_SESSION_BYTES).contains(length))
}

fn read_step(text: &str) -> Option<StepSize> {
    let units = [
        ('S', StepUnit::Seconds, 59),
        ('M', StepUnit::Minutes, 59),
        ('H', StepUnit::Hours, 48),
    ];
    let (count, unit, most) = units
        .into_iter()
        .find_map(|(letter, unit, most)| Some((text.strip_suffix(letter)?, unit, most)))?;
    let count = read_count(count, 1..=most)?;
    Some(StepSize { count, unit })
}

/// A number with exactly `width` digits.
fn read_padded(text: &str, width: usize) -> Option<u16> {
    let whole = text.len() == width && text.bytes().all(|b| b.is_ascii_digit());
    whole.then(|| text.parse().ok())?
}

/// A number without a sign or a zero in front.
fn read_count(text: &str, range: RangeInclusive<u8>) -> Option<u8> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    let count = plain.then(|| text.parse().ok())??;
    range.contains(&count).then_some(count)
}

/// An input that may be absent: one that begins with `letter`, without it.
fn optional<T>(
    inputs: &mut Peekable<Split<'_, char>>,
    letter: char,
    read: impl Fn(&str) -> Option<T>,
    wrong: OcraSuiteError,
) -> Result<Option<T>, OcraSuiteError> {
    let Some(input) = inputs.next_if(|input| input.starts_with(letter)) else {
        return Ok(None);
    };
    let rest = input.strip_prefix(letter).and_then(read);
    rest.map(Some).ok_or(wrong)
}

/// Why a text is no suite that we compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OcraSuiteError {
    /// Not version 1, or not three parts.
    #[error("a suite reads OCRA-1:<CryptoFunction>:<DataInput>")]
    Form,
    /// Another function than HOTP over HMAC with SHA1, SHA256 or SHA512 and 4 to 10 digits.
    #[error("the function is HOTP-<SHA1|SHA256|SHA512>-<4 to 10>")]
    Function,
    /// A function without truncation, whose response is a whole MAC: nobody types one.
    #[error("responses that are not truncated are not computed")]
    Untruncated,
    /// No challenge where it must stand, or one of another form.
    #[error("the challenge is Q<A|N|H><04 to 64>")]
    Challenge,
    /// The hash over the PIN.
    #[error("the PIN's hash is P<SHA1|SHA256|SHA512>")]
    PinHash,
    /// The length of the session information.
    #[error("session information is S<001 to 512>")]
    SessionInfo,
    /// The size of the time step.
    #[error("the time step is T<1 to 59><S|M> or T<1 to 48>H")]
    Timestamp,
    /// Something that is no input, is repeated, or stands out of order.
    #[error("inputs are C, Q, P, S and T, in this order and once")]
    UnknownInput,
}
