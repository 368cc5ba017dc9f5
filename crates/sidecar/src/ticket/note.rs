//! Internal notes for Zammad, as HTML. All text from Jira is escaped; Zammad sanitises the HTML again.

use markup::{Shown, escape, html_of_adf};
use schema::{AttachmentAnnounced, CommentContent, DescriptionChanged};
use serde_json::Value;

use crate::env::readable_time;

/// Whether a comment is new or was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Added,
    Changed,
}

/// The note for a comment: a headline (author, issue, time), then the comment's document.
pub(crate) fn comment(issue_key: &str, comment: &CommentContent, kind: Kind) -> String {
    // In a service project a comment may be one that the customer can read, or has written.
    let audience = match &comment.service {
        Some(service) if service.by_customer => " · customer's reply in the portal",
        Some(service) if service.public => " · public in the portal",
        Some(_) | None => "",
    };
    let suffix = match kind {
        Kind::Added => audience.to_owned(),
        Kind::Changed => format!("{audience} · edited"),
    };
    let when = if kind == Kind::Added { &comment.created_at } else { &comment.updated_at };
    let mut html = headline(comment.author.name.as_deref(), issue_key, &suffix, when);
    html.push_str(&html_of_adf(&comment.document, &file_name));
    if comment.reduced {
        html.push_str(
            "<p><i>Only the text of this comment could be transferred; read it in Jira for the rest.</i></p>",
        );
    }
    html
}

/// The note for an issue's description: as it was when the ticket was linked, or after a change.
pub(crate) fn description(issue_key: &str, change: &DescriptionChanged) -> String {
    let mut html = if change.at_link {
        format!("<p><b>Description</b> · Jira {}</p>", escape(issue_key))
    } else {
        headline(change.author.name.as_deref(), issue_key, " · description changed", &change.at)
    };
    match &change.document {
        Some(document) => html.push_str(&html_of_adf(document, &file_name)),
        None => html.push_str("<p><i>The description was removed.</i></p>"),
    }
    if change.reduced {
        html.push_str("<p><i>Only its text could be transferred; read it in Jira for the rest.</i></p>");
    }
    html
}

/// The note for a file. `missing` is the reason why the bytes are not attached; `picture` is a data URI that shows it.
pub(crate) fn file(
    issue_key: &str,
    file: &AttachmentAnnounced,
    missing: Option<&str>,
    picture: Option<&str>,
) -> String {
    let mut html = headline(file.author.name.as_deref(), issue_key, " · file", &file.created_at);
    let name = escape(&file.name);
    match missing {
        None => {
            html.push_str(&format!("<p>{name}</p>"));
            if let Some(uri) = picture {
                html.push_str(&format!("<p><img src=\"{}\" alt=\"{name}\"></p>", escape(uri)));
            }
        }
        Some(reason) => {
            html.push_str(&format!("<p>{name} ({} bytes) is in Jira only: {}.</p>", file.size, escape(reason)))
        }
    }
    html
}

/// A file inside a comment is shown by its name: its bytes arrive in a separate note.
fn file_name(attributes: &Value) -> Option<Shown> {
    attributes["alt"].as_str().map(|alt| Shown::Name(alt.to_owned()))
}

fn headline(author: Option<&str>, issue_key: &str, suffix: &str, time: &str) -> String {
    let author = escape(author.unwrap_or("Unknown user"));
    format!("<p><b>{author}</b> · Jira {}{suffix} · {}</p>", escape(issue_key), escape(&readable_time(time)))
}

/// The note for a comment that was deleted or restricted.
pub(crate) fn tombstone(issue_key: &str) -> String {
    notice(&format!("A comment on Jira {issue_key} that was copied here has been deleted or restricted there."))
}

/// A note with one sentence of the connector's own.
pub(crate) fn notice(text: &str) -> String {
    format!("<p><i>{}</i></p>", escape(text))
}

#[cfg(test)]
mod tests {
    use schema::Author;
    use serde_json::json;

    use super::*;

    #[test]
    fn notes_name_the_author_and_escape_everything() {
        let author = Author { account_id: "a".into(), name: Some("Mia <b>".into()) };
        let content = CommentContent {
            comment_id: "1".into(),
            author: author.clone(),
            created_at: "t1".into(),
            updated_at: "t2".into(),
            document: json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": "a < b" }] }] }),
            reduced: false,
            service: None,
        };
        assert_eq!(
            comment("PROJ-7", &content, Kind::Added),
            "<p><b>Mia &lt;b&gt;</b> · Jira PROJ-7 · t1</p><p>a &lt; b</p>"
        );
        assert!(comment("PROJ-7", &content, Kind::Changed).contains("edited · t2"));
        for (by_customer, public, words) in
            [(true, true, "customer's reply in the portal"), (false, true, "public in the portal"), (false, false, "")]
        {
            let service = Some(schema::ServiceVisibility { public, by_customer });
            let note = comment("PROJ-7", &CommentContent { service, ..content.clone() }, Kind::Added);
            assert_eq!(note.contains("portal"), !words.is_empty());
            assert!(note.contains(words), "{note}");
        }
        let announced = AttachmentAnnounced {
            attachment_id: "1".into(),
            name: "<x>.log".into(),
            size: 7,
            media_type: None,
            author,
            created_at: "t1".into(),
        };
        assert!(
            file("PROJ-7", &announced, Some("too large"), None)
                .contains("&lt;x&gt;.log (7 bytes) is in Jira only: too large.")
        );
        let shown = file("PROJ-7", &announced, None, Some("data:image/png;base64,AA\"=="));
        assert!(
            shown.ends_with("<p><img src=\"data:image/png;base64,AA&quot;==\" alt=\"&lt;x&gt;.log\"></p>"),
            "{shown}"
        );
    }
}
