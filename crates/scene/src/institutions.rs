//! The institutions of the scenes, and their signed list.

use serde::{Deserialize, Serialize};
use skts_otp::{
    AssuranceLevel, CodeLength, EffectiveDay, Period, SerialScheme, SetUpKind, TokenPolicy,
    UnixTime,
};
use skts_provisioning::ids::ServiceId;
use skts_provisioning::institution::{
    Institution as Listed, InstitutionList, ListSigningKey, Localized, SignedList,
};
use skts_provisioning::s::ProvisioningSigningKey;

use crate::file::{SceneError, Words, line_of};
use crate::stage::StageError;

/// An institution as a scene has it; see `data/institutions.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Institution {
    /// Its id in the list.
    pub id: String,
    /// 8 digits.
    pub service_id: String,
    /// Its name.
    pub name: Words,
    /// Where its customers turn.
    pub contact: Words,
    /// `#rrggbb`.
    pub accent: String,
    /// How its tokens are set up.
    pub set_up: SetUp,
    /// Which serials they have.
    pub serial: Serial,
    /// How long their codes are.
    pub digits: CodeDigits,
    /// Seconds a code is shown: 30 or 60.
    pub period: u8,
    /// Days from set-up to expiry.
    #[serde(default = "five_years")]
    pub validity_days: u32,
    /// The lowest level a device must reach, 0 to 4.
    #[serde(default = "level_one")]
    pub lowest_level: u8,
    /// Whether tokens sign transfers.
    #[serde(default = "yes")]
    pub signing: bool,
    /// Days without a check until the app says so.
    pub check_in_notice_days: Option<u32>,
}

/// How tokens are set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SetUp {
    /// By service ID, user ID and activation password.
    Activated,
    /// By the app alone.
    SelfProvisioned,
}

/// Which serials tokens have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Serial {
    /// `SKTS` and eight more.
    Skts,
    /// Nine digits.
    #[serde(rename = "numeric-9")]
    Numeric9,
}

/// How long codes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeDigits {
    /// Six.
    #[serde(rename = "6")]
    Six,
    /// Eight.
    #[serde(rename = "8")]
    Eight,
    /// As the customer chooses.
    #[serde(rename = "both")]
    Both,
}

const fn five_years() -> u32 {
    1826
}

const fn level_one() -> u8 {
    1
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    institution: Vec<toml::Spanned<Institution>>,
}

/// Reads a file of `[[institution]]`; `name` is what errors call it.
///
/// # Errors
/// [`SceneError`], with its line.
pub fn read_institutions(text: &str, name: &str) -> Result<Vec<Institution>, SceneError> {
    let file: File = toml::from_str(text).map_err(|error| SceneError::of(&error, text, name))?;
    file.institution
        .into_iter()
        .map(|institution| checked(institution, text, name))
        .collect()
}

/// The sample institutions there are without any file.
///
/// # Panics
/// Never: a test reads them.
#[expect(clippy::expect_used, reason = "compiled in, and read by a test")]
pub fn standard_institutions() -> Vec<Institution> {
    let text = include_str!("../data/institutions.toml");
    read_institutions(text, "institutions.toml").expect("the sample institutions can be read")
}

pub(crate) fn checked(
    institution: toml::Spanned<Institution>,
    text: &str,
    name: &str,
) -> Result<Institution, SceneError> {
    let line = line_of(text, institution.span().start);
    let institution = institution.into_inner();
    let fault = |message: String| SceneError::new(name, line, message);
    institution
        .policy()
        .and_then(|policy| policy.validate().map_err(|error| error.to_string()))
        .map_err(|error| fault(format!("institution {}: {error}", institution.id)))?;
    if ServiceId::parse(&institution.service_id).is_err() {
        let message = format!("institution {}: service-id is 8 digits", institution.id);
        return Err(fault(message));
    }
    Ok(institution)
}

impl Institution {
    /// Its rules.
    ///
    /// # Errors
    /// What is impossible in them, in words.
    pub fn policy(&self) -> Result<TokenPolicy, String> {
        let period = match self.period {
            30 => Period::THIRTY,
            60 => Period::SIXTY,
            other => {
                return Err(format!(
                    "period = {other}: soft tokens have 30 or 60 seconds"
                ));
            }
        };
        let lowest_level = AssuranceLevel::try_from(self.lowest_level)
            .map_err(|error| format!("lowest-level: {error}"))?;
        Ok(TokenPolicy {
            set_up: match self.set_up {
                SetUp::Activated => SetUpKind::Activated,
                SetUp::SelfProvisioned => SetUpKind::SelfProvisioned,
            },
            serial: match self.serial {
                Serial::Skts => SerialScheme::skts(),
                Serial::Numeric9 => SerialScheme::Numeric9,
            },
            code_length: match self.digits {
                CodeDigits::Six => CodeLength::Six,
                CodeDigits::Eight => CodeLength::Eight,
                CodeDigits::Both => CodeLength::Both,
            },
            period,
            validity_days: self.validity_days,
            lowest_level,
            signing: self.signing,
            effective: EffectiveDay::NextDay,
            check_in_notice_days: self.check_in_notice_days,
            ..TokenPolicy::self_provisioned()
        })
    }

    fn listed(&self, key: &ProvisioningSigningKey, address: &str) -> Result<Listed, StageError> {
        let words = |words: &Words| Localized {
            ja: words.ja.clone(),
            en: words.en.clone(),
        };
        Ok(Listed {
            id: self.id.clone(),
            service_id: ServiceId::parse(&self.service_id)
                .map_err(|_| StageError::Institution(self.id.clone()))?,
            name: words(&self.name),
            contact: words(&self.contact),
            accent: self.accent.clone(),
            address: address.to_owned(),
            provisioning_keys: vec![key.public()],
            policy: self
                .policy()
                .map_err(|_| StageError::Institution(self.id.clone()))?,
        })
    }
}

/// The list of `institutions`, all at `address`, signed by `signer`.
pub(crate) fn signed_list(
    institutions: &[Institution],
    key: &ProvisioningSigningKey,
    signer: &ListSigningKey,
    address: &str,
    issued_at: UnixTime,
) -> Result<String, StageError> {
    let institutions = institutions
        .iter()
        .map(|institution| institution.listed(key, address))
        .collect::<Result<_, _>>()?;
    let list = InstitutionList {
        issued_at,
        institutions,
    };
    SignedList::sign(&list, signer).map_err(|error| StageError::List(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_institutions_are_there() {
        let ids: Vec<String> = standard_institutions()
            .into_iter()
            .map(|institution| institution.id)
            .collect();
        assert_eq!(ids, ["mihon-shinkin", "mihon-shinkumi", "mihon-rengo"]);
    }

    #[test]
    fn an_impossible_institution_is_refused_with_its_line() {
        let text = include_str!("../data/institutions.toml");
        let told = |from: &str, to: &str| {
            let text = text.replacen(from, to, 1);
            read_institutions(&text, "x.toml").unwrap_err().to_string()
        };
        assert!(told("period = 30", "period = 45").starts_with("x.toml:3: "));
        let seven = told("digits = \"6\"", "digits = \"7\"");
        assert!(
            seven.starts_with("x.toml:11: ") && seven.contains('8'),
            "{seven}"
        );
        assert!(told("accent", "acent").contains("accent"));
        assert!(told("\"10000001\"", "\"1\"").contains("8 digits"));
    }
}
