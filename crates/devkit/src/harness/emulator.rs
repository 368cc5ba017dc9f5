//! The Forge emulator as a child process, and its control calls.

use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::{Built, HarnessError, io};
use crate::outgoing;

/// Starting Node and loading the bundle takes about 0.3 s.
const STARTS_WITHIN: Duration = Duration::from_secs(30);

/// A page of the app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppPage {
    /// The type of its module, such as `jira:adminPage`.
    pub kind: String,
    /// Its title in English.
    pub title: String,
    /// Its address without a query.
    pub url: String,
}

/// A running emulator; dropping it ends the process.
#[derive(Debug)]
pub struct Emulator {
    /// Where it listens, `http://127.0.0.1:<port>`.
    pub url: String,
    http: reqwest::Client,
    // The emulator ends when its standard input does.
    _child: Child,
}

impl Emulator {
    /// Starts the bundle of the app in the app's own Node.
    ///
    /// # Errors
    /// It cannot be started, or prints something else than its address.
    pub async fn start(built: &Built) -> Result<Self, HarnessError> {
        let mut child = Command::new(built.node())
            .args([
                "--disable-warning=ExperimentalWarning",
                "emulator/main.ts",
                "--port",
                "0",
                "--bundle",
                "dist/bundle",
            ])
            .current_dir(&built.app)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(io("starting the Forge emulator"))?;
        let stdout =
            child.stdout.take().ok_or_else(|| HarnessError::Unexpected("the emulator has no output".into()))?;
        let mut lines = BufReader::new(stdout).lines();
        let line = tokio::time::timeout(STARTS_WITHIN, lines.next_line())
            .await
            .map_err(|_| HarnessError::Unexpected("the Forge emulator did not start in time".into()))?
            .map_err(io("reading from the Forge emulator"))?
            .unwrap_or_default();
        let url = line
            .strip_prefix("emulator listening on ")
            .ok_or_else(|| HarnessError::Unexpected(format!("the Forge emulator printed: {line}")))?;
        let http = outgoing::client(Duration::from_secs(60))?;
        Ok(Self { url: url.to_owned(), http, _child: child })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, HarnessError> {
        let answer = self.http.post(format!("{}/__emulator/{path}", self.url)).json(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if !status.is_success() {
            return Err(HarnessError::Unexpected(format!("{path}: {status}: {text}")));
        }
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Result<Value, HarnessError> {
        Ok(self.http.get(format!("{}/__emulator/{path}", self.url)).send().await?.json().await?)
    }

    /// Installs the app on a site; returns its web-trigger URL.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn install(&self, install_id: &str, jira_url: &str) -> Result<String, HarnessError> {
        let body =
            json!({ "installId": install_id, "cloudId": "11111111-2222-4333-8444-555555555555", "jiraUrl": jira_url });
        let made = self.post("installations", &body).await?;
        made["webTriggerUrl"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| HarnessError::Unexpected(format!("installed: {made}")))
    }

    /// The pages of the app, for an installation.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn pages(&self, install_id: &str) -> Result<Vec<AppPage>, HarnessError> {
        let answer = self.get(&format!("pages/{install_id}")).await?;
        let text = |page: &Value, name: &str| page[name].as_str().unwrap_or_default().to_owned();
        let page = |page: &Value| AppPage {
            kind: text(page, "type"),
            title: text(page, "title"),
            url: format!("{}/__emulator/pages/{install_id}/{}", self.url, text(page, "key")),
        };
        let pages = answer["pages"].as_array().map(|pages| pages.iter().map(page).collect::<Vec<_>>());
        pages.ok_or_else(|| HarnessError::Unexpected(format!("pages: {answer}")))
    }

    /// Where Jira sends an installation's product events.
    #[must_use]
    pub fn events_url(&self, install_id: &str) -> String {
        format!("{}/__emulator/events/{install_id}", self.url)
    }

    /// Calls an admin resolver as a user.
    ///
    /// # Errors
    /// The control call fails; a refusal by the app is its answer.
    pub async fn admin(
        &self,
        install_id: &str,
        account_id: &str,
        function: &str,
        payload: Value,
    ) -> Result<Value, HarnessError> {
        self.resolve("admin", (install_id, account_id), function, payload).await
    }

    /// Calls a resolver of an issue's panel as a user.
    ///
    /// # Errors
    /// The control call fails; a refusal by the app is its answer.
    pub async fn panel(
        &self,
        install_id: &str,
        (account_id, issue_id): (&str, &str),
        function: &str,
        payload: Value,
    ) -> Result<Value, HarnessError> {
        let call = json!({ "functionKey": function, "payload": payload });
        let asked = json!({
            "installId": install_id, "functionKey": "panel", "accountId": account_id, "issue": issue_id, "payload": call,
        });
        self.post("invoke", &asked).await
    }

    async fn resolve(
        &self,
        resolver: &str,
        (install_id, account_id): (&str, &str),
        function: &str,
        payload: Value,
    ) -> Result<Value, HarnessError> {
        let call = json!({ "functionKey": function, "payload": payload });
        let asked =
            json!({ "installId": install_id, "functionKey": resolver, "accountId": account_id, "payload": call });
        self.post("invoke", &asked).await
    }

    /// Sets a fault (see forge-app/emulator/control.ts).
    ///
    /// # Errors
    /// The control call fails.
    pub async fn fault(&self, fault: Value) -> Result<(), HarnessError> {
        self.post("faults", &fault).await.map(drop)
    }

    /// Every request that reached a web trigger, with raw headers and body.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn captures(&self) -> Result<Vec<Value>, HarnessError> {
        Ok(self.get("captures").await?["captures"].as_array().cloned().unwrap_or_default())
    }

    /// The stored data of an installation.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn stored(&self, install_id: &str) -> Result<Value, HarnessError> {
        self.get(&format!("kvs/{install_id}")).await
    }

    /// Deletes a stored record.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn forget(&self, install_id: &str, key: &str) -> Result<(), HarnessError> {
        let url = format!("{}/__emulator/kvs/{install_id}", self.url);
        self.http.delete(url).json(&json!({ "key": key })).send().await?.error_for_status()?;
        Ok(())
    }

    /// The app's log, and its violations of the platform's rules.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn log(&self) -> Result<Vec<Value>, HarnessError> {
        Ok(self.get("log").await?["entries"].as_array().cloned().unwrap_or_default())
    }

    /// The app's use of the platform since the last reset, per function (see forge-app/emulator/usage.ts).
    ///
    /// # Errors
    /// The control call fails.
    pub async fn usage(&self, install_id: &str) -> Result<Value, HarnessError> {
        Ok(self.get("usage").await?["installations"][install_id].clone())
    }

    /// Sets all counters of the usage to zero.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn reset_usage(&self) -> Result<(), HarnessError> {
        self.post("usage/reset", &json!({})).await.map(drop)
    }

    /// Switches the keeping of requests and of the log off, for runs of many thousand invocations.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn record_nothing(&self) -> Result<(), HarnessError> {
        self.post("recording", &json!({ "on": false })).await.map(drop)
    }

    /// Lets the platform's clock differ from the machine's by this much.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn skew_clock(&self, milliseconds: i64) -> Result<(), HarnessError> {
        self.fault(json!({ "target": "clock", "skewMs": milliseconds })).await
    }

    /// Waits until all queued product events are handled.
    ///
    /// # Errors
    /// The control call fails.
    pub async fn idle(&self) -> Result<(), HarnessError> {
        self.http.get(format!("{}/__emulator/idle", self.url)).send().await?;
        Ok(())
    }
}
