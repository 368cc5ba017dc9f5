//! The types of Zammad's requests and answers, reduced to what the product needs. Unknown keys are ignored; every human text is
//! [`redaction::Sensitive`].

mod article;
mod change;
mod file;
mod lists;
mod screen;
mod ticket;

pub use article::{Article, NewArticle};
pub use change::{AttributeName, TicketChange};
pub use file::{Attachment, NewFile};
pub use lists::{Group, Me, Priority, State, User};
pub use screen::EditScreen;
pub use ticket::Ticket;
