//! Every mistake of a file has its sentence.

use std::path::Path;

use super::*;

const SHINKIN: &str = include_str!("../presets/sample-shinkin.toml");
const SHINKUMI: &str = include_str!("../presets/sample-shinkumi.toml");

/// Stands in for the fonts: all but 𠮷 beyond the first plane, full width beyond Latin.
struct Plain;

impl Glyphs for Plain {
    fn width_em(&self, character: char) -> Option<f32> {
        match u32::from(character) {
            0x20..=0x24F => Some(0.5),
            0x2000..=0xFFFF => Some(1.0),
            _ => None,
        }
    }
}

fn mistakes(text: &str) -> String {
    match Institution::parse(Path::new("a.toml"), text, &Plain) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// The sample with `from` changed `to`, and what is said of it.
fn changed(sample: &str, from: &str, to: &str) -> String {
    let at = sample
        .find(&format!("\n{from}"))
        .unwrap_or_else(|| panic!("{from} is not in the sample"));
    let (before, after) = sample.split_at(at + 1);
    mistakes(&format!("{before}{}", after.replacen(from, to, 1)))
}

/// The line of the sample that begins with `start`.
fn line(sample: &str, start: &str) -> usize {
    1 + sample
        .lines()
        .position(|line| line.starts_with(start))
        .unwrap_or_else(|| panic!("no {start}"))
}

#[test]
fn the_samples_are_good_and_say_what_they_mean() {
    assert_eq!(mistakes(SHINKIN), "");
    assert_eq!(mistakes(SHINKUMI), "");
    let shinkumi = Institution::parse(Path::new("a.toml"), SHINKUMI, &Plain).unwrap();
    assert_eq!(shinkumi.kind, Kind::Shinkumi);
    assert_eq!(shinkumi.token.digits, Digits::Eight);
    let service_id = "10000001".to_owned();
    assert_eq!(shinkumi.token.set_up, SetUp::Activated { service_id });
    assert_eq!(shinkumi.procedures.limit_after_release_yen, Some(200_000));
    assert_eq!(shinkumi.hardware.unwrap().fee_yen, 0);
}

#[test]
fn each_mistake_of_a_shinkin_names_its_line_its_field_and_a_remedy() {
    let name60 = format!("ja = \"{}\"", "長".repeat(60));
    let cases: &[(&str, &str, &str)] = &[
        (
            "id = \"sample-shinkin\"",
            "id = \"Sample\"",
            "id: an id has lower-case letters, digits and single hyphens; write one such as mihon-shinkin.",
        ),
        (
            "kind = \"shinkin\"",
            "kind = \"shinkn\"",
            "kind: shinkn is none of its values; write shinkin if that is meant.",
        ),
        (
            "accent = \"#1f5f8b\"",
            "accent = \"blue\"",
            "accent: a colour is # and six digits 0-9 a-f; write one such as #1f5f8b.",
        ),
        (
            "accent = \"#1f5f8b\"",
            "accent = \"#9fc5e8\"",
            "accent: the colour is too light to be read on white (contrast 1.8, 4.5 is needed); write a darker one.",
        ),
        (
            "ja = \"見本信用金庫\"",
            &name60,
            "name.ja: the text is 60 characters wide and 40 fit; write it shorter.",
        ),
        (
            "ja = \"見本信用金庫\"",
            "ja = \"見本𠮷信用金庫\"",
            "name.ja: the fonts of the guide have no 𠮷 (U+20BB7); write another character.",
        ),
        (
            "ja = \"見本信用金庫\"",
            "ja = \"\"",
            "name.ja: the text is empty; write it out.",
        ),
        (
            "valid-from = 2026-04-01",
            "valid-from = \"2026-04-01\"",
            "edition.valid-from: this must be a date without a time or quotes and is of type string; write valid-from = 2026-04-01.",
        ),
        (
            "valid-until = 2027-03-31",
            "valid-until = 2026-03-31",
            "edition.valid-until: the edition ends before it begins; write a date after valid-from, or leave it out.",
        ),
        (
            "phone = \"000-0000-0000\"",
            "phone = \"119\"",
            "contact.phone: a phone number is 0 and nine or ten digits more, with hyphens; write it so.",
        ),
        (
            "digits = 6",
            "digits = 7",
            "token.digits: 7 is none of its values; write one of 6, 8, both.",
        ),
        (
            "period-secs = 30",
            "period-secs = 45",
            "token.period-secs: 45 is none of its values; write one of 30, 60.",
        ),
        (
            "set-up = \"self-provisioned\"",
            "set-up = \"activated\"",
            "token.service-id: an activated token is set up with a service ID; add service-id = \"10000001\".",
        ),
        (
            "set-up = \"self-provisioned\"",
            "set-up = \"activated\"\nservice-id = \"10000001\"",
            "token.set-up: an activated token needs トークン発行, which a shinkin's pages do not have; write self-provisioned, or kind = \"shinkumi\".",
        ),
        (
            "serial = \"class-a\"",
            "seriel = \"class-a\"",
            "token.seriel: there is no such field; write serial if that is meant.",
        ),
        (
            "lock-after = 5",
            "lock-after = 0",
            "token.lock-after: 0 is out of bounds; write 3 to 20.",
        ),
        (
            "lock-after = 5",
            "lock-after = -1",
            "token.lock-after: this must be a whole number from 0 and is of type integer; write lock-after = 5.",
        ),
        (
            "offered = true",
            "offered = \"yes\"",
            "hardware.offered: this must be true or false and is of type string; write true or false.",
        ),
        (
            "offered = true",
            "offered = false",
            "hardware.fee-yen: no hardware tokens are offered; take it out, or write offered = true.",
        ),
        (
            "start = [\"pc\", \"smartphone\", \"feature\"]",
            "start = []",
            "procedures.start: no customer could begin; add start = [\"pc\", \"smartphone\"].",
        ),
        (
            "start = [\"pc\", \"smartphone\", \"feature\"]",
            "start = [\"pc\", \"smartphones\"]",
            "procedures.start: smartphones is none of its values; write smartphone if that is meant.",
        ),
        (
            "start = [\"pc\", \"smartphone\", \"feature\"]",
            "start = [\"pc\", \"pc\"]",
            "procedures.start: pc is there twice; take one of the two out.",
        ),
        (
            "stop = [\"pc\", \"smartphone\"]",
            "stop = [\"feature\"]",
            "procedures.stop: 利用中止 is not on the pages for feature phones; take feature out.",
        ),
        (
            "stop = [\"pc\", \"smartphone\"]",
            "release = [\"pc\"]",
            "procedures.release: a shinkin has 利用中止 in its place; write stop.",
        ),
        (
            "effective = \"next-day\"",
            "effective = \"next-day\"\nlimit-after-release-yen = 1",
            "procedures.limit-after-release-yen: there is a limit after 利用解除 but no 利用解除; give release its faces, or take the limit out.",
        ),
        (
            "ios = \"https://apps.example/ios\"",
            "ios = \"http://apps.example/ios\"",
            "stores.ios: an address begins with https:// and has at most 120 printable ASCII characters; write it so.",
        ),
    ];
    for (from, to, says) in cases {
        let said = changed(SHINKIN, from, to);
        assert!(
            said.lines().any(|line| line.ends_with(says)),
            "{to}:\n{said}"
        );
        assert!(
            said.lines().all(|line| line.starts_with("a.toml:")),
            "{said}"
        );
    }
}

#[test]
fn each_mistake_of_a_shinkumi_names_its_field_and_a_remedy() {
    let cases: &[(&str, &str, &str)] = &[
        (
            "service-id = \"10000001\"",
            "",
            "token.service-id: an activated token is set up with a service ID; add service-id = \"10000001\".",
        ),
        (
            "service-id = \"10000001\"",
            "service-id = \"1000\"",
            "token.service-id: a service ID has eight digits; write it so.",
        ),
        (
            "set-up = \"activated\"",
            "set-up = \"self-provisioned\"",
            "token.service-id: a token that sets itself up has no service ID; take it out, or write set-up = \"activated\".",
        ),
        (
            "release = [",
            "exchange = [",
            "procedures.exchange: a shinkumi has 利用解除 and トークン発行 in its place; write release and issue.",
        ),
        (
            "issue = [",
            "login-code = [",
            "procedures.issue: no customer could begin; add issue = [\"pc\", \"smartphone\"].",
        ),
    ];
    for (from, to, says) in cases {
        let said = changed(SHINKUMI, from, to);
        assert!(
            said.lines().any(|line| line.ends_with(says)),
            "{to}:\n{said}"
        );
    }
}

#[test]
fn a_feature_phone_needs_a_hardware_token() {
    let start = SHINKIN.find("offered = true").unwrap();
    let end = SHINKIN.find("# お客さまができる").unwrap();
    let text = format!("{}offered = false\n{}", &SHINKIN[..start], &SHINKIN[end..]);
    let said = mistakes(&text);
    let count = said
        .matches("a feature phone needs a hardware token")
        .count();
    assert_eq!(count, 3, "{said}");
}

#[test]
fn eight_digits_for_thirty_seconds_are_short_but_possible() {
    assert_eq!(changed(SHINKIN, "digits = 6", "digits = 8"), "");
    assert_eq!(changed(SHINKIN, "digits = 6", "digits = \"both\""), "");
}

#[test]
fn a_name_of_sixty_letters_fits_and_one_of_sixty_wide_characters_does_not() {
    let letters = format!("en = \"{}\"", "Mihon Bank ".repeat(6).get(..60).unwrap());
    assert_eq!(
        changed(SHINKIN, "en = \"Mihon Shinkin Bank\"", &letters),
        ""
    );
    let forty = format!("ja = \"{}\"", "見".repeat(40));
    assert_eq!(changed(SHINKIN, "ja = \"見本信用金庫\"", &forty), "");
    let one_more = format!("ja = \"{}\"", "見".repeat(41));
    assert_ne!(changed(SHINKIN, "ja = \"見本信用金庫\"", &one_more), "");
}

#[test]
fn several_mistakes_are_told_in_one_reading_by_their_lines() {
    let text = SHINKIN
        .replace("kind = \"shinkin\"", "kind = \"bank\"")
        .replace("serial = \"class-a\"", "sereal = \"class-a\"")
        .replace("lock-after = 5", "lock-after = 99")
        .replace("computer = ", "computr = ");
    let said = mistakes(&text);
    let lines: Vec<&str> = said.lines().collect();
    let expected = [
        format!(
            "a.toml:{}: kind: bank is none of its values; write one of shinkin, shinkumi.",
            line(SHINKIN, "kind =")
        ),
        format!(
            "a.toml:{}: token.serial: the field is missing; add serial = \"class-a\" or \"numeric-9\".",
            line(SHINKIN, "[token]")
        ),
        format!(
            "a.toml:{}: token.sereal: there is no such field; write serial if that is meant.",
            line(SHINKIN, "serial =")
        ),
        format!(
            "a.toml:{}: token.lock-after: 99 is out of bounds; write 3 to 20.",
            line(SHINKIN, "lock-after =")
        ),
        format!(
            "a.toml:{}: stores.computr: there is no such field; write computer if that is meant.",
            line(SHINKIN, "computer =")
        ),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_missing_table_is_one_mistake_and_not_one_a_field() {
    let at = SHINKIN.find("[token]").unwrap();
    let to = SHINKIN.find("[hardware]").unwrap();
    let said = mistakes(&format!("{}{}", &SHINKIN[..at], &SHINKIN[to..]));
    assert_eq!(
        said,
        "a.toml:1: token: the table is missing; add [token] and its fields."
    );
}

#[test]
fn a_doubled_field_and_broken_toml_are_told_with_their_lines() {
    let said = changed(SHINKIN, "lock-after = 5", "lock-after = 5\nlock-after = 6");
    let at = line(SHINKIN, "lock-after") + 1;
    assert_eq!(
        said,
        format!("a.toml:{at}: the field is there twice; take one of the two out.")
    );
    let said = changed(SHINKIN, "lock-after = 5", "lock-after = ");
    assert!(
        said.starts_with(&format!("a.toml:{}: this is not TOML (", at - 1)),
        "{said}"
    );
}

#[test]
fn what_pictures_show_is_another_when_a_value_in_them_is_another() {
    let depicted = |text: &str| {
        Institution::parse(Path::new("a.toml"), text, &Plain)
            .unwrap()
            .depicted()
    };
    let sample = depicted(SHINKIN);
    assert_eq!(sample.len(), 16);
    for (from, to) in [
        ("\"見本信用金庫\"", "\"みなと信用金庫\""),
        ("#1f5f8b", "#1f5f8c"),
        ("000-0000-0000", "000-0000-0001"),
        ("period-secs = 30", "period-secs = 60"),
    ] {
        let changed = SHINKIN.replace(from, to);
        assert_ne!(changed, SHINKIN, "{from} is not in the sample");
        assert_ne!(depicted(&changed), sample, "{from}");
    }
    // What only the guide's words say.
    let hours = SHINKIN.replace("9:00～17:00", "9:00～18:00");
    assert_ne!(hours, SHINKIN);
    assert_eq!(depicted(&hours), sample);
}
