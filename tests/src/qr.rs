//! Pictures of QR codes, as customers copy them off a bank's page.

use std::io::Cursor;

use anyhow::{Context, Result};
use image::{GrayImage, ImageFormat, Luma};
use qrcode::{Color, EcLevel, QrCode};
use serde_json::Value;

/// Pixels of a module, and light modules around the code.
const SCALE: u32 = 4;
const QUIET: u32 = 4;

/// The QR code of `text`, as PNG.
///
/// # Errors
/// When it is too long for one.
pub fn png(text: &str) -> Result<Vec<u8>> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let side = u32::try_from(code.width())?;
    let colors = code.to_colors();
    let dark = |x: u32, y: u32| {
        let (x, y) = (x.checked_sub(QUIET)?, y.checked_sub(QUIET)?);
        let inside = x < side && y < side;
        inside.then(|| colors.get(usize::try_from(y * side + x).ok()?).copied())?
    };
    let size = (side + 2 * QUIET) * SCALE;
    let picture = GrayImage::from_fn(size, size, |x, y| {
        let dark = dark(x / SCALE, y / SCALE) == Some(Color::Dark);
        Luma([if dark { 0 } else { 255 }])
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// What a bank's page shows of a payment announced, from the service's answer: put together by
/// docs/protocol.md, apart from the programs' own code.
///
/// # Errors
/// When the answer lacks a field.
pub fn signing_text(to_sign: &Value) -> Result<String> {
    let payment = &to_sign["payment"];
    let mut text = String::from("skts:sign?");
    for (at, (name, of)) in [
        ("service_id", to_sign),
        ("payee_bank", payment),
        ("payee_branch", payment),
        ("account_kind", payment),
        ("account_number", payment),
        ("payee_name", payment),
        ("amount_yen", payment),
        ("challenge", to_sign),
    ]
    .into_iter()
    .enumerate()
    {
        let value = of[name]
            .as_str()
            .with_context(|| format!("no {name} in {to_sign}"))?;
        text += if at == 0 { "" } else { "&" };
        text += &format!("{name}=");
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                    text.push(char::from(byte));
                }
                byte => text += &format!("%{byte:02X}"),
            }
        }
    }
    Ok(text)
}
