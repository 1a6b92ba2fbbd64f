//! The audit trail: who did what to whose token, in a form that cannot be changed unseen.
//!
//! ```text
//! each change ──► audit (one entry, in the same transaction)
//!                   │  every few seconds: h(i) = H(h(i-1), entry(i))
//!                   ▼
//!                 audit_seals (hash at the last entry, signed) ──► anchor file outside the database
//! ```
//!
//! An entry changed, taken out or put in breaks the chain at a seal. Entries cut from the end, or the
//! whole trail written anew by somebody who has the key, do not fit the seals in the anchor file. What
//! was written since the last seal is not covered yet.

mod entry;
mod seal;
mod trail;

pub use entry::AuditEntry;
pub(crate) use entry::{Action, BEGINNING, Entry};
pub use seal::Seal;
pub(crate) use seal::{Anchor, AuditKey};
pub use trail::{AuditError, AuditFilter, Trail};
