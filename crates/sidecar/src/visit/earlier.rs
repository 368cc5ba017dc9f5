//! The articles that went along as one text when a link was made. People may have changed that text since, so nothing is
//! removed from it when one of these articles is deleted or hidden in Zammad: the article is listed for a person to decide.

use redaction::Privacy;
use schema::UnixMs;
use store::{FactKind, Link, LinkFacts, Subject};

use super::context::{Visit, VisitError};
use crate::ticket::facts::{self, EarlierArticles, LinkKey};

/// The code of an article that is still part of the text.
const IN_EARLIER_TEXT: &str = "in-earlier-text";

impl Visit<'_> {
    /// Lists articles of the text from before the link that were deleted or hidden. The first visit records which they are.
    pub(super) fn earlier_articles(&mut self, link: &Link, facts: &LinkFacts) -> Result<(), VisitError> {
        let known = facts::earlier_articles(facts);
        let mut now = known.clone().unwrap_or_else(|| self.contained(link));
        let mut gone = Vec::new();
        for id in now.contained.clone() {
            match self.view.articles.iter().find(|article| article.id == id) {
                Some(article) if article.internal && !self.admits_internal_history() => gone.push(id),
                Some(_) => {
                    now.missing.remove(&id);
                }
                None => {
                    let since = *now.missing.entry(id).or_insert(self.visitor.env.now());
                    let confirmed_at = self.visitor.confirmed_at(since);
                    if self.is_confirmed(since) { gone.push(id) } else { self.revisit(confirmed_at)? }
                }
            }
        }
        for id in gone {
            now.contained.remove(&id);
            now.missing.remove(&id);
            let subject = Subject::NotErased(format!("article {id}"));
            let entry = LinkKey::from(link).trouble(subject, Some(IN_EARLIER_TEXT), None, self.visitor.env.now());
            self.completion.effects.troubles.push(entry);
        }
        if known.as_ref() != Some(&now) {
            self.completion.effects.facts.push(LinkKey::from(link).set(FactKind::EarlierArticles, &now));
        }
        Ok(())
    }

    /// The articles from before the link that went along, as far as they exist. A few of them may have found no room in the text.
    fn contained(&self, link: &Link) -> EarlierArticles {
        if self.visitor.config.privacy == Privacy::On {
            return EarlierArticles::default();
        }
        let admission = self.admission();
        let earlier = self.view.articles.iter().filter(|article| article.id <= link.after_article);
        let contained = earlier.filter(|article| admission.admits_to_history(article)).map(|article| article.id);
        EarlierArticles { contained: contained.collect(), ..EarlierArticles::default() }
    }

    /// Whether internal articles may be part of that text.
    fn admits_internal_history(&self) -> bool {
        let comments = &self.settings.comments;
        let policies = [self.visitor.config.comment_policy, comments.to_jira, comments.history];
        policies.into_iter().all(|policy| policy.admits(true))
    }

    /// Whether an article that is missing since then counts as deleted now: at a later look, some minutes after the first.
    pub(super) fn is_confirmed(&self, since: UnixMs) -> bool {
        let now = self.visitor.env.now();
        now > since && now >= self.visitor.confirmed_at(since)
    }
}

#[cfg(test)]
mod tests {
    use schema::settings::CommentPolicy;
    use serde_json::{Value, json};
    use store::{Effects, Trouble};

    use super::*;
    use crate::support::{Setup, article, link, ticket};

    /// A linked ticket with two public articles of the time before the link, and one internal article.
    async fn linked() -> Setup {
        let setup = Setup::new().await;
        setup.helpdesk.add_ticket(ticket(7));
        for (id, internal) in [(3, false), (4, true), (5, false)] {
            setup.helpdesk.add_article(with(article(id, 7, "text"), "internal", json!(internal)));
        }
        setup.link(vec![Link { after_article: 5, ..link(7) }]).await;
        setup
    }

    fn with(mut article: Value, name: &str, value: Value) -> Value {
        article[name] = value;
        article
    }

    async fn visit(setup: &Setup) -> (Vec<String>, Option<EarlierArticles>) {
        let effects = setup.visitor().visit(7).await.unwrap().effects;
        setup.store.record(Effects { facts: effects.facts, ..Effects::default() }).await.unwrap();
        let listed = |trouble: &Trouble| {
            assert_eq!(trouble.code.as_deref(), Some(IN_EARLIER_TEXT));
            trouble.subject.to_string()
        };
        let facts = setup.store.link_facts(7, "1007").await.unwrap();
        (effects.troubles.iter().map(listed).collect(), facts::earlier_articles(&facts))
    }

    #[tokio::test]
    async fn the_first_visit_records_the_articles_that_went_along() {
        let (listed, earlier) = visit(&linked().await).await;
        assert_eq!(listed, Vec::<String>::new());
        assert_eq!(earlier.unwrap().contained, [3, 5].into(), "internal articles do not go along by default");
    }

    #[tokio::test]
    async fn a_deleted_article_is_listed_once_at_a_second_look() {
        let setup = linked().await;
        visit(&setup).await;
        setup.helpdesk.contents().articles.retain(|article| article["id"] != 3);
        let (listed, earlier) = visit(&setup).await;
        assert_eq!((listed, earlier.unwrap().missing.len()), (Vec::new(), 1));
        setup.pass(120_000);
        let (listed, earlier) = visit(&setup).await;
        assert_eq!(listed, ["not-erased:article 3"]);
        assert_eq!(earlier.unwrap(), EarlierArticles { contained: [5].into(), ..EarlierArticles::default() });
        assert_eq!(visit(&setup).await.0, Vec::<String>::new());
    }

    /// A proxy that cuts an answer short, or a replica that lags.
    #[tokio::test]
    async fn an_article_that_is_back_at_the_second_look_is_not_listed() {
        let setup = linked().await;
        visit(&setup).await;
        let articles = std::mem::take(&mut setup.helpdesk.contents().articles);
        visit(&setup).await;
        setup.helpdesk.contents().articles = articles;
        setup.pass(120_000);
        let (listed, earlier) = visit(&setup).await;
        assert_eq!((listed, earlier.unwrap().missing.len()), (Vec::new(), 0));
    }

    #[tokio::test]
    async fn a_hidden_article_is_listed_at_once_unless_internal_ones_go_along() {
        for (history, expected) in [
            (CommentPolicy::Public, vec!["not-erased:article 3", "not-erased:article 5"]),
            (CommentPolicy::All, vec![]),
        ] {
            let setup = linked().await;
            setup.settings(|settings| settings.comments.history = history).await;
            visit(&setup).await;
            for article in &mut setup.helpdesk.contents().articles {
                article["internal"] = json!(true);
            }
            let (listed, _) = visit(&setup).await;
            assert_eq!(listed, expected, "{history:?}");
        }
    }
}
