//! Prints a page of HTML with Chromium.

use std::path::Path;

use anyhow::{Context, Result};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use skts_tests::chromium::{Chromium, Device};
use skts_tests::fonts;
use skts_tests::sandbox::{Keyring, Sandbox};

/// A page as wide as the paper's text, for what asks the window.
const DEVICE: Device = Device {
    width: 794,
    height: 1123,
    user_agent: None,
};
/// Bytes of the PDF fetched at a time.
const CHUNK_BYTES: u64 = 4 << 20;

/// A browser that sees the guide's fonts and no others.
#[derive(Debug)]
pub struct Printer {
    // Dropped before the folder it works in.
    browser: Chromium,
    _sandbox: Sandbox,
}

impl Printer {
    /// Starts the browser.
    ///
    /// # Errors
    /// When Chromium, its driver or the fonts are missing.
    pub fn start() -> Result<Self> {
        let mut sandbox = Sandbox::new(Keyring::NoBus)?;
        fonts::pin(&mut sandbox)?;
        let browser = Chromium::open(&sandbox, DEVICE)
            .context("Chromium does not start; install chromium and chromium-driver")?;
        Ok(Self {
            browser,
            _sandbox: sandbox,
        })
    }

    /// Prints the HTML file at `page` as a tagged PDF with bookmarks, at the size its style says.
    ///
    /// # Errors
    /// When the browser cannot load or print it.
    pub fn print(&self, page: &Path) -> Result<Vec<u8>> {
        let page = page.canonicalize()?;
        self.browser.go(&address(&page))?;
        let ready = "const done = arguments[arguments.length - 1];
            document.fonts.ready.then(() => done([...document.images]
                .filter((image) => !image.complete || image.naturalWidth === 0)
                .map((image) => image.getAttribute('src'))))";
        let broken = self.browser.run_async(ready, &json!([]))?;
        anyhow::ensure!(
            broken == json!([]),
            "the browser cannot show {broken}; make the pictures anew: ./x shots"
        );
        let answer = self.browser.tell(
            "Page.printToPDF",
            &json!({
                "printBackground": true,
                "preferCSSPageSize": true,
                "generateTaggedPDF": true,
                "generateDocumentOutline": true,
                "transferMode": "ReturnAsStream",
            }),
        )?;
        let stream = answer["stream"]
            .as_str()
            .context("the browser printed nothing")?;
        let mut pdf = Vec::new();
        loop {
            let part = self
                .browser
                .tell("IO.read", &json!({ "handle": stream, "size": CHUNK_BYTES }))?;
            let text = part["data"].as_str().unwrap_or_default();
            if part["base64Encoded"] == json!(true) {
                pdf.extend(STANDARD.decode(text)?);
            } else {
                pdf.extend(text.bytes());
            }
            if part["eof"] == json!(true) {
                break;
            }
        }
        self.browser
            .tell("IO.close", &json!({ "handle": stream }))?;
        Ok(pdf)
    }
}

/// The address of the file at `path` (RFC 8089), whatever is in its name.
fn address(path: &Path) -> String {
    let mut address = "file://".to_owned();
    for byte in path.as_os_str().as_encoded_bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
        if plain {
            address.push(char::from(*byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}
