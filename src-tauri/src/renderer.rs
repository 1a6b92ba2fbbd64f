/// Sets what WebKitGTK reads from the environment, unless the user decided.
///
/// - The DMABUF renderer is off: with some drivers it leaves the window blank
///   (tauri-apps/tauri#9394), and it costs memory where it works.
/// - JavaScript is interpreted, not compiled at run time: a page this small is as fast without,
///   takes 6 MiB less, and has no memory that is written and then executed.
#[cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "before any other thread runs")
)]
fn prepare_the_web_view() {
    #[cfg(target_os = "linux")]
    for (name, value) in [
        ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"),
        ("JSC_useJIT", "0"),
    ] {
        if std::env::var_os(name).is_none() {
            // SAFETY: the first line of `main`; no other thread can read the environment yet.
            unsafe { std::env::set_var(name, value) };
        }
    }
}
