//! Starts the static page the start-time figures are measured against.

fn main() {
    prepare_the_web_view();
    skts_app_lib::run_static_page();
}

include!("../renderer.rs");
