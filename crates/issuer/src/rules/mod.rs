//! What the service decides, without IO and without a clock: times are arguments.

pub mod activation;
pub mod address;
pub mod allowance;
pub mod app_version;
pub mod attestation;
pub mod roles;
pub mod scope;
pub mod sign;
pub mod throttle;
pub mod token;
pub mod verify;
pub(crate) mod voucher;
