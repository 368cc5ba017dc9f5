//! A ticket and its articles as messages of the wire. Content is exposed here, on its way to the boundary.

use schema::{ArticleContent, Bucket, NamedId, Part, Person, Sender, TicketSnapshot, TicketState};
use url::Url;
use zammad::{Article, Ticket};

use super::text;

/// Characters of one comment, leaving room for the head line in Jira's 32,767.
const COMMENT: usize = 30_000;
/// Most parts of one article: a 1.5 MB article has 50.
const MOST_PARTS: usize = 60;
const NAME: usize = 255;

/// Names that may be told, by policy.
pub(super) struct Names {
    pub(super) owner: Option<String>,
    pub(super) customer: Option<String>,
}

/// The ticket as the panel shows it.
pub(super) fn snapshot(ticket: &Ticket, bucket: Bucket, names: Names) -> TicketSnapshot {
    let named = |id: u64, name: &Option<String>| NamedId { id, name: name.as_deref().map(cut) };
    let person = |id: u64, name: Option<String>| Person { id, name: name.as_deref().map(cut), email: None };
    TicketSnapshot {
        number: ticket.number.clone(),
        title: Some(cut(ticket.title.expose())),
        state: TicketState { bucket, name: ticket.state.as_deref().map(cut) },
        priority: named(ticket.priority_id, &ticket.priority),
        group: named(ticket.group_id, &ticket.group),
        // Owner 1 means nobody (contracts/zammad.md §2).
        owner: (ticket.owner_id > 1).then(|| person(ticket.owner_id, names.owner)),
        customer: (ticket.customer_id > 1).then(|| person(ticket.customer_id, names.customer)),
        article_count: ticket.article_ids.len() as u64,
        created_at: ticket.created_at.clone(),
        updated_at: ticket.updated_at.clone(),
    }
}

/// An article as one message, or several if its text is longer than a comment. `customer_names` is the policy.
pub(super) fn article(article: &Article, zammad: &Url, customer_names: bool) -> Vec<ArticleContent> {
    let body = article.body.expose();
    let text = if article.content_type.starts_with("text/html") { text::of_html(body) } else { body.trim().to_owned() };
    let sender = match article.sender.as_str() {
        "Agent" => Sender::Agent,
        "Customer" => Sender::Customer,
        _ => Sender::System,
    };
    let author = (sender != Sender::Customer || customer_names)
        .then(|| article.from.as_ref().map(|from| name_in(from.expose())))
        .flatten();
    let parts = text::parts(&text, COMMENT);
    let of = parts.len().min(MOST_PARTS);
    let numbered = |number: usize| Part {
        number: u32::try_from(number).unwrap_or(u32::MAX),
        of: u32::try_from(of).unwrap_or(u32::MAX),
    };
    let content = |(at, part): (usize, &&str)| ArticleContent {
        article_id: article.id,
        internal: article.internal,
        sender,
        author: author.clone(),
        created_at: article.created_at.clone(),
        subject: article
            .subject
            .as_ref()
            .map(|subject| cut(subject.expose()))
            .filter(|subject| at == 0 && !subject.is_empty()),
        text: Some((*part).to_owned()),
        part: (of > 1).then(|| numbered(at + 1)),
        attachment_count: if at == 0 { u32::try_from(article.attachments.len()).unwrap_or(u32::MAX) } else { 0 },
        url: Some(article_url(zammad, article.ticket_id, article.id)),
    };
    parts.iter().take(of).enumerate().map(content).collect()
}

/// Where people read a ticket.
pub(crate) fn ticket_url(zammad: &Url, ticket_id: u64) -> String {
    format!("{}/#ticket/zoom/{ticket_id}", zammad.as_str().trim_end_matches('/'))
}

fn article_url(zammad: &Url, ticket_id: u64, article_id: u64) -> String {
    format!("{}/{article_id}", ticket_url(zammad, ticket_id))
}

/// `Emma Taylor <emma@customer.example>` → `Emma Taylor`; an address alone has no name to tell.
fn name_in(from: &str) -> String {
    let name = from.split('<').next().unwrap_or_default().trim().trim_matches('"').trim();
    if name.contains('@') { String::new() } else { cut(name) }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= NAME {
        return text.to_owned();
    }
    let end = text.char_indices().nth(NAME - 1).map_or(text.len(), |(end, _)| end);
    let word = text[..end].rfind(char::is_whitespace).filter(|at| *at > end / 2).unwrap_or(end);
    format!("{}…", text[..word].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(changes: serde_json::Value) -> Article {
        let mut json = serde_json::json!({
            "id": 7, "ticket_id": 42, "type": "note", "sender": "Agent", "from": "Nicole Braun", "subject": null, "body": "<p>a</p>",
            "content_type": "text/html", "internal": true, "created_by_id": 3, "created_at": "t", "updated_at": "t", "attachments": [],
        });
        for (name, value) in changes.as_object().unwrap() {
            json[name] = value.clone();
        }
        serde_json::from_value(json).unwrap()
    }

    fn zammad() -> Url {
        Url::parse("https://help.example/").unwrap()
    }

    #[test]
    fn addresses_never_travel_and_customers_names_only_by_policy() {
        let mail =
            sample(serde_json::json!({ "sender": "Customer", "from": "\"Emma Taylor\" <emma@customer.example>" }));
        assert_eq!(article(&mail, &zammad(), false)[0].author, None);
        assert_eq!(article(&mail, &zammad(), true)[0].author.as_deref(), Some("Emma Taylor"));
        let bare = sample(serde_json::json!({ "sender": "Customer", "from": "emma@customer.example" }));
        assert_eq!(article(&bare, &zammad(), true)[0].author.as_deref(), Some(""));
        assert_eq!(
            article(&sample(serde_json::json!({})), &zammad(), false)[0].author.as_deref(),
            Some("Nicole Braun")
        );
    }

    #[test]
    fn long_articles_are_split_and_say_so() {
        let long =
            sample(serde_json::json!({ "content_type": "text/plain", "subject": "S", "body": "word ".repeat(14_000) }));
        let parts = article(&long, &zammad(), false);
        assert_eq!(parts.len(), 3);
        assert!(parts.iter().all(|part| part.text.as_ref().unwrap().chars().count() <= COMMENT));
        assert_eq!(parts[2].part, Some(Part { number: 3, of: 3 }));
        assert_eq!((parts[0].subject.as_deref(), parts[1].subject.as_deref()), (Some("S"), None));
        assert_eq!(article(&sample(serde_json::json!({})), &zammad(), false)[0].part, None);
    }

    #[test]
    fn links_lead_to_the_article() {
        let url = article(&sample(serde_json::json!({})), &zammad(), false)[0].url.clone();
        assert_eq!(url.as_deref(), Some("https://help.example/#ticket/zoom/42/7"));
    }

    #[test]
    fn long_names_are_cut_at_a_word() {
        let cut_title = cut(&"word ".repeat(100));
        assert!(cut_title.chars().count() <= NAME && cut_title.ends_with("word…"));
        assert_eq!(cut(&"x".repeat(300)).chars().count(), NAME);
    }
}
