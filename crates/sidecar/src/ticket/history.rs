//! The articles of the time before a link, as one document: the description of an issue that is made for a ticket, or one
//! comment on an issue that exists.

use serde_json::{Value, json};
use zammad::{Article, Kept};

use super::admission::Admission;
use super::comments::{self, Context};

/// Characters of one article's JSON: a long mail leaves room for others.
const LONGEST_ARTICLE: usize = 8_000;
/// Characters of the whole document's JSON, with room for the last line. Jira allows 32,767.
const LONGEST: usize = 32_000;

/// The document; `None` if no article may be part of it. Articles that do not fit are counted in its last line.
pub(crate) fn of(articles: &[Article], admission: &Admission<'_>, context: &Context<'_>) -> Option<Value> {
    let (mut blocks, mut size, mut left_out) = (Vec::new(), 0, 0_usize);
    for article in articles.iter().filter(|article| admission.admits_to_history(article)) {
        let content = if admission.is_notice(article) {
            comments::notice(article, context)
        } else {
            comments::shortened(article, context, LONGEST_ARTICLE)
        };
        let document = content.document.unwrap_or_default();
        let length = document.to_string().chars().count();
        let is_unread = matches!(article.kept, Kept::Nothing { .. });
        if left_out > 0 || is_unread || size + length > LONGEST {
            left_out += 1;
            continue;
        }
        size += length;
        if !blocks.is_empty() {
            blocks.push(json!({ "type": "rule" }));
        }
        blocks.extend(document["content"].as_array().cloned().unwrap_or_default());
    }
    if left_out > 0 {
        let text = format!("{left_out} more articles are in Zammad only.");
        blocks.push(comments::emphasised(&text));
    }
    (!blocks.is_empty()).then(|| json!({ "type": "doc", "version": 1, "content": blocks }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schema::settings::{CommentPolicy, Comments};
    use url::Url;

    use super::*;
    use crate::support::article;

    fn articles(changes: &[Value]) -> Vec<Article> {
        let one = |(id, change): (u64, &Value)| {
            let mut json = article(id, 7, "text");
            for (name, value) in change.as_object().unwrap() {
                json[name] = value.clone();
            }
            serde_json::from_value(json).unwrap()
        };
        (1..).zip(changes).map(one).collect()
    }

    fn history(changes: &[Value], settings: &Comments) -> Option<Value> {
        let (tags, zammad) = (BTreeSet::new(), Url::parse("https://help.example/").unwrap());
        let admission = Admission { settings, operator: CommentPolicy::All, tags: &tags };
        let context = Context { zammad: &zammad, number: "5007", customer_names: false, people: &[], files: &[] };
        of(&articles(changes), &admission, &context)
    }

    fn note(text: &str, internal: bool) -> Value {
        json!({ "body": text, "internal": internal })
    }

    #[test]
    fn public_articles_are_the_default_and_internal_ones_need_the_setting() {
        let said = [note("The printer is broken.", false), note("Margin is 40 %.", true)];
        let text = history(&said, &Comments::default()).unwrap().to_string();
        assert!(text.contains("printer is broken") && !text.contains("Margin"), "{text}");
        let all = Comments { history: CommentPolicy::All, ..Comments::default() };
        assert!(history(&said, &all).unwrap().to_string().contains("Margin"));
        let none = Comments { history: CommentPolicy::None, ..Comments::default() };
        assert_eq!(history(&said, &none), None);
        let stricter =
            Comments { to_jira: CommentPolicy::Internal, history: CommentPolicy::All, ..Comments::default() };
        let text = history(&said, &stricter).unwrap().to_string();
        assert!(!text.contains("printer"), "the policy of comments applies too: {text}");
    }

    #[test]
    fn notes_of_the_connector_are_no_part_of_it() {
        let mut ours = note("From Jira.", false);
        ours["preferences"] = json!({ "connector": { "command": "x" } });
        assert!(articles(&[ours.clone()])[0].mark().is_some(), "the mark as the client reads it");
        assert_eq!(history(&[ours], &Comments::default()), None);
    }

    #[test]
    fn a_long_ticket_fits_into_one_document_and_says_what_is_left_out() {
        let long: Vec<Value> = (0..50).map(|_| note(&"word ".repeat(4_000), false)).collect();
        let text = history(&long, &Comments::default()).unwrap().to_string();
        assert!(text.chars().count() <= 32_767, "{}", text.chars().count());
        assert!(text.contains("more articles are in Zammad only."));
    }
}
