//! A Zammad that can be started in a test: the recorded behaviour of 6.5 (and where it matters to us, of 6.1) over
//! real HTTP, with webhooks, faults on demand and a small page for people.
//!
//! Map: `routes` is every address; `access` is who may, `ticketing` what people do, `automation` what follows by itself,
//! up to the webhook; `attributes`, `oauth` and `gitlab` are worlds of their own. `entities` and `state` are the database,
//! `stock` is what a fresh one holds; `render` is how rows look, `error` how refusals look, `html` what becomes of a body.
//! `builder` starts it all; `admin` and `ui` are ours alone.

mod access;
mod admin;
mod attributes;
mod automation;
mod builder;
mod call;
mod cookie;
mod delivery;
mod error;
mod gitlab;
mod html;
mod meta;
mod model;
mod moment;
mod oauth;
mod render;
mod routes;
mod server;
mod settings;
mod shared;
mod sim;
mod stock;
mod ticketing;
mod ui;
mod values;

pub use self::{
    automation::job::RETRY_GAPS,
    builder::ZammadSimBuilder,
    model::{
        attribute::Column,
        entities::{
            Article, Attachment, Group, HttpLog, Id, Link, Organization, Priority, Role, Stamps, Ticket, TicketState,
            Token, Trigger, User, Webhook,
        },
        numbers::{ADMIN, SYSTEM},
        state::State,
        version::Version,
    },
    sim::ZammadSim,
};
