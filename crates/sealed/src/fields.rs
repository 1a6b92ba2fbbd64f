//! A small binary form for what is sealed: fields behind their lengths, in a fixed order.

use zeroize::Zeroizing;

use crate::hash::push_secret_field;
use crate::secret::SecretBytes;

/// Writes length-prefixed fields.
#[derive(Default)]
pub struct FieldWriter(Zeroizing<Vec<u8>>);

impl FieldWriter {
    /// An empty record.
    pub fn new() -> Self {
        Self(Zeroizing::default())
    }

    /// Adds `u32be(|bytes|) ‖ bytes`.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        push_secret_field(&mut self.0, bytes);
        self
    }

    /// Adds a number as a field of eight big-endian bytes.
    #[must_use]
    pub fn u64(self, number: u64) -> Self {
        self.bytes(&number.to_be_bytes())
    }

    /// The record.
    pub fn finish(mut self) -> SecretBytes {
        SecretBytes::new(std::mem::take(&mut self.0))
    }
}

/// Reads what [`FieldWriter`] wrote, in the same order.
pub struct FieldReader<'a>(&'a [u8]);

impl<'a> FieldReader<'a> {
    /// Starts at the first field.
    pub fn new(record: &'a [u8]) -> Self {
        Self(record)
    }

    /// The next field.
    ///
    /// # Errors
    /// [`FieldError::Truncated`] if the record ends before the field does.
    pub fn bytes(&mut self) -> Result<&'a [u8], FieldError> {
        let (len, rest) = self
            .0
            .split_first_chunk::<4>()
            .ok_or(FieldError::Truncated)?;
        let len = usize::try_from(u32::from_be_bytes(*len)).map_err(|_| FieldError::Truncated)?;
        let (field, rest) = rest.split_at_checked(len).ok_or(FieldError::Truncated)?;
        self.0 = rest;
        Ok(field)
    }

    /// The next field, as a number.
    ///
    /// # Errors
    /// [`FieldError::Truncated`], or [`FieldError::NotANumber`] unless it has eight bytes.
    pub fn u64(&mut self) -> Result<u64, FieldError> {
        let bytes = self.bytes()?;
        Ok(u64::from_be_bytes(
            bytes.try_into().map_err(|_| FieldError::NotANumber)?,
        ))
    }

    /// Whether no field is left.
    pub fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`FieldError::TrailingBytes`] if there is more.
    pub fn end(self) -> Result<(), FieldError> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(FieldError::TrailingBytes)
        }
    }
}

/// Why a record could not be read. Carries nothing of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// A field should have had eight bytes.
    #[error("a number field does not have eight bytes")]
    NotANumber,
    /// There is more after the last field.
    #[error("bytes follow the last field")]
    TrailingBytes,
    /// The record ends inside a field.
    #[error("the record ends inside a field")]
    Truncated,
}
