//! What the crate promises, from outside.

mod cases;
mod corpus;
mod generated;
mod hostile;
mod notes;
mod round;
mod schema;
mod sketch;
mod splitting;
