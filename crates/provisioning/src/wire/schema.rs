//! JSON Schemas (draft 2020-12) of what serde alone does not say: lengths, alphabets and words.
//!
//! A schema never refuses what the service takes; where a text is folded before it is checked, the
//! schema says only how long it may be.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{SUITE_RISTRETTO255_ARGON2ID, ShortText};
use crate::ids::{ActivationPassword, DeviceId, MAX_TYPED_CHARS, RequestId, ServiceId, UserId};

/// Where a token can stand, and `none`.
pub const TOKEN_STATES: [&str; 9] = [
    "provisioned",
    "active",
    "locked",
    "suspended",
    "revoked",
    "replaced",
    "expired",
    "lapsed",
    "none",
];
/// What a token can be.
pub const TOKEN_KINDS: [&str; 3] = ["soft", "totp", "hotp"];
/// Where an activation can stand.
pub const ACTIVATION_STATES: [&str; 6] = [
    "pending",
    "claimed",
    "completed",
    "expired",
    "exhausted",
    "withdrawn",
];

pub(crate) fn token_state(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": TOKEN_STATES })
}

pub(crate) fn token_kind(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": TOKEN_KINDS })
}

pub(crate) fn activation_state(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "enum": ACTIVATION_STATES })
}

pub(crate) fn fault(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<super::rp::RpFault>()
}

pub(crate) fn match_number(generator: &mut SchemaGenerator) -> Schema {
    decimal_digits::<4>(generator)
}

/// A time: whole seconds since 1970-01-01 00:00:00 UTC.
pub(crate) fn time(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "integer", "format": "int64", "minimum": 0 })
}

pub(crate) fn suite(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "const": SUITE_RISTRETTO255_ARGON2ID })
}

/// A serial as printed: 8 to 12 letters and digits once spaces and dashes are dropped.
pub(crate) fn serial(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "minLength": 1 })
}

pub(crate) fn payment(_: &mut SchemaGenerator) -> Schema {
    let typed = |most: usize, what: &str| json_schema!({ "type": "string", "minLength": 1, "maxLength": most, "description": what });
    let text = |what| typed(128, what);
    json_schema!({
        "type": "object",
        "description": "A payment, as typed; the service folds it to one spelling.",
        "properties": {
            "payee_bank": text("The payee's bank: four digits."),
            "payee_branch": text("The payee's branch: three digits."),
            "account_kind": text("普通, 当座 or 貯蓄."),
            "account_number": text("The number of the payee's account: seven digits."),
            "payee_name": typed(512, "The payee's name in kana, letters or digits."),
            "amount_yen": text("The amount in yen: digits without separators."),
        },
        "required": [
            "payee_bank", "payee_branch", "account_kind", "account_number", "payee_name",
            "amount_yen",
        ],
        "additionalProperties": false,
    })
}

pub(crate) fn decimal_digits<const DIGITS: usize>(_: &mut SchemaGenerator) -> Schema {
    of_alphabet("[0-9]", DIGITS)
}

pub(crate) fn hex_digits<const DIGITS: usize>(_: &mut SchemaGenerator) -> Schema {
    of_alphabet("[0-9a-f]", DIGITS)
}

/// Standard base64 with padding of `LEAST..=MOST` bytes, the one spelling that is taken.
pub(crate) fn bytes<const LEAST: usize, const MOST: usize>(_: &mut SchemaGenerator) -> Schema {
    let (shortest, longest) = (base64_length(LEAST), base64_length(MOST));
    json_schema!({
        "type": "string",
        "contentEncoding": "base64",
        "minLength": shortest,
        "maxLength": longest,
        "pattern": base64_pattern(LEAST, MOST),
    })
}

fn base64_length(bytes: usize) -> usize {
    bytes.div_ceil(3).saturating_mul(4)
}

/// The last characters before the padding have no bits that mean nothing.
fn base64_pattern(least: usize, most: usize) -> String {
    let one = "[A-Za-z0-9+/][AQgw]==";
    let two = "[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=";
    if least != most {
        return format!("^(?:[A-Za-z0-9+/]{{4}})*(?:{one}|{two})?$");
    }
    let last = match least % 3 {
        1 => one,
        2 => two,
        _ => "",
    };
    let whole = (least / 3).saturating_mul(4);
    format!("^[A-Za-z0-9+/]{{{whole}}}{last}$")
}

fn of_alphabet(alphabet: &str, length: usize) -> Schema {
    json_schema!({ "type": "string", "pattern": format!("^{alphabet}{{{length}}}$") })
}

macro_rules! schema_of {
    ($name:ident, $schema:expr) => {
        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

schema_of!(
    RequestId,
    json_schema!({
        "type": "string",
        "pattern": "^[0-9a-f]{32}$",
        "description": "16 random bytes that name one call for ever: same id and same body, same \
                        answer.",
    })
);
schema_of!(DeviceId, of_alphabet("[0-9a-f]", 64));
schema_of!(
    ServiceId,
    json_schema!({
        "type": "string",
        "pattern": "^[0-9]{8}$",
        "description": "Names an institution at set-up (サービスID).",
    })
);
schema_of!(
    UserId,
    json_schema!({
        "type": "string",
        "pattern": "^[0-9]{12}$",
        "description": "Names one activation (利用者ID).",
    })
);
schema_of!(
    ActivationPassword,
    json_schema!({
        "type": "string",
        "format": "password",
        "minLength": 1,
        "maxLength": MAX_TYPED_CHARS,
        "description": "What the customer typed: 4 to 8 digits once width is folded and spaces and \
                        hyphens are dropped; not an easy one (利用開始パスワード).",
    })
);
schema_of!(
    ShortText,
    json_schema!({
        "type": "string",
        "maxLength": ShortText::MAX_BYTES,
        "pattern": r"^[^\u0000-\u001f\u007f-\u009f]*$",
        "description": "At most 128 bytes of UTF-8, no control characters.",
    })
);

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn base64_is_described_as_long_as_it_is() {
        for count in [0, 1, 2, 3, 31, 32, 64, 91, 96, 320] {
            let text = STANDARD.encode(vec![0xff; count]);
            assert_eq!(text.len(), base64_length(count));
            let pattern = base64_pattern(count, count);
            let whole = count / 3 * 4;
            assert!(pattern.starts_with(&format!("^[A-Za-z0-9+/]{{{whole}}}")));
            assert_eq!(pattern.matches('=').count(), text.matches('=').count());
        }
    }
}
