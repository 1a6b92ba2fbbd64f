//! Envelopes, keys and records against their standards and their laws.

mod envelope;
mod fields;
mod frozen;
mod redaction;
mod vectors;
