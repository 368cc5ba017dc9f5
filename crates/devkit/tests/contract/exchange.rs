//! Compares one request and its response with the described operation.

use devkit::jira_sim::Exchange;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::schemas::{Schemas, Side, named};
use super::{Contract, Operation};

/// Statuses that any operation may respond with, also undescribed: no credentials or wrong ones, a body of a wrong
/// type, rate limits, a server in trouble.
const ANYWHERE: [u16; 7] = [401, 415, 429, 500, 502, 503, 504];

/// Answers of a real site that the description does not have.
fn also_answers(operation: &str, status: u16) -> bool {
    // Removed after it was described: CHANGE-2046.
    status == 410 && operation.ends_with(" /rest/api/3/search")
}

/// Fields of an issue, which the description leaves open, by the schemas that it has for them elsewhere.
const FIELDS: [(&str, &str); 10] = [
    ("status", "StatusDetails"),
    ("issuetype", "IssueTypeDetails"),
    ("project", "Project"),
    ("priority", "Priority"),
    ("resolution", "Resolution"),
    ("assignee", "UserDetails"),
    ("reporter", "UserDetails"),
    ("creator", "UserDetails"),
    ("security", "SecurityLevel"),
    ("comment", "PageOfComments"),
];

/// Returns the errors of an issue's fields.
pub fn fields(schemas: &mut Schemas, fields: &Map<String, Value>) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_null()) {
        let known = FIELDS.iter().find(|(field, _)| field == name);
        let schema = match (name.as_str(), known) {
            (_, Some((_, schema))) => named(schema),
            ("created" | "updated" | "resolutiondate", _) => json!({"type": "string", "format": "date-time"}),
            ("summary", _) => json!({"type": "string"}),
            ("labels", _) => json!({"type": "array", "items": {"type": "string"}}),
            ("attachment", _) => json!({"type": "array", "items": named("Attachment")}),
            ("duedate", _) => json!({"type": "string", "format": "date"}),
            ("description", _) => json!({"type": "object", "required": ["type", "version", "content"]}),
            _ => continue,
        };
        faults.extend(schemas.faults(&schema, Side::Answer, value).into_iter().map(|fault| format!("{name}: {fault}")));
    }
    faults
}

impl Contract {
    pub(super) fn faults_of(&mut self, exchange: &Exchange) -> Vec<String> {
        let decoded = |part: &str| percent_decode_str(part).decode_utf8_lossy().into_owned();
        let path: Vec<String> = exchange.path.trim_matches('/').split('/').map(decoded).collect();
        let method = if exchange.method == "HEAD" { "GET" } else { exchange.method.as_str() };
        let fitting = self.operations.iter().filter(|operation| operation.method == method);
        let fitting = fitting.filter_map(|operation| Some((operation.fits(&path)?, operation)));
        let Some((_, operation)) = fitting.max_by_key(|(named, _)| *named) else {
            return vec![format!("{method} {}: no such operation", exchange.path)];
        };
        let name = operation.name();
        let mut faults = parameters(&mut self.schemas, operation, &path, &exchange.query);
        if exchange.status.is_some_and(|status| status < 400) {
            faults.extend(request(&mut self.schemas, operation, exchange));
        }
        if let Some(status) = exchange.status {
            *self.seen.entry((name.clone(), status)).or_default() += 1;
            faults.extend(answer(&mut self.schemas, operation, exchange, status));
        }
        let status = exchange.status.unwrap_or_default();
        faults.into_iter().map(|fault| format!("{name} {status}: {fault}")).collect()
    }
}

/// Parameters in the path and in the query: known, of the right type, and there if they must be.
fn parameters(schemas: &mut Schemas, operation: &Operation, path: &[String], query: &str) -> Vec<String> {
    let known: Vec<&Value> = operation.rest["parameters"].as_array().into_iter().flatten().collect();
    let of = |place: &str, name: &str| {
        known.iter().find(|parameter| parameter["in"] == place && parameter["name"] == name).copied()
    };
    let mut faults = Vec::new();
    let mut hold = |name: &str, parameter: Option<&Value>, text: &str| {
        let Some(parameter) = parameter else {
            faults.push(format!("unknown parameter '{name}'"));
            return;
        };
        let value = typed(&parameter["schema"], text);
        let wrong = schemas.faults(&parameter["schema"], Side::Request, &value);
        faults.extend(wrong.into_iter().map(|fault| format!("parameter '{name}': {fault}")));
    };
    for (own, part) in operation.path.iter().zip(path).filter(|(own, _)| own.starts_with('{')) {
        let name = own.trim_matches(['{', '}']);
        hold(name, of("path", name), part);
    }
    let given: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    for (name, text) in &given {
        hold(name, of("query", name), text);
    }
    let required = known.iter().filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
    for parameter in required.filter(|parameter| given.iter().all(|(name, _)| parameter["name"] != *name)) {
        faults.push(format!("parameter {} is missing", parameter["name"]));
    }
    faults
}

/// A text of an address as the value that the schema has in mind.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("array") => text.split(',').map(|item| typed(&schema["items"], item)).collect(),
        Some("integer" | "number" | "boolean") => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}

/// The body of a request that was taken. One that was refused may have been wrong on purpose.
fn request(schemas: &mut Schemas, operation: &Operation, exchange: &Exchange) -> Vec<String> {
    let described = &operation.rest["requestBody"]["content"];
    if exchange.body.is_empty() {
        let required = operation.rest["requestBody"]["required"] == true;
        return if required { vec!["the body is missing".to_owned()] } else { Vec::new() };
    }
    let kind = exchange.content_type.as_deref().unwrap_or_default().split(';').next().unwrap_or_default();
    let Some(media) = described.get(kind) else { return vec![format!("a body of type '{kind}' is not described")] };
    if kind != "application/json" {
        return Vec::new();
    }
    match serde_json::from_slice(&exchange.body) {
        Ok(body) => {
            let faults = schemas.faults(&media["schema"], Side::Request, &body);
            faults.into_iter().map(|fault| format!("request: {fault}")).collect()
        }
        Err(error) => vec![format!("request: {error}")],
    }
}

/// An answer: its status, its type, its body, and the fields of the issues in it.
fn answer(schemas: &mut Schemas, operation: &Operation, exchange: &Exchange, status: u16) -> Vec<String> {
    let name = operation.name();
    let described = operation.rest["responses"].get(status.to_string());
    if described.is_none() && !ANYWHERE.contains(&status) && !also_answers(&name, status) {
        return vec!["the status is not described".to_owned()];
    }
    if exchange.answer.is_empty() {
        let promised =
            described.is_some_and(|described| described["content"]["application/json"]["schema"]["$ref"].is_string());
        return if promised { vec!["the answer has no body".to_owned()] } else { Vec::new() };
    }
    if !exchange.answer_type.as_deref().unwrap_or_default().starts_with("application/json") {
        return Vec::new();
    }
    let body: Value = match serde_json::from_slice(&exchange.answer) {
        Ok(body) => body,
        Err(error) => return vec![format!("answer: {error}")],
    };
    let mut schema = described.map(|described| described["content"]["application/json"]["schema"].clone());
    // The example in the description is a list, as a real answer is; only the schema says otherwise.
    if name == "GET /rest/api/3/issue/{issueIdOrKey}/remotelink" && body.is_array() {
        schema = Some(json!({"type": "array", "items": named("RemoteIssueLink")}));
    }
    // Refusals mostly have no schema there, and one shape on a real site.
    let schema = schema.filter(|schema| schema.is_object());
    let schema = schema.or_else(|| (status >= 400).then(|| named("ErrorCollection")));
    let Some(schema) = schema else { return vec!["the answer has a body that is not described".to_owned()] };
    let mut faults = schemas.faults(&schema, Side::Answer, &body);
    let listed = body["issues"].as_array().into_iter().flatten();
    for shown in listed.chain([&body]).filter_map(|issue| issue["fields"].as_object()) {
        // Elsewhere `fields` is a description of fields.
        if schema.to_string().contains("IssueBean") || schema.to_string().contains("SearchAndReconcile") {
            faults.extend(fields(schemas, shown));
        }
    }
    faults.into_iter().map(|fault| format!("answer: {fault}")).collect()
}
