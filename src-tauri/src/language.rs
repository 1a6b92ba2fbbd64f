//! The languages the system names, where the web view would make one up.

/// The language tags of a Linux session, the preferred first: none in the locale `C`, for which
/// WebKitGTK says English. `None` where the web view knows better than the environment.
pub(crate) fn of_the_session(set: impl Fn(&str) -> Option<String>) -> Option<Vec<String>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let set = |name: &str| set(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    let Some(locale) = locale
        .as_deref()
        .map(tag)
        .filter(|tag| *tag != "C" && *tag != "POSIX")
    else {
        return Some(Vec::new());
    };
    // As gettext has it: a list counts only beside a locale.
    let list = set("LANGUAGE").unwrap_or_default();
    let listed = list.split(':').filter(|name| !name.is_empty()).map(tag);
    Some(
        listed
            .chain([locale])
            .map(|name| name.replace('_', "-"))
            .collect(),
    )
}

/// `ja_JP` of `ja_JP.UTF-8@calendar`.
fn tag(locale: &str) -> &str {
    locale.split(['.', '@']).next().unwrap_or(locale)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::of_the_session;

    fn of(environment: &[(&str, &str)]) -> Vec<String> {
        let set = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        of_the_session(set).unwrap()
    }

    #[test]
    fn a_session_without_a_language_names_none() {
        assert_eq!(of(&[]), [""; 0]);
        assert_eq!(of(&[("LANG", "")]), [""; 0]);
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("LANGUAGE", "en")]), [""; 0]);
        assert_eq!(of(&[("LC_ALL", "POSIX"), ("LANG", "en_GB.UTF-8")]), [""; 0]);
    }

    #[test]
    fn the_first_that_is_set_counts_as_gettext_has_it() {
        assert_eq!(of(&[("LANG", "ja_JP.UTF-8")]), ["ja-JP"]);
        assert_eq!(
            of(&[("LANG", "ja_JP"), ("LC_MESSAGES", "en_GB@euro")]),
            ["en-GB"]
        );
        assert_eq!(
            of(&[("LANG", "fr_FR.UTF-8"), ("LANGUAGE", "de:ja")]),
            ["de", "ja", "fr-FR"]
        );
    }
}
