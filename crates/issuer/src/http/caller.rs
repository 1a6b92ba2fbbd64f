//! Who calls: a device from an address, or a bank by its key.

use std::marker::PhantomData;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Deref;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use skts_provisioning::wire::ProblemCode;

use super::App;
use super::problem::Refusal;
use crate::bank_tls::Thumbprint;
use crate::rules::scope::Scope;

/// A device. Extracting it takes one call from its address's allowance.
#[derive(Debug)]
pub(crate) struct Device;

impl FromRequestParts<App> for Device {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let address = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
        match app.issuer.take_provisioning_call(address) {
            Ok(()) => Ok(Self),
            Err(secs) => {
                tracing::warn!(%address, "too many provisioning calls");
                Err(Refusal::busy(secs))
            }
        }
    }
}

/// A bank, known by the key in `Authorization: Bearer`.
#[derive(Debug)]
pub(crate) struct Bank {
    pub(crate) institution_id: String,
    /// The bank and the name of its key, for the audit trail.
    pub(crate) actor: String,
}

/// A bank whose key may be used for what the scope of type `S` says. Every call of a bank takes one of
/// these: there is no other way to a [`Bank`].
#[derive(Debug)]
pub(crate) struct Allowed<S> {
    bank: Bank,
    scope: PhantomData<S>,
}

/// A [`Scope`] as a type.
pub(crate) trait ScopeType: Send + Sync {
    const SCOPE: Scope;
}

macro_rules! scope_types {
    ($($name:ident)*) => {$(
        #[doc = concat!("[`Scope::", stringify!($name), "`].")]
        #[derive(Debug)]
        pub(crate) struct $name;

        impl ScopeType for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}

scope_types!(Activations Tokens Verify Read);

impl<S> Deref for Allowed<S> {
    type Target = Bank;

    fn deref(&self) -> &Bank {
        &self.bank
    }
}

impl<S: ScopeType> FromRequestParts<App> for Allowed<S> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let key = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(ProblemCode::Unauthorized)?;
        let hash = key_hash(key);
        let Some(key) = app.issuer.bank_key(&hash).await? else {
            tracing::warn!("unknown API key");
            return Err(ProblemCode::Unauthorized.into());
        };
        // Put in by the listener that shook hands, and by nothing a caller sends.
        let shown = parts.extensions.get::<Thumbprint>();
        if key.certificate.is_some_and(|bound| shown != Some(&bound)) {
            tracing::warn!(
                institution = key.institution_id,
                key = key.name,
                "not over the certificate the key is bound to"
            );
            // As an unknown key, and before anything is counted against the bank: whoever found a key
            // learns nothing from it.
            return Err(ProblemCode::Unauthorized.into());
        }
        if let Err(secs) = app.issuer.take_bank_call(hash) {
            tracing::warn!(
                institution = key.institution_id,
                "too many calls of one key"
            );
            return Err(Refusal::busy(secs));
        }
        if !key.scopes.contain(S::SCOPE) {
            tracing::warn!(
                institution = key.institution_id,
                key = key.name,
                "beyond its scope"
            );
            return Err(ProblemCode::Forbidden.into());
        }
        let bank = Bank {
            actor: format!("bank:{}", key.name),
            institution_id: key.institution_id,
        };
        let scope = PhantomData;
        Ok(Self { bank, scope })
    }
}

/// How a key is stored. The keys are 256 random bits, so a plain hash is enough.
pub(crate) fn key_hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
