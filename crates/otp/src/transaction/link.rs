//! What a bank's page shows as a QR code for the app to sign.
//!
//! ```text
//! skts:sign?service_id=10000001&payee_bank=9999&payee_branch=001&account_kind=…&account_number=…
//!          &payee_name=…&amount_yen=…&challenge=…
//! ```

use std::fmt;
use std::str::FromStr;

use super::payment::{Payment, PaymentText};

const START: &str = "skts:sign?";
/// The longest name, each byte as three, and everything else.
const LONGEST_BYTES: usize = 1024;
const NAMES: [&str; 8] = [
    "service_id",
    "payee_bank",
    "payee_branch",
    "account_kind",
    "account_number",
    "payee_name",
    "amount_yen",
    "challenge",
];

/// A payment for the tokens of one institution to sign, as text: `skts:sign?` and [eight
/// pairs](Payment::fields), each once and in this order, percent-encoded (RFC 3986 §2.1).
///
/// The institution is not signed. It is there so that no other institution's token is asked for a
/// signature, which would count as a wrong one.
///
/// # Shapes and units
/// - `service_id`: 8 ASCII digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningLink {
    service_id: String,
    payment: Payment,
}

impl SigningLink {
    /// A payment for tokens of the institution with that service ID.
    ///
    /// # Errors
    /// [`SigningLinkError::Damaged`] unless `service_id` has 8 digits.
    pub fn new(service_id: &str, payment: Payment) -> Result<Self, SigningLinkError> {
        let digits = service_id.len() == 8 && service_id.bytes().all(|b| b.is_ascii_digit());
        if !digits {
            return Err(SigningLinkError::Damaged);
        }
        Ok(Self {
            service_id: service_id.to_owned(),
            payment,
        })
    }

    /// Whose tokens sign it: 8 digits.
    pub fn service_id(&self) -> &str {
        &self.service_id
    }

    /// What is to be signed.
    pub const fn payment(&self) -> &Payment {
        &self.payment
    }
}

impl FromStr for SigningLink {
    type Err = SigningLinkError;

    /// Reads what [`Display`](fmt::Display) writes, and nothing else: another order, another spelling
    /// of a field, a field more or less is refused, and a challenge that is not this payment's.
    fn from_str(text: &str) -> Result<Self, SigningLinkError> {
        let pairs = text
            .strip_prefix(START)
            .ok_or(SigningLinkError::NotSigning)?;
        if text.len() > LONGEST_BYTES {
            return Err(SigningLinkError::Damaged);
        }
        let mut pairs = pairs.split('&');
        let mut values = NAMES.map(|name| {
            let (found, value) = pairs.next()?.split_once('=')?;
            (found == name).then(|| decode(value))?
        });
        if pairs.next().is_some() {
            return Err(SigningLinkError::Damaged);
        }
        let mut values = values.iter_mut().map(Option::take);
        let mut next = || values.next().flatten().ok_or(SigningLinkError::Damaged);
        let service_id = next()?;
        let typed = PaymentText {
            payee_bank: next()?,
            payee_branch: next()?,
            account_kind: next()?,
            account_number: next()?,
            payee_name: next()?,
            amount_yen: next()?,
        };
        let challenge = next()?;
        let payment = Payment::parse(&typed).map_err(|_| SigningLinkError::Damaged)?;
        // What is read is what is shown: nothing is folded on the way.
        if PaymentText::from(payment.clone()) != typed || payment.challenge() != challenge {
            return Err(SigningLinkError::Damaged);
        }
        Self::new(&service_id, payment)
    }
}

impl fmt::Display for SigningLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.payment.fields();
        let [bank, branch, kind, number, name, amount] = fields.map(|(_, text)| text);
        let challenge = self.payment.challenge();
        let values = [
            self.service_id.as_str(),
            &bank,
            &branch,
            &kind,
            &number,
            &name,
            &amount,
            &challenge,
        ];
        f.write_str(START)?;
        for (at, (name, value)) in NAMES.iter().zip(values).enumerate() {
            let and = if at == 0 { "" } else { "&" };
            write!(f, "{and}{name}=")?;
            encode(f, value)?;
        }
        Ok(())
    }
}

impl fmt::Debug for SigningLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningLink(redacted)")
    }
}

/// All but the unreserved (RFC 3986 §2.3).
fn encode(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    text.bytes().try_for_each(|byte| match is_unreserved(byte) {
        true => write!(f, "{}", char::from(byte)),
        false => write!(f, "%{byte:02X}"),
    })
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    loop {
        rest = match rest {
            [] => return String::from_utf8(bytes).ok(),
            [b'%', high, low, rest @ ..] => {
                let digit = |b: u8| {
                    char::from(b)
                        .to_digit(16)
                        .filter(|_| !b.is_ascii_lowercase())
                };
                let byte = digit(*high)?.checked_mul(16)?.checked_add(digit(*low)?)?;
                bytes.push(u8::try_from(byte).ok()?);
                rest
            }
            [byte, rest @ ..] if is_unreserved(*byte) => {
                bytes.push(*byte);
                rest
            }
            _ => return None,
        }
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// Why a text is no payment to sign. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigningLinkError {
    /// Something else altogether: an address, a serial, a key.
    #[error("this is no payment to sign")]
    NotSigning,
    /// It begins like one and was cut, changed or made by another program.
    #[error("the payment to sign is damaged")]
    Damaged,
}
