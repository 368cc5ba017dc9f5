//! Reads the articles of a ticket with as much of their bodies as is needed: a ticket may be larger than this process may be.

use std::collections::BTreeSet;

use redaction::Sensitive;
use serde_json::Value;
use zammad::{Article, ClientError, Kept};

use super::{Helpdesk, kind};

/// Most bytes that are kept of one body: as a Jira document it takes up to a hundred times as much memory.
const ONE: usize = 256 * 1024;
/// Most bytes that are kept of all bodies of a ticket.
const ALL: usize = 1024 * 1024;
/// Most bytes of one body where only beginnings are shown.
const SHORT: usize = 32 * 1024;

/// The bodies that are kept.
#[derive(Clone, Debug)]
pub(crate) struct Bodies {
    /// Of articles with a higher id only.
    after: u64,
    /// Not of these articles.
    except: BTreeSet<u64>,
    /// Most bytes of one body.
    each: usize,
    /// Bytes that are left for all of them.
    left: usize,
}

impl Bodies {
    /// Those of articles that are newer than `after` and not among `except`, as far as there is room.
    pub(crate) fn new(after: u64, except: BTreeSet<u64>) -> Self {
        Self { after, except, each: ONE, left: ALL }
    }

    /// The beginnings of all bodies, as far as there is room.
    pub(crate) fn beginnings() -> Self {
        Self { after: 0, except: BTreeSet::new(), each: SHORT, left: ALL }
    }

    /// None.
    pub(crate) fn none() -> Self {
        Self { after: 0, except: BTreeSet::new(), each: 0, left: 0 }
    }

    /// The article with as much of its body as is kept.
    fn reduced(&mut self, article: Article) -> Article {
        let size = article.body.expose().len();
        let is_wanted = article.id > self.after && !self.except.contains(&article.id);
        let room = self.each.min(self.left);
        if is_wanted && size <= room {
            self.left -= size;
            return article;
        }
        let hash = schema::fingerprint(article.body.expose());
        // Something of every body is kept, or nothing: a beginning that is short for lack of room would be taken for the text.
        if is_wanted && room == self.each && self.each > 0 {
            self.left -= self.each;
            let beginning = beginning(article.body.expose(), self.each);
            return Article { body: Sensitive::new(beginning), kept: Kept::Beginning { hash }, ..article };
        }
        // The kind of an article may depend on this line.
        let body = if kind::has_pgp_message(&article) { kind::PGP_MESSAGE } else { "" };
        Article { body: Sensitive::new(body.to_owned()), kept: Kept::Nothing { hash }, ..article }
    }
}

/// Reads the articles of a ticket, oldest first.
///
/// # Errors
/// [`ClientError`].
pub(crate) async fn read(
    helpdesk: &dyn Helpdesk,
    ticket_id: u64,
    mut bodies: Bodies,
) -> Result<Vec<Article>, ClientError> {
    let mut articles = Vec::new();
    helpdesk.each_article(ticket_id, &mut |article| articles.push(bodies.reduced(article))).await?;
    Ok(articles)
}

/// The first article of a ticket that the connector wrote with such a mark.
///
/// # Errors
/// [`ClientError`].
pub(crate) async fn find_marked(
    helpdesk: &dyn Helpdesk,
    ticket_id: u64,
    is_it: impl Fn(&Value) -> bool + Send + Sync,
) -> Result<Option<Article>, ClientError> {
    let mut found = None;
    let mut each = |article: Article| {
        if found.is_none() && article.mark().is_some_and(&is_it) {
            found = Some(article);
        }
    };
    helpdesk.each_article(ticket_id, &mut each).await?;
    Ok(found)
}

/// Reads one article with its body, or the beginning of a long one.
///
/// # Errors
/// [`ClientError`].
pub(crate) async fn read_one(helpdesk: &dyn Helpdesk, id: u64) -> Result<Article, ClientError> {
    Ok(Bodies::new(0, BTreeSet::new()).reduced(helpdesk.article(id).await?))
}

/// Hash of an article's whole body.
pub(crate) fn hash(article: &Article) -> String {
    match &article.kept {
        Kept::All => schema::fingerprint(article.body.expose()),
        Kept::Beginning { hash } | Kept::Nothing { hash } => hash.clone(),
    }
}

/// The first `most` bytes, or a few less where a character would be cut.
fn beginning(text: &str, most: usize) -> String {
    text[..text.floor_char_boundary(most)].to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::support::MemoryHelpdesk;

    fn helpdesk(sizes: &[usize]) -> MemoryHelpdesk {
        let helpdesk = MemoryHelpdesk::default();
        for (id, size) in (10..).zip(sizes) {
            helpdesk.add_article(crate::support::article(id, 7, &"ü".repeat(size / 2)));
        }
        helpdesk
    }

    /// Bytes that are kept of each body.
    async fn kept(sizes: &[usize], bodies: Bodies) -> Vec<usize> {
        let whole = helpdesk(sizes);
        let articles = read(&whole, 7, bodies).await.unwrap();
        for (article, size) in articles.iter().zip(sizes) {
            assert_eq!(
                hash(article),
                schema::fingerprint(&json!("ü".repeat(size / 2))),
                "the hash is that of the whole"
            );
        }
        articles.iter().map(|article| article.body.expose().len()).collect()
    }

    #[tokio::test]
    async fn bodies_are_kept_as_far_as_there_is_room() {
        assert_eq!(kept(&[1_000, 20], Bodies::new(0, BTreeSet::new())).await, [1_000, 20]);
        assert_eq!(kept(&[1_000, 20, 30], Bodies::new(10, [12].into())).await, [0, 20, 0]);
        assert_eq!(kept(&[1_000, 20], Bodies::none()).await, [0, 0]);
        let long = 2 * ONE;
        let full = kept(&[long, long, long, long, long, 20], Bodies::new(0, BTreeSet::new())).await;
        assert_eq!(full, [ONE, ONE, ONE, ONE, 0, 0], "no beginning is cut short for lack of room");
        assert_eq!(kept(&[SHORT + 2, 20], Bodies::beginnings()).await, [SHORT, 20]);
    }

    #[tokio::test]
    async fn the_kind_of_a_mail_is_known_without_its_body() {
        let helpdesk = MemoryHelpdesk::default();
        helpdesk.add_article(crate::support::article(10, 7, "x -----BEGIN PGP MESSAGE----- y"));
        let articles = read(&helpdesk, 7, Bodies::none()).await.unwrap();
        assert!(kind::has_pgp_message(&articles[0]) && matches!(articles[0].kept, Kept::Nothing { .. }));
    }

    #[test]
    fn no_character_is_cut() {
        assert_eq!(beginning("aü", 2), "a");
        assert_eq!(beginning("aü", 3), "aü");
        assert_eq!(beginning("a", 9), "a");
    }
}
