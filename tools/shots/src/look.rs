//! The looks of a scene: languages, themes, sizes, pixels, text.

/// A language of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Language {
    /// Japanese first.
    pub(crate) const BOTH: [Self; 2] = [Self::Ja, Self::En];

    /// `ja`, `en`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// A theme of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// `light`, `dark`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// The size of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Size {
    /// Its word in names.
    pub(crate) word: &'static str,
    /// CSS pixels.
    pub(crate) width: u32,
    /// CSS pixels.
    pub(crate) height: u32,
}

/// Phone, small phone, tablet, desktop.
pub(crate) const SIZES: [Size; 4] = [
    Size {
        word: "phone",
        width: 390,
        height: 844,
    },
    Size {
        word: "small",
        width: 320,
        height: 568,
    },
    Size {
        word: "tablet",
        width: 820,
        height: 1180,
    },
    Size {
        word: "desktop",
        width: 1280,
        height: 800,
    },
];

/// The look of the guide's pictures.
pub(crate) const GUIDE: Look = Look {
    theme: Theme::Light,
    size: SIZES[0],
    text: 100,
};

/// Pixels of the guide's pictures to a CSS pixel.
pub(crate) const GUIDE_SCALE: u32 = 3;

/// Pixels of the screen to a CSS pixel.
pub(crate) const SCALES: [u32; 2] = [1, 3];

/// What is seen of a scene in one start of the app, whose language and pixels are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    /// Colours.
    pub(crate) theme: Theme,
    /// Window.
    pub(crate) size: Size,
    /// Size of the text, in per cent.
    pub(crate) text: u32,
}

/// Every look at `scale`: two themes in four sizes and, at one pixel to a pixel, text of 200 per cent
/// on the phone.
pub(crate) fn looks(scale: u32) -> Vec<Look> {
    let mut looks = Vec::new();
    for size in SIZES {
        for theme in [Theme::Light, Theme::Dark] {
            looks.push(Look {
                theme,
                size,
                text: 100,
            });
        }
    }
    if scale == 1 {
        looks.push(Look {
            theme: Theme::Light,
            size: SIZES[0],
            text: 200,
        });
    }
    looks
}

/// `screen/code.ja.light.phone@3x`, `screen/code.ja.light.phone.text200`.
pub(crate) fn name(scene: &str, language: Language, look: &Look, scale: u32) -> String {
    let (language, theme, size) = (language.word(), look.theme.word(), look.size.word);
    let text = if look.text == 100 {
        String::new()
    } else {
        format!(".text{}", look.text)
    };
    let pixels = if scale == 1 {
        String::new()
    } else {
        format!("@{scale}x")
    };
    format!("screen/{scene}.{language}.{theme}.{size}{text}{pixels}")
}

/// `guide/003-05-初期設定-1`; a picture for the English guide is in a folder of its own.
pub(crate) fn guide_name(name: &str, language: Language) -> String {
    match language {
        Language::Ja => format!("guide/{name}"),
        Language::En => format!("guide/en/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_named_by_what_they_show() {
        let look = Look {
            theme: Theme::Light,
            size: SIZES[0],
            text: 100,
        };
        assert_eq!(
            name("code", Language::Ja, &look, 3),
            "screen/code.ja.light.phone@3x"
        );
        let large = Look { text: 200, ..look };
        assert_eq!(
            name("code", Language::En, &large, 1),
            "screen/code.en.light.phone.text200"
        );
        assert_eq!((looks(1).len(), looks(3).len()), (9, 8));
    }
}
