//! What is measured: calls, verdicts, what waits; and nobody by name.

use crate::world::{SHINKIN, World, verify_body};

#[tokio::test]
async fn calls_and_verdicts_are_counted_and_nobody_is_named() {
    let world = World::new().await;
    let token = world.active("taro-yamada").await;
    let code = token.code(world.now());
    for _ in 0..2 {
        world.verify(&token, "taro-yamada", &code).await;
    }
    world
        .bank(
            SHINKIN,
            "/v1/rp/tokens/verify",
            &verify_body("nobody", &code),
        )
        .await;
    world
        .bank(SHINKIN, "/no/such/path", &verify_body("nobody", &code))
        .await;
    let text = world.issuer.metrics().await.unwrap();
    for line in [
        "skts_calls_total{route=\"/v1/rp/tokens/verify\",status=\"200\"} 3",
        "skts_deeds_total{institution=\"mihon-shinkin\",action=\"verify\",outcome=\"accepted\"} 1",
        "skts_deeds_total{institution=\"mihon-shinkin\",action=\"verify\",outcome=\"replayed\"} 1",
        "skts_deeds_total{institution=\"mihon-shinkin\",action=\"verify\",outcome=\"unknown\"} 1",
        "skts_call_seconds_count{route=\"/v1/rp/tokens/verify\"} 3",
        "skts_events_undelivered 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(!text.contains("skts_audit_unsealed 0"));
    world.issuer.seal_audit().await.unwrap();
    assert!(
        world
            .issuer
            .metrics()
            .await
            .unwrap()
            .contains("skts_audit_unsealed 0")
    );
    for name in ["taro", &token.serial, &code, "no/such"] {
        assert!(!text.contains(name), "{name}");
    }
}
