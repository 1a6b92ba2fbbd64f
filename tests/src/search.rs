//! Looking for a secret where none may be.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

/// A secret in the forms in which it could leak: as it is, hexadecimal, base32 and base64.
///
/// Base64 is looked for at each of its three alignments, so that a secret inside a longer
/// encoded text is found too.
#[derive(Clone, Debug)]
pub struct Secret {
    name: String,
    forms: Vec<Vec<u8>>,
}

impl Secret {
    /// `bytes`, called `name` in findings.
    pub fn new(name: &str, bytes: &[u8]) -> Self {
        let mut forms = vec![
            bytes.to_vec(),
            hex::encode(bytes).into_bytes(),
            hex::encode_upper(bytes).into_bytes(),
        ];
        for shift in 0..3 {
            let padded = [&[0u8; 3][..shift], bytes].concat();
            let text = URL_SAFE_NO_PAD.encode(&padded);
            let standard = STANDARD.encode(&padded);
            // Characters that also hold bits of the neighbours are left out.
            let first = if shift == 0 { 0 } else { shift + 1 };
            let last = (padded.len() * 8) / 6;
            for form in [text, standard] {
                if let Some(core) = form.get(first..last) {
                    forms.push(core.as_bytes().to_vec());
                }
            }
        }
        // As in a QR code of other authenticators; only where the secret begins a text.
        forms.push(base32(bytes));
        // Very short forms are found in anything.
        forms.retain(|form| form.len() >= 5);
        Self {
            name: name.to_owned(),
            forms,
        }
    }

    /// Whether the secret is in `text`.
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.forms.iter().any(|form| contains(text, form))
    }

    /// The secret in a form other than its own, between other text: something to be found.
    pub fn sample(&self) -> Vec<u8> {
        let form = self.forms.last().map(Vec::as_slice).unwrap_or_default();
        [b"a log line with " as &[u8], form, b" in it"].concat()
    }

    /// The forms in which it is looked for.
    pub fn forms(&self) -> &[Vec<u8>] {
        &self.forms
    }

    /// What the secret is called.
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// Every file below `folder`, and itself if it is a file.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        let kind = fs::symlink_metadata(&path)?.file_type();
        if kind.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        } else if kind.is_file() {
            found.push(path);
        }
    }
    Ok(found)
}

/// The findings of `secrets` in the files below `folder`, each as "secret in file".
///
/// # Errors
/// When a file cannot be read.
pub fn find(secrets: &[Secret], folder: &Path) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for file in files_below(folder)? {
        let bytes = fs::read(&file)?;
        for secret in secrets.iter().filter(|secret| secret.is_in(&bytes)) {
            findings.push(format!("{} in {}", secret.name, file.display()));
        }
    }
    Ok(findings)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(text, part).is_some()
}

/// RFC 4648 §6, of the whole groups of five bits.
fn base32(bytes: &[u8]) -> Vec<u8> {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bits = bytes
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let bits: Vec<u8> = bits.collect();
    bits.chunks_exact(5)
        .map(|group| ALPHABET[usize::from(group.iter().fold(0, |sum, bit| sum << 1 | bit))])
        .collect()
}
