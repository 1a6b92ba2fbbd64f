//! The ground against its standards and its laws.

mod laws;
mod link;
mod ocra;
mod policy;
mod redaction;
mod rfc;
mod suite;
mod transaction;
mod typed;
