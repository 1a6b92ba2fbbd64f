//! Tests over whole runs, hostile messages and stored samples.

mod common;
mod document;
mod flow;
mod frozen;
mod hostile;
mod institution;
mod mutation;
mod redaction;
mod typed;
