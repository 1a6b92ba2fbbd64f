//! Start until the code is painted, and memory: the window with one token against the same shell
//! around a static page; and the start with the keys in a chip, which is a program here, against keys
//! in software.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use skts_tests::figures::Pair;
use skts_tests::programs::{have, program};
use skts_tests::stage::{NEEDED, Stage, WATCHED};
use skts_tests::tpm::Tpm;
use skts_tests::usage::memory_mib;

const ROUNDS: usize = 20;
const CHIP_ROUNDS: usize = 10;
const MEMORY_ROUNDS: usize = 5;
const START_AIM: f64 = 1.15;
const WORST_AIM_MS: f64 = 600.0;
const MEMORY_AIM: f64 = 1.10;
const MEMORY_AFTER: Duration = Duration::from_secs(5);

fn main() -> Result<()> {
    if !have(&NEEDED)? || !have(&["swtpm"])? {
        return Ok(());
    }
    let (app, shell) = (program("skts-app")?, program("static_page")?);
    let mut stage = Stage::new()?;
    let chip = Tpm::start(stage.sandbox.join("chip"))?;
    stage.sandbox.set("SKTS_TPM", chip.socket());
    stage.set_up("profile-chip")?;
    stage.stop_service()?;
    in_software(&mut stage);

    let (mut painted, mut mapped, mut memory) = (Pair::default(), Pair::default(), Pair::default());
    // The first client of a display loads the GL stack: the first round is dropped.
    for round in 0..=ROUNDS {
        let weigh = (1..=MEMORY_ROUNDS).contains(&round);
        for (program, ours) in [(&app, true), (&shell, false)] {
            let start = start(&stage, program, weigh)?;
            if round == 0 {
                continue;
            }
            painted.push(ours, start.painted_ms);
            mapped.push(ours, start.mapped_ms);
            if let Some(mib) = start.memory_mib {
                memory.push(ours, mib);
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

    let mut painted = Pair::default();
    for round in 0..=CHIP_ROUNDS {
        for ours in [true, false] {
            if ours {
                stage.sandbox.set("SKTS_TPM", chip.socket());
                stage.use_profile("profile-chip");
            } else {
                in_software(&mut stage);
            }
            let start = start(&stage, &app, false)?;
            if round > 0 {
                painted.push(ours, start.painted_ms);
            }
        }
    }
    println!(
        "window with its keys in a TPM (swtpm) against keys in software: {CHIP_ROUNDS} rounds"
    );
    painted.report("window_painted_chip", "ms", None);
    Ok(())
}

fn in_software(stage: &mut Stage) {
    stage.sandbox.set("SKTS_TPM", "none");
    stage.use_profile("profile");
}

struct Start {
    mapped_ms: f64,
    painted_ms: f64,
    memory_mib: Option<f64>,
}

fn start(stage: &Stage, program: &Path, weigh: bool) -> Result<Start> {
    let (mut running, sight) = stage.start(program)?;
    let memory_mib = if weigh {
        std::thread::sleep(MEMORY_AFTER.saturating_sub(WATCHED));
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
