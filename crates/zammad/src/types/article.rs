//! An article, as read and as written.

use redaction::Sensitive;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::file::FileBody;
use super::{Attachment, NewFile};

/// An article (docs/platforms/zammad.md §3).
#[derive(Clone, Debug, Deserialize)]
pub struct Article {
    /// Id.
    pub id: u64,
    /// Its ticket.
    pub ticket_id: u64,
    /// `note`, `email`, `phone`, `web`, ….
    #[serde(rename = "type")]
    pub type_name: String,
    /// `Agent`, `Customer`, `System`.
    pub sender: String,
    /// Display name, for mail with the address.
    #[serde(default)]
    pub from: Option<Sensitive<String>>,
    /// Recipients.
    #[serde(default)]
    pub to: Option<Sensitive<String>>,
    /// Further recipients.
    #[serde(default)]
    pub cc: Option<Sensitive<String>>,
    /// Subject.
    #[serde(default)]
    pub subject: Option<Sensitive<String>>,
    /// Body, sanitised HTML or plain text by `content_type`.
    pub body: Sensitive<String>,
    /// `text/html`, `text/plain`; any other text is possible.
    pub content_type: String,
    /// Not visible to the customer.
    pub internal: bool,
    /// Author's user id.
    pub created_by_id: u64,
    /// Author's login.
    #[serde(default)]
    pub created_by: Option<Sensitive<String>>,
    /// Time of writing.
    pub created_at: String,
    /// Time of the last change.
    pub updated_at: String,
    /// Free object; our mark stands here, mail articles keep addresses in it.
    #[serde(default)]
    pub preferences: Sensitive<Value>,
    /// Files; inline images are among them.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
}

/// The type of an article whose answer could not be read.
const UNREADABLE: &str = "unreadable";

impl Article {
    /// Reads one article. One of an unexpected shape becomes an article without content, so that it does not cost its ticket;
    /// `None` if not even its ids can be read.
    #[must_use]
    pub fn read(value: Value) -> Option<Self> {
        let (id, ticket_id) = (value["id"].as_u64()?, value["ticket_id"].as_u64()?);
        Some(serde_json::from_value(value).unwrap_or_else(|_| Self::unreadable(id, ticket_id)))
    }

    fn unreadable(id: u64, ticket_id: u64) -> Self {
        let empty = || Sensitive::new(String::new());
        Self {
            id,
            ticket_id,
            type_name: UNREADABLE.to_owned(),
            sender: String::new(),
            from: None,
            to: None,
            cc: None,
            subject: None,
            body: empty(),
            content_type: String::new(),
            internal: true,
            created_by_id: 0,
            created_by: None,
            created_at: String::new(),
            updated_at: String::new(),
            preferences: Sensitive::new(Value::Null),
            attachments: Vec::new(),
        }
    }

    /// Whether Zammad's answer about this article could not be read: only its ids are known.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.type_name == UNREADABLE
    }

    /// The mark that [`NewArticle::mark`] set, if the article is one of ours.
    #[must_use]
    pub fn mark(&self) -> Option<&Value> {
        self.preferences.expose().get("connector")
    }
}

/// An article to write.
#[derive(Clone, Debug)]
pub struct NewArticle {
    /// The ticket.
    pub ticket_id: u64,
    /// Subject.
    pub subject: Option<Sensitive<String>>,
    /// HTML; Zammad sanitises it.
    pub html: Sensitive<String>,
    /// Not visible to the customer. Zammad's own default is visible, so this is never left out. Either way it is a note,
    /// and a note is never mailed.
    pub internal: bool,
    /// Files. One that Zammad refuses takes the whole article with it.
    pub attachments: Vec<NewFile>,
    /// Goes under `preferences.connector`: HTML classes are removed by Zammad, so a mark can stand nowhere else, and it
    /// can be set on creation only (docs/platforms/zammad.md §3, §12).
    pub mark: Value,
}

#[derive(Serialize)]
pub(crate) struct ArticleBody<'a> {
    ticket_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    body: &'a str,
    content_type: &'static str,
    #[serde(rename = "type")]
    type_name: &'static str,
    internal: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attachments: Vec<FileBody<'a>>,
    preferences: Value,
}

impl NewArticle {
    pub(crate) fn body(&self) -> ArticleBody<'_> {
        ArticleBody {
            ticket_id: self.ticket_id,
            subject: self.subject.as_ref().map(|subject| subject.expose().as_str()),
            body: self.html.expose(),
            content_type: "text/html",
            type_name: "note",
            internal: self.internal,
            attachments: self.attachments.iter().map(NewFile::body).collect(),
            // A note of ours must not make Zammad answer the customer by mail.
            preferences: serde_json::json!({ "connector": self.mark, "send-auto-response": false }),
        }
    }
}
