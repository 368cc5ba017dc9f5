//! The types of Zammad's requests and responses, with the parts that the connector uses. Unknown keys are ignored; every text
//! that people wrote is [`redaction::Sensitive`].

mod article;
mod change;
mod file;
mod lists;
mod screen;
mod ticket;

pub use article::{Article, Kept, NewArticle};
pub use change::{AttributeName, TicketChange};
pub use file::{Attachment, NewFile};
pub use lists::{Group, Me, Priority, State, User};
pub use screen::EditScreen;
pub use ticket::Ticket;
