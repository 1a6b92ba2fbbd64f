//! The one window: hidden until its page runs, and bound to the app's own pages.

use skts_authenticator::Theme;
use tauri::webview::{Color, NewWindowResponse};
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

/// What is behind the page until it is painted: the page's own ground.
fn ground(dark: bool) -> Color {
    if dark {
        Color(0x12, 0x16, 0x1b, 0xff)
    } else {
        Color(0xf4, 0xf6, 0xf8, 0xff)
    }
}

/// Whether the page will be dark; `None` where only the web view knows.
fn is_dark(theme: Theme) -> Option<bool> {
    match theme {
        Theme::System => system_is_dark(),
        Theme::Light => Some(false),
        Theme::Dark => Some(true),
    }
}

/// As WebKitGTK decides it. A desktop's own choice is among GTK's settings once a window is made.
#[cfg(target_os = "linux")]
fn system_is_dark() -> Option<bool> {
    use gtk::prelude::GtkSettingsExt;

    let settings = gtk::Settings::default()?;
    let name = settings.gtk_theme_name();
    Some(
        settings.is_gtk_application_prefer_dark_theme()
            || name.is_some_and(|name| name.ends_with("-dark")),
    )
}

#[cfg(not(target_os = "linux"))]
fn system_is_dark() -> Option<bool> {
    None
}

/// Makes the window, hidden. `start` is put before the page as `__SKTS_START__`.
pub(crate) fn make(
    app: &App,
    title: &str,
    start: &str,
    theme: Theme,
) -> tauri::Result<WebviewWindow> {
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
    if let Some(dark) = is_dark(theme) {
        window.set_background_color(Some(ground(dark)))?;
    }
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
    use super::{ground, is_own_page};

    /// Or else a start would flash.
    #[test]
    fn the_ground_is_the_pages_own() {
        let css = include_str!("../../ui/src/styles/tokens.css");
        let hex = |dark| {
            let colour = ground(dark);
            format!("#{:02x}{:02x}{:02x}", colour.0, colour.1, colour.2)
        };
        let page = format!("--page: light-dark({}, {});", hex(false), hex(true));
        assert!(css.contains(&page), "{page}");
    }

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
