//! Helpers of these tests: a site with one linked ticket, and how a test waits.

pub(crate) mod browser;
#[path = "../../contract/mod.rs"]
pub(crate) mod contract;
pub(crate) mod random;

use std::future::Future;
use std::sync::LazyLock;
use std::time::Duration;

use devkit::harness::{Built, Connector, Site, SiteOptions};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::contract::Contract;

/// Nothing in these tests takes this long unless it is broken. A message whose invocation ended in the middle, for example when
/// the sidecar is killed, is applied again after 60 s.
pub(crate) const LONG: Duration = Duration::from_secs(100);

/// Changes the default pairs of states and statuses, so that tickets close with their issues.
pub(crate) fn every_pair_both_ways(pairs: &mut Value) {
    let pairs = pairs.as_array_mut().unwrap();
    pairs.retain(|pair| pair["direction"] != "toZammad");
    for pair in pairs {
        pair["direction"] = json!("both");
    }
}

/// A site with the first ticket of the sample linked to its first issue.
pub(crate) struct LinkedSite {
    pub(crate) site: Site,
    pub(crate) connector: Option<Connector>,
    pub(crate) ticket: u64,
    pub(crate) issue: u64,
    pub(crate) issue_key: String,
    pub(crate) data: TempDir,
    /// Comments of the connector on the issue, and its notes in the ticket, that came with the link.
    with_the_link: (usize, usize),
}

impl LinkedSite {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut SiteOptions)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut options = Site::quick(data.path());
        options.jira = options.jira.record();
        change(&mut options);
        let site = Site::start(Built::of_workspace().unwrap(), options).await.unwrap();
        let connector = site.connect().await.unwrap();
        let (ticket, (issue, issue_key)) = (site.sample.tickets[0], site.sample.issues[0].clone());
        site.link(ticket, &issue_key).await.unwrap();
        let mut linked =
            Self { site, connector: Some(connector), ticket, issue, issue_key, data, with_the_link: (0, 0) };
        // A link starts with the values of its first visit: a test's changes must come after that.
        let visited = || async {
            let queue = &linked.readiness().await.1["queue"];
            (queue["inbox"].as_u64(), queue["outbox"].as_u64()) == (Some(0), Some(0))
        };
        eventually_async("the first visit", visited).await;
        linked.with_the_link = (linked.mirrored().len(), linked.noted().len());
        linked
    }

    /// An agent writes an article, as through Zammad's own API.
    pub(crate) async fn article(&self, ticket: u64, body: &str, internal: bool) -> u64 {
        let made = self
            .zammad(
                "POST",
                "ticket_articles",
                &json!({ "ticket_id": ticket, "body": body, "internal": internal, "content_type": "text/html" }),
            )
            .await;
        made["id"].as_u64().unwrap_or_else(|| panic!("{made}"))
    }

    /// A call to Zammad as the first agent.
    pub(crate) async fn zammad(&self, method: &str, path: &str, body: &Value) -> Value {
        self.zammad_as(&self.site.sample.agent_tokens[0], method, path, body).await
    }

    /// A call to Zammad as its administrator, who has no access to tickets.
    pub(crate) async fn administer(&self, method: &str, path: &str, body: &Value) {
        let answer = self.zammad_as(&self.site.sample.admin_token, method, path, body).await;
        assert!(answer["id"].is_u64(), "{answer}");
    }

    async fn zammad_as(&self, token: &str, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}/api/v1/{path}", self.site.zammad.url);
        let request = client().request(method.parse().unwrap(), url).json(body).header("Accept", "application/json");
        let request = request.header("Authorization", format!("Token token={token}"));
        request.send().await.unwrap().json().await.unwrap()
    }

    /// An engineer writes a comment, as through Jira's own API.
    pub(crate) async fn comment(&self, issue: &str, text: &str, more: Value) -> String {
        let document = json!({ "type": "doc", "version": 1, "content": [{ "type": "paragraph", "content": [{ "type": "text", "text": text }] }] });
        let mut body = json!({ "body": document });
        for (name, value) in more.as_object().into_iter().flatten() {
            body[name] = value.clone();
        }
        let made = self.jira("POST", &format!("issue/{issue}/comment"), &body).await;
        made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
    }

    /// A call to Jira as the first engineer; null is no body.
    pub(crate) async fn jira(&self, method: &str, path: &str, body: &Value) -> Value {
        let url = format!("{}/rest/api/3/{path}", self.site.jira.url);
        let account = &self.site.sample.engineers[0].account_id;
        let request = client().request(method.parse().unwrap(), url).bearer_auth(format!("user:{account}"));
        let request = if body.is_null() { request } else { request.json(body) };
        request.send().await.unwrap().json().await.unwrap_or_default()
    }

    /// Calls an admin resolver as the site's administrator.
    pub(crate) async fn admin(&self, function: &str, payload: Value) -> Value {
        let account = &self.site.sample.engineers[0].account_id;
        self.site.emulator.admin(&self.site.install_id, account, function, payload).await.unwrap()
    }

    /// Changes the settings as an admin, and waits until the sidecar has them.
    pub(crate) async fn settings(&self, change: impl FnOnce(&mut Value)) {
        let mut now = self.admin("settings.get", Value::Null).await;
        change(&mut now["value"]);
        let set = self.admin("settings.set", json!({ "value": now["value"], "ifEtag": now["etag"] })).await;
        let etag = set["etag"].as_str().unwrap_or_else(|| panic!("{set}")).to_owned();
        let logged = format!("\"etag\":\"{etag}\"");
        eventually("the settings to arrive", || self.log().contains(&logged)).await;
    }

    /// Makes tickets close with their issues: every pair of a state and a status holds both ways.
    pub(crate) async fn close_with_the_issue(&self) {
        self.settings(|value| every_pair_both_ways(&mut value["fields"]["state"]["pairs"])).await;
    }

    /// The linked ticket now, as an agent sees it.
    pub(crate) fn now(&self) -> devkit::zammad_sim::Ticket {
        self.site.zammad.ticket(self.ticket).unwrap()
    }

    /// A field of the linked issue now, as Jira's API shows it.
    pub(crate) async fn field(&self, name: &str) -> Value {
        let issue = self.jira("GET", &format!("issue/{}?fields={name}", self.issue_key), &Value::Null).await;
        issue["fields"][name].clone()
    }

    /// An agent changes the linked ticket.
    pub(crate) async fn change_ticket(&self, change: Value) -> Value {
        self.zammad("PUT", &format!("tickets/{}", self.ticket), &change).await
    }

    /// An engineer changes the linked issue.
    pub(crate) async fn change_issue(&self, fields: Value) {
        let answer = self.jira("PUT", &format!("issue/{}", self.issue_key), &json!({ "fields": fields })).await;
        assert!(answer["errors"].is_null(), "{answer}");
    }

    /// Runs a verb of the command line with the sidecar's settings; returns what it prints.
    pub(crate) async fn connector(&self, arguments: &[&str]) -> String {
        let (status, out, errors) = Connector::run(&self.site.built, &self.site.settings, arguments).await.unwrap();
        assert!(status.success(), "{errors}");
        out
    }

    /// The output of `connector troubles`.
    pub(crate) async fn troubles(&self) -> String {
        self.connector(&["troubles"]).await
    }

    /// Runs `connector retry`: what waits for minutes is due at once.
    pub(crate) async fn retry(&self) {
        self.connector(&["retry"]).await;
    }

    /// Texts of the issue's comments that we wrote, oldest first, without the articles from before the link.
    pub(crate) fn mirrored(&self) -> Vec<String> {
        let comments = self.site.jira.comments(self.issue);
        comments
            .iter()
            .filter(|comment| comment.properties.contains_key("chefstackz.zammad"))
            .skip(self.with_the_link.0)
            .map(|comment| text_of(&comment.body))
            .collect()
    }

    /// Bodies of the ticket's notes that we wrote, oldest first, without the issue's description.
    pub(crate) fn noted(&self) -> Vec<String> {
        let articles = self.site.zammad.articles(self.ticket);
        articles
            .iter()
            .filter(|article| article.preferences.contains_key("connector"))
            .skip(self.with_the_link.1)
            .map(|article| article.body.clone())
            .collect()
    }

    /// Starts the sidecar again on the same data.
    pub(crate) async fn restart(&mut self) {
        self.connector = Some(self.site.connect().await.unwrap());
    }

    pub(crate) async fn kill(&mut self) {
        self.connector.take().unwrap().kill().await.unwrap();
        self.site.front.set(None);
    }

    pub(crate) fn log(&self) -> String {
        self.connector.as_ref().map(Connector::log).unwrap_or_default()
    }

    pub(crate) async fn readiness(&self) -> (u16, Value) {
        let answer = client().get(format!("http://{}/readyz", self.site.front.address)).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// The value of a list in the health report.
    pub(crate) async fn health(&self, list: &str) -> Vec<String> {
        let report = self.readiness().await.1;
        report["health"][list].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    }

    /// Whether `/readyz` warns of this now.
    pub(crate) async fn warns_of(&self, code: &str) -> bool {
        self.health("warnings").await.iter().any(|warning| warning == code)
    }

    /// The objects that `/readyz` names for a warning, as JSON text.
    pub(crate) async fn health_details(&self, code: &str) -> String {
        self.readiness().await.1["health"]["details"][code].to_string()
    }

    /// The app's violations of the platform's rules; must be empty.
    pub(crate) async fn violations(&self) -> Vec<Value> {
        self.site.emulator.log().await.unwrap().into_iter().filter(|entry| entry["kind"] == "violation").collect()
    }
}

/// The text of a document, one line for each block.
pub(crate) fn text_of(node: &Value) -> String {
    let own = node["text"].as_str().or_else(|| node["attrs"]["text"].as_str()).unwrap_or_default();
    let inner = node["content"].as_array().into_iter().flatten().map(text_of).collect::<String>();
    let end = if matches!(node["type"].as_str(), Some("paragraph" | "heading" | "codeBlock")) { "\n" } else { "" };
    format!("{own}{inner}{end}")
}

/// One client a test process: it keeps its connections.
pub(crate) fn client() -> &'static reqwest::Client {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
    });
    &CLIENT
}

/// Waits until a condition holds; the time-out is only for the broken case.
pub(crate) async fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    eventually_async(what, || std::future::ready(holds())).await;
}

pub(crate) async fn eventually_async<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    let checks = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(tokio::time::timeout(LONG, checks).await.is_ok(), "never: {what}");
}

impl Drop for LinkedSite {
    /// A failed test prints the sidecar's log. In a passed test all exchanges must match what Atlassian
    /// describes.
    #[expect(clippy::print_stderr, reason = "for whoever reads the failure")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the sidecar's log:\n{}", self.log());
            for exchange in self.site.jira.exchanges() {
                let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(600)]).into_owned();
                if exchange.method != "GET" || exchange.status.is_some_and(|status| status >= 400) {
                    let (asked, answer) = (text(&exchange.body), text(&exchange.answer));
                    eprintln!("{} {} {asked}\n  → {:?} {answer}", exchange.method, exchange.path, exchange.status);
                }
            }
        } else if let Some(mut contract) = Contract::find() {
            let mut faults = contract.faults(&self.site.jira.exchanges());
            faults.extend(contract.faults_of_events(&self.site.jira.events()));
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }
}
