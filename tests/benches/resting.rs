//! The code screen at rest: its processor time against the same shell around a static page, both for the
//! same minute; and how soon after its step a new code is painted, without the fading from one to the
//! other that those who want no motion do not get either.

use std::fs;
use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use skts_tests::clock;
use skts_tests::display::Display;
use skts_tests::figures::{median, worst};
use skts_tests::process::Running;
use skts_tests::programs::{have, program};
use skts_tests::stage::{NEEDED, Stage};
use skts_tests::usage::cpu_secs;

const MEASURED: Duration = Duration::from_secs(60);
/// From the start until both have come to rest.
const SETTLED: Duration = Duration::from_secs(10);
/// Per cent of a core, above the static page.
const IDLE_AIM: f64 = 0.5;
const STEPS: usize = 4;
const STEP_MS: u64 = 30_000;
const STEP_AIM_MS: f64 = 50.0;
/// Before the seconds change as well.
const WATCHED: Duration = Duration::from_millis(700);

fn main() -> Result<()> {
    if !have(&NEEDED)? {
        return Ok(());
    }
    let (app, shell) = (program("skts-app")?, program("static_page")?);
    let mut stage = Stage::new()?;
    stage.stop_service()?;
    let beside = Display::start()?;
    let mut ours = stage.open(&app)?;
    let mut command = stage.sandbox.command(&shell);
    command.env("DISPLAY", beside.name());
    skts_tests::process::log_to(&mut command, &stage.sandbox.join("logs/static.log"))?;
    let mut other = Running::start("static page", &mut command)?;

    std::thread::sleep(SETTLED);
    let started = clock::now();
    let before = (cpu_secs(ours.pid())?, cpu_secs(other.pid())?);
    std::thread::sleep(MEASURED);
    let after = (cpu_secs(ours.pid())?, cpu_secs(other.pid())?);
    let percent = |from: f64, to: f64| (to - from) / started.elapsed().as_secs_f64() * 100.0;
    let (ours_percent, other_percent) = (percent(before.0, after.0), percent(before.1, after.1));
    other.end()?;
    let above = ours_percent - other_percent;
    println!("resting: processor time of the process tree, {MEASURED:?}, two windows side by side");
    println!(
        "{}",
        json!({
            "name": "idle_cpu",
            "ours": ours_percent,
            "other": other_percent,
            "unit": "% of a core",
            "aim": IDLE_AIM,
            "above": above,
            "pass": above <= IDLE_AIM,
        })
    );

    ours.end()?;
    let still = stage.sandbox.join("home/.config/gtk-3.0");
    fs::create_dir_all(&still)?;
    fs::write(
        still.join("settings.ini"),
        "[Settings]\ngtk-enable-animations=0\n",
    )?;
    let mut ours = stage.open(&app)?;
    std::thread::sleep(SETTLED);
    let mut painted_ms = Vec::new();
    for _ in 0..STEPS {
        let left = Duration::from_millis(STEP_MS - clock::unix_millis() % STEP_MS);
        let moment = clock::now() + left;
        std::thread::sleep(left.saturating_sub(Duration::from_millis(200)));
        let painted = stage.eye.watch_change(moment, WATCHED)?;
        painted_ms.push(painted.as_secs_f64() * 1000.0);
    }
    ours.end()?;
    println!("a new code, from its step until it is painted, seen every 8 ms: {painted_ms:.0?}");
    println!(
        "{}",
        json!({
            "name": "step_painted",
            "ours": median(&painted_ms),
            "unit": "ms",
            "aim": STEP_AIM_MS,
            "pass": median(&painted_ms) <= STEP_AIM_MS,
            "ours_worst": worst(&painted_ms),
            "rounds": STEPS,
        })
    );
    Ok(())
}
