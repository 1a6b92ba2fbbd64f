//! Ciphertexts and the AES modes of XML Encryption that open them.

use aes::{Aes128, Aes192, Aes256};
use aes_kw::Kek;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::consts::U16;
use cbc::cipher::{
    BlockCipher, BlockDecrypt, BlockDecryptMut, BlockEncrypt, BlockSizeUser, KeyInit, KeyIvInit,
};
use zeroize::Zeroizing;

use crate::error::{ElementError, ProtectionError};
use crate::secret::Secret;
use crate::value::decode_base64;
use crate::xml::{Element, Namespace, Shape};

const BLOCK_BYTES: usize = 16;
const WRAP_BLOCK_BYTES: usize = 8;

/// A method and the length of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cipher {
    mode: Mode,
    size: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// AES-CBC with PKCS #5 padding, the IV before the ciphertext (RFC 6030 §6).
    Cbc,
    /// AES key wrap (RFC 3394), with padding where the length is no multiple of 8 (RFC 5649).
    Wrap,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Aes128,
    Aes192,
    Aes256,
}

/// What an `EncryptedValue` or `MACKey` holds: of a length that its method can have made.
pub(crate) struct Ciphertext {
    cipher: Cipher,
    bytes: Vec<u8>,
}

const ENCRYPTED: &[(Namespace, &str)] = &[
    (Namespace::Encryption, "EncryptionMethod"),
    (Namespace::Encryption, "CipherData"),
];
const ENCRYPTION_METHOD: Shape = Shape {
    attributes: &["Algorithm"],
    ..Shape::text("EncryptionMethod")
};
const CIPHER_DATA: Shape = Shape::of("CipherData", &[(Namespace::Encryption, "CipherValue")]);

impl Ciphertext {
    /// Reads an element of the type `xenc:EncryptedDataType`, at a key or outside of them.
    pub(crate) fn read<E>(element: &Element, name: &'static str) -> Result<Self, E>
    where
        E: From<ElementError> + From<ProtectionError>,
    {
        element.check(&Shape {
            attributes: &["Id", "Type", "MimeType", "Encoding"],
            ..Shape::of(name, ENCRYPTED)
        })?;
        let method = element.required("EncryptionMethod")?;
        method.check(&ENCRYPTION_METHOD)?;
        let of = "EncryptionMethod";
        let cipher = method.attribute("Algorithm").and_then(Cipher::parse);
        let cipher = cipher.ok_or(ProtectionError::Unsupported { of })?;
        let data = element.required("CipherData")?;
        data.check(&CIPHER_DATA)?;
        let name = "CipherValue";
        let value = data.child_text(name)?;
        let bytes = decode_base64(value.ok_or(ElementError::Missing { name })?)
            .filter(|bytes| cipher.can_have_made(bytes.len()))
            .ok_or(ProtectionError::Ciphertext)?;
        Ok(Self {
            cipher,
            bytes: bytes.to_vec(),
        })
    }

    pub(crate) fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// What a MAC is over: the IV, where there is one, and the ciphertext.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Cipher {
    fn parse(name: &str) -> Option<Self> {
        let (mode, size) = match name.strip_prefix("http://www.w3.org/2001/04/xmlenc#")? {
            "aes128-cbc" => (Mode::Cbc, Size::Aes128),
            "aes192-cbc" => (Mode::Cbc, Size::Aes192),
            "aes256-cbc" => (Mode::Cbc, Size::Aes256),
            "kw-aes128" => (Mode::Wrap, Size::Aes128),
            "kw-aes192" => (Mode::Wrap, Size::Aes192),
            "kw-aes256" => (Mode::Wrap, Size::Aes256),
            _ => return None,
        };
        Some(Self { mode, size })
    }

    pub(crate) fn key_bytes(self) -> usize {
        match self.size {
            Size::Aes128 => 16,
            Size::Aes192 => 24,
            Size::Aes256 => 32,
        }
    }

    /// Whether a change to a ciphertext goes unseen without a MAC.
    pub(crate) fn needs_mac(self) -> bool {
        self.mode == Mode::Cbc
    }

    fn can_have_made(self, length: usize) -> bool {
        let (shortest, block) = match self.mode {
            // The IV and one block: padding is always there.
            Mode::Cbc => (2 * BLOCK_BYTES, BLOCK_BYTES),
            Mode::Wrap => (2 * WRAP_BLOCK_BYTES, WRAP_BLOCK_BYTES),
        };
        length >= shortest && length.is_multiple_of(block)
    }

    /// Opens `ciphertext`; every failure is one answer.
    pub(crate) fn decrypt(
        self,
        key: &Secret,
        ciphertext: &Ciphertext,
    ) -> Result<Secret, ProtectionError> {
        // EXPOSE: decryption is here; the key goes nowhere else.
        let (key, bytes) = (key.expose_secret(), ciphertext.bytes());
        let opened = match (self.mode, self.size) {
            (Mode::Cbc, Size::Aes128) => decrypt_cbc::<Aes128>(key, bytes),
            (Mode::Cbc, Size::Aes192) => decrypt_cbc::<Aes192>(key, bytes),
            (Mode::Cbc, Size::Aes256) => decrypt_cbc::<Aes256>(key, bytes),
            (Mode::Wrap, Size::Aes128) => unwrap::<Aes128>(key, bytes),
            (Mode::Wrap, Size::Aes192) => unwrap::<Aes192>(key, bytes),
            (Mode::Wrap, Size::Aes256) => unwrap::<Aes256>(key, bytes),
        };
        opened.map(Secret::from).ok_or(ProtectionError::Refused)
    }
}

fn decrypt_cbc<C>(key: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: BlockCipher + BlockDecryptMut + KeyInit,
    cbc::Decryptor<C>: KeyIvInit + BlockDecryptMut,
{
    let (iv, ciphertext) = bytes.split_at_checked(BLOCK_BYTES)?;
    let mut plain = Zeroizing::new(ciphertext.to_vec());
    let decryptor = cbc::Decryptor::<C>::new_from_slices(key, iv).ok()?;
    let length = decryptor
        .decrypt_padded_mut::<Pkcs7>(&mut plain)
        .ok()?
        .len();
    plain.truncate(length);
    Some(plain)
}

fn unwrap<C>(key: &[u8], bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>>
where
    C: KeyInit + BlockSizeUser<BlockSize = U16> + BlockCipher + BlockEncrypt + BlockDecrypt,
{
    let kek = Kek::<C>::try_from(key).ok()?;
    let mut plain = Zeroizing::new(vec![0; bytes.len().checked_sub(WRAP_BLOCK_BYTES)?]);
    // Each has an integrity value of its own, so that no ciphertext is good for both.
    if kek.unwrap(bytes, &mut plain).is_ok() {
        return Some(plain);
    }
    let length = kek.unwrap_with_padding(bytes, &mut plain).ok()?.len();
    plain.truncate(length);
    Some(plain)
}
