//! Starts the static page the start-time figures are measured against.

fn main() {
    keep_the_window_from_staying_blank();
    skts_app_lib::run_static_page();
}

include!("../renderer.rs");
