//! Product events: what Forge would tell the app of a change, made at the change, sent by one background worker.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{
    render::{self, Wanted},
    server::Shared,
    site::{APP_ACCOUNT, Id, State},
};
use crate::outgoing;

/// Fields of an issue that events carry.
const FIELDS: &str =
    "summary,status,issuetype,project,priority,assignee,reporter,creator,labels,created,updated,resolution";

/// One change that a request made.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// `avi:jira:updated:issue`.
    pub kind: &'static str,
    /// The issue as it was shown when it changed.
    pub issue: Value,
    /// Further parts: `changelog`, `comment`, `attachment`.
    pub parts: Map<String, Value>,
}

impl Change {
    /// A change of an issue that is still there.
    pub fn of(state: &State, kind: &'static str, issue: Id) -> Option<Self> {
        let wanted = Wanted::new(&[FIELDS.to_owned()], &[]);
        let row = state.issues.get(&issue)?;
        let mut shown = render::issue(state, row, APP_ACCOUNT, &wanted);
        shown.remove("expand");
        Some(Self { kind, issue: Value::Object(shown), parts: Map::new() })
    }

    /// With one more part.
    pub fn with(mut self, name: &str, part: Value) -> Self {
        self.parts.insert(name.to_owned(), part);
        self
    }

    /// The same change under another name.
    pub fn called(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    /// The event as the app gets it.
    pub fn event(self, actor: &str) -> Value {
        let mut event = self.parts;
        event.insert("eventType".to_owned(), self.kind.into());
        event.insert("issue".to_owned(), self.issue);
        event.insert("atlassianId".to_owned(), actor.into());
        event.insert("selfGenerated".to_owned(), (actor == APP_ACCOUNT).into());
        Value::Object(event)
    }
}

/// One entry of a changelog.
pub(super) fn changed(field: &str, from: (Value, Value), to: (Value, Value)) -> Value {
    json!({"field": field, "fieldId": field, "fieldtype": "jira", "from": from.0, "fromString": from.1, "to": to.0,
           "toString": to.1})
}

/// The worker: one event after the other, to every sink in turn. Ends with the simulator.
pub(super) async fn work(shared: Arc<Shared>) {
    let mut client = None;
    loop {
        let event = shared.outbox.next(&*shared.clock).await;
        while let Some(until) = shared.away_until() {
            shared.clock.sleep_until(until).await;
        }
        let sinks = shared.state().sinks.clone();
        if client.is_none() {
            client = outgoing::client(shared.sink_timeout).ok();
        }
        for sink in sinks {
            if let Some(client) = &client {
                // Events are sent once: the platform promises no more, and neither do we.
                let _ = client.post(&sink).json(&event).send().await;
            }
        }
        shared.outbox.done(None);
    }
}
