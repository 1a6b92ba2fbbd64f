//! Why a file is refused: one value a cause, with its place and nothing of its content.
//!
//! The names in these errors are ours, from the list of what we read; never the file's.

/// Why a key file is refused. Nothing of a refused file is given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// The file as a whole is not one that we read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no well-formed XML, or more than we let a stranger make us read.
    #[error(transparent)]
    Xml(#[from] XmlError),
    /// An element outside the keys.
    #[error(transparent)]
    Element(#[from] ElementError),
    /// Its encryption or its MAC.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
    /// One of its keys.
    #[error("key {number}: {cause}")]
    Key {
        /// Which: the first key package of the file, or the first row below the header, is 1.
        number: usize,
        /// Why.
        cause: KeyError,
    },
}

/// Says which key it was.
pub(crate) fn at(number: usize) -> impl Fn(KeyError) -> KeyFileError {
    move |cause| KeyFileError::Key { number, cause }
}

/// Why a file as a whole is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// More than [`MOST_BYTES`](crate::MOST_BYTES).
    #[error("the file is too large")]
    TooLarge,
    /// More than [`MOST_KEYS`](crate::MOST_KEYS).
    #[error("the file has too many keys")]
    TooManyKeys,
    /// No key at all.
    #[error("the file has no keys")]
    NoKeys,
    /// Not UTF-8, or it says that it is not.
    #[error("the file is not in UTF-8")]
    Encoding,
    /// The root is no `KeyContainer` of RFC 6030; drafts before it had other names.
    #[error("the file is no key container of RFC 6030")]
    NotPskc,
    /// The version is not 1.0.
    #[error("the key container is not of version 1.0")]
    Version,
    /// It carries a signature, which we cannot verify and will not pass over.
    #[error("the file is signed, and signatures are not verified here")]
    Signed,
    /// The first line of a CSV is not [`CSV_HEADER`](crate::CSV_HEADER).
    #[error("the first line is not the header")]
    Header,
}

/// Why a text is refused as XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// Not well-formed: tags that do not match, an unknown entity or prefix, a repeated attribute,
    /// text beside elements, something before or after the root, or the end of the file inside it.
    #[error("the file is not well-formed XML")]
    Malformed,
    /// A document type, with which entities are defined and outside files are drawn in.
    #[error("the file has a document type")]
    DocumentType,
    /// Elements nested deeper than any key file needs.
    #[error("the file is nested too deeply")]
    TooDeep,
    /// More attributes on one element, or more namespaces, than any key file needs.
    #[error("an element has too many attributes")]
    TooManyAttributes,
    /// More elements in one key package than any needs.
    #[error("a part of the file has too many elements")]
    TooManyElements,
}

/// Why an element is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ElementError {
    /// Something must be there and is not.
    #[error("{name} is missing")]
    Missing {
        /// The element or attribute.
        name: &'static str,
    },
    /// Something is there twice: which of the two holds cannot be known.
    #[error("{name} is there twice")]
    Repeated {
        /// The element.
        name: &'static str,
    },
    /// An element, attribute or text that we do not understand and must not pass over.
    #[error("something in {within} is not understood")]
    Unknown {
        /// The element that holds it.
        within: &'static str,
    },
}

/// Why a file's encryption or MAC is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProtectionError {
    /// The file is encrypted, and no key or password was given.
    #[error("the file is encrypted: its key or password is needed")]
    Needed,
    /// A key or password was given, and the file, or a secret in it, is in the clear: somebody may
    /// have put his own in its place.
    #[error("a secret is in the clear in a file that should be encrypted")]
    Absent,
    /// A password was given and the file needs a pre-shared key, or the other way round.
    #[error("the file is encrypted with another kind of key")]
    OtherKind,
    /// A method that we do not know, or not the same one for all values.
    #[error("the method in {of} is not supported")]
    Unsupported {
        /// The element that names it.
        of: &'static str,
    },
    /// The key given has not the length that the method needs, or the password is empty.
    #[error("the key has not the length that the file's method needs")]
    KeyLength,
    /// A parameter of the key derivation is missing, unknown or beyond its limits.
    #[error("{of} of the key derivation is not acceptable")]
    Derivation {
        /// Which.
        of: &'static str,
    },
    /// A value encrypted by a method without integrity has no MAC.
    #[error("an encrypted value has no MAC")]
    MacMissing,
    /// A ciphertext is no base64, or of a length that its method does not make: no room for its IV, or
    /// no whole blocks.
    #[error("an encrypted value is not what its method makes")]
    Ciphertext,
    /// The wrong key or password, or a changed file. MAC, padding and key wrap are one answer, without
    /// a place, so that nobody learns by asking.
    #[error("the key or password is wrong, or the file was changed")]
    Refused,
}

/// Why a key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// An element of the key.
    #[error(transparent)]
    Element(#[from] ElementError),
    /// Its encryption or its MAC, as far as the place may be told.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
    /// A value that cannot be read or is beyond its limits.
    #[error("the value of {of} is not acceptable")]
    Value {
        /// The element, attribute or column.
        of: &'static str,
    },
    /// The serial number has not 8 to 12 letters and digits.
    #[error("a serial number has 8 to 12 letters and digits")]
    Serial,
    /// Another key of the file, of the same use, has this serial number.
    #[error("the serial number is in the file already")]
    SerialRepeated,
    /// The algorithm is none of HOTP, TOTP and OCRA, or a PIN that no key of the file speaks of.
    #[error("the algorithm is not supported")]
    Algorithm,
    /// The secret has not [`SECRET_BYTES`](crate::SECRET_BYTES).
    #[error("the secret is too short or too long")]
    SecretLength,
    /// It ends before it begins.
    #[error("the key ends before it begins")]
    Validity,
    /// Its policy does not let it be used for codes, or says something that we do not understand,
    /// which means the same (RFC 6030 §5).
    #[error("the key's policy does not permit its use")]
    NotPermitted,
    /// Its policy asks the verifier to check a PIN.
    #[error("the key needs a PIN checked by the verifier")]
    Pin,
}
