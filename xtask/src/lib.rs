//! What `cargo xtask` and its sibling `releng` share: running programs, bringing prerequisites, building the Forge half.
#![expect(clippy::print_stdout, reason = "a command-line tool talks to its terminal")]

pub mod forge_app;
pub mod paths;
pub mod run;
pub mod setup;
pub mod wasm;
