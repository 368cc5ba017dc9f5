//! Jira → Zammad. A command's way: `admit` (seen before?) → `apply` (write, with a mark) → recorded with its
//! acknowledgement, which the next exchange carries.

mod admit;
mod apply;
mod html;

pub use admit::Inbound;
