//! An issue's synced fields, and the prints by which a later write finds out whether they are still the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::limits::{
    DOCUMENT_BYTES, Invalid, KEY, LIST, NAME, TIME, TITLE, Validate, document, filled, listed, optional, within,
};
use crate::parts::{Author, wire};

wire! {
    /// An issue's synced fields as they are now.
    pub struct IssueSnapshot {
        /// Summary.
        pub summary: String,
        /// Status id.
        pub status_id: String,
        /// Status name.
        pub status: String,
        /// `new`, `indeterminate` or `done` (Jira's status category keys).
        pub status_category: String,
        /// Priority id; `None` where the project has none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub priority_id: Option<String>,
        /// Priority name.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub priority: Option<String>,
        /// Assignee; `None` if unassigned.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub assignee: Option<Author>,
        /// Reporter.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub reporter: Option<Author>,
        /// Labels.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub labels: Vec<String>,
        /// Mapped custom fields by Jira's field id, as Jira gives them.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub fields: BTreeMap<String, Value>,
        /// RFC 3339, or Jira's own `+0000` form.
        pub updated_at: String,
        /// Ids of the changelog entries that this snapshot is newer than.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub changelog_ids: Vec<String>,
    }
}

wire! {
    /// `data` of an accepted `field.apply`. A field of the message that is named in neither list holds what was asked for.
    pub struct FieldOutcome {
        /// The issue after the writes.
        pub snapshot: IssueSnapshot,
        /// What Jira does not take, each with the reason; the other fields were written all the same.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub refused: Vec<FieldRefusal>,
        /// What was not written because Jira's value was another than the plan knew; plan anew from the snapshot.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub stale: Vec<String>,
    }
}

wire! {
    /// A field that could not be written.
    pub struct FieldRefusal {
        /// Jira's field id; `status` for the status.
        pub field: String,
        /// `not-on-screen`, `no-permission`, `option-missing`, `no-path`, `field-required`, `jira-refused`.
        pub code: String,
        /// Which field, rule or status is in the way: ids and names of the workflow, never content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub detail: Option<String>,
    }
}

/// 16 hex digits that differ where two values differ: enough to notice a change, and nothing to read from.
#[must_use]
pub fn print(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string());
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        for half in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
        hex
    })
}

impl IssueSnapshot {
    /// The value of a field in the form that is compared: `summary`, `status` (its id), `priority` (its id), `assignee` and
    /// `reporter` (account ids), `labels` (sorted), or a custom field's id. Null where there is none.
    #[must_use]
    pub fn value(&self, field: &str) -> Value {
        let text = |text: Option<&String>| text.map_or(Value::Null, |text| Value::String(text.clone()));
        let account = |author: Option<&Author>| text(author.map(|author| &author.account_id));
        match field {
            "summary" => Value::String(self.summary.clone()),
            "status" => Value::String(self.status_id.clone()),
            "priority" => text(self.priority_id.as_ref()),
            "assignee" => account(self.assignee.as_ref()),
            "reporter" => account(self.reporter.as_ref()),
            "labels" => {
                let mut labels = self.labels.clone();
                labels.sort_unstable();
                Value::Array(labels.into_iter().map(Value::String).collect())
            }
            custom => self.fields.get(custom).cloned().unwrap_or_default(),
        }
    }

    /// [`print()`] of [`IssueSnapshot::value`].
    #[must_use]
    pub fn print(&self, field: &str) -> String {
        print(&self.value(field))
    }
}

impl Validate for IssueSnapshot {
    fn validate(&self) -> Result<(), Invalid> {
        within("summary", &self.summary, TITLE)?;
        within("statusId", &self.status_id, KEY)?;
        within("status", &self.status, NAME)?;
        within("statusCategory", &self.status_category, KEY)?;
        optional("priorityId", self.priority_id.as_ref(), KEY)?;
        optional("priority", self.priority.as_ref(), NAME)?;
        self.assignee.as_ref().map_or(Ok(()), Validate::validate)?;
        self.reporter.as_ref().map_or(Ok(()), Validate::validate)?;
        listed("labels", self.labels.len(), LIST)?;
        self.labels.iter().try_for_each(|label| within("labels", label, NAME))?;
        listed("fields", self.fields.len(), LIST)?;
        self.fields.iter().try_for_each(|(name, value)| {
            filled("fields", name, NAME)?;
            document("fields", value, DOCUMENT_BYTES / 10)
        })?;
        within("updatedAt", &self.updated_at, TIME)?;
        listed("changelogIds", self.changelog_ids.len(), LIST)
    }
}
