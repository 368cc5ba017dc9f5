//! The wire's JSON Schema and golden JSON, written by the test that otherwise compares them: one piece of code knows how.

use anyhow::Result;

use xtask::run::{cargo, step};

pub(crate) fn run() -> Result<()> {
    step(
        "golden files",
        cargo().env("UPDATE_GOLDEN", "1").args(["test", "--quiet", "--package", "schema", "--package", "releng"]),
    )
}
