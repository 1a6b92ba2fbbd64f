//! What devices call to get a token, and about one they have.

pub(crate) mod begin;
pub(crate) mod check_in;
pub(crate) mod confirm;
pub(crate) mod finish;
pub(crate) mod hello;
pub(crate) mod issue;
mod new_token;
mod own_token;
pub(crate) mod stop;
