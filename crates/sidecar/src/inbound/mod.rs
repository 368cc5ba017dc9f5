//! Jira → Zammad: `admit` claims a command once → `apply` writes the note it asks for, or rings where fields are to be
//! merged; `file` writes a file that was fetched; `html` words what is written.

mod admit;
mod apply;
mod file;
pub(crate) mod html;

pub use admit::Inbound;
