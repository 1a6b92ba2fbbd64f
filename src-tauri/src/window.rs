//! The one window: hidden until its page runs, and bound to the app's own pages.

use skts_authenticator::Theme;
use tauri::webview::{Color, NewWindowResponse};
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};
use tauri::{Window, WindowEvent};

#[cfg(desktop)]
use crate::NAME;
use crate::screenshots::{Guard, Screenshots};

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
pub(crate) fn make(app: &AppHandle, start: &str, theme: Theme) -> tauri::Result<WebviewWindow> {
    let script = format!("Object.defineProperty(window, '__SKTS_START__', {{ value: {start} }});");
    #[cfg(feature = "dangerous-qa")]
    let script = crate::scene::before_the_page() + &script;
    let builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::default())
        .initialization_script(script)
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .disable_drag_drop_handler();
    #[cfg(desktop)]
    let builder = builder
        .title(NAME)
        .inner_size(412.0, 780.0)
        .min_inner_size(320.0, 480.0)
        .content_protected(cfg!(windows))
        .visible(false);
    let window = builder.build()?;
    #[cfg(all(feature = "dangerous-qa", target_os = "linux"))]
    crate::scene::offer_pictures(&window);
    if let Some(dark) = is_dark(theme) {
        window.set_background_color(Some(ground(dark)))?;
    }
    #[cfg(target_os = "linux")]
    compose_in_place(&window)?;
    Ok(window)
}

/// What keeps pictures of the window from being taken; nothing does on Linux and iOS, and on macOS
/// nothing reliably, as its newer versions pass over the window's wish (tauri-apps/tauri#14200).
pub(crate) fn guard(app: &AppHandle) -> Option<Guard> {
    #[cfg(any(windows, target_os = "android"))]
    {
        let app = app.clone();
        Some(Box::new(move |blocked| {
            if let Some(window) = app.get_webview_window(LABEL) {
                block_pictures(&window, blocked);
            }
        }))
    }
    #[cfg(not(any(windows, target_os = "android")))]
    {
        let _ = app;
        None
    }
}

#[cfg(windows)]
fn block_pictures(window: &WebviewWindow, blocked: bool) {
    let _ = window.set_content_protected(blocked);
}

/// The activity begins with the flag (`MainActivity.kt`).
#[cfg(target_os = "android")]
fn block_pictures(window: &WebviewWindow, blocked: bool) {
    /// `android.view.WindowManager.LayoutParams`
    const FLAG_SECURE: i32 = 0x2000;
    let change = if blocked { "addFlags" } else { "clearFlags" };
    let _ = window.with_webview(move |webview| {
        // On the activity's thread, which alone may change its window.
        webview.jni_handle().exec(move |env, activity, _| {
            let window = env
                .call_method(activity, "getWindow", "()Landroid/view/Window;", &[])
                .and_then(|window| window.l());
            let changed = window
                .and_then(|window| env.call_method(&window, change, "(I)V", &[FLAG_SECURE.into()]));
            if changed.is_err() {
                // Left as it was; an exception that stays would end the app.
                let _ = env.exception_clear();
            }
        });
    });
}

/// The focus that comes and goes.
pub(crate) fn on_event(window: &Window, event: &WindowEvent) {
    let WindowEvent::Focused(focused) = event else {
        return;
    };
    if *focused && let Some(screenshots) = window.try_state::<Screenshots>() {
        let _ = screenshots.settle();
    }
    #[cfg(target_os = "ios")]
    if let Some(window) = window.get_webview_window(window.label()) {
        show_page(&window, *focused);
    }
}

/// Hides the page while the app is left, before the system takes the picture of it that stands among
/// the recent apps: the page's own hiding of the code may come too late for that.
#[cfg(target_os = "ios")]
#[expect(unsafe_code, reason = "the view comes as a raw pointer")]
fn show_page(window: &WebviewWindow, shown: bool) {
    let _ = window.with_webview(move |webview| {
        // SAFETY: the pointer is the window's own WKWebView, which lives as long as the window, and
        // this runs on the main thread, as UIKit wants it.
        unsafe {
            let view: &objc2::runtime::AnyObject =
                &*webview.inner().cast::<objc2::runtime::AnyObject>();
            let () = objc2::msg_send![view, setHidden: !shown];
        }
    });
}

/// Remembers where the window was and how large, but not whether it was seen: it is made hidden.
#[cfg(desktop)]
pub(crate) fn remembered<R: tauri::Runtime>() -> tauri::plugin::TauriPlugin<R> {
    use tauri_plugin_window_state::{Builder, StateFlags};

    let flags = StateFlags::SIZE | StateFlags::POSITION | StateFlags::MAXIMIZED;
    Builder::new().with_state_flags(flags).build()
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
