//! The program `devkit`; see [`devkit::cli`].

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use devkit::cli::{Arguments, run};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to do if this fails too.
            let _ = writeln!(io::stderr(), "devkit: {error}");
            ExitCode::FAILURE
        }
    }
}
