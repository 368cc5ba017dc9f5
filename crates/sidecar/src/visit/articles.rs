//! Articles that Jira has not heard, heard otherwise, or that are gone.

use std::collections::BTreeMap;

use schema::settings::Deletion;
use schema::{ArticleRemoved, CommentRef, MessageBody};
use serde_json::json;
use store::{Link, Origin, Provenance, Side};
use zammad::Article;

use super::{Failure, Visit};
use crate::outbound::translate::{self, Context};

/// What is known of the articles of a ticket: each with its parts' comments.
struct Known {
    articles: BTreeMap<u64, Provenance>,
    parts: BTreeMap<u64, BTreeMap<u32, Vec<CommentRef>>>,
}

impl Visit<'_> {
    /// `links`: those that this ticket writes to.
    pub(super) async fn articles(&mut self, links: &[&Link]) -> Result<(), Failure> {
        let known = self.known().await?;
        let mut articles = std::mem::take(&mut self.source.articles);
        let mut result = Ok(());
        for article in articles.iter().filter(|article| article.mark().is_none()) {
            result = match known.articles.get(&article.id) {
                Some(before) if before.print.as_deref() != Some(self.print(article).as_str()) => {
                    self.article_changed(article, before, &known).await
                }
                Some(_) => Ok(()),
                None => self.article_added(article, links).await,
            };
            if result.is_err() {
                break;
            }
        }
        let here: Vec<u64> = articles.iter().map(|article| article.id).collect();
        std::mem::swap(&mut self.source.articles, &mut articles);
        result?;
        for (id, before) in known.articles.iter().filter(|(id, _)| !here.contains(id)) {
            if before.print.as_deref() != Some(GONE) {
                self.article_removed(*id, before, &known).await?;
            }
        }
        Ok(())
    }

    async fn known(&self) -> Result<Known, Failure> {
        let (store, ticket) = (&self.visitor.store, self.ticket_id());
        let articles = store.known(ticket, Side::Zammad, "article").await?.into_iter();
        let articles = articles.filter(|article| article.origin == Origin::Theirs);
        let articles = articles.filter_map(|article| Some((article.id.parse().ok()?, article))).collect();
        let mut parts: BTreeMap<u64, BTreeMap<u32, Vec<CommentRef>>> = BTreeMap::new();
        for part in store.known(ticket, Side::Zammad, "part").await? {
            let Some((article, number)) = part.id.split_once(':') else { continue };
            let (Ok(article), Ok(number)) = (article.parse(), number.parse()) else { continue };
            let comments = part.mirror.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
            parts.entry(article).or_default().insert(number, comments);
        }
        Ok(Known { articles, parts })
    }

    /// The admin's policy, inside the bounds that the operator has set, and only for tagged tickets if so wished.
    fn admits(&self, article: &Article) -> bool {
        let comments = &self.settings.comments;
        let tagged = comments.only_tagged.as_ref().is_none_or(|tag| self.source.tags.contains(tag));
        let operator = self.visitor.config.comment_policy;
        tagged && operator.admits(article.internal) && comments.to_jira.admits(article.internal)
    }

    /// What a later look compares: Zammad tells nobody when an article changes.
    fn print(&self, article: &Article) -> String {
        let text = schema::fingerprint(&json!(article.body.expose()));
        format!("{}{text}", if self.admits(article) { if article.internal { "i" } else { "p" } } else { "-" })
    }

    async fn article_added(&mut self, article: &Article, links: &[&Link]) -> Result<(), Failure> {
        let issues: Vec<String> =
            links.iter().filter(|link| article.id > link.after_article).map(|link| link.issue_id.clone()).collect();
        if issues.is_empty() || !self.admits(article) {
            return Ok(());
        }
        // An article that came with a merge is known under the ticket that it came from.
        if self.visitor.store.provenance(Side::Zammad, "article", &article.id.to_string()).await?.is_some() {
            return Ok(());
        }
        let travelling = self.files(article, &issues).await?;
        let mut carried_by = String::new();
        for mut content in self.comments(article, &travelling) {
            content.issues.clone_from(&issues);
            let part = content.part.as_ref().map_or(1, |part| part.number);
            let once = format!("article:{}:{part}", article.id);
            carried_by = self.send(MessageBody::ArticleAdded(content), Some(once)).await?.to_string();
        }
        let record = self.record(article, carried_by, Some(self.print(article)));
        self.completion.effects.provenance.push(record);
        Ok(())
    }

    fn comments(&self, article: &Article, travelling: &[u64]) -> Vec<schema::ArticleContent> {
        let context = Context {
            zammad: &self.visitor.config.zammad_public_url,
            number: &self.source.ticket.number,
            customer_names: self.visitor.config.customer_names,
            people: &self.settings.people,
            files: travelling,
        };
        translate::comments(article, &context)
    }

    async fn article_changed(&mut self, article: &Article, before: &Provenance, known: &Known) -> Result<(), Failure> {
        let Some(parts) = known.parts.get(&article.id).filter(|parts| parts.values().all(|part| !part.is_empty()))
        else {
            // Not answered yet: whoever looks next will see the difference again.
            return Ok(());
        };
        if !self.admits(article) {
            return self.article_removed(article.id, before, known).await;
        }
        let print = self.print(article);
        for mut content in self.comments(article, &[]) {
            let part = content.part.as_ref().map_or(1, |part| part.number);
            // A longer text than before keeps the comments it has; its end is in Zammad.
            let Some(comments) = parts.get(&part) else { continue };
            content.comments.clone_from(comments);
            let once = format!("article:{}:{part}:{print}", article.id);
            self.send(MessageBody::ArticleChanged(content), Some(once)).await?;
        }
        let record = self.record(article, before.carried_by.clone(), Some(print));
        self.completion.effects.provenance.push(record);
        Ok(())
    }

    async fn article_removed(&mut self, id: u64, before: &Provenance, known: &Known) -> Result<(), Failure> {
        let policy = self.settings.comments.deletions;
        let comments: Vec<CommentRef> =
            known.parts.get(&id).into_iter().flat_map(BTreeMap::values).flatten().cloned().collect();
        if policy != Deletion::Ignore && !comments.is_empty() {
            let removed = ArticleRemoved { article_id: id, comments, delete: policy == Deletion::Delete };
            self.send(MessageBody::ArticleRemoved(removed), Some(format!("article:{id}:gone"))).await?;
        }
        self.completion.effects.provenance.push(Provenance { print: Some(GONE.into()), ..before.clone() });
        Ok(())
    }

    fn record(&self, article: &Article, carried_by: String, print: Option<String>) -> Provenance {
        Provenance {
            side: Side::Zammad,
            object: "article".into(),
            id: article.id.to_string(),
            origin: Origin::Theirs,
            mirror: None,
            print,
            ticket_id: self.ticket_id(),
            carried_by,
            at: self.visitor.world.now(),
        }
    }
}

/// Stands for the print of an article that is gone.
const GONE: &str = "gone";
