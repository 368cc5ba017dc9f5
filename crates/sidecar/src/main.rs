//! `connector`: arguments and exit codes. 0 done, 64 wrong arguments, 69 something needed is not there, 78 wrong
//! configuration (sysexits.h).
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command-line program talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sidecar::config::{self, Config, Sources};
use sidecar::env::Env;
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
    /// Look at every link anew and say of each how it ended; the running sidecar does the work. An interrupt pauses it, and
    /// the same command goes on from there.
    Backfill {
        /// Also send articles from before each link. Jira then shows them, old internal notes too.
        #[arg(long)]
        history: bool,
        /// Links a minute, at most.
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
        per_minute: u32,
        /// Begin at the first link, also if another pass is not through.
        #[arg(long)]
        restart: bool,
    },
    /// List what is not in sync and why, and what was given up.
    Troubles {
        /// Lines of each kind, at most.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
    },
    /// List what was written for a ticket (by its number), newest first.
    History {
        /// The ticket's number as agents see it.
        ticket: String,
        /// Lines, at most.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
        /// Show both values of a conflict: content of ticket and issue.
        #[arg(long)]
        show_values: bool,
    },
    /// List people who have no counterpart, with accounts that may be theirs. Nothing is used until an admin confirms it.
    People {
        /// Lines, at most.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
    },
    /// Dry run of the admin's rules, switched on or not, against the tickets that changed in the last 48 hours.
    Rules {
        /// Tickets, at most.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
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
            telemetry::logs::start(config.log_level, Env::system());
            Ok(if app::serve(config).await? { ExitCode::SUCCESS } else { ExitCode::from(EX_UNAVAILABLE) })
        }
        Verb::Link { ticket, issue } => {
            println!("{}", cli::link::run(&config, &ticket, &issue).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Backfill { history, per_minute, restart } => {
            let options = cli::backfill::Options { history, per_minute, restart };
            cli::backfill::run(&config, options, &mut std::io::stdout()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Verb::Troubles { limit } => {
            print!("{}", cli::troubles::run(&config, limit).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::History { ticket, limit, show_values } => {
            print!("{}", cli::history::run(&config, &ticket, limit, show_values).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::People { limit } => {
            print!("{}", cli::people::run(&config, limit).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Rules { limit } => {
            print!("{}", cli::rules::run(&config, limit).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Healthcheck => {
            cli::healthcheck::run(&config).await?;
            println!("ready");
            Ok(ExitCode::SUCCESS)
        }
    }
}
