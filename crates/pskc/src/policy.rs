//! What a key's policy permits (RFC 6030 §5): what is not understood there is a no.

use chrono::{DateTime, Utc};

use crate::error::{ElementError, KeyError};
use crate::key::parse_time;
use crate::xml::{Element, Namespace, Shape};

const POLICY: Shape = Shape {
    repeated: &["KeyUsage"],
    ..Shape::of(
        "Policy",
        &[
            (Namespace::Pskc, "StartDate"),
            (Namespace::Pskc, "ExpiryDate"),
            (Namespace::Pskc, "PINPolicy"),
            (Namespace::Pskc, "KeyUsage"),
        ],
    )
};
const PIN_POLICY: Shape = Shape {
    attributes: &[
        "PINKeyId",
        "PINUsageMode",
        "MaxFailedAttempts",
        "MinLength",
        "MaxLength",
        "PINEncoding",
    ],
    ..Shape::text("PINPolicy")
};

/// What a policy says, once it permits the use.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) validity: Validity,
    /// The `Id` of the key that holds the PIN which the token checks by itself.
    pub(crate) pin_key_id: Option<String>,
}

impl Policy {
    /// Reads the policy of `key`, which is to be used as `usage`.
    pub(crate) fn read(key: &Element, usage: &str) -> Result<Self, KeyError> {
        let Some(policy) = key.child(POLICY.name) else {
            return Ok(Self::default());
        };
        policy.check(&POLICY).map_err(not_understood)?;
        let usages: Vec<&str> = policy
            .children_named("KeyUsage")
            .map(Element::text)
            .collect();
        if !usages.is_empty() && !usages.contains(&usage) {
            return Err(KeyError::NotPermitted);
        }
        Ok(Self {
            validity: Validity::read(policy)?,
            pin_key_id: policy
                .child(PIN_POLICY.name)
                .map(read_pin)
                .transpose()?
                .flatten(),
        })
    }
}

/// A PIN that the token checks before it shows a code is nothing to the verifier; any other mode is.
fn read_pin(pin: &Element) -> Result<Option<String>, KeyError> {
    pin.check(&PIN_POLICY).map_err(not_understood)?;
    if pin.attribute("PINUsageMode") != Some("Local") || !pin.text().is_empty() {
        return Err(KeyError::Pin);
    }
    Ok(pin.attribute("PINKeyId").map(str::to_owned))
}

fn not_understood(error: ElementError) -> KeyError {
    match error {
        ElementError::Unknown { .. } => KeyError::NotPermitted,
        other => other.into(),
    }
}

/// When a key or its token may be used; an open end has no limit.
#[derive(Default, Clone, Copy)]
pub(crate) struct Validity {
    pub(crate) starts_at: Option<DateTime<Utc>>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
}

impl Validity {
    /// Reads `StartDate` and `ExpiryDate` among an element's children.
    pub(crate) fn read(element: &Element) -> Result<Self, KeyError> {
        let time = |name| {
            let text = element.child_text(name)?;
            text.map(|text| parse_time(text, name)).transpose()
        };
        Ok(Self {
            starts_at: time("StartDate")?,
            expires_at: time("ExpiryDate")?,
        })
    }

    /// What both permit.
    pub(crate) fn and(self, other: Self) -> Result<Self, KeyError> {
        let starts_at = self.starts_at.max(other.starts_at);
        let expires_at = match (self.expires_at, other.expires_at) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        if let (Some(start), Some(end)) = (starts_at, expires_at)
            && end < start
        {
            return Err(KeyError::Validity);
        }
        Ok(Self {
            starts_at,
            expires_at,
        })
    }
}
