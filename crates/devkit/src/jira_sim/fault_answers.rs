//! Answers that a faulty site gives instead of handling a request. The texts are Jira's own where its description has
//! them; the page of a site under maintenance and the text for an app without access are guesses.

use super::api::{failure, unauthenticated};
use crate::{
    faults::FaultKind,
    http::{Answer, Inbound, proxy},
};

const MAINTENANCE: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Maintenance</title></head>\
                           <body><h1>This site is under maintenance.</h1></body></html>\n";

/// The answer to a request that this fault hits; none if the fault does not answer.
pub(super) fn answer(fault: &FaultKind, inbound: &Inbound) -> Option<Answer> {
    Some(match fault {
        FaultKind::Status { status: 429, retry_after } => rate_limited(*retry_after),
        FaultKind::Status { status, retry_after } => {
            let answer = failure(*status, "Internal server error");
            match retry_after {
                Some(seconds) => answer.with("retry-after", seconds.to_string()),
                None => answer,
            }
        }
        FaultKind::ServerError => failure(500, "Internal server error"),
        FaultKind::Maintenance => Answer::html(503, MAINTENANCE.to_owned()),
        FaultKind::TokenAccessDisabled => failure(403, "You do not have permission to access this site."),
        FaultKind::Unauthorized => unauthenticated(),
        other => return proxy::answer(other, inbound),
    })
}

/// Too many requests, in the form that Jira documents.
fn rate_limited(retry_after: Option<u32>) -> Answer {
    failure(429, "Rate limit exceeded.")
        .with("retry-after", retry_after.unwrap_or(1).to_string())
        .with("ratelimit-reason", "jira-burst-based")
        .with("x-ratelimit-remaining", "0")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn faults_answer_in_the_form_of_jira() {
        let inbound = Inbound::json("GET", "/rest/api/3/myself", &Value::Null);
        let made =
            |fault: FaultKind| answer(&fault, &inbound).map(|answer| (answer.status, answer.headers[0].1.clone()));
        let json_type = "application/json;charset=UTF-8".to_owned();
        assert_eq!(made(FaultKind::ServerError), Some((500, json_type.clone())));
        assert_eq!(made(FaultKind::TokenAccessDisabled), Some((403, json_type.clone())));
        assert_eq!(made(FaultKind::Unauthorized), Some((401, json_type)));
        assert_eq!(made(FaultKind::Maintenance), Some((503, "text/html; charset=utf-8".to_owned())));
        assert_eq!(made(FaultKind::Reset), None);
        let other = answer(&FaultKind::OtherJson, &inbound).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&other.body).unwrap(), json!({"status": "ok"}));
    }
}
