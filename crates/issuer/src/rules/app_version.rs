//! How old an app may be to set a token up.

use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// `MAJOR.MINOR.PATCH`, as the app's versions are written; what follows a `-` or `+` is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AppVersion([u32; 3]);

/// Not a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an app's version is three numbers, such as 1.4.0")]
pub struct NoVersion;

impl FromStr for AppVersion {
    type Err = NoVersion;

    fn from_str(text: &str) -> Result<Self, NoVersion> {
        let numbers = text.split(['-', '+']).next().unwrap_or_default();
        let mut parts = numbers.split('.').map(|part| {
            let digits = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| part.parse().ok()).flatten().ok_or(NoVersion)
        });
        let mut next = || parts.next().unwrap_or(Err(NoVersion));
        let version = Self([next()?, next()?, next()?]);
        match parts.next() {
            None => Ok(version),
            Some(_) => Err(NoVersion),
        }
    }
}

impl<'de> Deserialize<'de> for AppVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether an app that says it is `version` is older than `lowest`; one that says nothing sensible is.
/// It is the app's own word: it keeps honest old apps out, and nobody else.
pub fn is_too_old(version: &str, lowest: Option<AppVersion>) -> bool {
    let own = version.parse::<AppVersion>().ok();
    // Of nothing and something, nothing is less.
    lowest.is_some() && own < lowest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let lowest = "1.10.0".parse().ok();
        for (version, too_old) in [
            ("1.9.9", true),
            ("0.20.0", true),
            ("1.10.0", false),
            ("1.10.0-beta.1", false),
            ("1.10.1+linux", false),
            ("2.0.0", false),
            ("", true),
            ("1.10", true),
            ("1.10.0.0", true),
            ("1.x.0", true),
            ("1.+10.0", true),
            ("1.99999999999.0", true),
        ] {
            assert_eq!(is_too_old(version, lowest), too_old, "{version}");
            assert!(!is_too_old(version, None), "{version}");
        }
    }
}
