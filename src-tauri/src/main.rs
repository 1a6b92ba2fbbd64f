//! Starts the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    keep_the_window_from_staying_blank();
    skts_app_lib::run(skts_app_lib::Options::from_environment());
}

include!("renderer.rs");
