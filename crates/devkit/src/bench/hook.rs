//! The hook against nginx: refused for a wrong signature, and taken durably. Server on core 0, wrk on core 1.

use super::load::average;
use super::nginx::Nginx;
use super::sender::{body, signature};
use super::subject::{Folder, Subject, TOKEN};
use super::wrk::{Post, Run};
use super::{
    paced,
    report::{median, print_line},
};
use crate::harness::HarnessError;

const SERVER: &str = "0";
/// Pairs that count, and pairs that are made to choose the quietest from.
const COUNT: usize = 5;
const MOST: u32 = 9;
/// A pair is quiet if others used no more than this many cores in either half.
const QUIET: f64 = 0.15;

pub(super) async fn run() -> Result<(), HarnessError> {
    let folder = Folder::new("hook")?;
    let post = |token: &str| Post { body: body(7), signature: signature(token, &body(7)) };
    let connector = Subject::start(&folder, SERVER, &[])?;
    compare(&folder, &connector, &post("not the token"), "refused (401)", true, 0.60).await?;
    compare(&folder, &connector, &post(TOKEN), "taken durably (202)", false, 0.10).await?;
    print_line(&format!(
        "memory after that: {:.1} MiB, at most {:.1}",
        connector.memory("VmRSS"),
        connector.memory("VmHWM")
    ));
    drop(connector);
    paced::run().await
}

/// Alternates the two, so that other load of the machine affects both.
async fn compare(
    folder: &Folder,
    connector: &Subject,
    post: &Post,
    name: &str,
    refused: bool,
    goal: f64,
) -> Result<(), HarnessError> {
    let nginx = Nginx::start(folder, SERVER)?;
    let mut pairs: Vec<(f64, Run, Run)> = Vec::new();
    for turn in 0..MOST {
        let theirs = post.run(folder, (nginx.address, nginx.id()), 0, false).await?;
        // Ids of both kinds of run differ, since a refused delivery is not remembered but a taken one is.
        let ours = post.run(folder, (connector.address, connector.id()), turn + 1, refused).await?;
        print_line(&format!(
            "{name}: {:.0}/s (p99 {}), nginx {:.0}/s (p99 {}), ratio {:.2}; others used {:.2} and {:.2} cores",
            ours.per_second,
            ours.p99,
            theirs.per_second,
            theirs.p99,
            ours.per_second / theirs.per_second,
            ours.foreign,
            theirs.foreign,
        ));
        pairs.push((ours.foreign.max(theirs.foreign), ours, theirs));
        if pairs.iter().filter(|(foreign, ..)| *foreign <= QUIET).count() >= COUNT {
            break;
        }
    }
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    pairs.truncate(COUNT);
    let of = |number: fn(&(f64, Run, Run)) -> f64| median(pairs.iter().map(number).collect());
    print_line(&format!(
        "{name}, median of the {COUNT} quietest: {:.0}/s, nginx {:.0}/s, ratio {:.2} (goal {goal:.2}); others used at \
         most {:.2} cores, load {}",
        of(|(_, ours, _)| ours.per_second),
        of(|(_, _, theirs)| theirs.per_second),
        of(|(_, ours, theirs)| ours.per_second / theirs.per_second),
        pairs.last().map_or(f64::NAN, |(foreign, ..)| *foreign),
        average(),
    ));
    Ok(())
}
