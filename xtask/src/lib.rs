//! Shared by `cargo xtask`, `releng` and `wasm-build`: running programs, secrets, installing prerequisites, building the
//! Forge app. It links little, because every verb waits for it to compile.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool prints to its terminal")]

pub mod command;
pub mod environment;
pub mod forge_app;
pub mod paths;
pub mod report;
pub mod run;
pub mod secret;
pub mod setup;
pub mod verbs;
pub mod wasm;
