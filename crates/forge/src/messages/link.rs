//! `link.requested` and `link.removed`, asked for on the Zammad side.

use schema::{LinkAnswer, LinkEnded, LinkRequest, Message};
use serde_json::{Value, json};

use super::Effect;
use crate::audit;
use crate::issue::{self, Outcome};
use crate::links::{self, Linked};
use crate::platform::Platform;

pub(super) async fn request(platform: &impl Platform, message: &Message, wish: &LinkRequest) -> Effect {
    let Some(wanted) = issue_in(&wish.issue) else { return Effect::Rejected("not-an-issue") };
    if !is_web_url(&wish.ticket_url) {
        return Effect::Rejected("not-a-url");
    }
    let found = match issue::read(platform, wanted).await {
        Outcome::Ok(found) => found,
        Outcome::Gone => return Effect::Rejected("issue-not-found"),
        Outcome::Later { after_ms, code } => return Effect::Later { after_ms, code },
        Outcome::Refused(code) => return Effect::Rejected(code),
    };
    let (Some(issue_id), Some(issue_key)) = (found["id"].as_str(), found["key"].as_str()) else {
        return Effect::Later { after_ms: 5_000, code: "jira-unreadable" };
    };
    let link = Linked {
        ticket_id: message.ticket_id.unwrap_or_default(),
        ticket_number: wish.ticket_number.clone(),
        ticket_url: wish.ticket_url.clone(),
        issue_id: issue_id.to_owned(),
        issue_key: issue_key.to_owned(),
        linked_at: platform.now(),
    };
    // Every step is the same again when it is repeated, so an interruption needs no looking up.
    let title = match &wish.title {
        Some(title) => format!("#{} {title}", wish.ticket_number),
        None => format!("Zammad ticket #{}", wish.ticket_number),
    };
    match issue::put_remote_link(platform, issue_id, &global_id(platform, link.ticket_id), &wish.ticket_url, &title)
        .await
    {
        Outcome::Ok(_) => {}
        Outcome::Gone => return Effect::Rejected("issue-not-found"),
        Outcome::Later { after_ms, code } => return Effect::Later { after_ms, code },
        Outcome::Refused(code) => return Effect::Rejected(code),
    }
    let detail = json!({ "ticketId": link.ticket_id, "issueId": link.issue_id });
    let stored = async {
        links::add(platform, &link).await?;
        audit::note(platform, "link-added", detail).await
    };
    match stored.await {
        Ok(()) => Effect::Applied(json!(LinkAnswer { issue_id: link.issue_id, issue_key: link.issue_key })),
        Err(error) => error.into(),
    }
}

pub(super) async fn remove(platform: &impl Platform, message: &Message, end: &LinkEnded) -> Effect {
    let ticket_id = message.ticket_id.unwrap_or_default();
    if end.issue_id.bytes().any(|byte| !byte.is_ascii_digit()) {
        return Effect::Rejected("not-an-issue");
    }
    match issue::delete_remote_link(platform, &end.issue_id, &global_id(platform, ticket_id)).await {
        Outcome::Later { after_ms, code } => return Effect::Later { after_ms, code },
        // Gone or refused: the link between the two systems ends all the same.
        Outcome::Ok(_) | Outcome::Gone | Outcome::Refused(_) => {}
    }
    let detail = json!({ "ticketId": ticket_id, "issueId": end.issue_id });
    let removed = async {
        links::remove(platform, ticket_id, &end.issue_id).await?;
        audit::note(platform, "link-removed", detail).await
    };
    match removed.await {
        Ok(()) => Effect::Applied(Value::Null),
        Err(error) => error.into(),
    }
}

/// Stable per ticket, so that writing the remote link again updates it.
fn global_id(platform: &impl Platform, ticket_id: u64) -> String {
    format!("system=zammad&install={}&ticket={ticket_id}", platform.install_id())
}

/// The key or id in what was typed: `PROJ-7`, `10007`, or the URL of an issue.
fn issue_in(text: &str) -> Option<&str> {
    let last = text.trim().split(['?', '#']).next()?.trim_end_matches('/').rsplit('/').next()?;
    let is_id = (1..=19).contains(&last.len()) && last.bytes().all(|byte| byte.is_ascii_digit());
    let is_key = last.rsplit_once('-').is_some_and(|(project, number)| {
        project.starts_with(|c: char| c.is_ascii_alphabetic())
            && project.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    (is_id || is_key).then_some(last)
}

/// The URL becomes a link that people click: http or https, no credentials, nothing else (contracts/forge.md §8).
fn is_web_url(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !authority.is_empty() && !authority.contains('@') && !url.contains(|c: char| c.is_whitespace() || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_found_in_what_people_paste() {
        for text in [
            "PROJ-7",
            " PROJ-7 ",
            "https://x.atlassian.net/browse/PROJ-7",
            "https://x.atlassian.net/browse/PROJ-7/?focus=1#c",
        ] {
            assert_eq!(issue_in(text), Some("PROJ-7"), "{text}");
        }
        assert_eq!(issue_in("10007"), Some("10007"));
        for text in ["", "PROJ", "-7", "PROJ-", "printer on fire", "../10007x", "7PROJ-1", "https://x/browse/"] {
            assert_eq!(issue_in(text), None, "{text}");
        }
    }

    #[test]
    fn only_plain_web_addresses_become_links() {
        assert!(is_web_url("https://help.example/#ticket/zoom/42") && is_web_url("http://zammad:8080/x"));
        for url in ["javascript:alert(1)", "https://", "https://user@host/", "ftp://x/", "https://a b/", "", "//x"] {
            assert!(!is_web_url(url), "{url}");
        }
    }
}
