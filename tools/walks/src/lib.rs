//! Walks of the sample bank's pages through the procedures of the guides, with a picture of every step,
//! the same to the byte in every run.
//!
//! A walk is data: a TOML file in `walks/`, which anybody who makes the guide can read and change. From it
//! come the chapters, the steps, their words and their pictures.
//!
//! ```toml
//! guide = "000"                  # three digits
//! chapter = 4                    # its place in the guide, one walk a chapter
//! title = "利用開始"              # pictures are guide/000-04-利用開始-1.png, -2.png, …
//! face = "pc"                    # pc, smartphone or feature
//! style = "shinkin"              # shinkin or shinkumi
//! effective = "at-once"          # payments with a new token: at-once (the default) or next-day
//! also = [{ face = "smartphone", chapter = 5, title = "…" }]   # the same on another face
//! prepare = [{ phone = "old" }]  # what was before the first step
//!
//! [[step]]
//! title = "利用者認証"
//! says = "契約者IDとログインパスワードを入力します。"
//! alt = "利用者認証の画面。契約者IDとログインパスワードの欄に印があります。"
//! of = ["000:266 ②"]             # the guides' steps this is, as docs/guides.md names them
//! screen = "OTS001"              # the 画面ID the picture has to be of
//! place = "customer"             # or counter: its staff's own browser
//! do = [{ type = "{contract id}", into = "contract_id" }]    # before the picture
//! callouts = [{ mark = "①", on = "contract_id", to = "login_password" }]   # callouts::Callout
//! then = [{ click = "次へ" }]                                 # after it
//! ```
//!
//! `title`, `says` and `alt` are in Japanese; each may have an English twin (`title_en`, …). An act is one
//! of these:
//!
//! | act | what it does |
//! |---|---|
//! | `go = "/home"` | to that page of the bank |
//! | `click = "次へ"` | presses the link, button or choice of these words, name or CSS selector |
//! | `type = "…", into = "code"` | types into the field of this name or label |
//! | `keys = "…", into = "confirmation_password"` | the same on the software keyboard |
//! | `screen = "OTS002"` | waits for this 画面ID |
//! | `says = "受付番号"` | waits until the page has these words |
//! | `pass_secs = 30`, `pass_days = 1` | the clock goes on; it stands still otherwise |
//! | `phone = "old"` | a new phone with the app, by this name |
//! | `activate = "phone", password = "48271536"` | the same, with the IDs that トークン発行 shows now |
//! | `card = "card", serial = "GM00000001"` | a hardware token known to the service (`until = "2031-09-30"`) |
//! | `counter = "send", serial = "{card serial}"` | the counter does it: `send`, `swap`, `reissue`, `hold`, `release` |
//! | `use = "login"` | the acts of this name in `acts.toml` |
//!
//! In what is typed `{contract id}`, `{login password}`, `{confirmation password}`, `{asked digit}` and
//! `{mailed password}` stand for the customer's own, and `{code}`, `{serial}`, `{wrong code}` and
//! `{used code}` for the newest token's, or with a name before them (`{old code}`) for that one's. A code
//! is good once: the clock has to go on before the next.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, bail};
use skts_sample_bank::Signboard;
use skts_tests::chromium;
use skts_tests::programs::{installed, workspace};

pub use walk::Face;

use walk::Walk;

mod act;
mod browser;
pub mod callouts;
mod clock;
mod perform;
mod stage;
mod token;
mod walk;

/// What is to be taken.
pub struct Order<'a> {
    /// Folder for the pictures, made if it is not there.
    pub out: &'a Path,
    /// Which pictures, by their names.
    pub wanted: &'a (dyn Fn(&str) -> bool + Sync),
    /// The institution whose guide it is; none for the sample's own name and colour.
    pub institution: Option<BankName>,
    /// Called with each picture's name when it is saved, from several threads.
    pub told: &'a (dyn Fn(&str) + Sync),
}

impl std::fmt::Debug for Order<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Order")
            .field("out", &self.out)
            .field("institution", &self.institution)
            .finish_non_exhaustive()
    }
}

/// A bank's name and colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankName {
    /// In Japanese.
    pub name: String,
    /// `#rrggbb`.
    pub accent: String,
}

/// A picture that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Such as `guide/000-04-利用開始-2`.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// The walk, by its file's name.
    pub walk: String,
    /// The step, from 1.
    pub step: usize,
}

/// A picture that can be taken, and what is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Such as `guide/000-04-利用開始-2`.
    pub name: String,
    /// The walk, by its file's name.
    pub walk: String,
    /// Three digits.
    pub guide: String,
    /// Place of the chapter in the guide.
    pub chapter: u8,
    /// Title of the chapter.
    pub chapter_title: Words,
    /// The face it is drawn for; of a step at the counter, that is the customer's.
    pub face: Face,
    /// The step, from 1.
    pub step: usize,
    /// The 画面ID.
    pub screen: String,
    /// What the step is called.
    pub title: Words,
    /// What the customer does, one sentence.
    pub says: Words,
    /// What the picture shows, one sentence.
    pub alt: Words,
    /// The guides' steps it is, such as `000:266 ②`.
    pub of: Vec<String>,
    /// The marks on it, in order, each with its words if it has any.
    pub marks: Vec<(String, Option<String>)>,
}

/// A text, and its English twin where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: Option<String>,
}

/// Takes what `order` says. Walks go side by side, as many as the machine has cores.
///
/// # Errors
/// When a walk is not well written, a step of one fails (with its file and line), or Chromium or the fonts are not installed. Walks under way then go on to their end, and no other is begun.
pub fn take(order: &Order<'_>) -> Result<Vec<Taken>> {
    take_from(&folder(), order)
}

/// As [`take`], with the walks of another folder.
///
/// # Errors
/// As [`take`].
pub fn take_from(walks: &Path, order: &Order<'_>) -> Result<Vec<Taken>> {
    for program in chromium::NEEDED {
        if !installed(program) {
            bail!("{program} is not installed");
        }
    }
    let signboard = match &order.institution {
        None => None,
        Some(BankName { name, accent }) => Some(Signboard::new(name, accent)?),
    };
    let mut walks = walk::all(walks)?;
    walks.retain(|walk| (1..=walk.steps.len()).any(|number| (order.wanted)(&walk.picture(number))));
    // The longest first: what is begun last is soon done.
    let mut queue: Vec<&Walk> = walks.iter().collect();
    queue.sort_by_key(|walk| std::cmp::Reverse(walk.steps.len()));
    let queue = Mutex::new(VecDeque::from(queue));
    let (taken, failed) = (Mutex::new(Vec::new()), Mutex::new(None));
    let at_once = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while lock(&failed).is_none() {
                    let Some(walk) = lock(&queue).pop_front() else {
                        return;
                    };
                    match perform::perform(walk, order, signboard.clone()) {
                        Ok(more) => lock(&taken).extend(more),
                        Err(error) => {
                            lock(&failed).get_or_insert(error);
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = lock(&failed).take() {
        return Err(error);
    }
    let mut taken = taken.into_inner().unwrap_or_else(PoisonError::into_inner);
    taken.sort_by(|one, other| (&one.walk, one.step).cmp(&(&other.walk, other.step)));
    Ok(taken)
}

/// Every picture, in the order of the guides, without walking anything.
///
/// # Errors
/// When a walk is not well written; file, line, field and what was expected are said.
pub fn list() -> Result<Vec<Listed>> {
    let walks = walk::all(&folder()).context("the walks")?;
    Ok(walks.iter().flat_map(listed).collect())
}

fn listed(walk: &Walk) -> Vec<Listed> {
    let words = |ja: &str, en: &Option<String>| Words {
        ja: ja.to_owned(),
        en: en.clone(),
    };
    let steps = (1..).zip(&walk.steps);
    steps
        .map(|(number, step)| Listed {
            name: walk.picture(number),
            walk: walk.name.clone(),
            guide: walk.guide.clone(),
            chapter: walk.chapter,
            chapter_title: words(&walk.title, &walk.title_en),
            face: walk.face,
            step: number,
            screen: step.screen.clone(),
            title: words(&step.title, &step.title_en),
            says: words(&step.says, &step.says_en),
            alt: words(&step.alt, &step.alt_en),
            of: step.of.clone(),
            marks: step
                .callouts
                .iter()
                .map(|spot| (spot.mark.clone(), spot.text.clone()))
                .collect(),
        })
        .collect()
}

/// Where the walks are.
fn folder() -> PathBuf {
    workspace().join("tools/walks/walks")
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
