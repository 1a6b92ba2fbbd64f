//! The name and the colour a bank bears, where it is not the sample's own.

/// What stands over every page, in place of the name of the bank's style.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signboard {
    name: String,
    accent: String,
}

/// Why a name or a colour cannot be borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignboardError {
    /// Pages and mails have it in one line.
    #[error("the bank's name has 1 to 40 characters, in one line")]
    Name,
    /// Not a colour of the form `#rrggbb`.
    #[error("the accent colour is written #rrggbb")]
    Accent,
    /// White words on it, and it on white, could not be read (WCAG 2.2, 1.4.3).
    #[error("the accent colour is too light: white words stand on it")]
    TooLight,
}

const MOST_NAME_CHARS: usize = 40;
/// WCAG 2.2, 1.4.3.
const LEAST_CONTRAST: f64 = 4.5;

impl Signboard {
    /// The bank `name`, whose lines and buttons are `accent`.
    ///
    /// # Shapes and units
    /// - `name`: 1..=40 characters, no control characters.
    /// - `accent`: `#rrggbb`.
    ///
    /// # Errors
    /// [`SignboardError`].
    pub fn new(name: &str, accent: &str) -> Result<Self, SignboardError> {
        let chars = name.chars().count();
        if !(1..=MOST_NAME_CHARS).contains(&chars) || name.chars().any(char::is_control) {
            return Err(SignboardError::Name);
        }
        let luminance = luminance(accent).ok_or(SignboardError::Accent)?;
        if 1.05 / (luminance + 0.05) < LEAST_CONTRAST {
            return Err(SignboardError::TooLight);
        }
        Ok(Self {
            name: name.to_owned(),
            accent: accent.to_ascii_lowercase(),
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The colour, `#rrggbb`.
    pub fn accent(&self) -> &str {
        &self.accent
    }
}

/// Relative luminance of `#rrggbb` (WCAG 2.2), 0 to 1.
fn luminance(accent: &str) -> Option<f64> {
    let digits = accent
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6)?;
    let bytes = hex::decode(digits).ok()?;
    let parts = bytes.iter().zip([0.2126, 0.7152, 0.0722]);
    Some(parts.map(|(byte, weight)| linear(*byte) * weight).sum())
}

fn linear(byte: u8) -> f64 {
    let part = f64::from(byte) / 255.0;
    if part <= 0.04045 {
        part / 12.92
    } else {
        ((part + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_that_nobody_could_read_on_is_refused() {
        let of = |accent| Signboard::new("見本信用金庫", accent).err();
        assert_eq!(of("#1F4E8C"), None);
        assert_eq!(of("#ffcc00"), Some(SignboardError::TooLight));
        for accent in ["", "1f4e8c", "#1f4e8", "#1f4e8c;", "#１f4e8", "red"] {
            assert_eq!(of(accent), Some(SignboardError::Accent), "{accent}");
        }
    }

    #[test]
    fn a_name_is_one_line() {
        let of = |name: &str| Signboard::new(name, "#1f4e8c").err();
        assert_eq!(of(&"金".repeat(40)), None);
        for name in [String::new(), "見本\n信用金庫".to_owned(), "金".repeat(41)] {
            assert_eq!(of(&name), Some(SignboardError::Name), "{name}");
        }
    }
}
