//! Set-up both ways, and what is typed into it.

use anyhow::{Result, ensure};
use skts_tests::issuer::{RENGO, SHINKIN, SHINKUMI};
use skts_tests::skts::Outcome;

use crate::{CUSTOMER, PASSWORD, World, only_serial, works};

#[test]
fn a_self_provisioned_token_shows_a_code_the_service_accepts_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    let serial = only_serial(&skts)?;
    ensure!(serial.len() == 12 && serial.starts_with("SKTS"), "{serial}");
    ensure!(skts.code(&serial)?.len() == 6);
    works(&skts, &world.issuer.bank(SHINKIN)?, CUSTOMER, 30)?;
    let next = skts.next_code(&serial)?;
    ensure!(world.issuer.bank(SHINKIN)?.verify(CUSTOMER, &next)? == "accepted");
    Ok(())
}

#[test]
fn an_activated_token_shows_eight_digits_the_service_accepts_once() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    skts.activate(&activation)?.success()?;
    let serial = only_serial(&skts)?;
    ensure!(
        serial.len() == 9 && serial.bytes().all(|b| b.is_ascii_digit()),
        "{serial}"
    );
    ensure!(skts.code(&serial)?.len() == 8);
    works(&skts, &bank, CUSTOMER, 60)
}

#[test]
fn both_sides_show_the_same_match_number() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    skts.activate(&activation)?.success()?;
    let tokens = skts.run(&["tokens"])?.success()?;
    let in_app = field(&tokens["tokens"][0], "match_number", "matchNumber");
    let at_bank = bank.activation_state(&activation.user_id)?["match_number"].clone();
    ensure!(
        in_app == at_bank && in_app.as_str().is_some_and(|n| n.len() == 4),
        "{tokens} {at_bank}"
    );
    Ok(())
}

#[test]
fn tokens_of_three_institutions_live_side_by_side() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKIN)?.success()?;
    for institution in [SHINKUMI, RENGO] {
        let activation = world
            .issuer
            .bank(institution)?
            .issue_activation(CUSTOMER, PASSWORD)?;
        skts.activate(&activation)?.success()?;
    }
    let serials = skts.serials()?;
    ensure!(serials.len() == 3, "{serials:?}");
    for (serial, institution) in serials.iter().zip([SHINKIN, SHINKUMI, RENGO]) {
        skts_tests::clock::leave_room(30, 3);
        let code = skts.code(serial)?;
        let answer = world
            .issuer
            .bank(institution)?
            .register(CUSTOMER, serial, &code)?;
        ensure!(answer["verdict"] == "accepted", "{institution}: {answer}");
    }
    skts.run(&["remove", &serials[1], "--yes"])?.success()?;
    ensure!(skts.serials()?.len() == 2);
    skts.run(&["code", &serials[1]])?
        .refused("unknown-token", 2)
}

#[test]
fn full_width_and_grouped_digits_are_what_they_look_like() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (bank, activation) = world.issue()?;
    let wide = |text: &str| -> String {
        text.chars()
            .filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0))
            .collect()
    };
    let (first, rest) = activation.user_id.split_at(4);
    let user_id = format!("{first}-{} ", wide(rest));
    let service_id = wide(&activation.service_id);
    let arguments = ["setup", "--service-id", &service_id, "--user-id", &user_id];
    skts.run_with(&arguments, &format!("{}\n", wide(PASSWORD)))?
        .success()?;
    works(&skts, &bank, CUSTOMER, 60)
}

#[test]
fn what_cannot_be_used_as_typed_is_said_before_anything_is_sent() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    let (_, good) = world.issue()?;
    let (service, user) = (good.service_id.as_str(), good.user_id.as_str());
    for (service, user, password) in [
        ("1011223", user, PASSWORD),
        ("101122350", user, PASSWORD),
        ("1011223a", user, PASSWORD),
        ("", user, PASSWORD),
        (service, &user[1..], PASSWORD),
        (service, "12345678901O", PASSWORD),
        (service, user, "123"),
        (service, user, "123456789"),
        (service, user, "12a4"),
        (service, user, ""),
    ] {
        let arguments = ["setup", "--service-id", service, "--user-id", user];
        let outcome = skts.run_with(&arguments, &format!("{password}\n"))?;
        outcome.refused("invalid-form", 2)?;
        sentences(&outcome)?;
    }
    let arguments = ["setup", "--service-id", "99999999", "--user-id", user];
    skts.run_with(&arguments, PASSWORD)?
        .refused("unknown-institution", 2)?;
    ensure!(world.proxy.calls().is_empty(), "something was sent");
    ensure!(
        skts.run(&["tokens"])?.success()?["tokens"]
            .as_array()
            .is_none_or(Vec::is_empty)
    );
    Ok(())
}

#[test]
fn a_self_provisioning_institution_cannot_be_activated_nor_the_other_way_round() -> Result<()> {
    let Some(world) = World::new()? else {
        return Ok(());
    };
    let skts = world.skts()?;
    skts.provision(SHINKUMI)?.refused("wrong-way", 2)?;
    let service_id = world.issuer.service_id(SHINKIN)?;
    let arguments = [
        "setup",
        "--service-id",
        service_id,
        "--user-id",
        "123456789012",
    ];
    skts.run_with(&arguments, PASSWORD)?
        .refused("wrong-way", 2)?;
    ensure!(world.proxy.calls().is_empty(), "something was sent");
    Ok(())
}

#[test]
fn wrong_unknown_withdrawn_expired_and_exhausted_are_answered_alike() -> Result<()> {
    let Some(mut world) = World::new()? else {
        return Ok(());
    };
    // An activation issued while the service grants one second only is soon too old.
    world.issuer.stop()?;
    world.sandbox.set("SKTS_ISSUER_ACTIVATION_VALID_SECS", "1");
    world.issuer.serve(&world.sandbox)?;
    let bank = world.issuer.bank(SHINKUMI)?;
    let expired = bank.issue_activation("customer-expired", PASSWORD)?;
    world.issuer.stop()?;
    world
        .sandbox
        .set("SKTS_ISSUER_ACTIVATION_VALID_SECS", "600");
    world.issuer.serve(&world.sandbox)?;
    std::thread::sleep(std::time::Duration::from_millis(1200));
    let skts = world.skts()?;
    let told = |outcome: &Outcome| -> Result<String> {
        outcome.refused("activation-refused", 3)?;
        Ok(format!(
            "{:?} {} {}",
            outcome.status, outcome.stdout, outcome.stderr
        ))
    };
    let wrong = bank.issue_activation("customer-wrong", PASSWORD)?;
    let mut answers = Vec::new();
    let mut typed = wrong.clone();
    typed.password = "73914629".to_owned();
    for _ in 0..5 {
        answers.push(("wrong", told(&skts.activate(&typed)?)?));
    }
    answers.push(("exhausted", told(&skts.activate(&wrong)?)?));
    let mut unknown = wrong.clone();
    unknown.user_id = unlike(&wrong.user_id);
    answers.push(("unknown", told(&skts.activate(&unknown)?)?));
    answers.push(("expired", told(&skts.activate(&expired)?)?));
    let withdrawn = bank.issue_activation("customer-withdrawn", PASSWORD)?;
    bank.withdraw_activation(&withdrawn.user_id)?;
    answers.push(("withdrawn", told(&skts.activate(&withdrawn)?)?));
    let first = &answers[0].1;
    for (case, answer) in &answers {
        ensure!(
            answer == first,
            "{case} is answered {answer}, another case {first}"
        );
    }
    // Nothing of it is in the way of a good one.
    let good = bank.issue_activation("customer-good", PASSWORD)?;
    skts.activate(&good)?.success()?;
    works(&skts, &bank, "customer-good", 60)
}

/// Another user ID of the same length.
fn unlike(user_id: &str) -> String {
    user_id
        .chars()
        .map(|c| char::from(b'0' + (c as u8 - b'0' + 5) % 10))
        .collect()
}

/// Asserts that a refusal says what is wrong and what to do, in sentences.
fn sentences(outcome: &Outcome) -> Result<()> {
    let refusal = outcome.refusal()?;
    for part in ["message", "next"] {
        ensure!(
            refusal[part].as_str().is_some_and(|text| text.len() > 10),
            "{part}: {refusal}"
        );
    }
    Ok(())
}

/// A field under either of two spellings.
fn field(value: &serde_json::Value, snake: &str, camel: &str) -> serde_json::Value {
    if value[snake].is_null() {
        value[camel].clone()
    } else {
        value[snake].clone()
    }
}
