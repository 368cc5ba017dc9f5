//! What Zammad answers, reduced to what the product needs. Unknown keys are ignored; every human text is [`Sensitive`].

use redaction::Sensitive;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A ticket as `GET /tickets/:id?expand=true` gives it (contracts/zammad.md §2).
#[derive(Clone, Debug, Deserialize)]
pub struct Ticket {
    /// Id.
    pub id: u64,
    /// Public number: a text.
    pub number: String,
    /// Title, at most 250 characters.
    pub title: Sensitive<String>,
    /// Group id.
    pub group_id: u64,
    /// Group name.
    #[serde(default)]
    pub group: Option<String>,
    /// State id; editable by admins, so judge by type where it matters.
    pub state_id: u64,
    /// State name.
    #[serde(default)]
    pub state: Option<String>,
    /// Priority id.
    pub priority_id: u64,
    /// Priority name.
    #[serde(default)]
    pub priority: Option<String>,
    /// Owner's user id; 1 is nobody.
    pub owner_id: u64,
    /// Owner's login.
    #[serde(default)]
    pub owner: Option<Sensitive<String>>,
    /// Customer's user id.
    pub customer_id: u64,
    /// Customer's login.
    #[serde(default)]
    pub customer: Option<Sensitive<String>>,
    /// Who changed it last.
    pub updated_by_id: u64,
    /// `2025-01-22T10:46:58.255Z`.
    pub created_at: String,
    /// Likewise.
    pub updated_at: String,
    /// Ids of its articles.
    #[serde(default)]
    pub article_ids: Vec<u64>,
}

/// An article (contracts/zammad.md §3).
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

impl Article {
    /// The mark that [`NewArticle::mark`] set, if the article is one of ours.
    #[must_use]
    pub fn mark(&self) -> Option<&Value> {
        self.preferences.expose().get("connector")
    }
}

/// A file of an article.
#[derive(Clone, Debug, Deserialize)]
pub struct Attachment {
    /// Id.
    pub id: u64,
    /// Name as it was given: may be anything.
    pub filename: Sensitive<String>,
    /// Bytes. Zammad writes the number as a text.
    #[serde(deserialize_with = "number_or_text")]
    pub size: u64,
    /// `Mime-Type`, for inline images also `Content-ID` and `Content-Disposition`.
    #[serde(default)]
    pub preferences: Value,
}

/// A user as `/users/me` and `/users/:id` give it (contracts/zammad.md §4).
#[derive(Clone, Debug, Deserialize)]
pub struct User {
    /// Id.
    pub id: u64,
    /// Login.
    pub login: Sensitive<String>,
    /// First name.
    #[serde(default)]
    pub firstname: Option<Sensitive<String>>,
    /// Last name.
    #[serde(default)]
    pub lastname: Option<Sensitive<String>>,
    /// E-mail; may be empty and is not always unique.
    #[serde(default)]
    pub email: Option<Sensitive<String>>,
    /// Whether the account is in use.
    pub active: bool,
}

/// A ticket state. Names are the customer's own; the type is not (contracts/zammad.md §2: 1 new, 2 open, 3 pending
/// reminder, 4 pending action, 5 closed, 6 merged, 7 removed).
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct State {
    /// Id.
    pub id: u64,
    /// Type.
    pub state_type_id: u64,
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
    /// Not visible to the customer. Zammad's own default is visible, so this is never left out.
    pub internal: bool,
    /// Goes under `preferences.connector`: HTML classes are removed by Zammad, so a mark can stand nowhere else, and it
    /// can be set on creation only (contracts/zammad.md §3, §12).
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
            // A note of ours must not make Zammad answer the customer by mail.
            preferences: serde_json::json!({ "connector": self.mark, "send-auto-response": false }),
        }
    }
}

fn number_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let value = Value::deserialize(deserializer)?;
    let number = value.as_u64().or_else(|| value.as_str().and_then(|text| text.parse().ok()));
    number.ok_or_else(|| serde::de::Error::custom("not a size"))
}
