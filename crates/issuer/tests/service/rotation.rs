//! A new master key while the service runs: nothing stops, nothing is lost, and the old key is not
//! taken away before its time.

use skts_issuer::RotationError;
use skts_otp::UnixTime;

use crate::world::{Device, SHINKIN, SHINKUMI, World};

#[tokio::test]
async fn codes_are_accepted_before_during_and_after_a_rotation() {
    let mut world = World::new().await;
    let old = world.active("old").await;
    let url = "https://bank.example/events";
    world.issuer.set_webhook(SHINKIN, url).await.unwrap();
    assert_eq!(world.issuer.rotate_keys().await.unwrap(), 2);
    let new = world.active("new").await;
    let code = old.code(world.now());
    assert_eq!(world.verify(&old, "old", &code).await, "accepted");
    let early = world.issuer.retire_key(1).await;
    assert!(matches!(early, Err(RotationError::InUse)), "{early:?}");
    let done = world.issuer.reseal().await.unwrap();
    assert_eq!(done.tokens, 1);
    assert!(done.others >= 2, "{done:?}");
    let again = world.issuer.reseal().await.unwrap();
    assert_eq!((again.tokens, again.others), (0, 0));
    world.issuer.retire_key(1).await.unwrap();
    assert!(!world.config.data.join("master.key").exists());
    world.restart().await;
    world.pass(60);
    for (token, subscriber) in [(&old, "old"), (&new, "new")] {
        let code = token.code(world.now());
        assert_eq!(world.verify(token, subscriber, &code).await, "accepted");
    }
}

#[tokio::test]
async fn an_old_key_stays_for_one_card_or_for_one_webhook() {
    let card = async |world: &World| {
        let csv = format!(
            "{}\nAB1234567I,totp,{},6,60,,sha1,\n",
            skts_pskc::CSV_HEADER,
            "31".repeat(20)
        );
        let file = skts_pskc::parse_csv(csv.as_bytes()).unwrap();
        let until = UnixTime::from_secs(world.now() + 1_000_000);
        let import = world.issuer.import_hardware(SHINKIN, &file, until, "staff");
        import.await.unwrap();
    };
    let webhook = async |world: &World| {
        let url = "https://bank.example/events";
        world.issuer.set_webhook(SHINKIN, url).await.unwrap();
    };
    for has_card in [true, false] {
        let world = World::new().await;
        match has_card {
            true => card(&world).await,
            false => webhook(&world).await,
        }
        world.issuer.rotate_keys().await.unwrap();
        let early = world.issuer.retire_key(1).await;
        assert!(
            matches!(early, Err(RotationError::InUse)),
            "{has_card}: {early:?}"
        );
        let done = world.issuer.reseal().await.unwrap();
        assert_eq!(done.tokens + done.others, 1);
        world.issuer.retire_key(1).await.unwrap();
    }
}

#[tokio::test]
async fn a_set_up_begun_before_a_rotation_is_finished_after_it() {
    let world = World::new().await;
    let device = Device::new();
    let user_id = world.activation(SHINKUMI, "taro").await;
    let begin = world.k_begin(SHINKUMI, &user_id, crate::world::PASSWORD, &device);
    let first = world
        .k_finish(&begin, crate::world::PASSWORD, &device)
        .await
        .unwrap();
    world.issuer.rotate_keys().await.unwrap();
    world.issuer.reseal().await.unwrap();
    world.issuer.retire_key(1).await.unwrap();
    let before = world.k_open(&first).await;
    // A reply kept under the old key is given again under the new one.
    world.issuer.rotate_keys().await.unwrap();
    world.issuer.reseal().await.unwrap();
    world.issuer.retire_key(2).await.unwrap();
    let after = world.k_open(&first).await;
    assert_eq!(before.grant.serial, after.grant.serial);
}

#[tokio::test]
async fn two_rows_whose_seeds_were_swapped_are_found() {
    let world = World::new().await;
    let first = world.active("first").await;
    let second = world.active("second").await;
    let swap = [
        "CREATE TABLE others AS SELECT serial, secrets FROM tokens",
        "UPDATE tokens SET secrets =
             (SELECT o.secrets FROM others o WHERE o.serial <> tokens.serial)",
    ];
    world.database().await.run(swap, swap).await;
    for (token, subscriber) in [(&first, "first"), (&second, "second")] {
        // Neither its own code nor the other's.
        for code in [first.code(world.now()), second.code(world.now())] {
            let body = crate::world::verify_body(subscriber, &code);
            let path = skts_provisioning::wire::paths::RP_TOKEN_VERIFY;
            let answer = world.bank(&token.institution, path, &body).await;
            assert_eq!(answer.code(), "internal");
        }
    }
    world.issuer.rotate_keys().await.unwrap();
    let found = world.issuer.reseal().await;
    assert!(
        matches!(found, Err(RotationError::Damaged { .. })),
        "{found:?}"
    );
}

#[tokio::test]
async fn the_newest_key_is_not_taken_away() {
    let world = World::new().await;
    for version in [1, 2, 0] {
        let refused = world.issuer.retire_key(version).await;
        assert!(refused.is_err(), "{version}");
    }
}
