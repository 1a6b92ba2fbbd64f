//! Where discs go, by arithmetic alone.
//!
//! Of all places on a grid near a frame, the one that costs least: near, beside rather than above, above
//! rather than below, its line over no words. Places over words, controls, frames or other discs are none.

use serde::{Deserialize, Serialize};

/// Around what is marked, CSS pixels.
const FRAME_PAD: f64 = 5.0;
/// Between a frame and words beside it, where there is so much.
const FRAME_GAP: f64 = 1.5;
/// How far from its frame a disc is looked for, CSS pixels.
const REACH: f64 = 170.0;
/// Between the end of a frame and a disc inside it.
const INSET: f64 = 12.0;
const GRID: f64 = 3.0;
/// Least distance between a disc and anything else.
const GAP: f64 = 3.0;
/// What a line over words costs, in CSS pixels of distance.
const CROSSING: f64 = 120.0;
/// What a place costs at which one inside the frame is better: above it or below, or not near.
const FAR: f64 = 9.5;

/// A rectangle of the page, CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    pub(super) fn grown(&self, by: f64) -> Self {
        Self {
            x: self.x - by,
            y: self.y - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }

    /// The smallest one round both.
    pub(super) fn with(&self, other: &Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        Self {
            x,
            y,
            width: self.right().max(other.right()) - x,
            height: self.bottom().max(other.bottom()) - y,
        }
    }

    /// What of it is inside `other`.
    pub(super) fn within(&self, other: &Self) -> Self {
        let (x, y) = (self.x.max(other.x), self.y.max(other.y));
        Self {
            x,
            y,
            width: (self.right().min(other.right()) - x).max(0.0),
            height: (self.bottom().min(other.bottom()) - y).max(0.0),
        }
    }

    /// The point of `other` that is nearest to the middle of this one.
    pub(super) fn nearest_of(&self, other: &Self) -> (f64, f64) {
        let (x, y) = self.middle();
        (
            x.clamp(other.x, other.right()),
            y.clamp(other.y, other.bottom()),
        )
    }

    fn middle(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }

    fn right(&self) -> f64 {
        self.x + self.width
    }

    fn bottom(&self) -> f64 {
        self.y + self.height
    }

    fn meets(&self, other: &Self) -> bool {
        self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }

    fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.right() <= self.right()
            && other.bottom() <= self.bottom()
    }

    /// Distance of the nearest points of both.
    fn apart(&self, other: &Self) -> f64 {
        let x = (other.x - self.right()).max(self.x - other.right());
        let y = (other.y - self.bottom()).max(self.y - other.bottom());
        x.max(0.0).hypot(y.max(0.0))
    }
}

/// What is on a page already.
#[derive(Debug)]
pub(super) struct Room {
    pub(super) page: Rect,
    /// Lines of words.
    pub(super) lines: Vec<Rect>,
    pub(super) controls: Vec<Rect>,
}

/// Size of a disc with its words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Body {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// What is marked, and how much room its disc takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) frame: Rect,
    pub(super) body: Body,
}

/// The frame round `marked`: a little wider, where that cuts through none of `lines`.
///
/// Words that begin between several things marked as one are marked with them.
pub(super) fn frame(marked: &Rect, lines: &[Rect]) -> Rect {
    let mut inner = *marked;
    for line in lines {
        let (_, middle) = line.middle();
        let begins = line.x >= marked.x - 1.0 && line.x < marked.right();
        if begins && middle > marked.y && middle < marked.bottom() {
            inner = inner.with(line);
        }
    }
    // Left, above, right, below.
    let mut pads = [FRAME_PAD; 4];
    for line in lines
        .iter()
        .filter(|line| line.meets(&inner.grown(2.0 * FRAME_PAD)))
    {
        let gaps = [
            inner.x - line.right(),
            inner.y - line.bottom(),
            line.x - inner.right(),
            line.y - inner.bottom(),
        ];
        for (pad, gap) in pads.iter_mut().zip(gaps) {
            if gap > -1.0 {
                *pad = pad.min((gap - FRAME_GAP).max(1.0));
            }
        }
    }
    let [left, above, right, below] = pads;
    Rect {
        x: inner.x - left,
        y: inner.y - above,
        width: inner.width + left + right,
        height: inner.height + above + below,
    }
}

/// A place for the disc of each spot.
///
/// # Errors
/// The index of a spot near which there is none.
pub(super) fn place(room: &Room, spots: &[Spot]) -> Result<Vec<Rect>, usize> {
    let mut bodies: Vec<Rect> = Vec::new();
    for (index, spot) in spots.iter().enumerate() {
        let others = spots.iter().enumerate();
        let others = others.filter(|(other, _)| *other != index);
        let frames: Vec<Rect> = others.map(|(_, other)| other.frame).collect();
        let outside = best(room, spot, &frames, &bodies, false);
        let chosen = match outside {
            Some((cost, body)) if cost <= FAR => Some(body),
            _ => {
                let inside = best(room, spot, &frames, &bodies, true);
                inside.or(outside).map(|(_, body)| body)
            }
        };
        bodies.push(chosen.ok_or(index)?);
    }
    Ok(bodies)
}

/// The cheapest place outside or inside the frame of `spot`.
fn best(
    room: &Room,
    spot: &Spot,
    frames: &[Rect],
    bodies: &[Rect],
    inside: bool,
) -> Option<(f64, Rect)> {
    let reach = if inside { 0.0 } else { REACH };
    let around = spot.frame.grown(reach);
    let page = room.page.grown(-GAP);
    // What cannot be met from here need not be looked at for each place.
    let near = |rects: &[Rect]| -> Vec<Rect> {
        let near = rects.iter().filter(|rect| rect.meets(&around));
        near.map(|rect| rect.grown(GAP)).collect()
    };
    let mut taken = near(&room.lines);
    taken.extend(near(frames).iter().filter(|frame| {
        // A frame round this one is no reason to have no disc.
        !frame.contains(&spot.frame)
    }));
    taken.extend(near(bodies));
    if inside {
        // Its own control's free end is room; another's is not.
        let controls = near(&room.controls);
        let others = controls.into_iter();
        taken.extend(others.filter(|control| !spot.frame.grown(GAP).contains(control)));
    } else {
        taken.extend(near(&room.controls));
        taken.push(spot.frame.grown(GAP / 3.0));
    }
    let Body { width, height } = spot.body;
    let steps = |from: f64, to: f64| {
        let count = ((to - from) / GRID).floor().max(-1.0);
        std::iter::successors(Some(0.0), |step| Some(step + 1.0))
            .take_while(move |step| *step <= count)
            .map(move |step| from + step * GRID)
    };
    let mut cheapest: Option<(f64, Rect)> = None;
    for y in steps(around.y, around.bottom() - height) {
        for x in steps(around.x, around.right() - width) {
            let body = Rect {
                x,
                y,
                width,
                height,
            };
            let free = page.contains(&body) && !taken.iter().any(|rect| rect.meets(&body));
            if !free {
                continue;
            }
            let cost = cost(&body, spot, &room.lines, inside);
            if cheapest.is_none_or(|(least, _)| cost < least) {
                cheapest = Some((cost, body));
            }
        }
    }
    cheapest
}

fn cost(body: &Rect, spot: &Spot, lines: &[Rect], inside: bool) -> f64 {
    let frame = &spot.frame;
    let (x, y) = body.middle();
    let (middle_x, middle_y) = frame.middle();
    if inside {
        // At the right end, half-way up.
        let end = frame.right() - INSET - body.right();
        return end.abs() + (y - middle_y).abs();
    }
    let beside = y >= frame.y && y <= frame.bottom();
    let mut cost = body.apart(frame);
    if beside {
        // Left of it, half-way up, as a list is numbered.
        cost += (y - middle_y).abs() * 0.3;
        cost += if x > middle_x { 4.0 } else { 0.0 };
    } else {
        cost += if y < middle_y { 10.0 } else { 16.0 };
        cost += if x > middle_x {
            (x - frame.right()).abs()
        } else {
            (x - frame.x).abs()
        } * 0.05;
    }
    let from = (x, y);
    let to = body.nearest_of(frame);
    let crossed = lines.iter().filter(|line| crosses(from, to, line));
    let crossed = u32::try_from(crossed.count()).unwrap_or(u32::MAX);
    cost + f64::from(crossed) * CROSSING
}

/// Whether the way from `from` to `to` leads over `rect`, looked at every two pixels.
fn crosses(from: (f64, f64), to: (f64, f64), rect: &Rect) -> bool {
    let length = distance(from, to);
    let mut gone = 0.0;
    while gone < length {
        let part = gone / length;
        let (x, y) = (
            from.0 + (to.0 - from.0) * part,
            from.1 + (to.1 - from.1) * part,
        );
        if x > rect.x && x < rect.right() && y > rect.y && y < rect.bottom() {
            return true;
        }
        gone += 2.0;
    }
    false
}

pub(super) fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    (to.0 - from.0).hypot(to.1 - from.1)
}

/// Where the way from the middle of a circle to `to` leaves it.
pub(super) fn on_circle(middle: (f64, f64), radius: f64, to: (f64, f64)) -> (f64, f64) {
    let length = distance(middle, to);
    if length <= radius {
        return to;
    }
    let part = radius / length;
    (
        middle.0 + (to.0 - middle.0) * part,
        middle.1 + (to.1 - middle.1) * part,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: Body = Body {
        width: 26.0,
        height: 26.0,
    };

    fn rect(x: f64, y: f64, width: f64, height: f64) -> Rect {
        Rect {
            x,
            y,
            width,
            height,
        }
    }

    fn room(lines: Vec<Rect>) -> Room {
        Room {
            page: rect(0.0, 0.0, 400.0, 600.0),
            lines,
            controls: Vec::new(),
        }
    }

    fn spot(frame: Rect) -> Spot {
        Spot { frame, body: BODY }
    }

    #[test]
    fn a_disc_stands_left_of_its_frame_where_there_is_room() {
        let frame = rect(100.0, 100.0, 200.0, 40.0);
        let body = place(&room(Vec::new()), &[spot(frame)]).unwrap()[0];
        assert!(
            body.right() <= frame.x && frame.x - body.right() < 6.0,
            "{body:?}"
        );
        assert!(
            (body.middle().1 - frame.middle().1).abs() < GRID,
            "{body:?}"
        );
    }

    #[test]
    fn a_disc_covers_no_words_and_stays_inside_the_page() {
        let frame = rect(10.0, 100.0, 380.0, 40.0);
        let lines = vec![
            rect(10.0, 70.0, 250.0, 20.0),
            rect(14.0, 110.0, 200.0, 20.0),
            rect(10.0, 150.0, 380.0, 20.0),
        ];
        let room = room(lines.clone());
        let body = place(&room, &[spot(frame)]).unwrap()[0];
        assert!(room.page.contains(&body), "{body:?}");
        assert!(!lines.iter().any(|line| line.meets(&body)), "{body:?}");
    }

    #[test]
    fn discs_meet_neither_one_another_nor_each_others_frames() {
        let frames = [0.0, 1.0, 2.0].map(|row| rect(40.0, 100.0 + row * 30.0, 300.0, 28.0));
        let spots = frames.map(spot);
        let bodies = place(&room(Vec::new()), &spots).unwrap();
        for (index, body) in bodies.iter().enumerate() {
            assert!(!frames.iter().any(|frame| frame.meets(body)), "{body:?}");
            let others = bodies.iter().enumerate();
            assert!(
                !others
                    .filter(|(other, _)| *other != index)
                    .any(|(_, other)| other.meets(body))
            );
        }
    }

    #[test]
    fn a_frame_as_wide_as_the_page_gets_its_disc_at_its_free_end() {
        let frame = rect(2.0, 2.0, 396.0, 596.0);
        let lines = vec![rect(10.0, 10.0, 300.0, 580.0)];
        let body = place(&room(lines), &[spot(frame)]).unwrap()[0];
        assert!(frame.contains(&body) && body.x > 310.0, "{body:?}");
    }

    #[test]
    fn where_there_is_no_room_the_spot_is_named() {
        let frame = rect(2.0, 2.0, 396.0, 596.0);
        let full = room(vec![rect(0.0, 0.0, 400.0, 600.0)]);
        assert_eq!(place(&full, &[spot(frame)]), Err(0));
    }

    #[test]
    fn a_frame_cuts_through_no_words() {
        let marked = rect(50.0, 100.0, 200.0, 60.0);
        assert_eq!(frame(&marked, &[]), marked.grown(FRAME_PAD));
        // Close above, beginning inside and longer, and far below.
        let lines = [
            rect(50.0, 80.0, 300.0, 17.0),
            rect(50.0, 120.0, 250.0, 15.0),
            rect(50.0, 190.0, 300.0, 15.0),
        ];
        let framed = frame(&marked, &lines);
        assert_eq!(framed, rect(45.0, 98.5, 260.0, 66.5));
    }

    #[test]
    fn a_line_begins_at_the_edge_of_its_disc() {
        assert_eq!(on_circle((10.0, 10.0), 5.0, (30.0, 10.0)), (15.0, 10.0));
        assert_eq!(on_circle((10.0, 10.0), 5.0, (12.0, 10.0)), (12.0, 10.0));
    }
}
