//! Tickets that are larger than the memory of the container: they are read one article at a time.

use std::fs;

use crate::support::{LinkedSite, eventually};

const MIB: u64 = 1024 * 1024;
/// The limit of the delivered container.
const LIMIT: u64 = 64 * MIB;

/// The most memory that the connector had at once, without the pages of its program file, which differ between builds.
fn peak(env: &LinkedSite) -> u64 {
    let process = env.connector.as_ref().unwrap().id().unwrap();
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let kib = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0)
    };
    (kib("VmHWM:") - kib("RssFile:")) * 1024
}

/// Lines of words, so many bytes.
fn text(name: &str, bytes: usize) -> String {
    let line = format!("<p>{name} burns again, and the smell of it is in the whole house since Monday.</p>");
    line.repeat(bytes / line.len())
}

/// New articles of the longest text that Zammad takes (1,500,000 characters), some of them of characters of four bytes: the
/// beginning of every one arrives, in order, and later articles do too.
#[tokio::test(flavor = "multi_thread")]
async fn articles_larger_than_the_memory_arrive_in_order() {
    let env = LinkedSite::start().await;
    for number in 0..8 {
        let begin = text(&format!("printer{number}"), 500_000);
        let rest = if number % 2 == 0 { "<p>fire</p>".repeat(90_000) } else { "🔥".repeat(990_000) };
        env.article(env.ticket, &format!("{begin}<p>{rest}</p>"), false).await;
    }
    env.article(env.ticket, "<p>afterwards</p>", false).await;
    eventually("the last one", || env.mirrored().last().is_some_and(|text| text.contains("afterwards"))).await;
    let first_of = |number: usize| {
        let name = format!("printer{number} burns");
        env.mirrored().iter().position(|text| text.contains(&name)).unwrap_or_else(|| panic!("{name}"))
    };
    let order: Vec<usize> = (0..8).map(first_of).collect();
    assert!(order.is_sorted(), "{order:?}");
    let used = peak(&env);
    assert!(used < LIMIT, "{} MiB", used / MIB);
}

/// A ticket of 35 MB that was linked late: each visit reads it, and what is new arrives.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_of_3_500_articles_takes_no_more_memory_than_another() {
    let env = LinkedSite::start().await;
    let ticket = env.site.sample.tickets[1];
    let body = text("fan", 10_000);
    for _ in 0..3_500 {
        env.article(ticket, &body, true).await;
    }
    let (issue, key) = env.site.sample.issues[1].clone();
    env.site.link(ticket, &key).await.unwrap();
    env.article(ticket, "<p>the newest</p>", false).await;
    let has_newest = || {
        let comments = env.site.jira.comments(issue);
        comments.iter().any(|comment| comment.body.to_string().contains("the newest"))
    };
    eventually("the newest", has_newest).await;
    let used = peak(&env);
    assert!(used < LIMIT, "{} MiB", used / MIB);
}
