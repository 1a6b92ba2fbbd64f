//! Seals: the chain's hash at some entry, signed, and written outside the database too.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use skts_otp::UnixTime;
use skts_sealed::{LabelledHash, SecretBytes};

/// The key that seals are signed with.
pub(crate) struct AuditKey(SigningKey);

impl AuditKey {
    pub(crate) fn make<R: CryptoRngCore>(rng: &mut R) -> Self {
        Self(SigningKey::random(rng))
    }

    /// 32 bytes, to be stored sealed.
    pub(crate) fn encode(&self) -> SecretBytes {
        SecretBytes::from_slice(&self.0.to_bytes())
    }

    /// Reads what [`AuditKey::encode`] wrote; none if it is no key.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        SigningKey::from_slice(bytes).ok().map(Self)
    }

    pub(crate) fn public(&self) -> VerifyingKey {
        *self.0.verifying_key()
    }
}

/// What a seal says: the entries up to one, and the chain's hash there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The last entry it covers; all before it are covered too.
    pub up_to: u64,
    /// How many entries the chain has there.
    pub entries: u64,
    /// The chain's hash there.
    #[serde(with = "hex::serde")]
    pub hash: [u8; 32],
    /// When it was made.
    pub sealed_at: UnixTime,
    /// ECDSA P-256 over all of that, 64 bytes.
    #[serde(with = "hex::serde")]
    pub signature: Vec<u8>,
}

impl Seal {
    pub(crate) fn sign(
        key: &AuditKey,
        up_to: u64,
        entries: u64,
        hash: [u8; 32],
        sealed_at: UnixTime,
    ) -> Self {
        let mut seal = Self {
            up_to,
            entries,
            hash,
            sealed_at,
            signature: Vec::new(),
        };
        let signature: Signature = key.0.sign(&seal.message());
        seal.signature = signature.to_bytes().to_vec();
        seal
    }

    pub(crate) fn is_signed_by(&self, key: &VerifyingKey) -> bool {
        Signature::from_slice(&self.signature)
            .is_ok_and(|signature| key.verify(&self.message(), &signature).is_ok())
    }

    fn message(&self) -> [u8; 32] {
        LabelledHash::new("skts/audit-seal/v1")
            .field(&self.up_to.to_be_bytes())
            .field(&self.entries.to_be_bytes())
            .field(&self.hash)
            .field(&self.sealed_at.as_secs().to_be_bytes())
            .sha256()
    }
}

/// A file outside the database that seals are added to, a line of JSON each: what is cut from the
/// database, or written anew in it, no longer fits a seal kept there.
#[derive(Debug)]
pub(crate) struct Anchor(pub(crate) PathBuf);

impl Anchor {
    /// Adds a seal; it is on disk when this returns.
    pub(crate) fn add(&self, seal: &Seal) -> io::Result<()> {
        let mut line = serde_json::to_string(seal)?;
        line.push('\n');
        // A piece that a full disk or a power cut left is ended here, so that it spoils no other line.
        // It is not taken away: where this file belongs, it can only be added to.
        if self.ends_in_a_piece() {
            line.insert(0, '\n');
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.write_all(line.as_bytes())?;
        file.sync_all()
    }

    fn ends_in_a_piece(&self) -> bool {
        let last_byte = || {
            let mut file = File::open(&self.0)?;
            file.seek(SeekFrom::End(-1))?;
            let mut byte = [0];
            file.read_exact(&mut byte)?;
            io::Result::Ok(byte)
        };
        // A file that is not there, is empty or must not be read has no end to look at.
        last_byte().is_ok_and(|byte| byte != *b"\n")
    }

    /// Every seal in a file, and how many lines break off.
    pub(crate) fn read(path: &Path) -> io::Result<(Vec<Seal>, u64)> {
        let (mut seals, mut broken_off) = (Vec::new(), 0);
        for line in BufReader::new(File::open(path)?).lines() {
            match serde_json::from_str(&line?) {
                Ok(seal) => seals.push(seal),
                Err(error) if error.is_eof() => broken_off += 1,
                Err(error) => return Err(error.into()),
            }
        }
        Ok((seals, broken_off))
    }
}
