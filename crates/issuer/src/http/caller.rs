//! Who calls: a device from an address, or a bank by its key.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use sha2::{Digest, Sha256};
use skts_provisioning::wire::ProblemCode;

use super::App;
use super::problem::Refusal;

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
}

impl FromRequestParts<App> for Bank {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
        let key = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .ok_or(ProblemCode::Unauthorized)?;
        match app.issuer.institution_of_key(&key_hash(key)).await? {
            Some(institution_id) => Ok(Self { institution_id }),
            None => {
                tracing::warn!("unknown API key");
                Err(Refusal::new(ProblemCode::Unauthorized))
            }
        }
    }
}

/// How a key is stored. The keys are 256 random bits, so a plain hash is enough.
pub(crate) fn key_hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
