//! The release verbs are a separate package (`xtask/releng`): they link an object store, signatures and archives, which
//! the other verbs should not wait for.

use std::ffi::OsString;

use anyhow::Result;
use xtask::command::Command;
use xtask::run::build_program;

/// Whatever follows the verb. The program behind it parses it; `--help` lists its options.
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Options of the verb; `--help` lists them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    pub(crate) rest: Vec<OsString>,
}

/// Replaces this process by releng. It gets the secrets of our environment; the compiler that builds it does not.
pub(crate) fn run(verb: &str, arguments: &Arguments) -> Result<()> {
    let releng = build_program("releng", "2 to 4 min")?;
    Err(Command::new(releng).arg(verb).args(&arguments.rest).inherit_secrets().exec())
}
