//! One change of an issue or a version, and the product event that reports it.

use serde_json::{Map, Value, json};

use super::{
    id::{APP_ACCOUNT, Id},
    render::{self, Wanted},
    site::State,
};

/// Fields of an issue that events carry.
const FIELDS: &str =
    "summary,status,issuetype,project,priority,assignee,reporter,creator,labels,created,updated,resolution";

/// One change that a request made.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// `avi:jira:updated:issue`.
    pub kind: &'static str,
    /// The issue as it was shown when it changed; null for a version.
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

    /// A change of a version, which is of no issue.
    pub fn of_version(kind: &'static str, version: Value) -> Self {
        Self { kind, issue: Value::Null, parts: Map::new() }.with("version", version)
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
        if !self.issue.is_null() {
            event.insert("issue".to_owned(), self.issue);
        }
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
