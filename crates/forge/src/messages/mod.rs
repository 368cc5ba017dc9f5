//! Applying messages: one result each, in the request's order. Per ticket in order; tickets side by side.

mod article;
mod hello;
mod link;
mod ticket;

use schema::{Message, MessageBody, MessageResult, Received, Request, ResultStatus};
use serde_json::{Value, json};

use crate::join::join_all;
use crate::platform::{Level, Platform, PlatformError};
use crate::seen::{self, Claim};

/// How a message ended, before it is told.
pub(super) enum Effect {
    /// Made, with this answer.
    Applied(Value),
    /// Not now; certainly nothing was written.
    Later { after_ms: u32, code: &'static str },
    /// Perhaps written, perhaps not: look before the next try.
    Unsure { after_ms: u32, code: &'static str },
    /// Never.
    Rejected(&'static str),
}

impl From<PlatformError> for Effect {
    fn from(_: PlatformError) -> Self {
        Self::Later { after_ms: 5_000, code: "platform-error" }
    }
}

/// Messages that keep their order, each with its place in the request.
type Line<'r> = Vec<(usize, &'r Received)>;

/// Applies all messages of a request.
pub(crate) async fn apply(platform: &impl Platform, request: &Request<Received>) -> Vec<MessageResult> {
    // Links change records that several tickets share, so a request with one goes strictly one by one.
    let links = |message: &Received| {
        matches!(message, Received::Good(message)
            if matches!(message.body, MessageBody::LinkRequested(_) | MessageBody::LinkRemoved(_)))
    };
    let one_by_one = request.messages.iter().any(links);
    let mut lines: Vec<(Option<u64>, Line<'_>)> = Vec::new();
    for (at, received) in request.messages.iter().enumerate() {
        let ticket = match received {
            Received::Good(message) if !one_by_one => message.ticket_id,
            _ => None,
        };
        match lines.iter_mut().find(|(line, _)| *line == ticket) {
            Some((_, line)) => line.push((at, received)),
            None => lines.push((ticket, vec![(at, received)])),
        }
    }
    let lines = lines.into_iter().map(|(_, line)| apply_line(platform, request, line));
    let mut results: Vec<(usize, MessageResult)> = join_all(lines).await.into_iter().flatten().collect();
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

async fn apply_line(
    platform: &impl Platform,
    request: &Request<Received>,
    line: Line<'_>,
) -> Vec<(usize, MessageResult)> {
    let mut results = Vec::with_capacity(line.len());
    let mut held: Vec<(u64, u32)> = Vec::new();
    for (at, received) in line {
        let result = match received {
            Received::Bad { id, code, field } => {
                platform.log(Level::Warn, "message-refused", json!({ "code": code, "field": field }));
                result(
                    id.clone(),
                    ResultStatus::Rejected,
                    Some(code),
                    None,
                    field.map(|field| json!({ "field": field })),
                )
            }
            // What stands behind a message that must wait waits too, or the ticket's order is lost.
            Received::Good(message) => match held.iter().find(|(ticket, _)| Some(*ticket) == message.ticket_id) {
                Some((_, after_ms)) => {
                    result(message.id.to_string(), ResultStatus::Retry, Some("behind-another"), Some(*after_ms), None)
                }
                None => apply_one(platform, request, message).await,
            },
        };
        if let (ResultStatus::Retry, Received::Good(message)) = (result.status, received)
            && let Some(ticket) = message.ticket_id
        {
            held.push((ticket, result.retry_after_ms.unwrap_or(1_000)));
        }
        results.push((at, result));
    }
    results
}

async fn apply_one(platform: &impl Platform, request: &Request<Received>, message: &Message) -> MessageResult {
    let id = message.id.to_string();
    let interrupted = match seen::claim(platform, &message.id).await {
        Ok(Claim::Fresh) => false,
        Ok(Claim::Interrupted) => true,
        Ok(Claim::Done(answer)) => return result(id, ResultStatus::Duplicate, None, None, Some(answer)),
        Ok(Claim::Busy(after_ms)) => return result(id, ResultStatus::Retry, Some("in-progress"), Some(after_ms), None),
        Err(_) => return result(id, ResultStatus::Retry, Some("platform-error"), Some(5_000), None),
    };
    let effect = match &message.body {
        MessageBody::Hello(hello) => hello::apply(platform, request, hello).await,
        MessageBody::TicketChanged(snapshot) => ticket::apply(platform, message, snapshot).await,
        MessageBody::ArticleAdded(article) => article::apply(platform, message, article, interrupted).await,
        MessageBody::LinkRequested(wish) => link::request(platform, message, wish).await,
        MessageBody::LinkRemoved(end) => link::remove(platform, message, end).await,
        _ => Effect::Rejected("unsupported"),
    };
    let told = match effect {
        Effect::Applied(answer) => match seen::done(platform, &message.id, &answer).await {
            Ok(()) => return result(id, ResultStatus::Accepted, None, None, Some(answer)),
            // The effect is there but not recorded; the next try finds it by its mark.
            Err(_) => result(id, ResultStatus::Retry, Some("platform-error"), Some(5_000), None),
        },
        Effect::Unsure { after_ms, code } => {
            // If this cannot be written the claim simply runs out.
            let _ = seen::unsure(platform, &message.id).await;
            result(id, ResultStatus::Retry, Some(code), Some(after_ms), None)
        }
        Effect::Later { after_ms, code } => {
            // An interrupted one stays claimed: whether its first run wrote is still unknown.
            if !interrupted {
                let _ = seen::release(platform, &message.id).await;
            }
            result(id, ResultStatus::Retry, Some(code), Some(after_ms), None)
        }
        Effect::Rejected(code) => {
            let _ = seen::release(platform, &message.id).await;
            result(id, ResultStatus::Rejected, Some(code), None, None)
        }
    };
    platform.log(Level::Warn, "message-not-applied", json!({ "kind": message.body.kind(), "code": told.code }));
    told
}

fn result(
    id: String,
    status: ResultStatus,
    code: Option<&str>,
    retry_after_ms: Option<u32>,
    data: Option<Value>,
) -> MessageResult {
    MessageResult {
        id,
        status,
        code: code.map(str::to_owned),
        retry_after_ms,
        data: data.filter(|data| !data.is_null()),
    }
}
