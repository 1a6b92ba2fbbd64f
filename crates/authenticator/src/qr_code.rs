//! QR codes that are shown.

use qrcode::render::svg::Color;
use qrcode::{EcLevel, QrCode};

use crate::error::{AppError, ErrorCode};

/// Side of the picture, in user units; it scales.
const SIDE: u32 = 240;

/// # Errors
/// `internal`: the text is longer than a QR code holds.
pub(crate) fn of(text: &str) -> Result<QrCode, AppError> {
    QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| ErrorCode::Internal.into())
}

/// An SVG with a `viewBox`, no style attribute and no script.
pub(crate) fn svg(code: &QrCode) -> String {
    let picture = code
        .render::<Color<'_>>()
        .min_dimensions(SIDE, SIDE)
        .dark_color(Color("#000000"))
        .light_color(Color("#ffffff"))
        .build();
    // The XML declaration is no use inside a page.
    match picture.find("<svg") {
        Some(start) => picture.split_at(start).1.to_owned(),
        None => picture,
    }
}
