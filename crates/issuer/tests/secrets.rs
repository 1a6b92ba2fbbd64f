//! What must not be seen: in the log, in the database. A program of its own, because it captures the
//! whole log of its process.

#[path = "service/world.rs"]
#[expect(dead_code, reason = "shared with the other tests, which use the rest")]
mod world;

use std::io::Write;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;
use skts_provisioning::wire::paths;
use tracing_subscriber::fmt::MakeWriter;

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
        haystack
            .windows(form.len())
            .any(|window| window == form.as_slice())
    })
}

#[test]
fn a_whole_run_leaves_no_secret_in_the_log_or_the_database() {
    let captured = Captured::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(captured.clone())
        .finish();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    let database = tracing::subscriber::with_default(subscriber, || {
        runtime.block_on(async {
            let world = World::new().await;
            let (s, k) = (Device::new(), Device::new());
            for (institution, token) in [
                (SHINKIN, world.set_up_s(&s).await),
                (SHINKUMI, world.set_up_k(SHINKUMI, "taro", &k).await),
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
            }
            let body = json!({ "user_id": "000000000000" });
            world
                .post(
                    paths::RP_ACTIVATION_STATE,
                    body.to_string().into(),
                    Some("nokey"),
                )
                .await;
            world.issuer.close().await;
            match &world.config.database {
                None => std::fs::read(world.config.data.join("issuer.sqlite")).unwrap(),
                Some(_) => world.dump().await.into_bytes(),
            }
        })
    });
    let mut log = captured.0.lock().unwrap().clone();
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
    // The search does find what is there.
    for secret in &secrets {
        let length = log.len();
        log.extend_from_slice(hex::encode(secret).as_bytes());
        assert!(holds(&log, secret));
        log.truncate(length);
    }
}
