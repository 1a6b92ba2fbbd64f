//! `skts sign`: the signature of one payment.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;
use skts_authenticator::qr_image::LARGEST_IMAGE_BYTES;
use skts_authenticator::views::{PaymentForm, PaymentView, SignatureView, TokenView};
use skts_authenticator::{AppError, ErrorCode};

use crate::arguments::Lang;
use crate::commands::{Done, Session};
use crate::output::print;

pub(crate) const SIGN_JSON: &str = "\
The payment is shown as it is signed, and signed once that is agreed to, or with --yes. Compare it
with what you mean to pay, not with the bank's page: a page can lie.

JSON: serial, institutionName {ja,en}, payment {fields {payeeBank, payeeBranch, accountKind,
accountNumber, payeeName, amountYen}, amountGrouped}, digits, grouped, validFromMs, validUntilMs.
The signature is taken for about a minute; faults of an error name the fields.";

/// The payment, by its QR code or field by field.
#[derive(Debug, Args)]
pub(crate) struct SignArguments {
    /// Serial of the token; without it, the one used last
    serial: Option<String>,
    /// Picture with the QR code of the bank's page, PNG or JPEG
    #[arg(long, value_name = "FILE", conflicts_with_all = ["bank", "branch", "kind", "account", "name", "amount"])]
    qr: Option<PathBuf>,
    /// Payee's bank, 4 digits
    #[arg(long, value_name = "DIGITS")]
    bank: Option<String>,
    /// Payee's branch, 3 digits
    #[arg(long, value_name = "DIGITS")]
    branch: Option<String>,
    /// Kind of the payee's account
    #[arg(long, value_name = "KIND")]
    kind: Option<Kind>,
    /// Number of the payee's account, 7 digits
    #[arg(long, value_name = "DIGITS")]
    account: Option<String>,
    /// Payee's name in kana, letters or digits
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Amount in yen, digits alone
    #[arg(long, value_name = "YEN", allow_negative_numbers = true)]
    amount: Option<String>,
    /// Do not ask
    #[arg(long)]
    yes: bool,
}

/// The kind of an account.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// 普通
    #[value(alias = "普通")]
    Ordinary,
    /// 当座
    #[value(alias = "当座")]
    Current,
    /// 貯蓄
    #[value(alias = "貯蓄")]
    Savings,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Ordinary => "普通",
            Self::Current => "当座",
            Self::Savings => "貯蓄",
        }
    }
}

impl Session {
    pub(crate) fn sign(&mut self, arguments: SignArguments) -> Done {
        let token = self.choose(arguments.serial.as_deref())?;
        let yes = arguments.yes;
        let payment = match &arguments.qr {
            Some(path) => self
                .authenticator
                .payment_in_image(&token.id, &read(path)?)?,
            None => self
                .authenticator
                .review_payment(&token.id, &form(arguments))?,
        };
        if !self.output.json {
            print(&self.payment_text(&token, &payment))?;
        }
        self.be_sure(
            yes,
            "この内容で署名しますか [y/N] ",
            "Sign this payment? [y/N] ",
        )?;
        let signed = self.authenticator.sign(&token.id, &payment.fields)?;
        let output = self.output;
        let json = json!({
            "serial": token.serial,
            "institutionName": token.institution_name,
            "payment": signed.payment,
            "digits": signed.digits,
            "grouped": signed.grouped,
            "validFromMs": signed.valid_from_ms,
            "validUntilMs": signed.valid_until_ms,
        });
        output.result(&json, &self.signature_text(&signed))?;
        Ok(ExitCode::SUCCESS)
    }

    fn payment_text(&self, token: &TokenView, payment: &PaymentView) -> String {
        let output = self.output;
        let fields = &payment.fields;
        let account = format!("{} {}", fields.account_kind, fields.account_number);
        let amount = match output.lang {
            Lang::Ja => format!("{}円", payment.amount_grouped),
            Lang::En => format!("{} yen", payment.amount_grouped),
        };
        let rows = [
            (("金融機関コード", "Bank"), &fields.payee_bank),
            (("支店コード", "Branch"), &fields.payee_branch),
            (("口座番号", "Account"), &account),
            (("受取人名", "Payee"), &fields.payee_name),
            (("振込金額", "Amount"), &amount),
        ];
        let rows = rows.map(|((ja, en), text)| format!("  {}  {text}\n", output.say(ja, en)));
        format!("{}\n{}", self.pick(&token.institution_name), rows.concat())
    }

    fn signature_text(&self, signed: &SignatureView) -> String {
        let secs = signed
            .valid_until_ms
            .saturating_sub(signed.valid_from_ms)
            .div_ceil(1000);
        let output = self.output;
        let label = output.say("署名番号", "Signature");
        let left = match output.lang {
            Lang::Ja => format!("残り{secs}秒（この振込だけに使えます）"),
            Lang::En => format!("{secs} s left, for this payment only"),
        };
        format!("\n{label}\n\n    {}    {left}\n", signed.grouped)
    }
}

fn form(arguments: SignArguments) -> PaymentForm {
    PaymentForm {
        payee_bank: arguments.bank.unwrap_or_default(),
        payee_branch: arguments.branch.unwrap_or_default(),
        account_kind: arguments
            .kind
            .map(Kind::word)
            .unwrap_or_default()
            .to_owned(),
        account_number: arguments.account.unwrap_or_default(),
        payee_name: arguments.name.unwrap_or_default(),
        amount_yen: arguments.amount.unwrap_or_default(),
    }
}

/// The file, or so much of it that it is seen to be too large.
fn read(path: &Path) -> Result<Vec<u8>, AppError> {
    let unreadable = |_| AppError::new(ErrorCode::QrUnreadable);
    let file = File::open(path).map_err(unreadable)?;
    let most = u64::try_from(LARGEST_IMAGE_BYTES).unwrap_or(u64::MAX);
    let mut image = Vec::new();
    file.take(most.saturating_add(1))
        .read_to_end(&mut image)
        .map_err(unreadable)?;
    Ok(image)
}
