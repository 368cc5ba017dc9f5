//! Jira → Zammad: `admit` claims a command once → `apply` writes the note it asks for, or rings where fields are to be
//! merged; `file` writes a file that was fetched; `catch_up` takes what no event told; `html` words what is written.

mod admit;
mod apply;
mod catch_up;
mod file;
pub(crate) mod html;

pub use admit::Inbound;
pub(crate) use catch_up::CAUGHT_UP;
