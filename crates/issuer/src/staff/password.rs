//! Staff passwords: Argon2id, the same work whether or not there is an account.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use rand_core::CryptoRngCore;
use skts_sealed::SecretBytes;

/// RFC 9106 §4, second recommended option: 64 MiB, 3 passes; one lane.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

/// Shaped like the hash of a password, of no account: what an unknown name is verified against.
const OF_NOBODY: &str = "$argon2id$v=19$m=65536,t=3,p=1$bm9ib2R5LW5vYm9keS1ubw$\
                         AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What guessers begin with, and this service's own words; longer ones before those in them.
const COMMON: [&str; 22] = [
    "administrator",
    "qwertyuiop",
    "password",
    "passw0rd",
    "p@ssw0rd",
    "asdfghjkl",
    "iloveyou",
    "shinkumi",
    "shinkin",
    "welcome",
    "letmein",
    "zxcvbnm",
    "console",
    "qwerty",
    "asdfgh",
    "zxcvbn",
    "token",
    "admin",
    "staff",
    "skts",
    "パスワード",
    "トークン",
];
/// Characters that a password has outside of such words and of sequences, at least.
const LEAST_OF_ONES_OWN: usize = 6;

/// A staff member's password.
///
/// # Shapes and units
/// 12 to 128 characters, as typed: nothing is folded.
///
/// # Source
/// NIST SP 800-63B-4 §3.1.1.2 (a length and a blocklist, no composition rules; a second factor beside
/// it).
#[derive(Debug)]
pub struct StaffPassword {
    secret: SecretBytes,
    /// Made here and told to its owner, who is to choose another.
    temporary: bool,
}

/// Why a text is no password for staff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Under 12 or over 128 characters.
    #[error("a password has 12 to 128 characters")]
    Length,
    /// Little but common words and sequences, or the name in it.
    #[error("this password is too easy: not common words or sequences alone, and not your name")]
    TooEasy,
}

impl StaffPassword {
    /// Takes a password that `name` chose.
    ///
    /// # Errors
    /// [`PasswordError`].
    pub fn choose(text: &str, name: &str) -> Result<Self, PasswordError> {
        if !(12..=128).contains(&text.chars().count()) {
            return Err(PasswordError::Length);
        }
        let folded = text.to_lowercase();
        if folded.contains(name) || of_ones_own(&folded) < LEAST_OF_ONES_OWN {
            return Err(PasswordError::TooEasy);
        }
        Ok(Self::typed(text))
    }

    /// Takes what was typed to sign in, whatever it is.
    pub(crate) fn typed(text: &str) -> Self {
        Self {
            secret: SecretBytes::from_slice(text.as_bytes()),
            temporary: false,
        }
    }

    /// Makes one of 20 letters and digits, 100 random bits, and the text to show once. Its owner is
    /// to choose another.
    pub fn make(rng: &mut impl CryptoRngCore) -> (Self, String) {
        let text = crate::rules::voucher::letters(rng, 20);
        let made = Self {
            temporary: true,
            ..Self::typed(&text)
        };
        (made, text)
    }

    pub(crate) const fn is_temporary(&self) -> bool {
        self.temporary
    }

    /// Its hash, in the PHC string format. Takes some tenths of a second and 64 MiB.
    pub(crate) fn hash(&self, salt: [u8; 16]) -> Option<String> {
        let params = Params::new(MEMORY_KIB, PASSES, 1, None).ok()?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = SaltString::encode_b64(&salt).ok()?;
        // EXPOSE: goes into the hash and is not kept.
        let hash = argon2
            .hash_password(self.secret.expose_secret(), &salt)
            .ok()?;
        Some(hash.to_string())
    }

    /// Whether `hash` is of this password; without a hash the same work, and no.
    pub(crate) fn fits(&self, hash: Option<&str>) -> bool {
        let Ok(parsed) = PasswordHash::new(hash.unwrap_or(OF_NOBODY)) else {
            return false;
        };
        // EXPOSE: compared, not kept.
        let typed = self.secret.expose_secret();
        let right = Argon2::default().verify_password(typed, &parsed).is_ok();
        right && hash.is_some()
    }
}

/// How many characters are in no common word, and no repetition or next in line of the one before.
fn of_ones_own(folded: &str) -> usize {
    let mut rest = folded.to_owned();
    for word in COMMON {
        rest = rest.replace(word, "");
    }
    let mut before = None;
    let own = |c: &char| {
        let near = before.is_some_and(|before| u32::from(*c).abs_diff(before) <= 1);
        before = Some(u32::from(*c));
        !near
    };
    rest.chars().filter(own).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let password = StaffPassword::typed("correct horse battery");
        let hash = password.hash([7; 16]).unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"),
            "{hash}"
        );
        assert!(password.fits(Some(&hash)));
        assert!(!StaffPassword::typed("correct horse batterY").fits(Some(&hash)));
        assert!(!password.fits(None));
        assert!(!password.fits(Some("nonsense")));
    }

    #[test]
    fn an_unknown_name_costs_the_same_work() {
        let real = StaffPassword::typed("x").hash([1; 16]).unwrap();
        let cost = |hash: &str| {
            let parsed = PasswordHash::new(hash).unwrap();
            (
                parsed.algorithm.to_string(),
                parsed.params.to_string(),
                parsed.hash.map(|hash| hash.len()),
                parsed.salt.map(|salt| salt.as_str().len()),
            )
        };
        assert_eq!(cost(OF_NOBODY), cost(&real));
    }

    #[test]
    fn easy_passwords_are_refused() {
        let choose = |text: &str| StaffPassword::choose(text, "hanako").map(drop);
        assert_eq!(choose("short"), Err(PasswordError::Length));
        assert_eq!(choose(&"x".repeat(129)), Err(PasswordError::Length));
        assert_eq!(choose("aaaaaaaaaaaaa"), Err(PasswordError::TooEasy));
        assert_eq!(choose("my-Hanako-2026"), Err(PasswordError::TooEasy));
        for easy in [
            "123456789012",
            "abcabcabcabc",
            "PasswordPassword",
            "passw0rd123456",
            "qwertyuiopas",
            "skts-shinkin-1",
            "Administrator1!",
            "トークンのパスワード1234",
        ] {
            assert_eq!(choose(easy), Err(PasswordError::TooEasy), "{easy}");
        }
        // A common word in a sentence is no harm.
        assert_eq!(choose("no password but a walk at 6"), Ok(()));
        assert_eq!(choose("窓口の合言葉は毎日かえます"), Ok(()));
    }
}
