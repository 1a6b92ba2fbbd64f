//! What the bank decides: pure, the time an argument.

pub mod access;
pub mod activation_password;
pub mod entries;
pub mod japan;
pub mod limits;
pub mod payees;
pub mod signing;
pub mod standing;
pub mod style;
pub mod transfer_password;
pub mod tries;
