//! The ground against its standards and its laws.

mod laws;
mod policy;
mod redaction;
mod rfc;
mod typed;
