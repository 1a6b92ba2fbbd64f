//! Pictures of the page, on request: as the web view paints it, and not by way of a screen.
//!
//! On the socket each connection is answered with one picture: width and height in pixels (u32, little
//! endian each), then the rows, four bytes a pixel: blue, green, red and one to leave out.

use std::io::{Error, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::thread;

use gtk::cairo::ImageSurface;
use tauri::WebviewWindow;
use webkit2gtk::{SnapshotOptions, SnapshotRegion, WebViewExt as _};

/// Width, height and rows.
type Picture = (i32, i32, Vec<u8>);

/// Answers on `socket` for as long as the program runs.
///
/// # Errors
/// When the socket cannot be made.
pub(super) fn offer(window: WebviewWindow, socket: &Path) -> Result<(), Error> {
    let listener = UnixListener::bind(socket)?;
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            if let Err(error) = answer(&window, stream) {
                eprintln!("no picture: {error}");
            }
        }
    });
    Ok(())
}

fn answer(window: &WebviewWindow, mut stream: UnixStream) -> Result<(), Error> {
    let (sender, receiver) = channel();
    window
        .with_webview(move |webview| {
            let region = SnapshotRegion::Visible;
            let none: Option<&webkit2gtk::gio::Cancellable> = None;
            let view = webview.inner();
            view.snapshot(region, SnapshotOptions::NONE, none, move |taken| {
                let surface = taken.map_err(|error| error.to_string());
                send(&sender, surface.and_then(rows));
            });
        })
        .map_err(Error::other)?;
    let (width, height, rows) = receiver
        .recv()
        .map_err(Error::other)?
        .map_err(Error::other)?;
    stream.write_all(&width.to_le_bytes())?;
    stream.write_all(&height.to_le_bytes())?;
    stream.write_all(&rows)
}

fn send(to: &Sender<Result<Picture, String>>, picture: Result<Picture, String>) {
    // Whoever asked has gone.
    let _ = to.send(picture);
}

fn rows(surface: gtk::cairo::Surface) -> Result<Picture, String> {
    let mut image = ImageSurface::try_from(surface).map_err(|_| "not an image".to_owned())?;
    let (width, height) = (image.width(), image.height());
    if image.stride() != width.saturating_mul(4) {
        return Err("rows of another length".to_owned());
    }
    let data = image.data().map_err(|error| error.to_string())?;
    Ok((width, height, data.to_vec()))
}
