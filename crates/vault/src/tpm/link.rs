//! The way to the chip: one command out, one response back, each within a time limit.

use std::fs::OpenOptions;
use std::io::{self, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use skts_sealed::keep_in_memory;
use zeroize::Zeroizing;

use super::chip::ChipError;

/// How long one command may take. Making a key is the longest: a second or two on old chips.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The longest command or response (TCG PC Client Platform TPM Profile: 4096 bytes).
pub(super) const FRAME_LIMIT_BYTES: usize = 4096;
const HEADER_BYTES: usize = 10;

/// Where the chip is: the kernel's resource-managed device, or a simulator's socket.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    time_limit: Duration,
    /// How many commands that overran are still in the chip.
    overdue: Arc<AtomicIsize>,
}

/// A frame as it travels. Some hold secrets, so all are wiped.
pub(super) type Frame = Zeroizing<Vec<u8>>;

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// An open way. What was loaded over the kernel's device is flushed by the kernel when it closes.
pub(super) struct Link {
    commands: SyncSender<Frame>,
    responses: Receiver<io::Result<Frame>>,
    phase: Arc<Phase>,
    late: bool,
    time_limit: Duration,
}

/// Where the command under way stands, between the one who waits and the thread.
struct Phase {
    now: AtomicU8,
    overdue: Arc<AtomicIsize>,
}

const WAITED_FOR: u8 = 0;
const ANSWERED: u8 = 1;
const GIVEN_UP: u8 = 2;

impl Phase {
    /// The answer is here; if nobody waits for it any more, the chip is free again.
    fn answered(&self) {
        if self.now.swap(ANSWERED, Ordering::SeqCst) == GIVEN_UP {
            self.overdue.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Gives the answer up; tells whether it came at the last moment.
    fn give_up(&self) -> bool {
        let came = self.now.swap(GIVEN_UP, Ordering::SeqCst) == ANSWERED;
        if !came {
            self.overdue.fetch_add(1, Ordering::SeqCst);
        }
        came
    }
}

impl Place {
    pub(super) fn at(path: PathBuf) -> Self {
        Self {
            path,
            time_limit: TIME_LIMIT,
            overdue: Arc::default(),
        }
    }

    pub(super) fn with_time_limit(mut self, time_limit: Duration) -> Self {
        self.time_limit = time_limit;
        self
    }

    /// The same with six times the time: chips without a key of their own at hand may search long for
    /// the primes of an RSA key.
    pub(super) fn patient(&self) -> Self {
        self.clone()
            .with_time_limit(self.time_limit.saturating_mul(6))
    }

    /// Whether what is there is a program and not the kernel's device.
    pub(super) fn is_socket(&self) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|found| found.file_type().is_socket())
    }

    /// Opens the way; sends nothing yet.
    pub(super) fn open(&self) -> Result<Link, ChipError> {
        if self.overdue.load(Ordering::SeqCst) > 0 {
            return Err(ChipError::Busy);
        }
        let (commands, incoming) = sync_channel::<Frame>(1);
        let (outgoing, responses) = sync_channel(1);
        let phase = Arc::new(Phase {
            now: AtomicU8::new(WAITED_FOR),
            overdue: Arc::clone(&self.overdue),
        });
        let (path, seen) = (self.path.clone(), Arc::clone(&phase));
        // A thread, because neither device nor socket gives up by itself, not even when it is opened.
        // The handle is not kept: a chip that hangs must not keep the process from ending.
        std::thread::Builder::new()
            .name("tpm".to_owned())
            .spawn(move || {
                let mut opened = open_stream(&path);
                let mut answer = match &opened {
                    Ok(_) => Ok(Frame::default()),
                    Err(error) => Err(io::Error::from(error.kind())),
                };
                loop {
                    // Said before it is sent: once it is received, the next command may be under way.
                    seen.answered();
                    let heard = outgoing.send(answer).is_ok();
                    let (true, Ok(stream), Ok(command)) = (heard, &mut opened, incoming.recv())
                    else {
                        break;
                    };
                    answer = exchange(stream.as_mut(), &command);
                }
            })
            .map_err(|_| ChipError::Absent)?;
        let mut link = Link {
            commands,
            responses,
            phase,
            late: false,
            time_limit: self.time_limit,
        };
        match link.wait()? {
            Ok(_) => Ok(link),
            Err(error) => Err(open_error(error.kind())),
        }
    }
}

impl Link {
    /// Sends a command and waits for its answer. After one that did not come in time there is no
    /// other: it would be taken for the late one.
    pub(super) fn transmit(&mut self, command: Frame) -> Result<Frame, ChipError> {
        if self.late {
            return Err(ChipError::Busy);
        }
        self.phase.now.store(WAITED_FOR, Ordering::SeqCst);
        self.commands
            .try_send(command)
            .map_err(|_| ChipError::Absent)?;
        self.wait()?.map_err(|error| transmit_error(&error))
    }

    /// Whether a command overran: nothing more can be asked here.
    pub(super) fn is_late(&self) -> bool {
        self.late
    }

    fn wait(&mut self) -> Result<io::Result<Frame>, ChipError> {
        match self.responses.recv_timeout(self.time_limit) {
            Ok(answer) => Ok(answer),
            // It is on its way.
            Err(RecvTimeoutError::Timeout) if self.phase.give_up() => {
                self.responses.recv().map_err(|_| ChipError::Absent)
            }
            Err(RecvTimeoutError::Timeout) => {
                self.late = true;
                Err(ChipError::Busy)
            }
            Err(RecvTimeoutError::Disconnected) => Err(ChipError::Absent),
        }
    }
}

/// A chip is a character device, a simulator a socket. Nothing else is written to.
fn open_stream(path: &Path) -> io::Result<Box<dyn Stream>> {
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_socket() {
        return Ok(Box::new(UnixStream::connect(path)?));
    }
    if !kind.is_char_device() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let device = OpenOptions::new().read(true).write(true).open(path)?;
    Ok(Box::new(device))
}

fn open_error(kind: io::ErrorKind) -> ChipError {
    match kind {
        io::ErrorKind::PermissionDenied => ChipError::Denied,
        io::ErrorKind::ResourceBusy | io::ErrorKind::TimedOut => ChipError::Busy,
        _ => ChipError::Absent,
    }
}

/// What the kernel says while it talks to the chip: most of it means "later". It says so with the
/// numbers EPERM (a locality it did not get), EINTR, EAGAIN, EBUSY, ETIME, ETIMEDOUT and ECANCELED.
fn transmit_error(error: &io::Error) -> ChipError {
    match error.raw_os_error() {
        Some(1 | 4 | 11 | 16 | 62 | 110 | 125) => ChipError::Busy,
        _ => ChipError::Absent,
    }
}

/// The device takes a whole command in one write and gives a response in one read; a socket may
/// give it in pieces.
fn exchange(stream: &mut dyn Stream, command: &[u8]) -> io::Result<Frame> {
    stream.write_all(command)?;
    let mut response = Zeroizing::new(vec![0; FRAME_LIMIT_BYTES]);
    keep_in_memory(&response);
    let mut filled = 0_usize;
    loop {
        let room = response.get_mut(filled..).unwrap_or_default();
        let read = stream.read(room)?;
        filled = filled.saturating_add(read);
        let whole = frame_length(response.get(..filled).unwrap_or_default());
        match whole {
            Some(length) if length == filled => break,
            // Longer than it says, or than a frame may be, or cut off.
            Some(length) if length < filled || length > FRAME_LIMIT_BYTES => {
                return Err(io::ErrorKind::InvalidData.into());
            }
            _ if read == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {}
        }
    }
    response.truncate(filled);
    Ok(response)
}

/// What a frame's header says of its length, once the header is there.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let header = bytes.first_chunk::<HEADER_BYTES>()?;
    let length = u32::from_be_bytes([header[2], header[3], header[4], header[5]]);
    usize::try_from(length).ok()
}
