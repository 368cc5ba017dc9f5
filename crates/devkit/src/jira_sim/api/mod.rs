//! The REST API: `routes` maps addresses to the files, one for each resource.

mod archive;
mod attachments;
mod bulk;
mod call;
mod changes;
mod comments;
mod error;
mod fields;
mod issues;
mod lists;
mod lookup;
mod meta;
mod people;
mod permissions;
mod projects;
mod properties;
mod remote_links;
mod routes;
mod search;
mod tasks;
mod transitions;
mod versions;

pub(super) use self::{
    attachments::media,
    error::{failure, unauthenticated},
    routes::{Answered, answer, writes},
};
