//! What is drawn on a screen.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

/// A hardware token as it is held.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    /// What its display, or its back, shows; nothing while it is off.
    pub(crate) display: String,
    pub(crate) says: &'static str,
    /// Until the display goes off; 0 if it does not.
    pub(crate) left_secs: u64,
}

/// A picture for a camera, of what is also there in words.
#[derive(Debug, Clone)]
pub(crate) struct Qr {
    pub(crate) caption: &'static str,
    /// An `svg` element, made here from modules: no text of anybody's is in it.
    pub(crate) svg: String,
    /// A link that says the same to an app on this device.
    pub(crate) link: Option<String>,
}

impl Qr {
    /// The picture of `text`; none if it is too long for one.
    pub(crate) fn of(caption: &'static str, text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let drawn = code
            .render::<svg::Color<'_>>()
            .min_dimensions(200, 200)
            .build();
        // What stands before the element is for a file, not for a page.
        let svg = drawn.get(drawn.find("<svg")?..)?.to_owned();
        Some(Self {
            caption,
            svg,
            link: None,
        })
    }

    /// With `link` beside it, for whoever has the app where the page is.
    pub(crate) fn or(self, link: String) -> Self {
        Self {
            link: Some(link),
            ..self
        }
    }
}
