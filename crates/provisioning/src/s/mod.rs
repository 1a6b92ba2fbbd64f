//! S: self-provisioning, by HPKE to a fresh key of the device.

mod client;
mod schedule;
mod server;

pub use client::{SError, SHello, SParams, SPendingHello, SPendingIssue};
pub use server::{ProvisioningKeyError, ProvisioningSigningKey, SClaim, SServer, SServerError};
