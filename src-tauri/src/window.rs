//! The one window: hidden until its page runs, and bound to the app's own pages.

use tauri::webview::NewWindowResponse;
use tauri::{App, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

/// The window's name in the capability file.
pub(crate) const LABEL: &str = "main";

/// Whether `url` is one of the app's own pages, the only ones the window may show.
pub(crate) fn is_own_page(url: &Url) -> bool {
    match (url.scheme(), url.host_str()) {
        ("tauri", Some("localhost")) => true,
        // Windows and Android serve the pages under this name, inside the process.
        ("http" | "https", Some("tauri.localhost")) => {
            cfg!(any(windows, target_os = "android")) && url.port().is_none()
        }
        _ => false,
    }
}

/// Makes the window, hidden. `start` is put before the page as `__SKTS_START__`.
pub(crate) fn make(app: &App, title: &str, start: &str) -> tauri::Result<WebviewWindow> {
    let script = format!("Object.defineProperty(window, '__SKTS_START__', {{ value: {start} }});");
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .initialization_script(script)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .disable_drag_drop_handler();
    #[cfg(desktop)]
    let builder = builder
        .title(title)
        .inner_size(412.0, 780.0)
        .min_inner_size(340.0, 480.0)
        .visible(false);
    #[cfg(mobile)]
    let _ = title;
    let window = builder.build()?;
    #[cfg(target_os = "linux")]
    compose_in_place(&window)?;
    Ok(window)
}

/// Lets Japanese be composed inside the field. wry turns the preedit off, which detaches it from
/// the field and keeps composition events from the page (tauri-apps/tauri#11412).
#[cfg(target_os = "linux")]
fn compose_in_place(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{InputMethodContextExt, WebViewExt};

    window.with_webview(|webview| {
        if let Some(context) = webview.inner().input_method_context() {
            context.set_enable_preedit(true);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::is_own_page;

    #[test]
    fn only_the_apps_own_pages_are_shown() {
        let own = |text: &str| is_own_page(&text.parse().unwrap());
        assert!(own("tauri://localhost/"));
        assert!(own("tauri://localhost/index.html"));
        for foreign in [
            "https://example.com/",
            "http://localhost/",
            "http://127.0.0.1:8080/",
            "file:///etc/passwd",
            "data:text/html,x",
            "javascript:alert(1)",
            "about:blank",
            "tauri://elsewhere/",
            "https://tauri.localhost.example.com/",
            "https://tauri.localhost:444/",
        ] {
            assert!(!own(foreign), "{foreign}");
        }
    }
}
