//! Articles: sends the new ones, edits of sent ones, and deletions.

use std::collections::BTreeMap;
use std::sync::Arc;

use redaction::Privacy;
use schema::settings::Deletion;
use schema::{ArticleContent, ArticleRemoved, CommentRef, MessageBody, Side, UnixMs};
use store::{Link, ObjectKind, Origin, Provenance, Recheck, RecheckCause};
use zammad::{Article, Kept};

use super::context::{Visit, VisitError, Visitor};
use crate::ticket::admission::Admission;
use crate::ticket::article_state::{ArticleState, Version, Visibility};
use crate::ticket::bodies;
use crate::ticket::comments::{self, Context};
use crate::ticket::facts;

/// Pause before an article is looked at again whose comment Forge has not confirmed.
const REVISIT_MS: i64 = 10_000;

/// Bytes of messages in one visit after which further articles wait for the next one.
const MOST_BYTES: usize = 1024 * 1024;

/// The recorded articles of a ticket, and the comments that each part of them became.
pub(super) struct Recorded {
    articles: BTreeMap<u64, Provenance>,
    comments: BTreeMap<u64, BTreeMap<u32, Vec<CommentRef>>>,
}

impl Recorded {
    /// The comments of an article.
    fn of(&self, article: u64) -> Vec<CommentRef> {
        self.comments.get(&article).into_iter().flat_map(BTreeMap::values).flatten().cloned().collect()
    }
}

impl Visit<'_> {
    /// Brings the issues of `links` up to date with the ticket's articles. Followers are not among `links`.
    pub(super) async fn articles(&mut self, links: &[&Link]) -> Result<(), VisitError> {
        let recorded = self.recorded().await?;
        let articles = Arc::clone(&self.view.articles);
        let readable = |article: &&Article| article.mark().is_none() && !article.is_unreadable();
        for article in articles.iter().filter(readable) {
            let before = recorded.articles.get(&article.id);
            let state = before.map(ArticleState::from);
            let (Some(before), Some(state)) = (before, state.filter(|state| *state != ArticleState::Erased)) else {
                if self.is_full(article, links) {
                    // In order: this one and those after it are sent by the next visit.
                    self.revisit(self.visitor.env.now())?;
                    break;
                }
                self.article_added(article, links, before.map(|erased| erased.at)).await?;
                continue;
            };
            let now = self.version(article);
            match state {
                ArticleState::Sent(sent) if sent == now => {
                    self.article_for_later_links(article, links, &recorded).await?;
                }
                ArticleState::Missing { sent, .. } if sent == now => {
                    self.set_state(before.clone(), &ArticleState::Sent(sent));
                }
                state => self.article_changed(article, (before, &state), &recorded).await?,
            }
        }
        for (id, before) in &recorded.articles {
            if !articles.iter().any(|article| article.id == *id) {
                self.article_missing(*id, before, &recorded).await?;
            }
        }
        Ok(())
    }

    /// An article that the ticket no longer has: it counts as deleted if it is still missing some minutes later.
    async fn article_missing(&mut self, id: u64, before: &Provenance, recorded: &Recorded) -> Result<(), VisitError> {
        let state = ArticleState::from(before);
        let now = self.visitor.env.now();
        let since = match state {
            ArticleState::Erased => return Ok(()),
            ArticleState::Deleted { .. } if state.is_removed(&recorded.of(id)) => return Ok(()),
            ArticleState::Deleted { .. } => return self.article_removed(id, before, recorded).await,
            ArticleState::Missing { since, .. } => since,
            ArticleState::Sent(sent) => {
                self.set_state(before.clone(), &ArticleState::Missing { since: now, sent });
                now
            }
        };
        if self.is_confirmed(since) {
            return self.article_removed(id, before, recorded).await;
        }
        self.revisit(self.visitor.confirmed_at(since))
    }

    async fn recorded(&self) -> Result<Recorded, VisitError> {
        let (store, ticket) = (&self.visitor.store, self.ticket_id());
        let articles = store.recorded(ticket, Side::Zammad, ObjectKind::Article).await?.into_iter();
        let articles = articles.filter(|article| article.origin == Origin::Theirs);
        let articles = articles.filter_map(|article| Some((article.id.parse().ok()?, article))).collect();
        let mut comments: BTreeMap<u64, BTreeMap<u32, Vec<CommentRef>>> = BTreeMap::new();
        for part in store.recorded(ticket, Side::Zammad, ObjectKind::ArticlePart).await? {
            let Some((article, number)) = part.id.split_once(':') else { continue };
            let (Ok(article), Ok(number)) = (article.parse(), number.parse()) else { continue };
            comments.entry(article).or_default().insert(number, facts::mirrors(&part));
        }
        Ok(Recorded { articles, comments })
    }

    pub(super) fn admission(&self) -> Admission<'_> {
        let (settings, operator) = (&self.settings.comments, self.visitor.config.comment_policy);
        Admission { settings, operator, tags: &self.view.tags }
    }

    /// Whether the policies of admin and operator allow to send the article.
    pub(super) fn admits(&self, article: &Article) -> bool {
        self.admission().admits(article)
    }

    /// The version of an article. Zammad sends no webhook when an article is edited, so every visit compares.
    fn version(&self, article: &Article) -> Version {
        let visibility = match (self.admits(article), article.internal) {
            (false, _) => Visibility::NotSent,
            (true, true) => Visibility::Internal,
            (true, false) => Visibility::Public,
        };
        Version { visibility, text: bodies::hash(article) }
    }

    /// Whether a new article has to wait for the next visit: the messages of this one take enough memory already, or its body was
    /// not kept for lack of room.
    fn is_full(&self, article: &Article, links: &[&Link]) -> bool {
        let is_sent = links.iter().any(|link| article.id > link.after_article) && self.admits(article);
        let has_body = self.visitor.config.privacy == Privacy::On || !matches!(article.kept, Kept::Nothing { .. });
        let size: usize = self.completion.messages.iter().map(|message| message.body.len()).sum();
        is_sent && (size > MOST_BYTES || !has_body)
    }

    /// The article with its body, which is read if it was not kept.
    pub(super) async fn whole(&self, article: &Article) -> Result<Article, VisitError> {
        if self.visitor.config.privacy == Privacy::On || !matches!(article.kept, Kept::Nothing { .. }) {
            return Ok(article.clone());
        }
        Ok(bodies::read_one(self.visitor.helpdesk.as_ref(), article.id).await?)
    }

    /// Sends an article. `erased`: when the comments and files that it had before were erased.
    async fn article_added(
        &mut self,
        article: &Article,
        links: &[&Link],
        erased: Option<UnixMs>,
    ) -> Result<(), VisitError> {
        let issues: Vec<String> =
            links.iter().filter(|link| article.id > link.after_article).map(|link| link.issue_id.clone()).collect();
        if issues.is_empty() || !self.admits(article) {
            return Ok(());
        }
        // An article that came with a merge is recorded under its former ticket.
        if erased.is_none()
            && self
                .visitor
                .store
                .provenance(Side::Zammad, ObjectKind::Article, &article.id.to_string())
                .await?
                .is_some()
        {
            return Ok(());
        }
        let suffix = erased.map(|at| format!(":again:{}", at.0)).unwrap_or_default();
        let is_notice = self.admission().is_notice(article);
        let sent_files = if is_notice { Vec::new() } else { self.files(article, &issues, &suffix).await? };
        let mut carried_by = String::new();
        let _turn = self.visitor.reader.turn_of(article).await;
        for mut content in self.comments(article, &sent_files) {
            content.issues.clone_from(&issues);
            let part = content.part_number();
            let dedup_key = format!("article:{}:{part}{suffix}", article.id);
            carried_by = self.send(MessageBody::ArticleAdded(content), Some(dedup_key)).await?.to_string();
        }
        let record = self.record(article, carried_by);
        self.set_state(record, &ArticleState::Sent(self.version(article)));
        Ok(())
    }

    /// Sends an article that is on the issue of one link to the issues of links that came later with a merged ticket: it was
    /// written before the sidecar knew of the merge. Its files are named only.
    async fn article_for_later_links(
        &mut self,
        article: &Article,
        links: &[&Link],
        recorded: &Recorded,
    ) -> Result<(), VisitError> {
        let Some(parts) = recorded.comments.get(&article.id) else { return Ok(()) };
        let is_on = |link: &Link| parts.values().flatten().any(|comment| comment.issue_id == link.issue_id);
        let newer: Vec<&&Link> = links.iter().filter(|link| article.id > link.after_article).collect();
        let issues: Vec<String> = newer.iter().filter(|link| !is_on(link)).map(|link| link.issue_id.clone()).collect();
        // An article that came with a merged ticket is older than that ticket's links, and stays on their issues.
        let is_of_this_ticket = newer.iter().any(|link| is_on(link));
        if issues.is_empty() || !is_of_this_ticket || !self.admits(article) {
            return Ok(());
        }
        let whole = self.whole(article).await?;
        let _turn = self.visitor.reader.turn_of(&whole).await;
        for mut content in self.comments(&whole, &[]) {
            content.issues.clone_from(&issues);
            content.again = true;
            let part = content.part_number();
            let dedup_key = format!("article:{}:{part}:on:{}", article.id, issues.join(","));
            self.send(MessageBody::ArticleAdded(content), Some(dedup_key)).await?;
        }
        Ok(())
    }

    /// The comments of an article; its pictures are shown whose files are among `sent_files`.
    pub(super) fn comments(&self, article: &Article, sent_files: &[u64]) -> Vec<ArticleContent> {
        let is_notice = self.admission().is_notice(article);
        let context = Context {
            zammad: &self.visitor.config.zammad_public_url,
            number: &self.view.ticket.number,
            customer_names: self.visitor.config.customer_names,
            people: &self.settings.people,
            files: sent_files,
        };
        if is_notice { vec![comments::notice(article, &context)] } else { comments::comments(article, &context) }
    }

    async fn article_changed(
        &mut self,
        article: &Article,
        (before, state): (&Provenance, &ArticleState),
        recorded: &Recorded,
    ) -> Result<(), VisitError> {
        let Some(parts) =
            recorded.comments.get(&article.id).filter(|parts| parts.values().all(|comments| !comments.is_empty()))
        else {
            // The next visit finds the difference again.
            if self.is_unanswered(article.id, before, recorded).await? {
                self.revisit(self.soon())?;
            }
            return Ok(());
        };
        if !self.admits(article) {
            return self.article_removed(article.id, before, recorded).await;
        }
        if self.moves_with_a_merge(parts.values().flatten()) {
            return self.revisit(self.soon());
        }
        let was_public = state.version().is_some_and(|sent| sent.visibility == Visibility::Public);
        let hidden = article.internal && was_public;
        let files = if hidden { self.files_of(article.id).await? } else { Vec::new() };
        let whole = self.whole(article).await?;
        let version = self.version(&whole);
        let _turn = self.visitor.reader.turn_of(&whole).await;
        for mut content in self.comments(&whole, &[]) {
            let part = content.part_number();
            // Parts beyond those of the first version are not sent; they can be read in Zammad.
            let Some(comments) = parts.get(&part) else { continue };
            content.comments.clone_from(comments);
            content.files.clone_from(&files);
            // With the time of the state before: an article may be hidden, shown and hidden again.
            let dedup_key = format!("article:{}:{part}:{version}:{}", article.id, before.at.0);
            self.send(MessageBody::ArticleChanged(content), Some(dedup_key)).await?;
        }
        let record = self.record(article, before.carried_by.clone());
        self.set_state(record, &ArticleState::Sent(version));
        Ok(())
    }

    async fn article_removed(&mut self, id: u64, before: &Provenance, recorded: &Recorded) -> Result<(), VisitError> {
        if self.is_unanswered(id, before, recorded).await? {
            // The comment may be in Jira, and is not known yet.
            return self.revisit(self.soon());
        }
        let policy = self.settings.comments.deletions;
        let comments = recorded.of(id);
        if self.moves_with_a_merge(&comments) {
            return self.revisit(self.soon());
        }
        let state = ArticleState::Deleted { comments: Some(comments.len()) };
        if policy != Deletion::Ignore && !comments.is_empty() {
            let files = self.files_of(id).await?;
            let delete = policy == Deletion::Delete;
            let removed = ArticleRemoved { article_id: id, comments, files, delete };
            let dedup_key = format!("article:{id}:{state}:{}", before.at.0);
            self.send(MessageBody::ArticleRemoved(removed), Some(dedup_key)).await?;
        }
        let at = self.visitor.env.now();
        self.set_state(Provenance { at, ..before.clone() }, &state);
        Ok(())
    }

    /// Whether the article's message waits, or is on its way.
    async fn is_unanswered(&self, id: u64, before: &Provenance, recorded: &Recorded) -> Result<bool, VisitError> {
        if recorded.comments.contains_key(&id) || before.carried_by.is_empty() {
            return Ok(false);
        }
        Ok(self.visitor.store.is_waiting(&before.carried_by).await?)
    }

    /// Whether a comment is on an issue that came with a merged ticket, and Forge does not know of the merge yet: it would say
    /// that the issue is not linked with this ticket.
    fn moves_with_a_merge<'c>(&self, comments: impl IntoIterator<Item = &'c CommentRef>) -> bool {
        comments.into_iter().any(|comment| self.merging.contains(&comment.issue_id))
    }

    /// Requests another visit at this time: a text that a person hides or deletes must not stay in Jira until the next change.
    /// The cause is unique, since a visit before then answers this request and must be able to make another.
    pub(super) fn revisit(&mut self, not_before: UnixMs) -> Result<(), VisitError> {
        let Visitor { env, .. } = self.visitor;
        let (cause, at) = (RecheckCause::Paced(env.new_id()?.to_string()), env.now());
        let not_before = Some(not_before);
        self.completion.effects.rechecks.push(Recheck { ticket_id: self.ticket_id(), cause, not_before, at });
        Ok(())
    }

    /// When to look again at an article whose comment Forge has not confirmed.
    fn soon(&self) -> UnixMs {
        self.visitor.env.now().plus(REVISIT_MS)
    }

    /// Records an article in this state.
    fn set_state(&mut self, record: Provenance, state: &ArticleState) {
        let fingerprint = Some(state.to_string());
        self.completion.effects.provenance.push(Provenance { fingerprint, ..record });
    }

    fn record(&self, article: &Article, carried_by: String) -> Provenance {
        Provenance {
            side: Side::Zammad,
            object: ObjectKind::Article,
            id: article.id.to_string(),
            origin: Origin::Theirs,
            mirror: None,
            fingerprint: None,
            ticket_id: self.ticket_id(),
            carried_by,
            at: self.visitor.env.now(),
        }
    }
}

#[cfg(test)]
#[path = "articles_tests.rs"]
pub(super) mod tests;
