//! A stand-in for the token service: the relying-party API over real HTTP, with verdicts to order.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use skts_otp::Payment;

/// What comes of the next call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// This verdict.
    Verdict(&'static str),
    /// A change that was not made, and where the token stands.
    Unchanged(&'static str),
    /// Done, but the answer is lost on its way.
    LoseAnswer,
    /// Not done: come again.
    Busy,
    /// Done, but later than the bank waits.
    Slow,
    /// Not looked at.
    Refuse,
    /// An answer that is none.
    Garbage,
    /// Wrong, with the token's clock off by so many seconds.
    ClockOff(i64),
    /// A hardware token that is none, or somebody's.
    NotAssigned,
    /// A report about nothing.
    NotNoted,
    /// Another payment than was announced.
    OtherPayment,
}

#[derive(Debug, Default)]
struct Books {
    orders: VecDeque<Behaviour>,
    /// Every call that arrived: path and body.
    arrived: Vec<(String, Value)>,
    /// First answers, by request id.
    answers: HashMap<String, (Value, Value)>,
    /// What is said of a token, and of an activation, when somebody looks.
    token: Option<Value>,
    /// What happened, oldest first, numbered from 1.
    events: Vec<Value>,
    activation: Option<Value>,
}

/// The stand-in.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    pub(crate) address: String,
    books: Arc<Mutex<Books>>,
}

pub(crate) const KEY: &str = "bank-key";

impl Service {
    pub(crate) async fn start() -> Self {
        let books = Arc::new(Mutex::new(Books::default()));
        let router = Router::new().fallback(call).with_state(books.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, books }
    }

    /// Orders what comes of the next calls; after that everything is accepted.
    pub(crate) fn order(&self, behaviours: &[Behaviour]) {
        self.books
            .lock()
            .unwrap()
            .orders
            .extend(behaviours.iter().cloned());
    }

    /// The calls that arrived since the last look: last part of the path, and body.
    pub(crate) fn arrived(&self) -> Vec<(String, Value)> {
        std::mem::take(&mut self.books.lock().unwrap().arrived)
    }

    /// Sets what is said of every token from now on; `None`: no answer.
    pub(crate) fn tell_of_tokens(&self, state: Option<Value>) {
        self.books.lock().unwrap().token = state;
    }

    /// Something happens to a customer's token.
    pub(crate) fn happens(&self, kind: &str, subscriber_ref: &str, serial: &str) {
        let events = &mut self.books.lock().unwrap().events;
        let number = events.len() + 1;
        events.push(json!({
            "number": number, "at": 1_795_230_000, "kind": kind,
            "subscriber_ref": subscriber_ref, "serial": serial, "state": "revoked",
        }));
    }

    /// The same of activations.
    pub(crate) fn tell_of_activations(&self, state: Option<Value>) {
        self.books.lock().unwrap().activation = state;
    }

    /// How many different calls were ever answered.
    pub(crate) fn done(&self) -> usize {
        self.books.lock().unwrap().answers.len()
    }
}

async fn call(State(books): State<Arc<Mutex<Books>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let key = request.headers().get(header::AUTHORIZATION).cloned();
    assert_eq!(key.unwrap(), format!("Bearer {KEY}").as_str());
    let body = axum::body::to_bytes(request.into_body(), 4096)
        .await
        .unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    if path.ends_with("/state") {
        let books = books.lock().unwrap();
        let told = match path.as_str() {
            "/v1/rp/tokens/state" => &books.token,
            "/v1/rp/activations/state" => &books.activation,
            other => panic!("no such look: {other}"),
        };
        return match told {
            Some(told) => Json(told.clone()).into_response(),
            None => problem(503, "busy"),
        };
    }
    if path == "/v1/rp/events/fetch" {
        let after = usize::try_from(body["after"].as_u64().unwrap()).unwrap();
        let most = usize::try_from(body["most"].as_u64().unwrap()).unwrap();
        let books = books.lock().unwrap();
        let events: Vec<_> = books.events.iter().skip(after).take(most).collect();
        return Json(json!({ "events": events })).into_response();
    }
    let id = body["request_id"].as_str().unwrap().to_owned();
    assert!(id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    let (behaviour, answer) = {
        let mut books = books.lock().unwrap();
        let name = match path.strip_prefix("/v1/rp/").unwrap() {
            "signatures/begin" => "begin-signature",
            "signatures/verify" => "verify-signature",
            path => path.rsplit('/').next().unwrap(),
        }
        .to_owned();
        books.arrived.push((name.clone(), body.clone()));
        let behaviour = books.orders.pop_front();
        if behaviour == Some(Behaviour::Busy) {
            return problem(503, "busy");
        }
        if behaviour == Some(Behaviour::Refuse) {
            return problem(401, "unauthorized");
        }
        let fresh = fresh_answer(&name, &body, behaviour.as_ref());
        let (asked, answer) = books
            .answers
            .entry(id)
            .or_insert_with(|| (body.clone(), fresh))
            .clone();
        if asked != body {
            return problem(409, "conflict");
        }
        (behaviour, answer)
    };
    match behaviour {
        Some(Behaviour::LoseAnswer) => problem(502, "lost"),
        Some(Behaviour::Slow) => {
            tokio::time::sleep(Duration::from_millis(900)).await;
            Json(answer).into_response()
        }
        Some(Behaviour::Garbage) => "<html>".into_response(),
        _ => Json(answer).into_response(),
    }
}

fn fresh_answer(name: &str, body: &Value, behaviour: Option<&Behaviour>) -> Value {
    let verdict = match behaviour {
        Some(Behaviour::Verdict(verdict)) => verdict,
        _ => "accepted",
    };
    match name {
        "register" | "exchange" if verdict == "accepted" => json!({
            "verdict": verdict, "serial": body["serial"], "match_number": "0042",
        }),
        "register" | "exchange" => json!({ "verdict": verdict }),
        "verify" if matches!(behaviour, Some(Behaviour::ClockOff(_))) => {
            let Some(Behaviour::ClockOff(secs)) = behaviour else {
                unreachable!()
            };
            json!({ "verdict": "rejected", "clock_off_secs": secs })
        }
        "issue" => json!({
            "service_id": "10112235", "user_id": "999800000001", "expires_at": 1_795_230_600,
        }),
        "assign" if behaviour == Some(&Behaviour::NotAssigned) => json!({ "assigned": false }),
        "assign" => json!({
            "assigned": true, "serial": body["serial"], "expires_at": 1_900_000_000,
        }),
        "report" => json!({ "noted": behaviour != Some(&Behaviour::NotNoted) }),
        "begin-signature" => {
            let mut text = body["payment"].clone();
            if behaviour == Some(&Behaviour::OtherPayment) {
                text["account_number"] = "7654321".into();
            }
            let payment: Payment = serde_json::from_value(text).unwrap();
            json!({
                "service_id": "10000001", "payment": payment, "challenge": payment.challenge(),
                "keypad_challenge": "45674120", "expires_at": 1_795_230_300,
            })
        }
        "verify-signature" => json!({ "verdict": verdict }),
        "verify" if verdict == "accepted" => json!({ "verdict": verdict, "step": 5 }),
        "verify" => json!({ "verdict": verdict }),
        "change" => {
            if let Some(Behaviour::Unchanged(state)) = behaviour {
                return json!({ "changed": false, "state": state });
            }
            let state = match body["change"].as_str().unwrap() {
                "unregister" => "revoked",
                "suspend" => "suspended",
                "resume" => "active",
                other => panic!("no such change: {other}"),
            };
            json!({ "changed": true, "state": state })
        }
        other => panic!("no such call: {other}"),
    }
}

fn problem(status: u16, code: &str) -> Response {
    let body =
        json!({ "type": format!("urn:skts:problem:{code}"), "status": status, "code": code });
    (
        StatusCode::from_u16(status).unwrap(),
        [(header::CONTENT_TYPE, "application/problem+json")],
        body.to_string(),
    )
        .into_response()
}
