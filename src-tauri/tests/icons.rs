//! The icons that `icons/make.mjs` has made: each is what its name says.

use std::fs;
use std::path::{Path, PathBuf};

fn icons() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../icons")
}

/// Width and height of a PNG.
fn size(png: &[u8]) -> (u32, u32) {
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    (big(png, 16), big(png, 20))
}

fn big(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn little(bytes: &[u8], at: usize) -> usize {
    let number = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    usize::try_from(number).unwrap()
}

#[test]
fn every_picture_has_the_size_of_its_name() {
    let mut found = 0;
    for entry in fs::read_dir(icons()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(stem) = name.strip_suffix(".png") else {
            continue;
        };
        let expected = match stem {
            "icon" => 512,
            "StoreLogo" => 50,
            "128x128@2x" => 256,
            _ => {
                let stem = stem.trim_start_matches("Square").trim_end_matches("Logo");
                stem.split('x').next().unwrap().parse().unwrap()
            }
        };
        assert_eq!(
            size(&fs::read(&path).unwrap()),
            (expected, expected),
            "{name}"
        );
        found += 1;
    }
    assert_eq!(found, 15);
}

#[test]
fn the_icon_for_windows_has_each_size_once() {
    let ico = fs::read(icons().join("icon.ico")).unwrap();
    let count = usize::from(u16::from_le_bytes(ico[4..6].try_into().unwrap()));
    let sizes: Vec<_> = (0..count)
        .map(|index| {
            let entry = 6 + 16 * index;
            let (length, at) = (little(&ico, entry + 8), little(&ico, entry + 12));
            let (width, height) = size(&ico[at..at + length]);
            assert_eq!(width, height);
            // One byte holds 256 as 0.
            assert_eq!(u32::from(ico[entry]), width % 256);
            width
        })
        .collect();
    assert_eq!(sizes, [16, 24, 32, 48, 64, 256]);
}

#[test]
fn the_icon_for_macos_has_each_size_for_both_densities() {
    let icns = fs::read(icons().join("icon.icns")).unwrap();
    assert_eq!(&icns[..4], b"icns");
    assert_eq!(big(&icns, 4) as usize, icns.len());
    let mut found = Vec::new();
    let mut at = 8;
    while at < icns.len() {
        let length = big(&icns, at + 4) as usize;
        let kind = String::from_utf8(icns[at..at + 4].to_vec()).unwrap();
        found.push((kind, size(&icns[at + 8..at + length]).0));
        at += length;
    }
    let expected = [
        ("icp4", 16),
        ("icp5", 32),
        ("icp6", 64),
        ("ic07", 128),
        ("ic08", 256),
        ("ic09", 512),
        ("ic10", 1024),
        ("ic11", 32),
        ("ic12", 64),
        ("ic13", 256),
        ("ic14", 512),
    ];
    assert_eq!(found, expected.map(|(kind, size)| (kind.to_owned(), size)));
}
