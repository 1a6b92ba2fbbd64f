//! Commands and responses as bytes (TCG TPM 2.0 Library, Part 1 §18).
//!
//! They are written and read here, and not with the crate that knows the structures, because its
//! buffers are not wiped and some of these carry the seed or a password.

use skts_sealed::{SecretBytes, keep_in_memory};
use tpm2_protocol::data::{TpmCc, TpmRc, TpmRh, TpmSt};
use zeroize::Zeroizing;

use super::chip::ChipError;
use super::link::{FRAME_LIMIT_BYTES, Frame};

/// Writes the parts of a command. Room is kept for the longest, so that growing leaves no copy.
pub(super) struct Writer(Frame);

impl Writer {
    pub(super) fn new() -> Self {
        let mut room = Zeroizing::new(Vec::with_capacity(FRAME_LIMIT_BYTES));
        keep_in_memory(room.spare_capacity_mut());
        Self(room)
    }

    pub(super) fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    pub(super) fn u16(self, number: u16) -> Self {
        self.raw(&number.to_be_bytes())
    }

    pub(super) fn u32(self, number: u32) -> Self {
        self.raw(&number.to_be_bytes())
    }

    /// A `TPM2B`: the bytes behind their number.
    pub(super) fn sized(self, bytes: &[u8]) -> Self {
        // Whatever is longer than a frame is refused when the frame is closed.
        self.u16(u16::try_from(bytes.len()).unwrap_or(u16::MAX))
            .raw(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// What authorises the use of a handle.
pub(super) enum Auth<'a> {
    /// The object's password.
    Password(&'a SecretBytes),
    /// A session in which its policy was met; it lasts.
    Policy(u32),
}

impl Auth<'_> {
    fn write(&self, writer: Writer) -> Writer {
        match self {
            Self::Password(password) => writer
                .u32(TpmRh::Pw.value())
                // No nonce, and no attributes.
                .sized(&[])
                .raw(&[0])
                // EXPOSE: the chip compares it with the object's.
                .sized(password.expose_secret()),
            // No nonce and nothing computed: the session has no key. It is not over with the command.
            Self::Policy(session) => writer.u32(*session).sized(&[]).raw(&[1]).sized(&[]),
        }
    }
}

/// Puts a command together. The first handles are authorised by `auths`, in their order.
pub(super) fn command(
    code: TpmCc,
    handles: &[u32],
    auths: &[Auth<'_>],
    parameters: &Writer,
) -> Result<Frame, ChipError> {
    let mut body = Writer::new();
    for handle in handles {
        body = body.u32(*handle);
    }
    let mut tag = TpmSt::NoSessions;
    if !auths.is_empty() {
        tag = TpmSt::Sessions;
        let sessions = auths
            .iter()
            .fold(Writer::new(), |writer, auth| auth.write(writer));
        let length = u32::try_from(sessions.as_bytes().len()).unwrap_or(u32::MAX);
        body = body.u32(length).raw(sessions.as_bytes());
    }
    let body = body.raw(parameters.as_bytes());
    let length = body.as_bytes().len().saturating_add(10);
    if length > FRAME_LIMIT_BYTES {
        return Err(ChipError::Refused);
    }
    let frame = Writer::new()
        .u16(tag.value())
        .u32(u32::try_from(length).unwrap_or(u32::MAX))
        .u32(code.value())
        .raw(body.as_bytes());
    Ok(frame.0)
}

/// A response that says success, and how far it was read.
pub(super) struct Response {
    frame: Frame,
    at: usize,
}

impl Response {
    /// Takes a response apart up to its parameters.
    pub(super) fn parse(frame: Frame) -> Result<Self, ChipError> {
        let mut response = Self { frame, at: 0 };
        let tag = response.u16()?;
        let _length = response.u32()?;
        let code = response.u32()?;
        if code != 0 {
            // A code the library does not know is refused, as is one that says nothing to us.
            return Err(TpmRc::try_from(code).map_or(ChipError::Refused, ChipError::from));
        }
        if tag != TpmSt::Sessions.value() && tag != TpmSt::NoSessions.value() {
            return Err(ChipError::Refused);
        }
        Ok(response)
    }

    pub(super) fn u16(&mut self) -> Result<u16, ChipError> {
        let bytes = self.take(2)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u16::from(*byte)))
    }

    pub(super) fn u32(&mut self) -> Result<u32, ChipError> {
        let bytes = self.take(4)?;
        Ok(bytes
            .iter()
            .fold(0, |number, byte| number << 8 | u32::from(*byte)))
    }

    /// A `TPM2B`.
    pub(super) fn sized(&mut self) -> Result<&[u8], ChipError> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&[u8], ChipError> {
        let end = self.at.saturating_add(length);
        let bytes = self.frame.get(self.at..end).ok_or(ChipError::Refused)?;
        self.at = end;
        Ok(bytes)
    }
}
