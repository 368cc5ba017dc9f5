//! JSON of the rows: plain, expanded, and as the objects inside webhooks.

mod config;
mod parts;
mod people;
mod tickets;

pub(super) use self::{
    config::{priority, ticket_state, trigger, webhook},
    parts::{stamp, time},
    people::{
        group, group_for_customer, is_customer, organization, permission, role, user, user_assets, user_in_webhook,
    },
    tickets::{article, article_type, sender_name, ticket, ticket_columns, ticket_expanded, ticket_with_ids},
};
