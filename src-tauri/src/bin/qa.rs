//! Starts the window on a scene, for pictures of it. Built with the feature `dangerous-qa` only.

fn main() {
    prepare_the_web_view();
    skts_app_lib::run_scene();
}

include!("../renderer.rs");
