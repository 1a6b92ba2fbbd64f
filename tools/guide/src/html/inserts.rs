//! What the guide has that is made from the institution file.

use std::fmt::Write as _;

use qrcode::{Color, QrCode};
use skts_institution::{Fonts, Language};

use super::{Page, escape, inline, own};
use crate::chapters::Insert;

impl Page<'_> {
    pub(super) fn insert(&self, html: &mut String, insert: Insert) {
        match insert {
            Insert::Stores => self.stores(html),
            Insert::Tokens => self.tokens(html),
            Insert::Contact => self.contact(html),
            Insert::Colophon => self.colophon(html),
        }
    }

    fn stores(&self, html: &mut String) {
        let language = self.guide.language;
        let stores = &self.institution.stores;
        let kinds = [
            (&stores.ios, ("iPhone・iPad", "iPhone, iPad")),
            (&stores.android, ("Android", "Android")),
            (&stores.computer, ("パソコン", "Computer")),
        ];
        html.push_str("<div class=\"stores\">\n");
        for (store, names) in kinds {
            let Some(store) = store else {
                continue;
            };
            let name = own(language, names);
            let alt = match language {
                Language::Ja => format!("{name}用アプリの入手先のQRコード"),
                Language::En => format!("QR code of where the app for {name} is"),
            };
            let _ = writeln!(
                html,
                "<figure>{}<figcaption><b>{name}</b><span class=\"address\">{}</span></figcaption></figure>",
                qr(store, &alt),
                escape(store),
            );
        }
        html.push_str("</div>\n");
    }

    fn tokens(&self, html: &mut String) {
        let language = self.guide.language;
        let Ok(text) = self.words.write(own(language, (TOKENS_JA, TOKENS_EN))) else {
            return;
        };
        html.push_str("<table class=\"tokens\">");
        for (line, at) in text.lines().zip(0..) {
            let cells: Vec<String> = line.split('|').map(|cell| inline(cell.trim())).collect();
            let [what, app, card] = cells.as_slice() else {
                continue;
            };
            let row = match at {
                0 => format!(
                    "<thead><tr><th scope=\"col\">{what}</th><th scope=\"col\">{app}</th><th scope=\"col\">{card}</th></tr></thead><tbody>"
                ),
                _ => format!("<tr><th scope=\"row\">{what}</th><td>{app}</td><td>{card}</td></tr>"),
            };
            let _ = writeln!(html, "{row}");
        }
        html.push_str("</tbody></table>\n");
    }

    fn contact(&self, html: &mut String) {
        let contact = &self.institution.contact;
        let language = self.guide.language;
        let _ = writeln!(
            html,
            "<div class=\"contact\"><p>{}</p><p class=\"desk\">{}</p><p class=\"phone\">{}</p><p>{}</p></div>",
            escape(self.institution.name.of(language)),
            escape(contact.desk.of(language)),
            escape(&contact.phone),
            escape(contact.hours.of(language)),
        );
    }

    fn colophon(&self, html: &mut String) {
        let language = self.guide.language;
        let family = Fonts::family();
        let lines = match language {
            Language::Ja => [
                format!("書体：{family}（© Adobe、SIL Open Font License 1.1）。埋め込みには必要な文字だけを含みます。"),
                "画面は説明のための見本です。金融機関名・お名前・番号は実在のものではありません。お使いの端末により表示が異なることがあります。".to_owned(),
                "QRコードは株式会社デンソーウェーブの登録商標です。そのほかの名称は各社の商標です。".to_owned(),
            ],
            Language::En => [
                format!("Typeface: {family} (© Adobe, SIL Open Font License 1.1), embedded with the characters in use."),
                "The screens are samples: institutions, names and numbers in them do not exist. On your device they may look different.".to_owned(),
                "QR Code is a registered trademark of DENSO WAVE INCORPORATED; other names are trademarks of their owners.".to_owned(),
            ],
        };
        let lines = lines.map(|line| format!("<p>{}</p>", escape(&line)));
        let _ = writeln!(html, "<div class=\"colophon\">{}</div>", lines.concat());
    }
}

const TOKENS_JA: &str = "\
 | アプリ（ソフトウェアトークン） | ハードウェアトークン
発行手数料 | 無料（通信料はお客さまのご負担です） | {fee}
パスワード | {digits}桁の数字。{period}秒ごとに変わります | {card-digits}桁の数字。ボタンを押すと{card-period}秒間表示します
シリアル番号 | アプリの画面のパスワードの下 | 本体の裏面
電池 | 端末の電池を使います | 約{battery}年。少なくなったら交換をお申し込みください
使える端末 | スマートフォン、タブレット、パソコン | 端末は不要です";
const TOKENS_EN: &str = "\
 | App (software token) | Hardware token
Fee | Free of charge (but for what your carrier charges) | {fee}
Password | {digits} digits, new every {period} seconds | {card-digits} digits, shown for {card-period} seconds when its button is pressed
Serial number | In the app, below the password | On its back
Battery | Your device’s own | About {battery} years; apply for another when it runs low
Works on | Smartphones, tablets, computers | Needs no device";

/// The QR code of `text`, each dark module a square of one path, with the quiet zone of ISO/IEC 18004.
fn qr(text: &str, alt: &str) -> String {
    const QUIET: usize = 4;
    let Ok(code) = QrCode::new(text) else {
        return String::new();
    };
    let width = code.width();
    let mut path = String::new();
    for (module, at) in code.to_colors().into_iter().zip(0..) {
        if module == Color::Dark {
            let (x, y) = (at % width + QUIET, at / width + QUIET);
            let _ = write!(path, "M{x} {y}h1v1h-1z");
        }
    }
    let side = width + 2 * QUIET;
    format!(
        "<svg viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{}\" shape-rendering=\"crispEdges\"><path d=\"{path}\"/></svg>",
        escape(alt),
    )
}
