//! `GET /v1/openapi.json`: the interface as an OpenAPI 3.1 document, made from the table of routes
//! and from the types that are parsed and answered.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::response::Response;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use skts_provisioning::wire::{Problem, ProblemCode};

use super::problem;
use super::routes::{self, Caller, Exchange, Route};

static DOCUMENT: LazyLock<String> = LazyLock::new(document);

pub(super) async fn handle() -> Response {
    problem::json(DOCUMENT.as_str())
}

/// The interface as an OpenAPI 3.1 document: JSON, with a line end.
///
/// # Source
/// OpenAPI Specification 3.1.1; JSON Schema draft 2020-12.
pub(super) fn document() -> String {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    let mut generator = settings.into_generator();
    let mut by_path: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for route in routes::all() {
        let method = route.method.as_str().to_ascii_lowercase();
        let operation = operation(route, &mut generator);
        by_path
            .entry(route.path)
            .or_default()
            .insert(method, operation);
    }
    let problem = generator.subschema_for::<Problem>();
    let mut schemas = Value::Object(generator.take_definitions(true));
    without_links(&mut schemas);
    let mut document = json!({
        "openapi": "3.1.1",
        "info": {
            "title": "Token service",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "One-time passwords: tokens are provisioned, registered, verified and ended.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": env!("CARGO_PKG_LICENSE") },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "relying-party", "description": "What a bank's server asks." },
            { "name": "provisioning", "description": "What devices call to get a token." },
            { "name": "operation", "description": "For whoever runs the service." },
        ],
        "paths": by_path,
        "components": {
            "securitySchemes": {
                "bankKey": {
                    "type": "http", "scheme": "bearer",
                    "description": "The institution's key, printed once when it was made.",
                },
            },
            "headers": {
                "RetryAfter": {
                    "description": "Seconds to wait.",
                    "schema": { "type": "integer", "minimum": 1 },
                },
            },
            "responses": every_problem(&problem.to_value()),
            "schemas": schemas,
        },
    });
    // Another crate of a build may have serde_json keep the order of insertion.
    document.sort_all_objects();
    format!("{document:#}\n")
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let (tag, security) = match route.caller {
        Caller::Bank => ("relying-party", json!([{ "bankKey": [] }])),
        Caller::Device => ("provisioning", json!([])),
        Caller::Anyone => ("operation", json!([])),
    };
    let mut operation = json!({
        "operationId": route.id,
        "summary": route.summary,
        "tags": [tag],
        "security": security,
        "responses": responses(route, generator),
    });
    if let Exchange::Messages {
        request, example, ..
    } = &route.exchange
    {
        let [asked, _] = example();
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": {
                "schema": request(generator),
                "examples": { "usual": { "value": asked } },
            }},
        });
    }
    operation
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let content = match &route.exchange {
        Exchange::Messages {
            response, example, ..
        } => {
            let [_, answered] = example();
            json!({ "application/json": {
                "schema": response(generator),
                "examples": { "usual": { "value": answered } },
            }})
        }
        Exchange::Text => json!({ "text/plain": { "schema": { "const": "ok\n" } } }),
        Exchange::Document => json!({ "application/json": { "schema": { "type": "object" } } }),
    };
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        json!({ "description": "Answered.", "content": content }),
    );
    for (status, codes) in by_status(problems(route)) {
        let name = component(&codes);
        let reference = format!("#/components/responses/{name}");
        responses.insert(status.to_string(), json!({ "$ref": reference }));
    }
    Value::Object(responses)
}

/// What a call can refuse with.
fn problems(route: &Route) -> impl Iterator<Item = ProblemCode> {
    let by_caller: &[ProblemCode] = match route.caller {
        Caller::Bank => &[ProblemCode::Forbidden, ProblemCode::Unauthorized],
        Caller::Device | Caller::Anyone => &[],
    };
    let by_body: &[ProblemCode] = match route.exchange {
        Exchange::Messages { .. } => &[
            ProblemCode::BadRequest,
            ProblemCode::TooLarge,
            ProblemCode::UnsupportedMediaType,
        ],
        Exchange::Text | Exchange::Document => &[],
    };
    let always = &[
        ProblemCode::Busy,
        ProblemCode::HeadersTooLarge,
        ProblemCode::Internal,
    ];
    [route.problems, by_caller, by_body, always]
        .into_iter()
        .flatten()
        .copied()
}

fn by_status(codes: impl Iterator<Item = ProblemCode>) -> BTreeMap<u16, Vec<ProblemCode>> {
    let mut found: BTreeMap<u16, Vec<ProblemCode>> = BTreeMap::new();
    for code in codes {
        found.entry(code.status()).or_default().push(code);
    }
    found
}

/// Name of the response that says one of `codes`.
fn component(codes: &[ProblemCode]) -> String {
    let codes: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    codes.join("-or-")
}

fn every_problem(schema: &Value) -> Value {
    let mut found = Map::new();
    for route in routes::all() {
        for codes in by_status(problems(route)).into_values() {
            found.insert(component(&codes), refusal(&codes, schema));
        }
    }
    Value::Object(found)
}

fn refusal(codes: &[ProblemCode], schema: &Value) -> Value {
    let said: Vec<&str> = codes.iter().map(|code| code.as_str()).collect();
    let examples: Map<String, Value> = codes
        .iter()
        .map(|code| {
            let example = json!({ "value": Problem::new(*code, None) });
            (code.as_str().to_owned(), example)
        })
        .collect();
    let mut refusal = json!({
        "description": format!("Refused: {}.", said.join(", ")),
        "content": { "application/problem+json": {
            "schema": { "allOf": [schema, { "properties": { "code": { "enum": said } } }] },
            "examples": examples,
        }},
    });
    if codes.contains(&ProblemCode::Busy) {
        refusal["headers"] =
            json!({ "Retry-After": { "$ref": "#/components/headers/RetryAfter" } });
    }
    refusal
}

/// Descriptions come from Rust's documentation: its links mean nothing here.
fn without_links(schemas: &mut Value) {
    match schemas {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "description" => {
                        *text = text.replace("[`", "`").replace("`]", "`");
                    }
                    value => without_links(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(without_links),
        _ => {}
    }
}

#[cfg(test)]
#[path = "openapi_tests.rs"]
mod tests;
