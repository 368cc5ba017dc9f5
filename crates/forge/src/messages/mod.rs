//! Applies the messages of a request and returns one result per message, in the same order (docs/protocol.md §2). Messages of
//! one ticket are applied in their order, different tickets concurrently.

mod article;
mod attachment;
mod budget;
mod catch_up;
mod comment;
mod context;
mod create;
mod drift;
mod erase;
mod erase_texts;
mod field;
mod hello;
mod identity;
mod link;
mod linked_issues;
pub(crate) mod projects;
mod query;
mod restore;
mod search;
mod ticket;
mod ticket_end;

use std::cell::{Cell, RefCell};

use schema::{Message, MessageBody, MessageResult, Received, Request, ResultStatus};
use serde_json::Value;

use self::budget::Budget;
use self::context::{Answer, MessageContext, NEXT_EXCHANGE, Outcome};
use crate::config::Config;
use crate::join::join_all;
use crate::json::json;
use crate::licence;
use crate::platform::Platform;
use crate::seen::{self, Claim};
use crate::turn::Turns;

pub(crate) use self::budget::MAX_REPLY_BYTES;

/// State that all messages of an exchange share.
struct Exchange<'a, P> {
    platform: &'a P,
    config: &'a Config,
    request: &'a Request<Received>,
    /// Audit entries of the applied messages.
    applied: RefCell<Vec<Value>>,
    budget: Budget,
    link_records: Turns,
}

/// The results of all messages of a request.
pub(crate) struct Applied {
    /// One result per message, in the same order.
    pub(crate) results: Vec<MessageResult>,
    /// Audit entries of what was written.
    pub(crate) audit: Vec<Value>,
    /// Maximum bytes of the commands in the same reply.
    pub(crate) bytes_left: usize,
}

/// Messages that are applied in order, each with its index in the request.
type Queue<'r> = Vec<(usize, &'r Received)>;

/// Whether a message changes records that several tickets share; then all messages are applied one after the other.
const fn is_shared(body: &MessageBody) -> bool {
    matches!(
        body,
        MessageBody::LinkRequested(_)
            | MessageBody::LinkRemoved(_)
            | MessageBody::LinkRestore(_)
            | MessageBody::IssueCreate(_)
            | MessageBody::TicketMerged(_)
            | MessageBody::TicketGone(_)
            | MessageBody::AttachmentAdded(_)
            | MessageBody::IdentityUpsert(_)
    )
}

/// Applies all messages of a request.
pub(crate) async fn apply(platform: &impl Platform, config: &Config, request: &Request<Received>) -> Applied {
    let (applied, budget, link_records) = (RefCell::default(), Budget::default(), Turns::default());
    let exchange = Exchange { platform, config, request, applied, budget, link_records };
    let shared = |message: &Received| matches!(message, Received::Valid(message) if is_shared(&message.body));
    let sequential = request.messages.iter().any(shared);
    let mut queues: Vec<(Option<u64>, Queue<'_>)> = Vec::new();
    for (index, received) in request.messages.iter().enumerate() {
        let ticket = match received {
            Received::Valid(message) if !sequential => message.ticket_id,
            _ => None,
        };
        match queues.iter_mut().find(|(of_ticket, _)| *of_ticket == ticket) {
            Some((_, queue)) => queue.push((index, received)),
            None => queues.push((ticket, vec![(index, received)])),
        }
    }
    let mut results: Vec<Option<MessageResult>> = request.messages.iter().map(|_| None).collect();
    let queues = queues.into_iter().map(|(_, queue)| apply_queue(&exchange, queue));
    for (index, result) in join_all(queues).await.into_iter().flatten() {
        results[index] = Some(result);
    }
    Applied {
        results: results.into_iter().flatten().collect(),
        bytes_left: exchange.budget.left(),
        audit: exchange.applied.into_inner(),
    }
}

async fn apply_queue(exchange: &Exchange<'_, impl Platform>, queue: Queue<'_>) -> Vec<(usize, MessageResult)> {
    let mut results = Vec::with_capacity(queue.len());
    let mut blocked: Vec<(u64, u32)> = Vec::new();
    for (index, received) in queue {
        let result = match received {
            Received::Rejected { id, code, field } => {
                exchange.platform.warn("message-refused", json!({ "code": code, "field": field }));
                let data = field.map(|field| json!({ "field": field }));
                result(id.clone(), ResultStatus::Rejected, Some(code), None, data)
            }
            // Messages behind one that must be retried are retried too, to keep the order of the ticket.
            Received::Valid(message) => match blocked.iter().find(|(ticket, _)| Some(*ticket) == message.ticket_id) {
                Some((_, after_ms)) => {
                    result(message.id.to_string(), ResultStatus::Retry, Some("behind-another"), Some(*after_ms), None)
                }
                None => apply_one(exchange, message).await,
            },
        };
        if let (ResultStatus::Retry, Received::Valid(message)) = (result.status, received)
            && let Some(ticket) = message.ticket_id
        {
            blocked.push((ticket, result.retry_after_ms.unwrap_or(1_000)));
        }
        results.push((index, result));
    }
    results
}

async fn apply_one(exchange: &Exchange<'_, impl Platform>, message: &Message) -> MessageResult {
    let (platform, id) = (exchange.platform, message.id.to_string());
    if licence::puts_off(platform, &message.body) {
        return result(id, ResultStatus::Retry, Some(licence::INACTIVE), Some(licence::RETRY_MS), None);
    }
    // A query writes nothing, so it is not recorded and every delivery is answered.
    let is_query = query::is_query(&message.body);
    let claim = if is_query { Ok(Claim::Fresh) } else { seen::claim(platform, &message.id).await };
    let interrupted = match claim {
        Ok(Claim::Fresh) => false,
        Ok(Claim::Interrupted) => true,
        Ok(Claim::Done(answer)) => return result(id, ResultStatus::Duplicate, None, None, Some(answer)),
        Ok(Claim::Busy(after_ms)) => return result(id, ResultStatus::Retry, Some("in-progress"), Some(after_ms), None),
        Err(_) => return result(id, ResultStatus::Retry, Some("platform-error"), Some(5_000), None),
    };
    let Exchange { config, budget, link_records, .. } = exchange;
    let wrote = Cell::new(false);
    let context = MessageContext { platform, config, message, interrupted, budget, link_records, wrote };
    let not_applied = match context.end(dispatch(&context, exchange.request).await).await {
        Outcome::Applied(answer) if is_query => {
            // These took their room while they were made.
            let has_taken = matches!(message.body, MessageBody::AttachmentFetch(_) | MessageBody::IssuesRead(_));
            let has_room = has_taken || budget.take(size(&answer));
            if has_room {
                return result(id, ResultStatus::Accepted, None, None, Some(answer));
            }
            result(id, ResultStatus::Retry, Some(NEXT_EXCHANGE), Some(0), None)
        }
        Outcome::Applied(mut answer) => {
            // By this time the sidecar recognises its own change in Jira's time of the issue's last change.
            if let Some(fields) = answer.as_object_mut() {
                fields.insert("at".into(), json!(platform.now()));
            }
            if seen::done(platform, &message.id, &answer).await.is_ok() {
                budget.add(size(&answer));
                exchange.applied.borrow_mut().extend(audit_entry(message, &answer));
                return result(id, ResultStatus::Accepted, None, None, Some(answer));
            }
            // The effect exists but is not recorded; the next run finds it by its mark.
            result(id, ResultStatus::Retry, Some("platform-error"), Some(5_000), None)
        }
        Outcome::Duplicate(answer) => {
            let _ = seen::release(platform, &message.id).await;
            return result(id, ResultStatus::Duplicate, None, None, Some(answer));
        }
        Outcome::Retry { after_ms, code, uncertain } => {
            // If one of these writes fails, the claim expires. The claim of an interrupted message stays: whether its first run
            // wrote is still unknown.
            let _ = match uncertain {
                true => seen::uncertain(platform, &message.id).await,
                false if interrupted || is_query => Ok(()),
                false => seen::release(platform, &message.id).await,
            };
            result(id, ResultStatus::Retry, Some(code), Some(after_ms), None)
        }
        Outcome::Rejected { code, data } => {
            if !is_query {
                let _ = seen::release(platform, &message.id).await;
            }
            result(id, ResultStatus::Rejected, Some(code), None, Some(data))
        }
    };
    platform.warn("message-not-applied", json!({ "kind": message.body.kind(), "code": not_applied.code }));
    not_applied
}

async fn dispatch(context: &MessageContext<'_, impl Platform>, request: &Request<Received>) -> Answer {
    match &context.message.body {
        MessageBody::Hello(hello) => hello::apply(context, request, hello).await,
        MessageBody::HelpdeskNames(names) => hello::names(context.platform, names).await,
        MessageBody::SidecarStatus(status) => hello::status(context.platform, status).await,
        MessageBody::DriftReport(report) => drift::apply(context.platform, report).await,
        MessageBody::TicketChanged(snapshot) => ticket::apply(context, snapshot).await,
        MessageBody::ArticleAdded(article) => article::added(context, article).await,
        MessageBody::ArticleChanged(article) => article::changed(context, article).await,
        MessageBody::ArticleRemoved(article) => article::removed(context, article).await,
        MessageBody::AttachmentAdded(file) => attachment::added(context, file).await,
        MessageBody::TicketMerged(merge) => ticket_end::merged(context, merge).await,
        MessageBody::TicketGone(gone) => ticket_end::gone(context, gone).await,
        MessageBody::LinkRequested(request) => link::request(context, request).await,
        MessageBody::LinkRemoved(end) => link::remove(context, end).await,
        MessageBody::LinkRestore(link) => restore::apply(context, link).await,
        MessageBody::IssueCreate(request) => create::apply(context, request).await,
        MessageBody::FieldApply(plan) => field::apply(context, plan).await,
        MessageBody::IdentityUpsert(pair) => identity::apply(context, pair).await,
        _ => query::answer(context).await,
    }
}

/// Bytes of a result in the reply.
fn size(answer: &Value) -> usize {
    answer.to_string().len()
}

/// Returns the audit entry of an applied message: ids and codes. Messages about the sidecar, and `ticket.changed`, write nothing
/// in Jira and have none.
fn audit_entry(message: &Message, answer: &Value) -> Option<Value> {
    if matches!(
        message.body,
        MessageBody::Hello(_)
            | MessageBody::HelpdeskNames(_)
            | MessageBody::SidecarStatus(_)
            | MessageBody::TicketChanged(_)
    ) {
        return None;
    }
    let mut issues = Vec::new();
    if let MessageBody::FieldApply(plan) = &message.body {
        issues.push(json!(plan.issue_id));
    }
    let lists = ["comments", "files", "issues"].iter().filter_map(|name| answer[*name].as_array()).flatten();
    issues.extend(lists.chain([answer]).filter_map(|row| row.get("issueId").cloned()));
    let mut entry = json!({ "kind": message.body.kind(), "messageId": message.id, "issueIds": issues });
    if let Some(ticket_id) = message.ticket_id {
        entry["ticketId"] = ticket_id.into();
    }
    let codes = answer["refused"].as_array().into_iter().flatten().filter_map(|refused| refused.get("code").cloned());
    let codes: Vec<Value> = codes.chain(answer["refused"].is_string().then(|| answer["refused"].clone())).collect();
    if !codes.is_empty() {
        entry["refused"] = codes.into();
    }
    Some(entry)
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
