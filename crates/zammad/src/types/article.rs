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
    /// Whether it is hidden from the customer.
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
    /// The header `Message-ID` of a mail.
    #[serde(default)]
    pub message_id: Option<Sensitive<String>>,
    /// The header `In-Reply-To` of a mail.
    #[serde(default)]
    pub in_reply_to: Option<Sensitive<String>>,
    /// The header `References` of a mail: a text.
    #[serde(default)]
    pub references: Sensitive<Value>,
    /// Free-form JSON object: the connector's mark, and addresses of mail articles.
    #[serde(default)]
    pub preferences: Sensitive<Value>,
    /// Files; inline images are among them.
    #[serde(default)]
    pub attachments: Vec<Attachment>,
    /// How much of the body is kept.
    #[serde(skip)]
    pub kept: Kept,
}

/// How much of an article's body is kept in memory. The hash is that of the whole body; its kind is the caller's choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// All of it.
    #[default]
    All,
    /// Its beginning.
    Beginning {
        /// Hash of the whole body.
        hash: String,
    },
    /// Nothing.
    Nothing {
        /// Hash of the whole body.
        hash: String,
    },
}

/// The type of an article whose JSON could not be read.
const UNREADABLE: &str = "unreadable";

impl Article {
    /// Reads an article. JSON of an unexpected shape becomes an article without content, so that the rest of its ticket can
    /// still be processed; `None` if its ids cannot be read either.
    #[must_use]
    pub fn read(value: Value) -> Option<Self> {
        let (id, ticket_id) = (value["id"].as_u64()?, value["ticket_id"].as_u64()?);
        Some(serde_json::from_value(value).unwrap_or_else(|_| Self::unreadable(id, ticket_id)))
    }

    /// An article without content, from the beginning of its JSON; `None` if that is of another ticket.
    pub(crate) fn without_content(ticket_id: u64, beginning: &str) -> Option<Self> {
        let number = |name: &str| {
            let (_, rest) = beginning.split_once(&format!("\"{name}\":"))?;
            rest.trim_start().split(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
        };
        let id = number("id").filter(|_| number("ticket_id") == Some(ticket_id))?;
        Some(Self::unreadable(id, ticket_id))
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
            message_id: None,
            in_reply_to: None,
            references: Sensitive::new(Value::Null),
            preferences: Sensitive::new(Value::Null),
            attachments: Vec::new(),
            kept: Kept::All,
        }
    }

    /// Whether the article's JSON could not be read; then only its ids are known.
    #[must_use]
    pub fn is_unreadable(&self) -> bool {
        self.type_name == UNREADABLE
    }

    /// Returns the mark that [`NewArticle::mark`] set, if the connector wrote the article.
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
    /// Whether it is hidden from the customer. Always sent, since Zammad's default is visible. In both cases the article is a
    /// note, which Zammad never sends by mail.
    pub internal: bool,
    /// Files. If Zammad refuses one of them, it does not create the article.
    pub attachments: Vec<NewFile>,
    /// Stored as `preferences.connector`, which can be set on creation only. The HTML cannot have a mark, since Zammad removes
    /// classes (docs/platforms/zammad.md §3, §12).
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
            // The connector's note must not make Zammad send the customer an automatic reply.
            preferences: serde_json::json!({ "connector": self.mark, "send-auto-response": false }),
        }
    }
}
