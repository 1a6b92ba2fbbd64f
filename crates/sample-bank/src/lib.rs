//! A sample internet bank: the pages through which customers do every procedure with their token.
//!
//! ```text
//! browser ─► pages/ (a file a procedure) ─► rules/ (pure) ─► storage/ (SQLite)
//!              │                                               │
//!              └─► issuer/ ─► token service, relying-party API └─► mail/ ─► SMTP
//! ```
//!
//! It knows the token service only over its published API, as a real bank would. The bank checks its
//! customers' passwords itself; only then is a code sent to the service.

mod bank;
mod clock;
mod demo;
pub mod faces;
mod issuer;
pub mod mail;
mod pages;
mod pictures;
pub mod rules;
mod screen;
mod session;
mod signboard;
mod storage;

pub use bank::{Bank, BankError, Config};
pub use clock::{Clock, Entropy, SystemClock};
pub use demo::{CustomerError, NewCustomer, SAMPLES, SampleCustomer};
pub use issuer::Patience;
pub use pages::{NotHeard, router};
pub use rules::signing::SigningRule;
pub use rules::style::Style;
pub use signboard::{Signboard, SignboardError};
pub use storage::StorageError;
