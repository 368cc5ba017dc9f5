//! Answers that a faulty server gives instead of handling a request.
//!
//! Recorded: the texts of the refusals, and that a server without web workers answers a read in JSON and a write in
//! HTML. Guessed: that page, and that a search (a read by `POST`) gets it, too.

use serde_json::json;

use super::error::{ApiError, wants_page};
use crate::{
    faults::FaultKind,
    http::{Answer, Inbound, proxy},
};

/// The answer to a request that this fault hits; none if the fault does not answer.
pub(super) fn answer(fault: &FaultKind, inbound: &Inbound) -> Option<Answer> {
    let refusal = match fault {
        FaultKind::Maintenance => ApiError::forbidden("Maintenance mode enabled!"),
        FaultKind::TokenAccessDisabled => ApiError::forbidden("API token access disabled!"),
        FaultKind::Unauthorized => ApiError::unauthorized("Can't find User for Token"),
        FaultKind::Refused => ApiError::invalid("Invalid value 'x' for field 'y'!"),
        FaultKind::ServerError => return Some(server_error(inbound)),
        FaultKind::Status { status, retry_after } => return Some(status_page(*status, *retry_after)),
        other => return proxy::answer(other, inbound),
    };
    Some(refusal.answer(wants_page(inbound), false, ""))
}

/// Status 500 of the framework, before any controller: there are no web workers, or no database.
pub(super) fn server_error(inbound: &Inbound) -> Answer {
    if inbound.method == hyper::Method::GET || inbound.method == hyper::Method::HEAD {
        let body = json!({"status": 500, "error": "Internal Server Error"});
        return Answer::new(500, "application/json; charset=UTF-8", body.to_string());
    }
    let page = "<!DOCTYPE html>\n<html><head><title>We're sorry, but something went wrong (500)</title></head>\
                <body><h1>We're sorry, but something went wrong.</h1></body></html>\n";
    Answer::new(500, "text/html; charset=UTF-8", page)
}

fn status_page(status: u16, retry_after: Option<u32>) -> Answer {
    let page = Answer::html(status, format!("<html><body><h1>{status}</h1></body></html>\n"));
    match retry_after {
        Some(seconds) => page.with("retry-after", seconds.to_string()),
        None => page,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn made(fault: &FaultKind, method: &str) -> (u16, Value) {
        let answer = answer(fault, &Inbound::json(method, "/api/v1/tickets/1", &Value::Null)).unwrap();
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    #[test]
    fn refusals_of_the_whole_server_read_as_recorded() {
        for (fault, status, text) in [
            (FaultKind::Maintenance, 403, "Maintenance mode enabled!"),
            (FaultKind::TokenAccessDisabled, 403, "API token access disabled!"),
            (FaultKind::Unauthorized, 401, "Can't find User for Token"),
            (FaultKind::Refused, 422, "Invalid value 'x' for field 'y'!"),
        ] {
            let expected = (status, json!({"error": text, "error_human": text}));
            assert_eq!([made(&fault, "GET"), made(&fault, "PUT")], [expected.clone(), expected]);
        }
    }

    #[test]
    fn a_server_without_workers_answers_reads_in_json_and_writes_in_html() {
        let json = json!({"status": 500, "error": "Internal Server Error"});
        assert_eq!(made(&FaultKind::ServerError, "GET"), (500, json));
        let write = answer(&FaultKind::ServerError, &Inbound::json("PUT", "/x", &Value::Null)).unwrap();
        assert_eq!((write.status, write.headers[0].1.as_str()), (500, "text/html; charset=UTF-8"));
    }

    #[test]
    fn other_faults_do_not_answer_here() {
        assert!(answer(&FaultKind::Hang, &Inbound::json("GET", "/x", &Value::Null)).is_none());
        assert!(answer(&FaultKind::LoginPage, &Inbound::json("GET", "/x", &Value::Null)).is_some());
    }
}
