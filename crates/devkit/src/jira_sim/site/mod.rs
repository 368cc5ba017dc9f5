//! The data of the simulated site, behind one lock, and the permission rules. `render.rs` alone decides how it looks on
//! the wire.

mod access;
mod change;
mod embedded_page;
mod issue;
mod issues;
mod lists;
mod people;
mod permissions;
mod portal;
mod project;
mod state;
mod workflow;

pub(in crate::jira_sim) use self::state::Task;
pub use self::{
    embedded_page::EmbeddedPage,
    issue::{Attachment, Comment, Issue, RemoteLink, Shown, Visibility},
    issues::Issues,
    lists::{FIELDS, Field, ISSUE_TYPES, PRIORITIES, RESOLUTIONS, field_name},
    people::{APP_ROLE, Holder, User},
    permissions::{DefaultHolder, PERMISSIONS, Permission, PermissionScheme},
    portal::PortalRequest,
    project::{Project, ProjectType, Screens, SecurityLevel, Version},
    state::State,
    workflow::{Category, Status, Transition, Workflow},
};
