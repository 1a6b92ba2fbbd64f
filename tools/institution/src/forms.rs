//! How ids, numbers, addresses and colours are written.

/// The longest address whose QR code can still be read off paper.
pub(crate) const ADDRESS_CHARACTERS: usize = 120;

/// Whether `id` is lower-case letters and digits with single hyphens between.
pub(crate) fn is_kebab(id: &str) -> bool {
    let word = |part: &str| {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        !part.is_empty() && part.chars().all(good)
    };
    id.split('-').all(word) && id.len() <= 40
}

/// Whether `text` is digits and nothing else.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether `phone` is 0 and nine or ten digits more, with hyphens.
pub(crate) fn is_phone(phone: &str) -> bool {
    let digits = phone.bytes().filter(u8::is_ascii_digit).count();
    phone.starts_with('0') && phone.split('-').all(is_digits) && (10..=11).contains(&digits)
}

/// Whether `address` is one of the web that fits a QR code.
pub(crate) fn is_address(address: &str) -> bool {
    let host = address.strip_prefix("https://").unwrap_or_default();
    !host.is_empty()
        && address.len() <= ADDRESS_CHARACTERS
        && address.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Contrast of the colour `#rrggbb` with white, 1 to 21 (WCAG 2.2, relative luminance).
pub(crate) fn contrast_with_white(colour: &str) -> Option<f64> {
    let digits = colour
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6)?;
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let all = u32::from_str_radix(digits, 16).ok()?;
    let [_, red, green, blue] = all.to_be_bytes().map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    Some(1.05 / (luminance + 0.05))
}
