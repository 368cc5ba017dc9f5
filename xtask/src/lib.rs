//! What `cargo xtask` and its sibling `releng` share: running programs, bringing prerequisites, building the Forge half.

pub mod forge_app;
pub mod paths;
pub mod run;
pub mod setup;
pub mod wasm;
