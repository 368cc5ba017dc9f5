//! A Zammad that can be started in a test: the recorded behaviour of 6.5 (and where the connector depends on it, of
//! 6.1) over real HTTP, with webhooks, faults on demand and a small page for people. What is guessed stands at the top
//! of the file that does it; what is known of 7.2, which was never recorded, at [`Version`].
//!
//! Parts, from the bottom up: `model` is the database; `values`, `error` and `html` know parameters, error responses
//! and article bodies; `call` is a request and `cookie` its session; `render` makes JSON; `access`, `ticketing`,
//! `automation`, `attributes`, `oauth`, `gitlab`, `settings` and `meta` handle requests; `routes` maps addresses to
//! them. `shared` is the running server, `delivery` sends its webhooks, `server` receives requests and applies faults,
//! of which `fault_answers` are those that answer.
//! `stock` is the content of a fresh database and `builder` starts a server; `admin` and `ui` exist only in the
//! simulator.

mod access;
mod admin;
mod attributes;
mod automation;
mod builder;
mod call;
mod cookie;
mod delivery;
mod error;
mod fault_answers;
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
        incoming::{Channel, Incoming},
        numbers::{ADMIN, SYSTEM},
        state::State,
        version::Version,
    },
    sim::ZammadSim,
};
