//! What is carried to the customer: the installed program, and the page's scripts, compressed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use skts_tests::programs::{have, program, workspace};

/// Of the scripts that run before the first code.
const SCRIPT_AIM_KB: f64 = 40.0;

fn main() -> Result<()> {
    if !have(&["gzip"])? {
        return Ok(());
    }
    installed()?;
    page(&workspace().join("ui/dist"))
}

/// The package as it is installed where one was made (`./x package`), else the program.
fn installed() -> Result<()> {
    let app = program("skts-app")?;
    let floor = mib(fs::metadata(program("static_page")?)?.len());
    let (of, ours) = match newest_deb().filter(|_| have(&["dpkg-deb"]).unwrap_or_default()) {
        Some(deb) => ("deb", mib(installed_bytes(&deb)?)),
        None => ("program", mib(fs::metadata(app)?.len())),
    };
    println!(
        "{}",
        json!({
            "name": "installed_size",
            "ours": ours,
            "other": floor,
            "unit": "MiB",
            "ratio": ours / floor,
            "of": of,
        })
    );
    Ok(())
}

fn newest_deb() -> Option<PathBuf> {
    let folder = fs::read_dir(workspace().join("target/release/bundle/deb")).ok()?;
    let debs = folder.flatten().map(|entry| entry.path());
    debs.filter(|path| path.extension().is_some_and(|ending| ending == "deb"))
        .max_by_key(|path| {
            let written = fs::metadata(path).and_then(|file| file.modified());
            written.unwrap_or(SystemTime::UNIX_EPOCH)
        })
}

/// `Installed-Size` counts KiB.
fn installed_bytes(deb: &Path) -> Result<u64> {
    let mut command = Command::new("dpkg-deb");
    let output = command.arg("-f").arg(deb).arg("Installed-Size").output()?;
    let kib: u64 = String::from_utf8(output.stdout)?.trim().parse()?;
    Ok(kib * 1024)
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}

/// The page names what it needs at first; every other script is loaded once the code is painted.
fn page(dist: &Path) -> Result<()> {
    let html = fs::read_to_string(dist.join("index.html"))?;
    let (mut first, mut later, mut style) = (0, 0, 0);
    for entry in fs::read_dir(dist.join("assets"))?.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let bytes = compressed(&path)?;
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("js") if html.contains(name.to_str().context("a name")?) => first += bytes,
            Some("js") => later += bytes,
            Some("css") => style += bytes,
            _ => {}
        }
    }
    ensure!(first > 0, "the page names no script");
    let kb = |bytes: usize| bytes as f64 / 1000.0;
    println!(
        "{}",
        json!({
            "name": "page_script_gzip",
            "ours": kb(first),
            "unit": "kB",
            "aim": SCRIPT_AIM_KB,
            "pass": kb(first) <= SCRIPT_AIM_KB,
            "scripts_after_the_code": kb(later),
            "style": kb(style),
        })
    );
    Ok(())
}

fn compressed(file: &Path) -> Result<usize> {
    let output = Command::new("gzip")
        .args(["-9", "-c", "-n"])
        .arg(file)
        .output()?;
    ensure!(output.status.success(), "gzip: {}", output.status);
    Ok(output.stdout.len())
}
