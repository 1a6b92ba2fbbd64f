//! QR codes in pictures: the bytes of an image in, the text of its one code out.
//!
//! Where a picture comes from (a file, the clipboard, a camera) is the host's; what its text means is
//! the caller's. Both formats that screens and cameras save are read, and no other: a decoder that is
//! not there cannot be attacked. Whatever a stranger's picture claims to be, no more is read, held or
//! searched than the limits here.

use std::collections::BTreeSet;
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, ImageReader, Limits};
use rxing::common::HybridBinarizer;
use rxing::helpers::detect_in_luma_slice_with_hints;
use rxing::multi::MultipleBarcodeReader;
use rxing::multi::qrcode::QRCodeMultiReader;
use rxing::{BarcodeFormat, BinaryBitmap, DecodeHints, Luma8LuminanceSource};

/// The largest file that is read: a photograph of a good telephone has half of it.
pub const LARGEST_IMAGE_BYTES: usize = 20 * 1024 * 1024;
/// The largest side of a picture.
const LARGEST_SIDE_PIXELS: u32 = 10_000;
/// Pixels of the largest picture: 50 megapixels.
const MOST_PIXELS: u64 = 50_000_000;
/// What decoding a picture may take of the memory.
const MOST_DECODED_BYTES: u64 = 400 * 1024 * 1024;

/// Why a picture gave no text. Carries nothing of the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QrError {
    /// The file, or the picture in it, is larger than what is read.
    #[error("the picture is too large")]
    TooLarge,
    /// No PNG or JPEG, or a damaged one.
    #[error("this is no picture that can be read")]
    NoImage,
    /// There is no QR code, or none that is sharp and whole.
    #[error("no QR code was found in the picture")]
    NoCode,
    /// Codes of different texts: which one is meant cannot be told.
    #[error("there are several QR codes in the picture")]
    Several,
}

/// Reads the one QR code in a picture, upright or turned, dark on light or light on dark.
///
/// # Shapes and units
/// - `image`: a whole PNG or JPEG file, at most [`LARGEST_IMAGE_BYTES`].
/// - returns: the code's text, at most about 7 000 characters. It is whatever a stranger wrote.
///
/// # Errors
/// [`QrError`].
///
/// # Source
/// ISO/IEC 18004, as rxing reads it.
pub fn text_of(image: &[u8]) -> Result<String, QrError> {
    if image.len() > LARGEST_IMAGE_BYTES {
        return Err(QrError::TooLarge);
    }
    let format = match image::guess_format(image) {
        Ok(format @ (ImageFormat::Png | ImageFormat::Jpeg)) => format,
        _ => return Err(QrError::NoImage),
    };
    let reader = || ImageReader::with_format(Cursor::new(image), format);
    let (width, height) = reader().into_dimensions().map_err(|_| QrError::NoImage)?;
    check_size(width, height)?;
    let mut reader = reader();
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_DECODED_BYTES);
    reader.limits(limits);
    let picture = reader.decode().map_err(|_| QrError::NoImage)?;
    search(&on_white(picture), width, height)
}

/// The same for a picture that is decoded already, as clipboards give it.
///
/// # Shapes and units
/// - `rgba`: rows from the top, four bytes a pixel: `4 · width · height`.
///
/// # Errors
/// [`QrError`].
pub fn text_of_rgba(rgba: &[u8], width: u32, height: u32) -> Result<String, QrError> {
    check_size(width, height)?;
    let pixels = u64::from(width).saturating_mul(height.into());
    if u64::try_from(rgba.len()).ok() != pixels.checked_mul(4) {
        return Err(QrError::NoImage);
    }
    let luma: Vec<u8> = rgba.chunks_exact(4).map(luma_on_white).collect();
    search(&luma, width, height)
}

fn check_size(width: u32, height: u32) -> Result<(), QrError> {
    let pixels = u64::from(width).saturating_mul(height.into());
    if width > LARGEST_SIDE_PIXELS || height > LARGEST_SIDE_PIXELS || pixels > MOST_PIXELS {
        return Err(QrError::TooLarge);
    }
    if pixels == 0 {
        return Err(QrError::NoImage);
    }
    Ok(())
}

/// One byte a pixel. What is transparent lies on white, as on a page: read as black it would hide a
/// code that has no ground of its own.
fn on_white(picture: DynamicImage) -> Vec<u8> {
    if picture.color().has_alpha() {
        let rgba = picture.into_rgba8();
        rgba.as_raw().chunks_exact(4).map(luma_on_white).collect()
    } else {
        picture.into_luma8().into_raw()
    }
}

/// ITU-R BT.601 in whole numbers, over white.
fn luma_on_white(pixel: &[u8]) -> u8 {
    let &[red, green, blue, alpha] = pixel else {
        return u8::MAX;
    };
    let [red, green, blue, alpha] = [red, green, blue, alpha].map(u32::from);
    let luma = (299 * red + 587 * green + 114 * blue) / 1000;
    let over = (luma * alpha + 255 * (255 - alpha)) / 255;
    u8::try_from(over).unwrap_or(u8::MAX)
}

fn search(luma: &[u8], width: u32, height: u32) -> Result<String, QrError> {
    let mut hints = DecodeHints {
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        ..DecodeHints::default()
    };
    let only = Some(BarcodeFormat::QR_CODE);
    let found = detect_in_luma_slice_with_hints(luma, width, height, only, &mut hints);
    let text = found.map_err(|_| QrError::NoCode)?.getText().to_owned();
    if text.is_empty() {
        return Err(QrError::NoCode);
    }
    // The first one found is not the one meant, where there are others.
    let source = Luma8LuminanceSource::new(luma.to_vec(), width, height);
    let all = source.and_then(|source| {
        let mut picture = BinaryBitmap::new(HybridBinarizer::new(source));
        QRCodeMultiReader::new().decode_multiple_with_hints(&mut picture, &hints)
    });
    let mut texts: BTreeSet<&str> = BTreeSet::from([text.as_str()]);
    let all = all.unwrap_or_default();
    texts.extend(all.iter().map(|one| one.getText()));
    match texts.len() {
        1 => Ok(text),
        _ => Err(QrError::Several),
    }
}

#[cfg(test)]
mod tests;
