//! Every file in `tests/hostile`: one bad message, and the refusal it must meet.

use std::fmt::Debug;
use std::fs;
use std::path::Path;

use crate::common::*;
use serde_json::Value;
use skts_provisioning::confirm::verify_confirm;
use skts_provisioning::device::DeviceSigner;
use skts_provisioning::grant::Grant;
use skts_provisioning::ids::{ActivationPassword, ServiceId, UserId};
use skts_provisioning::k::{KPendingBegin, KPendingFinish, KServer};
use skts_provisioning::s::{SPendingHello, SPendingIssue, SServer};
use skts_provisioning::stop::{self, PendingStop};
use skts_provisioning::wire::{
    ConfirmRequest, KBeginRequest, KBeginResponse, KFinishRequest, KFinishResponse, Message,
    SHelloRequest, SHelloResponse, SIssueRequest, SIssueResponse, StopRequest, StopResponse,
    WireError,
};
use skts_sealed::SecretBytes;

struct Case {
    message: String,
    expect: String,
    body: String,
}

fn parse(text: &str) -> Case {
    let (header, body) = text
        .split_once("\n\n")
        .expect("an empty line ends the header");
    let field = |name: &str| {
        let line = header.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_else(|| panic!("a header line {name}"))
            .trim()
            .to_owned()
    };
    assert!(!field("comment:").is_empty(), "a comment says what is bad");
    Case {
        message: field("message:"),
        expect: field("expect:"),
        body: body.strip_suffix('\n').unwrap_or(body).to_owned(),
    }
}

fn outcome<T, E: Debug>(result: Result<T, E>) -> String {
    match result {
        Ok(_) => "accepted".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

struct Frozen(Value);

impl Frozen {
    fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/frozen")
            .join(name);
        Self(serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap())
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        hex::decode(self.0[name].as_str().unwrap()).unwrap()
    }

    fn message<M: Message>(&self, name: &str) -> M {
        M::parse(self.0[name].as_str().unwrap().as_bytes()).unwrap()
    }
}

/// Hands the message to whoever receives it in a run that is otherwise the frozen one.
fn receive(case: &Case) -> String {
    let body = case.body.as_bytes();
    let (k, s) = (Frozen::read("k-v1.json"), Frozen::read("s-v1.json"));
    let device = SoftDevice::new(20);
    fn parsed<M: Message>(body: &[u8], then: impl FnOnce(M) -> String) -> String {
        let message: Result<M, WireError> = M::parse(body);
        message.map_or_else(|error| format!("{error:?}"), then)
    }
    match case.message.as_str() {
        "k-begin-request" => parsed(body, |message: KBeginRequest| {
            let service = Service::new();
            let record = Some(service.record.as_slice());
            outcome(KServer::begin(
                &service.setup,
                record,
                INSTITUTION,
                &message,
                &mut rng(6),
            ))
        }),
        "k-begin-response" => parsed(body, |message: KBeginResponse| {
            let begin = KPendingBegin::decode(&k.bytes("pending_begin")).unwrap();
            outcome(begin.finish(&password(), &message, &device, &evidence(), &mut rng(7)))
        }),
        "k-finish-request" => parsed(body, |message: KFinishRequest| {
            let begin = k.message("begin_request");
            outcome(KServer::finish(
                &k.bytes("service_state"),
                &begin,
                INSTITUTION,
                &message,
            ))
        }),
        "k-finish-response" => parsed(body, |message: KFinishResponse| {
            outcome(
                KPendingFinish::decode(&k.bytes("pending_finish"))
                    .unwrap()
                    .open(&message),
            )
        }),
        "s-hello-request" => parsed(body, |message: SHelloRequest| {
            outcome(SServer::check_hello(&message))
        }),
        "s-hello-response" => parsed(body, |message: SHelloResponse| {
            let hello = SPendingHello::decode(&s.bytes("pending_hello")).unwrap();
            outcome(hello.issue(&message, &device, &evidence()))
        }),
        "s-issue-request" => parsed(body, |message: SIssueRequest| {
            let hello = s.message("hello_request");
            let given: SHelloResponse = s.message("hello_response");
            let challenge: [u8; 32] = given.challenge.0.try_into().unwrap();
            outcome(SServer::check_issue(
                &hello, &challenge, WORK_BITS, &message,
            ))
        }),
        "s-issue-response" => parsed(body, |message: SIssueResponse| {
            let issue = SPendingIssue::decode(&s.bytes("pending_issue")).unwrap();
            outcome(issue.open(&message, &[provisioning_key().public()]))
        }),
        "confirm-request" => parsed(body, |message: ConfirmRequest| {
            let secret = SecretBytes::new(k.bytes("confirm_secret"));
            outcome(verify_confirm(&message, &secret, device.spki()))
        }),
        "stop-request" => parsed(body, |message: StopRequest| {
            outcome(stop::verify_device(&message))
        }),
        "stop-response" => parsed(body, |message: StopResponse| {
            let kept = Frozen::read("stop-v1.json");
            let kept = kept.0["request"].as_str().unwrap().to_owned();
            let pending = PendingStop::read(kept.as_bytes()).unwrap();
            outcome(pending.open(message, &[provisioning_key().public()]))
        }),
        "grant" => outcome(Grant::decode(&hex::decode(body).unwrap())),
        "typed-service-id" => {
            ServiceId::parse(&case.body).map_or_else(|e| format!("{e:?}"), |id| id.to_string())
        }
        "typed-user-id" => {
            UserId::parse(&case.body).map_or_else(|e| format!("{e:?}"), |id| id.to_string())
        }
        "typed-password" => ActivationPassword::parse(&case.body)
            .map_or_else(|e| format!("{e:?}"), |_| "taken".to_owned()),
        other => panic!("unknown kind of message {other}"),
    }
}

#[test]
fn every_hostile_message_meets_its_refusal() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(
        files.len() >= 100,
        "only {} files: is the folder whole?",
        files.len()
    );
    let mut wrong = Vec::new();
    for file in &files {
        let case = parse(&fs::read_to_string(file).unwrap());
        assert!(!case.expect.is_empty() && case.expect != "accepted");
        let found = receive(&case);
        // A position inside the body is not worth writing down.
        if !(found == case.expect || found.starts_with(&format!("{} {{", case.expect))) {
            let name = file.file_name().unwrap().to_string_lossy();
            wrong.push(format!("{name}: expected {}, found {found}", case.expect));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_walk_would_see_a_message_that_is_taken() {
    let k = Frozen::read("k-v1.json");
    let body = k.0["confirm_request"].as_str().unwrap().to_owned();
    let case = Case {
        message: "confirm-request".to_owned(),
        expect: String::new(),
        body,
    };
    assert_eq!(receive(&case), "accepted");
}
