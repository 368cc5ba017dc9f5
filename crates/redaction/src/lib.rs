//! What may be seen, and what may leave (protocol.md §4). Pure.
mod sensitive;

pub use sensitive::{MASK, Sensitive};
