//! The meaning of Forge's results: the settlement of each message, and what is recorded with it (links, snapshots, mirrors),
//! all in one transaction.

use redaction::Privacy;
use schema::{
    ArticleAnswer, AttachmentAnswer, CommentRef, FieldOutcome, FileRef, HelloAnswer, IssueFound, IssueSnapshot,
    IssuesFound, LinkAnswer, Message, MessageBody, MessageResult, RefFailure, ResultStatus, Settings, Side, UnixMs,
    codes,
};
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use store::{
    Effects, FactKind, Link, LinkState, ObjectKind, Origin, OutboxRow, Provenance, Recheck, RecheckCause, Settlement,
    Store, StoreError, Subject,
};
use sync::{Answered, ApplyOutcome, Base, Memory};

use crate::ticket::article_state::ArticleState;
use crate::ticket::facts::{self, LinkKey, RESEND_MS, is_resent, recheck_after_answer, refused_apply};
use crate::ticket::{KnownIssue, readable_again};

/// Delay of a retry for which Forge named none, in milliseconds.
const RETRY_MS: i64 = 5_000;
/// Longest delay that Forge may ask for, in milliseconds: until Jira's rate limit starts anew with the next full hour.
const LONGEST_RETRY_MS: i64 = 3_600_000;
/// An answer that cannot be read is asked for again after this pause, at most this many times.
const UNREADABLE_RETRY_MS: i64 = 60_000;
const UNREADABLE_ATTEMPTS: u32 = 10;
/// A search for a person that Jira cannot answer ends after this many attempts.
const SEARCH_ATTEMPTS: u32 = 5;
const UNREADABLE: &str = "unreadable-answer";
/// Forge does not know the link.
pub(super) const NOT_LINKED_IN_JIRA: &str = "not-linked-in-jira";

/// The answer to an accepted message lacks data that this version needs.
struct UnreadableAnswer;

/// Most links that Forge counts (docs/protocol.md §5).
const COUNTED_LINKS: u64 = 10_000;

/// The ticket of an article that a message sent: another one if its ticket was merged meanwhile.
fn ticket_of(article: Option<&Provenance>, row: &OutboxRow) -> u64 {
    article.map_or(row.ticket_id, |article| article.ticket_id)
}

/// Processes the results of one reply and collects their effects.
pub(super) struct Outcome<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) privacy: Privacy,
    pub(super) settings: &'a Settings,
    pub(super) now: UnixMs,
    pub(super) effects: Effects,
}

impl Outcome<'_> {
    /// The settlement of one sent message. A message without a result is sent again.
    ///
    /// # Errors
    /// The store cannot be read; the message then stays claimed.
    pub(super) async fn settle(
        &mut self,
        row: &OutboxRow,
        result: Option<&MessageResult>,
    ) -> Result<Settlement, StoreError> {
        let (listed, asked) = (self.effects.troubles.len(), self.effects.rechecks.len());
        let settlement = self.settlement(row, result).await?;
        // A visit tells the panel of it, unless one is asked for anyway, or the ticket is gone.
        let is_new = self.effects.troubles[listed..].iter().any(|trouble| trouble.code.is_some());
        if is_new && self.effects.rechecks.len() == asked && row.ticket_id != 0 && row.kind != "ticket.gone" {
            self.recheck(row);
        }
        Ok(settlement)
    }

    async fn settlement(&mut self, row: &OutboxRow, result: Option<&MessageResult>) -> Result<Settlement, StoreError> {
        let Some(result) = result else {
            return Ok(Settlement::Retry { at: self.now.plus(RETRY_MS), code: "not-answered".into() });
        };
        let code = || result.code.clone().unwrap_or_else(|| "unknown".into());
        let message: Option<Message> = serde_json::from_str(&row.body).ok();
        match result.status {
            ResultStatus::Accepted | ResultStatus::Duplicate => {
                if let Some(message) = &message
                    && let Err(UnreadableAnswer) = self.accepted(row, message, result).await?
                {
                    return Ok(self.unreadable(row));
                }
                Ok(Settlement::Done { result: message.and_then(|message| kept_result(&message.body, result)) })
            }
            // Messages without a ticket share one place in the queue, and a search is repeated after a day anyway.
            ResultStatus::Retry
                if (row.attempts >= SEARCH_ATTEMPTS || result.code.as_deref() == Some(codes::JIRA_QUOTA))
                    && matches!(&message, Some(Message { body: MessageBody::UserSearch(_), .. })) =>
            {
                Ok(Settlement::Done { result: None })
            }
            ResultStatus::Retry => {
                let after = result.retry_after_ms.map_or(RETRY_MS, i64::from).clamp(500, LONGEST_RETRY_MS);
                Ok(Settlement::Retry { at: self.now.plus(after), code: code() })
            }
            ResultStatus::Rejected => {
                if let Some(message) = &message
                    && self.rejected(row, message, code())
                {
                    return Ok(Settlement::Done { result: None });
                }
                // Operator: see `connector troubles`; the code says why Forge rejected the message.
                tracing::warn!(
                    message_id = row.id.as_str(),
                    code = code().as_str(),
                    "message rejected by Forge; kept as a dead letter"
                );
                Ok(Settlement::Dead { code: code() })
            }
        }
    }

    /// A message that Forge accepted, but whose answer cannot be read, is sent again: Forge repeats its answer. Taken for done,
    /// its link or its write would be missing here for good.
    fn unreadable(&self, row: &OutboxRow) -> Settlement {
        if row.attempts >= UNREADABLE_ATTEMPTS {
            return Settlement::Dead { code: UNREADABLE.into() };
        }
        // Operator: upgrade the sidecar to the version of the Forge app.
        tracing::warn!(message_id = row.id.as_str(), code = UNREADABLE, "answer of Forge cannot be read; asking again");
        Settlement::Retry { at: self.now.plus(UNREADABLE_RETRY_MS), code: UNREADABLE.into() }
    }

    /// Records a rejection with the link instead of keeping a dead letter. Returns whether that was possible.
    fn rejected(&mut self, row: &OutboxRow, message: &Message, code: String) -> bool {
        let issue_id = match &message.body {
            MessageBody::FieldApply(apply) => &apply.issue_id,
            MessageBody::IssueGet(query) => &query.issue,
            // The task that asked sees that there is no answer, and asks again later.
            MessageBody::IssuesChanged(_) | MessageBody::IssuesRead(_) => return true,
            _ => return false,
        };
        if code == codes::JIRA_QUOTA {
            // Nothing is known about the issue; the next comparison asks again.
            return true;
        }
        let of = LinkKey { ticket_id: row.ticket_id, issue_id };
        // An issue that cannot be read is not taken for deleted: only Jira's event of the deletion ends a link.
        if matches!(message.body, MessageBody::FieldApply(_)) {
            // The next visit lists every field with this reason and continues.
            self.apply_result(row, of, ApplyOutcome::Refused(code));
        } else {
            self.trouble(of, Subject::Issue, &code, None);
        }
        true
    }

    async fn accepted(
        &mut self,
        row: &OutboxRow,
        message: &Message,
        result: &MessageResult,
    ) -> Result<Result<(), UnreadableAnswer>, StoreError> {
        self.heard(row, message, result).await?;
        match &message.body {
            MessageBody::Hello(_) => {
                let Some(answer) = data::<HelloAnswer>(result) else { return Ok(Err(UnreadableAnswer)) };
                let here = self.store.link_count().await?;
                // Forge counts up to a limit. A few links more here may be on their way; none at all are a new installation, and
                // that warning lasts until Forge knows every link, or until they are registered again.
                let is_warned = self.store.watermark(facts::LINKS_UNKNOWN).await?.is_some_and(|text| !text.is_empty());
                let is_unknown =
                    here > 0 && (answer.links == 0 || (is_warned && answer.links < here.min(COUNTED_LINKS)));
                let text = format!("{here} links here, {} in the Forge app", answer.links);
                let text = if is_unknown { text } else { String::new() };
                self.effects.watermarks.push((facts::LINKS_UNKNOWN.to_owned(), text));
                Ok(Ok(()))
            }
            MessageBody::LinkRequested(request) => {
                let Some(answer) = data::<LinkAnswer>(result) else { return Ok(Err(UnreadableAnswer)) };
                self.linked(row, &request.ticket_number, request.after_article, answer).await.map(Ok)
            }
            MessageBody::IssueCreate(request) => {
                let Some(answer) = data::<LinkAnswer>(result) else { return Ok(Err(UnreadableAnswer)) };
                let created = answer.snapshot.as_ref().map(|snapshot| Base::of_created(snapshot, self.settings));
                let issue_id = answer.issue_id.clone();
                let of = LinkKey { ticket_id: row.ticket_id, issue_id: &issue_id };
                self.effects.facts.push(of.set(FactKind::Created, &row.id));
                self.linked(row, &request.ticket_number, request.after_article, answer).await?;
                if let Some(base) = created {
                    // An issue that was created for a ticket has not all of its values yet.
                    let memory = Memory { base, ..Memory::default() };
                    self.effects.facts.push(of.set(FactKind::Memory, &memory));
                }
                Ok(Ok(()))
            }
            MessageBody::LinkRestore(restore) => self.restored(row, &restore.issue_id).await.map(Ok),
            MessageBody::FieldApply(apply) => {
                let Some(outcome) = data::<FieldOutcome>(result) else { return Ok(Err(UnreadableAnswer)) };
                let of = LinkKey { ticket_id: row.ticket_id, issue_id: &apply.issue_id };
                self.snapshot(of, outcome.snapshot.clone()).await?;
                self.refused_for_ended(of, &outcome).await?;
                self.apply_result(row, of, ApplyOutcome::Applied(Box::new(outcome)));
                Ok(Ok(()))
            }
            MessageBody::IssueGet(_) => {
                let Some(answer) = data::<IssueFound>(result) else { return Ok(Err(UnreadableAnswer)) };
                let of = LinkKey { ticket_id: row.ticket_id, issue_id: &answer.issue_id };
                let code = (!answer.linked).then_some(NOT_LINKED_IN_JIRA);
                if answer.linked {
                    readable_again(self.store, of, self.now).await?;
                }
                self.effects.troubles.push(of.trouble(Subject::Issue, code, None, self.now));
                let Some(snapshot) = answer.snapshot else { return Ok(Ok(())) };
                self.snapshot(of, snapshot).await?;
                // A cause of its own: differences found after it were reported by no event (`reconcile::drift`).
                let cause = RecheckCause::IssueRead(row.id.clone());
                self.effects.rechecks.push(Recheck { ticket_id: row.ticket_id, cause, not_before: None, at: self.now });
                Ok(Ok(()))
            }
            MessageBody::IssuesRead(query) => {
                let Some(answer) = data::<IssuesFound>(result) else { return Ok(Err(UnreadableAnswer)) };
                self.issues_read(row, query, answer).await.map(Ok)
            }
            MessageBody::ArticleAdded(content) => {
                let Some(answer) = data::<ArticleAnswer>(result) else { return Ok(Err(UnreadableAnswer)) };
                let part = content.part_number();
                let id = format!("{}:{part}", content.article_id);
                let comments = self
                    .with_known(ObjectKind::ArticlePart, &id, answer.comments, |it: &CommentRef| &it.issue_id)
                    .await?;
                let article = self.article(content.article_id).await?;
                let ticket_id = ticket_of(article.as_ref(), row);
                self.mirrored((row, ticket_id), ObjectKind::ArticlePart, id, serde_json::to_string(&comments).ok());
                let part = Subject::Article { id: content.article_id, part };
                self.failed_part(row, &part, content.again, &content.issues, &answer.failed);
                self.withdraw_if_deleted(row, ticket_id, article.as_ref());
                Ok(Ok(()))
            }
            MessageBody::TicketGone(_) | MessageBody::ArticleRemoved(_) => Ok(self.not_erased(row, result)),
            MessageBody::AttachmentAdded(content) => {
                let Some(answer) = data::<AttachmentAnswer>(result) else { return Ok(Err(UnreadableAnswer)) };
                let id = content.attachment_id.to_string();
                let files = self.with_known(ObjectKind::File, &id, answer.files, |it: &FileRef| &it.issue_id).await?;
                let ticket_id = ticket_of(self.article(content.article_id).await?.as_ref(), row);
                self.mirrored((row, ticket_id), ObjectKind::File, id, serde_json::to_string(&files).ok());
                let part = Subject::File(content.attachment_id);
                self.failed_part(row, &part, content.again, &content.issues, &answer.failed);
                if let Some(code) = answer.refused {
                    let detail = format!("attachment {}", content.attachment_id);
                    for issue_id in &content.issues {
                        let of = LinkKey { ticket_id: row.ticket_id, issue_id };
                        self.trouble(of, Subject::File(content.attachment_id), &code, Some(detail.clone()));
                    }
                }
                Ok(Ok(()))
            }
            _ => Ok(Ok(())),
        }
    }

    /// A link that has ended is visited no more, so what Jira refused of its last write is listed here.
    async fn refused_for_ended(&mut self, of: LinkKey<'_>, outcome: &FieldOutcome) -> Result<(), StoreError> {
        let links = self.store.links_of_ticket(of.ticket_id).await?;
        let is_ended = |link: &Link| link.issue_id == of.issue_id && link.state == LinkState::Ended;
        if links.iter().any(is_ended) {
            for refused in &outcome.refused {
                self.trouble(of, Subject::Field(refused.field.clone()), &refused.code, None);
            }
        }
        Ok(())
    }

    /// Records the link that Forge confirmed.
    async fn linked(
        &mut self,
        row: &OutboxRow,
        number: &str,
        after_article: u64,
        answer: LinkAnswer,
    ) -> Result<(), StoreError> {
        let of = LinkKey { ticket_id: row.ticket_id, issue_id: &answer.issue_id };
        self.effects.links.push(Link {
            ticket_id: row.ticket_id,
            ticket_number: number.to_owned(),
            issue_id: answer.issue_id.clone(),
            issue_key: answer.issue_key,
            state: LinkState::Active,
            after_article,
            created_at: self.now,
        });
        self.begin_anew(of);
        if let Some(snapshot) = answer.snapshot {
            // Comments from before the link are not wanted, so everything up to now is known.
            let known = self.store.link_facts(of.ticket_id, of.issue_id).await?;
            if facts::caught_up_to(&known).is_none() {
                self.effects.facts.push(of.set(FactKind::CaughtUpTo, &snapshot.updated_at));
            }
            self.snapshot(of, snapshot).await?;
        }
        self.recheck(row);
        Ok(())
    }

    /// A renewed link starts without memory: values agreed on long ago do not show who has changed what since.
    fn begin_anew(&mut self, of: LinkKey<'_>) {
        let kinds = [FactKind::Memory, FactKind::ApplyResult, FactKind::DoneNotes];
        self.effects.facts.extend(kinds.map(|kind| of.clear(kind)));
    }

    /// Makes a link active again that Forge knows again.
    async fn restored(&mut self, row: &OutboxRow, issue_id: &str) -> Result<(), StoreError> {
        let links = self.store.links_of_ticket(row.ticket_id).await?;
        let Some(link) = links.into_iter().find(|link| link.issue_id == issue_id) else { return Ok(()) };
        if link.state == LinkState::Ended {
            self.begin_anew(LinkKey::from(&link));
            self.effects.links.push(Link { state: LinkState::Active, ..link });
        }
        self.recheck(row);
        Ok(())
    }

    /// Lists comments and files in Jira that could not be erased, with where they are.
    fn not_erased(&mut self, row: &OutboxRow, result: &MessageResult) -> Result<(), UnreadableAnswer> {
        #[derive(serde::Deserialize)]
        struct Answer {
            #[serde(default)]
            failed: Vec<RefFailure>,
        }
        if result.data.is_none() {
            return Ok(());
        }
        for failure in data::<Answer>(result).ok_or(UnreadableAnswer)?.failed {
            let of = LinkKey { ticket_id: row.ticket_id, issue_id: &failure.issue_id };
            let what = match (&failure.comment_id, &failure.attachment_id) {
                (Some(comment), _) => format!("comment {comment}"),
                (None, Some(file)) => format!("attachment {file}"),
                (None, None) => "issue".to_owned(),
            };
            self.trouble(of, Subject::NotErased(what.clone()), &failure.reason, Some(what));
        }
        Ok(())
    }

    /// The mirrors of an object with those on other issues that an earlier answer named.
    async fn with_known<T: DeserializeOwned>(
        &self,
        object: ObjectKind,
        id: &str,
        mut mirrors: Vec<T>,
        issue_of: impl Fn(&T) -> &String,
    ) -> Result<Vec<T>, StoreError> {
        let recorded = self.store.provenance(Side::Zammad, object, id).await?;
        for one in recorded.as_ref().map(facts::mirrors::<T>).unwrap_or_default() {
            if !mirrors.iter().any(|new| issue_of(new) == issue_of(&one)) {
                mirrors.push(one);
            }
        }
        Ok(mirrors)
    }

    /// Lists the issues on which a part failed, and those on which it was written at last are no longer listed. The ticket is
    /// visited again if another attempt may help.
    fn failed_part(&mut self, row: &OutboxRow, part: &Subject, again: bool, issues: &[String], failed: &[RefFailure]) {
        for issue_id in issues {
            let of = LinkKey { ticket_id: row.ticket_id, issue_id };
            match failed.iter().find(|failure| failure.issue_id == *issue_id) {
                Some(failure) => self.trouble(of, part.clone(), &failure.reason, None),
                None if again => self.effects.troubles.push(of.trouble(part.clone(), None, None, self.now)),
                None => {}
            }
        }
        if failed.iter().any(|failure| is_resent(&failure.reason)) {
            let not_before = Some(self.now.plus(RESEND_MS));
            let recheck = recheck_after_answer(row.ticket_id, &row.id, self.now);
            self.effects.rechecks.push(Recheck { not_before, ..recheck });
        }
    }

    pub(super) async fn snapshot(&mut self, of: LinkKey<'_>, snapshot: IssueSnapshot) -> Result<(), StoreError> {
        let fact = KnownIssue::received(self.store, self.privacy, of, snapshot).await?;
        self.effects.facts.extend(fact);
        Ok(())
    }

    fn apply_result(&mut self, row: &OutboxRow, of: LinkKey<'_>, mut outcome: ApplyOutcome) {
        if let (Privacy::On, ApplyOutcome::Applied(applied)) = (self.privacy, &mut outcome) {
            applied.snapshot.summary = String::new();
        }
        let answered = Answered { message: row.id.clone(), outcome };
        self.effects.facts.push(of.set(FactKind::ApplyResult, &answered));
        self.recheck(row);
    }

    fn recheck(&mut self, row: &OutboxRow) {
        self.effects.rechecks.push(recheck_after_answer(row.ticket_id, &row.id, self.now));
    }

    fn trouble(&mut self, of: LinkKey<'_>, subject: Subject, code: &str, detail: Option<String>) {
        self.effects.troubles.push(of.trouble(subject, Some(code), detail, self.now));
    }

    /// The article may have been deleted while its message could not be delivered: then nothing else asks for the visit that
    /// withdraws the comment.
    fn withdraw_if_deleted(&mut self, row: &OutboxRow, ticket_id: u64, article: Option<&Provenance>) {
        let state = article.map(ArticleState::from);
        if matches!(state, Some(ArticleState::Deleted { .. })) {
            let cause = RecheckCause::Paced(row.id.clone());
            self.effects.rechecks.push(Recheck { ticket_id, cause, not_before: None, at: self.now });
        }
    }

    /// The record of an article that a message sent.
    async fn article(&self, id: u64) -> Result<Option<Provenance>, StoreError> {
        self.store.provenance(Side::Zammad, ObjectKind::Article, &id.to_string()).await
    }

    /// Records the mirrors in Jira of one of Zammad's objects.
    fn mirrored(&mut self, of: (&OutboxRow, u64), object: ObjectKind, id: String, mirror: Option<String>) {
        let (row, ticket_id) = of;
        self.effects.provenance.push(Provenance {
            side: Side::Zammad,
            object,
            id,
            origin: Origin::Theirs,
            mirror,
            fingerprint: None,
            ticket_id,
            carried_by: row.id.clone(),
            at: self.now,
        });
    }
}

/// The result that is kept because it is read later by the message's id (`connector link`, tasks of `reconcile`). Other results
/// are not kept, nor are snapshots of issues: content should not stay on the disk without need.
fn kept_result(body: &MessageBody, result: &MessageResult) -> Option<String> {
    let data = result.data.as_ref()?;
    match body {
        MessageBody::LinkRequested(_) | MessageBody::UserSearch(_) | MessageBody::IssuesChanged(_) => {
            Some(data.to_string())
        }
        MessageBody::IssuesRead(_) => {
            let mut found = IssuesFound::deserialize(data).ok()?;
            found.issues.iter_mut().for_each(|issue| issue.snapshot = None);
            serde_json::to_string(&found).ok()
        }
        _ => None,
    }
}

/// Records that a message became a dead letter. Writes to an issue must not stay in progress for ever, or nothing would be
/// written to that issue again.
pub(super) fn abandoned(row: &OutboxRow, code: &str, now: UnixMs, effects: &mut Effects) {
    let Ok(Message { body: MessageBody::FieldApply(apply), .. }) = serde_json::from_str(&row.body) else { return };
    let of = LinkKey { ticket_id: row.ticket_id, issue_id: &apply.issue_id };
    effects.facts.push(refused_apply(of, &row.id, code));
    effects.rechecks.push(recheck_after_answer(row.ticket_id, &row.id, now));
}

fn data<T: DeserializeOwned>(result: &MessageResult) -> Option<T> {
    T::deserialize(result.data.as_ref()?).ok()
}

#[cfg(test)]
#[path = "outcome_codes_tests.rs"]
mod code_tests;
#[cfg(test)]
#[path = "outcome_tests.rs"]
mod tests;
