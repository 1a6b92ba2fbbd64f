//! Hardware tokens' key files: bytes in, keys out (RFC 6030, and a plain CSV).
//!
//! Ground: no IO, no clock, no randomness. A file is read whole or refused whole, with one error that
//! tells the place and the cause and nothing of the content.
//!
//! # What a MAC does not cover
//!
//! PSKC authenticates each encrypted secret for itself. Serial numbers, counters, periods and dates
//! are in the clear without a MAC, and two secrets of one file can change places with their MACs. Who
//! can change a file on its way learns no secret and puts none of his own in, but can make a token
//! useless, or one token's codes count under the serial number of another of the same file. The
//! caller's rule against that is that a token is registered only with a code that it shows, by the
//! customer it was sent to. A file in the clear has no protection at all and must come by a way that
//! has it.
//!
//! # What is refused on purpose
//!
//! - a document type, and with it every entity but the predefined ones;
//! - a secret in the clear where protection was agreed on, AES-CBC without MAC, a signature (it is not
//!   verified here, and passing over it would say that it was), RSA, 3DES and Camellia;
//! - a policy that is not understood, a PIN for the verifier to check, a key profile or reference;
//! - a secret under 128 bits; a TOTP key that does not tell its period.
//!
//! A HOTP key without a counter starts at 0, as the figures of RFC 6030 have it, and a suite that is
//! not given is SHA-1. `Extensions` and the `Time` of a TOTP key are read over: the verifier has its
//! own clock.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects
    )
)]

mod cipher;
mod container;
mod csv;
mod derivation;
mod error;
mod key;
mod package;
mod policy;
mod protection;
mod secret;
mod value;
mod xml;

pub use container::parse_pskc;
pub use csv::{CSV_HEADER, parse_csv};
pub use derivation::{ITERATIONS, SALT_BYTES};
pub use error::{ElementError, FileError, KeyError, KeyFileError, ProtectionError, XmlError};
pub use key::{Algorithm, HashAlgorithm, Key, KeyFile, SECRET_BYTES, SerialNumber};
pub use protection::Protection;
pub use secret::Secret;

/// How large a file may be, in bytes: room for [`MOST_KEYS`] of the usual size.
pub const MOST_BYTES: usize = 64 * 1024 * 1024;
/// How many keys a file may have.
pub const MOST_KEYS: usize = 50_000;
