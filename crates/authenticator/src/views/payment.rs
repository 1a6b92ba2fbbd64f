//! Payments to sign, as they are typed, shown and signed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A payment as it was typed, or as it is signed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PaymentForm {
    /// 金融機関コード: four digits.
    pub payee_bank: String,
    /// 支店コード: three digits.
    pub payee_branch: String,
    /// 普通, 当座 or 貯蓄.
    pub account_kind: String,
    /// 口座番号: seven digits.
    pub account_number: String,
    /// 受取人名: kana, letters, digits.
    pub payee_name: String,
    /// 振込金額 in yen: digits alone.
    pub amount_yen: String,
}

/// A payment in its one spelling: what is shown is what is signed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct PaymentView {
    /// Every signed field, and no other.
    pub fields: PaymentForm,
    /// The amount with separators: `50,000`.
    pub amount_grouped: String,
}

/// 署名番号: the signature of one payment.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "bindings", derive(ts_rs::TS))]
pub struct SignatureView {
    /// What was signed.
    pub payment: PaymentView,
    /// Eight digits, leading zeros kept.
    pub digits: String,
    /// The same in groups: `1234 5678`.
    pub grouped: String,
    /// When it was made.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub valid_from_ms: u64,
    /// From when on it is not shown any more; make another then.
    #[cfg_attr(feature = "bindings", ts(type = "number"))]
    pub valid_until_ms: u64,
}

macro_rules! tells_nothing {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(redacted)"))
            }
        }
    )*};
}

tells_nothing!(PaymentForm PaymentView SignatureView);
