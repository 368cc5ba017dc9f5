//! Object attributes, which an administrator adds to tickets. A new one waits for a migration, and the migration for a
//! restart of the server, before tickets have its column.
//!
//! * `rows`: the attributes and the columns that they become
//! * `checks`: names and options that are refused
//! * `api`: the addresses
//! * `restart`: restarts of the server, which add the columns

mod api;
mod checks;
mod restart;
mod rows;

pub(super) use self::api::{create, delete, discard, list, migrate, show, update};
