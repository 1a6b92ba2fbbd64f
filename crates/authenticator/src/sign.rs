//! 取引認証: a payment is reviewed whole, then signed as it was shown.
//!
//! ```text
//! typed, or the text of a QR code ──► one spelling, shown whole ──► 署名番号, for this payment alone
//! ```
//! Review and signature both go through [`Payment::parse`], so that what was shown cannot become
//! another payment on the way; and the signature comes with the fields it is over.

use skts_otp::{
    NameError, OcraSuite, Payment, PaymentError, PaymentText, SigningLink, SigningLinkError,
    TransactionSignature, fold, signing_data,
};
use skts_vault::TokenRecord;

use crate::authenticator::{Authenticator, vault_error};
use crate::codes::grouped;
use crate::error::{AppError, ErrorCode, Fault, Field, FieldFault};
use crate::qr_image;
use crate::views::{PaymentForm, PaymentView, SignatureView};

/// How long a signature is shown. The service looks a minute each way, so it takes this one for one
/// to two minutes; what is left over is for a clock that is not quite right.
const SHOWN_MS: u64 = 60_000;
/// Characters of the longest name, as the canonical form has it.
const LONGEST_NAME: u32 = 48;

impl Authenticator {
    /// The payment that `form` means, in the one spelling that is signed.
    ///
    /// # Errors
    /// `invalid-payment` with every field at fault, `signing-not-allowed`, `unknown-token`.
    pub fn review_payment(
        &self,
        token_id: &str,
        form: &PaymentForm,
    ) -> Result<PaymentView, AppError> {
        self.signing_token(token_id)?;
        Ok(view(&parse(form)?))
    }

    /// The payment in a QR code's text.
    ///
    /// # Errors
    /// `qr-not-payment`, `qr-damaged`, `qr-other-institution`; and as [`Self::review_payment`].
    pub fn payment_in_text(&self, token_id: &str, text: &str) -> Result<PaymentView, AppError> {
        let record = self.signing_token(token_id)?;
        let link: SigningLink = text.parse().map_err(|error| match error {
            SigningLinkError::NotSigning => ErrorCode::QrNotPayment,
            SigningLinkError::Damaged => ErrorCode::QrDamaged,
        })?;
        if link.service_id() != record.service_id {
            return Err(ErrorCode::QrOtherInstitution.into());
        }
        Ok(view(link.payment()))
    }

    /// The payment in the QR code of a picture: see [`qr_image::text_of`].
    ///
    /// # Errors
    /// `qr-unreadable`, `qr-none`, `qr-several`; and as
    /// [`Self::payment_in_text`].
    pub fn payment_in_image(&self, token_id: &str, image: &[u8]) -> Result<PaymentView, AppError> {
        self.signing_token(token_id)?;
        self.payment_in_text(token_id, &qr_image::text_of(image)?)
    }

    /// The same for a picture as clipboards give it: see [`qr_image::text_of_rgba`].
    ///
    /// # Errors
    /// As [`Self::payment_in_image`].
    pub fn payment_in_rgba(
        &self,
        token_id: &str,
        rgba: &[u8],
        width: u32,
        height: u32,
    ) -> Result<PaymentView, AppError> {
        self.signing_token(token_id)?;
        self.payment_in_text(token_id, &qr_image::text_of_rgba(rgba, width, height)?)
    }

    /// Signs the payment that `form` means, at this very moment by the same clock as the codes. Signed
    /// again in another minute, it has another signature.
    ///
    /// # Errors
    /// As [`Self::review_payment`] and [`Self::code`].
    pub fn sign(&self, token_id: &str, form: &PaymentForm) -> Result<SignatureView, AppError> {
        self.signing_token(token_id)?;
        let payment = parse(form)?;
        let moment = self.moment(token_id)?;
        let step = OcraSuite::SIGNING.step_at(moment.now);
        let data = step.and_then(|step| signing_data(&payment, step).ok());
        let data = data.ok_or(ErrorCode::Internal)?;
        let Some(vault) = &self.vault else {
            return Err(self.not_open());
        };
        let mac = vault
            .signing_mac(&moment.record.id, &data)
            .map_err(vault_error)?;
        let signature = TransactionSignature::truncate(&mac, &OcraSuite::SIGNING);
        let digits = signature.expose_digits();
        Ok(SignatureView {
            payment: view(&payment),
            grouped: grouped(digits),
            digits: digits.to_owned(),
            valid_from_ms: moment.now_ms,
            valid_until_ms: moment.now_ms.saturating_add(SHOWN_MS),
        })
    }

    /// A token whose institution takes signatures.
    fn signing_token(&self, token_id: &str) -> Result<&TokenRecord, AppError> {
        let record = self.find(token_id)?;
        if record.policy.signing {
            Ok(record)
        } else {
            Err(ErrorCode::SigningNotAllowed.into())
        }
    }
}

fn parse(form: &PaymentForm) -> Result<Payment, AppError> {
    let text = PaymentText {
        payee_bank: form.payee_bank.clone(),
        payee_branch: form.payee_branch.clone(),
        account_kind: form.account_kind.clone(),
        account_number: form.account_number.clone(),
        payee_name: form.payee_name.clone(),
        amount_yen: form.amount_yen.clone(),
    };
    Payment::parse(&text).map_err(|_| {
        let faults = Payment::faults(&text).into_iter();
        AppError {
            faults: faults.map(|error| fault(error, form)).collect(),
            ..AppError::new(ErrorCode::InvalidPayment)
        }
    })
}

fn view(payment: &Payment) -> PaymentView {
    let text = PaymentText::from(payment.clone());
    PaymentView {
        amount_grouped: with_separators(&text.amount_yen),
        fields: PaymentForm {
            payee_bank: text.payee_bank,
            payee_branch: text.payee_branch,
            account_kind: text.account_kind,
            account_number: text.account_number,
            payee_name: text.payee_name,
            amount_yen: text.amount_yen,
        },
    }
}

/// `1234567` as `1,234,567`.
fn with_separators(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(at);
        if at > 0 && left.is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn fault(error: PaymentError, form: &PaymentForm) -> FieldFault {
    let (field, fault) = match error {
        PaymentError::PayeeBank => (Field::PayeeBank, of_digits(&form.payee_bank, 4)),
        PaymentError::PayeeBranch => (Field::PayeeBranch, of_digits(&form.payee_branch, 3)),
        PaymentError::AccountKind => (
            Field::AccountKind,
            of_text(&form.account_kind, Fault::Choice),
        ),
        PaymentError::AccountNumber => (Field::AccountNumber, of_digits(&form.account_number, 7)),
        PaymentError::PayeeName(error) => {
            let fault = match error {
                NameError::Empty => Fault::Empty,
                NameError::Length => Fault::TooLong { most: LONGEST_NAME },
                NameError::Character => Fault::Characters,
            };
            (Field::PayeeName, fault)
        }
        PaymentError::AmountYen => (Field::AmountYen, of_text(&form.amount_yen, Fault::Amount)),
    };
    FieldFault { field, fault }
}

fn of_text(text: &str, otherwise: Fault) -> Fault {
    match text.trim() {
        "" => Fault::Empty,
        _ => otherwise,
    }
}

fn of_digits(text: &str, count: u32) -> Fault {
    let folded = fold(text);
    if folded.is_empty() {
        Fault::Empty
    } else if folded.bytes().all(|b| b.is_ascii_digit()) {
        Fault::Length {
            least: count,
            most: count,
            found: u32::try_from(folded.len()).unwrap_or(u32::MAX),
        }
    } else {
        Fault::NotDigits
    }
}
