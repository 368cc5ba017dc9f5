//! The articles that may become comments: by the operator's policy, by the admin's settings and by their kind.

use std::collections::BTreeSet;

use schema::settings::{CommentPolicy, Comments, Treatment};
use zammad::Article;

use super::kind;

/// The policies of operator and admin, for the articles of one ticket.
pub(crate) struct Admission<'a> {
    /// The admin's settings.
    pub(crate) settings: &'a Comments,
    /// The operator's policy, which the admin cannot widen.
    pub(crate) operator: CommentPolicy,
    /// The ticket's tags.
    pub(crate) tags: &'a BTreeSet<String>,
}

impl Admission<'_> {
    /// Whether the article may be sent.
    pub(crate) fn admits(&self, article: &Article) -> bool {
        let tagged = self.settings.only_tagged.as_ref().is_none_or(|tag| sync::has_tag(self.tags, tag));
        tagged
            && self.operator.admits(article.internal)
            && self.settings.to_jira.admits(article.internal)
            && kind::treatment(article, &self.settings.kinds) != Treatment::No
    }

    /// Whether only a notice without the article's text may be sent.
    pub(crate) fn is_notice(&self, article: &Article) -> bool {
        kind::treatment(article, &self.settings.kinds) == Treatment::Notice
    }

    /// Whether the article belongs to what is sent of the time before the link.
    pub(crate) fn admits_to_history(&self, article: &Article) -> bool {
        let is_ours = article.mark().is_some();
        !is_ours && self.settings.history.admits(article.internal) && self.admits(article)
    }
}

#[cfg(test)]
#[path = "admission_tests.rs"]
mod tests;
