//! What Forge's word means for each message, and what we know from it: links, snapshots, mirrors. Everything is recorded in
//! the transaction that settles the message.

use redaction::Privacy;
use schema::{
    ArticleAnswer, AttachmentAnswer, FieldOutcome, IssueFound, IssueSnapshot, LinkAnswer, Message, MessageBody,
    MessageResult, ResultStatus, Settings, UnixMs,
};
use serde::de::DeserializeOwned;
use store::{
    Effects, Link, LinkState, Origin, OutboxRow, Provenance, Ring, Settlement, Side, Store, StoreError, Trouble,
};
use sync::{Answered, ApplyOutcome, Base, Memory};

use super::KnownIssue;

/// A retry without a time of its own.
const LATER_MS: i64 = 5_000;

/// Settles messages of one reply.
pub(super) struct Outcome<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) privacy: Privacy,
    pub(super) settings: &'a Settings,
    pub(super) now: UnixMs,
    pub(super) effects: Effects,
}

impl Outcome<'_> {
    /// The settlement of one sent message. Without a result it is sent again.
    pub(super) async fn of(
        &mut self,
        row: &OutboxRow,
        result: Option<&MessageResult>,
    ) -> Result<Settlement, StoreError> {
        let Some(result) = result else {
            return Ok(Settlement::Retry { at: self.now.plus(LATER_MS), code: "not-answered".into() });
        };
        let code = || result.code.clone().unwrap_or_else(|| "unknown".into());
        let message: Option<Message> = serde_json::from_str(&row.body).ok();
        match result.status {
            ResultStatus::Accepted | ResultStatus::Duplicate => {
                if let Some(message) = &message {
                    self.accepted(row, message, result).await?;
                }
                Ok(Settlement::Done { result: result.data.as_ref().map(ToString::to_string) })
            }
            ResultStatus::Retry => {
                let after = result.retry_after_ms.map_or(LATER_MS, i64::from).clamp(500, 900_000);
                Ok(Settlement::Retry { at: self.now.plus(after), code: code() })
            }
            ResultStatus::Rejected => {
                if let Some(message) = &message
                    && self.rejected(row, message, code())
                {
                    return Ok(Settlement::Done { result: None });
                }
                tracing::warn!(
                    message_id = row.id.as_str(),
                    code = code().as_str(),
                    "message given up; it is kept as a dead letter"
                );
                Ok(Settlement::Dead { code: code() })
            }
        }
    }

    /// Whether the rejection is worked off at the link, so that nothing is left to send again.
    fn rejected(&mut self, row: &OutboxRow, message: &Message, code: String) -> bool {
        let issue_id = match &message.body {
            MessageBody::FieldApply(apply) => &apply.issue_id,
            MessageBody::IssueGet(query) => &query.issue,
            _ => return false,
        };
        if matches!(code.as_str(), "issue-gone" | "issue-not-found") {
            // No event told that the issue was deleted: the next visit ends the link.
            self.base(row.ticket_id, issue_id, "gone", Some("\"deleted\"".into()));
            self.ring(row.ticket_id, &row.id);
        } else if matches!(message.body, MessageBody::FieldApply(_)) {
            // The next visit lists every field with this reason and goes on.
            self.answered(row, issue_id, ApplyOutcome::Refused(code));
        } else {
            self.trouble(row.ticket_id, issue_id, "link".into(), code, None);
        }
        true
    }

    async fn accepted(&mut self, row: &OutboxRow, message: &Message, result: &MessageResult) -> Result<(), StoreError> {
        match &message.body {
            MessageBody::LinkRequested(wish) => {
                self.linked(row, &wish.ticket_number, wish.after_article, result).await?;
            }
            MessageBody::IssueCreate(wish) => {
                self.linked(row, &wish.ticket_number, wish.after_article, result).await?;
                self.created(row, result);
            }
            MessageBody::FieldApply(apply) => {
                let Some(outcome) = data::<FieldOutcome>(result) else { return Ok(()) };
                self.heard(row.ticket_id, &apply.issue_id, outcome.snapshot.clone()).await?;
                self.answered(row, &apply.issue_id, ApplyOutcome::Applied(Box::new(outcome)));
            }
            MessageBody::IssueGet(_) => {
                let Some(answer) = data::<IssueFound>(result) else { return Ok(()) };
                let Some(snapshot) = answer.snapshot else { return Ok(()) };
                self.heard(row.ticket_id, &answer.issue_id, snapshot).await?;
                // By a key of its own: what is found after a mere look was told by nobody (`reconcile::drift`).
                let key = format!("look:{}", row.id);
                self.effects.rings.push(Ring { ticket_id: row.ticket_id, key, not_before: None, at: self.now });
            }
            MessageBody::ArticleAdded(content) => {
                let Some(answer) = data::<ArticleAnswer>(result) else { return Ok(()) };
                let part = content.part.as_ref().map_or(1, |part| part.number);
                let id = format!("{}:{part}", content.article_id);
                self.mirrored(row, "part", id, serde_json::to_string(&answer.comments).ok());
            }
            MessageBody::AttachmentAdded(content) => {
                let Some(answer) = data::<AttachmentAnswer>(result) else { return Ok(()) };
                self.mirrored(
                    row,
                    "file",
                    content.attachment_id.to_string(),
                    serde_json::to_string(&answer.files).ok(),
                );
                if let Some(code) = answer.refused {
                    let detail = Some(format!("attachment {}", content.attachment_id));
                    for issue_id in &content.issues {
                        self.trouble(
                            row.ticket_id,
                            issue_id,
                            format!("file:{}", content.attachment_id),
                            code.clone(),
                            detail.clone(),
                        );
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A link exists from the moment Forge has said so.
    async fn linked(
        &mut self,
        row: &OutboxRow,
        number: &str,
        after_article: u64,
        result: &MessageResult,
    ) -> Result<(), StoreError> {
        let Some(answer) = data::<LinkAnswer>(result) else { return Ok(()) };
        self.effects.links.push(Link {
            ticket_id: row.ticket_id,
            ticket_number: number.to_owned(),
            issue_id: answer.issue_id.clone(),
            issue_key: answer.issue_key,
            state: LinkState::Active,
            after_article,
            created_at: self.now,
        });
        // A link that is made anew begins anew: what was accepted long ago says nothing about who changed what since.
        self.base(row.ticket_id, &answer.issue_id, "memory", None);
        self.base(row.ticket_id, &answer.issue_id, "answered", None);
        if let Some(snapshot) = answer.snapshot {
            self.heard(row.ticket_id, &answer.issue_id, snapshot).await?;
        }
        self.ring(row.ticket_id, &row.id);
        Ok(())
    }

    /// What the ticket has is new to an issue that was made for it.
    fn created(&mut self, row: &OutboxRow, result: &MessageResult) {
        let Some(LinkAnswer { issue_id, snapshot: Some(snapshot), .. }) = data(result) else { return };
        let memory = Memory { base: Base::of_created(&snapshot, self.settings), ..Memory::default() };
        self.base(row.ticket_id, &issue_id, "memory", serde_json::to_string(&memory).ok());
    }

    async fn heard(&mut self, ticket_id: u64, issue_id: &str, snapshot: IssueSnapshot) -> Result<(), StoreError> {
        let base = KnownIssue::heard(self.store, self.privacy, (ticket_id, issue_id), snapshot).await?;
        self.effects.bases.extend(base);
        Ok(())
    }

    fn answered(&mut self, row: &OutboxRow, issue_id: &str, mut word: ApplyOutcome) {
        if let (Privacy::On, ApplyOutcome::Applied(outcome)) = (self.privacy, &mut word) {
            outcome.snapshot.summary = String::new();
        }
        let answered = Answered { message: row.id.clone(), outcome: word };
        self.base(row.ticket_id, issue_id, "answered", serde_json::to_string(&answered).ok());
        self.ring(row.ticket_id, &row.id);
    }

    fn base(&mut self, ticket_id: u64, issue_id: &str, field: &str, value: Option<String>) {
        self.effects.bases.push(store::Base {
            ticket_id,
            issue_id: issue_id.to_owned(),
            field: field.to_owned(),
            value,
        });
    }

    fn ring(&mut self, ticket_id: u64, message: &str) {
        self.effects.rings.push(Ring { ticket_id, key: format!("answer:{message}"), not_before: None, at: self.now });
    }

    fn trouble(&mut self, ticket_id: u64, issue_id: &str, field: String, code: String, detail: Option<String>) {
        self.effects.troubles.push(Trouble {
            ticket_id,
            issue_id: issue_id.to_owned(),
            field,
            code: Some(code),
            detail,
            at: self.now,
        });
    }

    /// What an object of Zammad's became in Jira.
    fn mirrored(&mut self, row: &OutboxRow, object: &str, id: String, mirror: Option<String>) {
        self.effects.provenance.push(Provenance {
            side: Side::Zammad,
            object: object.to_owned(),
            id,
            origin: Origin::Theirs,
            mirror,
            print: None,
            ticket_id: row.ticket_id,
            carried_by: row.id.clone(),
            at: self.now,
        });
    }
}

/// What a message that is given up means for its link: writes that were never answered must not be waited for for ever, or
/// nothing would be written to that issue any more.
pub(super) fn given_up(row: &OutboxRow, code: &str, now: UnixMs, effects: &mut Effects) {
    let Ok(Message { body: MessageBody::FieldApply(apply), .. }) = serde_json::from_str(&row.body) else { return };
    let answered = Answered { message: row.id.clone(), outcome: ApplyOutcome::Refused(code.to_owned()) };
    effects.bases.push(store::Base {
        ticket_id: row.ticket_id,
        issue_id: apply.issue_id,
        field: "answered".into(),
        value: serde_json::to_string(&answered).ok(),
    });
    let key = format!("answer:{}", row.id);
    effects.rings.push(Ring { ticket_id: row.ticket_id, key, not_before: None, at: now });
}

fn data<T: DeserializeOwned>(result: &MessageResult) -> Option<T> {
    result.data.as_ref().and_then(|data| serde_json::from_value(data.clone()).ok())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use store::sqlite::SqliteStore;

    use super::*;

    fn row(id: &str, body: &Value) -> OutboxRow {
        let message =
            json!({ "id": "01M3250V000000000000000001", "ticketId": 42, "kind": body["kind"], "data": body["data"] });
        OutboxRow {
            id: id.into(),
            ticket_id: 42,
            kind: String::new(),
            body: message.to_string(),
            attempts: 0,
            created_at: UnixMs(1_000),
        }
    }

    fn result(status: ResultStatus, after: Option<u32>, data: Option<Value>) -> MessageResult {
        MessageResult { id: "x".into(), status, code: Some("x".into()), retry_after_ms: after, data }
    }

    async fn store() -> (tempfile::TempDir, Arc<dyn Store>) {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("connector.db")).await.unwrap();
        (folder, Arc::new(store))
    }

    fn outcome(store: &Arc<dyn Store>) -> Outcome<'_> {
        let settings = Box::leak(Box::new(Settings::default()));
        Outcome {
            store: store.as_ref(),
            privacy: Privacy::Off,
            settings,
            now: UnixMs(1_000),
            effects: Effects::default(),
        }
    }

    #[tokio::test]
    async fn every_sent_message_gets_a_settlement() {
        let (_folder, store) = store().await;
        let mut outcome = outcome(&store);
        let gone = json!({ "kind": "ticket.gone", "data": { "reason": "deleted" } });
        let mut settled = Vec::new();
        for result in [
            Some(result(ResultStatus::Accepted, None, None)),
            Some(result(ResultStatus::Duplicate, None, None)),
            Some(result(ResultStatus::Retry, Some(2_000), None)),
            Some(result(ResultStatus::Rejected, None, None)),
            Some(result(ResultStatus::Retry, Some(u32::MAX), None)),
            None,
        ] {
            settled.push(outcome.of(&row("a", &gone), result.as_ref()).await.unwrap());
        }
        assert_eq!(
            settled,
            [
                Settlement::Done { result: None },
                Settlement::Done { result: None },
                Settlement::Retry { at: UnixMs(3_000), code: "x".into() },
                Settlement::Dead { code: "x".into() },
                Settlement::Retry { at: UnixMs(901_000), code: "x".into() },
                Settlement::Retry { at: UnixMs(6_000), code: "not-answered".into() },
            ]
        );
        assert!(outcome.effects.links.is_empty());
    }

    /// Writes that Jira refuses for good end as a listed reason at the link, not as a letter that nobody can deliver.
    #[tokio::test]
    async fn refused_fields_are_answered_and_the_ticket_is_looked_at_again() {
        let (_folder, store) = store().await;
        let mut outcome = outcome(&store);
        let apply = json!({ "kind": "field.apply", "data": { "issueId": "10007", "fields": { "summary": "x" } } });
        let settled = outcome.of(&row("m1", &apply), Some(&result(ResultStatus::Rejected, None, None))).await.unwrap();
        assert_eq!(settled, Settlement::Done { result: None });
        let Effects { bases, rings, .. } = outcome.effects;
        assert_eq!((bases[0].field.as_str(), rings[0].key.as_str()), ("answered", "answer:m1"));
        let answered: Answered = serde_json::from_str(bases[0].value.as_ref().unwrap()).unwrap();
        assert_eq!(answered, Answered { message: "m1".into(), outcome: ApplyOutcome::Refused("x".into()) });
    }

    /// Stopped at the boundary, or refused with the whole request: nobody will ever answer it.
    #[test]
    fn writes_that_are_given_up_are_not_waited_for() {
        let mut effects = Effects::default();
        let apply = json!({ "kind": "field.apply", "data": { "issueId": "10007", "fields": { "summary": "x" } } });
        given_up(&row("m1", &apply), "boundary", UnixMs(1), &mut effects);
        let answered: Answered = serde_json::from_str(effects.bases[0].value.as_ref().unwrap()).unwrap();
        assert_eq!(answered.outcome, ApplyOutcome::Refused("boundary".into()));
        assert_eq!((effects.bases[0].issue_id.as_str(), effects.rings.len()), ("10007", 1));
        given_up(
            &row("m2", &json!({ "kind": "ticket.gone", "data": { "reason": "x" } })),
            "x",
            UnixMs(1),
            &mut effects,
        );
        assert_eq!(effects.bases.len(), 1);
    }

    #[tokio::test]
    async fn a_link_begins_with_what_forge_answered() {
        let (_folder, store) = store().await;
        let mut outcome = outcome(&store);
        let wish = json!({ "kind": "link.requested", "data": {
            "issue": "PROJ-7", "ticketNumber": "50042", "ticketUrl": "https://h.example/", "afterArticle": 9 } });
        let answer = json!({ "issueId": "10007", "issueKey": "PROJ-7" });
        outcome.of(&row("m1", &wish), Some(&result(ResultStatus::Accepted, None, Some(answer)))).await.unwrap();
        let link = &outcome.effects.links[0];
        assert_eq!((link.issue_id.as_str(), link.after_article, link.ticket_number.as_str()), ("10007", 9, "50042"));
        assert_eq!(outcome.effects.rings.len(), 1);
    }
}
