//! Plays a recorded scenario against a simulator and holds every answer and every webhook against the recording.

use std::{collections::HashMap, time::Duration};

use base64::Engine as _;
use devkit::{
    clock::{Clock, ManualClock},
    zammad_sim::ZammadSim,
};
use serde_json::{Map, Value, json};

use crate::{
    receiver::Receiver,
    unify::Symbols,
    wire::{self, Answer},
};

const ADMIN: (&str, &str) = ("admin@example.com", "Admin-Pw1");
const PASSWORD: &str = "Probe-Pw1Aa";
/// Headers that recordings show.
const SHOWN: [&str; 9] = [
    "content-type",
    "x-failure",
    "location",
    "www-authenticate",
    "content-disposition",
    "access-control-allow-origin",
    "access-control-allow-headers",
    "allow",
    "retry-after",
];

/// Receivers that fail; one change is sent to all of them, so their arrivals are looked at one after the other.
const FAILING: [&str; 5] = ["fail500", "fail404", "redirect302", "flaky", "redirect_target"];

/// Which paths a step of the recording listened at.
fn listens(step: &str, path: &str) -> bool {
    match step {
        "redirect_target" => path == "/target/retry",
        name if FAILING.contains(&name) => path == format!("/{name}/retry"),
        name if name.starts_with("selective_") => path == "/ok202/selective",
        name if name.starts_with("modes_") => path != "/ok/events" && path != "/ok202/selective",
        _ => path == "/ok/events",
    }
}

/// A simulator with the probe's people, and a receiver.
pub struct Player {
    pub sim: ZammadSim,
    pub clock: ManualClock,
    pub receiver: Receiver,
    symbols: Symbols,
    credentials: HashMap<String, String>,
}

/// What came of a scenario.
#[derive(Debug, Default)]
pub struct Result {
    pub equal: usize,
    pub left_out: usize,
    pub differences: Vec<String>,
}

fn basic(login: &str, password: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{login}:{password}")))
}

impl Player {
    /// Groups, people and tokens as the probe makes them.
    pub async fn start() -> Self {
        let clock = ManualClock::default();
        let sim = ZammadSim::builder().clock(clock.clone()).start().await.unwrap();
        let receiver = Receiver::start().await;
        let mut symbols = Symbols::default();
        for (symbol, value) in [
            ("<user:system>", "1"),
            ("<user:admin>", "3"),
            ("<role:Admin>", "1"),
            ("<role:Agent>", "2"),
            ("<role:Customer>", "3"),
            ("<group:Users>", "1"),
            ("<absent>", "99999999"),
            ("<ticket:1>", "1"),
            ("<admin>", ADMIN.0),
        ] {
            symbols.bind(symbol, value);
        }
        symbols.bind("<listener>", receiver.netloc.clone());
        for symbol in ["<zammad>", "<fqdn>"] {
            symbols.bind(symbol, sim.address().to_string());
        }
        let mut player = Self { sim, clock, receiver, symbols, credentials: HashMap::new() };
        player.people().await;
        player
    }

    async fn people(&mut self) {
        let url = self.sim.url.clone();
        let admin = basic(ADMIN.0, ADMIN.1);
        self.credentials.insert("basic:admin".into(), admin.clone());
        for group in ["a", "b", "list"] {
            let body = json!({"name": format!("probe-group-{group}"), "active": true});
            let made = wire::ask(&url, &admin, "POST", "/api/v1/groups", &body).await.json();
            self.symbols.bind(&format!("<group:{group}>"), made["id"].to_string());
        }
        for (label, role, groups) in [
            ("agent_a", "Agent", vec!["a"]),
            ("agent_b", "Agent", vec!["b"]),
            ("bot", "Agent", vec!["a", "b"]),
            ("lister", "Agent", vec!["list"]),
            ("customer_a", "Customer", vec![]),
            ("customer_b", "Customer", vec![]),
        ] {
            let login = format!("probe-{}@probe.invalid", label.replace('_', "-"));
            let last: String =
                label.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect::<Vec<_>>().join(" ");
            let groups: Map<String, Value> = groups
                .iter()
                .map(|group| (self.symbols.get(&format!("<group:{group}>")).unwrap().to_owned(), json!(["full"])))
                .collect();
            let body = json!({"login": login, "email": login, "firstname": "Probe", "lastname": last, "password": PASSWORD, "roles": [role], "group_ids": groups});
            let made = wire::ask(&url, &admin, "POST", "/api/v1/users", &body).await.json();
            self.symbols.bind(&format!("<user:{label}>"), made["id"].to_string());
            self.credentials.insert(format!("basic:{label}"), basic(&login, PASSWORD));
        }
        for (label, owner, permissions) in [
            ("admin", "admin", vec!["admin", "ticket.agent"]),
            ("bot", "bot", vec!["ticket.agent"]),
            ("agent_a", "agent_a", vec!["ticket.agent"]),
            ("agent_b", "agent_b", vec!["ticket.agent"]),
            ("lister", "lister", vec!["ticket.agent"]),
            ("limited", "bot", vec!["user_preferences.language"]),
        ] {
            let body = json!({"name": format!("probe-{label}"), "permission": permissions});
            let owner = self.credentials[&format!("basic:{owner}")].clone();
            let made = wire::ask(&url, &owner, "POST", "/api/v1/user_access_token", &body).await.json();
            let token = made["token"].as_str().unwrap().to_owned();
            self.credentials.insert(format!("token:{label}"), format!("Token token={token}"));
            self.symbols.bind(&format!("<token:{label}>"), token);
        }
        // In the recorded run the customer had logged in before, and an earlier scenario deleted a token of agent A, which touches its owner.
        let customer = self.credentials["basic:customer_a"].clone();
        wire::ask(&url, &customer, "GET", "/api/v1/users/me", &Value::Null).await;
        let agent = self.credentials["basic:agent_a"].clone();
        let made = wire::ask(
            &url,
            &agent,
            "POST",
            "/api/v1/user_access_token",
            &json!({"name": "gone", "permission": ["ticket.agent"]}),
        )
        .await;
        assert_eq!(made.status, 200);
        let id = self.sim.state().tokens.keys().last().copied().unwrap();
        wire::ask(&url, &agent, "DELETE", &format!("/api/v1/user_access_token/{id}"), &Value::Null).await;
    }

    /// Plays the steps of a recording, except those that `leave_out` names with a reason.
    pub async fn play(&mut self, recording: &str, leave_out: &[(&str, &str)]) -> Result {
        let steps: Vec<Value> = serde_json::from_str(recording).unwrap();
        let mut result = Result::default();
        for step in &steps {
            let name = step["step"].as_str().unwrap();
            let left_out = leave_out.iter().any(|(pattern, _)| {
                *pattern == name || pattern.strip_suffix('*').is_some_and(|start| name.starts_with(start))
            });
            let outcome =
                if step.get("requests").is_some() { self.deliveries(step).await } else { self.exchange(step).await };
            match outcome {
                _ if left_out => result.left_out += 1,
                Ok(()) => result.equal += 1,
                Err(difference) => result.differences.push(format!("{name}: {difference}")),
            }
        }
        result
    }

    async fn exchange(&mut self, step: &Value) -> std::result::Result<(), String> {
        let request = &step["request"];
        let answer = self.send(request).await?;
        let recorded = &step["response"];
        if recorded["status"] != answer.status {
            return Err(format!("status {} recorded, ours {}: {}", recorded["status"], answer.status, answer.text()));
        }
        self.headers(recorded["headers"].as_object().unwrap(), &answer)?;
        let outcome = self.body(&recorded["body"], &answer);
        // A token that was named is a credential from here on.
        if let Some(label) = recorded["body"]["token"].as_str().and_then(|text| text.strip_prefix("<token:")) {
            let token = format!("Token token={}", answer.json()["token"].as_str().unwrap_or_default());
            self.credentials.insert(format!("token:{}", label.trim_end_matches('>')), token);
        }
        outcome
    }

    async fn send(&self, request: &Value) -> std::result::Result<Answer, String> {
        let auth = request["auth"].as_str().unwrap();
        let mut headers = vec![("Accept".to_owned(), Some("application/json".to_owned()))];
        if auth != "none" {
            let known = self.credentials.get(auth).ok_or_else(|| format!("no credential {auth}"))?;
            headers.push(("Authorization".to_owned(), Some(known.clone())));
        }
        let body = match &request["body"] {
            Value::Null => Vec::new(),
            body => {
                headers.push(("Content-Type".to_owned(), Some("application/json".to_owned())));
                self.bytes(body)?
            }
        };
        for (name, value) in request["headers"].as_object().unwrap() {
            headers.retain(|(known, _)| known != name);
            let value = match value.as_str() {
                Some(text) => Some(self.symbols.fill(text.trim_start_matches("str:"))?),
                None => None,
            };
            let decoded = value.as_deref().and_then(|text| text.strip_prefix("Basic base64(")?.strip_suffix(')'));
            let value = match decoded {
                Some(text) if text.contains(':') => {
                    Some(format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text)))
                }
                Some(text) => Some(format!("Basic {text}")),
                None => value,
            };
            headers.push((name.clone(), value));
        }
        let headers: Vec<(&str, &str)> =
            headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.as_deref()?))).collect();
        let path = self.symbols.fill(request["path"].as_str().unwrap())?.replace(' ', "%20");
        let answer = wire::send(&self.sim.url, request["method"].as_str().unwrap(), &path, &headers, &body).await;
        answer.ok_or_else(|| "no answer".to_owned())
    }

    fn bytes(&self, body: &Value) -> std::result::Result<Vec<u8>, String> {
        if let Some(raw) = body.get("raw").and_then(Value::as_str) {
            let mut bytes = Vec::new();
            let mut rest = raw;
            while let Some((before, after)) = rest.split_once("\\x") {
                bytes.extend_from_slice(before.as_bytes());
                bytes.push(u8::from_str_radix(&after[..2], 16).unwrap());
                rest = &after[2..];
            }
            bytes.extend_from_slice(rest.as_bytes());
            return Ok(bytes);
        }
        if let Some(form) = body.get("form").and_then(Value::as_object) {
            let pairs = form.iter().map(|(name, value)| {
                Ok((name, self.symbols.fill(value.as_str().unwrap().trim_start_matches("str:"))?))
            });
            let pairs = pairs.collect::<std::result::Result<Vec<_>, String>>()?;
            return Ok(url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish().into_bytes());
        }
        Ok(self.symbols.fill_value(body)?.to_string().into_bytes())
    }

    fn headers(&mut self, recorded: &Map<String, Value>, answer: &Answer) -> std::result::Result<(), String> {
        for name in SHOWN {
            match (recorded.get(name).and_then(Value::as_str), answer.header(name)) {
                (Some(recorded), Some(ours)) => self.symbols.text(recorded, ours, name)?,
                (None, None) => {}
                (recorded, ours) => return Err(format!("{name}: recorded {recorded:?}, ours {ours:?}")),
            }
        }
        let csrf = if answer.header("csrf-token").is_some() { "yes" } else { "no" };
        if recorded["csrf-token"] != csrf {
            return Err(format!("csrf-token: recorded {}, ours {csrf}", recorded["csrf-token"]));
        }
        let cookies = recorded["set-cookie"].as_array().map_or(0, Vec::len);
        if cookies != usize::from(answer.header("set-cookie").is_some()) {
            return Err(format!("set-cookie: {cookies} recorded"));
        }
        Ok(())
    }

    fn body(&mut self, recorded: &Value, answer: &Answer) -> std::result::Result<(), String> {
        if let Some(bytes) = recorded.get("sha256").and(recorded.get("bytes")) {
            return if *bytes == answer.body.len() { Ok(()) } else { Err(format!("{bytes} bytes recorded")) };
        }
        if let Some(page) = recorded.get("html") {
            let text = answer.text();
            let has = |tag: &str| text.contains(&format!("<{tag}>{}</{tag}>", page[tag].as_str().unwrap_or_default()));
            return if has("title") && has("h1") { Ok(()) } else { Err(format!("{page} recorded, ours {text}")) };
        }
        match serde_json::from_slice::<Value>(&answer.body) {
            Ok(ours) => self.symbols.unify(recorded, &ours, "body"),
            Err(_) => self.symbols.text(recorded.as_str().unwrap_or("(no text)"), &answer.text(), "body"),
        }
    }

    /// Lets time pass until nothing waits, and holds what arrived against the recording.
    async fn deliveries(&mut self, step: &Value) -> std::result::Result<(), String> {
        let mut status = self.sim.delivery_status();
        loop {
            let now = *status
                .wait_for(|status| !status.sending && status.next_due.is_none_or(|due| due > self.clock.now()))
                .await
                .unwrap();
            match now.next_due {
                Some(due) => self.clock.advance(Duration::from_millis(u64::try_from(due - self.clock.now()).unwrap())),
                None => break,
            }
        }
        let recorded = step["requests"].as_array().unwrap();
        let name = step["step"].as_str().unwrap().trim_end_matches(".deliveries");
        let mut arrived = self.receiver.all();
        arrived.retain(|request| listens(name, request.path()));
        arrived.sort_by_key(|request| request.path().to_owned());
        if !FAILING.contains(&name) {
            self.receiver.take();
        }
        if arrived.len() != recorded.len() {
            return Err(format!("{} arrived, {} recorded", arrived.len(), recorded.len()));
        }
        let ids: std::collections::BTreeSet<_> =
            arrived.iter().filter_map(|request| request.header("X-Zammad-Delivery")).collect();
        if step["distinct_delivery_ids"] != ids.len() {
            return Err(format!("{} delivery ids", ids.len()));
        }
        for (recorded, ours) in recorded.iter().zip(&arrived) {
            if recorded["method"] != ours.method || recorded["signature"] != ours.signature("probe-signature") {
                return Err(format!("{} {}", ours.method, ours.signature("probe-signature")));
            }
            let shown: Map<String, Value> =
                ours.headers.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
            let mut wanted = recorded["headers"].clone();
            if let Some(decoded) =
                wanted["Authorization"].as_str().and_then(|text| text.strip_prefix("Basic base64(")?.strip_suffix(')'))
            {
                wanted["Authorization"] =
                    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(decoded)).into();
            }
            self.symbols.unify(&wanted, &Value::Object(shown), "headers")?;
            self.symbols.unify(&recorded["body"], &ours.json(), "body")?;
        }
        Ok(())
    }
}
