//! Where pictures are taken: a display, fonts, and a desktop whose settings are the same everywhere.

use std::fs;

use anyhow::{Context, Result};
use skts_tests::display::Display;
use skts_tests::fonts;
use skts_tests::sandbox::{Keyring, Sandbox};

use crate::look::Language;

const GTK_SETTINGS: &str = "[Settings]
gtk-enable-animations=0
gtk-cursor-blink=0
gtk-overlay-scrolling=1
gtk-xft-antialias=1
gtk-xft-hinting=0
gtk-xft-hintstyle=hintnone
gtk-xft-rgba=none
gtk-xft-dpi=98304
gtk-font-name=Noto Sans CJK JP 11
gtk-theme-name=Adwaita
gtk-application-prefer-dark-theme=0
";

/// A folder, an environment and nothing of this user's for one start of the app.
pub(crate) fn room(display: &Display, language: Language, scale: u32) -> Result<Sandbox> {
    let mut room = Sandbox::with_display(Keyring::NoBus, Some(display.name()))?;
    fonts::pin(&mut room)?;
    let gtk = room.join("home/.config/gtk-3.0");
    fs::create_dir_all(&gtk).context("the desktop's settings")?;
    fs::write(gtk.join("settings.ini"), GTK_SETTINGS)?;
    room.set("SKTS_SCENE_LANGUAGE", language.word());
    room.set("TZ", "Asia/Tokyo");
    room.set("GDK_BACKEND", "x11");
    room.set("GDK_SCALE", scale.to_string());
    room.set("GSETTINGS_BACKEND", "memory");
    // Pictures are painted when they are asked for, by one thread of the processor: nothing has to come
    // together for a screen that nobody sees, and letters on tiles of several threads differ a little.
    room.set("WEBKIT_DISABLE_COMPOSITING_MODE", "1");
    Ok(room)
}
