//! The vault's device key, as the messages see it.

use skts_provisioning::device::{DeviceSigner, SignError};
use skts_sealed::scrub_stack;
use skts_vault::{DeviceKey, DeviceKeyError, KeyStoreError};

/// The vault's device key, as the messages want it.
pub(crate) struct Signer<'a>(pub(crate) &'a dyn DeviceKey);

impl DeviceSigner for Signer<'_> {
    fn spki(&self) -> &[u8] {
        self.0.spki()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        let signed = self.0.sign(message);
        scrub_stack();
        signed.map_err(|error| match error {
            DeviceKeyError::Gone => SignError::Gone,
            DeviceKeyError::Busy => SignError::Busy,
            DeviceKeyError::KeyStore(KeyStoreError::Locked) => SignError::Locked,
            DeviceKeyError::KeyStore(KeyStoreError::Slow) => SignError::Slow,
            DeviceKeyError::KeyStore(
                KeyStoreError::Absent | KeyStoreError::Refused | KeyStoreError::NotEntitled,
            ) => SignError::NoKeyStore,
            DeviceKeyError::KeyStore(KeyStoreError::Missing) => SignError::PartMissing,
            DeviceKeyError::Damaged | DeviceKeyError::KeyStore(KeyStoreError::Damaged) => {
                SignError::WrongShape
            }
            _ => SignError::Unavailable,
        })
    }
}
