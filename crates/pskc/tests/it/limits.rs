//! How much a file may ask for: at each limit it is taken, beyond it refused.

use std::fmt::Write as _;

use skts_pskc::{
    CSV_HEADER, FileError, KeyFileError, MOST_BYTES, MOST_KEYS, Protection, XmlError, parse_csv,
    parse_pskc,
};

fn xml(keys: usize) -> String {
    let mut text = String::from(
        "<KeyContainer Version=\"1.0\" xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">",
    );
    for serial in 0..keys {
        write!(
            text,
            "<KeyPackage><DeviceInfo><SerialNo>{serial:08}</SerialNo></DeviceInfo>\
             <Key Id=\"1\" Algorithm=\"urn:ietf:params:xml:ns:keyprov:pskc:hotp\">\
             <AlgorithmParameters><ResponseFormat Length=\"6\" Encoding=\"DECIMAL\"/>\
             </AlgorithmParameters><Data><Secret>\
             <PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>\
             </Secret></Data></Key></KeyPackage>"
        )
        .unwrap();
    }
    text + "</KeyContainer>"
}

fn csv(keys: usize) -> String {
    let mut text = format!("{CSV_HEADER}\n");
    for serial in 0..keys {
        let secret = "31".repeat(20);
        writeln!(text, "{serial:08},totp,{secret},6,30,,sha1,").unwrap();
    }
    text
}

#[test]
fn a_file_may_have_so_many_keys_and_no_more() {
    let too_many = KeyFileError::File(FileError::TooManyKeys);
    let plain = Protection::Plain;
    let most = parse_pskc(xml(MOST_KEYS).as_bytes(), &plain).unwrap();
    assert_eq!(most.keys.len(), MOST_KEYS);
    let more = parse_pskc(xml(MOST_KEYS + 1).as_bytes(), &plain);
    assert_eq!(more.unwrap_err(), too_many);
    assert_eq!(
        parse_csv(csv(MOST_KEYS).as_bytes()).unwrap().keys.len(),
        MOST_KEYS
    );
    assert_eq!(
        parse_csv(csv(MOST_KEYS + 1).as_bytes()).unwrap_err(),
        too_many
    );
}

#[test]
fn a_file_may_be_so_large_and_no_larger() {
    let too_large = KeyFileError::File(FileError::TooLarge);
    let mut text = xml(1);
    text.push_str(&" ".repeat(MOST_BYTES - text.len()));
    assert!(parse_pskc(text.as_bytes(), &Protection::Plain).is_ok());
    text.push(' ');
    assert_eq!(
        parse_pskc(text.as_bytes(), &Protection::Plain).unwrap_err(),
        too_large
    );
    assert_eq!(parse_csv(text.as_bytes()).unwrap_err(), too_large);
}

#[test]
fn a_million_characters_by_number_are_read_in_one_go() {
    // Were the text copied at each of them, this would not end.
    let text = xml(1).replace(
        "<SerialNo>",
        &format!("<SerialNo>{}", "&#49;".repeat(1_000_000)),
    );
    let refused = parse_pskc(text.as_bytes(), &Protection::Plain).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "key 1: a serial number has 8 to 12 letters and digits"
    );
}

#[test]
fn namespaces_and_depth_have_limits_before_the_root_has_children() {
    let many: String = (0..100)
        .map(|n| format!(" xmlns:a{n}=\"urn:{n}\""))
        .collect();
    let text = xml(1).replace("<KeyContainer", &format!("<KeyContainer{many}"));
    let refused = parse_pskc(text.as_bytes(), &Protection::Plain).unwrap_err();
    assert_eq!(refused, KeyFileError::Xml(XmlError::TooManyAttributes));
}

#[test]
fn bytes_that_are_no_utf8_are_refused_before_anything_else() {
    let encoding = KeyFileError::File(FileError::Encoding);
    for bytes in [b"\xff\xfe<\0".as_slice(), b"\xc0\xaf", b"\xed\xa0\x80"] {
        assert_eq!(parse_pskc(bytes, &Protection::Plain).unwrap_err(), encoding);
        assert_eq!(parse_csv(bytes).unwrap_err(), encoding);
    }
}
