//! One key package: a device, its key, and the key's secret as it stands.

use crate::cipher::Ciphertext;
use crate::error::{ElementError, KeyError, ProtectionError};
use crate::key::{
    Algorithm, HashAlgorithm, Key, SerialNumber, checked_name, checked_secret, parse_count,
    parse_digits, parse_period,
};
use crate::policy::{Policy, Validity};
use crate::protection::{Encrypted, Value};
use crate::secret::Secret;
use crate::value::decode_base64;
use crate::xml::{Element, Namespace, Shape};

const LONGEST_SUITE: usize = 64;
/// What the name of an algorithm begins with: RFC 6030's form, and those of its drafts, which makers
/// still write.
const PROFILES: [&str; 3] = [
    "urn:ietf:params:xml:ns:keyprov:pskc:",
    "urn:ietf:params:xml:ns:keyprov:pskc#",
    "http://www.ietf.org/keyprov/pskc#",
];

const KEY_PACKAGE: Shape = Shape {
    repeated: &["Extensions"],
    ..Shape::of(
        "KeyPackage",
        &[
            (Namespace::Pskc, "DeviceInfo"),
            (Namespace::Pskc, "CryptoModuleInfo"),
            (Namespace::Pskc, "Key"),
            (Namespace::Pskc, "Extensions"),
        ],
    )
};
const DEVICE: Shape = Shape {
    repeated: &["Extensions"],
    ..Shape::of(
        "DeviceInfo",
        &[
            (Namespace::Pskc, "Manufacturer"),
            (Namespace::Pskc, "SerialNo"),
            (Namespace::Pskc, "Model"),
            (Namespace::Pskc, "IssueNo"),
            (Namespace::Pskc, "DeviceBinding"),
            (Namespace::Pskc, "StartDate"),
            (Namespace::Pskc, "ExpiryDate"),
            (Namespace::Pskc, "UserId"),
            (Namespace::Pskc, "Extensions"),
        ],
    )
};
// Not among them: `KeyProfileId` and `KeyReference`, which say that something agreed on elsewhere
// makes the codes other than the file does.
const KEY: Shape = Shape {
    attributes: &["Id", "Algorithm"],
    repeated: &["Extensions"],
    ..Shape::of(
        "Key",
        &[
            (Namespace::Pskc, "Issuer"),
            (Namespace::Pskc, "AlgorithmParameters"),
            (Namespace::Pskc, "FriendlyName"),
            (Namespace::Pskc, "Data"),
            (Namespace::Pskc, "UserId"),
            (Namespace::Pskc, "Policy"),
            (Namespace::Pskc, "Extensions"),
        ],
    )
};
// No `Extensions`: what they would say influences the codes (RFC 6030 §4.1).
const PARAMETERS: Shape = Shape::of(
    "AlgorithmParameters",
    &[
        (Namespace::Pskc, "Suite"),
        (Namespace::Pskc, "ChallengeFormat"),
        (Namespace::Pskc, "ResponseFormat"),
    ],
);
// The text of RFC 6030 has `CheckDigit`, its schema `CheckDigits`.
const RESPONSE_FORMAT: Shape = Shape {
    attributes: &["Encoding", "Length", "CheckDigit", "CheckDigits"],
    ..Shape::text("ResponseFormat")
};
const CHALLENGE_FORMAT: Shape = Shape {
    attributes: &["Encoding", "Min", "Max", "CheckDigit", "CheckDigits"],
    ..Shape::text("ChallengeFormat")
};
const DATA: Shape = Shape {
    open: true,
    ..Shape::of(
        "Data",
        &[
            (Namespace::Pskc, "Secret"),
            (Namespace::Pskc, "Counter"),
            (Namespace::Pskc, "Time"),
            (Namespace::Pskc, "TimeInterval"),
            (Namespace::Pskc, "TimeDrift"),
        ],
    )
};
const SECRET: Shape = Shape::of(
    "Secret",
    &[
        (Namespace::Pskc, "PlainValue"),
        (Namespace::Pskc, "EncryptedValue"),
        (Namespace::Pskc, "ValueMAC"),
    ],
);

/// A key package without its secret.
pub(crate) enum Package {
    /// A key for codes or responses.
    Token(Box<TokenPackage>),
    /// A PIN that a token checks by itself: its secret is checked with the others and given to nobody.
    Pin { id: String },
}

pub(crate) struct TokenPackage {
    serial: SerialNumber,
    manufacturer: Option<String>,
    model: Option<String>,
    algorithm: Algorithm,
    hash: HashAlgorithm,
    digits: u8,
    validity: Validity,
    pub(crate) pin_key_id: Option<String>,
}

impl Package {
    pub(crate) fn read(element: &Element) -> Result<(Self, Value), KeyError> {
        element.check(&KEY_PACKAGE)?;
        let key = element.required("Key")?;
        key.check(&KEY)?;
        let data = key.required("Data")?;
        data.check(&DATA)?;
        let value = read_secret(data.required("Secret")?)?;
        let name = key.attribute("Algorithm").unwrap_or_default();
        if name == "urn:ietf:params:xml:ns:keyprov:pskc:pin" {
            let id = key.attribute("Id").unwrap_or_default().to_owned();
            return Ok((Self::Pin { id }, value));
        }
        let device = element.required("DeviceInfo")?;
        device.check(&DEVICE)?;
        let parameters = key.required("AlgorithmParameters")?;
        parameters.check(&PARAMETERS)?;
        let (algorithm, hash, digits) = read_algorithm(name, parameters, data)?;
        let usage = if algorithm.answers_challenges() {
            "CR"
        } else {
            "OTP"
        };
        let policy = Policy::read(key, usage)?;
        let name_of = |name| checked_name(device.child_text(name)?.unwrap_or_default(), name);
        let name = "SerialNo";
        let serial = device
            .child_text(name)?
            .ok_or(ElementError::Missing { name })?;
        let token = TokenPackage {
            serial: SerialNumber::parse(serial)?,
            manufacturer: name_of("Manufacturer")?,
            model: name_of("Model")?,
            algorithm,
            hash,
            digits,
            validity: Validity::read(device)?.and(policy.validity)?,
            pin_key_id: policy.pin_key_id,
        };
        Ok((Self::Token(Box::new(token)), value))
    }
}

impl TokenPackage {
    /// The key, with its secret opened.
    pub(crate) fn with(self, secret: Secret) -> Result<Key, KeyError> {
        Ok(Key {
            serial: self.serial,
            manufacturer: self.manufacturer,
            model: self.model,
            algorithm: self.algorithm,
            hash: self.hash,
            digits: self.digits,
            starts_at: self.validity.starts_at,
            expires_at: self.validity.expires_at,
            secret: checked_secret(secret)?,
        })
    }
}

fn read_secret(element: &Element) -> Result<Value, KeyError> {
    element.check(&SECRET)?;
    let base64 = |name| {
        let text = element.child_text(name)?;
        let bytes = text.map(|text| decode_base64(text).ok_or(KeyError::Value { of: name }));
        bytes.transpose()
    };
    let (plain, mac) = (base64("PlainValue")?, base64("ValueMAC")?);
    match (plain, element.child("EncryptedValue")) {
        (Some(plain), None) if mac.is_none() => Ok(Value::Plain(Secret::from(plain))),
        (None, Some(encrypted)) => Ok(Value::Encrypted(Encrypted {
            ciphertext: Ciphertext::read::<KeyError>(encrypted, "EncryptedValue")?,
            mac: mac.map(|mac| mac.to_vec()),
        })),
        // A MAC is over an encrypted value; one beside a plain value says nothing.
        (Some(_), None) => Err(ProtectionError::Unsupported { of: "ValueMAC" }.into()),
        (Some(_), Some(_)) => Err(ElementError::Repeated { name: "PlainValue" }.into()),
        (None, None) => Err(ElementError::Missing { name: "PlainValue" }.into()),
    }
}

fn read_algorithm(
    name: &str,
    parameters: &Element,
    data: &Element,
) -> Result<(Algorithm, HashAlgorithm, u8), KeyError> {
    let suite = parameters.child_text("Suite")?;
    let profile = PROFILES
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .ok_or(KeyError::Algorithm)?;
    let algorithm = match profile {
        "hotp" => Algorithm::Hotp {
            counter: number(data, "Counter", parse_count)?.unwrap_or_default(),
        },
        "totp" => Algorithm::Totp {
            // A period guessed wrong would make a batch that never gives a good code.
            period_secs: number(data, "TimeInterval", parse_period)?.ok_or(
                ElementError::Missing {
                    name: "TimeInterval",
                },
            )?,
            drift_steps: number(data, "TimeDrift", parse_drift)?.unwrap_or_default(),
        },
        "ocra" => return read_ocra(suite.unwrap_or_default(), parameters, data),
        // The older profile has the suite as the end of the name.
        suite if suite.starts_with("OCRA-1:") => return read_ocra(suite, parameters, data),
        _ => return Err(KeyError::Algorithm),
    };
    let hash = match suite {
        None | Some("") => HashAlgorithm::Sha1,
        Some(suite) => HashAlgorithm::parse(suite).ok_or(KeyError::Value { of: "Suite" })?,
    };
    let format = parameters.required(RESPONSE_FORMAT.name)?;
    let digits = parse_digits(check_format(format, &RESPONSE_FORMAT)?, "ResponseFormat")?;
    Ok((algorithm, hash, digits))
}

/// Takes the parts of a suite that say what the key is: `OCRA-1:HOTP-SHA…-digits:input`.
fn read_ocra(
    suite: &str,
    parameters: &Element,
    data: &Element,
) -> Result<(Algorithm, HashAlgorithm, u8), KeyError> {
    let refused = KeyError::Value { of: "Suite" };
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':');
    if suite.len() > LONGEST_SUITE || !suite.chars().all(known) {
        return Err(refused);
    }
    let parts: Vec<&str> = suite.split(':').collect();
    let ["OCRA-1", function, input] = parts.as_slice() else {
        return Err(refused);
    };
    let function: Vec<&str> = function.split('-').collect();
    let ["HOTP", hash, digits] = function.as_slice() else {
        return Err(refused);
    };
    let hash = HashAlgorithm::parse(hash).ok_or(refused)?;
    let digits = digits
        .parse()
        .ok()
        .filter(|digits| (4..=10).contains(digits))
        .ok_or(refused)?;
    if let Some(format) = parameters.child(RESPONSE_FORMAT.name)
        && check_format(format, &RESPONSE_FORMAT)?.parse() != Ok(digits)
    {
        return Err(KeyError::Value {
            of: "ResponseFormat",
        });
    }
    if let Some(format) = parameters.child(CHALLENGE_FORMAT.name) {
        check_format(format, &CHALLENGE_FORMAT)?;
    }
    let counted = input.split('-').next() == Some("C");
    let counter = number(data, "Counter", parse_count)?.unwrap_or_default();
    let algorithm = Algorithm::Ocra {
        suite: suite.to_owned(),
        counter: counted.then_some(counter),
    };
    Ok((algorithm, hash, digits))
}

/// The `Length` of a format, where there is one. Responses are decimal and nothing has a check
/// digit: no verifier of ours would know of it.
fn check_format<'a>(format: &'a Element, shape: &Shape) -> Result<&'a str, KeyError> {
    format.check(shape)?;
    let refused = KeyError::Value { of: shape.name };
    let checked = ["CheckDigit", "CheckDigits"]
        .iter()
        .filter_map(|name| format.attribute(name))
        .any(|value| !matches!(value, "false" | "FALSE" | "0"));
    let response = shape.name == RESPONSE_FORMAT.name;
    if checked || (response && format.attribute("Encoding") != Some("DECIMAL")) {
        return Err(refused);
    }
    Ok(format.attribute("Length").unwrap_or_default())
}

/// A number in the clear under `data`.
fn number<T>(
    data: &Element,
    name: &'static str,
    parse: impl Fn(&str, &'static str) -> Result<T, KeyError>,
) -> Result<Option<T>, KeyError> {
    let Some(element) = data.child(name) else {
        return Ok(None);
    };
    element.check(&Shape::of(name, &[(Namespace::Pskc, "PlainValue")]))?;
    let text = element.child_text("PlainValue")?;
    let missing = ElementError::Missing { name: "PlainValue" };
    parse(text.ok_or(missing)?, name).map(Some)
}

fn parse_drift(text: &str, of: &'static str) -> Result<i32, KeyError> {
    text.parse().map_err(|_| KeyError::Value { of })
}
