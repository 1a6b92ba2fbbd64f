//! Starts the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    prepare_the_web_view();
    skts_app_lib::run(skts_app_lib::Options::from_environment());
}

include!("renderer.rs");
