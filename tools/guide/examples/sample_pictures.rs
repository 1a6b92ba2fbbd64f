//! Makes a folder of drawings in place of pictures, to look at a guide's pages without walking.
//!
//! `cargo run -p skts-guide --example sample_pictures -- FOLDER`

use std::path::PathBuf;

#[path = "../tests/fixture/mod.rs"]
mod fixture;

fn main() {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let Some(folder) = folder else {
        eprintln!("sample_pictures FOLDER");
        return;
    };
    fixture::make(&folder);
}
