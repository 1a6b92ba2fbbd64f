//! Hardware tokens come in files from their maker: all of a file, or nothing.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use skts_otp::{
    AcceptanceWindow, CodeLength, Drift, HashAlgorithm, OcraSuite, Period, SerialNumber,
    TokenPolicy, UnixTime,
};
use skts_pskc::{Algorithm, Key, KeyFile};
use skts_sealed::{FieldWriter, SecretBytes};

use crate::audit::{Action, Entry};
use crate::issuer::Issuer;
use crate::rules::token::TokenKind;
use crate::storage::hardware::NewHardware;
use crate::storage::institutions::InstitutionRow;
use crate::storage::{Connection, StorageError, audit, hardware, institutions};

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// How many tokens.
    pub tokens: usize,
}

/// Why nothing of a file was taken.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// No such institution.
    #[error("there is no institution of this id")]
    NoInstitution,
    /// Not by this member of the staff, or without a reason.
    #[error("this account may not bring tokens in here, or gave no reason")]
    NotAllowed,
    /// A key this service has no use for.
    #[error("token {serial}: {why}")]
    Unsuitable {
        /// Which token.
        serial: String,
        /// Why not.
        why: &'static str,
    },
    /// A serial that is taken: in use, or used up. A token never comes back.
    #[error("token {serial} is in the service already")]
    Known {
        /// Which token.
        serial: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The keys of one token: for codes, and for signatures if it makes any.
struct Pair<'a> {
    code: &'a Key,
    sign: Option<(&'a Key, OcraSuite)>,
}

impl Issuer {
    /// Takes a maker's file in. Tokens whose end the file does not say end at `expires_at`. What was
    /// taken can be registered once the bank has said whom it sent it to.
    ///
    /// # Errors
    /// [`ImportError`]; nothing was taken then.
    pub async fn import_hardware(
        &self,
        institution_id: &str,
        file: &KeyFile,
        expires_at: UnixTime,
        actor: &str,
    ) -> Result<Imported, ImportError> {
        let pairs = pairs(file)?;
        let tokens = pairs.len();
        let (pairs, subject) = (&pairs, format!("{institution_id}/hardware"));
        self.storage
            .change(&subject, |mut transaction| async move {
                let done =
                    self.store_all(&mut transaction, institution_id, pairs, expires_at, actor);
                let done = done.await;
                (transaction, done)
            })
            .await?;
        tracing::info!(
            institution = institution_id,
            tokens,
            "hardware tokens imported"
        );
        Ok(Imported { tokens })
    }

    async fn store_all(
        &self,
        connection: &mut Connection,
        institution_id: &str,
        pairs: &[Pair<'_>],
        expires_at: UnixTime,
        actor: &str,
    ) -> Result<(), ImportError> {
        let institution = institutions::by_id(connection, institution_id)
            .await?
            .ok_or(ImportError::NoInstitution)?;
        for pair in pairs {
            self.store(connection, &institution, pair, expires_at)
                .await?;
            let entry = Entry {
                serial: Some(pair.code.serial.as_str()),
                state: Some("provisioned"),
                ..Entry::of(self.now(), institution_id, actor, Action::Imported, "done")
            };
            audit::write(connection, &entry).await?;
        }
        Ok(())
    }

    async fn store(
        &self,
        connection: &mut Connection,
        institution: &InstitutionRow,
        pair: &Pair<'_>,
        expires_at: UnixTime,
    ) -> Result<(), ImportError> {
        let key = pair.code;
        let (kind, period, drift, last_step) = counting(key)?;
        let policy = TokenPolicy {
            code_length: length(key)?,
            period,
            hash: hash(key.hash),
            window: AcceptanceWindow::HARDWARE,
            signing: pair.sign.is_some(),
            ..institution.policy.clone()
        };
        let serial = SerialNumber::parse(key.serial.as_str())
            .map_err(|_| unsuitable(key, "a serial of 8 to 12 letters and digits is needed"))?;
        let (sealed, key_version) = self.entropy.with(|rng| {
            let secrets = secrets(pair);
            self.keys
                .seal_token(serial.as_str(), &institution.id, &secrets, rng)
        });
        let suite = pair.sign.as_ref().map(|(_, suite)| suite.to_string());
        let new = NewHardware {
            serial: &serial,
            institution_id: &institution.id,
            kind,
            secrets: &sealed,
            key_version,
            policy: &policy,
            model: key.model.as_deref().unwrap_or("ハードウェアトークン"),
            drift,
            last_step,
            sign_suite: suite.as_deref(),
            started_at: key.starts_at.map_or(self.now(), from_chrono),
            expires_at: key.expires_at.map_or(expires_at, from_chrono),
        };
        if hardware::add(connection, &new).await? {
            Ok(())
        } else {
            Err(ImportError::Known {
                serial: serial.to_string(),
            })
        }
    }
}

/// A token's keys side by side.
fn pairs(file: &KeyFile) -> Result<Vec<Pair<'_>>, ImportError> {
    let mut signing = BTreeMap::new();
    let mut pairs = Vec::new();
    for key in &file.keys {
        if let Algorithm::Ocra { suite, .. } = &key.algorithm {
            let suite: OcraSuite = suite
                .parse()
                .map_err(|_| unsuitable(key, "its way of signing is unknown"))?;
            signing.insert(key.serial.as_str(), (key, suite));
        }
    }
    for key in &file.keys {
        if !matches!(key.algorithm, Algorithm::Ocra { .. }) {
            let sign = signing.remove(key.serial.as_str());
            pairs.push(Pair { code: key, sign });
        }
    }
    match signing.into_values().next() {
        Some((key, _)) => Err(unsuitable(key, "it signs, but shows no codes")),
        None => Ok(pairs),
    }
}

fn counting(key: &Key) -> Result<(TokenKind, Period, Drift, i64), ImportError> {
    match key.algorithm {
        Algorithm::Totp {
            period_secs,
            drift_steps,
        } => {
            let period = Period::from_secs(period_secs)
                .map_err(|_| unsuitable(key, "its period is unknown here"))?;
            let drift = Drift::from_steps(drift_steps);
            Ok((TokenKind::Totp, period, drift, -1))
        }
        Algorithm::Hotp { counter } => {
            let next =
                i64::try_from(counter).map_err(|_| unsuitable(key, "its counter is too large"))?;
            // Its codes have no period; the column has one.
            Ok((TokenKind::Hotp, Period::SIXTY, Drift::default(), next - 1))
        }
        Algorithm::Ocra { .. } => Err(unsuitable(key, "it signs, but shows no codes")),
    }
}

fn length(key: &Key) -> Result<CodeLength, ImportError> {
    match key.digits {
        6 => Ok(CodeLength::Six),
        8 => Ok(CodeLength::Eight),
        _ => Err(unsuitable(key, "its codes have neither 6 nor 8 digits")),
    }
}

fn hash(hash: skts_pskc::HashAlgorithm) -> HashAlgorithm {
    match hash {
        skts_pskc::HashAlgorithm::Sha1 => HashAlgorithm::Sha1,
        skts_pskc::HashAlgorithm::Sha256 => HashAlgorithm::Sha256,
        skts_pskc::HashAlgorithm::Sha512 => HashAlgorithm::Sha512,
    }
}

/// In the form of a soft token's: seed, signing key, no ratchet.
fn secrets(pair: &Pair<'_>) -> SecretBytes {
    // EXPOSE: sealed by the caller on the spot.
    let seed = pair.code.secret.expose_secret();
    // EXPOSE: as above.
    let signing = pair
        .sign
        .as_ref()
        .map(|(key, _)| key.secret.expose_secret());
    FieldWriter::new()
        .bytes(seed)
        .bytes(signing.unwrap_or_default())
        .bytes(b"")
        .finish()
}

fn from_chrono(time: DateTime<Utc>) -> UnixTime {
    UnixTime::from_secs(u64::try_from(time.timestamp()).unwrap_or(0))
}

fn unsuitable(key: &Key, why: &'static str) -> ImportError {
    ImportError::Unsuitable {
        serial: key.serial.as_str().to_owned(),
        why,
    }
}
