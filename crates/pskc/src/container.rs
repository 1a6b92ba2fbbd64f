//! The key container: its head, its packages, and the order in which they are believed.

use std::collections::HashSet;

use crate::error::{ElementError, FileError, KeyError, KeyFileError, at};
use crate::key::{Key, KeyFile, SerialNumber};
use crate::package::Package;
use crate::protection::{Head, Protection};
use crate::secret::Secret;
use crate::xml::{Document, Element, Namespace, Shape};
use crate::{MOST_BYTES, MOST_KEYS};

/// Reads a key file of RFC 6030: all of its keys, or none.
///
/// Every MAC of the file is verified before any secret is decrypted. With a password it computes for
/// up to some seconds ([`ITERATIONS`](crate::ITERATIONS)): not on a thread that others wait for.
///
/// # Shapes and units
/// - `bytes`: UTF-8, at most [`MOST_BYTES`]; at most [`MOST_KEYS`] keys.
/// - `protection`: what was agreed with the sender; a weaker file is refused.
///
/// # Errors
/// [`KeyFileError`], with the number of the key where there is one, and nothing of the file's content.
///
/// # Source
/// RFC 6030; vectors: its figures (`tests/vectors`).
pub fn parse_pskc(bytes: &[u8], protection: &Protection) -> Result<KeyFile, KeyFileError> {
    if bytes.len() > MOST_BYTES {
        return Err(FileError::TooLarge.into());
    }
    let text = str::from_utf8(bytes).map_err(|_| FileError::Encoding)?;
    let (mut document, root) = Document::open(text)?;
    check_root(&root)?;
    let mut head = Head::default();
    let mut packages = Vec::new();
    let mut values = Vec::new();
    while let Some(child) = document.next_child()? {
        let unknown = ElementError::Unknown { within: ROOT.name };
        match (child.namespace, child.name.as_str()) {
            // What comes after the keys it is for is not where RFC 6030 has it.
            (Namespace::Pskc, "EncryptionKey" | "MACMethod") if !packages.is_empty() => {
                return Err(unknown.into());
            }
            (Namespace::Pskc, "EncryptionKey") => head.read_encryption_key(&child)?,
            (Namespace::Pskc, "MACMethod") => head.read_mac_method(&child)?,
            (Namespace::Pskc, "KeyPackage") if packages.len() == MOST_KEYS => {
                return Err(FileError::TooManyKeys.into());
            }
            (Namespace::Pskc, "KeyPackage") => {
                let number = packages.len().saturating_add(1);
                let (package, value) = Package::read(&child).map_err(at(number))?;
                packages.push(package);
                values.push(value);
            }
            (_, "Signature") => return Err(FileError::Signed.into()),
            (Namespace::Pskc, "Extensions") => {}
            _ => return Err(unknown.into()),
        }
    }
    let secrets = head.open(protection, values)?;
    check_pins(&packages)?;
    assemble(packages, secrets)
}

// Its children are read one by one. RFC 6030's Figure 8 has a small `id`.
const ROOT: Shape = Shape {
    attributes: &["Version", "Id", "id"],
    open: true,
    ..Shape::text("KeyContainer")
};

fn check_root(root: &Element) -> Result<(), KeyFileError> {
    if root.namespace != Namespace::Pskc || root.name != ROOT.name {
        return Err(FileError::NotPskc.into());
    }
    if root.attribute("Version") != Some("1.0") {
        return Err(FileError::Version.into());
    }
    Ok(root.check(&ROOT)?)
}

/// A PIN is left out only if a token of the file says that it checks it by itself.
fn check_pins(packages: &[Package]) -> Result<(), KeyFileError> {
    let named: HashSet<&str> = packages
        .iter()
        .filter_map(|package| match package {
            Package::Token(token) => token.pin_key_id.as_deref(),
            Package::Pin { .. } => None,
        })
        .collect();
    for (number, package) in (1..).zip(packages) {
        if let Package::Pin { id } = package
            && !named.contains(id.as_str())
        {
            return Err(at(number)(KeyError::Algorithm));
        }
    }
    Ok(())
}

fn assemble(packages: Vec<Package>, secrets: Vec<Secret>) -> Result<KeyFile, KeyFileError> {
    let mut keys = Keys::default();
    for (number, (package, secret)) in (1..).zip(packages.into_iter().zip(secrets)) {
        if let Package::Token(token) = package {
            let key = token.with(secret).map_err(at(number))?;
            keys.add(key).map_err(at(number))?;
        }
    }
    keys.finish()
}

/// The keys of a file as they are gathered.
#[derive(Default)]
pub(crate) struct Keys {
    keys: Vec<Key>,
    seen: HashSet<(SerialNumber, bool)>,
}

impl Keys {
    /// Adds a key, unless its serial number has one for the same use.
    pub(crate) fn add(&mut self, key: Key) -> Result<(), KeyError> {
        let use_of_token = (key.serial.clone(), key.algorithm.answers_challenges());
        if !self.seen.insert(use_of_token) {
            return Err(KeyError::SerialRepeated);
        }
        self.keys.push(key);
        Ok(())
    }

    /// The file, which must have a key.
    pub(crate) fn finish(self) -> Result<KeyFile, KeyFileError> {
        if self.keys.is_empty() {
            return Err(FileError::NoKeys.into());
        }
        Ok(KeyFile { keys: self.keys })
    }
}
