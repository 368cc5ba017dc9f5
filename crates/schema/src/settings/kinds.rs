//! Which kinds of articles become comments.

use serde::{Deserialize, Serialize};

/// The treatment of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Carry {
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
    pub email: Carry,
    /// Automatic replies, such as out-of-office mails, and mails of mailing lists.
    pub automatic: Carry,
    /// Reports that a mail could not be delivered.
    pub bounce: Carry,
    /// Articles that Zammad wrote by itself, such as a trigger's confirmation.
    pub system: Carry,
    /// Mails that were encrypted (S/MIME, PGP), also when Zammad could decrypt them.
    pub encrypted: Carry,
    /// Phone calls.
    pub phone: Carry,
    /// Chats and messengers.
    pub chat: Carry,
    /// Text messages.
    pub sms: Carry,
}

impl Default for ArticleKinds {
    fn default() -> Self {
        Self {
            email: Carry::Whole,
            automatic: Carry::No,
            bounce: Carry::No,
            system: Carry::No,
            encrypted: Carry::Notice,
            phone: Carry::Whole,
            chat: Carry::Whole,
            sms: Carry::Whole,
        }
    }
}
