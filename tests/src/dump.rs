//! What is in the memory of a running program.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use memchr::memmem;
use rustix::process::{Pid, Signal, kill_process};

use crate::clock::wait_for;
use crate::search::Secret;

/// The variable in which a program gets its canary: something to be found in every dump of it.
pub const CANARY: &str = "SKTS_TEST_CANARY";

/// All memory that a process can write to, at one moment.
pub struct Dump {
    regions: Vec<Region>,
}

struct Region {
    name: String,
    bytes: Vec<u8>,
}

/// Whether this user may read the memory of programs that do not let themselves be dumped.
pub fn allowed() -> bool {
    rustix::process::geteuid().is_root()
}

impl Dump {
    /// Stops the process, reads its memory and lets it go on.
    ///
    /// # Errors
    /// When the process is gone, or may not be read.
    pub fn of(pid: u32) -> Result<Self> {
        let process = Pid::from_raw(i32::try_from(pid)?).context("no process id")?;
        kill_process(process, Signal::STOP)?;
        wait_for(Duration::from_secs(5), "it to stand still", || {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
            let state = stat
                .rsplit(')')
                .next()
                .and_then(|rest| rest.trim().chars().next());
            Ok((state == Some('T')).then_some(()))
        })?;
        let dump = Self::read(pid);
        kill_process(process, Signal::CONT)?;
        dump.with_context(|| format!("the memory of {pid}"))
    }

    fn read(pid: u32) -> Result<Self> {
        let folder = PathBuf::from(format!("/proc/{pid}"));
        let mut memory = File::open(folder.join("mem"))?;
        let mut pages = File::open(folder.join("pagemap"))?;
        let mut regions = Vec::new();
        for line in fs::read_to_string(folder.join("maps"))?.lines() {
            let mut words = line.split_whitespace();
            let (range, rights) = (words.next(), words.next());
            let (Some((from, to)), Some(rights)) =
                (range.and_then(|range| range.split_once('-')), rights)
            else {
                continue;
            };
            if !rights.starts_with("rw") {
                continue;
            }
            let from = u64::from_str_radix(from, 16)?;
            let length = u64::from_str_radix(to, 16)?.saturating_sub(from);
            let name = words.nth(3).unwrap_or("anonymous");
            for (start, length) in present(&mut pages, from, length)? {
                let mut bytes = Vec::new();
                memory.seek(SeekFrom::Start(start))?;
                // Pages that cannot be read after all, as of devices, end a piece.
                let _ = (&mut memory).take(length).read_to_end(&mut bytes);
                let name = format!("{name} at {start:x}");
                regions.push(Region { name, bytes });
            }
        }
        ensure!(!regions.is_empty(), "it has no memory");
        Ok(Self { regions })
    }

    /// The findings of `secrets`, each as "secret in region".
    pub fn find(&self, secrets: &[Secret]) -> Vec<String> {
        let mut findings = Vec::new();
        for secret in secrets {
            for form in secret.forms() {
                let finder = memmem::Finder::new(form);
                for region in &self.regions {
                    if let Some(at) = finder.find(&region.bytes) {
                        findings.push(format!("{} in {}+{at:x}", secret.name(), region.name));
                    }
                }
            }
        }
        findings
    }

    /// How much there is, in bytes.
    pub fn len(&self) -> usize {
        self.regions.iter().map(|region| region.bytes.len()).sum()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const PAGE_BYTES: u64 = 4096;
/// Entries of the page map looked at together.
const ENTRIES: u64 = 4096;

/// The pieces of a range that are really there: engines reserve ranges of many GiB and use little.
fn present(pages: &mut File, from: u64, length: u64) -> Result<Vec<(u64, u64)>> {
    let mut pieces: Vec<(u64, u64)> = Vec::new();
    let (first, end) = (from / PAGE_BYTES, (from + length) / PAGE_BYTES);
    let mut page = first;
    while page < end {
        let count = ENTRIES.min(end - page);
        let mut entries = vec![0; usize::try_from(count * 8)?];
        pages.seek(SeekFrom::Start(page * 8))?;
        pages.read_exact(&mut entries)?;
        for (at, entry) in (page..).zip(entries.chunks_exact(8)) {
            // Bit 63: in memory; bit 62: in the swap (Linux, admin-guide/mm/pagemap).
            if entry[7] & 0xc0 == 0 {
                continue;
            }
            let start = at * PAGE_BYTES;
            match pieces.last_mut() {
                Some((piece, length)) if *piece + *length == start => *length += PAGE_BYTES,
                _ => pieces.push((start, PAGE_BYTES)),
            }
        }
        page += count;
    }
    Ok(pieces)
}
