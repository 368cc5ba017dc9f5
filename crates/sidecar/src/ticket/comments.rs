//! Articles as Jira comments: a headline (author, visibility, time, link) and the body as a Jira document. Content is exposed
//! here; every message passes the privacy boundary afterwards.

use markup::{Media, Resolve, adf_of_html, adf_of_text, split};
use schema::settings::Identity;
use schema::{ArticleContent, Part};
use serde_json::{Value, json};
use sync::cut;
use url::Url;
use zammad::{Article, Attachment, Kept};

use super::snapshot::article_url;
use crate::env::readable_time;

/// Jira's limit of a comment: characters of the document's JSON.
const LONGEST_COMMENT: usize = 32_767;
/// Most comments of one article. The last part of a longer one, and of one whose body was not kept whole, ends with
/// [`TRUNCATED`].
const MOST_PARTS: usize = 60;
const TRUNCATED: &str = "The rest of this article is in Zammad only; the link above leads there.";
/// Longest name or subject, in characters.
const LONGEST_NAME: usize = 255;

/// The data besides the article that its comments depend on.
pub(crate) struct Context<'a> {
    /// Zammad's public address.
    pub(crate) zammad: &'a Url,
    /// The ticket's number.
    pub(crate) number: &'a str,
    /// Whether customers' names may be sent.
    pub(crate) customer_names: bool,
    /// The map of users, for mentions.
    pub(crate) people: &'a [Identity],
    /// Ids of the files whose bytes are sent.
    pub(crate) files: &'a [u64],
}

/// The comments of an article: one, or several if it is longer than Jira allows.
pub(crate) fn comments(article: &Article, context: &Context<'_>) -> Vec<ArticleContent> {
    parts(article, context, LONGEST_COMMENT, MOST_PARTS)
}

/// The beginning of an article in one comment of at most `longest` characters of JSON.
pub(crate) fn shortened(article: &Article, context: &Context<'_>, longest: usize) -> ArticleContent {
    parts(article, context, longest, 1).swap_remove(0)
}

/// A paragraph in italics: a text of the connector's own.
pub(crate) fn emphasised(text: &str) -> Value {
    json!({ "type": "paragraph", "content": [{ "type": "text", "text": text, "marks": [{ "type": "em" }] }] })
}

/// The comments of an article, each of at most `longest` characters of JSON; of more than `most` the rest is left out.
fn parts(article: &Article, context: &Context<'_>, longest: usize, most: usize) -> Vec<ArticleContent> {
    let resolver = Resolver { article, context };
    let body = article.body.expose();
    let mut blocks =
        if article.content_type.starts_with("text/html") { adf_of_html(body, &resolver) } else { adf_of_text(body) };
    let subject =
        article.subject.as_ref().map(|subject| cut(subject.expose(), LONGEST_NAME)).filter(|text| !text.is_empty());
    if let Some(subject) = subject {
        blocks.insert(0, emphasised(&subject));
    }
    let shown = |of: usize| of.min(most);
    let mut documents =
        split(|part, of| headline(article, context, part, shown(of)), blocks, longest - TRUNCATED.len() - 200);
    if documents.len() > most || article.kept != Kept::All {
        documents.truncate(most);
        let end = emphasised(TRUNCATED);
        if let Some(blocks) = documents.last_mut().and_then(|last| last["content"].as_array_mut()) {
            blocks.push(end);
        }
    }
    let of = u32::try_from(documents.len()).unwrap_or(u32::MAX);
    let content = |(number, document): (u32, Value)| ArticleContent {
        article_id: article.id,
        internal: article.internal,
        created_at: article.created_at.clone(),
        document: Some(document),
        notice: false,
        part: (of > 1).then_some(Part { number, of }),
        attachment_count: if number == 1 { u32::try_from(article.attachments.len()).unwrap_or(u32::MAX) } else { 0 },
        url: Some(article_url(context.zammad, article.ticket_id, article.id)),
        issues: Vec::new(),
        comments: Vec::new(),
        files: Vec::new(),
        again: false,
    };
    (1..).zip(documents).map(content).collect()
}

/// A comment that only says that there is an article.
pub(crate) fn notice(article: &Article, context: &Context<'_>) -> ArticleContent {
    let text = "This mail is protected or of a kind whose text is not sent to Jira; the link above leads to it.";
    let blocks = [headline(article, context, 1, 1), emphasised(text)];
    let document = json!({ "type": "doc", "version": 1, "content": blocks });
    ArticleContent {
        article_id: article.id,
        internal: article.internal,
        created_at: article.created_at.clone(),
        document: Some(document),
        notice: true,
        part: None,
        attachment_count: u32::try_from(article.attachments.len()).unwrap_or(u32::MAX),
        url: Some(article_url(context.zammad, article.ticket_id, article.id)),
        issues: Vec::new(),
        comments: Vec::new(),
        files: Vec::new(),
        again: false,
    }
}

/// The first line of a comment: author, visibility, part, time, link to the article.
fn headline(article: &Article, context: &Context<'_>, part: usize, of: usize) -> Value {
    let from = article.from.as_ref().map(|from| display_name(from.expose())).filter(|name| !name.is_empty());
    let who = match article.sender.as_str() {
        "Customer" if !context.customer_names => "Customer".to_owned(),
        sender @ ("Customer" | "Agent") => from.unwrap_or_else(|| sender.to_owned()),
        _ => "Zammad".to_owned(),
    };
    let visibility = if article.internal { "internal" } else { "public" };
    let part = if of > 1 { format!(" · part {part} of {of}") } else { String::new() };
    let url = article_url(context.zammad, article.ticket_id, article.id);
    json!({ "type": "paragraph", "content": [
        { "type": "text", "text": who, "marks": [{ "type": "strong" }] },
        { "type": "text", "text": format!(" · {visibility}{part} · {} · ", readable_time(&article.created_at)) },
        { "type": "text", "text": format!("Zammad #{}", context.number), "marks": [{ "type": "link", "attrs": { "href": url } }] },
    ]})
}

struct Resolver<'a> {
    article: &'a Article,
    context: &'a Context<'a>,
}

impl Resolve for Resolver<'_> {
    /// Zammad refers to a picture by the address of an attachment of the same article, in mails sometimes by `cid:`.
    fn image(&self, src: &str) -> Option<Media> {
        let by_name = |cid: &str| self.article.attachments.iter().find(|file| file.content_id() == Some(cid));
        let file = match src.strip_prefix("cid:") {
            Some(cid) => by_name(cid)?,
            None => self.by_address(src)?,
        };
        if !self.context.files.contains(&file.id) {
            return None;
        }
        let alt = Some(cut(file.filename.expose(), LONGEST_NAME)).filter(|name| !name.is_empty());
        Some(Media { id: format!("zammad-{}", file.id), alt, width: None, height: None })
    }

    fn account(&self, user_id: &str) -> Option<String> {
        let id: u64 = user_id.parse().ok()?;
        self.context.people.iter().find(|person| person.zammad == id).map(|person| person.account_id.clone())
    }
}

impl Resolver<'_> {
    fn by_address(&self, src: &str) -> Option<&Attachment> {
        let (_, path) = src.split_once("/api/v1/ticket_attachment/")?;
        let id: u64 = path.split(['?', '#']).next()?.rsplit('/').next()?.parse().ok()?;
        self.article.attachments.iter().find(|file| file.id == id)
    }
}

/// `Emma Taylor <emma@customer.example>` → `Emma Taylor`; empty for an address alone.
fn display_name(from: &str) -> String {
    let name = from.split('<').next().unwrap_or_default().trim().trim_matches('"').trim();
    if name.contains('@') { String::new() } else { cut(name, LONGEST_NAME) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(changes: Value) -> Article {
        let mut json = json!({
            "id": 7, "ticket_id": 42, "type": "note", "sender": "Agent", "from": "Nicole Braun", "subject": null, "body": "<p>a</p>",
            "content_type": "text/html", "internal": true, "created_by_id": 3, "created_at": "t", "updated_at": "t", "attachments": [],
        });
        for (name, value) in changes.as_object().unwrap() {
            json[name] = value.clone();
        }
        serde_json::from_value(json).unwrap()
    }

    fn comments_of(changes: Value, customer_names: bool, files: &[u64]) -> Vec<ArticleContent> {
        let zammad = Url::parse("https://help.example/").unwrap();
        let people = [Identity { zammad: 3, account_id: "acc".into() }];
        let context = Context { zammad: &zammad, number: "50042", customer_names, people: &people, files };
        comments(&sample(changes), &context)
    }

    fn text(content: &ArticleContent) -> String {
        content.document.as_ref().unwrap().to_string()
    }

    #[test]
    fn addresses_are_never_sent_and_customer_names_only_by_policy() {
        let mail = json!({ "sender": "Customer", "from": "\"Emma Taylor\" <emma@customer.example>" });
        let hidden = text(&comments_of(mail.clone(), false, &[])[0]);
        assert!(hidden.contains("\"Customer\"") && !hidden.contains("Emma"), "{hidden}");
        let named = text(&comments_of(mail, true, &[])[0]);
        assert!(named.contains("Emma Taylor") && !named.contains("customer.example"), "{named}");
        let bare = text(&comments_of(json!({ "sender": "Customer", "from": "emma@customer.example" }), true, &[])[0]);
        assert!(!bare.contains("emma"), "{bare}");
        assert!(text(&comments_of(json!({}), false, &[])[0]).contains("Nicole Braun"));
    }

    #[test]
    fn long_articles_are_split_into_numbered_parts() {
        let parts = comments_of(
            json!({ "content_type": "text/plain", "subject": "S", "body": "word ".repeat(14_000) }),
            false,
            &[],
        );
        assert!(parts.len() >= 3);
        assert!(parts.iter().all(|part| text(part).chars().count() <= LONGEST_COMMENT));
        let of = u32::try_from(parts.len()).unwrap();
        assert_eq!(parts[2].part, Some(Part { number: 3, of }));
        assert!(text(&parts[2]).contains(&format!("part 3 of {of}")));
        assert_eq!(comments_of(json!({}), false, &[])[0].part, None);
        let endless = comments_of(json!({ "content_type": "text/plain", "body": "word ".repeat(600_000) }), false, &[]);
        assert_eq!(endless.len(), MOST_PARTS);
        assert!(text(&endless[MOST_PARTS - 1]).contains(TRUNCATED) && !text(&endless[0]).contains(TRUNCATED));
        assert!(endless.iter().all(|part| text(part).chars().count() <= LONGEST_COMMENT));
    }

    #[test]
    fn the_headline_links_to_the_article_and_mentions_become_accounts() {
        let content = &comments_of(
            json!({ "body": "<p>Ask <a data-mention-user-id=\"3\" href=\"#\">Nicole</a></p>" }),
            false,
            &[],
        )[0];
        assert_eq!(content.url.as_deref(), Some("https://help.example/#ticket/zoom/42/7"));
        assert!(text(content).contains("\"mention\"") && text(content).contains("\"acc\""), "{}", text(content));
    }

    #[test]
    fn pictures_are_kept_if_their_file_is_sent() {
        let files = json!([{ "id": 5, "filename": "a.png", "size": "3", "preferences": { "Content-ID": "<x@y>" } }]);
        let body = r#"<img src="/api/v1/ticket_attachment/42/7/5?view=inline"><img src="cid:x@y">"#;
        let with = text(&comments_of(json!({ "attachments": files, "body": body }), false, &[5])[0]);
        assert_eq!(with.matches("zammad-5").count(), 2, "{with}");
        let without = text(&comments_of(json!({ "attachments": files, "body": body }), false, &[])[0]);
        assert!(!without.contains("zammad-5") && without.contains("image"), "{without}");
    }
}
