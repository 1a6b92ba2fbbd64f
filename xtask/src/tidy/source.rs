//! What the rules of the house say of single source files: their length, the names of their types,
//! and a reason wherever a secret is read.

use std::fs;
use std::path::Path;

use anyhow::Result;

/// A file over this many lines needs a reason in [`LONG_FILES`]; about 400 is the aim.
const MOST_LINES: usize = 450;

/// Files that are long for a reason: path and reason.
const LONG_FILES: &[(&str, &str)] = &[(
    "ui/src/lib/ipc/types.ts",
    "made from the Rust types, in one file as it is imported",
)];

/// Words that say nothing of what a type is.
const EMPTY_WORDS: &[&str] = &[
    "Manager",
    "Helper",
    "Helpers",
    "Util",
    "Utils",
    "Processor",
    "Data",
    "Info",
    "Common",
];

/// Types with such a word in a name that others gave: name and who gave it.
const GIVEN_NAMES: &[(&str, &str)] =
    &[("SecretService", "the name of the freedesktop.org interface")];

/// Folders that others fill.
const SKIPPED: &[&str] = &[".git", "dist", "gen", "node_modules", "target"];

/// How far above a reading its reason may stand.
const REASON_LINES: usize = 4;

/// Checks every source file.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut paths = Vec::new();
    walk(root, "", &mut paths)?;
    paths.sort();
    let files = paths
        .iter()
        .map(|path| Ok((path.as_str(), fs::read_to_string(root.join(path))?)))
        .collect::<Result<Vec<_>>>()?;
    let tests: Vec<String> = files
        .iter()
        .flat_map(|(path, text)| test_modules(path, text))
        .collect();
    let mut findings = Vec::new();
    for (path, text) in &files {
        findings.extend(length(path, text, LONG_FILES));
        findings.extend(type_names(path, text, GIVEN_NAMES));
        if reads_secrets(path, &tests) {
            findings.extend(readings(path, text));
        }
    }
    for (path, _) in LONG_FILES {
        if !paths.iter().any(|found| found == path) {
            findings.push(format!("the table of long files has {path}, which is gone"));
        }
    }
    Ok(findings)
}

fn walk(root: &Path, folder: &str, paths: &mut Vec<String>) -> Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = match folder {
            "" => name.clone(),
            folder => format!("{folder}/{name}"),
        };
        if entry.file_type()?.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                walk(root, &path, paths)?;
            }
        } else if matches!(name.rsplit_once('.'), Some((_, "rs" | "ts" | "svelte"))) {
            paths.push(path);
        }
    }
    Ok(())
}

fn length(path: &str, text: &str, excused: &[(&str, &str)]) -> Option<String> {
    let lines = text.lines().count();
    let is_excused = excused.iter().any(|(excused, _)| *excused == path);
    match (lines > MOST_LINES, is_excused) {
        (true, false) => Some(format!(
            "{path} has {lines} lines, more than {MOST_LINES}, and no reason for it"
        )),
        (false, true) => Some(format!(
            "{path} is excused for its length and has only {lines} lines"
        )),
        _ => None,
    }
}

fn type_names(path: &str, text: &str, given: &[(&str, &str)]) -> Vec<String> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(name) = declared_type(line) else {
            continue;
        };
        let words = words(name);
        let empty = words.iter().find(|word| EMPTY_WORDS.contains(word));
        // A service is a thing of this field; something-service is a thing without a name.
        let suffix = words
            .last()
            .filter(|word| words.len() > 1 && **word == "Service");
        if let Some(word) = empty.or(suffix)
            && !given.iter().any(|(given, _)| *given == name)
        {
            findings.push(format!("{path}:{}: {word} in the name {name}", index + 1));
        }
    }
    findings
}

/// The name of the type that `line` declares, in Rust or TypeScript.
fn declared_type(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace().skip_while(|word| {
        word.starts_with("pub") || matches!(*word, "export" | "default" | "declare" | "abstract")
    });
    let keyword = words.next()?;
    if !matches!(
        keyword,
        "struct" | "enum" | "trait" | "type" | "union" | "class" | "interface"
    ) {
        return None;
    }
    let name = words.next()?;
    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
    Some(&name[..end.unwrap_or(name.len())])
}

/// The words of a name in camel case.
fn words(name: &str) -> Vec<&str> {
    let mut starts: Vec<usize> = name
        .char_indices()
        .filter(|(at, c)| c.is_uppercase() && *at > 0)
        .map(|(at, _)| at)
        .collect();
    starts.push(name.len());
    let mut from = 0;
    starts
        .into_iter()
        .map(|to| {
            let word = &name[from..to];
            from = to;
            word
        })
        .collect()
}

/// Whether the file must give reasons: shipped code outside the crate that defines the reading.
fn reads_secrets(path: &str, tests: &[String]) -> bool {
    let shipped = path.starts_with("crates/") || path.starts_with("src-tauri/");
    let apart = ["/tests/", "/benches/"]
        .iter()
        .any(|folder| path.contains(folder));
    let test = tests.iter().any(|module| {
        path.strip_prefix(module.as_str())
            .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    });
    shipped && !apart && !test && !path.starts_with("crates/sealed/")
}

/// The test modules that `text` has in files of their own, as paths without an ending.
fn test_modules(path: &str, text: &str) -> Vec<String> {
    let file = path.strip_suffix(".rs").unwrap_or(path);
    let folder = ["/lib", "/main", "/mod"]
        .iter()
        .find_map(|name| file.strip_suffix(name))
        .unwrap_or(file);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter(|pair| pair[0] == "#[cfg(test)]")
        .filter_map(|pair| pair[1].strip_prefix("mod ")?.strip_suffix(';'))
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

/// The readings of secrets without an `// EXPOSE: why` close above.
fn readings(path: &str, text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let tests = tests_begin(&lines);
    let mut findings = Vec::new();
    for (index, line) in lines.iter().enumerate().take(tests) {
        let code = line.split("//").next().unwrap_or_default();
        if !code.contains("expose_secret") || code.contains("fn expose_secret") {
            continue;
        }
        let near = &lines[index.saturating_sub(REASON_LINES)..=index];
        if !near.iter().any(|line| has_reason(line)) {
            findings.push(format!(
                "{path}:{}: a secret is read without an EXPOSE line",
                index + 1
            ));
        }
    }
    findings
}

fn has_reason(line: &str) -> bool {
    line.split_once("// EXPOSE:")
        .is_some_and(|(_, reason)| !reason.trim().is_empty())
}

/// The line at which a file's own tests begin: they are at its foot.
fn tests_begin(lines: &[&str]) -> usize {
    let module = |pair: &[&str]| {
        pair[0].trim() == "#[cfg(test)]"
            && pair[1].trim().starts_with("mod ")
            && pair[1].trim().ends_with('{')
    };
    lines.windows(2).position(module).unwrap_or(lines.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_without_a_reason_is_found_and_so_is_a_stale_reason() {
        let long = "x\n".repeat(MOST_LINES + 1);
        let most = "x\n".repeat(MOST_LINES);
        let excused = [("a.rs", "a table")];
        assert!(length("b.rs", &long, &excused).is_some());
        assert_eq!(length("a.rs", &long, &excused), None);
        assert_eq!(length("b.rs", &most, &excused), None);
        assert!(length("a.rs", &most, &excused).is_some());
    }

    #[test]
    fn an_empty_word_in_the_name_of_a_type_is_found() {
        let found = |line: &str| !type_names("a.rs", line, GIVEN_NAMES).is_empty();
        for planted in [
            "pub struct TokenManager {",
            "    pub(crate) enum KeyHelper<T> {",
            "trait Utils {",
            "type CommonError = ();",
            "struct TokenData(u8);",
            "struct InfoView;",
            "export interface StateProcessor {",
            "export default class Manager {",
            "export type CodeService = string;",
            "pub struct TokenService;",
        ] {
            assert!(found(planted), "{planted}");
        }
        for good in [
            "pub struct ServiceId;",
            "struct Service {",
            "struct SecretService(Keyring);",
            "struct Information;",
            "struct Commonplace;",
            "// struct TokenManager",
            "let manager = TokenManager::new();",
            "type Key = u8;",
        ] {
            assert!(!found(good), "{good}");
        }
    }

    #[test]
    fn a_secret_read_without_a_reason_is_found() {
        let found = |text: &str| readings("crates/vault/src/a.rs", text).len();
        let call = "let a = key.expose_secret();\n";
        assert_eq!(found(call), 1);
        assert_eq!(found(&format!("// EXPOSE: it is sealed again.\n{call}")), 0);
        assert_eq!(found(&format!("// EXPOSE:\n{call}")), 1);
        assert_eq!(found(&format!("// EXPOSE: a.\n\n\n\n{call}")), 0);
        assert_eq!(found(&format!("// EXPOSE: a.\n\n\n\n\n{call}")), 1);
        assert_eq!(
            found("let all = keys.map(SecretBytes::expose_secret);\n"),
            1
        );
        assert_eq!(
            found("/// See `expose_secret`.\npub fn expose_secret(&self) {\n"),
            0
        );
    }

    #[test]
    fn tests_need_no_reason_but_all_before_them_does() {
        let call = "key.expose_secret();\n";
        let foot = format!("{call}#[cfg(test)]\nmod tests {{\n{call}}}\n");
        assert_eq!(readings("a.rs", &foot).len(), 1);
        // A module of tests in a file of its own ends nothing.
        let head = format!("#[cfg(test)]\nmod tests;\n{call}");
        assert_eq!(readings("a.rs", &head).len(), 1);
        let modules = test_modules("crates/a/src/lib.rs", &head);
        assert_eq!(modules, ["crates/a/src/tests"]);
        assert_eq!(
            test_modules(
                "crates/a/src/opaque.rs",
                "#[cfg(test)]\nmod rfc9807;\nmod wire;\n"
            ),
            ["crates/a/src/opaque/rfc9807"]
        );
        for path in [
            "crates/a/src/profile.rs",
            "crates/a/src/tests_of_time.rs",
            "src-tauri/src/lib.rs",
        ] {
            assert!(reads_secrets(path, &modules), "{path}");
        }
        for path in [
            "crates/sealed/src/key.rs",
            "crates/a/src/tests.rs",
            "crates/a/src/tests/states.rs",
            "crates/a/tests/secret_service/main.rs",
            "crates/issuer/benches/verify.rs",
            "tests/src/sandbox.rs",
        ] {
            assert!(!reads_secrets(path, &modules), "{path}");
        }
    }

    #[test]
    fn the_sources_of_this_house_are_seen() -> Result<()> {
        let mut paths = Vec::new();
        walk(&crate::root()?, "", &mut paths)?;
        for path in ["crates/otp/src/lib.rs", "xtask/src/tidy/source.rs"] {
            assert!(paths.iter().any(|found| found == path), "{path}");
        }
        assert!(paths.iter().all(|path| !path.contains("node_modules")));
        Ok(())
    }
}
