//! The guarantees of the crate, tested through its public functions.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod cases;
mod corpus;
mod generated;
mod hostile;
mod kinds;
mod languages;
mod mails;
mod notes;
mod own_words;
mod round;
mod schema;
mod sketch;
mod splitting;
