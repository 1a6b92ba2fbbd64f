//! What somebody with every piece could open: read by its description in `docs/protocol.md` and not
//! by the programs' own code, so that a search knows what to look for.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use memchr::memmem;
use skts_sealed::{FieldReader, FieldWriter, LabelledHash, Namespace, SealingKey, unseal};

use crate::sandbox::Sandbox;
use crate::search::Secret;
use crate::skts::APP_ID;

/// Envelope around three secrets of 32 bytes, each behind its length.
const SEALED_SECRETS_BYTES: usize = 34 + 3 * (4 + 32);

/// A token's seed and signing key, opened from the service's files with its master key.
///
/// # Errors
/// When there is no such token, or the files are not as they are described.
pub fn keys_at_service(data: &Path, serial: &str, institution: &str) -> Result<[Secret; 2]> {
    let master = fs::read(data.join("master.key")).context("the master key")?;
    let seeds = SealingKey::derive(&master, &[], "skts/service/seeds/v1", &[]);
    let mut context = Vec::new();
    for part in [serial, institution] {
        context.extend_from_slice(&u64::try_from(part.len())?.to_be_bytes());
        context.extend_from_slice(part.as_bytes());
    }
    context.extend_from_slice(&1_i64.to_be_bytes());
    for file in ["issuer.sqlite", "issuer.sqlite-wal"] {
        let Ok(bytes) = fs::read(data.join(file)) else {
            continue;
        };
        for at in memmem::find_iter(&bytes, b"SKSE") {
            let Some(envelope) = bytes.get(at..at + SEALED_SECRETS_BYTES) else {
                continue;
            };
            if let Ok(secrets) = unseal(&seeds, Namespace::ServiceSeed, &context, envelope) {
                // EXPOSE: this is what is looked for.
                let mut secrets = FieldReader::new(secrets.expose_secret());
                return Ok([
                    Secret::new("seed", secrets.bytes()?),
                    Secret::new("signing key", secrets.bytes()?),
                ]);
            }
        }
    }
    anyhow::bail!("no token {serial} of {institution} in {}", data.display())
}

/// The keys that open what a profile made in software has: of the keystore, of the device file and of
/// the tokens' items.
///
/// # Errors
/// When the pieces are not as they are described.
pub fn keys_of_profile(sandbox: &Sandbox, profile: &Path) -> Result<Vec<Secret>> {
    let mut names = sandbox.keystore_names(APP_ID, "")?;
    names.retain(|name| name.ends_with(".device"));
    ensure!(names.len() == 1, "the keystore has {names:?}");
    let lookup = ["lookup", "service", APP_ID, "username", &names[0]];
    let text = sandbox.command("secret-tool").args(lookup).output()?.stdout;
    let wrap_key = STANDARD.decode(text.trim_ascii())?;
    let file = fs::read(profile.join("device.skts"))?;
    let envelope = file.strip_prefix(b"SKVF\x01\x01").context("device.skts")?;
    let machine = fs::read_to_string("/etc/machine-id")?;
    let machine = LabelledHash::new("skts/machine-id/v1")
        .field(machine.trim().to_ascii_lowercase().as_bytes())
        .sha256();
    let profile_id = names[0].trim_end_matches(".device");
    let context = FieldWriter::new()
        .bytes(profile_id.as_bytes())
        .bytes(APP_ID.as_bytes())
        .bytes(&machine)
        .finish();
    let key = SealingKey::try_from_slice(&wrap_key)?;
    // EXPOSE: a context is not secret.
    let opened = unseal(
        &key,
        Namespace::DeviceKey,
        context.expose_secret(),
        envelope,
    )
    .context("device.skts does not open")?;
    // EXPOSE: this is what is looked for.
    let (scalar, data_key) = opened.expose_secret().split_at(32);
    let item_key = SealingKey::derive(data_key, &[], "skts/vault-item/v1", &[]);
    Ok(vec![
        Secret::new("wrap key", &wrap_key),
        Secret::new("device key", scalar),
        Secret::new("data key", data_key),
        // EXPOSE: as above.
        Secret::new("item key", item_key.expose_secret()),
    ])
}
