//! What is made of a chip's answers, whatever they are.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::sync::Mutex;

use rand_core::OsRng;
use tempfile::TempDir;

use super::chip::Parent;
use super::*;
use crate::{MachineId, MemoryKeyStore};

const SHORT: Duration = Duration::from_millis(200);

/// Something at a socket that answers each command with what `answer` makes of it.
struct FakeChip {
    folder: TempDir,
    commands: std::sync::Arc<Mutex<Vec<Vec<u8>>>>,
}

impl FakeChip {
    fn start(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("socket")).unwrap();
        let commands = std::sync::Arc::new(Mutex::new(Vec::new()));
        let seen = std::sync::Arc::clone(&commands);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut command = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut command) {
                    let command = &command[..length];
                    seen.lock().unwrap().push(command.to_vec());
                    if stream.write_all(&answer(command)).is_err() {
                        break;
                    }
                }
            }
        });
        Self { folder, commands }
    }

    fn tpm(&self) -> Tpm {
        Tpm::at(self.folder.path().join("socket")).with_time_limit(SHORT)
    }

    fn make(&self) -> DeviceKeyError {
        let memory = std::sync::Arc::new(MemoryKeyStore::new());
        let store: std::sync::Arc<dyn crate::KeyStore> = memory.clone();
        let machine = MachineId::from_system_text("one").unwrap();
        let context = DeviceKeyContext {
            profile_id: "p",
            app_id: "jp.example.skts",
            machine: &machine,
            key_store: &store,
        };
        let made = self.tpm().make(&context, &mut OsRng);
        assert!(
            memory.items().is_empty(),
            "nothing is written for a key that is not made"
        );
        made.err().expect("this chip makes no key")
    }
}

fn refusal(code: u32) -> Vec<u8> {
    [&[0x80, 1, 0, 0, 0, 10], code.to_be_bytes().as_slice()].concat()
}

/// Every code by which a chip says "later" (TCG TPM 2.0 Library, Part 2 §6.6.3), with its lockout.
const LATER: [u32; 12] = [
    0x901, 0x902, 0x903, 0x904, 0x905, 0x906, 0x908, 0x909, 0x90a, 0x920, 0x922, 0x923,
];
const LOCKOUT: u32 = 0x921;

#[test]
fn asks_again_when_the_chip_says_later_and_then_says_busy() {
    let ask = |code| {
        let chip = FakeChip::start(move |_| refusal(code));
        assert_eq!(chip.make(), DeviceKeyError::Busy, "{code:#x}");
        let asked = chip.commands.lock().unwrap().len();
        assert_eq!(asked, 7, "{code:#x}: the first time and six more");
    };
    // Each takes 1.3 seconds, nearly all of it asleep.
    std::thread::scope(|scope| {
        for code in LATER {
            scope.spawn(move || ask(code));
        }
    });
}

#[test]
fn goes_on_when_the_chip_answers_after_all() {
    let asked = Mutex::new(0);
    let chip = FakeChip::start(move |_| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        match *asked {
            1..=3 => refusal(0x922),
            // Another kind of answer: what the chip says to the command itself.
            _ => refusal(0x101),
        }
    });
    assert_eq!(chip.make(), DeviceKeyError::Absent);
    // Four times for the first command; then the failure was final.
    assert_eq!(chip.commands.lock().unwrap().len(), 4);
}

#[test]
fn gives_each_answer_its_meaning() {
    for (code, meaning) in [
        (LOCKOUT, ChipError::Busy),
        (0x100, ChipError::Absent),
        (0x101, ChipError::Absent),
        (0x120, ChipError::Absent),
        (0x12d, ChipError::Absent),
        (0x130, ChipError::Absent),
        (0x153, ChipError::Absent),
        (0x1df, ChipError::Foreign),
        (0x98e, ChipError::Auth),
        (0x9a2, ChipError::Auth),
        (0x3c7, ChipError::Unsupported),
        (0x2c3, ChipError::Unsupported),
        (0x143, ChipError::Unsupported),
        (0x18b, ChipError::Refused),
        (0x149, ChipError::Refused),
        (0xffff_ffff, ChipError::Refused),
        (0x80280400, ChipError::Refused),
    ] {
        let frame = zeroize::Zeroizing::new(refusal(code));
        let parsed = frame::Response::parse(frame).err();
        assert_eq!(parsed, Some(meaning), "{code:#x}");
    }
}

#[test]
fn a_chip_that_answers_late_is_busy_and_is_not_asked_again_meanwhile() {
    let chip = FakeChip::start(|_| {
        std::thread::sleep(SHORT * 4);
        refusal(0x101)
    });
    let tpm = chip.tpm();
    let talk = || Chip::open(&tpm.place).and_then(|mut chip| chip.manufacturer());
    assert_eq!(talk(), Err(ChipError::Busy));
    assert_eq!(talk(), Err(ChipError::Busy));
    assert_eq!(chip.commands.lock().unwrap().len(), 1);
    std::thread::sleep(SHORT * 5);
    assert_eq!(talk(), Err(ChipError::Busy), "it is late again");
    assert_eq!(chip.commands.lock().unwrap().len(), 2);
}

#[test]
fn a_chip_that_hangs_with_something_loaded_holds_nobody_up_twice() {
    let asked = Mutex::new(0);
    let chip = FakeChip::start(move |_| {
        let mut asked = asked.lock().unwrap();
        *asked += 1;
        if *asked > 1 {
            std::thread::sleep(SHORT * 4);
        }
        // A handle, and nothing where parameters would be.
        [&[0x80, 2, 0, 0, 0, 14, 0, 0, 0, 0], &[0x80, 0, 0, 0][..]].concat()
    });
    let tpm = chip.tpm();
    let object = Object {
        public: Vec::new(),
        private: Vec::new(),
    };
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut chip = Chip::open(&tpm.place).unwrap();
        let loaded = chip.load(chip::Loaded(0x8100_0001), &object).unwrap();
        let late = chip.load(loaded, &object).map(drop);
        // The next is not taken for the late answer, and the end asks for nothing more.
        let next = chip.manufacturer();
        drop(chip);
        let _ = tell.send((late, next));
    });
    let ended = told.recv_timeout(SHORT * 3).expect("it hangs");
    assert_eq!(ended, (Err(ChipError::Busy), Err(ChipError::Busy)));
    assert_eq!(chip.commands.lock().unwrap().len(), 2);
}

#[test]
fn a_chip_that_never_answers_is_busy_every_time() {
    let chip = FakeChip::start(|_| {
        std::thread::sleep(Duration::from_secs(60));
        Vec::new()
    });
    for _ in 0..60 {
        // Each time somebody new, who knows of no other command that hangs.
        let tpm = chip.tpm().with_time_limit(Duration::from_millis(15));
        let asked = Chip::open(&tpm.place).and_then(|mut chip| chip.manufacturer());
        assert_eq!(asked, Err(ChipError::Busy));
    }
}

/// A whole answer to the question who made the chip.
fn manufacturer() -> Vec<u8> {
    let mut frame = vec![0x80, 1, 0, 0, 0, 27, 0, 0, 0, 0, 0];
    frame.extend([0, 0, 0, 6, 0, 0, 0, 1, 0, 0, 1, 5]);
    frame.extend(b"TEST");
    frame
}

#[test]
fn an_answer_that_is_none_is_refused() {
    let whole = || {
        let mut frame = vec![0x80, 1, 0, 0, 0, 27, 0, 0, 0, 0];
        frame.extend([0; 17]);
        frame
    };
    // What a chip would say, so that each of these is refused for what it says of itself.
    let good = FakeChip::start(move |_| manufacturer());
    let asked = Chip::open(&good.tpm().place).and_then(|mut chip| chip.manufacturer());
    assert_eq!(asked, Ok(*b"TEST"));
    for (name, answer) in [
        ("nothing", Vec::new()),
        ("a piece of a header", vec![0x80, 1, 0]),
        (
            "another tag",
            [&[0x12, 0x34], &manufacturer()[2..]].concat(),
        ),
        ("cut short", whole()[..20].to_vec()),
        ("longer than it says", [whole(), vec![0]].concat()),
        (
            "longer than may be",
            [&[0x80, 1, 0, 1, 0, 0, 0, 0, 0, 0], &[0; 4080][..]].concat(),
        ),
        ("about something else", whole()),
    ] {
        let chip = FakeChip::start(move |_| answer.clone());
        let asked = Chip::open(&chip.tpm().place).and_then(|mut chip| chip.manufacturer());
        assert!(
            matches!(
                asked,
                Err(ChipError::Refused | ChipError::Absent | ChipError::Busy)
            ),
            "{name}: {asked:?}"
        );
    }
}

#[test]
fn the_state_for_each_failure_of_the_chip_is_no_new_key() {
    for (error, state) in [
        (ChipError::Absent, crate::OpenError::ChipAbsent),
        (ChipError::Denied, crate::OpenError::ChipAbsent),
        (ChipError::Refused, crate::OpenError::ChipAbsent),
        (ChipError::Busy, crate::OpenError::ChipBusy),
        (ChipError::Foreign, crate::OpenError::DeviceKeyGone),
    ] {
        let told = crate::OpenError::from(DeviceKeyError::from(error));
        assert_eq!(told, state);
    }
}

#[test]
fn a_piece_of_another_form_is_told_apart() {
    let object = Object {
        public: vec![1; 80],
        private: vec![2; 120],
    };
    let piece = Piece {
        parent: Parent {
            kept: true,
            name: vec![3; 34],
            owner: vec![4; 34],
        },
        signing_key: object.clone(),
        derivation_key: object,
    };
    let bytes = piece.encode();
    Piece::decode(&bytes).unwrap();
    for length in 0..bytes.len() {
        let cut = Piece::decode(&bytes[..length]).err();
        assert_eq!(cut, Some(DeviceKeyError::Damaged), "{length}");
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert_eq!(Piece::decode(&longer).err(), Some(DeviceKeyError::Damaged));
    let mut newer = bytes;
    newer[11] = 2;
    assert_eq!(
        Piece::decode(&newer).err(),
        Some(DeviceKeyError::NewerFormat)
    );
}
