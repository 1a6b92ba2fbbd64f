//! Who is at the other end: session, face, text size.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use skts_otp::UnixTime;

use crate::bank::Bank;
use crate::faces::{Face, TextSize};
use crate::pages::Failure;
use crate::storage::sessions::{self, SessionRow};

/// Seconds without a page until a session ends.
pub(crate) const IDLE_SECS: u64 = 10 * 60;
/// A use is written down at most this often: a page that is only looked at costs no write.
const TOUCH_SECS: u64 = 15;
/// Seconds until it ends however busy it is.
const LONGEST_SECS: u64 = 4 * 3600;
/// Seconds for which face and text size are remembered: a year.
const VIEW_SECS: u64 = 365 * 24 * 3600;
/// Longest cookie value looked at.
const MOST_COOKIE_CHARS: usize = 128;

/// Who asks for a page.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) session: Option<SessionRow>,
    pub(crate) face: Face,
    pub(crate) size: TextSize,
    /// The path asked for.
    pub(crate) here: String,
    /// A session just made, for the answer.
    pub(crate) new_cookie: Option<HeaderValue>,
}

impl FromRequestParts<Arc<Bank>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, bank: &Arc<Bank>) -> Result<Self, Failure> {
        let headers = &parts.headers;
        let id = cookie(headers, session_cookie(bank.config.https));
        let session = match id {
            Some(id) => find(bank, id).await?,
            None => None,
        };
        let user_agent = headers
            .get(header::USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self {
            session,
            face: cookie(headers, "face")
                .and_then(Face::parse)
                .unwrap_or_else(|| Face::for_user_agent(user_agent)),
            size: cookie(headers, "size")
                .and_then(TextSize::parse)
                .unwrap_or(TextSize::Standard),
            here: local_path(parts.uri.path()).unwrap_or("/").to_owned(),
            new_cookie: None,
        })
    }
}

impl Visitor {
    /// The session, made if there is none.
    pub(crate) async fn session(&mut self, bank: &Bank) -> Result<SessionRow, Failure> {
        if let Some(session) = &self.session {
            return Ok(session.clone());
        }
        let (id, session) = make(bank, None, false);
        let mut transaction = bank.storage.write().await?;
        sessions::add(&mut transaction, &session, bank.now()).await?;
        transaction.commit().await?;
        self.new_cookie = Some(set_cookie(&id, bank.config.https));
        self.session = Some(session.clone());
        Ok(session)
    }

    /// The contract of who is logged in.
    pub(crate) fn contract_id(&self) -> Option<&str> {
        self.session.as_ref()?.contract_id.as_deref()
    }

    /// Whether staff are logged in.
    pub(crate) fn is_staff(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.staff)
    }
}

async fn find(bank: &Bank, id: &str) -> Result<Option<SessionRow>, Failure> {
    let now = bank.now();
    let before = |secs| UnixTime::from_secs(now.as_secs().saturating_sub(secs));
    let found = {
        let mut connection = bank.storage.read().await?;
        let (idle, oldest) = (before(IDLE_SECS), before(LONGEST_SECS));
        sessions::find(&mut connection, &hash(id), idle, oldest).await?
    };
    let Some((session, seen_at)) = found else {
        return Ok(None);
    };
    if seen_at <= before(TOUCH_SECS) {
        let mut transaction = bank.storage.write().await?;
        sessions::touch(&mut transaction, &session.id_hash, now).await?;
        transaction.commit().await?;
    }
    Ok(Some(session))
}

/// Makes a session: what its cookie holds, and the row.
pub(crate) fn make(bank: &Bank, contract_id: Option<&str>, staff: bool) -> (String, SessionRow) {
    let id = bank.entropy.hex::<32>();
    let session = SessionRow {
        id_hash: hash(&id),
        csrf: bank.entropy.hex::<32>(),
        contract_id: contract_id.map(str::to_owned),
        staff,
    };
    (id, session)
}

/// Whether two secrets are the same, in a time that does not tell where they part.
pub(crate) fn same(one: &str, other: &str) -> bool {
    hash(one) == hash(other)
}

fn hash(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

/// `__Host-` binds the cookie to this host and to HTTPS; browsers refuse it over plain HTTP.
const fn session_cookie(https: bool) -> &'static str {
    if https { "__Host-session" } else { "session" }
}

/// `Lax`, not `Strict`: a link in a mail must not cost a customer the session under way. What changes
/// anything is a POST, which `Lax` keeps from other sites, and carries the session's own word.
pub(crate) fn set_cookie(id: &str, https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    text(&format!(
        "{}={id}; Path=/; HttpOnly; SameSite=Lax{secure}",
        session_cookie(https)
    ))
}

/// Takes the session's cookie back.
pub(crate) fn drop_cookie(https: bool) -> HeaderValue {
    let secure = if https { "; Secure" } else { "" };
    text(&format!(
        "{}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}",
        session_cookie(https)
    ))
}

/// Remembers a face or a text size.
pub(crate) fn view_cookie(name: &'static str, word: &'static str) -> HeaderValue {
    text(&format!(
        "{name}={word}; Path=/; HttpOnly; SameSite=Lax; Max-Age={VIEW_SECS}"
    ))
}

fn text(cookie: &str) -> HeaderValue {
    HeaderValue::from_str(cookie).unwrap_or(HeaderValue::from_static(""))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, value)| *found == name && value.len() <= MOST_COOKIE_CHARS)
        .map(|(_, value)| value)
}

/// `path` if it leads nowhere but here.
pub(crate) fn local_path(path: &str) -> Option<&str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_');
    let local = path.starts_with('/') && !path.starts_with("//") && path.bytes().all(plain);
    local.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_back_leads_nowhere_else() {
        for path in ["/", "/home", "/procedures/start/0af3"] {
            assert_eq!(local_path(path), Some(path));
        }
        for path in [
            "",
            "home",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/home?x=1",
            "/%0d%0aSet-Cookie:x",
        ] {
            assert_eq!(local_path(path), None, "{path}");
        }
    }

    #[test]
    fn cookies_over_https_are_bound_to_the_host() {
        let cookie = set_cookie("ab", true);
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-session=ab; Path=/; HttpOnly; SameSite=Lax"));
        assert!(cookie.ends_with("; Secure"), "{cookie}");
        assert!(!set_cookie("ab", false).to_str().unwrap().contains("Secure"));
    }
}
