//! Authenticated envelopes: the only place in the project that encrypts.
//!
//! `Envelope = "SKSE" ‖ version ‖ namespace ‖ nonce ‖ AES-256-GCM(key, nonce, plaintext, aad)` with
//! `aad = header ‖ u32be(|context|) ‖ context`. A namespace and a context make sure that what was
//! sealed for one purpose or one place opens nowhere else.
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

mod envelope;
mod fields;
mod hash;
mod key;
mod memory;
mod secret;

pub use envelope::{Namespace, UnsealError, seal, unseal};
pub use fields::{FieldError, FieldReader, FieldWriter};
pub use hash::LabelledHash;
pub use key::{KeyLengthError, OutputLengthError, SealingKey, derive_secret};
pub use memory::{keep_in_memory, scrub_stack};
pub use secret::SecretBytes;
