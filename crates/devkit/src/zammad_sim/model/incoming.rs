//! Articles that come in by a channel instead of the API: mails, calls, chats, messages.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::{
    entities::Id,
    numbers::{SYSTEM, sender},
    upload::Upload,
};

/// How an article comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A mail.
    Email,
    /// A text message.
    Sms,
    /// The log of a chat.
    Chat,
    /// The note of a call.
    Phone,
    /// A message by WhatsApp.
    Whatsapp,
    /// A note.
    Note,
}

impl Channel {
    /// Number of its article type.
    pub(in crate::zammad_sim) const fn type_id(self) -> Id {
        match self {
            Self::Email => 1,
            Self::Sms => 2,
            Self::Chat => 3,
            Self::Phone => 5,
            Self::Note => 10,
            Self::Whatsapp => 14,
        }
    }
}

/// The ticket that an article belongs to.
#[derive(Clone, Debug)]
pub(in crate::zammad_sim) enum Place {
    Ticket(Id),
    New { group: Id, customer: Id, title: String, follows: Option<Id> },
}

/// An article to come in. By default it is the customer's and public.
#[derive(Clone, Debug)]
pub struct Incoming {
    pub(in crate::zammad_sim) place: Place,
    pub(in crate::zammad_sim) channel: Channel,
    pub(in crate::zammad_sim) sender_id: Id,
    pub(in crate::zammad_sim) author: Option<Id>,
    pub(in crate::zammad_sim) subject: Option<String>,
    pub(in crate::zammad_sim) body: String,
    pub(in crate::zammad_sim) html: bool,
    pub(in crate::zammad_sim) internal: bool,
    pub(in crate::zammad_sim) message_id: Option<String>,
    pub(in crate::zammad_sim) in_reply_to: Option<String>,
    pub(in crate::zammad_sim) references: Option<String>,
    pub(in crate::zammad_sim) preferences: Map<String, Value>,
    pub(in crate::zammad_sim) files: Vec<Upload>,
}

impl Incoming {
    fn at(place: Place, channel: Channel, body: &str) -> Self {
        Self {
            place,
            channel,
            sender_id: sender::CUSTOMER,
            author: None,
            subject: None,
            body: body.to_owned(),
            html: false,
            internal: false,
            message_id: None,
            in_reply_to: None,
            references: None,
            preferences: Map::new(),
            files: Vec::new(),
        }
    }

    /// For a ticket, by any channel.
    #[must_use]
    pub fn article(ticket: Id, channel: Channel, body: &str) -> Self {
        Self::at(Place::Ticket(ticket), channel, body)
    }

    /// A mail of the customer of a ticket, marked as an ordinary one as Zammad's mail parser does.
    #[must_use]
    pub fn mail(ticket: Id, body: &str) -> Self {
        Self::article(ticket, Channel::Email, body)
            .preference("send-auto-response", json!(true))
            .preference("is-auto-response", json!(false))
    }

    /// A mail that makes a ticket.
    #[must_use]
    pub fn new_ticket(group: Id, customer: Id, title: &str, body: &str) -> Self {
        let place = Place::New { group, customer, title: title.to_owned(), follows: None };
        Self { place, ..Self::mail(0, body) }
    }

    /// The new ticket follows up on an older one, to which it is linked. Nothing happens to an article for a ticket.
    #[must_use]
    pub fn follows(mut self, older: Id) -> Self {
        if let Place::New { follows, .. } = &mut self.place {
            *follows = Some(older);
        }
        self
    }

    /// Written by the system itself instead of the customer.
    #[must_use]
    pub const fn system(mut self) -> Self {
        (self.sender_id, self.author) = (sender::SYSTEM, Some(SYSTEM));
        self
    }

    /// Written by this agent instead of the customer.
    #[must_use]
    pub const fn agent(mut self, agent: Id) -> Self {
        (self.sender_id, self.author) = (sender::AGENT, Some(agent));
        self
    }

    /// Hidden from the customer.
    #[must_use]
    pub const fn internal(mut self) -> Self {
        self.internal = true;
        self
    }

    /// The body is HTML.
    #[must_use]
    pub const fn html(mut self) -> Self {
        self.html = true;
        self
    }

    /// With a subject.
    #[must_use]
    pub fn subject(mut self, subject: &str) -> Self {
        self.subject = Some(subject.to_owned());
        self
    }

    /// With this message id instead of a made one.
    #[must_use]
    pub fn message_id(mut self, id: &str) -> Self {
        self.message_id = Some(id.to_owned());
        self
    }

    /// With the header `In-Reply-To`.
    #[must_use]
    pub fn in_reply_to(mut self, id: &str) -> Self {
        self.in_reply_to = Some(id.to_owned());
        self
    }

    /// With the header `References`.
    #[must_use]
    pub fn references(mut self, ids: &str) -> Self {
        self.references = Some(ids.to_owned());
        self
    }

    /// With a key of the article's preferences.
    #[must_use]
    pub fn preference(mut self, name: &str, value: Value) -> Self {
        self.preferences.insert(name.to_owned(), value);
        self
    }

    /// An automatic answer or a bounce by Zammad's own judgement.
    #[must_use]
    pub fn auto_response(self) -> Self {
        self.preference("send-auto-response", json!(false)).preference("is-auto-response", json!(true))
    }

    /// An S/MIME mail: whether it was encrypted and could be read, and whether its signature was verified.
    #[must_use]
    pub fn security(self, encryption: bool, sign: bool) -> Self {
        let part = |success: bool| json!({"success": success, "comment": if success { "CN=customer" } else { "" }});
        let security = json!({"type": "S/MIME", "encryption": part(encryption), "sign": part(sign)});
        self.preference("security", security)
    }

    fn with_file(mut self, name: &str, mime_type: &str, data: Bytes, size_known: bool) -> Self {
        let preferences = ["Mime-Type", "Content-Type"].map(|key| (key.to_owned(), mime_type.to_owned()));
        self.files.push(Upload { filename: name.to_owned(), preferences: preferences.into(), data, size_known });
        self
    }

    /// With a file.
    #[must_use]
    pub fn file(self, name: &str, mime_type: &str, data: impl Into<Bytes>) -> Self {
        self.with_file(name, mime_type, data.into(), true)
    }

    /// With a file whose size the database does not hold: answers have `"size": null`.
    #[must_use]
    pub fn file_without_size(self, name: &str, mime_type: &str, data: impl Into<Bytes>) -> Self {
        self.with_file(name, mime_type, data.into(), false)
    }
}
