//! What the command is called with.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

pub(crate) const USAGE: &str = "\
./x shots [--list] [--only NAME …] [--institution FILE] [--out FOLDER] [--scenes FOLDER]
./x shots --compare | --accept [--only NAME …]

--list         the name of every picture, and what it shows
--only         a scene (code), a picture (screen/code.ja.light.phone@3x), or a pattern (screen/*.dark.*)
--institution  its name, contact, colour and codes in the place of the sample's
--out          where the pictures go: target/pictures
--scenes       scenes of one's own beside the project's
--compare      one picture of each scene against its baseline; differences side by side in one page
--accept       makes what --compare found the new baselines
";

/// What is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Take,
    List,
    Compare,
    Accept,
    Help,
}

/// The command line.
#[derive(Debug, Clone)]
pub(crate) struct Arguments {
    pub(crate) wish: Wish,
    pub(crate) only: Vec<String>,
    pub(crate) institution: Option<PathBuf>,
    pub(crate) out: Option<PathBuf>,
    pub(crate) scenes: Option<PathBuf>,
}

impl Arguments {
    /// # Errors
    /// In words, for an argument that is none.
    pub(crate) fn parse(given: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Self {
            wish: Wish::Take,
            only: Vec::new(),
            institution: None,
            out: None,
            scenes: None,
        };
        let mut given = given.peekable();
        while let Some(argument) = given.next() {
            let mut value = || {
                given
                    .next()
                    .with_context(|| format!("{argument} needs a value"))
            };
            match argument.as_str() {
                "--list" => arguments.wish = Wish::List,
                "--compare" => arguments.wish = Wish::Compare,
                "--accept" => arguments.wish = Wish::Accept,
                "--help" | "-h" => arguments.wish = Wish::Help,
                "--institution" => arguments.institution = Some(value()?.into()),
                "--out" => arguments.out = Some(value()?.into()),
                "--scenes" => arguments.scenes = Some(value()?.into()),
                "--only" => {
                    arguments.only.push(value()?);
                    while given.peek().is_some_and(|next| !next.starts_with("--")) {
                        arguments.only.extend(given.next());
                    }
                }
                other => bail!("there is no {other}\n\n{USAGE}"),
            }
        }
        Ok(arguments)
    }

    /// Whether the picture `name`, such as `screen/code.ja.light.phone`, is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|pattern| matches(pattern, name))
    }
}

/// `pattern` is the whole name, the name without its folder up to the first point, or has `*` for any
/// part.
fn matches(pattern: &str, name: &str) -> bool {
    let short = name.rsplit('/').next().unwrap_or(name);
    let scene = short.split('.').next().unwrap_or(short);
    pattern == name || pattern == scene || (pattern.contains('*') && glob(pattern, name))
}

fn glob(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    let mut starts = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    starts.any(|at| rest.get(at..).is_some_and(|rest| glob(after, rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_chosen_by_scene_name_or_pattern() {
        let name = "screen/code.ja.light.phone@3x";
        for pattern in [
            "code",
            name,
            "screen/*.light.*",
            "*",
            "*@3x",
            "screen/code*phone*",
        ] {
            assert!(matches(pattern, name), "{pattern}");
        }
        for pattern in ["cod", "code-plain", "screen/*.dark.*", "*@2x", ""] {
            assert!(!matches(pattern, name), "{pattern}");
        }
    }

    #[test]
    fn an_argument_that_is_none_is_told() {
        let parse = |given: &[&str]| Arguments::parse(given.iter().map(|&each| each.to_owned()));
        assert!(
            parse(&["--onyl", "code"])
                .unwrap_err()
                .to_string()
                .contains("--onyl")
        );
        assert!(parse(&["--out"]).is_err());
        let two = parse(&["--only", "code", "menu", "--list"]).unwrap();
        assert_eq!((two.only.len(), two.wish), (2, Wish::List));
    }
}
