//! The release verbs live in a package of their own (`xtask/releng`): they need an object store, signatures and archives,
//! which nobody should compile to run the tests.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};
use xtask::run::cargo;

/// Whatever stands behind the verb; `--help` tells.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    rest: Vec<OsString>,
}

pub(crate) fn run(verb: &str, arguments: &Arguments) -> Result<()> {
    let mut releng = cargo();
    releng.args(["run", "--quiet", "--locked", "--package", "releng", "--", verb]).args(&arguments.rest);
    // Takes our place: its exit code is ours.
    Err(releng.exec()).context("cannot start cargo")
}
