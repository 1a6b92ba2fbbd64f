//! Who sits at the console: a secret in a cookie, known to the database by its hash.
//!
//! A form carries a nonce and what HKDF makes of the session's secret, the form's address and the
//! nonce: nobody without the cookie can make one, and the nonce is taken once.

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::COOKIE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, RequestExt};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use skts_sealed::{SecretBytes, derive_secret};

use super::page::Frame;
use super::words::Language;
use super::{Desk, PASSWORD_PAGE, SIGN_OUT, page};
use crate::storage::staff::{self, StaffRow};

/// The session of somebody who signed in.
pub(super) const SESSION_COOKIE: &str = "__Host-skts-console";
/// Of the form to sign in, before there is a session.
pub(super) const ENTRY_COOKIE: &str = "__Host-skts-console-entry";
pub(super) const LANGUAGE_COOKIE: &str = "skts-console-language";

/// The secret of a cookie.
pub(super) struct CookieKey(SecretBytes);

impl CookieKey {
    pub(super) fn make(desk: &Desk) -> Self {
        let entropy = &desk.app.issuer.entropy;
        Self(entropy.with(|mut rng| SecretBytes::make(32, &mut rng)))
    }

    fn from_cookie(headers: &HeaderMap, name: &str) -> Option<Self> {
        let bytes = hex::decode(cookie(headers, name)?).ok()?;
        (bytes.len() == 32).then(|| Self(SecretBytes::new(bytes)))
    }

    /// The cookie: for this host and this visit, sent by no other site and read by no script.
    pub(super) fn cookie(&self, name: &str) -> String {
        // EXPOSE: it is what the browser is to send back.
        let value = hex::encode(self.0.expose_secret());
        format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
    }

    /// What the database knows of it.
    pub(super) fn hash(&self) -> [u8; 32] {
        // EXPOSE: goes into a hash.
        Sha256::digest(self.0.expose_secret()).into()
    }

    fn mac(&self, address: &str, nonce: &[u8]) -> Option<SecretBytes> {
        // EXPOSE: goes into HKDF.
        let key = self.0.expose_secret();
        derive_secret(key, nonce, "skts/console-form/v1", address.as_bytes(), 32).ok()
    }

    /// What a form to `address` carries.
    pub(super) fn form(&self, address: &str, nonce: &[u8; 16]) -> String {
        let mac = self
            .mac(address, nonce)
            .unwrap_or_else(|| SecretBytes::new(Vec::new()));
        // EXPOSE: it is what the form is to bring back, good for this address and once.
        hex::encode(nonce) + &hex::encode(mac.expose_secret())
    }

    /// The nonce of a form that this session was given for `address`.
    fn nonce_of(&self, address: &str, form: &str) -> Option<[u8; 16]> {
        let bytes = hex::decode(form).ok()?;
        let (nonce, mac) = bytes.split_at_checked(16)?;
        let same = self
            .mac(address, nonce)?
            .ct_eq(&SecretBytes::from_slice(mac));
        same.then(|| nonce.try_into().ok())?
    }
}

/// Takes a cookie away.
pub(super) fn without(name: &str) -> String {
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|header| header.to_str().ok())
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// The visitor's language and where he is.
#[derive(Debug, Clone)]
pub(super) struct Visit {
    pub(super) language: Language,
    /// Path and query.
    pub(super) address: String,
}

impl Visit {
    fn of(headers: &HeaderMap, uri: &axum::http::Uri) -> Self {
        let chosen = cookie(headers, LANGUAGE_COOKIE).and_then(Language::parse);
        Self {
            language: chosen.unwrap_or(Language::Japanese),
            address: uri
                .path_and_query()
                .map_or("/console", |at| at.as_str())
                .to_owned(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers, &parts.uri))
    }
}

/// Somebody who signed in. Whoever has a temporary password only gets as far as choosing another.
pub(super) struct Seat {
    pub(super) staff: StaffRow,
    pub(super) key: CookieKey,
    pub(super) visit: Visit,
}

impl FromRequestParts<Desk> for Seat {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, desk: &Desk) -> Result<Self, Response> {
        let visit = Visit::of(&parts.headers, &parts.uri);
        let Some(key) = CookieKey::from_cookie(&parts.headers, SESSION_COOKIE) else {
            return Err(to_sign_in());
        };
        let issuer = &desk.app.issuer;
        let found = async {
            let mut connection = issuer.storage.writer().await?;
            staff::resume_session(&mut connection, &key.hash(), issuer.now()).await
        };
        match found.await {
            Ok(Some(staff)) => {
                let here = parts.uri.path();
                if staff.password_is_temporary && here != PASSWORD_PAGE && here != SIGN_OUT {
                    return Err(Redirect::to(PASSWORD_PAGE).into_response());
                }
                Ok(Self { staff, key, visit })
            }
            Ok(None) => Err(to_sign_in()),
            Err(error) => Err(page::failed(desk, visit, &error)),
        }
    }
}

fn to_sign_in() -> Response {
    Redirect::to("/console/sign-in").into_response()
}

/// The visitor of the form to sign in.
pub(super) struct Entry {
    pub(super) key: CookieKey,
    pub(super) visit: Visit,
}

/// What may send a form.
pub(super) trait Sender: FromRequestParts<Desk, Rejection = Response> + Send + Sync {
    fn key(&self) -> &CookieKey;
    fn visit(&self) -> &Visit;
}

impl Sender for Seat {
    fn key(&self) -> &CookieKey {
        &self.key
    }

    fn visit(&self) -> &Visit {
        &self.visit
    }
}

impl Sender for Entry {
    fn key(&self) -> &CookieKey {
        &self.key
    }

    fn visit(&self) -> &Visit {
        &self.visit
    }
}

impl FromRequestParts<Desk> for Entry {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &Desk) -> Result<Self, Response> {
        match CookieKey::from_cookie(&parts.headers, ENTRY_COOKIE) {
            Some(key) => Ok(Self {
                key,
                visit: Visit::of(&parts.headers, &parts.uri),
            }),
            None => Err(to_sign_in()),
        }
    }
}

#[derive(serde::Deserialize)]
struct Carried<T> {
    form: String,
    #[serde(flatten)]
    fields: T,
}

/// A form that a page of this console gave to this visitor, and that was not sent before.
pub(super) struct Sent<F, T> {
    pub(super) from: F,
    pub(super) fields: T,
}

impl<F: Sender + 'static, T: DeserializeOwned + Send + 'static> FromRequest<Desk> for Sent<F, T> {
    type Rejection = Response;

    async fn from_request(mut request: Request, desk: &Desk) -> Result<Self, Response> {
        let address = request.uri().path().to_owned();
        let from: F = request.extract_parts_with_state(desk).await?;
        let visit = from.visit().clone();
        let words = visit.language.words();
        let refuse = |status, text| page::message(&Frame::of(desk, &visit), status, text);
        let Form(carried) = match Form::<Carried<T>>::from_request(request, desk).await {
            Ok(form) => form,
            Err(_) => return Err(refuse(StatusCode::BAD_REQUEST, words.form_malformed)),
        };
        let Some(nonce) = from.key().nonce_of(&address, &carried.form) else {
            tracing::warn!(address, "a form that no page of the console gave");
            return Err(refuse(StatusCode::FORBIDDEN, words.form_forged));
        };
        let issuer = &desk.app.issuer;
        let taken = async {
            let mut connection = issuer.storage.writer().await?;
            staff::take_form(&mut connection, &nonce, issuer.now()).await
        };
        match taken.await {
            Ok(true) => Ok(Self {
                from,
                fields: carried.fields,
            }),
            Ok(false) => Err(refuse(StatusCode::CONFLICT, words.form_used)),
            Err(error) => Err(page::failed(desk, visit, &error)),
        }
    }
}
