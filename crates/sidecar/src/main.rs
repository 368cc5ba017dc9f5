//! `connector`: arguments and exit codes. 0 done, 64 wrong arguments, 69 something needed is not there, 78 wrong
//! configuration (sysexits.h).
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command-line program talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sidecar::clock::World;
use sidecar::config::{self, Config, Sources};
use sidecar::{app, cli, telemetry};

const EX_USAGE: u8 = 64;
const EX_UNAVAILABLE: u8 = 69;
const EX_CONFIG: u8 = 78;

/// The ChefStackZ Connector for Zammad: the half inside your network.
#[derive(Parser)]
#[command(name = "connector", version, disable_help_subcommand = true)]
struct Arguments {
    /// TOML file with settings that are no secrets; the environment wins over it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run.
    Serve,
    /// Link a ticket (by its number) to an issue (key, id or URL); sent by the running sidecar.
    Link {
        /// The ticket's number as agents see it.
        ticket: String,
        /// The issue.
        issue: String,
    },
    /// Ask the running sidecar whether it is ready; exit 0 if so.
    Healthcheck,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { EX_USAGE } else { 0 });
        }
    };
    let config = match config::load(&Sources::of_process(arguments.config)) {
        Ok(config) => config,
        Err(faults) => {
            eprint!("connector: {faults}");
            return ExitCode::from(EX_CONFIG);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let Ok(runtime) = runtime else {
        eprintln!("connector: the system gives no threads");
        return ExitCode::from(EX_UNAVAILABLE);
    };
    match runtime.block_on(run(arguments.verb, config)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("connector: {error:#}");
            ExitCode::from(EX_UNAVAILABLE)
        }
    }
}

async fn run(verb: Verb, config: Config) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Serve => {
            telemetry::logs::start(config.log_level, World::system());
            Ok(if app::serve(config).await? { ExitCode::SUCCESS } else { ExitCode::from(EX_UNAVAILABLE) })
        }
        Verb::Link { ticket, issue } => {
            println!("{}", cli::link::run(&config, &ticket, &issue).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Healthcheck => {
            cli::healthcheck::run(&config).await?;
            println!("ready");
            Ok(ExitCode::SUCCESS)
        }
    }
}
