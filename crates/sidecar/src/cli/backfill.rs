//! `connector backfill`: looks at every link anew, and says of each how it ended. The running sidecar does the work.

use std::collections::VecDeque;
use std::io::Write;
use std::time::Duration;

use anyhow::Result;
use tokio::time::MissedTickBehavior;

use super::plain;
use crate::app;
use crate::env::Env;
use crate::config::Config;
use crate::reconcile::{Backfill, Item, Outcome, Progress};

/// How often the outcomes are looked for.
const LOOK: Duration = Duration::from_millis(250);
/// An item that has not ended by then is told as waiting; it ends all the same.
const PATIENCE_MS: i64 = 60_000;
/// Items that may be under way at once.
const WINDOW: usize = 50;
/// After so many items it is told how long the rest will take.
const ETA: u64 = 25;

/// What was asked for.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Also send articles from before each link.
    pub history: bool,
    /// Links a minute, at most.
    pub per_minute: u32,
    /// Begin at the first link, also if another pass is not through.
    pub restart: bool,
}

/// Looks at every link, and writes a line for each to `out`. An interrupt pauses it.
///
/// # Errors
/// The store cannot be used, or `out` not written to; the next call goes on from the last link that was asked for.
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

/// [`run`] with its parts as arguments.
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
    writeln!(out, "{} of {} links are through", begun.done, begun.total)?;
    let start = env.now();
    let mut turn = tokio::time::interval(Duration::from_secs(60) / per_minute.max(1));
    let mut look = tokio::time::interval(LOOK);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut open: VecDeque<Item> = VecDeque::new();
    let mut through = false;
    tokio::pin!(stop);
    while !(through && open.is_empty()) {
        tokio::select! {
            () = &mut stop => {
                for item in &open {
                    tell(out, item, "waiting")?;
                }
                let Progress { done, total } = backfill.progress().await?;
                writeln!(out, "paused after {done} of {total} links; the same command goes on from there")?;
                return Ok(());
            }
            _ = turn.tick(), if !through && open.len() < WINDOW => {
                let Some(item) = backfill.next().await? else {
                    through = true;
                    continue;
                };
                open.push_back(item);
                let progress = backfill.progress().await?;
                if progress.done % ETA == 0 {
                    writeln!(out, "{}", eta(begun, progress, env.now().since(start)))?;
                }
            }
            _ = look.tick() => {
                for _ in 0..open.len() {
                    let Some(item) = open.pop_front() else { break };
                    match backfill.outcome(&item).await? {
                        Some(outcome) => tell(out, &item, &words(&outcome))?,
                        None if env.now().since(item.since) >= PATIENCE_MS => tell(out, &item, "waiting")?,
                        None => open.push_back(item),
                    }
                }
            }
        }
    }
    writeln!(out, "all {} links are through", backfill.progress().await?.total)?;
    Ok(())
}

fn tell(out: &mut (dyn Write + Send), item: &Item, outcome: &str) -> std::io::Result<()> {
    writeln!(out, "{} {}: {outcome}", plain(&item.link.ticket_number), plain(&item.link.issue_key))
}

fn words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Settled => "settled".to_owned(),
        Outcome::Paused => "out of scope".to_owned(),
        Outcome::Trouble(fields) => {
            let fields: Vec<_> = fields.iter().map(|(field, code)| plain(&format!("{field} {code}"))).collect();
            format!("trouble: {}", fields.join(", "))
        }
        Outcome::Refused(code) => format!("Jira's half does not answer: {}", plain(code)),
        Outcome::Unread(code) => format!("Zammad's ticket cannot be read: {}", plain(code)),
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
    fn the_rest_takes_as_long_as_what_was_done() {
        let at = |done| Progress { done, total: 1_000 };
        assert_eq!(eta(at(0), at(25), 25_000), "25 of 1000 links, about 16 min left");
        assert_eq!(eta(at(100), at(125), 600_000), "125 of 1000 links, about 5 h 50 min left");
        assert_eq!(eta(at(0), at(1_000), 25_000), "1000 of 1000 links, less than a minute left");
        assert_eq!(eta(at(25), at(25), -5), "25 of 1000 links, less than a minute left");
    }

    #[test]
    fn outcomes_are_one_line_of_plain_words() {
        let fields = vec![("title".to_owned(), "refused".to_owned()), ("x\u{1b}[2J".to_owned(), "a\nb".to_owned())];
        assert_eq!(words(&Outcome::Trouble(fields)), "trouble: title refused, x?[2J a?b");
        assert_eq!(words(&Outcome::Refused("unknown-issue".to_owned())), "Jira's half does not answer: unknown-issue");
    }
}
