//! Where pictures are taken: a display, fonts, and a desktop whose settings are the same everywhere.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use skts_tests::display::Display;
use skts_tests::sandbox::{Keyring, Sandbox};

use crate::look::Language;

/// The one family of the pictures, from the package `fonts-noto-cjk`.
const FONTS: &str = "/usr/share/fonts/opentype/noto";
const FONT: &str = "NotoSansCJK-Regular.ttc";

/// Only these fonts, drawn without hints and without the colours of a panel's own pixels.
const FONT_CONFIG: &str = r#"<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts/opentype/noto</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
  <selectfont><rejectfont><glob>*Serif*</glob></rejectfont></selectfont>
  <match target="pattern">
    <edit name="family" mode="append_last" binding="strong"><string>Noto Sans CJK JP</string></edit>
  </match>
  <match target="pattern">
    <edit name="antialias" mode="assign"><bool>true</bool></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="hintstyle" mode="assign"><const>hintnone</const></edit>
    <edit name="rgba" mode="assign"><const>none</const></edit>
  </match>
</fontconfig>
"#;

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

/// Checks that the fonts are here.
///
/// # Errors
/// When they are not, with what to install.
pub(crate) fn check_fonts() -> Result<()> {
    ensure!(
        Path::new(FONTS).join(FONT).is_file(),
        "{FONTS}/{FONT} is not there: install the package fonts-noto-cjk"
    );
    Ok(())
}

/// A folder, an environment and nothing of this user's for one start of the app.
pub(crate) fn room(display: &Display, language: Language, scale: u32) -> Result<Sandbox> {
    let mut room = Sandbox::with_display(Keyring::NoBus, Some(display.name()))?;
    let fonts = room.join("fonts.conf");
    fs::write(&fonts, FONT_CONFIG)?;
    let gtk = room.join("home/.config/gtk-3.0");
    fs::create_dir_all(&gtk).context("the desktop's settings")?;
    fs::write(gtk.join("settings.ini"), GTK_SETTINGS)?;
    room.set("FONTCONFIG_FILE", &fonts);
    room.set("SKTS_SCENE_LANGUAGE", language.word());
    room.set("TZ", "Asia/Tokyo");
    room.set("GDK_BACKEND", "x11");
    room.set("GDK_SCALE", scale.to_string());
    room.set("GSETTINGS_BACKEND", "memory");
    room.set("LIBGL_ALWAYS_SOFTWARE", "1");

    // Drawn by one thread of the processor: letters on tiles of several differ a little.
    room.set("WEBKIT_SKIA_ENABLE_CPU_RENDERING", "1");
    room.set("WEBKIT_SKIA_CPU_PAINTING_THREADS", "0");
    Ok(room)
}
