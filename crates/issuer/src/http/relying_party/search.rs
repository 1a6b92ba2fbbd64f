//! Looking a code up in a token's window, with the same work where there is no such token.

use skts_otp::{Drift, KeyLengthError, Otp, TokenPolicy, UnixTime};
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
    with_seed(issuer, token, |seed| {
        Search::of(&token.policy, token.drift).find(seed, now, code)
    })
}

/// Looks two consecutive codes up within an hour of the clock.
pub(super) fn find_pair(
    issuer: &Issuer,
    token: &TokenRow,
    (first, second): (&Otp, &Otp),
    now: UnixTime,
) -> Result<Finding, Refusal> {
    with_seed(issuer, token, |seed| {
        Search::of(&token.policy, token.drift).find_pair(seed, now, first, second)
    })
}

fn with_seed(
    issuer: &Issuer,
    token: &TokenRow,
    compute: impl FnOnce(&[u8]) -> Result<Finding, KeyLengthError>,
) -> Result<Finding, Refusal> {
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
    let seed = FieldReader::new(secrets.expose_secret())
        .bytes()
        .map_err(|error| Refusal::internal(&error))?;
    compute(seed).map_err(|error| Refusal::internal(&error))
}

/// Does the work of [`find`] and forgets it.
pub(super) fn pretend(code: &Otp, now: UnixTime) {
    let policy = TokenPolicy::self_provisioned();
    let _ = Search::of(&policy, Drift::default()).find(&NO_SEED, now, code);
}
