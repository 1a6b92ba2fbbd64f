//! Looking a code up in a token's window, with the same work where there is no such token.

use skts_otp::{Drift, KeyLengthError, OcraError, Otp, TokenPolicy, UnixTime};
use skts_sealed::FieldReader;

use super::super::problem::Refusal;
use crate::issuer::Issuer;
use crate::rules::verify::{Finding, Search};
use crate::storage::tokens::TokenRow;

/// Computed with where there is no token. Its codes are never accepted.
const NO_SEED: [u8; 32] = [0; 32];

/// Looks `code` up in `token`'s window.
pub(super) fn find(
    issuer: &Issuer,
    token: &TokenRow,
    code: &Otp,
    now: UnixTime,
) -> Result<Finding, Refusal> {
    with_seed(issuer, token, |seed| token.search().find(seed, now, code))
}

/// Looks two consecutive codes up within an hour of the clock.
pub(super) fn find_pair(
    issuer: &Issuer,
    token: &TokenRow,
    (first, second): (&Otp, &Otp),
    now: UnixTime,
) -> Result<Finding, Refusal> {
    with_seed(issuer, token, |seed| {
        token.search().find_pair(seed, now, first, second)
    })
}

fn with_seed(
    issuer: &Issuer,
    token: &TokenRow,
    compute: impl FnOnce(&[u8]) -> Result<Finding, KeyLengthError>,
) -> Result<Finding, Refusal> {
    with_secrets(issuer, token, |mut secrets| {
        let seed = secrets.bytes().map_err(|error| Refusal::internal(&error))?;
        compute(seed).map_err(|error| Refusal::internal(&error))
    })
}

/// Lends the key that `token` signs with.
pub(super) fn with_signing_key<T>(
    issuer: &Issuer,
    token: &TokenRow,
    compute: impl FnOnce(&[u8]) -> Result<T, OcraError>,
) -> Result<T, Refusal> {
    with_secrets(issuer, token, |mut secrets| {
        let key = secrets.bytes().and_then(|_seed| secrets.bytes());
        let key = key.map_err(|error| Refusal::internal(&error))?;
        compute(key).map_err(|error| Refusal::internal(&error))
    })
}

fn with_secrets<T>(
    issuer: &Issuer,
    token: &TokenRow,
    compute: impl FnOnce(FieldReader<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let secrets = issuer
        .keys
        .unseal_token(
            &token.serial,
            &token.institution_id,
            token.key_version,
            &token.secrets,
        )
        .map_err(|error| Refusal::internal(&error))?;
    // EXPOSE: computed with, in this buffer only.
    compute(FieldReader::new(secrets.expose_secret()))
}

/// Does the work of [`find`] and forgets it.
pub(super) fn pretend(code: &Otp, now: UnixTime) {
    let policy = TokenPolicy::self_provisioned();
    let _ = Search::of(&policy, Drift::default()).find(&NO_SEED, now, code);
}
