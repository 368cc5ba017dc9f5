//! Rejections in Jira's form: `{"errorMessages": [..], "errors": {field: text}}`.

use serde_json::{Value, json};

use crate::http::Answer;

/// Content type of Jira's answers.
pub(in crate::jira_sim) const JSON: &str = "application/json;charset=UTF-8";

/// A rejected request: status and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: u16,
    pub body: Value,
}

impl Refusal {
    pub fn message(status: u16, text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self { status, body: json!({"errorMessages": [text], "errors": {}}) }
    }

    /// A field's value is not taken.
    pub fn field(name: &str, text: impl Into<String>) -> Self {
        let text: String = text.into();
        Self { status: 400, body: json!({"errorMessages": [], "errors": {name: text}}) }
    }

    /// The issue is deleted, never existed, or may not be seen; Jira does not distinguish these cases.
    pub fn no_issue() -> Self {
        Self::message(404, "Issue does not exist or you do not have permission to see it.")
    }

    /// A body that cannot be read.
    pub fn payload() -> Self {
        let text = "Invalid request payload. Refer to the REST API documentation and try again.";
        Self { status: 400, body: json!({"errorMessages": [text]}) }
    }

    /// Missing or invalid credentials.
    pub fn unauthenticated() -> Self {
        let text = "Client must be authenticated to access this resource.";
        Self { status: 401, body: json!({"errorMessages": [text], "errors": {}}) }
    }

    /// An address that no operation has.
    pub fn no_route(path: &str) -> Self {
        Self {
            status: 404,
            body: json!({"type": "about:blank", "title": "Not Found", "status": 404,
                         "detail": format!("No static resource {}.", path.trim_start_matches('/')), "instance": path}),
        }
    }

    /// A field that cannot be set: it does not exist, no screen has it, or this account may not set it. Jira does
    /// not distinguish these cases.
    pub fn not_on_screen(name: &str) -> Self {
        Self::field(name, format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."))
    }

    /// A rejection in plain text instead of JSON.
    pub fn plain(status: u16, text: &str) -> Self {
        Self { status, body: Value::from(text) }
    }

    pub fn answer(&self) -> Answer {
        if let Value::String(text) = &self.body {
            return Answer::new(self.status, "text/html;charset=UTF-8", text.clone());
        }
        let problem = self.body.get("instance").is_some();
        let kind = if problem { "application/problem+json;charset=UTF-8" } else { JSON };
        Answer::new(self.status, kind, self.body.to_string())
    }
}

/// An error that the request did not cause.
pub(in crate::jira_sim) fn failure(status: u16, text: &str) -> Answer {
    Answer::new(status, JSON, json!({"errorMessages": [text], "errors": {}}).to_string())
}

/// The answer to missing or invalid credentials.
pub(in crate::jira_sim) fn unauthenticated() -> Answer {
    Refusal::unauthenticated().answer()
}
