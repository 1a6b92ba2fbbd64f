//! The languages the system names, where the web view would make one up.

use skts_authenticator::views::Language;

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

/// The language for what is shown outside the page: as the page picks its own.
pub(crate) fn of_the_system(named: Option<&[String]>) -> Language {
    let from_system = match named {
        Some(_) => None,
        None => system_locale(),
    };
    let tags = named.unwrap_or_default().iter().chain(&from_system);
    tags.filter_map(|tag| match tag.split(['-', '_']).next()? {
        "ja" => Some(Language::Ja),
        "en" => Some(Language::En),
        _ => None,
    })
    .next()
    .unwrap_or(Language::Ja)
}

#[cfg(any(target_os = "macos", windows))]
fn system_locale() -> Option<String> {
    sys_locale::get_locale()
}

/// Linux names them itself; phones show nothing outside the page.
#[cfg(not(any(target_os = "macos", windows)))]
fn system_locale() -> Option<String> {
    None
}

/// `ja_JP` of `ja_JP.UTF-8@calendar`.
fn tag(locale: &str) -> &str {
    locale.split(['.', '@']).next().unwrap_or(locale)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use skts_authenticator::views::Language;

    use super::{of_the_session, of_the_system};

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

    #[test]
    fn what_is_outside_the_page_speaks_as_the_page_does() {
        let picked = |tags: &[&str]| {
            let tags: Vec<String> = tags.iter().map(|tag| (*tag).to_owned()).collect();
            of_the_system(Some(&tags))
        };
        assert_eq!(picked(&[]), Language::Ja);
        assert_eq!(picked(&["de-DE"]), Language::Ja);
        assert_eq!(picked(&["de-DE", "en-GB", "ja"]), Language::En);
        assert_eq!(picked(&["ja-JP", "en"]), Language::Ja);
    }
}
