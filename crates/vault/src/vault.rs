//! An open profile.
use rand_core::CryptoRngCore;
use skts_otp::{Mac, TimeStep};
use skts_sealed::SecretBytes;

use crate::*;

/// An open profile: holds its lock until dropped.
pub struct Vault {}

impl Vault {
    /// The key that ties this profile to the device.
    pub fn device(&self) -> &dyn DeviceKey {
        todo!()
    }
    /// SHA-256 of the device key's SPKI.
    pub fn device_id(&self) -> [u8; 32] {
        todo!()
    }
    /// Which keystore holds the items.
    pub fn key_store_kind(&self) -> KeyStoreKind {
        todo!()
    }
    /// The usable tokens, in the order they were set up.
    pub fn tokens(&self) -> &[TokenRecord] {
        todo!()
    }
    /// The usable token of that name.
    pub fn token(&self, id: &TokenId) -> Option<&TokenRecord> {
        let _ = id;
        todo!()
    }
    /// Tokens that are listed and cannot be used, while others can.
    pub fn faulty_tokens(&self) -> &[FaultyToken] {
        todo!()
    }
    /// Seals and stores the state of a set-up that is under way, replacing what `id` had.
    ///
    /// # Errors
    /// [`VaultError::Name`], [`VaultError::Disk`], [`VaultError::DeviceKey`].
    pub fn put_pending<R: CryptoRngCore>(
        &mut self,
        id: &str,
        state: &[u8],
        rng: &mut R,
    ) -> Result<(), VaultError> {
        let _ = (id, state, rng);
        todo!()
    }
    /// Every set-up under way, by name.
    ///
    /// # Errors
    /// [`VaultError::Corrupt`], [`VaultError::NewerFormat`], [`VaultError::Disk`].
    pub fn pending(&self) -> Result<Vec<(String, SecretBytes)>, VaultError> {
        todo!()
    }
    /// Forgets a set-up; one that is not there is forgotten already.
    ///
    /// # Errors
    /// [`VaultError::Name`], [`VaultError::Disk`].
    pub fn clear_pending(&mut self, id: &str) -> Result<(), VaultError> {
        let _ = id;
        todo!()
    }
    /// Seals a provisioned token into the keystore and the profile, with a self-test before the
    /// marker names it. A token of the same institution and serial is replaced by it.
    ///
    /// # Errors
    /// [`VaultError::KeyStore`], [`VaultError::SelfTest`], [`VaultError::Disk`], …; then the
    /// profile is as it was.
    pub fn add_token<R: CryptoRngCore>(
        &mut self,
        token: NewToken,
        seed: SecretBytes,
        signing_key: SecretBytes,
        rng: &mut R,
    ) -> Result<TokenId, VaultError> {
        let _ = (token, seed, signing_key, rng);
        todo!()
    }
    /// Computes HMAC over one time step with the token's seed, read from the keystore.
    ///
    /// # Errors
    /// [`VaultError::UnknownToken`], [`VaultError::KeyStore`], [`VaultError::DeviceKey`].
    pub fn mac(&self, id: &TokenId, step: TimeStep) -> Result<Mac, VaultError> {
        let _ = (id, step);
        todo!()
    }
    /// The same for several time steps with one read of the keystore.
    ///
    /// # Errors
    /// As [`Vault::mac`].
    pub fn macs(&self, id: &TokenId, steps: &[TimeStep]) -> Result<Vec<Mac>, VaultError> {
        let _ = (id, steps);
        todo!()
    }
    /// Reads every token's item from the keystore again and computes one MAC with each.
    ///
    /// # Errors
    /// The first failure.
    pub fn self_test(&self) -> Result<(), VaultError> {
        todo!()
    }
    /// Changes the parts of a token that change while it lives, on disk before in memory.
    ///
    /// # Errors
    /// [`VaultError::UnknownToken`], [`VaultError::Disk`], [`VaultError::DeviceKey`].
    pub fn update_token<R: CryptoRngCore>(
        &mut self,
        id: &TokenId,
        state: TokenState,
        rng: &mut R,
    ) -> Result<(), VaultError> {
        let _ = (id, state, rng);
        todo!()
    }
    /// Removes a token, usable or not: from the marker first, then its item and record.
    ///
    /// # Errors
    /// [`VaultError::UnknownToken`], [`VaultError::Disk`].
    pub fn remove_token(&mut self, id: &TokenId) -> Result<(), VaultError> {
        let _ = id;
        todo!()
    }
}
