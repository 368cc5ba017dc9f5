//! What Forge's word means for each message.

use schema::{LinkAnswer, Message, MessageBody, MessageResult, ResultStatus, UnixMs};
use store::{Batch, Effects, Link, LinkState, OutboxRow, Settlement};

/// A retry without a time of its own.
const LATER_MS: i64 = 5_000;

/// Settlements and effects of a reply. Messages that were sent and not answered are sent again.
pub(super) fn of_results(
    batch: &Batch,
    sent: &[String],
    results: &[MessageResult],
    now: UnixMs,
) -> (Vec<(String, Settlement)>, Effects) {
    let (mut settlements, mut effects) = (Vec::new(), Effects::default());
    for id in sent {
        let settlement = match results.iter().find(|result| result.id == *id) {
            None => Settlement::Retry { at: now.plus(LATER_MS), code: "not-answered".into() },
            Some(result) => of_result(result, now),
        };
        if let Settlement::Done { result } = &settlement
            && let Some(row) = batch.rows.iter().find(|row| row.id == *id)
        {
            add_effects(row, result.as_deref(), now, &mut effects);
        }
        if let Settlement::Dead { code } = &settlement {
            tracing::warn!(
                message_id = id.as_str(),
                code = code.as_str(),
                "message given up; it is kept as a dead letter"
            );
        }
        settlements.push((id.clone(), settlement));
    }
    (settlements, effects)
}

fn of_result(result: &MessageResult, now: UnixMs) -> Settlement {
    let code = || result.code.clone().unwrap_or_else(|| "unknown".into());
    match result.status {
        ResultStatus::Accepted | ResultStatus::Duplicate => {
            Settlement::Done { result: result.data.as_ref().map(ToString::to_string) }
        }
        ResultStatus::Retry => {
            let after = result.retry_after_ms.map_or(LATER_MS, i64::from).clamp(500, 900_000);
            Settlement::Retry { at: now.plus(after), code: code() }
        }
        ResultStatus::Rejected => Settlement::Dead { code: code() },
    }
}

/// A link exists from the moment Forge has said so, in the transaction that records it.
fn add_effects(row: &OutboxRow, answer: Option<&str>, now: UnixMs, effects: &mut Effects) {
    let Ok(Message { body: MessageBody::LinkRequested(request), .. }) = serde_json::from_str(&row.body) else { return };
    let Some(answer) = answer.and_then(|json| serde_json::from_str::<LinkAnswer>(json).ok()) else { return };
    effects.links.push(Link {
        ticket_id: row.ticket_id,
        ticket_number: request.ticket_number,
        issue_id: answer.issue_id,
        issue_key: answer.issue_key,
        state: LinkState::Active,
        after_article: request.after_article,
        created_at: now,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(id: &str, status: ResultStatus, after: Option<u32>) -> MessageResult {
        MessageResult { id: id.into(), status, code: Some("x".into()), retry_after_ms: after, data: None }
    }

    #[test]
    fn every_sent_message_gets_a_settlement() {
        let now = UnixMs(1_000);
        let results = [
            result("a", ResultStatus::Accepted, None),
            result("b", ResultStatus::Duplicate, None),
            result("c", ResultStatus::Retry, Some(2_000)),
            result("d", ResultStatus::Rejected, None),
            result("stranger", ResultStatus::Accepted, None),
            result("e", ResultStatus::Retry, Some(u32::MAX)),
        ];
        let sent: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(str::to_owned).into();
        let (settlements, effects) = of_results(&Batch::default(), &sent, &results, now);
        let of = |id: &str| settlements.iter().find(|(other, _)| other == id).map(|(_, settlement)| settlement.clone());
        assert_eq!(of("a"), Some(Settlement::Done { result: None }));
        assert_eq!(of("b"), Some(Settlement::Done { result: None }));
        assert_eq!(of("c"), Some(Settlement::Retry { at: UnixMs(3_000), code: "x".into() }));
        assert_eq!(of("d"), Some(Settlement::Dead { code: "x".into() }));
        assert_eq!(of("e"), Some(Settlement::Retry { at: UnixMs(901_000), code: "x".into() }));
        assert_eq!(of("f"), Some(Settlement::Retry { at: UnixMs(6_000), code: "not-answered".into() }));
        assert_eq!((settlements.len(), effects.links.len()), (6, 0));
    }
}
