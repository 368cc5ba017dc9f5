//! Decides what may appear in logs and what may leave the customer's network (docs/protocol.md §4). No I/O.
//!
//! - [`Sensitive`]: the type of every secret and of every text that a person wrote; it is never printed.
//! - [`table`]: the privacy table as data; [`cross`] applies it and is the only way to make a [`Boundary`], the only type
//!   that is signed.
//! - [`EgressCheck`]: an independent second check of the final bytes, which knows the source ticket instead of the table.
//! - [`scrub`] and [`logs`]: log lines without secrets and content.

mod boundary;
mod egress;
#[cfg(not(target_family = "wasm"))]
pub mod logs;
mod scrub;
mod sensitive;
pub mod table;

pub use boundary::{Boundary, BoundaryError, cross};
pub use egress::{EgressCheck, Leak, Needle};
pub use scrub::scrub;
pub use sensitive::{MASK, Sensitive};
pub use table::Privacy;
