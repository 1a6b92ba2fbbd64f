//! What statements about device keys are held against, as the operator keeps it in a folder.
//!
//! ```text
//! tpm/      roots of makers of TPMs, and nobody else's: .pem (any number in a file), .der, .cer, .crt
//! android/  roots of Android key attestation
//! revoked.json  certificates that are good no more, in the form Google publishes
//! ```

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use x509_parser::pem::Pem;

use crate::issuer::Issuer;
use crate::rules::attestation::{AndroidApp, Revoked, Roots, RootsError, Trust};

/// Android's own roots, where the folder has none: attestation-roots/README.md.
const BUILT_IN: [&[u8]; 2] = [
    include_bytes!("../attestation-roots/android/google-rsa.pem"),
    include_bytes!("../attestation-roots/android/google-ca1.pem"),
];
const REVOKED: &str = "revoked.json";
const PEM: &[u8] = b"-----BEGIN ";

/// What an operator sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AttestationConfig {
    /// The folder; without one nothing is believed.
    pub roots: Option<PathBuf>,
    /// The app's package on Android; without one no key there is believed to be in hardware. It needs a
    /// list of revoked certificates: the keys of phones leak, and are known to have.
    pub android_package: Option<String>,
    /// SHA-256 of each certificate the app may be signed with there, 64 hexadecimal digits.
    pub android_signers: Vec<Signer>,
}

/// SHA-256 of a certificate that an app is signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Signer(#[serde(with = "hex")] pub [u8; 32]);

/// Why the folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AttestationError {
    /// A file or folder cannot be read.
    #[error("{path} cannot be read: {kind}", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        kind: ErrorKind,
    },
    /// A file holds no certificate that can be a root.
    #[error("{path}: {why}", path = path.display())]
    Root {
        /// Which.
        path: PathBuf,
        /// Why.
        why: RootsError,
    },
    /// The list of revoked certificates.
    #[error("{path}: {why}", path = path.display())]
    Revoked {
        /// Where it is.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// Phones are to be believed without a list of what was revoked.
    #[error("android_package needs {path}: without a list of revoked certificates leaked keys of phones would be believed", path = path.display())]
    NoList {
        /// Where it would be.
        path: PathBuf,
    },
    /// A folder without roots would believe nobody, which is said by having no folder.
    #[error("{path} holds no roots, in tpm/ or in android/", path = path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
}

impl AttestationConfig {
    /// Reads everything anew.
    ///
    /// # Errors
    /// [`AttestationError`]; nothing is believed by halves.
    pub fn load(&self) -> Result<Trust, AttestationError> {
        let mut trust = Trust {
            app: self.android_package.as_ref().map(|package| AndroidApp {
                package: package.clone(),
                signers: self.android_signers.iter().map(|signer| signer.0).collect(),
            }),
            ..Trust::default()
        };
        let Some(folder) = &self.roots else {
            return match &trust.app {
                None => Ok(trust),
                Some(_) => Err(AttestationError::NoList {
                    path: PathBuf::from("roots").join(REVOKED),
                }),
            };
        };
        let path = folder.join(REVOKED);
        match std::fs::read(&path) {
            Ok(list) => {
                trust.revoked =
                    Revoked::parse(&list).map_err(|why| AttestationError::Revoked { path, why })?;
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {
                if trust.app.is_some() {
                    return Err(AttestationError::NoList { path });
                }
            }
            Err(error) => return Err(unreadable(&path, &error)),
        }
        let Trust {
            tpm,
            android,
            revoked,
            app,
        } = &mut trust;
        for (name, roots) in [("tpm", tpm), ("android", &mut *android)] {
            for path in certificates(&folder.join(name))? {
                pin(roots, &path, &read(&path)?, revoked)?;
            }
        }
        if app.is_some() && !folder.join("android").exists() {
            for root in BUILT_IN {
                pin(android, Path::new("built-in root"), root, revoked)?;
            }
        }
        if trust.tpm.count() == 0 && trust.android.count() == 0 {
            return Err(AttestationError::Empty {
                path: folder.clone(),
            });
        }
        Ok(trust)
    }
}

impl Issuer {
    /// Takes up what has changed in the folder. What cannot be read leaves what was read before.
    pub fn renew_trust(&self) {
        match self.config.attestation.load() {
            Ok(trust) => self.set_trust(Arc::new(trust)),
            Err(error) => tracing::error!(%error, "the attestation roots were not read again"),
        }
    }
}

/// The certificates of a folder, if it is there.
fn certificates(folder: &Path) -> Result<Vec<PathBuf>, AttestationError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(folder, &error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if matches!(extension, Some("pem" | "der" | "cer" | "crt")) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// Pins what is in a file: PEM, or one certificate in DER. One that was revoked is left out.
fn pin(
    roots: &mut Roots,
    path: &Path,
    content: &[u8],
    revoked: &Revoked,
) -> Result<(), AttestationError> {
    let refused = |why| AttestationError::Root {
        path: path.to_owned(),
        why,
    };
    let mut pin = |certificate: &[u8]| match roots.pin(certificate, revoked) {
        Err(RootsError::Revoked) => {
            tracing::warn!(path = %path.display(), "a root on the list of revoked certificates is left out");
            Ok(())
        }
        other => other.map_err(refused),
    };
    if !content.windows(PEM.len()).any(|window| window == PEM) {
        return pin(content);
    }
    for pem in Pem::iter_from_buffer(content) {
        let pem = pem.map_err(|_| refused(RootsError::Malformed))?;
        pin(&pem.contents)?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, AttestationError> {
    std::fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &std::io::Error) -> AttestationError {
    AttestationError::Unreadable {
        path: path.to_owned(),
        kind: error.kind(),
    }
}
