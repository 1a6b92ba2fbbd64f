//! What a program takes of the machine, with every process below it.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

/// The clock ticks in a second that Linux counts processor time in, on every architecture we know.
const TICKS: f64 = 100.0;

/// Proportional memory (PSS) of process `leader` and all below it, in MiB.
///
/// # Errors
/// When the processes cannot be listed.
pub fn memory_mib(leader: u32) -> Result<f64> {
    Ok(memory_of_each(leader)?.iter().map(|(_, mib)| mib).sum())
}

/// The same one by one: the kernel's name of each process (15 bytes at most) and its MiB.
///
/// # Errors
/// When the processes cannot be listed.
pub fn memory_of_each(leader: u32) -> Result<Vec<(String, f64)>> {
    let mib = |pid: u32| {
        let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
        let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
        let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
        Some(kib / 1024.0)
    };
    let each = tree(leader)?.into_iter();
    // One that ended meanwhile takes nothing.
    Ok(each
        .filter_map(|(pid, stat)| Some((stat.name, mib(pid)?)))
        .collect())
}

/// Processor time of process `leader` and all below it until now, in seconds.
///
/// # Errors
/// When the processes cannot be listed.
pub fn cpu_secs(leader: u32) -> Result<f64> {
    Ok(tree(leader)?.values().map(|stat| stat.cpu_secs).sum())
}

struct Stat {
    name: String,
    parent: u32,
    cpu_secs: f64,
}

/// Process `leader` and all below it.
fn tree(leader: u32) -> Result<BTreeMap<u32, Stat>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let name = entry.file_name();
        let Some(pid) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let text = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if let Some(stat) = stat(&text) {
            all.insert(pid, stat);
        }
    }
    all.get(&leader).context("the program has ended")?;
    let below = |pid: u32| {
        let mut at = pid;
        while at != leader {
            match all.get(&at) {
                Some(stat) => at = stat.parent,
                None => return false,
            }
        }
        true
    };
    let pids: Vec<u32> = all.keys().copied().filter(|pid| below(*pid)).collect();
    all.retain(|pid, _| pids.contains(pid));
    Ok(all)
}

/// `/proc/PID/stat`: the process's id, its name in brackets, then the state, the parent and, as the 12th and 13th, the
/// ticks spent in the program and in the kernel.
fn stat(text: &str) -> Option<Stat> {
    let (name, fields) = text.split_once('(')?.1.rsplit_once(") ")?;
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some(Stat {
        name: name.to_owned(),
        parent: fields.get(1)?.parse().ok()?,
        cpu_secs: (ticks(11)? + ticks(12)?) / TICKS,
    })
}
