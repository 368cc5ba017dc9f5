//! A Jira Cloud site that can be started in a test: the part of REST API v3 that the connector uses and what a client
//! library expects around it, product events, faults on demand and a small page for humans.
//!
//! Map: `site` is what it knows and who may do what; `api` is every address, one file a resource; `render` is how things
//! look, `events` makes and sends product events, `adf` knows documents; `limits` are the published rate limits;
//! `server` takes requests in, with faults; `recorder` keeps them for a comparison with Atlassian's description;
//! `builder` starts it all, `admin`, `moves` and `ui` are ours alone.
//!
//! Shapes and statuses are those of Atlassian's description, which tests hold every answer against. Nothing was tried on
//! a real site. What neither the description nor docs/platforms/forge.md tells and is guessed here: the words of a refusal
//! about an archived issue, whether archiving is told by an event, what `property` in events about issue properties
//! holds, the names of the headers that tell the rest of the points, and the body of a 429.

mod adf;
mod admin;
mod api;
mod builder;
mod change;
mod events;
mod id;
mod limits;
mod moves;
mod recorder;
mod render;
mod server;
mod shared;
mod sim;
mod site;
mod ui;

pub(crate) use self::adf::document;
pub use self::{
    builder::JiraSimBuilder,
    id::{APP_ACCOUNT, Id},
    limits::{Limits, Spent},
    recorder::Exchange,
    sim::JiraSim,
    site::{
        APP_ROLE, Attachment, Category, Comment, FIELDS, Field, Holder, ISSUE_TYPES, Issue, PERMISSIONS, PRIORITIES,
        Permission, PermissionScheme, Project, RESOLUTIONS, RemoteLink, Screens, SecurityLevel, State, Status,
        Transition, User, Usually, Visibility, Workflow,
    },
};
