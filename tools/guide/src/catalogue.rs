//! The app's own words, read from the page's sources, so that what the guide quotes is what the screen
//! says.
//!
//! Of TypeScript this knows object literals with texts in them; functions and lists are passed over.

use std::collections::BTreeMap;

use skts_institution::Language;

/// The sources of a language, the catalogue itself last.
const JA: [&str; 10] = [
    include_str!("../../../ui/src/lib/i18n/keys.ts"),
    include_str!("../../../ui/src/lib/i18n/life.ts"),
    include_str!("../../../ui/src/lib/i18n/link.ts"),
    include_str!("../../../ui/src/lib/i18n/pin.ts"),
    include_str!("../../../ui/src/lib/i18n/qr.ts"),
    include_str!("../../../ui/src/lib/i18n/settings.ts"),
    include_str!("../../../ui/src/lib/i18n/sign.ts"),
    include_str!("../../../ui/src/lib/i18n/stores.ts"),
    include_str!("../../../ui/src/lib/i18n/tokens.ts"),
    include_str!("../../../ui/src/lib/i18n/ja.ts"),
];
const EN: [&str; 10] = [
    include_str!("../../../ui/src/lib/i18n/keys.en.ts"),
    include_str!("../../../ui/src/lib/i18n/life.en.ts"),
    include_str!("../../../ui/src/lib/i18n/link.en.ts"),
    include_str!("../../../ui/src/lib/i18n/pin.en.ts"),
    include_str!("../../../ui/src/lib/i18n/qr.en.ts"),
    include_str!("../../../ui/src/lib/i18n/settings.en.ts"),
    include_str!("../../../ui/src/lib/i18n/sign.en.ts"),
    include_str!("../../../ui/src/lib/i18n/stores.en.ts"),
    include_str!("../../../ui/src/lib/i18n/tokens.en.ts"),
    include_str!("../../../ui/src/lib/i18n/en.ts"),
];

/// Texts by their paths, such as `welcome.start`.
#[derive(Debug, Default)]
pub struct Catalogue {
    texts: BTreeMap<String, String>,
}

/// A message of the app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message<'c> {
    /// Its heading.
    pub title: &'c str,
    /// What happened.
    pub body: &'c str,
    /// What to do.
    pub next: &'c str,
}

impl Catalogue {
    /// The app's words in `language`.
    pub fn of(language: Language) -> Self {
        let (sources, name) = match language {
            Language::Ja => (&JA, "ja"),
            Language::En => (&EN, "en"),
        };
        let mut constants = BTreeMap::new();
        for source in sources {
            constants.extend(parse(source));
        }
        let mut catalogue = Self::default();
        if let Some(root) = constants.get(name) {
            catalogue.add("", root, &constants);
        }
        catalogue
    }

    fn add(&mut self, path: &str, value: &Value, constants: &BTreeMap<String, Value>) {
        match value {
            Value::Text(text) => {
                // Places where the narrow window may break a heading.
                let text = text.replace('\u{200B}', "");
                self.texts.insert(path.to_owned(), text);
            }
            Value::Name(name) => {
                if let Some(value) = constants.get(name) {
                    self.add(path, value, constants);
                }
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    match (key.as_str(), path) {
                        ("...", path) => self.add(path, value, constants),
                        (key, "") => self.add(key, value, constants),
                        (key, path) => self.add(&format!("{path}.{key}"), value, constants),
                    }
                }
            }
            Value::Other => {}
        }
    }

    /// The text at `path`.
    pub fn text(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(String::as_str)
    }

    /// The message of the error `code`.
    pub fn message(&self, code: &str) -> Option<Message<'_>> {
        let part = |part: &str| self.text(&format!("errors.{code}.{part}"));
        Some(Message {
            title: part("title")?,
            body: part("body")?,
            next: part("next")?,
        })
    }

    /// The codes of all messages.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        let titles = self.texts.keys();
        titles.filter_map(|path| path.strip_prefix("errors.")?.strip_suffix(".title"))
    }
}

/// What a literal is.
#[derive(Debug, Clone)]
enum Value {
    Text(String),
    Name(String),
    Object(Vec<(String, Value)>),
    /// A function, a list, a number: nothing the guide quotes.
    Other,
}

#[derive(Debug, Clone, PartialEq)]
enum Word {
    Text(String),
    Name(String),
    Sign(char),
}

/// The constants of `source` that are texts or objects, by name.
fn parse(source: &str) -> BTreeMap<String, Value> {
    let words = words(source);
    let mut constants = BTreeMap::new();
    let mut at = 0;
    while at < words.len() {
        let (Some(Word::Name(word)), Some(Word::Name(name))) = (words.get(at), words.get(at + 1))
        else {
            at += 1;
            continue;
        };
        if word != "const" {
            at += 1;
            continue;
        }
        at += 2;
        // Past the type, to the value.
        while words.get(at).is_some_and(|word| *word != Word::Sign('=')) {
            at += 1;
        }
        at += 1;
        let value = value(&words, &mut at);
        constants.insert(name.clone(), value);
    }
    constants
}

/// The value at `at`, which then stands behind it.
fn value(words: &[Word], at: &mut usize) -> Value {
    let ends = |word: Option<&Word>| {
        word.is_none_or(|word| matches!(word, Word::Sign(',' | '}' | ';' | ']')))
    };
    let start = *at;
    match words.get(start) {
        Some(Word::Sign('{')) => {
            *at += 1;
            let object = Value::Object(entries(words, at));
            // `satisfies Record<…>` says nothing here.
            skip(words, at);
            object
        }
        Some(Word::Text(text)) if ends(words.get(start + 1)) => {
            *at += 1;
            Value::Text(text.clone())
        }
        Some(Word::Name(name)) if ends(words.get(start + 1)) => {
            *at += 1;
            Value::Name(name.clone())
        }
        _ => {
            skip(words, at);
            Value::Other
        }
    }
}

/// The entries of an object up to its closing brace, and past it.
fn entries(words: &[Word], at: &mut usize) -> Vec<(String, Value)> {
    let mut entries = Vec::new();
    while let Some(word) = words.get(*at) {
        *at += 1;
        match word {
            Word::Sign('}') => break,
            Word::Sign('.') => {
                if let Some(Word::Name(name)) = words.get(*at) {
                    entries.push(("...".to_owned(), Value::Name(name.clone())));
                    *at += 1;
                }
            }
            Word::Name(key) | Word::Text(key) => {
                if words.get(*at) == Some(&Word::Sign(':')) {
                    *at += 1;
                    entries.push((key.clone(), value(words, at)));
                }
            }
            Word::Sign(_) => {}
        }
    }
    entries
}

/// Goes on to the comma, semicolon or closing brace that ends this value.
fn skip(words: &[Word], at: &mut usize) {
    let mut depth = 0_usize;
    while let Some(word) = words.get(*at) {
        match word {
            Word::Sign('(' | '[' | '{') => depth += 1,
            Word::Sign(')' | ']' | '}') if depth > 0 => depth -= 1,
            Word::Sign(',' | ';' | '}' | ')' | ']') if depth == 0 => return,
            Word::Name(name) if depth == 0 && name == "const" => return,
            _ => {}
        }
        *at += 1;
    }
}

fn words(source: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
        } else if matches!(first, '"' | '`' | '\'') {
            let (text, after) = literal(rest, first);
            words.push(Word::Text(text));
            rest = after;
        } else if first.is_alphanumeric() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
            let (name, after) = rest.split_at(end.unwrap_or(rest.len()));
            words.push(Word::Name(name.to_owned()));
            rest = after;
        } else {
            if !first.is_whitespace() {
                words.push(Word::Sign(first));
            }
            rest = rest.split_at(first.len_utf8()).1;
        }
    }
    words
}

/// The literal that `text` begins with, between `quote`s, and what is behind it.
fn literal(text: &str, quote: char) -> (String, &str) {
    let mut literal = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return (literal, text.split_at(at + quote.len_utf8()).1);
        }
        if character != '\\' {
            literal.push(character);
            continue;
        }
        match characters.next() {
            Some((_, 'u')) => {
                let code: String = characters
                    .by_ref()
                    .take(4)
                    .map(|(_, digit)| digit)
                    .collect();
                let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                literal.extend(code);
            }
            Some((_, 'n')) => literal.push('\n'),
            Some((_, other)) => literal.push(other),
            None => {}
        }
    }
    (literal, "")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn texts_are_found_by_their_paths_and_functions_are_passed_over() {
        let ja = Catalogue::of(Language::Ja);
        assert_eq!(ja.text("welcome.start"), Some("はじめて使う"));
        assert_eq!(
            ja.text("welcome.choose"),
            Some("ご利用の金融機関を選んでください")
        );
        assert_eq!(ja.text("held.resume"), Some("続きから再開する"));
        assert_eq!(ja.text("held.wait"), None);
        assert_eq!(ja.text("life.exchange.title"), Some("交換"));
        assert_eq!(ja.text("menu.mode"), Some("モード切替"));
        let en = Catalogue::of(Language::En);
        assert_eq!(en.text("setup.title"), Some("Initial setup"));
        assert!(en.message("qr-none").is_some());
        let pin = ja.message("pin-ended").unwrap();
        assert!(pin.next.starts_with("お取引店で再発行"), "{}", pin.next);
    }

    #[test]
    fn the_languages_have_the_same_texts() {
        let [ja, en] = Language::ALL.map(Catalogue::of);
        let paths =
            |catalogue: &Catalogue| catalogue.texts.keys().cloned().collect::<BTreeSet<_>>();
        let (ja, en) = (paths(&ja), paths(&en));
        assert!(ja.len() > 300, "{}", ja.len());
        let only_one: Vec<_> = ja.symmetric_difference(&en).collect();
        assert!(only_one.len() < 12, "{only_one:?}");
    }

    #[test]
    fn every_error_code_of_the_app_has_its_message_here() {
        let types = include_str!("../../../ui/src/lib/ipc/types.ts");
        let line = types
            .lines()
            .find(|line| line.starts_with("export type ErrorCode"));
        let codes: BTreeSet<&str> = line.unwrap().split('"').skip(1).step_by(2).collect();
        assert!(codes.len() > 40);
        for language in Language::ALL {
            let catalogue = Catalogue::of(language);
            assert_eq!(catalogue.codes().collect::<BTreeSet<_>>(), codes);
        }
    }
}
