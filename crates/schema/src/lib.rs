//! What the two halves say to each other (protocol.md §2–3): types, limits, validators. Pure.
mod time;

pub use time::UnixMs;
