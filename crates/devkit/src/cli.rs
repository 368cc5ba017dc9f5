//! The command line of `devkit`: the simulators, the development environment and the benchmarks.

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

/// The command line.
#[derive(Debug, Parser)]
#[command(
    name = "devkit",
    about = "Simulators of Zammad and Jira Cloud, and a development environment built from them. For tests only."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a simulated Zammad; the administrator is admin@example.com with the password Admin-Pw1.
    ZammadSim {
        #[command(flatten)]
        options: Options,
        /// Version of Zammad to simulate.
        #[arg(long, value_enum, default_value = "6.5")]
        zammad: Version,
        /// Seed of tokens, delivery ids and error ids.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Delay between a write and its webhook, in milliseconds.
        #[arg(long, default_value_t = 1300)]
        first_delivery: u64,
        /// Factor for the waits between the attempts of a webhook (12, 20, 32 and 40 s).
        #[arg(long, default_value_t = 1.0)]
        retry_scale: f64,
        /// Duration of a restart, in milliseconds.
        #[arg(long, default_value_t = 9000)]
        restart: u64,
    },
    /// Run a simulated Jira Cloud site.
    ///
    /// Credentials: Basic with an e-mail address and an API token, `Bearer app:<installation id>` for the app, or
    /// `Bearer user:<account id>`.
    JiraSim {
        #[command(flatten)]
        options: Options,
        /// URL that product events are sent to; can be given more than once.
        #[arg(long)]
        events_to: Vec<String>,
        /// Record all requests and responses, for GET /__sim/exchanges.
        #[arg(long)]
        record: bool,
        /// Apply Atlassian's published rate limits.
        #[arg(long)]
        limits: bool,
        /// Number of further issues to create, in a project LOAD.
        #[arg(long, default_value_t = 0)]
        issues: u64,
    },
    /// Run simulators, Forge emulator and sidecar together with sample data, until Ctrl-C.
    Dev(dev::Options),
    /// Measure the connector that lies beside this program.
    #[command(subcommand)]
    Bench(bench::Bench),
}

#[derive(Args, Debug)]
struct Options {
    /// Address to listen on; port 0 picks a free port.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Create people, tickets or issues at the start.
    #[arg(long)]
    sample_data: bool,
}

/// Runs a command. A simulator prints its address and credentials in one line and runs until it is interrupted.
///
/// # Errors
/// The address cannot be bound, the sample data cannot be created, or the command itself fails.
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
                let made = sample::seed_zammad(&sim).map_err(io::Error::other)?;
                line = format!("{line} admin_token={} bot_token={}", made.admin_token, made.bot_token);
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
