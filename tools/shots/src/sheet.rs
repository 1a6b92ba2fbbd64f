//! The contact sheet: every picture small, by scene, with its name.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::album::Picture;

const STYLE: &str = "body{font:14px/1.5 'Noto Sans CJK JP',system-ui,sans-serif;margin:2rem;color-scheme:light dark}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:2rem 0 .2rem}p{margin:0 0 .6rem}\
.row{display:flex;flex-wrap:wrap;gap:12px;align-items:start}\
figure{margin:0;width:160px}img{width:100%;height:auto;border:1px solid #8886;background:#8882}\
figcaption{font-size:11px;overflow-wrap:anywhere}nav{columns:14rem}";

/// The page.
pub(crate) fn sheet(pictures: &[Picture]) -> String {
    let mut groups: BTreeMap<&str, Vec<&Picture>> = BTreeMap::new();
    for picture in pictures {
        groups.entry(&picture.walk).or_default().push(picture);
    }
    let mut page = format!(
        "<!doctype html>\n<html lang=\"ja\"><meta charset=\"utf-8\"><title>{count} pictures</title>\
         <style>{STYLE}</style><h1>{count} pictures</h1>\n<nav>",
        count = pictures.len()
    );
    for name in groups.keys() {
        let name = escaped(name);
        let _ = write!(page, "<a href=\"#{name}\">{name}</a><br>");
    }
    page += "</nav>\n";
    for (name, group) in groups {
        let alt = group
            .first()
            .map_or(String::new(), |first| escaped(&first.alt.ja));
        let name = escaped(name);
        let _ = write!(
            page,
            "<section id=\"{name}\"><h2>{name}</h2><p>{alt}</p><div class=\"row\">"
        );
        for picture in group {
            let (file, name) = (escaped(&picture.file), escaped(&picture.name));
            let (width, height) = (picture.width, picture.height);
            let _ = write!(
                page,
                "<figure><a href=\"{file}\"><img loading=\"lazy\" src=\"{file}\" alt=\"{name}\" \
                 width=\"{width}\" height=\"{height}\"></a><figcaption>{name}</figcaption></figure>"
            );
        }
        page += "</div></section>\n";
    }
    page
}

/// `text` for HTML, in text and in attributes.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_becomes_markup() {
        assert_eq!(
            escaped("<a href=\"x\">&"),
            "&lt;a href=&quot;x&quot;&gt;&amp;"
        );
    }
}
