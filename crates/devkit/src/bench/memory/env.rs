//! A site whose connector lives in a memory group, and articles that can be told apart.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Client;
use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::cgroup::{Cgroup, anonymous_peak};
use crate::bench::report::unexpected;
use crate::bench::subject::{Folder, image_variables};
use crate::harness::{Built, Connector, HarnessError, Site};
use crate::outgoing;
use crate::zammad_sim::{Channel, Incoming};

/// Checks of a scenario that takes seconds.
const CHECK_INTERVAL: Duration = Duration::from_millis(50);
/// After this long, what did not arrive counts as lost.
const ARRIVES_WITHIN: Duration = Duration::from_secs(600);
/// Begins the text of every article that must arrive, with its number after it.
const NAME: &str = "printer";

/// A text of this many bytes: lines of words that begin with a name, and then the filling.
pub(super) fn text(name: &str, bytes: usize, filling: &str) -> String {
    let line = format!("<p>{name} burns again, and the smell of it is in the whole house since Monday.</p>");
    let begin = if filling.is_empty() { bytes } else { bytes / 3 };
    let begin = line.repeat((begin / line.len()).max(1));
    let rest = bytes.saturating_sub(begin.len());
    if filling.is_empty() { begin } else { format!("{begin}<p>{}</p>", filling.repeat(rest / filling.len())) }
}

/// The text of an article that must arrive.
pub(super) fn numbered(number: usize, bytes: usize, filling: &str) -> String {
    text(&format!("{NAME}{number}"), bytes, filling)
}

/// A site, its connector, and the group that it lives in.
pub(super) struct MemoryEnv {
    pub(super) site: Arc<Site>,
    connector: Connector,
    process: u32,
    /// The last known peak of the process, in MiB: the kernel forgets it when it kills.
    anonymous: f64,
    group: Cgroup,
    http: Client,
    _folder: Folder,
}

impl MemoryEnv {
    pub(super) async fn start(built: &Built, group: Cgroup) -> Result<Self, HarnessError> {
        let folder = Folder::new("memory")?;
        let script = folder.0.join("connector-in-its-group");
        group.enter(&script, &built.connector)?;
        let data = folder.0.join("data");
        std::fs::create_dir(&data).map_err(crate::harness::io("data folder"))?;
        let built = Built { connector: script, app: built.app.clone() };
        let mut options = Site::quick(&data);
        options.settings.extend(image_variables()?);
        let site = Site::start(built, options).await?;
        let connector = site.connect().await?;
        let process = connector.id().ok_or_else(|| unexpected("the connector ended at once"))?;
        if !group.has(process) {
            return Err(unexpected("the connector is not in its memory group"));
        }
        let http = outgoing::keeping_client(Duration::from_secs(30))?;
        Ok(Self { site: Arc::new(site), connector, process, anonymous: 0.0, group, http, _folder: folder })
    }

    /// Links the ticket and the issue in this place of the sample data.
    pub(super) async fn link(&self, place: usize) -> Result<(), HarnessError> {
        let sample = &self.site.sample;
        self.site.link(sample.tickets[place], &sample.issues[place].1).await?;
        Ok(())
    }

    /// Waits until the connector has nothing to do: a link starts with the articles of its first visit.
    pub(super) async fn rest(&self) -> Result<(), HarnessError> {
        let checks = async {
            loop {
                let url = format!("http://{}/readyz", self.site.front.address);
                let report: Value = self.http.get(url).send().await?.json().await?;
                let queue = &report["queue"];
                if (queue["inbox"].as_u64(), queue["outbox"].as_u64()) == (Some(0), Some(0)) {
                    return Ok(());
                }
                sleep(CHECK_INTERVAL).await;
            }
        };
        timeout(ARRIVES_WITHIN, checks).await.map_err(|_| unexpected("the connector never came to rest"))?
    }

    /// Waits until so many numbered articles have arrived at the issue of each place, and checks their order. The text
    /// of the error says how far it came.
    pub(super) async fn arrived(&mut self, places: usize, count: usize) -> Result<(), HarnessError> {
        let (began, mut arrivals) = (Instant::now(), vec![Arrivals::default(); places]);
        loop {
            for (arrivals, (issue, _)) in arrivals.iter_mut().zip(&self.site.sample.issues) {
                let state = self.site.jira.state();
                arrivals.extend(state.comments_of(*issue).map(|comment| &comment.body));
            }
            let orders: Vec<&[usize]> = arrivals.iter().map(|arrivals| &*arrivals.order).collect();
            if orders.iter().all(|order| order.len() >= count) {
                let sorted = orders.iter().all(|order| order.is_sorted());
                return if sorted { Ok(()) } else { Err(unexpected(format!("not in order: {orders:?}"))) };
            }
            let so_far =
                || orders.iter().map(|order| format!("{} of {count}", order.len())).collect::<Vec<_>>().join(", ");
            match anonymous_peak(self.process) {
                Some(peak) => self.anonymous = peak,
                None => return Err(unexpected(format!("the connector ended when {} had arrived", so_far()))),
            }
            if began.elapsed() > ARRIVES_WITHIN {
                return Err(unexpected(format!("only {} arrived within 10 minutes", so_far())));
            }
            sleep(CHECK_INTERVAL).await;
        }
    }

    /// Peaks of the group and of the process in MiB, and kills. If the process was killed, its peak is that of the last check.
    pub(super) fn peaks(&self) -> (f64, f64, u64) {
        (self.group.peak(), anonymous_peak(self.process).unwrap_or(self.anonymous), self.group.kills())
    }

    /// The last lines of the connector's log.
    pub(super) fn log(&self) -> String {
        let log = self.connector.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }

    pub(super) async fn end(self) -> Result<(), HarnessError> {
        self.connector.kill().await
    }
}

/// A new public article of an agent in the ticket in this place, not limited as the API limits it.
pub(super) fn write(site: &Site, place: usize, body: &str) -> Result<(), HarnessError> {
    let article = Incoming::article(site.sample.tickets[place], Channel::Note, body).agent(site.sample.agents[0].id);
    site.zammad.receive(article.html()).map(|_| ()).ok_or_else(|| unexpected("Zammad has no such ticket"))
}

/// The numbers of the articles that an issue's comments begin, each once, in the order of the comments.
#[derive(Clone, Default)]
struct Arrivals {
    looked_at: usize,
    order: Vec<usize>,
}

impl Arrivals {
    fn extend<'a>(&mut self, comments: impl Iterator<Item = &'a Value>) {
        for body in comments.skip(self.looked_at) {
            self.looked_at += 1;
            // A long article may continue in another comment.
            if let Some(number) = number_in(body).filter(|number| !self.order.contains(number)) {
                self.order.push(number);
            }
        }
    }
}

/// The number after the first name in a document.
fn number_in(node: &Value) -> Option<usize> {
    let own = node["text"].as_str().and_then(|text| {
        let (_, rest) = text.split_once(NAME)?;
        rest.split(' ').next()?.parse().ok()
    });
    own.or_else(|| node["content"].as_array()?.iter().find_map(number_in))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_have_their_size_and_begin_with_their_number() {
        for (bytes, filling) in [(10_000, ""), (1_000_000, "</p><p>fire"), (1_000_000, "🔥")] {
            let made = numbered(7, bytes, filling);
            assert!(made.len() <= bytes + 10 && made.len() > bytes - 100, "{}", made.len());
            assert!(made.starts_with("<p>printer7 burns"));
        }
    }

    #[test]
    fn arrivals_count_each_article_once_and_keep_the_order() {
        let comment = |text: &str| json!({ "content": [{ "text": "Amira wrote" }, { "content": [{ "text": text }] }] });
        let mut comments = vec![comment("printer0 burns"), comment("printer2 burns"), comment("fan burns")];
        let mut arrivals = Arrivals::default();
        arrivals.extend(comments.iter());
        comments.extend([comment("printer2 burns"), comment("printer12 burns"), comment("printer1 burns")]);
        arrivals.extend(comments.iter());
        assert_eq!(arrivals.order, [0, 2, 12, 1]);
    }
}
