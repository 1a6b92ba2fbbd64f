//! A composed guide as one page of HTML.

use std::fmt::Write as _;

use skts_institution::{Institution, Language};

use crate::chapters::Insert;
use crate::compose::{ComposedChapter, ComposedSection, ComposedStep, Guide};
use crate::facts::{Vocabulary, date};
use crate::outline::Pages;
use crate::pictures::Shown;

mod inserts;

const STYLE: &str = include_str!("style.css");

/// Where the app's pages stop and the bank's begin, CSS pixels: a narrow picture stands two in a row.
const NARROW_PX: f64 = 560.0;

/// What is drawn for every guide of an institution.
#[derive(Debug)]
pub struct Page<'a> {
    /// The institution.
    pub institution: &'a Institution,
    /// The guide.
    pub guide: &'a Guide,
    /// The page each heading is on, once that is known.
    pub pages: &'a Pages,
    /// The words for what is made from the institution file.
    pub words: &'a Vocabulary<'a>,
}

/// The guide's own few words, Japanese and English.
fn own(language: Language, words: (&'static str, &'static str)) -> &'static str {
    match language {
        Language::Ja => words.0,
        Language::En => words.1,
    }
}

/// What the guide is called.
pub fn title(institution: &Institution, language: Language) -> String {
    let name = institution.name.of(language);
    match language {
        Language::Ja => format!("ワンタイムパスワード ご利用の手引き（{name}）"),
        Language::En => format!("One-Time Password: Customer’s Guide ({name})"),
    }
}

impl Page<'_> {
    /// The whole page.
    pub fn html(&self) -> String {
        let language = self.guide.language;
        let foot = format!(
            "{}{}",
            self.institution.short_name.of(language),
            own(
                language,
                (
                    "　ワンタイムパスワード ご利用の手引き",
                    " · One-Time Password: Customer’s Guide"
                )
            ),
        );
        let mut html = format!(
            "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n\
             <style>\n:root {{ --accent: {}; }}\n{}</style>\n</head>\n<body>\n",
            language.tag(),
            escape(&title(self.institution, language)),
            self.institution.accent,
            // The margins of a page know no properties of the root.
            STYLE.replace("FOOT", &quoted(&foot)),
        );
        self.cover(&mut html);
        self.contents(&mut html);
        for (chapter, number) in self.guide.chapters.iter().zip(1..) {
            self.chapter(&mut html, chapter, number);
        }
        html.push_str("</body>\n</html>\n");
        html
    }

    fn cover(&self, html: &mut String) {
        let language = self.guide.language;
        let edition = self.institution.edition;
        let from = date(edition.valid_from, language);
        let until = edition.valid_until.map(|until| date(until, language));
        let valid = match (until, language) {
            (Some(until), Language::Ja) => format!("この手引きの有効期間：{from}～{until}"),
            (None, Language::Ja) => format!("{from}から有効"),
            (Some(until), Language::En) => format!("Valid from {from} to {until}"),
            (None, Language::En) => format!("Valid from {from}"),
        };
        let _ = writeln!(
            html,
            "<section class=\"cover\">\n<p class=\"name\">{}</p>\n<p class=\"product\">{}</p>\n\
             <p class=\"kind\">{}</p>\n<p class=\"edition\">{}</p>\n</section>",
            escape(self.institution.name.of(language)),
            own(language, ("ワンタイムパスワード", "One-Time Password")),
            own(language, ("ご利用の手引き", "Customer’s guide")),
            escape(&valid),
        );
    }

    fn contents(&self, html: &mut String) {
        let heading = own(self.guide.language, ("もくじ", "Contents"));
        let _ = writeln!(
            html,
            "<nav class=\"contents\">\n<h1 id=\"contents\">{heading}</h1>\n<ol>"
        );
        for (chapter, number) in self.guide.chapters.iter().zip(1..) {
            let _ = write!(
                html,
                "<li>{}",
                self.entry(&chapter.id, &chapter.title, Some(number))
            );
            if chapter.sections.len() > 1 {
                html.push_str("<ol>\n");
                for section in &chapter.sections {
                    let address = address(chapter, section);
                    let _ = writeln!(
                        html,
                        "<li>{}</li>",
                        self.entry(&address, &section.title, None)
                    );
                }
                html.push_str("</ol>");
            }
            html.push_str("</li>\n");
        }
        html.push_str("</ol>\n</nav>\n");
    }

    fn entry(&self, address: &str, title: &str, number: Option<usize>) -> String {
        let number = number.map(|number| format!("<span class=\"number\">{number}</span>"));
        // As wide as the number that will stand there, so that nothing moves.
        let page = self
            .pages
            .get(address)
            .map_or_else(|| "00".to_owned(), u32::to_string);
        format!(
            "<a href=\"#{address}\">{}<span>{}</span><span class=\"dots\"></span><span class=\"page\">{page}</span></a>",
            number.unwrap_or_default(),
            inline(title),
        )
    }

    fn chapter(&self, html: &mut String, chapter: &ComposedChapter, number: usize) {
        let mut head = format!(
            "<h1 id=\"{}\"><span class=\"number\">{number}</span> {}</h1>\n",
            chapter.id,
            inline(&chapter.title),
        );
        head.extend(chapter.text.iter().map(|text| paragraph(text)));
        html.push_str("<section class=\"chapter\">\n");
        for section in &chapter.sections {
            self.section(html, std::mem::take(&mut head), chapter, section);
        }
        // Only of a chapter without sections.
        html.push_str(&head);
        html.push_str("</section>\n");
    }

    /// A section, its chapter's heading in `head` if it is the first.
    ///
    /// Headings and first words stay with the first row, the last row with what is to be heeded,
    /// whatever breaks the browser would allow.
    fn section(
        &self,
        html: &mut String,
        head: String,
        chapter: &ComposedChapter,
        section: &ComposedSection,
    ) {
        let title = inline(&section.title);
        let mut first = format!(
            "{head}<h2 id=\"{}\">{title}</h2>\n",
            address(chapter, section)
        );
        first.extend(section.text.iter().map(|text| paragraph(text)));
        let mut blocks = rows(&section.steps);
        first.push_str(&if blocks.is_empty() {
            String::new()
        } else {
            blocks.remove(0)
        });
        blocks.insert(0, first);
        if let Some(insert) = section.insert {
            if insert == Insert::Stores {
                // As high as all before it: it may begin a page.
                blocks.push(String::new());
            }
            if let Some(last) = blocks.last_mut() {
                self.insert(last, insert);
            }
        }
        let notes: String = section.notes.iter().map(|note| paragraph(note)).collect();
        let notes = format!("<div class=\"notes\">{notes}</div>\n");
        match (section.notes.len(), blocks.last_mut()) {
            (0, _) => {}
            // One alone at the head of a page looks forgotten.
            (1, Some(last)) => last.push_str(&notes),
            _ => blocks.push(notes),
        }
        html.push_str("<section>\n");
        for block in blocks {
            let _ = writeln!(html, "<div class=\"keep\">\n{block}</div>");
        }
        if !section.messages.is_empty() {
            self.messages(html, &section.messages);
        }
        html.push_str("</section>\n");
    }

    fn messages(&self, html: &mut String, messages: &[[String; 3]]) {
        let language = self.guide.language;
        let _ = writeln!(
            html,
            "<table class=\"messages\"><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            own(language, ("画面のメッセージ", "Message")),
            own(
                language,
                ("意味とお手続き", "What it means, and what to do")
            ),
        );
        for [title, body, next] in messages {
            let [title, body, next] = [title, body, next].map(|text| escape(text));
            let _ = writeln!(
                html,
                "<tr><th scope=\"row\">{title}</th><td><p>{body}</p><p>{next}</p></td></tr>"
            );
        }
        html.push_str("</tbody></table>\n");
    }
}

/// The address of a section.
pub fn address(chapter: &ComposedChapter, section: &ComposedSection) -> String {
    format!("{}-{}", chapter.id, section.id)
}

/// The steps in their order, a list for each row: narrow pictures stand two in a row, and three
/// where one would be left over.
fn rows(steps: &[ComposedStep]) -> Vec<String> {
    let kind = |step: &ComposedStep| match &step.picture {
        None => "told",
        Some((shown, _)) if shown.width_px <= NARROW_PX => "narrow",
        Some(_) => "wide",
    };
    let mut rows = Vec::new();
    let mut number = 1;
    for mut alike in steps.chunk_by(|one, other| kind(one) == kind(other)) {
        let kind = alike.first().map_or("told", kind);
        while !alike.is_empty() {
            let (class, length) = match (kind, alike.len()) {
                ("narrow", 3) => ("trio", 3),
                ("narrow", _) => ("narrow", 2),
                (kind, _) => (kind, 1),
            };
            let (row, rest) = alike.split_at(length.min(alike.len()));
            alike = rest;
            let mut html = format!("<ol class=\"steps {class}\" start=\"{number}\">");
            for step in row {
                html.push_str(&item(step, number, class));
                number += 1;
            }
            html.push_str("</ol>\n");
            rows.push(html);
        }
    }
    rows
}

fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", inline(text))
}

fn item(step: &ComposedStep, number: usize, class: &str) -> String {
    let note = step
        .note
        .as_ref()
        .map(|note| format!("<p class=\"aside\">{}</p>", inline(note)));
    let picture = step
        .picture
        .as_ref()
        .map(|(shown, alt)| image(shown, alt, class));
    format!(
        "<li><div class=\"words\"><p class=\"step-title\"><span class=\"number\">{number}</span>\
         <span>{}</span></p><p>{}</p>{}</div>{}</li>",
        inline(&step.title),
        inline(&step.says),
        note.unwrap_or_default(),
        picture.unwrap_or_default(),
    )
}

/// The picture at the size at which its words can be read and its step stays on one page.
fn image(shown: &Shown, alt: &str, class: &str) -> String {
    let (most_width_mm, most_height_mm, mm_per_px) = match class {
        "wide" => (118.0, 92.0, 0.19),
        // Their words stand below.
        "trio" => (38.0, 70.0, 0.167),
        _ => (38.0, 76.0, 0.167),
    };
    let by_width = most_width_mm / shown.width_px;
    let by_height = most_height_mm / shown.height_px;
    let scale = by_width.min(by_height).min(mm_per_px);
    let (width, height) = (shown.width_px * scale, shown.height_px * scale);
    format!(
        "<img src=\"{}\" alt=\"{}\" style=\"width: {width:.2}mm; height: {height:.2}mm\">",
        escape(&shown.target),
        escape(alt),
    )
}

/// `text` for HTML, its `**…**` strong and its `[[…]]` on one line.
fn inline(text: &str) -> String {
    let escaped = escape(text)
        .replace("[[", "<span class=\"whole\">")
        .replace("]]", "</span>");
    let parts = escaped.split("**").zip([false, true].into_iter().cycle());
    parts
        .map(|(part, strong)| {
            if strong {
                format!("<strong>{part}</strong>")
            } else {
                part.to_owned()
            }
        })
        .collect()
}

/// `text` for HTML, in attributes too.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// `text` as a string of CSS, inside a `style` element.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        if matches!(character, '"' | '\\' | '<' | '>' | '&') || character.is_control() {
            let _ = write!(quoted, "\\{:x} ", u32::from(character));
        } else {
            quoted.push(character);
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_an_institution_writes_becomes_markup() {
        assert_eq!(
            inline("a <b> & **c \"d\"**"),
            "a &lt;b&gt; &amp; <strong>c &quot;d&quot;</strong>"
        );
        assert_eq!(quoted("a\"</style>"), "\"a\\22 \\3c /style\\3e \"");
    }
}
