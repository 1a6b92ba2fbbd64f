//! The activation (K, OPAQUE) and self-provisioning (S, HPKE) protocols: messages and state
//! machines of both sides. Bytes in, bytes out; no IO, no clock, no generator of its own.
//!
//! ```text
//! K  KBegin::start ─► KPendingBegin ──finish──► KPendingFinish ──open──► Provisioned ──► confirm
//!         │ begin           ▲ KE2                    │ finish      ▲ sealed grant
//!         ▼                 │                        ▼             │
//!    KServer::begin ────────┘                   KServer::finish ─► KClaim::seal_grant
//!
//! S  SHello::start ─► SPendingHello ──issue──► SPendingIssue ──open──► Provisioned ──► confirm
//!         │ hello           ▲ challenge             │ issue     ▲ HPKE, signed
//!         ▼                 │                       ▼           │
//!    SServer::challenge ────┘             SServer::check_issue ─► SClaim::seal_grant
//!
//! C  PendingCheckIn::start ──► verify_device, judge, answer ──► PendingCheckIn::open ──► next ratchet value
//! E  PendingStop::start ──► verify_device, answer ──► PendingStop::open ──► receipt
//! ```
//!
//! Every client state encodes to bytes and holds the serialized request it has to send, so that a
//! killed program sends the very same bytes again. `docs/protocol.md` has the byte tables.
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

pub mod activation_qr;
pub mod check_in;
pub mod confirm;
pub mod device;
pub mod grant;
mod hybrid;
pub mod ids;
pub mod institution;
pub mod k;
pub mod opaque;
mod p256_text;
pub mod s;
pub mod statement;
pub mod stop;
pub mod wire;
