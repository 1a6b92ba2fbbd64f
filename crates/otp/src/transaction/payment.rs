//! Payments in their one spelling, and the challenges made of it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::name::{NameError, fold_name};
use crate::fold::fold;

const LABEL: &str = "skts/sign/v1";
const LARGEST_AMOUNT_YEN: u64 = 9_999_999_999_999;
/// Enough for full-width digits with spaces between them.
const LONGEST_TYPED_BYTES: usize = 128;

/// A payment as it was typed, scanned or sent: nothing of it is checked yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentText {
    /// The payee's bank: four digits.
    pub payee_bank: String,
    /// The payee's branch: three digits.
    pub payee_branch: String,
    /// 普通, 当座 or 貯蓄.
    pub account_kind: String,
    /// The number of the payee's account: seven digits.
    pub account_number: String,
    /// The payee's name in kana, letters or digits.
    pub payee_name: String,
    /// The amount in yen: digits without separators.
    pub amount_yen: String,
}

/// The kind of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// 普通.
    Ordinary,
    /// 当座.
    Current,
    /// 貯蓄.
    Savings,
}

impl AccountKind {
    const ALL: [Self; 3] = [Self::Ordinary, Self::Current, Self::Savings];

    /// The word that is shown and signed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ordinary => "普通",
            Self::Current => "当座",
            Self::Savings => "貯蓄",
        }
    }
}

/// A field of a payment, in the order in which they are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentField {
    /// The payee's bank.
    PayeeBank,
    /// The payee's branch.
    PayeeBranch,
    /// The kind of the payee's account.
    AccountKind,
    /// The number of the payee's account.
    AccountNumber,
    /// The payee's name.
    PayeeName,
    /// The amount.
    AmountYen,
}

/// A payment in its one spelling.
///
/// Read from JSON it is parsed as if it had been typed, so none is ever signed in another spelling.
/// Printing it for a log tells nothing of it.
///
/// # Shapes and units
/// - bank, branch, account number: 4, 3 and 7 ASCII digits.
/// - name: 1 to 48 of large katakana, `A`–`Z`, `0`–`9`, single spaces and `()-.,/¥「」`.
/// - amount: 1..=9 999 999 999 999 yen.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "PaymentText", into = "PaymentText")]
pub struct Payment {
    payee_bank: String,
    payee_branch: String,
    account_kind: AccountKind,
    account_number: String,
    payee_name: String,
    amount_yen: u64,
}

impl Payment {
    /// Reads a payment: width is folded everywhere; in the numbers of bank, branch and account spaces
    /// and dashes are dropped, in the amount they are not (`-500` is no amount). A name is folded to
    /// large katakana and upper case, with one dash and single spaces.
    ///
    /// # Errors
    /// The [`PaymentError`] of the first field that is wrong.
    pub fn parse(text: &PaymentText) -> Result<Self, PaymentError> {
        Ok(Self {
            payee_bank: read_digits(&text.payee_bank, 4).ok_or(PaymentError::PayeeBank)?,
            payee_branch: read_digits(&text.payee_branch, 3).ok_or(PaymentError::PayeeBranch)?,
            account_kind: read_kind(&text.account_kind).ok_or(PaymentError::AccountKind)?,
            account_number: read_digits(&text.account_number, 7)
                .ok_or(PaymentError::AccountNumber)?,
            payee_name: fold_name(&text.payee_name)?,
            amount_yen: read_amount(&text.amount_yen).ok_or(PaymentError::AmountYen)?,
        })
    }

    /// Every field of `text` that is wrong, in order; none if [`Payment::parse`] reads it.
    pub fn faults(text: &PaymentText) -> Vec<PaymentError> {
        let wrong = |right: bool, error| (!right).then_some(error);
        [
            wrong(
                read_digits(&text.payee_bank, 4).is_some(),
                PaymentError::PayeeBank,
            ),
            wrong(
                read_digits(&text.payee_branch, 3).is_some(),
                PaymentError::PayeeBranch,
            ),
            wrong(
                read_kind(&text.account_kind).is_some(),
                PaymentError::AccountKind,
            ),
            wrong(
                read_digits(&text.account_number, 7).is_some(),
                PaymentError::AccountNumber,
            ),
            fold_name(&text.payee_name)
                .err()
                .map(PaymentError::PayeeName),
            wrong(
                read_amount(&text.amount_yen).is_some(),
                PaymentError::AmountYen,
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// What is signed, field by field and in order: what must be shown, neither more nor less.
    pub fn fields(&self) -> [(PaymentField, Cow<'_, str>); 6] {
        [
            (PaymentField::PayeeBank, (&self.payee_bank).into()),
            (PaymentField::PayeeBranch, (&self.payee_branch).into()),
            (PaymentField::AccountKind, self.account_kind.as_str().into()),
            (PaymentField::AccountNumber, (&self.account_number).into()),
            (PaymentField::PayeeName, (&self.payee_name).into()),
            (PaymentField::AmountYen, self.amount_yen.to_string().into()),
        ]
    }

    /// The kind of the payee's account.
    pub const fn account_kind(&self) -> AccountKind {
        self.account_kind
    }

    /// The amount in yen.
    pub const fn amount_yen(&self) -> u64 {
        self.amount_yen
    }

    /// The bytes that are hashed: the label `skts/sign/v1`, then the texts of [`Payment::fields`],
    /// each in UTF-8 behind its length in bytes as a big-endian `u32`.
    pub fn canonical_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        push_field(&mut bytes, LABEL);
        for (_, text) in self.fields() {
            push_field(&mut bytes, &text);
        }
        bytes
    }

    /// The challenge for a soft token: SHA-256 of [`Payment::canonical_bytes`].
    ///
    /// # Shapes and units
    /// - returns: 64 hexadecimal digits, `QH64` of [`OcraSuite::SIGNING`](crate::OcraSuite::SIGNING).
    ///
    /// # Source
    /// RFC 6287 §7.3.1: a challenge derived by a hash from the data to be signed.
    pub fn challenge(&self) -> String {
        let mut hex = String::with_capacity(64);
        for byte in Sha256::digest(self.canonical_bytes()) {
            // Writing into a string does not fail.
            let _ = write!(hex, "{byte:02x}");
        }
        hex
    }

    /// The challenge that a customer types into a token with a keypad, from what he means to pay:
    /// the last four digits of the account number, how many digits the amount has, and its first
    /// three (zeros behind a shorter one).
    ///
    /// Eight digits cannot hold a payment. These hold what a thief must change: another account
    /// passes once in 10 000, and an amount can grow by less than a hundredth of itself. The last
    /// digits of an amount would not do: 10 000 yen and 9 910 000 yen end alike.
    ///
    /// # Shapes and units
    /// - returns: 8 decimal digits, `QN08`; none for an amount of ten digits or more, which a keypad
    ///   does not sign.
    pub fn keypad_challenge(&self) -> Option<String> {
        let amount = self.amount_yen.to_string();
        let count = Some(amount.len()).filter(|count| *count <= 9)?;
        let account = self.account_number.get(3..)?;
        let first = amount.get(..3).unwrap_or(&amount);
        Some(format!("{account}{count}{first:0<3}"))
    }
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Payment(redacted)")
    }
}

impl fmt::Debug for PaymentText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentText(redacted)")
    }
}

impl TryFrom<PaymentText> for Payment {
    type Error = PaymentError;

    fn try_from(text: PaymentText) -> Result<Self, PaymentError> {
        Self::parse(&text)
    }
}

impl From<Payment> for PaymentText {
    fn from(payment: Payment) -> Self {
        Self {
            payee_bank: payment.payee_bank,
            payee_branch: payment.payee_branch,
            account_kind: payment.account_kind.as_str().to_owned(),
            account_number: payment.account_number,
            payee_name: payment.payee_name,
            amount_yen: payment.amount_yen.to_string(),
        }
    }
}

fn push_field(bytes: &mut Vec<u8>, text: &str) {
    // No field is longer than a name.
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&length.to_be_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

fn read_digits(text: &str, count: usize) -> Option<String> {
    let folded = short(text).map(fold)?;
    let whole = folded.len() == count && folded.bytes().all(|b| b.is_ascii_digit());
    whole.then_some(folded)
}

fn read_kind(text: &str) -> Option<AccountKind> {
    let folded = short(text).map(fold)?;
    AccountKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == folded)
}

fn read_amount(text: &str) -> Option<u64> {
    let narrow: String = short(text)?.nfkc().collect();
    let digits = narrow.trim_matches(' ');
    // A sign would be parsed, and a zero in front would be another spelling.
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let amount = plain.then(|| digits.parse().ok())??;
    (1..=LARGEST_AMOUNT_YEN).contains(&amount).then_some(amount)
}

fn short(text: &str) -> Option<&str> {
    Some(text).filter(|text| text.len() <= LONGEST_TYPED_BYTES)
}

/// Why a text is no payment: the first field that is wrong. Carries nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// The payee's bank.
    #[error("a bank has four digits")]
    PayeeBank,
    /// The payee's branch.
    #[error("a branch has three digits")]
    PayeeBranch,
    /// The kind of the payee's account.
    #[error("an account is 普通, 当座 or 貯蓄")]
    AccountKind,
    /// The number of the payee's account.
    #[error("an account number has seven digits")]
    AccountNumber,
    /// The payee's name.
    #[error(transparent)]
    PayeeName(#[from] NameError),
    /// The amount.
    #[error("an amount is 1 to {LARGEST_AMOUNT_YEN} yen, in digits alone")]
    AmountYen,
}

impl PaymentError {
    /// Which field is wrong.
    pub const fn field(self) -> PaymentField {
        match self {
            Self::PayeeBank => PaymentField::PayeeBank,
            Self::PayeeBranch => PaymentField::PayeeBranch,
            Self::AccountKind => PaymentField::AccountKind,
            Self::AccountNumber => PaymentField::AccountNumber,
            Self::PayeeName(_) => PaymentField::PayeeName,
            Self::AmountYen => PaymentField::AmountYen,
        }
    }
}
