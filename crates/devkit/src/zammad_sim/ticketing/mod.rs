//! Tickets, their articles and files, links and tags.

pub(super) mod article_write;
pub(super) mod articles;
pub(super) mod attachments;
pub(super) mod channel;
pub(super) mod links;
pub(super) mod lookup;
pub(super) mod merge;
pub(super) mod permitted;
pub(super) mod scheduler;
pub(super) mod search;
pub(super) mod settle;
pub(super) mod states;
pub(super) mod tags;
pub(super) mod ticket_write;
pub(super) mod tickets;
