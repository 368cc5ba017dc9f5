//! `cargo xtask schema`: the wire's JSON Schema and golden JSON, written by the tests that otherwise compare them, so that one
//! piece of code generates both.

use anyhow::Result;

use xtask::run::{cargo, step};

pub(crate) fn run() -> Result<()> {
    step(
        "golden files",
        cargo().env("UPDATE_GOLDEN", "1").args(["test", "--quiet", "--package", "schema", "--package", "releng"]),
    )
}
