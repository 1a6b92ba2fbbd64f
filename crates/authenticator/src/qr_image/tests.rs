use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgba, RgbaImage};
use qrcode::{Color, EcLevel, QrCode};
use rand_core::{RngCore, SeedableRng};

use super::*;

const PAYMENT: &str = "skts:sign?payee_bank=9999&payee_branch=001&account_kind=%E6%99%AE%E9%80%9A\
    &account_number=1234567&payee_name=%E3%83%9F%E3%83%9B%E3%83%B3%20%E3%82%BF%E3%83%AD%E3%82%A6\
    &amount_yen=50000";
/// The four light modules around a code.
const QUIET: u32 = 4;

/// A code, `scale` pixels a module, with its quiet zone.
fn drawn(text: &str, scale: u32) -> GrayImage {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
    let side = u32::try_from(code.width()).unwrap();
    let colors = code.to_colors();
    GrayImage::from_fn(
        (side + 2 * QUIET) * scale,
        (side + 2 * QUIET) * scale,
        |x, y| {
            let (x, y) = (x / scale, y / scale);
            let inside = |at: u32| (QUIET..QUIET + side).contains(&at);
            let dark = inside(x)
                && inside(y)
                && colors[((y - QUIET) * side + x - QUIET) as usize] == Color::Dark;
            Luma([if dark { 0 } else { 255 }])
        },
    )
}

fn file(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn png(picture: impl Into<DynamicImage>) -> Vec<u8> {
    file(picture, ImageFormat::Png)
}

/// Puts `one` on a screen at `(x, y)`.
fn put(screen: &mut GrayImage, one: &GrayImage, x: u32, y: u32) {
    image::imageops::replace(screen, one, x.into(), y.into());
}

#[test]
fn reads_a_code_as_screens_and_cameras_save_it() {
    for scale in [2, 3, 5, 8] {
        let picture = drawn(PAYMENT, scale);
        assert_eq!(text_of(&png(picture.clone())).as_deref(), Ok(PAYMENT));
        let jpeg = file(picture, ImageFormat::Jpeg);
        assert_eq!(text_of(&jpeg).as_deref(), Ok(PAYMENT));
    }
}

#[test]
fn reads_a_code_that_is_turned_inverted_or_somewhere_on_a_screen() {
    let picture = drawn(PAYMENT, 4);
    let turned = image::imageops::rotate90(&picture);
    assert_eq!(text_of(&png(turned)).as_deref(), Ok(PAYMENT));
    let mut dark = picture.clone();
    image::imageops::invert(&mut dark);
    assert_eq!(text_of(&png(dark)).as_deref(), Ok(PAYMENT));
    let mut screen = GrayImage::from_pixel(1920, 1080, Luma([210]));
    put(&mut screen, &picture, 1100, 500);
    assert_eq!(text_of(&png(screen)).as_deref(), Ok(PAYMENT));
}

#[test]
fn what_is_transparent_lies_on_white() {
    let picture = drawn(PAYMENT, 4);
    let clear = RgbaImage::from_fn(picture.width(), picture.height(), |x, y| {
        let dark = picture.get_pixel(x, y).0[0] == 0;
        Rgba([0, 0, 0, if dark { 255 } else { 0 }])
    });
    let (width, height) = clear.dimensions();
    assert_eq!(text_of_rgba(&clear, width, height).as_deref(), Ok(PAYMENT));
    assert_eq!(text_of(&png(clear)).as_deref(), Ok(PAYMENT));
}

#[test]
fn two_codes_are_not_guessed_between_and_the_same_one_twice_is_one() {
    let mut screen = GrayImage::from_pixel(1000, 500, Luma([255]));
    put(&mut screen, &drawn(PAYMENT, 4), 20, 20);
    put(&mut screen, &drawn("https://bank.example/app", 4), 560, 60);
    assert_eq!(text_of(&png(screen.clone())), Err(QrError::Several));
    let mut twice = GrayImage::from_pixel(1000, 500, Luma([255]));
    put(&mut twice, &drawn(PAYMENT, 4), 20, 20);
    put(&mut twice, &drawn(PAYMENT, 4), 520, 60);
    assert_eq!(text_of(&png(twice)).as_deref(), Ok(PAYMENT));
}

#[test]
fn what_is_no_picture_or_has_no_code_says_so() {
    assert_eq!(text_of(b""), Err(QrError::NoImage));
    assert_eq!(text_of(PAYMENT.as_bytes()), Err(QrError::NoImage));
    let blank = GrayImage::from_pixel(300, 300, Luma([255]));
    assert_eq!(text_of(&png(blank)), Err(QrError::NoCode));
    let whole = png(drawn(PAYMENT, 4));
    assert_eq!(text_of(&whole[..whole.len() / 2]), Err(QrError::NoImage));
    // A format that is not among the two, though a host's own tree may bring its decoder.
    assert_eq!(text_of(b"GIF89a\x01\x00\x01\x00"), Err(QrError::NoImage));
    assert_eq!(text_of(b"II*\x00\x08\x00\x00\x00"), Err(QrError::NoImage));
    assert_eq!(text_of_rgba(&[0; 15], 2, 2), Err(QrError::NoImage));
    assert_eq!(text_of_rgba(&[], 0, 0), Err(QrError::NoImage));
}

#[test]
fn what_is_too_large_is_refused_before_it_is_decoded() {
    assert_eq!(
        text_of(&vec![0; LARGEST_IMAGE_BYTES + 1]),
        Err(QrError::TooLarge)
    );
    // The header of a PNG that claims 60 000 × 60 000 pixels, and nothing after it.
    let mut claims = png(GrayImage::from_pixel(1, 1, Luma([0])));
    let side = 60_000_u32.to_be_bytes();
    claims[16..20].copy_from_slice(&side);
    claims[20..24].copy_from_slice(&side);
    let checksum = crc32(&claims[12..29]).to_be_bytes();
    claims[29..33].copy_from_slice(&checksum);
    assert_eq!(text_of(&claims), Err(QrError::TooLarge));
    assert_eq!(
        text_of_rgba(&[], u32::MAX, u32::MAX),
        Err(QrError::TooLarge)
    );
}

/// Of PNG, Annex D.
fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

/// A release that panics ends the app: whatever a picture is, reading it ends in a value.
#[test]
fn no_picture_whatever_makes_it_panic() {
    let mut rng = Random::seed_from_u64(2);
    let whole = png(drawn(PAYMENT, 3));
    for _ in 0..100 {
        let mut bytes = whole.clone();
        for _ in 0..=rng.next_u32() % 8 {
            let at = rng.next_u32() as usize % bytes.len();
            bytes[at] = rng.next_u32() as u8;
        }
        let _ = text_of(&bytes);
    }
    for _ in 0..100 {
        let mut picture = drawn(PAYMENT, 3);
        let (width, height) = picture.dimensions();
        // Blots, and squares in squares: what finders look like.
        for _ in 0..rng.next_u32() % 12 {
            let (x, y) = (rng.next_u32() % width, rng.next_u32() % height);
            let side = 1 + rng.next_u32() % 40;
            let ring = rng.next_u32() % 2 == 0;
            let shade = rng.next_u32() as u8;
            for (dx, dy) in (0..side).flat_map(|dx| (0..side).map(move |dy| (dx, dy))) {
                let edge = dx.min(dy).min(side - 1 - dx).min(side - 1 - dy) * 7 / side;
                let shade = match ring {
                    true => u8::from(edge == 1) * 255,
                    false => shade,
                };
                if x + dx < width && y + dy < height {
                    picture.put_pixel(x + dx, y + dy, Luma([shade]));
                }
            }
        }
        let _ = text_of(&png(picture));
    }
}

type Random = rand_chacha::ChaCha8Rng;
