//! A screen as the procedures say it, apart from how the faces draw it.

use std::borrow::Cow;

use askama::Template;
use serde::{Deserialize, Serialize};

use crate::faces::{Face, TextSize};
pub(crate) use crate::pictures::{Card, Qr};

/// Everything on a screen but its frame.
#[derive(Debug, Clone, Default)]
pub(crate) struct Screen {
    /// 画面ID.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    /// The steps of the procedure, and which of them this is (from 0).
    pub(crate) trail: &'static [&'static str],
    pub(crate) at: usize,
    /// What went well, or what does not go on, before everything else.
    pub(crate) notice: Option<Notice>,
    pub(crate) lead: Vec<String>,
    pub(crate) tables: Vec<Table>,
    pub(crate) qr: Option<Qr>,
    pub(crate) card: Option<Card>,
    pub(crate) form: Option<Form>,
    pub(crate) links: Vec<Link>,
    /// ヘルプ.
    pub(crate) help: &'static [&'static str],
}

/// A sentence that stands out.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) good: bool,
    pub(crate) text: String,
}

/// Rows with a heading each; with `head`, a heading a column too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    pub(crate) caption: String,
    pub(crate) head: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

impl Table {
    /// A table of one value a row.
    pub(crate) fn of(caption: &str, rows: Vec<(&str, String)>) -> Self {
        Self {
            caption: caption.to_owned(),
            head: Vec::new(),
            rows: rows
                .into_iter()
                .map(|(name, value)| (name.to_owned(), vec![value]))
                .collect(),
        }
    }

    /// 変更結果: what is, and what was.
    pub(crate) fn of_change(rows: Vec<(&str, String, String)>) -> Self {
        Self {
            caption: "変更結果".to_owned(),
            head: vec!["変更後".to_owned(), "変更前".to_owned()],
            rows: rows
                .into_iter()
                .map(|(name, after, before)| (name.to_owned(), vec![after, before]))
                .collect(),
        }
    }
}

/// A form of one step.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    /// Where it is sent.
    pub(crate) action: String,
    /// Good for one submission; empty where a repeat does no harm.
    pub(crate) form_token: String,
    pub(crate) fields: Vec<Field>,
    pub(crate) submit: &'static str,
    /// Faults of the form as a whole.
    pub(crate) faults: Vec<String>,
    /// 申込を中止する: where that leads.
    pub(crate) quit: Option<&'static str>,
}

impl Form {
    /// A form still without its run.
    pub(crate) fn of(fields: Vec<Field>, submit: &'static str) -> Self {
        Self {
            action: String::new(),
            form_token: String::new(),
            fields,
            submit,
            faults: Vec::new(),
            quit: None,
        }
    }

    /// The same with 申込を中止する.
    pub(crate) fn with_quit(mut self, to: &'static str) -> Self {
        self.quit = Some(to);
        self
    }

    fn has_keyboard(&self) -> bool {
        self.fields.iter().any(|field| field.keyboard.is_some())
    }

    /// Whether anything is wrong with it.
    pub(crate) fn has_faults(&self) -> bool {
        !self.faults.is_empty() || self.fields.iter().any(|field| field.fault.is_some())
    }
}

/// A field.
#[derive(Debug, Clone)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    /// What to type, and where to find it.
    pub(crate) hint: &'static str,
    pub(crate) kind: FieldKind,
    /// What browsers may fill in.
    pub(crate) autocomplete: &'static str,
    /// Longest entry, in characters as typed (folding drops spaces).
    pub(crate) most_chars: u16,
    pub(crate) value: String,
    pub(crate) fault: Option<String>,
    /// ソフトウェアキーボード, where it is offered.
    pub(crate) keyboard: Option<Keyboard>,
}

/// ソフトウェアキーボード beside a field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keyboard {
    /// Characters entered by it.
    pub(crate) entered: usize,
    /// Its rows, each key with its place; none while it is closed.
    pub(crate) keys: Vec<Vec<(usize, char)>>,
}

/// How a field is filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldKind {
    /// Text of any kind.
    Text,
    /// Digits: the keyboard of a phone shows them.
    Digits,
    /// A mail address.
    Mail,
    /// A secret that is kept: never shown again.
    Password,
    /// A secret of digits that is kept.
    Pin,
    /// A secret of the moment: seen while typed, never shown again.
    Code,
    /// One of several: value and label.
    Choice(Vec<(&'static str, String)>),
}

impl Field {
    fn new(name: &'static str, label: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            name,
            label: label.into(),
            hint: "",
            kind,
            autocomplete: "off",
            most_chars: 60,
            value: String::new(),
            fault: None,
            keyboard: None,
        }
    }

    /// 契約者ID.
    pub(crate) fn contract_id() -> Self {
        Self {
            hint: "半角数字10桁",
            autocomplete: "username",
            most_chars: 20,
            ..Self::new("contract_id", "契約者ID（利用者番号）", FieldKind::Digits)
        }
    }

    /// 確認用パスワード.
    pub(crate) fn confirmation_password() -> Self {
        Self {
            hint: "半角英数字6～12桁。英字は大文字と小文字を区別します。",
            most_chars: 64,
            ..Self::new(
                "confirmation_password",
                "確認用パスワード",
                FieldKind::Password,
            )
        }
    }

    /// 利用開始パスワード.
    pub(crate) fn activation_password(name: &'static str, label: &str, hint: &'static str) -> Self {
        Self {
            hint,
            most_chars: 16,
            ..Self::new(name, label, FieldKind::Pin)
        }
    }

    /// ログインパスワード.
    pub(crate) fn login_password() -> Self {
        Self {
            hint: "半角英数字6～12文字。英字は大文字と小文字を区別します。",
            autocomplete: "current-password",
            most_chars: 64,
            ..Self::new("login_password", "ログインパスワード", FieldKind::Password)
        }
    }

    /// シリアル番号.
    pub(crate) fn serial(label: &str, hint: &'static str) -> Self {
        Self {
            hint,
            most_chars: 24,
            ..Self::new("serial", label, FieldKind::Text)
        }
    }

    /// ワンタイムパスワード.
    pub(crate) fn code(label: &str, hint: &'static str) -> Self {
        Self {
            hint,
            autocomplete: "one-time-code",
            most_chars: 16,
            ..Self::new("code", label, FieldKind::Code)
        }
    }

    /// One asked digit of the 資金移動用パスワード.
    pub(crate) fn asked_digit(name: &'static str, position: u8) -> Self {
        Self {
            hint: "お客様カードまたはお申込時の10桁の数字のうち、指定された1桁だけを入力します。",
            most_chars: 2,
            ..Self::new(
                name,
                format!("資金移動用パスワード（左から{position}桁目）"),
                FieldKind::Password,
            )
        }
    }

    /// Any text.
    pub(crate) fn text(name: &'static str, label: &str, hint: &'static str) -> Self {
        Self {
            hint,
            ..Self::new(name, label, FieldKind::Text)
        }
    }

    /// Any digits.
    pub(crate) fn digits(name: &'static str, label: &str, hint: &'static str) -> Self {
        Self {
            hint,
            most_chars: 30,
            ..Self::new(name, label, FieldKind::Digits)
        }
    }

    /// A mail address.
    pub(crate) fn mail(label: &str) -> Self {
        Self {
            hint: "例：taro@example.jp",
            autocomplete: "email",
            most_chars: 254,
            ..Self::new("mail", label, FieldKind::Mail)
        }
    }

    /// One of several.
    pub(crate) fn choice(
        name: &'static str,
        label: &str,
        choices: Vec<(&'static str, String)>,
    ) -> Self {
        Self::new(name, label, FieldKind::Choice(choices))
    }

    /// The same under another name.
    pub(crate) fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self.autocomplete = "off";
        self
    }

    /// The same, filled in.
    pub(crate) fn with(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    /// Whether what was typed must not be kept.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(
            self.kind,
            FieldKind::Password | FieldKind::Pin | FieldKind::Code
        )
    }

    fn input_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Password | FieldKind::Pin => "password",
            FieldKind::Mail => "email",
            _ => "text",
        }
    }

    fn input_mode(&self) -> &'static str {
        match self.kind {
            FieldKind::Digits | FieldKind::Pin | FieldKind::Code => "numeric",
            FieldKind::Password if self.most_chars <= 2 => "numeric",
            FieldKind::Mail => "email",
            _ => "text",
        }
    }

    /// The keyboard where it is open.
    fn open_keyboard(&self) -> Option<&Keyboard> {
        self.keyboard
            .as_ref()
            .filter(|keyboard| !keyboard.keys.is_empty())
    }

    fn choices(&self) -> &[(&'static str, String)] {
        match &self.kind {
            FieldKind::Choice(choices) => choices,
            _ => &[],
        }
    }

    /// The ids of what describes the input.
    fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let fault = self.fault.as_ref().map(|_| format!("{}-fault", self.name));
        let ids: Vec<String> = fault.into_iter().chain(hint).collect();
        ids.join(" ")
    }
}

/// A way to another screen.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) label: Cow<'static, str>,
    pub(crate) to: String,
}

impl Link {
    /// A way to `to`.
    pub(crate) fn new(label: &'static str, to: impl Into<String>) -> Self {
        Self {
            label: label.into(),
            to: to.into(),
        }
    }

    /// ログイン画面に戻る.
    pub(crate) fn to_login() -> Self {
        Self::new("ログイン画面に戻る", "/")
    }

    /// トップページへ.
    pub(crate) fn to_home() -> Self {
        Self::new("トップページへ", "/home")
    }
}

/// What stands around every screen.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) bank: String,
    pub(crate) face: Face,
    pub(crate) size: TextSize,
    /// The address of this page, for the switches.
    pub(crate) here: String,
    pub(crate) csrf: String,
    /// Who is logged in, as addressed.
    pub(crate) signed_in: Option<String>,
    /// The bank's own today, where it can be moved.
    pub(crate) demo_day: Option<String>,
}

impl Frame {
    fn faces(&self) -> impl Iterator<Item = Face> + '_ {
        Face::ALL.into_iter().filter(|face| *face != self.face)
    }

    fn sizes(&self) -> [TextSize; 3] {
        TextSize::ALL
    }
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    screen: &'a Screen,
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "feature.html")]
struct FeaturePage<'a> {
    screen: &'a Screen,
    frame: &'a Frame,
}

/// Draws a screen for the face of `frame`.
///
/// # Errors
/// Never for what this program draws: the templates write text into memory.
pub(crate) fn draw(screen: &Screen, frame: &Frame) -> Result<String, askama::Error> {
    match frame.face {
        Face::Pc | Face::Smartphone => Page { screen, frame }.render(),
        Face::Feature => FeaturePage { screen, frame }.render(),
    }
}
