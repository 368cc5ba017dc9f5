//! `cargo xtask schema`: the wire's JSON Schema and golden JSON, written by the tests that otherwise compare them, so that one
//! piece of code generates both.

use anyhow::Result;

use xtask::run::{cargo, step};

pub(crate) fn run() -> Result<()> {
    step(
        "golden files",
        // Of the whole workspace, so that it is compiled with the same features as by the other steps.
        cargo().env("UPDATE_GOLDEN", "1").args([
            "nextest",
            "run",
            "--workspace",
            "--locked",
            "--filterset",
            "package(schema) + package(releng)",
        ]),
    )
}
