//! What must not be seen: in the log, in the database. A program of its own, because it captures the
//! whole log of its process.

#[path = "service/world.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use the rest")]
mod world;

#[path = "service/check_in/holder.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use the rest")]
mod holder;

#[path = "service/console/browser.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use the rest")]
mod browser;

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use skts_issuer::{AuditEntry, AuditFilter};
use skts_provisioning::wire::paths;
use tracing_subscriber::fmt::MakeWriter;

use self::browser::Browser;
use self::holder::Holder;
use self::world::{Device, PASSWORD, SHINKIN, SHINKUMI, World};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// Whether `secret` stands in `haystack`, raw or in a usual encoding.
fn holds(haystack: &[u8], secret: &[u8]) -> bool {
    [
        secret.to_vec(),
        hex::encode(secret).into_bytes(),
        hex::encode_upper(secret).into_bytes(),
        STANDARD.encode(secret).into_bytes(),
        URL_SAFE_NO_PAD.encode(secret).into_bytes(),
        format!("{secret:?}").into_bytes(),
    ]
    .iter()
    .any(|form| {
        let mut windows = haystack.windows(form.len()).enumerate();
        windows
            .any(|(at, window)| window == form.as_slice() && stands_alone(haystack, at, form.len()))
    })
}

/// Whether what was found is not a piece of something longer: any few digits stand in the identifiers
/// of a long log.
fn stands_alone(haystack: &[u8], at: usize, length: usize) -> bool {
    let few = haystack[at..at + length].iter().all(u8::is_ascii_digit) && length <= 8;
    let before = at.checked_sub(1).and_then(|at| haystack.get(at));
    let neighbours = [before, haystack.get(at + length)];
    !few || !neighbours
        .into_iter()
        .flatten()
        .any(u8::is_ascii_alphanumeric)
}

/// What `run` returns, and the whole log of it.
fn logged<T>(run: impl Future<Output = T>) -> (T, Vec<u8>) {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        // Its fractions of seconds are digits like any code's.
        .without_time()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(captured.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let done = tracing::subscriber::with_default(subscriber, || runtime.block_on(run));
    let log = captured.0.lock().unwrap().clone();
    (done, log)
}

/// The whole database, as it is kept.
async fn database(world: &World) -> Vec<u8> {
    world.issuer.close().await;
    match &world.config.database {
        None => std::fs::read(world.config.data.join("issuer.sqlite")).unwrap(),
        Some(_) => world.dump().await.into_bytes(),
    }
}

/// The search does find what is there.
fn is_found_if_planted(mut log: Vec<u8>, secrets: &[Vec<u8>]) {
    let length = log.len();
    for secret in secrets {
        log.extend_from_slice(hex::encode(secret).as_bytes());
        assert!(holds(&log, secret));
        log.truncate(length);
    }
}

#[test]
fn a_whole_run_leaves_no_secret_in_the_log_or_the_database() {
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    let ((entries, database), log) = logged(async {
        let world = World::new().await;
        let (s, k) = (Device::new(), Device::new());
        for (institution, token, device) in [
            (SHINKIN, world.set_up_s(&s).await, &s),
            (SHINKUMI, world.set_up_k(SHINKUMI, "taro", &k).await, &k),
        ] {
            let first = token.code(world.now());
            world.register(&token, "taro", &first).await;
            world.pass(60);
            let (right, wrong) = (token.code(world.now()), token.wrong_code(world.now()));
            for code in [&right, &right, &wrong] {
                world.verify(&token, "taro", code).await;
            }
            // Six zeros stand in any id; what is searched for must be telling.
            secrets.extend([first, right].map(String::into_bytes));
            secrets.extend([token.seed.clone(), world.api_key(institution).into()]);
            secrets.push(hex::decode(world.api_key(institution)).unwrap());
            let mut holder = Holder::of(&token, device);
            for _ in 0..2 {
                secrets.push(holder.ratchet.clone());
                let told = holder.check(&world).await;
                secrets.push(told.advance.expect("moved").0);
            }
            secrets.push(holder.ratchet.clone());
        }
        let body = json!({ "user_id": "000000000000" });
        world
            .post(
                paths::RP_ACTIVATION_STATE,
                body.to_string().into(),
                Some("nokey"),
            )
            .await;
        let all = AuditFilter {
            most: 1000,
            ..AuditFilter::default()
        };
        let entries = world.issuer.audit_entries(&all).await.unwrap();
        (entries, database(&world).await)
    });
    assert!(holds(&log, b"verification"), "the log was captured");
    for secret in &secrets {
        assert!(!holds(&log, secret), "a secret stands in the log");
        if secret.len() >= 32 {
            assert!(!holds(&database, secret), "a secret stands in the database");
        }
    }
    assert!(
        !holds(&log, PASSWORD.as_bytes()),
        "the activation password stands in the log"
    );
    // What an entry says in words: where codes and passwords, too short to be looked for in the whole
    // database, would stand.
    let said = |entry: &AuditEntry| {
        let words = (&entry.actor, &entry.action, &entry.outcome, &entry.detail);
        format!("{words:?}|{:?}", (&entry.subscriber_ref, &entry.state)).into_bytes()
    };
    assert!(entries.len() > 10);
    secrets.push(PASSWORD.into());
    for mut entry in entries {
        for secret in &secrets {
            assert!(!holds(&said(&entry), secret), "in an entry: {entry:?}");
        }
        entry.detail = String::from_utf8(secrets[0].clone()).ok();
        assert!(holds(&said(&entry), &secrets[0]));
    }
    is_found_if_planted(log, &secrets);
}

#[test]
fn a_changed_password_leaves_neither_the_old_nor_the_new_in_the_log_or_the_database() {
    const CHOSEN: &str = "きのうより 7 分早く歩く";
    const PAGE: &str = "/console/password";
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    let (database, log) = logged(async {
        let world = World::new().await;
        let router = world.console();
        let hanako = world.hire("hanako", "operator", None).await;
        let mut browser: Browser = world.seat(&router, &hanako).await;
        for present in ["wrong password 1", browser::PASSWORD] {
            // A wait after the wrong one is over, and the session still there.
            world.pass(600);
            let code = hanako.token.code(world.now());
            let fields = [
                ("present", present),
                ("code", &code),
                ("chosen", CHOSEN),
                ("again", CHOSEN),
            ];
            browser.fill(PAGE, PAGE, &fields).await;
            secrets.push(code.into_bytes());
        }
        let made = world.issuer.reset_staff_password("hanako", "staff").await;
        secrets.push(made.unwrap().into_bytes());
        database(&world).await
    });
    let words = [browser::PASSWORD, CHOSEN, "wrong password 1"];
    for word in words {
        secrets.push(word.into());
        secrets.push(browser::encoded(word).into_bytes());
    }
    for event in ["password_changed", "password_reset"] {
        assert!(holds(&database, event.as_bytes()), "{event} was written");
    }
    assert!(holds(&log, b"password_changed"), "the log was captured");
    for secret in &secrets {
        assert!(!holds(&log, secret), "a secret stands in the log");
        // Six digits stand in any number of bytes; what is searched for must be telling.
        if secret.len() > 8 {
            assert!(!holds(&database, secret), "a secret stands in the database");
        }
    }
    is_found_if_planted(log, &secrets);
}
