//! `connector backfill`: compares every link and reports the result for each. The running sidecar does the work.

use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use tokio::time::MissedTickBehavior;

use super::plain;
use crate::app;
use crate::config::Config;
use crate::env::Env;
use crate::reconcile::{Backfill, Item, Outcome, Progress};

/// Pause between two checks for results.
const CHECK: Duration = Duration::from_millis(250);
/// After this time an item is reported as waiting; it continues anyway.
const PATIENCE_MS: i64 = 60_000;
/// Most items in progress.
const WINDOW: usize = 50;
/// The remaining time is printed after this many items.
const ETA: u64 = 25;

/// The options of the verb.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Also send articles from before each link.
    pub history: bool,
    /// Most links per minute.
    pub per_minute: u32,
    /// Begin at the first link even if another pass is not finished.
    pub restart: bool,
}

/// Compares every link and writes a line for each to `out`. SIGINT pauses it.
///
/// # Errors
/// The store or `out` cannot be used; the next call continues after the last requested link.
pub async fn run(config: &Config, options: Options, out: &mut (dyn Write + Send)) -> Result<()> {
    let store = app::open_store(&config.data_dir).await?;
    let env = Env::system();
    let backfill = Backfill::begin(store, env.clone(), config.privacy, options.history, options.restart).await?;
    let stop = async {
        // Without a handler the default action ends the process, which loses nothing either.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    drive(backfill, &env, options.per_minute, out, stop).await
}

/// [`run`] with its dependencies as arguments.
///
/// # Errors
/// As [`run`].
pub async fn drive(
    mut backfill: Backfill,
    env: &Env,
    per_minute: u32,
    out: &mut (dyn Write + Send),
    stop: impl Future<Output = ()>,
) -> Result<()> {
    let begun = backfill.progress().await?;
    writeln!(out, "{} of {} links processed", begun.done, begun.total)?;
    let start = env.now();
    let mut turn = tokio::time::interval(Duration::from_secs(60) / per_minute.max(1));
    let mut check = tokio::time::interval(CHECK);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    check.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut open: VecDeque<Item> = VecDeque::new();
    let mut finished = false;
    tokio::pin!(stop);
    while !(finished && open.is_empty()) {
        tokio::select! {
            () = &mut stop => {
                for item in &open {
                    report(out, item, "waiting")?;
                }
                let Progress { done, total } = backfill.progress().await?;
                writeln!(out, "paused after {done} of {total} links; run the same command to continue")?;
                return Ok(());
            }
            _ = turn.tick(), if !finished && open.len() < WINDOW => {
                let Some(item) = backfill.next().await? else {
                    finished = true;
                    continue;
                };
                open.push_back(item);
                let progress = backfill.progress().await?;
                if progress.done % ETA == 0 {
                    writeln!(out, "{}", eta(begun, progress, env.now().since(start)))?;
                }
            }
            _ = check.tick() => {
                for _ in 0..open.len() {
                    let Some(item) = open.pop_front() else { break };
                    match backfill.outcome(&item).await? {
                        Some(outcome) => report(out, &item, &text(&outcome))?,
                        None if env.now().since(item.since) >= PATIENCE_MS => report(out, &item, "waiting")?,
                        None => open.push_back(item),
                    }
                }
            }
        }
    }
    writeln!(out, "all {} links processed", backfill.progress().await?.total)?;
    Ok(())
}

fn report(out: &mut (dyn Write + Send), item: &Item, outcome: &str) -> std::io::Result<()> {
    writeln!(out, "{} {}: {outcome}", plain(&item.link.ticket_number), plain(&item.link.issue_key))
}

fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Settled => "settled".to_owned(),
        Outcome::Paused => "out of scope".to_owned(),
        Outcome::Trouble(fields) => {
            let fields: Vec<_> = fields.iter().map(|(field, code)| plain(&format!("{field} {code}"))).collect();
            format!("trouble: {}", fields.join(", "))
        }
        Outcome::Refused(code) => format!("rejected by the Forge app: {}", plain(code)),
        Outcome::Unread(code) => format!("ticket cannot be read from Zammad: {}", plain(code)),
    }
}

fn eta(begun: Progress, now: Progress, took_ms: i64) -> String {
    let (here, left) = (now.done.saturating_sub(begun.done).max(1), now.total.saturating_sub(now.done));
    let minutes = u64::try_from(took_ms).unwrap_or(0).saturating_mul(left) / here / 60_000;
    let (hours, minutes) = (minutes / 60, minutes % 60);
    let rest = match (hours, minutes) {
        (0, 0) => "less than a minute".to_owned(),
        (0, minutes) => format!("about {minutes} min"),
        (hours, minutes) => format!("about {hours} h {minutes} min"),
    };
    format!("{} of {} links, {rest} left", now.done, now.total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remaining_time_is_extrapolated() {
        let at = |done| Progress { done, total: 1_000 };
        assert_eq!(eta(at(0), at(25), 25_000), "25 of 1000 links, about 16 min left");
        assert_eq!(eta(at(100), at(125), 600_000), "125 of 1000 links, about 5 h 50 min left");
        assert_eq!(eta(at(0), at(1_000), 25_000), "1000 of 1000 links, less than a minute left");
        assert_eq!(eta(at(25), at(25), -5), "25 of 1000 links, less than a minute left");
    }

    #[test]
    fn results_are_one_line_without_control_characters() {
        let fields = vec![("title".to_owned(), "refused".to_owned()), ("x\u{1b}[2J".to_owned(), "a\nb".to_owned())];
        assert_eq!(text(&Outcome::Trouble(fields)), "trouble: title refused, x?[2J a?b");
        assert_eq!(text(&Outcome::Refused("unknown-issue".to_owned())), "rejected by the Forge app: unknown-issue");
    }
}
