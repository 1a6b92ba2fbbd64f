//! Whole runs, the table of lost things as far as it is decided here, and other people's keys.

use crate::common::*;
use skts_provisioning::confirm::{ConfirmError, proves_credential, verify_confirm};
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::ids::{ActivationPassword, RequestId};
use skts_provisioning::k::{KError, KPendingBegin, KPendingFinish, KServer, KServerError};
use skts_provisioning::s::{SError, SPendingHello, SPendingIssue, SServer, SServerError};
use skts_provisioning::wire::{
    Bytes, ConfirmRequest, KBeginRequest, KFinishRequest, Message, Request, SHelloRequest,
    SHelloResponse, SIssueRequest, ShortText,
};
use skts_sealed::SecretBytes;

#[test]
fn k_goes_from_password_to_confirmation() {
    let (device, service) = (SoftDevice::new(20), Service::new());
    let begin = k_begin(&device, &password());
    let received = KBeginRequest::parse(begin.body()).unwrap();
    let (ke2, state) = KServer::begin(
        &service.setup,
        Some(&service.record),
        INSTITUTION,
        &received,
        &mut rng(6),
    )
    .unwrap();
    let finish = begin
        .finish(&password(), &ke2, &device, &evidence(), &mut rng(7))
        .unwrap();
    let received_finish = KFinishRequest::parse(finish.body()).unwrap();
    let claim = KServer::finish(
        state.expose_secret(),
        &received,
        INSTITUTION,
        &received_finish,
    )
    .unwrap();
    assert_eq!(claim.evidence, evidence());
    let reply = claim.seal_grant(&k_grant(), &mut rng(8));
    let provisioned = finish.open(&reply).unwrap();
    assert!(same_grant(&provisioned, &k_grant()));
    assert_eq!(provisioned.match_number, claim.match_number);

    let confirm = provisioned
        .confirm(&device, Some(&credential_secret()))
        .unwrap();
    let received = ConfirmRequest::parse(&confirm.to_body()).unwrap();
    let secret = claim.confirm_secret();
    verify_confirm(&received, &secret, device.spki()).unwrap();
    assert!(proves_credential(&received, &secret, &credential_secret()));
    let another = SecretBytes::from_slice(&[0xF7; 32]);
    assert!(!proves_credential(&received, &secret, &another));
    let without = provisioned.confirm(&device, None).unwrap();
    verify_confirm(&without, &secret, device.spki()).unwrap();
    assert!(!proves_credential(&without, &secret, &credential_secret()));
    // Whoever is on the way can neither take the proof out nor put one in.
    let mut stripped = received.clone();
    stripped.credential_proof = Bytes(Vec::new());
    assert_eq!(
        verify_confirm(&stripped, &secret, device.spki()),
        Err(ConfirmError::Signature)
    );
    let other = SoftDevice::new(21);
    assert_eq!(
        verify_confirm(&received, &secret, other.spki()),
        Err(ConfirmError::Signature)
    );
}

#[test]
fn s_goes_from_hello_to_confirmation() {
    let device = SoftDevice::new(20);
    let key = provisioning_key();
    let hello = s_hello(&device);
    let received = SHelloRequest::parse(hello.body()).unwrap();
    SServer::check_hello(&received).unwrap();
    let challenge = s_challenge();
    let issue = hello.issue(&challenge, &device, &evidence()).unwrap();
    let received_issue = SIssueRequest::parse(issue.body()).unwrap();
    let bytes: [u8; 32] = challenge.challenge.0.clone().try_into().unwrap();
    let claim = SServer::check_issue(&received, &bytes, WORK_BITS, &received_issue).unwrap();
    let (reply, secret) = claim.seal_grant(&s_grant(), &key, &mut rng(8)).unwrap();
    let next = skts_provisioning::s::ProvisioningSigningKey::make(&mut rng(50));
    // Current or next of the pinned keys, whichever signed.
    let provisioned = issue.open(&reply, &[next.public(), key.public()]).unwrap();
    assert!(same_grant(&provisioned, &s_grant()));
    assert_eq!(provisioned.match_number, claim.match_number);
    assert_eq!(
        issue.open(&reply, &[next.public()]).unwrap_err(),
        SError::UnknownKey
    );
    let confirm = provisioned
        .confirm(&device, Some(&credential_secret()))
        .unwrap();
    verify_confirm(&confirm, &secret, device.spki()).unwrap();
}

#[test]
fn a_killed_activation_goes_on_with_the_same_bytes() {
    let (device, service) = (SoftDevice::new(20), Service::new());
    let begin = k_begin(&device, &password());
    // Killed before, while or after K1 is sent: the stored body is the body.
    let stored = begin.encode();
    let begin_again = KPendingBegin::decode(stored.expose_secret()).unwrap();
    assert_eq!(begin_again.body(), begin.body());
    assert_eq!(begin_again.request, begin.request);
    let (ke2, state) = KServer::begin(
        &service.setup,
        Some(&service.record),
        INSTITUTION,
        &begin_again.request,
        &mut rng(6),
    )
    .unwrap();
    // Killed between KE2 and K2: the password is asked again, and no new KE1 is needed.
    let finish = begin_again
        .finish(&password(), &ke2, &device, &evidence(), &mut rng(7))
        .unwrap();
    // Killed before, while or after K2 is sent.
    let finish_again = KPendingFinish::decode(finish.encode().expose_secret()).unwrap();
    assert_eq!(finish_again.body(), finish.body());
    let claim = KServer::finish(
        state.expose_secret(),
        &begin.request,
        INSTITUTION,
        &finish_again.request,
    )
    .unwrap();
    let reply = claim.seal_grant(&k_grant(), &mut rng(8));
    // Killed after the grant came: it opens again, and the confirmation holds.
    let first = finish_again.open(&reply).unwrap();
    let second = finish.open(&reply).unwrap();
    assert!(first.grant.encode().ct_eq(&second.grant.encode()));
    verify_confirm(
        &second.confirm(&device, Some(&credential_secret())).unwrap(),
        &claim.confirm_secret(),
        device.spki(),
    )
    .unwrap();
}

#[test]
fn a_killed_self_provisioning_goes_on_with_the_same_bytes() {
    let device = SoftDevice::new(20);
    let hello = s_hello(&device);
    let hello_again = SPendingHello::decode(hello.encode().expose_secret()).unwrap();
    assert_eq!(hello_again.body(), hello.body());
    let challenge = s_challenge();
    let issue = hello_again.issue(&challenge, &device, &evidence()).unwrap();
    let issue_again = SPendingIssue::decode(issue.encode().expose_secret()).unwrap();
    assert_eq!(issue_again.body(), issue.body());
    let bytes: [u8; 32] = challenge.challenge.0.try_into().unwrap();
    let claim =
        SServer::check_issue(&hello.request, &bytes, WORK_BITS, &issue_again.request).unwrap();
    let key = provisioning_key();
    let (reply, secret) = claim.seal_grant(&s_grant(), &key, &mut rng(8)).unwrap();
    let provisioned = issue_again.open(&reply, &[key.public()]).unwrap();
    verify_confirm(
        &provisioned
            .confirm(&device, Some(&credential_secret()))
            .unwrap(),
        &secret,
        device.spki(),
    )
    .unwrap();
}

#[test]
fn wrong_unknown_and_expired_look_alike_to_the_device() {
    let (device, service) = (SoftDevice::new(20), Service::new());
    let wrong = ActivationPassword::parse("4822").unwrap();
    for (typed, record) in [
        (&wrong, Some(service.record.as_slice())),
        (&password(), None),
        (&wrong, None),
    ] {
        let begin = k_begin(&device, typed);
        let (ke2, _) = KServer::begin(
            &service.setup,
            record,
            INSTITUTION,
            &begin.request,
            &mut rng(6),
        )
        .unwrap();
        assert_eq!(ke2.ke2.0.len(), 320);
        let error = begin
            .finish(typed, &ke2, &device, &evidence(), &mut rng(7))
            .unwrap_err();
        assert_eq!(error, KError::PasswordRefused);
    }
}

#[test]
fn a_password_typed_otherwise_after_a_restart_is_refused_and_the_right_one_still_works() {
    let (device, service) = (SoftDevice::new(20), Service::new());
    let begin = k_begin(&device, &password());
    let (ke2, _) = KServer::begin(
        &service.setup,
        Some(&service.record),
        INSTITUTION,
        &begin.request,
        &mut rng(6),
    )
    .unwrap();
    let wrong = ActivationPassword::parse("4812").unwrap();
    let error = begin
        .finish(&wrong, &ke2, &device, &evidence(), &mut rng(7))
        .unwrap_err();
    assert_eq!(error, KError::PasswordRefused);
    begin
        .finish(&password(), &ke2, &device, &evidence(), &mut rng(7))
        .unwrap();
}

#[test]
fn another_device_key_is_told_before_anything_is_signed() {
    let (device, other) = (SoftDevice::new(20), SoftDevice::new(21));
    let hello = s_hello(&device);
    assert_eq!(
        hello
            .issue(&s_challenge(), &other, &evidence())
            .unwrap_err(),
        SError::OtherDevice
    );
}

#[test]
fn messages_of_two_set_ups_do_not_mix() {
    let (device, service) = (SoftDevice::new(20), Service::new());
    let begin = k_begin(&device, &password());
    let (ke2, state) = KServer::begin(
        &service.setup,
        Some(&service.record),
        INSTITUTION,
        &begin.request,
        &mut rng(6),
    )
    .unwrap();
    let finish = begin
        .finish(&password(), &ke2, &device, &evidence(), &mut rng(7))
        .unwrap();
    let mut other = finish.request.clone();
    other.request_id = RequestId::from_bytes([8; 16]);
    assert_eq!(
        KServer::finish(state.expose_secret(), &begin.request, INSTITUTION, &other).unwrap_err(),
        KServerError::OtherRequest
    );
    // The state of another begin, the same request.
    let (_, state) = KServer::begin(
        &service.setup,
        Some(&service.record),
        INSTITUTION,
        &begin.request,
        &mut rng(60),
    )
    .unwrap();
    assert_eq!(
        KServer::finish(
            state.expose_secret(),
            &begin.request,
            INSTITUTION,
            &finish.request
        )
        .unwrap_err(),
        KServerError::Refused
    );
}

#[test]
fn another_suite_is_refused_by_the_service() {
    let (device, service) = (SoftDevice::new(20), Service::new());
    let mut begin = k_begin(&device, &password());
    begin.request.suite = ShortText::new("p256-sha256-none").unwrap();
    assert_eq!(
        KServer::begin(
            &service.setup,
            Some(&service.record),
            INSTITUTION,
            &begin.request,
            &mut rng(6)
        )
        .unwrap_err(),
        KServerError::UnknownSuite
    );
}

#[test]
fn more_work_than_any_service_asks_is_refused_at_once() {
    let device = SoftDevice::new(20);
    for bits in [25, 64, 255] {
        let reply = SHelloResponse {
            challenge: Bytes(vec![0; 32]),
            work_bits: bits,
        };
        let error = s_hello(&device)
            .issue(&reply, &device, &evidence())
            .unwrap_err();
        assert_eq!(error, SError::Work { bits });
    }
}

#[test]
fn work_is_checked_before_the_signature() {
    let device = SoftDevice::new(20);
    let hello = s_hello(&device);
    let challenge = s_challenge();
    let mut issue = hello
        .issue(&challenge, &device, &evidence())
        .unwrap()
        .request;
    let bytes: [u8; 32] = challenge.challenge.0.try_into().unwrap();
    issue.work = issue.work.wrapping_add(1);
    assert_eq!(
        SServer::check_issue(&hello.request, &bytes, 24, &issue).unwrap_err(),
        SServerError::Work
    );
}

#[test]
fn a_digest_tells_two_bodies_apart_and_not_two_spellings() {
    let device = SoftDevice::new(20);
    let request = k_begin(&device, &password()).request;
    let spaced = serde_json::to_string_pretty(&request).unwrap();
    assert_eq!(
        KBeginRequest::parse(spaced.as_bytes()).unwrap().digest(),
        request.digest()
    );
    let mut other = request.clone();
    other.app_version = ShortText::new("1.0.1").unwrap();
    assert_ne!(other.digest(), request.digest());
}
