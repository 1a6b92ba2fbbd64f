//! When a window has painted what it will show, seen from outside as an eye sees it.
//!
//! The window's pixels are read every few milliseconds until some time after the start; the last
//! reading is what it will show. It was painted at the first reading after which nearly all its
//! ink (pixels unlike the background) stayed as it is at the end. A countdown that moves is a
//! small part of the ink; a code that is missing, or a page that is blank, is a large one. The
//! same rule serves any program.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, ImageFormat, Window};
use x11rb::rust_connection::RustConnection;

use crate::clock;
use crate::display::{Shown, largest};

/// Share of the final ink that must be in place, in hundredths.
const INK_PERCENT: usize = 92;
/// A line of text is higher than this. Reading every pixel would take the machine from the window
/// that is watched.
const ROWS_APART: usize = 6;
const INTERVAL: Duration = Duration::from_millis(8);

/// An eye on one display.
#[derive(Debug)]
pub struct Eye {
    connection: RustConnection,
    root: Window,
}

/// What an [`Eye`] saw of a start.
#[derive(Clone, Copy, Debug)]
pub struct Sight {
    /// From the start until a window was mapped.
    pub mapped: Duration,
    /// From the start until it had painted what it shows.
    pub painted: Duration,
}

type Pixels = Vec<u32>;

impl Eye {
    /// Opens `display`, such as `:7`.
    ///
    /// # Errors
    /// When there is no such display.
    pub fn open(display: &str) -> Result<Self> {
        let (connection, screen) = x11rb::connect(Some(display))?;
        let root = connection
            .setup()
            .roots
            .get(screen)
            .context("no screen")?
            .root;
        Ok(Self { connection, root })
    }

    /// Watches until `until` after `started` and tells when the window was painted.
    ///
    /// # Errors
    /// When no window appears, or it stays blank.
    pub fn watch(&self, started: Instant, until: Duration) -> Result<Sight> {
        let mut mapped = None;
        let mut readings: Vec<(Duration, Pixels)> = Vec::new();
        while started.elapsed() < until {
            if let Some(pixels) = self.read()? {
                let at = started.elapsed();
                mapped.get_or_insert(at);
                if readings.last().is_none_or(|(_, last)| *last != pixels) {
                    readings.push((at, pixels));
                }
            }
            std::thread::sleep(INTERVAL);
        }
        let (_, last) = readings.last().context("no window appeared")?;
        let ink = ink_of(last);
        ensure!(ink.len() > 200, "the window is blank");
        let painted = settled(&readings, &ink).context("the picture never settled")?;
        Ok(Sight {
            mapped: mapped.unwrap_or_default(),
            painted,
        })
    }

    /// Watches until `until` after `moment`, which is yet to come, and tells how long after it the window
    /// had painted what changed since.
    ///
    /// # Errors
    /// When nothing changes, or there is no window.
    pub fn watch_change(&self, moment: Instant, until: Duration) -> Result<Duration> {
        let mut before = None;
        let mut readings: Vec<(Duration, Pixels)> = Vec::new();
        loop {
            let pixels = self.read()?.context("no window")?;
            match clock::now().checked_duration_since(moment) {
                None => before = Some(pixels),
                Some(at) if at < until => readings.push((at, pixels)),
                Some(_) => break,
            }
            std::thread::sleep(INTERVAL);
        }
        let before = before.context("the moment was over")?;
        let (_, last) = readings.last().context("no time to watch")?;
        ensure!(before.len() == last.len(), "the window changed its size");
        let changed: Vec<usize> = (0..last.len())
            .filter(|index| before[*index] != last[*index])
            .collect();
        ensure!(changed.len() > 50, "nothing changed");
        settled(&readings, &changed).context("the picture never settled")
    }

    /// Which part of the window is light now, 0 to 1; `None` while there is no window.
    ///
    /// # Errors
    /// When the display cannot be read.
    pub fn light_part(&self) -> Result<Option<f64>> {
        Ok(self.read()?.map(|pixels| {
            let light = pixels.iter().filter(|pixel| is_light(**pixel)).count();
            light as f64 / pixels.len().max(1) as f64
        }))
    }

    /// Watches for `length` and tells the largest part of the window that was light at any moment.
    ///
    /// # Errors
    /// When no window appears.
    pub fn lightest(&self, length: Duration) -> Result<f64> {
        let started = clock::now();
        let mut most: Option<f64> = None;
        while started.elapsed() < length {
            if let Some(part) = self.light_part()? {
                most = Some(most.map_or(part, |most| most.max(part)));
            }
            std::thread::sleep(INTERVAL);
        }
        most.context("no window appeared")
    }

    /// Some rows of the largest window; `None` while there is none.
    fn read(&self) -> Result<Option<Pixels>> {
        let Some(Shown {
            window,
            width,
            height,
        }) = largest(&self.connection, self.root)?
        else {
            return Ok(None);
        };
        // All rows are asked for before the first is waited for: one round trip, not a hundred.
        let rows: Vec<_> = (0..height)
            .step_by(ROWS_APART)
            .map(|row| {
                let (top, format) = (
                    i16::try_from(row).unwrap_or(i16::MAX),
                    ImageFormat::Z_PIXMAP,
                );
                self.connection
                    .get_image(format, window, 0, top, width, 1, u32::MAX)
            })
            .collect::<Result<_, _>>()?;
        let mut pixels = Vec::new();
        for row in rows {
            let Ok(row) = row.reply() else {
                return Ok(None);
            };
            let colours = row.data.chunks_exact(4);
            pixels
                .extend(colours.map(|pixel| u32::from_le_bytes([pixel[0], pixel[1], pixel[2], 0])));
        }
        Ok(Some(pixels))
    }
}

/// The first reading after which nearly all the pixels `watched` stayed as the last has them.
fn settled(readings: &[(Duration, Pixels)], watched: &[usize]) -> Option<Duration> {
    let (_, last) = readings.last()?;
    let needed = watched.len() * INK_PERCENT / 100;
    let stayed = readings.iter().rev().take_while(|(_, pixels)| {
        let same = watched.iter().filter(|i| pixels.get(**i) == last.get(**i));
        pixels.len() == last.len() && same.count() >= needed
    });
    stayed.last().map(|(at, _)| *at)
}

/// Nearer to white than to black.
fn is_light(pixel: u32) -> bool {
    let [red, green, blue, _] = pixel.to_le_bytes().map(u32::from);
    red + green + blue > 3 * 128
}

/// Where the picture is unlike its most frequent colour.
fn ink_of(pixels: &[u32]) -> Vec<usize> {
    let mut counts = BTreeMap::new();
    for pixel in pixels {
        *counts.entry(*pixel).or_insert(0usize) += 1;
    }
    let background = counts
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(pixel, _)| pixel);
    (0..pixels.len())
        .filter(|index| Some(pixels[*index]) != background)
        .collect()
}

/// Waits until at least `needed` of the running 30-second step is left, so that no code changes
/// under the eye.
pub fn leave_room(needed: Duration) {
    clock::leave_room(30, needed.as_secs() + 1);
}
