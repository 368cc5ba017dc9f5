//! The rows of the simulated database, typed. Only `render` knows their JSON.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::clock::Millis;

/// A row's number.
pub type Id = u64;

/// Who made and last changed a row, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Stamps {
    /// Made by.
    pub created_by_id: Id,
    /// Last changed by.
    pub updated_by_id: Id,
    /// Made at.
    pub created_at: Millis,
    /// Last changed at.
    pub updated_at: Millis,
}

impl Stamps {
    pub(crate) const fn new(by: Id, at: Millis) -> Self {
        Self { created_by_id: by, updated_by_id: by, created_at: at, updated_at: at }
    }

    pub(crate) const fn touch(&mut self, by: Id, at: Millis) {
        self.updated_by_id = by;
        self.updated_at = at;
    }
}

/// A person or machine that may log in.
#[derive(Clone, Debug, Serialize)]
pub struct User {
    /// Number.
    pub id: Id,
    /// Name to log in with.
    pub login: String,
    /// In clear: this is a simulator.
    #[serde(skip)]
    pub password: Option<String>,
    /// First name.
    pub firstname: String,
    /// Last name.
    pub lastname: String,
    /// E-mail address, may be empty.
    pub email: String,
    /// Whether the login works.
    pub active: bool,
    /// The VIP flag.
    pub vip: bool,
    /// The organization.
    pub organization_id: Option<Id>,
    /// Roles.
    pub role_ids: Vec<Id>,
    /// Access by group.
    pub group_ids: BTreeMap<Id, Vec<String>>,
    /// Phone, mobile, note, web, ...: plain texts that nothing here depends on.
    pub texts: BTreeMap<String, String>,
    /// Preferences.
    pub preferences: Map<String, Value>,
    /// When last logged in.
    pub last_login: Option<Millis>,
    /// Wrong passwords since.
    pub login_failed: u32,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

impl User {
    /// First and last name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.firstname, self.lastname).trim().to_owned()
    }
}

/// A group of agents.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Number.
    pub id: Id,
    /// Whole path, `A::B`.
    pub name: String,
    /// Note.
    pub note: Option<String>,
    /// Whether tickets may be in it.
    pub active: bool,
    /// Minutes without a change by its owner after which an open ticket is taken away from them.
    pub assignment_timeout: Option<u32>,
    /// The stock group has one.
    pub signature_id: Option<Id>,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A role with its permissions.
#[derive(Clone, Debug, Serialize)]
pub struct Role {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Note.
    pub note: String,
    /// Whether it counts.
    pub active: bool,
    /// Names of its permissions.
    pub permissions: Vec<String>,
    /// Whether customers who sign up get it.
    pub default_at_signup: bool,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// An organization of customers.
#[derive(Clone, Debug, Serialize)]
pub struct Organization {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Note.
    pub note: String,
    /// Whether it counts.
    pub active: bool,
    /// Whether its members see each other's tickets.
    pub shared: bool,
    /// Mail domain of its members.
    pub domain: String,
    /// Whether people of that domain join by themselves.
    pub domain_assignment: bool,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A ticket state.
#[derive(Clone, Debug, Serialize)]
pub struct TicketState {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Note.
    pub note: Option<String>,
    /// Number of the state's type.
    pub state_type_id: Id,
    /// Name of the state's type.
    pub state_type: &'static str,
    /// Whether it can be chosen.
    pub active: bool,
    /// Whether escalation stops in it.
    pub ignore_escalation: bool,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A ticket priority.
#[derive(Clone, Debug, Serialize)]
pub struct Priority {
    /// Number.
    pub id: Id,
    /// Name.
    pub name: String,
    /// Note.
    pub note: Option<String>,
    /// Whether it can be chosen.
    pub active: bool,
    /// Icon and colour.
    pub ui: Option<(&'static str, &'static str)>,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A change of a ticket's owner, as its history has it.
#[derive(Clone, Debug, Serialize)]
pub struct OwnerChange {
    /// Who changed it.
    pub by: Id,
    /// The owner before.
    pub from: Id,
    /// The owner after it, 1 = nobody.
    pub to: Id,
    /// When.
    pub at: Millis,
}

/// A ticket.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ticket {
    /// Number of the row.
    pub id: Id,
    /// Public number.
    pub number: String,
    /// Title.
    pub title: String,
    /// Group.
    pub group_id: Id,
    /// Priority.
    pub priority_id: Id,
    /// State.
    pub state_id: Id,
    /// Owner, 1 = nobody.
    pub owner_id: Id,
    /// Customer.
    pub customer_id: Id,
    /// The customer's organization.
    pub organization_id: Option<Id>,
    /// Note.
    pub note: Option<String>,
    /// Preferences.
    pub preferences: Map<String, Value>,
    /// Until when it is pending.
    pub pending_time: Option<Millis>,
    /// First public answer.
    pub first_response_at: Option<Millis>,
    /// First closed.
    pub close_at: Option<Millis>,
    /// Last closed.
    pub last_close_at: Option<Millis>,
    /// Last contact of either side.
    pub last_contact_at: Option<Millis>,
    /// Last contact by an agent.
    pub last_contact_agent_at: Option<Millis>,
    /// Last contact by the customer.
    pub last_contact_customer_at: Option<Millis>,
    /// Last change that counts for the automatic unassignment.
    pub last_owner_update_at: Option<Millis>,
    /// All changes of the owner, oldest first.
    pub owner_changes: Vec<OwnerChange>,
    /// Counter, absent without an article, not corrected by merges.
    pub article_count: Option<i64>,
    /// Type of the first article.
    pub create_article_type_id: Option<Id>,
    /// Sender of the first article.
    pub create_article_sender_id: Option<Id>,
    /// Custom attributes.
    pub attributes: BTreeMap<String, Value>,
    /// Tags, in the order they were added.
    pub tags: Vec<String>,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A file of an article.
#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    /// Number.
    pub id: Id,
    /// Equal bytes share it.
    pub store_file_id: Id,
    /// Name as sent.
    pub filename: String,
    /// `Mime-Type` and, for inline images, more.
    pub preferences: BTreeMap<String, String>,
    /// Whether the database holds the size.
    pub size_known: bool,
    /// The bytes.
    #[serde(skip)]
    pub data: Bytes,
}

impl Attachment {
    /// The type it is served with.
    #[must_use]
    pub fn mime_type(&self) -> &str {
        self.preferences.get("Mime-Type").map_or("application/octet-stream", String::as_str)
    }
}

/// An article.
#[derive(Clone, Debug, Serialize)]
pub struct Article {
    /// Number.
    pub id: Id,
    /// The ticket to which it belongs.
    pub ticket_id: Id,
    /// Type.
    pub type_id: Id,
    /// Sender.
    pub sender_id: Id,
    /// Author's name, and address for web articles.
    pub from: String,
    /// Recipients.
    pub to: Option<String>,
    /// Copy recipients.
    pub cc: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// Where to answer.
    pub reply_to: Option<String>,
    /// Message id, kept as given.
    pub message_id: Option<String>,
    /// The message id that this answers.
    pub in_reply_to: Option<String>,
    /// The message ids of the whole conversation, from a mail's header.
    pub references: Option<String>,
    /// Content type, kept as given.
    pub content_type: String,
    /// Body as stored.
    pub body: String,
    /// Hidden from customers.
    pub internal: bool,
    /// Preferences.
    pub preferences: Map<String, Value>,
    /// On whose behalf.
    pub origin_by_id: Option<Id>,
    /// Files.
    pub attachments: Vec<Attachment>,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// An API token.
#[derive(Clone, Debug, Serialize)]
pub struct Token {
    /// Number.
    pub id: Id,
    /// Whose.
    pub user_id: Id,
    /// Name.
    pub name: String,
    /// The secret.
    #[serde(skip)]
    pub secret: String,
    /// Names of the permissions.
    pub permissions: Vec<String>,
    /// Until when it works.
    pub expires_at: Option<Millis>,
    /// When it was last used.
    pub last_used_at: Option<Millis>,
    /// Who made and changed it, and when.
    pub created_at: Millis,
}

/// A webhook's configuration.
#[derive(Clone, Debug, Serialize)]
pub struct Webhook {
    /// Number.
    pub id: Id,
    /// Name, not unique.
    pub name: String,
    /// URL.
    pub endpoint: String,
    /// Method of its requests, in lower case.
    pub http_method: String,
    /// Key of the signature.
    #[serde(skip)]
    pub signature_token: Option<String>,
    /// Whether TLS certificates are checked (kept, not used).
    pub ssl_verify: bool,
    /// Whether `custom_payload` is sent.
    pub customized_payload: bool,
    /// Template.
    pub custom_payload: Option<String>,
    /// Slack and others.
    pub pre_defined_webhook_type: Option<String>,
    /// Basic auth.
    pub basic_auth_username: Option<String>,
    /// Basic auth.
    #[serde(skip)]
    pub basic_auth_password: Option<String>,
    /// Note.
    pub note: Option<String>,
    /// Preferences.
    pub preferences: Value,
    /// Whether it is sent at all.
    pub active: bool,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A trigger's configuration.
#[derive(Clone, Debug, Serialize)]
pub struct Trigger {
    /// Number.
    pub id: Id,
    /// Name, unique without regard to case.
    pub name: String,
    /// `action` or `time`.
    pub activator: String,
    /// `always` or `selective`.
    pub execution_condition_mode: String,
    /// Conditions as sent.
    pub condition: Value,
    /// The actions, as sent.
    pub perform: Value,
    /// Whether it is evaluated.
    pub active: bool,
    /// Note.
    pub note: Option<String>,
    /// Who made and changed it, and when.
    pub stamps: Stamps,
}

/// A link between two tickets, seen from the source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Number.
    pub id: Id,
    /// Role of the source.
    pub link_type: String,
    /// The source.
    pub source: Id,
    /// The target.
    pub target: Id,
}

/// One row of the log of outgoing calls.
#[derive(Clone, Debug, Serialize)]
pub struct HttpLog {
    /// Number.
    pub id: Id,
    /// URL called.
    pub url: String,
    /// Status, or the transport's fault.
    pub status: String,
    /// Time of the call.
    pub at: Millis,
    /// `X-Zammad-Delivery`.
    pub delivery: String,
}
