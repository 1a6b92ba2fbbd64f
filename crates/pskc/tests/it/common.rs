//! Files with a header: what is in them, how they are opened, and what comes out.

use std::fs;
use std::path::Path;

use skts_pskc::{Key, KeyFile, KeyFileError, Protection, Secret, parse_csv, parse_pskc};

/// One file under `tests/`: a header, an empty line, and the key file itself.
pub(crate) struct Case {
    pub(crate) name: String,
    /// Where it is from, or what is bad in it.
    pub(crate) about: String,
    protection: String,
    pub(crate) expect: String,
    pub(crate) keys: Vec<String>,
    pub(crate) body: String,
}

impl Case {
    /// Every file of `tests/<folder>`, whose header says what it is `about`.
    pub(crate) fn walk(folder: &str, about: &str) -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests")
            .join(folder);
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
            .iter()
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                Self::parse(name, about, &fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    pub(crate) fn vector(name: &str) -> Self {
        let mut all = Self::walk("vectors", "source");
        let at = all.iter().position(|case| case.name == name).unwrap();
        all.swap_remove(at)
    }

    fn parse(name: String, about: &str, text: &str) -> Self {
        let (header, body) = text.split_once("\n\n").expect("an empty line");
        let all = |field: &str| -> Vec<String> {
            let lines = header.lines();
            lines
                .filter_map(|line| line.strip_prefix(field)?.strip_prefix(": "))
                .map(str::to_owned)
                .collect()
        };
        let one = |field: &str| match all(field).as_slice() {
            [value] => value.clone(),
            _ => panic!("{name}: one header line {field}"),
        };
        Self {
            about: one(about),
            protection: one("protection"),
            expect: one("expect"),
            keys: all("key"),
            body: body.to_owned(),
            name,
        }
    }

    /// What to open it with; none for a CSV.
    pub(crate) fn protection(&self) -> Option<Protection> {
        match self.protection.split_once(' ') {
            None if self.protection == "plain" => Some(Protection::Plain),
            None if self.protection == "csv" => None,
            Some(("key", hex)) => Some(key(hex)),
            Some(("password", password)) => Some(self::password(password)),
            _ => panic!("{}: unknown protection", self.name),
        }
    }

    pub(crate) fn read(&self, bytes: &[u8]) -> Result<KeyFile, KeyFileError> {
        match self.protection() {
            Some(protection) => parse_pskc(bytes, &protection),
            None => parse_csv(bytes),
        }
    }
}

pub(crate) fn key(hex: &str) -> Protection {
    Protection::PreSharedKey(Secret::new(hex::decode(hex).unwrap()))
}

pub(crate) fn password(password: &str) -> Protection {
    Protection::Password(Secret::new(password.as_bytes().to_vec()))
}

/// A key on one line, as the headers have it.
pub(crate) fn describe(key: &Key) -> String {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| "-".to_owned());
    let time = |time: Option<chrono::DateTime<chrono::Utc>>| {
        time.map_or_else(|| "-".to_owned(), |time| time.format("%FT%TZ").to_string())
    };
    format!(
        "{} {:?} {:?} {} by {} {} from {} to {} secret {}",
        key.serial.as_str(),
        key.algorithm,
        key.hash,
        key.digits,
        name(&key.manufacturer),
        name(&key.model),
        time(key.starts_at),
        time(key.expires_at),
        hex::encode(key.secret.expose_secret()),
    )
}

pub(crate) fn outcome(result: &Result<KeyFile, KeyFileError>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}
