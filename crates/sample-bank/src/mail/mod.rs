//! Mail to customers: queued with what it tells, sent by SMTP, tried again until it is taken.

mod inbox;
mod worker;

pub use inbox::{Inbox, ReceivedMail};
pub use worker::{MailError, MailLine, PassError, Server};
