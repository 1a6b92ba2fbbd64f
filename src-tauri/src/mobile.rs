//! Where a phone starts the app. In a module of its own, as what the macro makes is public and has no
//! text; its symbol is found by name.

use crate::{Options, run};

#[tauri::mobile_entry_point]
fn mobile() {
    run(Options::from_environment());
}
