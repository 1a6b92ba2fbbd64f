//! Logins of a moment ago.
//!
//! A login ends the session in which its form was sent. Who presses the button twice gets the answer
//! to the second press only, and must be logged in by it. The whole form has to be the same, with the
//! password or code in it: nobody learns or gets anything by it who could not have logged in.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderValue;
use skts_otp::UnixTime;

use super::reply::Reply;

/// For how long a press counts as the second one.
const KEPT_SECS: u64 = 10;

/// Where the login led, and its cookies.
type Login = (String, Vec<HeaderValue>);

/// Logins by the digest of their form. In memory only.
#[derive(Debug, Default)]
pub(crate) struct RecentLogins(Mutex<HashMap<[u8; 32], (UnixTime, Login)>>);

impl RecentLogins {
    /// Keeps a login for a moment, and forgets those of before.
    pub(super) fn keep(&self, form: [u8; 32], login: Login, now: UnixTime) {
        let mut logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        logins.retain(|_, (at, _)| is_recent(*at, now));
        logins.insert(form, (now, login));
    }

    /// The answer to the same form.
    pub(super) fn find(&self, form: &[u8; 32], now: UnixTime) -> Option<Reply> {
        let logins = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, (to, cookies)) = logins.get(form)?;
        is_recent(*at, now).then(|| Reply::GoWith(to.clone(), cookies.clone()))
    }
}

fn is_recent(at: UnixTime, now: UnixTime) -> bool {
    now.as_secs().saturating_sub(at.as_secs()) < KEPT_SECS
}
