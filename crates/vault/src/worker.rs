//! One thread that owns the keystore.
//!
//! Keystore calls block, and on Linux a prompt that nobody answers blocks for ever. So one thread
//! makes them all, and a caller waits for a limited time. A call that overruns stays the only one
//! in flight: further calls are answered [`KeyStoreError::Slow`] at once until it ends, so that
//! prompts do not pile up.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use skts_sealed::SecretBytes;

use crate::{KeyStore, KeyStoreError, KeyStoreKind};

/// How long a caller waits for a keystore before it is called slow.
pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(5);

type Job = Box<dyn FnOnce(&dyn KeyStore) -> Answer + Send>;

enum Answer {
    Done(Result<(), KeyStoreError>),
    Read(Result<SecretBytes, KeyStoreError>),
}

/// Runs the calls of another keystore on one thread of its own, with a time limit.
pub struct Worker {
    kind: KeyStoreKind,
    time_limit: Duration,
    line: Mutex<Line>,
}

/// The way to the thread; its mutex is held by whoever is waiting for an answer.
struct Line {
    jobs: Option<SyncSender<Job>>,
    answers: Receiver<Answer>,
    overdue: bool,
}

impl Worker {
    /// Starts the thread around `key_store`, which is never called from any other.
    ///
    /// If no thread can be started, every call is answered [`KeyStoreError::Absent`].
    pub fn new(key_store: Box<dyn KeyStore>, time_limit: Duration) -> Self {
        let kind = key_store.kind();
        let (jobs, incoming) = sync_channel::<Job>(1);
        let (outgoing, answers) = sync_channel::<Answer>(1);
        // The handle is not kept: a call that hangs must not keep the process from ending.
        let started = std::thread::Builder::new()
            .name("keystore".to_owned())
            .spawn(move || {
                while let Ok(job) = incoming.recv() {
                    if outgoing.send(job(key_store.as_ref())).is_err() {
                        break;
                    }
                }
            });
        let jobs = started.is_ok().then_some(jobs);
        Self {
            kind,
            time_limit,
            line: Mutex::new(Line {
                jobs,
                answers,
                overdue: false,
            }),
        }
    }

    fn run(&self, job: Job) -> Result<Answer, KeyStoreError> {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        if line.overdue {
            match line.answers.try_recv() {
                // The late answer belongs to a caller who has gone; it is wiped by its drop.
                Ok(_) => line.overdue = false,
                Err(TryRecvError::Empty) => return Err(KeyStoreError::Slow),
                Err(TryRecvError::Disconnected) => return Err(KeyStoreError::Refused),
            }
        }
        let jobs = line.jobs.as_ref().ok_or(KeyStoreError::Absent)?;
        jobs.send(job).map_err(|_| KeyStoreError::Refused)?;
        match line.answers.recv_timeout(self.time_limit) {
            Ok(answer) => Ok(answer),
            Err(RecvTimeoutError::Timeout) => {
                line.overdue = true;
                Err(KeyStoreError::Slow)
            }
            // The thread panicked inside the store.
            Err(RecvTimeoutError::Disconnected) => Err(KeyStoreError::Refused),
        }
    }

    fn run_plain(&self, job: Job) -> Result<(), KeyStoreError> {
        match self.run(job)? {
            Answer::Done(done) => done,
            Answer::Read(_) => Err(KeyStoreError::Refused),
        }
    }
}

impl KeyStore for Worker {
    fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
        let (name, value) = (name.to_owned(), SecretBytes::from_slice(value));
        self.run_plain(Box::new(move |store| {
            // EXPOSE: the bytes go to the keystore, which is what they are for.
            Answer::Done(store.put(&name, value.expose_secret()))
        }))
    }

    fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
        let name = name.to_owned();
        match self.run(Box::new(move |store| Answer::Read(store.get(&name))))? {
            Answer::Read(read) => read,
            Answer::Done(_) => Err(KeyStoreError::Refused),
        }
    }

    fn delete(&self, name: &str) -> Result<(), KeyStoreError> {
        let name = name.to_owned();
        self.run_plain(Box::new(move |store| Answer::Done(store.delete(&name))))
    }

    fn probe(&self) -> Result<(), KeyStoreError> {
        self.run_plain(Box::new(|store| Answer::Done(store.probe())))
    }

    fn kind(&self) -> KeyStoreKind {
        self.kind
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::MemoryKeyStore;

    /// A store whose `get` waits until a message comes, like a prompt that nobody answers.
    struct Prompting {
        store: MemoryKeyStore,
        answered: Mutex<Receiver<()>>,
    }

    impl KeyStore for Prompting {
        fn put(&self, name: &str, value: &[u8]) -> Result<(), KeyStoreError> {
            self.store.put(name, value)
        }
        fn get(&self, name: &str) -> Result<SecretBytes, KeyStoreError> {
            self.answered
                .lock()
                .unwrap()
                .recv()
                .map_err(|_| KeyStoreError::Locked)?;
            self.store.get(name)
        }
        fn delete(&self, _: &str) -> Result<(), KeyStoreError> {
            panic!("inside the store")
        }
        fn probe(&self) -> Result<(), KeyStoreError> {
            self.store.probe()
        }
        fn kind(&self) -> KeyStoreKind {
            KeyStoreKind::Memory
        }
    }

    fn prompting(time_limit: Duration) -> (SyncSender<()>, Worker) {
        let (answer, answered) = sync_channel(1);
        let store = Prompting {
            store: MemoryKeyStore::new(),
            answered: Mutex::new(answered),
        };
        (answer, Worker::new(Box::new(store), time_limit))
    }

    #[test]
    fn passes_calls_and_answers_through() {
        let (answer, worker) = prompting(Duration::from_secs(60));
        worker.put("a", b"value").unwrap();
        answer.send(()).unwrap();
        assert_eq!(worker.get("a").unwrap().expose_secret(), b"value");
        answer.send(()).unwrap();
        assert_eq!(worker.get("b").err(), Some(KeyStoreError::Missing));
        worker.probe().unwrap();
    }

    #[test]
    fn says_slow_until_the_call_in_flight_ends_and_then_works_again() {
        let (answer, worker) = prompting(Duration::from_millis(20));
        worker.put("a", b"value").unwrap();
        assert_eq!(worker.get("a").err(), Some(KeyStoreError::Slow));
        // At once, and whatever is asked: nothing is queued behind the prompt.
        assert_eq!(worker.put("a", b"later"), Err(KeyStoreError::Slow));
        assert_eq!(worker.probe(), Err(KeyStoreError::Slow));
        answer.send(()).unwrap();
        while worker.probe() == Err(KeyStoreError::Slow) {
            std::thread::yield_now();
        }
        answer.send(()).unwrap();
        let read = worker.get("a");
        let read = read.as_ref().map(|value| value.expose_secret());
        assert!(
            matches!(read, Ok(b"value") | Err(KeyStoreError::Slow)),
            "the refused put never ran"
        );
    }

    #[test]
    fn serves_several_threads_without_calling_any_of_them_slow() {
        let worker = Arc::new(Worker::new(Box::new(MemoryKeyStore::new()), TIME_LIMIT));
        std::thread::scope(|scope| {
            for number in 0..8u8 {
                let worker = Arc::clone(&worker);
                scope.spawn(move || {
                    let name = format!("item{number}");
                    for _ in 0..200 {
                        worker.put(&name, &[number]).unwrap();
                        assert_eq!(worker.get(&name).unwrap().expose_secret(), [number]);
                    }
                });
            }
        });
    }

    #[test]
    fn survives_a_store_that_panics() {
        let (_answer, worker) = prompting(Duration::from_secs(60));
        assert_eq!(worker.delete("a"), Err(KeyStoreError::Refused));
        assert_eq!(worker.probe(), Err(KeyStoreError::Refused));
    }
}
