//! `devkit zammad-sim` and `devkit jira-sim`: the simulators as programs.

use std::{
    io::{self, Write},
    net::SocketAddr,
    time::Duration,
};

use clap::{Args, Parser, Subcommand};

use crate::{
    bench, dev,
    jira_sim::{JiraSim, Limits},
    story,
    zammad_sim::ZammadSim,
};

/// What is asked for on the command line.
#[derive(Debug, Parser)]
#[command(name = "devkit", about = "Simulators of Zammad and Jira Cloud. Nothing in them is real.")]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A Zammad 6.5; log in as admin@example.com with Admin-Pw1.
    ZammadSim(Options),
    /// A Jira Cloud site; log in with an address and an API token, or Bearer app:<installation> or user:<account id>.
    JiraSim {
        #[command(flatten)]
        options: Options,
        /// Sends product events here; may be given more than once.
        #[arg(long)]
        events_to: Vec<String>,
        /// Keeps all requests and answers, for GET /__sim/exchanges.
        #[arg(long)]
        record: bool,
        /// Limits the rate of requests as published.
        #[arg(long)]
        limits: bool,
        /// Starts with so many further issues, in a project LOAD.
        #[arg(long, default_value_t = 0)]
        issues: u64,
    },
    /// Simulators, Forge emulator and sidecar together, with a story to play in.
    Dev(dev::Options),
    /// Measurements of the connector beside this program.
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[derive(Args, Debug)]
struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Starts with people, tickets and issues.
    #[arg(long)]
    seed_story: bool,
}

/// A realistic wait before the first attempt of a webhook.
const FIRST_DELIVERY: Duration = Duration::from_millis(1300);

/// Starts what is asked for, prints its address in one line, and runs until interrupted.
///
/// # Errors
/// If the address cannot be bound or the story not be told.
pub async fn run(arguments: Arguments) -> io::Result<()> {
    match arguments.command {
        Command::ZammadSim(options) => {
            let builder = ZammadSim::builder().listen(options.listen).first_delivery_after(FIRST_DELIVERY);
            let sim = builder.start().await?;
            let mut line = sim.url.clone();
            if options.seed_story {
                let told = story::seed_zammad(&sim).map_err(io::Error::other)?;
                line = format!("{line} admin_token={} bot_token={}", told.admin_token, told.bot_token);
            }
            announce(&line)?;
            tokio::signal::ctrl_c().await
        }
        Command::JiraSim { options, events_to, record, limits, issues } => {
            let builder = JiraSim::builder().listen(options.listen);
            let builder = events_to.iter().fold(builder, |builder, url| builder.events_to(url));
            let builder = if record { builder.record() } else { builder };
            let builder = if limits { builder.limits(Limits::published()) } else { builder };
            let sim = builder.start().await?;
            let mut line = sim.url.clone();
            if options.seed_story {
                let (engineers, ..) = story::seed_jira(&sim).map_err(io::Error::other)?;
                if let Some(engineer) = engineers.first() {
                    line = format!("{line} email={} api_token={}", engineer.email, engineer.api_token);
                }
            }
            story::seed_load(&sim, issues).map_err(io::Error::other)?;
            announce(&line)?;
            tokio::signal::ctrl_c().await
        }
        Command::Dev(options) => dev::run(options).await,
        Command::Bench(bench) => bench::run(bench).await,
    }
}

fn announce(line: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{line}")?;
    out.flush()
}
