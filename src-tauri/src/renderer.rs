/// Turns WebKitGTK's DMABUF renderer off unless the user decided: with some drivers it leaves the
/// window blank (tauri-apps/tauri#9394), and it costs memory where it works.
#[cfg_attr(
    target_os = "linux",
    expect(unsafe_code, reason = "before any other thread runs")
)]
fn keep_the_window_from_staying_blank() {
    #[cfg(target_os = "linux")]
    if std::env::var_os("WEBKIT_DISABLE_DMABUF_RENDERER").is_none() {
        // SAFETY: the first line of `main`; no other thread can read the environment yet.
        unsafe { std::env::set_var("WEBKIT_DISABLE_DMABUF_RENDERER", "1") };
    }
}
