//! Which kinds of articles become comments.

use serde::{Deserialize, Serialize};

/// The treatment of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Treatment {
    /// It becomes a comment, with its files.
    Whole,
    /// A comment says that it exists, without its text and files.
    Notice,
    /// Nothing.
    No,
}

/// The treatment of each kind of article. Notes, and articles of a kind that is not listed, are always whole; visibility and tags
/// are checked besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ArticleKinds {
    /// Mails of customers and agents.
    pub email: Treatment,
    /// Automatic replies, such as out-of-office mails, and mails of mailing lists.
    pub automatic: Treatment,
    /// Reports that a mail could not be delivered.
    pub bounce: Treatment,
    /// Articles that Zammad wrote by itself, such as a trigger's confirmation.
    pub system: Treatment,
    /// Mails that were encrypted (S/MIME, PGP), also when Zammad could decrypt them.
    pub encrypted: Treatment,
    /// Phone calls.
    pub phone: Treatment,
    /// Chats and messengers.
    pub chat: Treatment,
    /// Text messages.
    pub sms: Treatment,
}

impl Default for ArticleKinds {
    fn default() -> Self {
        Self {
            email: Treatment::Whole,
            automatic: Treatment::No,
            bounce: Treatment::No,
            system: Treatment::No,
            encrypted: Treatment::Notice,
            phone: Treatment::Whole,
            chat: Treatment::Whole,
            sms: Treatment::Whole,
        }
    }
}
