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
    sample,
    zammad_sim::{Version, ZammadSim},
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
    /// A Zammad; log in as admin@example.com with Admin-Pw1.
    ZammadSim {
        #[command(flatten)]
        options: Options,
        /// Which Zammad: 6.1 follows a webhook's redirect with GET.
        #[arg(long, value_enum, default_value = "6.5")]
        zammad: Version,
        /// What makes ids, tokens and delivery ids.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Milliseconds between a write and its webhook.
        #[arg(long, default_value_t = 1300)]
        first_delivery: u64,
        /// Scales the waits between a webhook's attempts.
        #[arg(long, default_value_t = 1.0)]
        retry_scale: f64,
        /// Milliseconds that a restart takes.
        #[arg(long, default_value_t = 9000)]
        restart: u64,
    },
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
    /// Simulators, Forge emulator and sidecar together, with a sample to play in.
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
    sample_data: bool,
}

/// Starts what is asked for, prints its address in one line, and runs until interrupted.
///
/// # Errors
/// If the address cannot be bound or the sample not be told.
pub async fn run(arguments: Arguments) -> io::Result<()> {
    match arguments.command {
        Command::ZammadSim { options, zammad, seed, first_delivery, retry_scale, restart } => {
            let sim = ZammadSim::builder()
                .listen(options.listen)
                .version(zammad)
                .seed(seed)
                .first_delivery_after(Duration::from_millis(first_delivery))
                .retry_scale(retry_scale)
                .restart_takes(Duration::from_millis(restart))
                .start()
                .await?;
            let mut line = sim.url.clone();
            if options.sample_data {
                let told = sample::seed_zammad(&sim).map_err(io::Error::other)?;
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
            if options.sample_data {
                let (engineers, ..) = sample::seed_jira(&sim).map_err(io::Error::other)?;
                if let Some(engineer) = engineers.first() {
                    line = format!("{line} email={} api_token={}", engineer.email, engineer.api_token);
                }
            }
            sample::seed_many_issues(&sim, issues).map_err(io::Error::other)?;
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
