//! Applying messages: one result each, in the request's order. Per ticket in order; tickets side by side.

mod article;
mod attachment;
mod catch_up;
mod comment;
mod create;
mod field;
mod hello;
mod identity;
mod life;
mod link;
mod query;
mod ticket;

use std::cell::{Cell, RefCell};

use schema::{Message, MessageBody, MessageResult, Received, Request, ResultStatus};
use serde_json::Value;

use crate::json::json;

use crate::config::Config;
use crate::jira::Failed;
use crate::join::join_all;
use crate::platform::{Level, Platform, PlatformError};
use crate::seen::{self, Claim};

/// Why a message was not applied.
pub(super) enum Stop {
    /// Not now; certainly nothing was written.
    Later { after_ms: u32, code: &'static str },
    /// Perhaps written, perhaps not: look before the next try.
    Unsure { after_ms: u32, code: &'static str },
    /// Never; `data` says more, for machines.
    Rejected { code: &'static str, data: Value },
}

impl Stop {
    pub(super) const fn rejected(code: &'static str) -> Self {
        Self::Rejected { code, data: Value::Null }
    }

    /// After a request that writes anew each time: a limit is refused before anything is written; whatever else failed may
    /// have been written.
    pub(super) fn of_write(failed: Failed) -> Self {
        match failed {
            Failed::Later { after_ms, code } if code != "jira-limited" => Self::Unsure { after_ms, code },
            other => other.into(),
        }
    }
}

impl From<PlatformError> for Stop {
    fn from(_: PlatformError) -> Self {
        Self::Later { after_ms: 5_000, code: "platform-error" }
    }
}

impl From<Failed> for Stop {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Later { after_ms, code } => Self::Later { after_ms, code },
            Failed::Gone => Self::rejected("issue-gone"),
            Failed::Refused { code, .. } => Self::rejected(code),
        }
    }
}

/// The answer to a message, or why there is none.
pub(super) type Answer = Result<Value, Stop>;

/// A message at work.
pub(super) struct At<'a, P> {
    pub(super) platform: &'a P,
    pub(super) config: &'a Config,
    pub(super) message: &'a Message,
    /// An earlier run ended in the middle: look whether an effect is there before making it again.
    pub(super) interrupted: bool,
    /// Something was written that a next run must look for.
    pub(super) wrote: Cell<bool>,
}

impl<P> At<'_, P> {
    pub(super) fn ticket_id(&self) -> u64 {
        self.message.ticket_id.unwrap_or_default()
    }
}

/// What all messages of an exchange share.
struct Exchange<'a, P> {
    platform: &'a P,
    config: &'a Config,
    request: &'a Request<Received>,
    applied: RefCell<Vec<Value>>,
}

/// Messages that keep their order, each with its place in the request.
type Line<'r> = Vec<(usize, &'r Received)>;

/// Whether a message changes records that several tickets share.
const fn is_shared(body: &MessageBody) -> bool {
    matches!(
        body,
        MessageBody::LinkRequested(_)
            | MessageBody::LinkRemoved(_)
            | MessageBody::IssueCreate(_)
            | MessageBody::TicketMerged(_)
            | MessageBody::TicketGone(_)
            | MessageBody::AttachmentAdded(_)
            | MessageBody::IdentityUpsert(_)
    )
}

/// Applies all messages of a request: their results, and what was written, for the audit.
pub(crate) async fn apply(
    platform: &impl Platform,
    config: &Config,
    request: &Request<Received>,
) -> (Vec<MessageResult>, Vec<Value>) {
    let exchange = Exchange { platform, config, request, applied: RefCell::default() };
    let shared = |message: &Received| matches!(message, Received::Good(message) if is_shared(&message.body));
    let one_by_one = request.messages.iter().any(shared);
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
    let lines = lines.into_iter().map(|(_, line)| apply_line(&exchange, line));
    let mut results: Vec<Option<MessageResult>> = request.messages.iter().map(|_| None).collect();
    for (at, result) in join_all(lines).await.into_iter().flatten() {
        results[at] = Some(result);
    }
    (results.into_iter().flatten().collect(), exchange.applied.into_inner())
}

async fn apply_line(exchange: &Exchange<'_, impl Platform>, line: Line<'_>) -> Vec<(usize, MessageResult)> {
    let mut results = Vec::with_capacity(line.len());
    let mut held: Vec<(u64, u32)> = Vec::new();
    for (at, received) in line {
        let result = match received {
            Received::Bad { id, code, field } => {
                exchange.platform.log(Level::Warn, "message-refused", json!({ "code": code, "field": field }));
                let data = field.map(|field| json!({ "field": field }));
                result(id.clone(), ResultStatus::Rejected, Some(code), None, data)
            }
            // What stands behind a message that must wait waits too, or the ticket's order is lost.
            Received::Good(message) => match held.iter().find(|(ticket, _)| Some(*ticket) == message.ticket_id) {
                Some((_, after_ms)) => {
                    result(message.id.to_string(), ResultStatus::Retry, Some("behind-another"), Some(*after_ms), None)
                }
                None => apply_one(exchange, message).await,
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

async fn apply_one(exchange: &Exchange<'_, impl Platform>, message: &Message) -> MessageResult {
    let (platform, id) = (exchange.platform, message.id.to_string());
    // A query writes nothing, so it is simply answered again.
    let is_query = query::is_one(&message.body);
    let claim = if is_query { Ok(Claim::Fresh) } else { seen::claim(platform, &message.id).await };
    let interrupted = match claim {
        Ok(Claim::Fresh) => false,
        Ok(Claim::Interrupted) => true,
        Ok(Claim::Done(answer)) => return result(id, ResultStatus::Duplicate, None, None, Some(answer)),
        Ok(Claim::Busy(after_ms)) => return result(id, ResultStatus::Retry, Some("in-progress"), Some(after_ms), None),
        Err(_) => return result(id, ResultStatus::Retry, Some("platform-error"), Some(5_000), None),
    };
    let at = At { platform, config: exchange.config, message, interrupted, wrote: Cell::new(false) };
    let told = match effect(&at, exchange.request).await {
        Ok(answer) if is_query => return result(id, ResultStatus::Accepted, None, None, Some(answer)),
        Ok(answer) => match seen::done(platform, &message.id, &answer).await {
            Ok(()) => {
                exchange.applied.borrow_mut().extend(noted(message, &answer));
                return result(id, ResultStatus::Accepted, None, None, Some(answer));
            }
            // The effect is there but not recorded; the next try finds it by its mark.
            Err(_) => result(id, ResultStatus::Retry, Some("platform-error"), Some(5_000), None),
        },
        Err(Stop::Later { after_ms, code }) if !at.wrote.get() => {
            // An interrupted one stays claimed: whether its first run wrote is still unknown.
            if !interrupted && !is_query {
                let _ = seen::release(platform, &message.id).await;
            }
            result(id, ResultStatus::Retry, Some(code), Some(after_ms), None)
        }
        Err(Stop::Later { after_ms, code } | Stop::Unsure { after_ms, code }) => {
            // If this cannot be written the claim simply runs out.
            let _ = seen::unsure(platform, &message.id).await;
            result(id, ResultStatus::Retry, Some(code), Some(after_ms), None)
        }
        Err(Stop::Rejected { code, data }) => {
            if !is_query {
                let _ = seen::release(platform, &message.id).await;
            }
            result(id, ResultStatus::Rejected, Some(code), None, Some(data))
        }
    };
    platform.log(Level::Warn, "message-not-applied", json!({ "kind": message.body.kind(), "code": told.code }));
    told
}

async fn effect(at: &At<'_, impl Platform>, request: &Request<Received>) -> Answer {
    match &at.message.body {
        MessageBody::Hello(hello) => hello::apply(at.platform, request, hello).await,
        MessageBody::DriftReport(report) => hello::compared(at.platform, report).await,
        MessageBody::TicketChanged(snapshot) => ticket::apply(at, snapshot).await,
        MessageBody::ArticleAdded(article) => article::added(at, article).await,
        MessageBody::ArticleChanged(article) => article::changed(at, article).await,
        MessageBody::ArticleRemoved(article) => article::removed(at, article).await,
        MessageBody::AttachmentAdded(file) => attachment::added(at, file).await,
        MessageBody::TicketMerged(merge) => life::merged(at, merge).await,
        MessageBody::TicketGone(gone) => life::gone(at, gone).await,
        MessageBody::LinkRequested(wish) => link::request(at, wish).await,
        MessageBody::LinkRemoved(end) => link::remove(at, end).await,
        MessageBody::IssueCreate(wish) => create::apply(at, wish).await,
        MessageBody::FieldApply(plan) => field::apply(at, plan).await,
        MessageBody::IdentityUpsert(pair) => identity::apply(at, pair).await,
        _ => query::answer(at).await,
    }
}

/// What the audit keeps of an applied message: ids and codes. A greeting and a snapshot for the panel write nothing in Jira.
fn noted(message: &Message, answer: &Value) -> Option<Value> {
    if matches!(message.body, MessageBody::Hello(_) | MessageBody::TicketChanged(_)) {
        return None;
    }
    let mut issues = Vec::new();
    if let MessageBody::FieldApply(plan) = &message.body {
        issues.push(json!(plan.issue_id));
    }
    let lists = ["comments", "files", "issues"].iter().filter_map(|name| answer[*name].as_array()).flatten();
    issues.extend(lists.chain([answer]).filter_map(|place| place.get("issueId").cloned()));
    let mut note = json!({ "kind": message.body.kind(), "messageId": message.id, "issueIds": issues });
    if let Some(ticket_id) = message.ticket_id {
        note["ticketId"] = ticket_id.into();
    }
    let codes = answer["refused"].as_array().into_iter().flatten().filter_map(|refused| refused.get("code").cloned());
    let codes: Vec<Value> = codes.chain(answer["refused"].is_string().then(|| answer["refused"].clone())).collect();
    if !codes.is_empty() {
        note["refused"] = codes.into();
    }
    Some(note)
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
