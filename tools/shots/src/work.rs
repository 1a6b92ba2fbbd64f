//! Takes the pictures: some starts at once, with word of how far it is.

use std::collections::VecDeque;
use std::io::IsTerminal as _;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use skts_tests::display::Display;
use skts_tests::fonts;
use skts_tests::programs::{program, workspace};

use crate::album::{Album, Both, Picture};
use crate::arguments::Arguments;
use crate::bank;
use crate::look;
use crate::own::Own;
use crate::plan;
use crate::sheet::sheet;
use crate::take::{self, Shown, Start};

/// Room for the largest window at three pixels to one.
const SCREEN: u16 = 4096;

/// Takes what is wanted into the folder that is wanted.
///
/// # Errors
/// What is wrong with scenes; which pictures could not be taken, and why. The folder is then as it was.
pub(crate) fn take(arguments: &Arguments) -> Result<()> {
    let began = now();
    fonts::installed()?;
    let own = Own::read(arguments.institution.as_deref())?;
    let plays = plan::plays(arguments, own.institution())?;
    let starts = plan::starts(&plays, arguments);
    // The project's own with the samples are known to.
    if own.institution().is_some() || arguments.scenes.is_some() {
        plan::come_about(&starts)?;
    }
    let pages = bank::wanted(arguments)?;
    ensure!(
        !(starts.is_empty() && pages.is_empty()),
        "no picture is named so: ./x shots --list"
    );
    let place = arguments
        .out
        .clone()
        .unwrap_or_else(|| workspace().join("target/pictures"));
    let album = Mutex::new(Album::begin(&place, !arguments.only.is_empty())?);
    all(starts, &own, &mut |start, shown, png| {
        let depicts = own.depicted();
        keep(&album, arguments, start, shown, &png, depicts)
    })?;
    let mut album = album.into_inner().unwrap_or_else(PoisonError::into_inner);
    bank::take(&pages, &own, &mut album)?;
    let made = album.finish(sheet)?;
    let secs = began.elapsed().as_secs_f64();
    println!(
        "{} pictures in {secs:.0} s, {:.1} a second; {} in {}, {} MiB",
        made.taken,
        f64::from(u32::try_from(made.taken)?) / secs,
        made.pictures,
        place.display(),
        made.size_bytes.div_ceil(1024 * 1024)
    );
    println!("look at them: {}", place.join("index.html").display());
    Ok(())
}

/// What is done with a picture of a look.
pub(crate) type Keep<'k> = dyn FnMut(&Start<'_>, Shown<'_>, Vec<u8>) -> Result<()> + Send + 'k;

/// Takes every look of every start.
///
/// # Errors
/// Each start that failed, with its cause.
pub(crate) fn all(starts: Vec<Start<'_>>, own: &Own, keep: &mut Keep<'_>) -> Result<()> {
    let program = program("skts-app-qa")?;
    let progress = Mutex::new(Progress::new(starts.iter().map(Start::pictures).sum()));
    let faults = Mutex::new(Vec::new());
    let keep = Mutex::new(keep);
    // One more than processors: each waits for its page a good part of the time.
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .saturating_add(1)
        .min(starts.len());
    let queue = Mutex::new(VecDeque::from(starts));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let display = match Display::with_screen(SCREEN, SCREEN) {
                    Ok(display) => display,
                    Err(error) => return locked(&faults).push(format!("{error:#}")),
                };
                loop {
                    let Some(start) = locked(&queue).pop_front() else {
                        return;
                    };
                    let taken =
                        take::take(&start, &program, &display, own.file(), &mut |look, png| {
                            (locked(&keep))(&start, look, png)?;
                            locked(&progress).one(&start.play.name);
                            Ok(())
                        });
                    if let Err(error) = taken {
                        let Start {
                            play,
                            language,
                            scale,
                            ..
                        } = &start;
                        let (file, language) = (play.path.display(), language.word());
                        locked(&faults).push(format!("{file} ({language}, {scale}x): {error:#}"));
                    }
                }
            });
        }
    });
    let faults = faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    if !faults.is_empty() {
        bail!(
            "no pictures could be taken of {} starts:\n{}",
            faults.len(),
            faults.join("\n")
        );
    }
    Ok(())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A point in time, for durations only.
#[expect(
    clippy::disallowed_methods,
    reason = "a tool that says how long its work takes"
)]
fn now() -> Instant {
    Instant::now()
}

/// How far it is, on standard error: a line that is written over on a terminal, else one now and then.
pub(crate) struct Progress {
    all: usize,
    done: usize,
    told: Instant,
    began: Instant,
}

impl Progress {
    pub(crate) fn new(all: usize) -> Self {
        let now = now();
        Self {
            all,
            done: 0,
            told: now,
            began: now,
        }
    }

    pub(crate) fn one(&mut self, name: &str) {
        self.done = self.done.saturating_add(1);
        let terminal = std::io::stderr().is_terminal();
        let every = if terminal {
            Duration::from_millis(100)
        } else {
            Duration::from_secs(10)
        };
        if self.told.elapsed() < every && self.done < self.all {
            return;
        }
        self.told = now();
        let secs = self.began.elapsed().as_secs();
        let (done, all) = (self.done, self.all);
        if terminal {
            eprint!("\r\x1b[K{done} of {all} pictures, {secs} s: {name}");
            if done == all {
                eprintln!();
            }
        } else {
            eprintln!("{done} of {all} pictures, {secs} s");
        }
    }
}

fn keep(
    album: &Mutex<Album>,
    arguments: &Arguments,
    start: &Start<'_>,
    shown: Shown<'_>,
    png: &[u8],
    depicts: &str,
) -> Result<()> {
    let (play, scale) = (start.play, start.scale);
    let name = match shown {
        Shown::Look(look) => look::name(&play.name, start.language, look, scale),
        Shown::Guide(picture) => look::guide_name(&picture.name, start.language),
    };
    if !arguments.wants(&name) {
        return Ok(());
    }
    let (width, height) = size(png)?;
    let picture = Picture {
        file: format!("{name}.png"),
        name,
        walk: play.name.clone(),
        face: "app".to_owned(),
        title: Both::from(&play.scene.alt),
        says: Both::default(),
        alt: Both::from(&play.scene.alt),
        width,
        height,
        scale,
        depicts: depicts.to_owned(),
    };
    locked(album).write(picture, png)
}

/// Width and height of a PNG in pixels, from the header (PNG, §11.2.2).
pub(crate) fn size(png: &[u8]) -> Result<(u32, u32)> {
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_be_bytes(
            png.get(at..at.checked_add(4)?)?.try_into().ok()?,
        ))
    };
    ensure!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "what came is no PNG");
    number(16)
        .zip(number(20))
        .context("the picture has no size")
}
