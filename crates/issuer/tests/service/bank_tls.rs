//! Banks over mutual TLS: who gets in, over what, and what a bound key is good for there.
#![cfg(unix)]

#[path = "bank_tls/peers.rs"]
mod peers;
#[path = "bank_tls/program.rs"]
mod program;

use std::time::Duration;

use axum::http::StatusCode;
use rustls::AlertDescription;
use rustls::version::{TLS12, TLS13};
use serde_json::{Value, json};
use skts_issuer::rules::scope::Scopes;
use skts_issuer::{BankTls, BankTlsError, ConnectionLimits, Thumbprint};
use skts_provisioning::wire::paths;
use tokio::net::TcpStream;

use self::peers::{Authority, House, LIMITS, pem, set_mode, write};
use crate::world::{Answer, SHINKIN, World};

const BODY: &str = r#"{"subscriber_ref":"taro"}"#;

async fn made(world: &World, name: &str, bound_to: Option<Thumbprint>) -> String {
    let key = world
        .issuer
        .add_bank_key(SHINKIN, name, Scopes::all(), None, bound_to);
    key.await.unwrap().api_key.unwrap()
}

async fn plain(world: &World, key: &str) -> Answer {
    let body = BODY.as_bytes().to_vec();
    world.post(paths::RP_TOKEN_STATE, body, Some(key)).await
}

/// A problem without what is each call's own.
fn problem(answer: &Answer) -> (StatusCode, Value) {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id");
    (answer.status, body)
}

#[tokio::test]
async fn only_a_certificate_of_the_banks_authority_shakes_hands() {
    let (world, house) = (World::new().await, House::new());
    let address = house.serve(&world, LIMITS).await;
    let key = world.api_key(SHINKIN);
    let (bank, stranger) = (house.banks.bank(), Authority::new("another's").bank());
    let refused = async |paper| house.program(address, paper).refused_with().await;
    assert_eq!(refused(None).await, AlertDescription::CertificateRequired);
    assert_eq!(refused(Some(&stranger)).await, AlertDescription::UnknownCA);
    // The service's own authority vouches for no bank, and a service's certificate is no bank's.
    let ours = house.ours.bank();
    assert_eq!(refused(Some(&ours)).await, AlertDescription::UnknownCA);
    let service = house.banks.service();
    let alert = refused(Some(&service)).await;
    assert_eq!(alert, AlertDescription::UnsupportedCertificate);
    let program = house.program(address, Some(&bank));
    let answer = program.call(paths::RP_TOKEN_STATE, BODY, key).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_certificate_is_good_until_its_end_by_the_services_clock() {
    let (world, house) = (World::new().await, House::new());
    let address = house.serve(&world, LIMITS).await;
    let bank = house.banks.bank_until(2026, 12);
    let program = house.program(address, Some(&bank));
    let key = world.api_key(SHINKIN);
    let answer = program.call(paths::RP_TOKEN_STATE, BODY, key).await;
    assert_eq!(answer.status, StatusCode::OK);
    world.pass(30 * 86_400);
    // The same program: what it was let in with before does not let it in again.
    let refused = program.refused_with().await;
    assert_eq!(refused, AlertDescription::CertificateExpired);
}

#[tokio::test]
async fn tls_before_1_3_is_refused() {
    let (world, house) = (World::new().await, House::new());
    let address = house.serve(&world, LIMITS).await;
    let bank = house.banks.bank();
    let old = house.program_of(address, Some(&bank), &TLS12);
    assert_eq!(old.refused_with().await, AlertDescription::ProtocolVersion);
    let new = house.program_of(address, Some(&bank), &TLS13);
    let key = world.api_key(SHINKIN);
    let answer = new.call(paths::RP_TOKEN_STATE, BODY, key).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bound_key_is_good_over_its_certificate_and_over_nothing_else() {
    let (world, house) = (World::new().await, House::new());
    let address = house.serve(&world, LIMITS).await;
    let (own, others) = (house.banks.bank(), house.banks.bank());
    let bound = made(&world, "bound", Some(own.thumbprint())).await;
    let unknown = "00".repeat(32);
    let over = async |paper, key: &str| {
        let program = house.program(address, Some(paper));
        program.call(paths::RP_TOKEN_STATE, BODY, key).await
    };
    // Twice: looked up, and known from before.
    for _ in 0..2 {
        let expected = problem(&plain(&world, &unknown).await);
        assert_eq!(expected.0, StatusCode::UNAUTHORIZED);
        assert_eq!(problem(&plain(&world, &bound).await), expected);
        assert_eq!(problem(&over(&others, &bound).await), expected);
        assert_eq!(problem(&over(&own, &unknown).await), expected);
        assert_eq!(over(&own, &bound).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_unbound_key_is_good_both_ways() {
    let (world, house) = (World::new().await, House::new());
    let address = house.serve(&world, LIMITS).await;
    let key = made(&world, "unbound", None).await;
    assert_eq!(plain(&world, &key).await.status, StatusCode::OK);
    for paper in [house.banks.bank(), house.banks.bank()] {
        let program = house.program(address, Some(&paper));
        let answer = program.call(paths::RP_TOKEN_STATE, BODY, &key).await;
        assert_eq!(answer.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn a_bound_key_over_the_wrong_way_costs_the_bank_none_of_its_calls() {
    let world = World::with(|config| config.bank_burst = 1).await;
    let house = House::new();
    let address = house.serve(&world, LIMITS).await;
    let own = house.banks.bank();
    let bound = made(&world, "bound", Some(own.thumbprint())).await;
    for _ in 0..3 {
        assert_eq!(
            plain(&world, &bound).await.status,
            StatusCode::UNAUTHORIZED,
            "never 429: that would tell that there is such a key"
        );
    }
    let program = house.program(address, Some(&own));
    let answer = program.call(paths::RP_TOKEN_STATE, BODY, &bound).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn banks_find_their_own_calls_there_and_no_others() {
    let (world, house) = (World::new().await, House::new());
    let address = house.serve(&world, LIMITS).await;
    let bank = house.banks.bank();
    let program = house.program(address, Some(&bank));
    let key = world.api_key(SHINKIN);
    for path in [
        paths::ACTIVATION_BEGIN,
        paths::ACTIVATION_FINISH,
        paths::SELF_HELLO,
        paths::SELF_ISSUE,
        paths::CONFIRM,
        paths::HEALTHZ,
        paths::OPENAPI,
        "/metrics",
        "/console",
    ] {
        let answer = program.call(path, "{}", key).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        let there = world.post(path, b"{}".to_vec(), Some(key)).await;
        let elsewhere = path == "/metrics" || path == "/console";
        assert_eq!(there.status == StatusCode::NOT_FOUND, elsewhere, "{path}");
    }
}

#[tokio::test]
async fn a_silent_handshake_holds_nobody_up_and_is_cut_off() {
    let (world, house) = (World::new().await, House::new());
    let bank = house.banks.bank();
    let key = world.api_key(SHINKIN);
    let head_within = Duration::from_secs(2);
    // Others are taken in while somebody says nothing …
    let limits = ConnectionLimits {
        at_once: 100,
        head_within: Duration::from_secs(3600),
    };
    let address = house.serve(&world, limits).await;
    let _silent = TcpStream::connect(address).await.unwrap();
    let program = house.program(address, Some(&bank));
    let answer = program.call(paths::RP_TOKEN_STATE, BODY, key);
    let answer = tokio::time::timeout(Duration::from_secs(5), answer).await;
    assert_eq!(answer.expect("in time").status, StatusCode::OK);
    // … and where there is one place only, it is free again once the handshake is out of time.
    let limits = ConnectionLimits {
        at_once: 1,
        head_within,
    };
    let address = house.serve(&world, limits).await;
    let _silent = TcpStream::connect(address).await.unwrap();
    let program = house.program(address, Some(&bank));
    let answer = program.call(paths::RP_TOKEN_STATE, BODY, key).await;
    assert_eq!(answer.status, StatusCode::OK);
}

#[tokio::test]
async fn a_bound_key_is_listed_and_written_down_with_its_certificate() {
    let (world, house) = (World::new().await, House::new());
    let bank = house.banks.bank();
    let shown = bank.thumbprint().to_string();
    assert_eq!(shown.len(), 43, "base64url of 32 bytes: {shown}");
    made(&world, "bound", Some(bank.thumbprint())).await;
    made(&world, "unbound", None).await;
    let listed = world.issuer.bank_keys(SHINKIN).await.unwrap();
    let listed = |name: &str| {
        let key = listed.iter().find(|key| key.name == name).unwrap();
        json!(key)["x5t#S256"].clone()
    };
    assert_eq!(listed("bound"), json!(shown));
    assert_eq!(listed("unbound"), Value::Null);
    let trail = world.dump_of(&["audit"]).await;
    assert!(trail.contains(&shown), "{trail}");
}

#[tokio::test]
async fn files_that_do_not_do_are_refused_by_name() {
    let (world, house) = (World::new().await, House::new());
    let folder = house.folder.path();
    let read = |change: &dyn Fn(&mut skts_issuer::BankTlsConfig)| {
        let mut config = house.config.clone();
        change(&mut config);
        BankTls::read(&config, &world.issuer).map(drop)
    };
    assert_eq!(read(&|_| {}), Ok(()));
    for mode in [0o640, 0o604, 0o620, 0o660] {
        set_mode(&house.config.key, mode);
        let path = house.config.key.clone();
        assert_eq!(
            read(&|_| {}),
            Err(BankTlsError::KeyReadableByOthers(path)),
            "{mode:o}"
        );
    }
    set_mode(&house.config.key, 0o600);
    let (missing, empty) = (
        folder.join("missing.pem"),
        write(folder, "empty.pem", "x\n"),
    );
    assert_eq!(
        read(&|config| config.client_ca = missing.clone()),
        Err(BankTlsError::Unreadable(
            missing.clone(),
            std::io::ErrorKind::NotFound
        ))
    );
    assert_eq!(
        read(&|config| config.client_ca = empty.clone()),
        Err(BankTlsError::NotPem(empty.clone()))
    );
    let nobody = write(folder, "nobody.pem", &pem("CERTIFICATE", b"nobody"));
    assert_eq!(
        read(&|config| config.client_ca = nobody.clone()),
        Err(BankTlsError::NoAuthority(nobody.clone()))
    );
    let another = write(folder, "another.pem", &house.ours.service().pem());
    assert_eq!(
        read(&|config| config.certificate = another.clone()),
        Err(BankTlsError::Unusable)
    );
    let (one, other) = (house.banks.bank(), house.banks.bank());
    let alone = write(folder, "alone.pem", &one.pem());
    assert_eq!(Thumbprint::read(&alone), Ok(one.thumbprint()));
    let both = write(folder, "both.pem", &(one.pem() + &other.pem()));
    assert_eq!(Thumbprint::read(&both), Err(BankTlsError::NotAlone(both)));
}
