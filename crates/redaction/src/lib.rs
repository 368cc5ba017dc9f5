//! Decides what may appear in logs and what may leave the customer's network (docs/protocol.md §4). Pure.
//!
//! - [`Sensitive`]: the type of every secret and of whatever a human wrote; nothing that prints shows it.
//! - [`table`]: the privacy table as data; [`cross`] applies it and is the only maker of [`Boundary`], which is all that
//!   the signer takes.
//! - [`EgressCheck`]: an independent second look at the final bytes that knows the source ticket instead of the table.
//! - [`scrub`] and [`logs`]: log lines that cannot carry either.

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
