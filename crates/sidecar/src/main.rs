//! `connector`: arguments and exit codes. 0 success, 64 wrong arguments, 69 something required is unavailable, 78 wrong
//! configuration (sysexits.h).
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a command-line program talks to its terminal")]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sidecar::config::{self, Config, Sources};

use sidecar::env::Env;
use sidecar::{app, cli, cores, telemetry};

const EX_USAGE: u8 = 64;
const EX_UNAVAILABLE: u8 = 69;
const EX_CONFIG: u8 = 78;

/// The ChefStackZ Connector for Zammad: the sidecar that runs inside your network.
#[derive(Parser)]
#[command(name = "connector", version, disable_help_subcommand = true)]
struct Arguments {
    /// TOML file with settings that are not secrets. The environment overrides it.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Run the sidecar until SIGTERM or SIGINT.
    Serve,
    /// Link a ticket (by its number) to an issue (key, id or URL). The running sidecar sends the request.
    Link {
        /// The ticket: the number that agents see, or its address.
        ticket: String,
        /// The issue: key, id or URL.
        issue: String,
    },
    /// Compare every link on both sides and print the result for each. The running sidecar does the work. Ctrl-C pauses; the
    /// same command continues.
    Backfill {
        /// Also send articles from before each link, including old internal notes, to Jira.
        #[arg(long)]
        history: bool,
        /// Most links per minute.
        #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=600))]
        per_minute: u32,
        /// Start with the first link, even if an earlier run was paused.
        #[arg(long)]
        restart: bool,
    },
    /// End the link of a ticket (by its number) to an issue (key or id).
    Unlink {
        /// The ticket: the number that agents see, or its address.
        ticket: String,
        /// The issue: key or id.
        issue: String,
    },
    /// Bring back a link that has ended, with everything that was written meanwhile; or register all links with a Forge app that
    /// was installed anew.
    Relink {
        /// The ticket: the number that agents see, or its address.
        #[arg(required_unless_present = "all")]
        ticket: Option<String>,
        /// The issue: key or id.
        #[arg(required_unless_present = "all")]
        issue: Option<String>,
        /// Register every link that has not ended.
        #[arg(long, conflicts_with = "ticket")]
        all: bool,
    },
    /// Try again what was given up or waits: undelivered messages and unprocessed tickets. The running sidecar does the work.
    Retry {
        /// One undelivered message or failed change from Jira (`command:<id>`), by its id as `connector troubles` shows it;
        /// without it, all messages and tickets.
        id: Option<String>,
        /// Give the failed change from Jira up instead.
        #[arg(long, requires = "id")]
        skip: bool,
    },
    /// List fields that are out of sync, undelivered messages, and tickets that wait or were given up, with the reasons.
    Troubles {
        /// Most lines of each kind.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
    },
    /// List the values written for a ticket (by its number), newest first.
    History {
        /// The ticket: the number that agents see, or its address.
        ticket: String,
        /// Most lines.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
        /// Show both values of each conflict. They are content of ticket and issue.
        #[arg(long)]
        show_values: bool,
    },
    /// List users without a mapped account on the other side, with suggestions. A suggestion is used only after an admin has
    /// added it to the map.
    People {
        /// Most lines.
        #[arg(long, value_name = "N", default_value_t = 200)]
        limit: usize,
    },
    /// Dry run of the admin's rules, enabled or not, on the tickets with a webhook in the last 48 hours.
    Rules {
        /// Most tickets.
        #[arg(long, value_name = "N", default_value_t = 1000)]
        limit: usize,
        #[command(subcommand)]
        verb: Option<RulesVerb>,
    },
    /// Check whether the running sidecar is ready; exit 0 if so.
    Healthcheck,
    /// Print the endpoint and the secret token to enter in Zammad (Manage > Webhook).
    WebhookToken,
}

#[derive(Subcommand)]
enum RulesVerb {
    /// Let a rule go on that was paused because it made too many issues in an hour.
    Resume {
        /// The rule's id.
        rule: String,
    },
    /// List what a rule made in the last hours; with --yes close these issues and end their links.
    Undo {
        /// The rule's id.
        rule: String,
        /// How far back.
        #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(1..=720))]
        hours: u32,
        /// Do it.
        #[arg(long)]
        yes: bool,
    },
}

fn main() -> ExitCode {
    if let Err(error) = cores::forbid() {
        eprintln!("connector: cannot switch off core files, which would hold secrets: {error}");
        return ExitCode::from(EX_UNAVAILABLE);
    }
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
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("connector: cannot start the async runtime: {error}");
            return ExitCode::from(EX_UNAVAILABLE);
        }
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
        Verb::Unlink { ticket, issue } => {
            println!("{}", cli::unlink::unlink(&config, &ticket, &issue).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Relink { ticket, issue, .. } => {
            let done = match (ticket, issue) {
                (Some(ticket), Some(issue)) => cli::unlink::relink(&config, &ticket, &issue).await?,
                _ => cli::unlink::relink_all(&config).await?,
            };
            println!("{done}");
            Ok(ExitCode::SUCCESS)
        }
        Verb::Retry { id: Some(id), skip: true } => {
            println!("{}", cli::retry::skip(&config, &id).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Retry { id, .. } => {
            println!("{}", cli::retry::run(&config, id.as_deref()).await?);
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
        Verb::Rules { limit, verb: None } => {
            print!("{}", cli::rules::run(&config, limit).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Rules { verb: Some(RulesVerb::Resume { rule }), .. } => {
            println!("{}", cli::rule_batch::resume(&config, &rule).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::Rules { verb: Some(RulesVerb::Undo { rule, hours, yes }), .. } => {
            print!("{}", cli::rule_batch::undo(&config, &rule, hours, yes).await?);
            Ok(ExitCode::SUCCESS)
        }
        Verb::WebhookToken => {
            print!("{}", cli::webhook_token::run(&config));
            Ok(ExitCode::SUCCESS)
        }
        Verb::Healthcheck => {
            cli::healthcheck::run(&config).await?;
            println!("ready");
            Ok(ExitCode::SUCCESS)
        }
    }
}
