//! What the crate promises, from outside.

mod cases;
mod schema;
mod sketch;
