//! K: activation with service ID, user ID and activation password, by OPAQUE.

mod client;
mod schedule;
mod server;

pub use client::{KBegin, KError, KParams, KPendingBegin, KPendingFinish};
pub use server::{KClaim, KServer, KServerError};
