//! One customer on a clock that this code moves: the real Forge bundle in its emulator, both simulators over real sockets, and the
//! sidecar's parts in this process. Everything that is due is done before the clock moves on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use devkit::clock::ManualClock;
use devkit::harness::{Built, Site, SiteOptions};
use devkit::jira_sim::{JiraSim, JiraSimBuilder};
use devkit::zammad_sim::ZammadSim;
use schema::{IssueGet, LinkRequest, Message, MessageBody, UnixMs};
use serde_json::{Value, json};
use sidecar::app::Assembly;
use sidecar::config::{self, Config, Sources};
use sidecar::env::{Clock, Env};
use sidecar::exchange::forge_client::{Answer, NoAnswer};
use sidecar::exchange::{ForgeClient, WebTrigger};
use store::{Effects, NewMessage, Notification, Store};
use tempfile::TempDir;

/// Monday, 19 October 2026, 00:00 UTC.
pub(crate) const MONDAY: i64 = 1_792_368_000_000;
/// An exchange takes this long on the way, in milliseconds.
pub(crate) const ON_THE_WAY_MS: i64 = 250;
/// Comments on each issue from before its link.
const EARLIER_COMMENTS: usize = 5;

/// The moved clock, for the sidecar.
#[derive(Clone, Default)]
struct Hand(Arc<AtomicI64>);

impl Clock for Hand {
    fn now(&self) -> UnixMs {
        UnixMs(self.0.load(Ordering::SeqCst))
    }
}

/// Posts to the app, and counts the posts and the commands in the replies.
struct Counting {
    client: ForgeClient,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    posts: AtomicU64,
    commands: AtomicU64,
}

#[async_trait]
impl WebTrigger for Counting {
    async fn post(&self, headers: &[(&'static str, String)], body: String) -> Result<Answer, NoAnswer> {
        self.counts.posts.fetch_add(1, Ordering::SeqCst);
        let answer = self.client.post(headers, body).await?;
        let reply: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let commands = reply["commands"].as_array().map_or(0, Vec::len);
        self.counts.commands.fetch_add(commands as u64, Ordering::SeqCst);
        Ok(answer)
    }
}

/// A ticket and its issue.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) ticket: u64,
    pub(crate) issue: String,
    pub(crate) key: String,
}

/// Which of the periodic tasks that ask Jira run.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Asks {
    pub(crate) changed: bool,
    pub(crate) all: bool,
}

/// When each part is due.
#[derive(Clone, Copy, Debug)]
struct Due {
    exchange: i64,
    changed: i64,
    all: i64,
}

/// The customer.
pub(crate) struct TestEnv {
    pub(crate) site: Site,
    pub(crate) pairs: Vec<Pair>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) asks: Asks,
    config: Arc<Config>,
    assembly: Assembly,
    time: ManualClock,
    hand: Hand,
    counts: Arc<Counts>,
    /// Notifications of Zammad so far.
    deliveries: u128,
    /// Changes in Jira that the sidecar has not got yet: when they were made, and which kind of moment that was.
    pub(crate) underway: Vec<(i64, &'static str)>,
    /// How long each change waited, in milliseconds.
    pub(crate) waits: Vec<(&'static str, i64)>,
    due: Due,
    http: reqwest::Client,
    _data: TempDir,
}

impl TestEnv {
    /// A customer with this many links that were made at `begin`, everything settled, ten minutes later.
    pub(crate) async fn start(links: usize, begin: i64, change: impl FnOnce(JiraSimBuilder) -> JiraSimBuilder) -> Self {
        let time = ManualClock::at(begin);
        let data = tempfile::tempdir().unwrap();
        let options = SiteOptions {
            zammad: ZammadSim::builder().clock(time.clone()),
            jira: change(JiraSim::builder().clock(time.clone()).event_delay(Duration::ZERO)),
            data: data.path().to_path_buf(),
            settings: Vec::new(),
        };
        let site = Site::start(Built::of_workspace().unwrap(), options).await.unwrap();
        site.emulator.record_nothing().await.unwrap();
        let sources = Sources { environment: site.settings.clone(), file: None };
        let config = Arc::new(config::load(&sources).unwrap());
        let store = sidecar::app::open_store(data.path()).await.unwrap();
        let hand = Hand::default();
        let env = Env { clock: Arc::new(hand.clone()), ..Env::system() };
        let counts = Arc::new(Counts::default());
        let client = ForgeClient::new(&config).unwrap();
        let forge = Arc::new(Counting { client, counts: Arc::clone(&counts) });
        let helpdesk = sidecar::app::helpdesk(&config).unwrap();
        let assembly = Assembly::new(Arc::clone(&config), env, Arc::clone(&store), helpdesk, forge, "sidecar".into());
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let due = Due { exchange: 0, changed: 0, all: 0 };
        let mut env = Self {
            site,
            pairs: Vec::new(),
            store,
            asks: Asks::default(),
            config,
            assembly,
            time,
            hand,
            counts,
            deliveries: 0,
            underway: Vec::new(),
            waits: Vec::new(),
            due,
            http,
            _data: data,
        };
        env.move_to(begin).await;
        env.store.record(Effects { watermarks: vec![learned_hours()], ..Effects::default() }).await.unwrap();
        env.link(links).await;
        // The first round over all issues, as an installation of some age has behind it.
        env.asks = Asks { changed: true, all: true };
        env.run_until(begin + 600_000).await;
        env
    }

    pub(crate) fn now(&self) -> i64 {
        self.hand.now().0
    }

    async fn move_to(&mut self, at: i64) {
        let before = self.now();
        self.hand.0.store(at, Ordering::SeqCst);
        if before > 0 && at > before {
            self.time.advance(Duration::from_millis((at - before).unsigned_abs()));
        }
        self.site.emulator.skew_clock(at - Env::system().now().0).await.unwrap();
    }

    /// Creates pairs and links them through the app.
    async fn link(&mut self, links: usize) {
        let (sample, account) = (&self.site.sample, &self.site.sample.engineers[0].account_id);
        for number in 0..links {
            let title = format!("Pair {number}");
            let ticket = json!({ "title": title, "group_id": sample.groups[0].0, "customer_id": sample.customers[0].id,
                "state_id": 2, "priority_id": 2, "article": { "body": "It does not work.", "internal": true } });
            let zammad = &self.site.zammad;
            let ticket =
                zammad.request_without_triggers(sample.agents[0].id, "POST", "/api/v1/tickets", &ticket).unwrap();
            let fields = json!({ "project": { "key": "SUP" }, "issuetype": { "name": "Task" }, "summary": title });
            let jira = &self.site.jira;
            let post = |path: &str, body: &Value| jira.request_without_events(account, "POST", path, body).unwrap();
            let issue = post("/rest/api/3/issue", &json!({ "fields": fields }));
            let text = |name: &str| issue[name].as_str().unwrap().to_owned();
            let pair = Pair { ticket: ticket["id"].as_u64().unwrap(), issue: text("id"), key: text("key") };
            for comment in 0..EARLIER_COMMENTS {
                let body = document(&format!("Comment {comment} from before"));
                post(&format!("/rest/api/3/issue/{}/comment", pair.issue), &json!({ "body": body }));
            }
            let number = ticket["number"].as_str().unwrap().to_owned();
            let newest = self.site.zammad.articles(pair.ticket).iter().map(|article| article.id).max().unwrap_or(0);
            self.pairs.push(pair.clone());
            let request = LinkRequest {
                issue: pair.key,
                ticket_number: number,
                ticket_url: format!("{}/#ticket/zoom/{}", self.config.zammad_public_url, pair.ticket),
                title: None,
                description: None,
                after_article: newest,
            };
            self.append(pair.ticket, MessageBody::LinkRequested(request)).await;
        }
        self.work().await;
    }

    async fn append(&self, ticket_id: u64, body: MessageBody) {
        let env = Env { clock: Arc::new(self.hand.clone()), ..Env::system() };
        let message = Message { id: env.new_id().unwrap(), ticket_id: Some(ticket_id), body };
        let row = NewMessage {
            id: message.id.to_string(),
            ticket_id,
            kind: message.body.kind().to_owned(),
            body: serde_json::to_string(&message).unwrap(),
            dedup_key: None,
            created_at: env.now(),
        };
        self.store.append(vec![row]).await.unwrap();
    }

    /// Visits what is due and exchanges until nothing is left to send now.
    async fn work(&mut self) {
        for _ in 0..100_000 {
            self.site.jira.deliveries_done().await;
            self.site.emulator.idle().await.unwrap();
            self.assembly.visit_due().await.unwrap();
            let counts = self.store.counts().await.unwrap();
            let waits = self.store.next_due().await.unwrap().is_some_and(|due| due.0 <= self.now());
            if counts.outbox == 0 || !waits {
                return;
            }
            self.exchange().await;
        }
        panic!("the work does not end");
    }

    /// One exchange if it is due, and what follows at once.
    async fn exchange(&mut self) {
        let counted = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        let (posts, commands) = (counted(&self.counts.posts), counted(&self.counts.commands));
        let began = self.now();
        let pause = self.assembly.exchanger.step().await.unwrap();
        if counted(&self.counts.posts) > posts {
            self.move_to(self.now() + ON_THE_WAY_MS).await;
        }
        if counted(&self.counts.commands) > commands {
            let now = self.now();
            self.waits.extend(self.underway.drain(..).map(|(at, moment)| (moment, now - at)));
        }
        self.assembly.visit_due().await.unwrap();
        // The clock stood still during the exchange.
        self.due.exchange = self.now().max(began + i64::try_from(pause.as_millis()).unwrap());
    }

    /// Lets the time pass, and does everything when it is due.
    pub(crate) async fn run_until(&mut self, end: i64) {
        loop {
            let mut next = self.due.exchange.min(end);
            if self.asks.changed {
                next = next.min(self.due.changed);
            }
            if self.asks.all {
                next = next.min(self.due.all);
            }
            if next > self.now() {
                self.move_to(next).await;
            }
            if self.now() >= end {
                return;
            }
            let later = |now: i64, pause: Duration| now + i64::try_from(pause.as_millis()).unwrap().max(1);
            if self.asks.changed && self.due.changed <= self.now() {
                let pause = self.assembly.changed_issues.ask_next().await.unwrap();
                self.due.changed = later(self.now(), pause);
            }
            if self.asks.all && self.due.all <= self.now() {
                let pause = self.assembly.all_issues.read_next().await.unwrap();
                self.due.all = later(self.now(), pause);
            }
            if self.due.exchange <= self.now() || self.has_mail().await {
                self.exchange().await;
            }
        }
    }

    /// Lets the time pass without anything being done.
    pub(crate) async fn skip_to(&mut self, at: i64) {
        self.move_to(at).await;
        self.due = Due { exchange: at, changed: at, all: at };
    }

    /// One round over the issues of all links, without requests for commands in between.
    pub(crate) async fn whole_round(&mut self) {
        for _ in 0..100_000 {
            let pause = self.assembly.all_issues.read_next().await.unwrap();
            while self.has_mail().await {
                self.exchange().await;
            }
            self.assembly.visit_due().await.unwrap();
            let round = self.store.watermark("all-issues").await.unwrap().unwrap_or_default();
            let round: Value = serde_json::from_str(&round).unwrap_or_default();
            if round["over"] == true {
                return;
            }
            self.move_to(self.now() + i64::try_from(pause.as_millis()).unwrap().max(1)).await;
        }
        panic!("the round does not end");
    }

    /// Asks for this issue with everything that was written on it, as the comparison of an operator does.
    pub(crate) async fn ask_for(&self, pair: &Pair) {
        let since = Some("1970-01-01T00:00:00Z".to_owned());
        self.append(pair.ticket, MessageBody::IssueGet(IssueGet { issue: pair.issue.clone(), catch_up_since: since }))
            .await;
    }

    async fn has_mail(&self) -> bool {
        self.store.next_due().await.unwrap().is_some_and(|due| due.0 <= self.now())
    }

    /// An agent changes a ticket: `article` or a field.
    pub(crate) async fn change_ticket(&mut self, pair: &Pair, path: &str, body: Value) {
        let agent = self.site.sample.agents[0].id;
        let method = if path == "ticket_articles" { "POST" } else { "PUT" };
        self.site.zammad.request_without_triggers(agent, method, &format!("/api/v1/{path}"), &body).unwrap();
        self.deliveries += 1;
        let notification = Notification {
            delivery: uuid::Uuid::from_u128(self.deliveries).to_string(),
            ticket_id: pair.ticket,
            article_id: None,
            received_at: UnixMs(self.now()),
        };
        self.store.receive(notification).await.unwrap();
        self.work().await;
    }

    /// An engineer changes an issue; the events are handled when this returns.
    pub(crate) async fn change_issue(&mut self, method: &str, path: &str, body: Value) {
        let engineer = &self.site.sample.engineers[0];
        let pair = STANDARD.encode(format!("{}:{}", engineer.email, engineer.api_token));
        let url = format!("{}/rest/api/3/{path}", self.site.jira.url);
        let request = self.http.request(method.parse().unwrap(), url).json(&body);
        let answer = request.header("Authorization", format!("Basic {pair}")).send().await.unwrap();
        assert!(answer.status().is_success(), "{method} {path}: {}", answer.status());
        self.site.jira.deliveries_done().await;
        self.site.emulator.idle().await.unwrap();
    }

    /// The same without any event, as if it got lost.
    pub(crate) fn change_issue_unheard(&self, method: &str, path: &str, body: &Value) {
        let account = &self.site.sample.engineers[0].account_id;
        self.site.jira.request_without_events(account, method, &format!("/rest/api/3/{path}"), body).unwrap();
    }

    /// Somebody opens the panel of a linked issue.
    pub(crate) async fn open_panel(&self, pair: &Pair) {
        let (account, issue) = (&self.site.sample.engineers[0].account_id, &pair.issue);
        let who = (account.as_str(), issue.as_str());
        let answer = self.site.emulator.panel(&self.site.install_id, who, "panel.view", json!({})).await.unwrap();
        assert_eq!(answer["total"], 1, "{answer}");
    }
}

/// The hours that the sidecar has learned after some weeks: work from Monday to Friday, 8 to 17 h UTC (`sidecar::exchange::polling`).
fn learned_hours() -> (String, String) {
    const HOUR_MS: i64 = 3_600_000;
    let week = MONDAY / HOUR_MS / 168;
    let bits = |place: i64| {
        // Weeks are counted from 1 January 1970, a Thursday.
        let (weekday, hour) = ((place / 24 + 3) % 7, place % 24);
        if weekday < 5 && (8..17).contains(&hour) { 0b1111_1110 } else { 0 }
    };
    let weeks: Vec<u8> = (0..168).map(bits).collect();
    ("poll-hours".to_owned(), json!({ "first": week - 9, "week": week, "weeks": weeks }).to_string())
}

/// A document with one paragraph.
pub(crate) fn document(text: &str) -> Value {
    let paragraph = json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
    json!({ "type": "doc", "version": 1, "content": [paragraph] })
}
