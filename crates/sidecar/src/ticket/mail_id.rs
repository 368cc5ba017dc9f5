//! The Message-IDs of mails, as hashes: they tell which ticket a mail answers, and name hosts and people, so they are not stored.

use sha2::{Digest, Sha256};
use zammad::Article;

/// Most Message-IDs of the header `References` that are looked at, the newest.
const MOST: usize = 20;

/// The hash of the article's own Message-ID; `None` if it is no mail.
pub(crate) fn own(article: &Article) -> Option<String> {
    article.message_id.as_ref().and_then(|id| ids(id.expose()).next()).map(hash)
}

/// The hashes of the Message-IDs that the article answers (RFC 5322 §3.6.4), the direct one first.
pub(crate) fn answered(article: &Article) -> Vec<String> {
    let direct = article.in_reply_to.as_ref().into_iter().flat_map(|text| ids(text.expose()));
    // The last one is the newest.
    let references = article.references.expose().as_str().unwrap_or_default();
    let references: Vec<&str> = ids(references).collect();
    let mut hashes: Vec<String> = Vec::new();
    for id in direct.chain(references.into_iter().rev()).take(MOST) {
        let hash = hash(id);
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
    }
    hashes
}

/// The ids in a header, with or without angle brackets.
fn ids(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ','));
    parts.filter(|part| !part.is_empty())
}

fn hash(id: &str) -> String {
    hex::encode(Sha256::digest(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn mail(headers: Value) -> Article {
        let mut article = crate::support::article(10, 7, "text");
        article.as_object_mut().unwrap().extend(headers.as_object().unwrap().clone());
        Article::read(article).unwrap()
    }

    #[test]
    fn an_answer_names_what_it_answers_newest_first() {
        let first = own(&mail(json!({ "message_id": "<a@example>" }))).unwrap();
        let second = own(&mail(json!({ "message_id": "b@example" }))).unwrap();
        for headers in [
            json!({ "in_reply_to": "<b@example>", "references": "<a@example>\r\n\t<b@example>" }),
            json!({ "in_reply_to": "b@example", "references": "<a@example>,<b@example>" }),
            json!({ "references": "<a@example><b@example>" }),
        ] {
            assert_eq!(answered(&mail(headers.clone())), [second.clone(), first.clone()], "{headers}");
        }
    }

    #[test]
    fn an_article_without_headers_answers_nothing() {
        for headers in [
            json!({}),
            json!({ "message_id": null, "in_reply_to": null, "references": null }),
            json!({ "references": 5 }),
        ] {
            let article = mail(headers);
            assert_eq!((own(&article), answered(&article)), (None, Vec::new()));
        }
    }

    #[test]
    fn the_length_of_a_header_costs_no_more_than_its_newest_ids() {
        let references: String = (0..10_000).map(|number| format!("<{number}@example> ")).collect();
        let hashes = answered(&mail(json!({ "references": references })));
        assert_eq!((hashes.len(), hashes[0].clone()), (MOST, hash("9999@example")));
    }
}
