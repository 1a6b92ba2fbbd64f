//! Plain CSV, for makers without PSKC.

use crate::container::Keys;
use crate::error::{FileError, KeyError, KeyFileError, at};
use crate::key::{
    Algorithm, HashAlgorithm, Key, KeyFile, SerialNumber, checked_secret, parse_count,
    parse_digits, parse_period, parse_time,
};
use crate::secret::Secret;
use crate::value::decode_hex;
use crate::{MOST_BYTES, MOST_KEYS};

/// The first line of a CSV file, which must be there as it is.
///
/// | column | what |
/// |---|---|
/// | `serial` | 8 to 12 letters and digits |
/// | `type` | `totp` or `hotp` |
/// | `secret_hex` | the secret in hexadecimal digits, 32 to 128 of them |
/// | `digits` | 6 or 8 |
/// | `period_secs` | TOTP: 1 to 86400; HOTP: empty |
/// | `counter` | HOTP: the counter of the next code; TOTP: empty |
/// | `algorithm` | `sha1`, `sha256` or `sha512`, in the spellings in use |
/// | `expires` | `2037-12-31T00:00:00Z` or with another offset, or empty |
pub const CSV_HEADER: &str = "serial,type,secret_hex,digits,period_secs,counter,algorithm,expires";

/// Reads a CSV file: the header and a line for each key; all of them, or none.
///
/// Nothing in it is encrypted or authenticated: it must come by a way that does both.
///
/// # Shapes and units
/// - `bytes`: UTF-8, with or without a byte order mark, at most [`MOST_BYTES`]; lines end in LF or
///   CRLF, the last may go without; no quotes, no spaces, no empty lines.
///
/// # Errors
/// [`KeyFileError`], with the number of the key where there is one, and nothing of the file's content.
pub fn parse_csv(bytes: &[u8]) -> Result<KeyFile, KeyFileError> {
    if bytes.len() > MOST_BYTES {
        return Err(FileError::TooLarge.into());
    }
    let text = str::from_utf8(bytes).map_err(|_| FileError::Encoding)?;
    let mut lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
    if lines.next() != Some(CSV_HEADER) {
        return Err(FileError::Header.into());
    }
    let mut keys = Keys::default();
    for (number, line) in (1..).zip(lines) {
        if number > MOST_KEYS {
            return Err(FileError::TooManyKeys.into());
        }
        let key = parse_line(line).map_err(at(number))?;
        keys.add(key).map_err(at(number))?;
    }
    keys.finish()
}

fn parse_line(line: &str) -> Result<Key, KeyError> {
    let columns: Vec<&str> = line.split(',').collect();
    let [
        serial,
        kind,
        secret_hex,
        digits,
        period_secs,
        counter,
        algorithm,
        expires,
    ] = columns.as_slice()
    else {
        return Err(KeyError::Value { of: "columns" });
    };
    let algorithm_of_codes = match (*kind, *period_secs, *counter) {
        ("totp", period_secs, "") => Algorithm::Totp {
            period_secs: parse_period(period_secs, "period_secs")?,
            drift_steps: 0,
        },
        ("hotp", "", counter) => Algorithm::Hotp {
            counter: parse_count(counter, "counter")?,
        },
        ("totp", ..) => return Err(KeyError::Value { of: "counter" }),
        ("hotp", ..) => return Err(KeyError::Value { of: "period_secs" }),
        _ => return Err(KeyError::Algorithm),
    };
    let secret = decode_hex(secret_hex).ok_or(KeyError::Value { of: "secret_hex" })?;
    let hash = HashAlgorithm::parse(algorithm).ok_or(KeyError::Value { of: "algorithm" })?;
    let expires = (!expires.is_empty()).then(|| parse_time(expires, "expires"));
    Ok(Key {
        serial: SerialNumber::parse(serial)?,
        manufacturer: None,
        model: None,
        algorithm: algorithm_of_codes,
        hash,
        digits: parse_digits(digits, "digits")?,
        starts_at: None,
        expires_at: expires.transpose()?,
        secret: checked_secret(Secret::from(secret))?,
    })
}
