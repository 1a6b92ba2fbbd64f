//! ご利用の手引き: the customer's guide of an institution, as HTML and as a PDF.
//!
//! ```text
//! institution file ─┐
//! chapters/*.toml  ─┼─► composed guide ─► HTML ─► Chromium ─► PDF ─► page numbers ─► HTML ─► PDF
//! pictures.json    ─┤
//! the app's words  ─┘
//! ```

pub mod catalogue;
pub mod chapters;
pub mod compose;
pub mod facts;
pub mod html;
pub mod make;
pub mod outline;
pub mod pictures;
pub mod print;
