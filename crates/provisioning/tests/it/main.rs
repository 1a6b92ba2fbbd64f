//! Tests over whole runs, hostile messages and stored samples.

mod activation_qr;
mod check_in;
mod common;
mod document;
mod flow;
mod frozen;
mod hostile;
mod institution;
mod mutation;
mod redaction;
mod statement;
mod stop;
mod typed;
