//! What the bank decides: pure, the time an argument.

pub mod access;
pub mod entries;
pub mod japan;
pub mod limits;
pub mod transfer_password;
pub mod tries;
