//! The pieces of one token: its keystore item, its record, its place in the marker.

use rand_core::CryptoRngCore;
use skts_otp::{HashAlgorithm, Mac, TimeStep};
use skts_sealed::{FieldWriter, SecretBytes, scrub_stack};

use super::{COMPARED_STEPS, Use, Vault, disk};
use crate::device_key::RECORD_LABEL;
use crate::marker::Marker;
use crate::profile::TOKENS;
use crate::record::{self, Item, RecordError};
use crate::{
    DeviceKeyError, KeyStore, KeyStoreError, NewToken, TokenId, TokenRecord, TokenState, VaultError,
};

impl Vault {
    /// Writes item and record of a token that the marker does not list yet.
    pub(super) fn write_token(
        &self,
        id: &TokenId,
        token: NewToken,
        seed: &SecretBytes,
        signing_key: &SecretBytes,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<TokenRecord, VaultError> {
        let first = TimeStep::from_index(0);
        // EXPOSE: the check value is computed from the seed in hand.
        let mac = skts_otp::mac(seed.expose_secret(), token.policy.hash, first)
            .map_err(|_| DeviceKeyError::KeyLength)?;
        let record = TokenRecord {
            id: id.clone(),
            serial: token.serial,
            institution_id: token.institution_id,
            service_id: token.service_id,
            policy: token.policy,
            started_at: token.started_at,
            expires_at: token.expires_at,
            state: TokenState {
                match_number: token.match_number,
                server_offset_secs: token.server_offset_secs,
                ratchet: token.ratchet,
                ratchet_count: 0,
                notes: token.notes,
            },
            check: record::check_value(&mac),
        };
        let mut import = |key: &SecretBytes, usage, hash| {
            let context = self.item_context(&record, usage);
            // EXPOSE: a context is not secret.
            self.device()
                .import_hmac_key(key, context.expose_secret(), hash, rng)
        };
        let item = Item {
            seed: import(seed, Use::Codes, record.policy.hash)?,
            signing_key: import(signing_key, Use::Signing, HashAlgorithm::Sha256)?,
        };
        self.opened
            .key_store
            .put(&self.item_name(id), &item.encode())?;
        self.compare(&record, seed, signing_key)?;
        self.write_record(&record, rng)?;
        self.read_record(id)?;
        Ok(record)
    }

    /// The self-test of set-up: what the keystore gives back computes what the keys in hand do.
    pub(super) fn compare(
        &self,
        record: &TokenRecord,
        seed: &SecretBytes,
        signing_key: &SecretBytes,
    ) -> Result<(), VaultError> {
        let item = self.read_item(&record.id)?;
        let seed_hash = record.policy.hash;
        for (key, imported, usage, hash) in [
            (seed, &item.seed, Use::Codes, seed_hash),
            (
                signing_key,
                &item.signing_key,
                Use::Signing,
                HashAlgorithm::Sha256,
            ),
        ] {
            let context = self.item_context(record, usage);
            let steps = COMPARED_STEPS.map(TimeStep::from_index);
            // EXPOSE: a context is not secret.
            let context = context.expose_secret();
            let stored = self.device().macs(imported, context, hash, &steps);
            scrub_stack();
            let stored = stored?;
            let stored: Vec<_> = stored.iter().map(Mac::as_bytes).collect();
            // EXPOSE: the key in hand is what is compared with.
            let in_hand = steps.map(|step| skts_otp::mac(key.expose_secret(), hash, step));
            for (at, in_hand) in in_hand.into_iter().enumerate() {
                let in_hand = in_hand.map_err(|_| DeviceKeyError::KeyLength)?;
                if stored.get(at) != Some(&in_hand.as_bytes()) {
                    return Err(VaultError::SelfTest);
                }
            }
        }
        Ok(())
    }

    /// The self-test of every start.
    pub(super) fn test_record(&self, record: &TokenRecord) -> Result<(), VaultError> {
        let item = self.read_item(&record.id)?;
        let context = self.item_context(record, Use::Codes);
        let first = TimeStep::from_index(0);
        let device = self.device();
        // EXPOSE: a context is not secret.
        let context = context.expose_secret();
        let macs = device.macs(&item.seed, context, record.policy.hash, &[first]);
        scrub_stack();
        let macs = macs?;
        match macs.as_slice() {
            [mac] if record::check_value(mac) == record.check => Ok(()),
            _ => Err(VaultError::SelfTest),
        }
    }

    pub(super) fn read_item(&self, id: &TokenId) -> Result<Item, VaultError> {
        let bytes = self.opened.key_store.get(&self.item_name(id))?;
        // EXPOSE: ciphertext or handles.
        Item::decode(bytes.expose_secret()).map_err(|error| match error {
            RecordError::NewerFormat => VaultError::NewerFormat,
            // Nothing of the keystore is copied into the profile: either piece alone is useless.
            RecordError::Damaged => VaultError::Corrupt { saved_aside: None },
        })
    }

    pub(super) fn read_record(&self, id: &TokenId) -> Result<TokenRecord, VaultError> {
        let name = token_name(id);
        let file = self.opened.profile.folder().read(&name).map_err(disk)?;
        let file = file.ok_or(VaultError::Corrupt { saved_aside: None })?;
        let key = self.device().derive_sealing_key(RECORD_LABEL)?;
        record::unseal_token(&file, id, &self.opened.marker.profile_id, &key)
            .map_err(|error| self.record_error(error, &name))
    }

    pub(super) fn write_record(
        &self,
        record: &TokenRecord,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<(), VaultError> {
        let name = token_name(&record.id);
        let key = self.device().derive_sealing_key(RECORD_LABEL)?;
        let file = record::seal_token(record, &self.opened.marker.profile_id, &key, rng)
            .map_err(|error| self.record_error(error, &name))?;
        self.opened
            .profile
            .folder()
            .replace(&name, &file)
            .map_err(disk)
    }

    /// Writes the marker, then takes it over. Where the disk failed so late that the new one is
    /// already what a reader sees, it is taken over too, and the error still told.
    pub(super) fn write_marker(&mut self, marker: Marker) -> Result<(), VaultError> {
        let written = self.opened.profile.write_marker(&marker).map_err(disk);
        let seen = self.opened.profile.read_marker().ok().flatten();
        if written.is_ok() || seen.as_ref() == Some(&marker) {
            self.opened.marker = marker;
        }
        written
    }

    /// Clears away pieces of tokens that are not on the list. What fails is left for next time.
    pub(super) fn discard_leftovers(&mut self) {
        let mut marker = self.opened.marker.clone();
        marker.discarding.retain(|id| self.discard(id).is_err());
        if marker != self.opened.marker {
            // A disk that refuses this keeps the name on the list; nothing else depends on it.
            let _ = self.write_marker(marker);
        }
    }

    pub(super) fn discard(&self, id: &TokenId) -> Result<(), VaultError> {
        // What the item says of the hardware is deleted there first: afterwards nothing names it.
        match self.read_item(id) {
            Ok(item) => {
                self.device().forget_hmac_key(&item.seed)?;
                self.device().forget_hmac_key(&item.signing_key)?;
            }
            Err(VaultError::KeyStore(KeyStoreError::Missing))
            | Err(VaultError::Corrupt { .. } | VaultError::NewerFormat) => {}
            Err(error) => return Err(error),
        }
        match self.opened.key_store.delete(&self.item_name(id)) {
            Ok(()) | Err(KeyStoreError::Missing) => {}
            Err(error) => return Err(error.into()),
        }
        self.opened
            .profile
            .folder()
            .remove(&token_name(id))
            .map_err(disk)
    }

    pub(super) fn item_name(&self, id: &TokenId) -> String {
        format!("{}.{id}", self.opened.marker.profile_id)
    }

    /// What a key is imported for: serial ‖ institution ‖ device ‖ application ‖ machine ‖
    /// profile ‖ token ‖ use.
    pub(super) fn item_context(&self, record: &TokenRecord, usage: Use) -> SecretBytes {
        FieldWriter::new()
            .bytes(record.serial.to_string().as_bytes())
            .bytes(record.institution_id.as_bytes())
            .bytes(&self.device_id())
            .bytes(self.opened.profile.app_id().as_bytes())
            .bytes(self.opened.machine.as_bytes())
            .bytes(self.opened.marker.profile_id.as_bytes())
            .bytes(record.id.as_str().as_bytes())
            .bytes(match usage {
                Use::Codes => b"codes",
                Use::Signing => b"signing",
            })
            .finish()
    }

    pub(super) fn record_error(&self, error: RecordError, name: &str) -> VaultError {
        match error {
            RecordError::NewerFormat => VaultError::NewerFormat,
            RecordError::Damaged => VaultError::Corrupt {
                saved_aside: self.opened.profile.folder().save_aside(name),
            },
        }
    }
}

fn token_name(id: &TokenId) -> String {
    format!("{TOKENS}/{id}.skts")
}
