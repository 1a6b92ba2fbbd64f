//! A picture as the app paints it: asked for on the socket that it makes on a scene
//! (`src-tauri/src/scene/picture.rs`), and written as a PNG.

use std::io::Read as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder as _};

/// How long a picture may take to be painted.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of a pixel as they come: blue, green, red and one to leave out.
const COMES: usize = 4;

/// What the app at `socket` shows now, as PNG.
///
/// # Errors
/// When the app gives no picture.
pub(crate) fn picture(socket: &Path) -> Result<Vec<u8>> {
    let mut stream = UnixStream::connect(socket).context("the app gives no pictures")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut number = || -> Result<u32> {
        let mut bytes = [0; 4];
        let read = stream.read_exact(&mut bytes);
        read.context("the app gave no picture")?;
        Ok(u32::from_le_bytes(bytes))
    };
    let (width, height) = (number()?, number()?);
    let count = usize::try_from(u64::from(width).saturating_mul(u64::from(height)))?;
    let mut rows = Vec::with_capacity(count.saturating_mul(COMES));
    stream.read_to_end(&mut rows)?;
    let (pixels, rest) = rows.as_chunks::<COMES>();
    ensure!(
        pixels.len() == count && rest.is_empty(),
        "{width} × {height} pixels came as {} bytes",
        rows.len()
    );
    let colours: Vec<[u8; 3]> = pixels
        .iter()
        .map(|&[blue, green, red, _]| [red, green, blue])
        .collect();
    let mut png = Vec::new();
    // Rows are much like the row above; to try every filter takes as long as all the rest.
    PngEncoder::new_with_quality(&mut png, CompressionType::Default, FilterType::Up).write_image(
        colours.as_flattened(),
        width,
        height,
        ExtendedColorType::Rgb8,
    )?;
    Ok(png)
}
