//! The token service: issues tokens, keeps their seeds under a master key, verifies codes.
//!
//! ```text
//! device ──► http/provisioning ─┐                      ┌─► storage/ (SQLite or PostgreSQL)
//!                               ├─► rules/ (pure) ─────┤
//! bank   ──► http/relying_party ┘                      └─► keys (master key file)
//! ```
//!
//! `rules/` decides, `storage/` writes with conditional updates, `http/` has one file an endpoint.
//! Time and randomness come in through [`Clock`] and [`Entropy`].

mod admin;
mod attestation;
mod audit;
mod bank_keys;
mod bank_tls;
mod clock;
mod config;
mod hardware;
mod housekeeping;
mod http;
mod issuer;
mod keys;
mod metrics;
mod restored;
mod rotation;
pub mod rules;
mod serve;
mod staff;
mod storage;
mod webhooks;

pub use admin::{AdminError, NewActivation, NewInstitution, PolicyKind, SampleInstitution};
pub use attestation::{AttestationConfig, AttestationError, Signer};
pub use audit::{AuditEntry, AuditError, AuditFilter, Seal, Trail};
pub use bank_keys::{BankKey, BankKeyError};
pub use bank_tls::{BankTls, BankTlsConfig, BankTlsError, Thumbprint};
pub use clock::{Clock, Entropy, SystemClock};
pub use config::{Config, ConfigError};
pub use hardware::{ImportError, Imported};
pub use http::{bank_router, console_router, router};
pub use issuer::{Issuer, OpenError};
pub use keys::{HsmConfig, KeyError, ServiceKeys};
pub use metrics::metrics_router;
pub use restored::{Restored, back_up};
pub use rotation::{Resealed, RotationError};
pub use serve::{ConnectionLimits, serve, serve_banks};
pub use staff::{
    AccountError, ImportByStaff, ImportRequest, NewStaff, PasswordError, StaffAccount, StaffChange,
    StaffError, StaffPassword,
};
pub use storage::{BackupError, Place, PlaceError, StorageError};
pub use webhooks::WebhookError;
