//! A Jira Cloud site that can be started in a test: the part of REST API v3 that the connector uses and what a client
//! library expects around it, product events, faults on demand and a small page for people.
//!
//! Parts: `site` holds the data and the permission rules; `api` handles requests, one file for each resource; `render`
//! makes JSON; `change` makes product events and `events` sends them; `adf` reads documents; `limits` are the published
//! rate limits; `shared` is the running site, `server` receives requests and applies faults, of which
//! `fault_answers` are those that answer; `recorder` keeps requests
//! for a comparison with Atlassian's description; `builder` starts a site; `admin`, `moves`, `reply`, `ui` and
//! `embedded` exist only in the simulator.
//!
//! Forms and statuses are those of Atlassian's description, with which tests compare every response. Nothing was tried
//! on a real site. Guessed, since neither the description nor docs/platforms/forge.md has it: the text that rejects a
//! change of an archived issue, whether archiving sends an event, the content of `property` in events about issue
//! properties, the names that the headers with the remaining points have without their prefix, the body of a 429, what
//! a read costs whose cost nobody published or measured, which issues a bulk change of properties leaves out and that no
//! event reports it, that comments and files move the time of their issue, that the visibility of a comment follows its
//! property `sd.public.comment` at any time, and that the portal shows those files only that a customer added or a public
//! comment shows.

mod adf;
mod admin;
mod api;
mod builder;
mod change;
mod embedded;
mod events;
mod fault_answers;
mod id;
mod limits;
mod moves;
mod recorder;
mod render;
mod reply;
mod server;
mod shared;
mod sim;
mod site;
mod ui;

pub(crate) use self::adf::document;
pub use self::{
    builder::JiraSimBuilder,
    id::{APP_ACCOUNT, Id},
    limits::{Limits, QuotaNames, Usage},
    recorder::Exchange,
    sim::JiraSim,
    site::{
        APP_ROLE, Attachment, Category, Comment, DefaultHolder, EmbeddedPage, FIELDS, Field, Holder, ISSUE_TYPES,
        Issue, Issues, PERMISSIONS, PRIORITIES, Permission, PermissionScheme, PortalRequest, Project, ProjectType,
        RESOLUTIONS, RemoteLink, Screens, SecurityLevel, Shown, State, Status, Transition, User, Version, Visibility,
        Workflow,
    },
};
