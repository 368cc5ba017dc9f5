//! Refusals, with the texts as recorded. Texts are part of the contract only for humans: 6.x hides many of them.

use serde_json::json;

use crate::http::{Answer, Inbound};

/// Whether a request gets errors as HTML: its `Accept` names neither JSON alone nor everything.
pub(super) fn wants_page(inbound: &Inbound) -> bool {
    !matches!(inbound.header("accept"), Some("application/json" | "*/*"))
}

/// A refusal of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ApiError {
    /// Status code.
    pub status: u16,
    /// The text, shown only to those who may see it.
    pub text: String,
    /// Shown to everybody, or as "Error ID" to all but administrators.
    pub hidden: bool,
    /// Whether the controller itself rendered it: then it has CORS headers and no `error_human`.
    pub bare: bool,
}

impl ApiError {
    fn shown(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), hidden: false, bare: false }
    }

    /// Credentials that do not work.
    pub fn unauthorized(text: impl Into<String>) -> Self {
        Self::shown(401, text)
    }

    /// Not allowed.
    pub fn forbidden(text: impl Into<String>) -> Self {
        Self::shown(403, text)
    }

    /// No access to this object.
    pub fn no_access() -> Self {
        Self::forbidden("Not authorized")
    }

    /// No such row; `class` is Ruby's name of the table.
    pub fn not_found(class: &str, id: &str) -> Self {
        Self::shown(404, format!("Couldn't find {class} with 'id'={id}"))
    }

    /// Not found, with another text than usual.
    pub fn missing(text: String) -> Self {
        Self::shown(404, text)
    }

    /// A lookup without a number.
    pub fn without_id(class: &str) -> Self {
        Self::shown(404, format!("Couldn't find {class} without an ID"))
    }

    /// An address that no route has.
    pub fn no_route() -> Self {
        Self::shown(404, "This page doesn't exist.")
    }

    /// Rejected, with a reason that everybody sees.
    pub fn invalid(text: impl Into<String>) -> Self {
        Self::shown(422, text)
    }

    /// Rejected, with a reason that only administrators see.
    pub fn invalid_hidden(text: impl Into<String>) -> Self {
        Self { hidden: true, ..Self::shown(422, text) }
    }

    /// Refused by the controller itself.
    pub fn invalid_bare(text: impl Into<String>) -> Self {
        Self { bare: true, ..Self::shown(422, text) }
    }

    /// A row that others name cannot be deleted.
    pub fn referenced() -> Self {
        Self::shown(422, "Can't delete, object has references.")
    }

    /// An unhandled exception: the response to many plain client errors.
    pub fn crash(text: impl Into<String>) -> Self {
        Self { hidden: true, ..Self::shown(500, text) }
    }

    /// The answer; `html` where the caller did not ask for JSON alone, `error_id` where the reason is hidden.
    pub fn answer(&self, html: bool, admin: bool, error_id: &str) -> Answer {
        let hidden = self.hidden && !admin;
        let text =
            if hidden { format!("Error ID {error_id}: Please contact your administrator.") } else { self.text.clone() };
        if html {
            return self.page(&text);
        }
        let body = if hidden || self.bare || self.status == 500 {
            json!({"error": text})
        } else {
            json!({"error": text, "error_human": text})
        };
        let answer = Answer::json(self.status, &body);
        if matches!(self.status, 401 | 403) { answer.with("x-failure", self.text.clone()) } else { answer }
    }

    fn page(&self, text: &str) -> Answer {
        let (title, heading) = match self.status {
            401 => ("401: Unauthorized", "401: Unauthorized"),
            403 => ("403: Forbidden", "403: Forbidden"),
            404 => ("404: Not Found", "404: Requested resource was not found"),
            422 => ("422: Unprocessable Entity", "422: The change you wanted was rejected."),
            _ => ("500: An unknown error occurred", "500: An unknown error occurred"),
        };
        let text = crate::page::escape(text);
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
             <body><h1>{heading}</h1><p>{text}</p></body></html>\n"
        );
        let answer = Answer::html(self.status, page);
        if matches!(self.status, 401 | 403) { answer.with("x-failure", self.text.clone()) } else { answer }
    }
}
