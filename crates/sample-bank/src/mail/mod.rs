//! Mail to customers: queued with what it tells, sent by SMTP, tried again until it is taken.

mod worker;

pub use worker::{MailError, MailLine, PassError, Server};
