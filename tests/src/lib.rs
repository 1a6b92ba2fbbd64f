//! Whole-system stories: the programs of this workspace, driven from outside.
//!
//! Nothing here links against another room. The token service, the `skts` program and the window
//! are started as processes, in a sandbox with its own home, session bus and keyring, and are
//! judged by what they print, answer and show.

pub mod app;
pub mod axe;
pub mod bank;
pub mod chromium;
pub mod clock;
pub mod contrast;
pub mod display;
pub mod dump;
pub mod figures;
pub mod fonts;
pub mod forensics;
pub mod forms;
pub mod hardware;
pub mod issuer;
pub mod layout;
pub mod login;
pub mod machine;
pub mod painted;
pub mod process;
pub mod programs;
pub mod proxy;
pub mod qr;
pub mod sandbox;
pub mod script;
pub mod search;
pub mod served;
pub mod shots;
pub mod skts;
pub mod stage;
pub mod tpm;
pub mod tray;
pub mod usage;
pub mod wayland;
pub mod webdriver;
pub mod window;
pub mod wine;
