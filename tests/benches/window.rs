//! Start until the code is painted, and memory: the window with one token against the same shell
//! around a static page.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, bail};
use skts_tests::clock;
use skts_tests::display::Display;
use skts_tests::figures::Pair;
use skts_tests::issuer::{Issuer, SHINKIN};
use skts_tests::painted::{Eye, leave_room, memory_mib};
use skts_tests::process::Running;
use skts_tests::programs::{have, program};
use skts_tests::sandbox::{Keyring, Sandbox};
use skts_tests::skts::Skts;

const ROUNDS: usize = 20;
const MEMORY_ROUNDS: usize = 5;
const START_AIM: f64 = 1.15;
const WORST_AIM_MS: f64 = 600.0;
const MEMORY_AIM: f64 = 1.10;
/// How long a start is watched; the picture at the end of it is what the window shows.
const WATCHED: Duration = Duration::from_millis(2000);
const MEMORY_AFTER: Duration = Duration::from_secs(5);

fn main() -> Result<()> {
    if !have(&["Xvfb", "gnome-keyring-daemon", "dbus-daemon"])? {
        return Ok(());
    }
    let (app, shell) = (program("skts-app")?, program("static_page")?);
    let display = Display::start()?;
    let mut sandbox = Sandbox::with_display(Keyring::Unlocked, Some(display.name()))?;
    let mut issuer = Issuer::start(&sandbox)?;
    let list = issuer.list_file(&sandbox, &issuer.address(), "institutions.json")?;
    let skts = Skts::new(&sandbox, "profile", &list)?;
    skts.provision(SHINKIN)?.success()?;
    let profile = skts.profile().to_owned();
    issuer.stop()?;
    sandbox.set("SKTS_PROFILE", profile);
    sandbox.set("SKTS_INSTITUTIONS", list);
    let eye = Eye::open(display.name())?;

    let (mut painted, mut mapped, mut memory) = (Pair::default(), Pair::default(), Pair::default());
    // The first client of a display loads the GL stack: the first round is dropped.
    for round in 0..=ROUNDS {
        let weigh = (1..=MEMORY_ROUNDS).contains(&round);
        for (program, ours) in [(&app, true), (&shell, false)] {
            let start = start(&sandbox, &eye, program, weigh)?;
            if round == 0 {
                continue;
            }
            let side = |pair: &mut Pair, value| {
                if ours {
                    pair.ours.push(value)
                } else {
                    pair.other.push(value)
                }
            };
            side(&mut painted, start.painted_ms);
            side(&mut mapped, start.mapped_ms);
            if let Some(mib) = start.memory_mib {
                side(&mut memory, mib);
            }
        }
    }
    println!(
        "window: {ROUNDS} alternating starts after a warm-up, Xvfb, no compositor; memory: PSS of \
         the process tree 5 s after the start, {MEMORY_ROUNDS} rounds"
    );
    println!("every start in ms: ours {:?}", rounded(&painted.ours));
    println!("every start in ms: other {:?}", rounded(&painted.other));
    mapped.report("window_mapped", "ms", None);
    painted.report("window_painted", "ms", Some(START_AIM));
    painted.report_worst("window_painted_slowest", "ms", WORST_AIM_MS);
    memory.report("window_memory", "MiB", Some(MEMORY_AIM));
    Ok(())
}

struct Start {
    mapped_ms: f64,
    painted_ms: f64,
    memory_mib: Option<f64>,
}

fn start(sandbox: &Sandbox, eye: &Eye, program: &Path, weigh: bool) -> Result<Start> {
    leave_room(WATCHED + Duration::from_secs(1));
    let mut command = sandbox.command(program);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = clock::now();
    let mut running = Running::start("window", &mut command)?;
    let sight = eye.watch(started, WATCHED);
    if let Some(status) = running.poll()? {
        bail!("{} ended with {status}", program.display());
    }
    let sight = sight?;
    let memory_mib = if weigh {
        std::thread::sleep(MEMORY_AFTER.saturating_sub(started.elapsed()));
        Some(memory_mib(running.pid())?)
    } else {
        None
    };
    running.end()?;
    // Its helpers end after it; the next start shall have the machine for itself.
    std::thread::sleep(Duration::from_millis(400));
    Ok(Start {
        mapped_ms: sight.mapped.as_secs_f64() * 1000.0,
        painted_ms: sight.painted.as_secs_f64() * 1000.0,
        memory_mib,
    })
}

fn rounded(values: &[f64]) -> Vec<i64> {
    values.iter().map(|value| value.round() as i64).collect()
}
