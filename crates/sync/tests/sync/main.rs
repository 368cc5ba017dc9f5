//! Properties of a merge, and of a link over many merges.
#![expect(clippy::unwrap_used, reason = "tests")]

mod cases;
mod laws;
mod model;
mod states;
mod support;
