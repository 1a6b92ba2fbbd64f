//! `marker.json`: what anybody may know of a profile.
use crate::TokenId;

/// The public marker of a profile: that it was set up, by which device key, with which tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    pub(crate) profile_id: String,
    pub(crate) tokens: Vec<TokenId>,
    pub(crate) device_id: [u8; 32],
}

impl Marker {
    /// The profile's random name: 32 hex digits.
    pub fn profile_id(&self) -> &str {
        &self.profile_id
    }

    /// SHA-256 of the device key's SPKI.
    pub fn device_id(&self) -> [u8; 32] {
        self.device_id
    }

    /// The tokens that were set up, in that order.
    pub fn tokens(&self) -> &[TokenId] {
        &self.tokens
    }
}
