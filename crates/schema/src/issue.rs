//! An issue's synced fields, and the fingerprints that show before a write whether a field has changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::jira_field::JiraField;
use crate::limits::{
    DOCUMENT_BYTES, Invalid, KEY, LIST, NAME, TIME, TITLE, Validate, max_chars, max_items, max_json_bytes, non_empty,
    optional_max_chars,
};
use crate::macros::wire;
use crate::parts::{Author, NamedText};

wire! {
    /// The current values of an issue's synced fields.
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
        /// Labels, at most 200. If there are more, those with the configured prefix come first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub labels: Vec<String>,
        /// Whether the issue has more labels than the snapshot: a label that is missing here may be on the issue.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        pub labels_truncated: bool,
        /// Resolution; `None` if unresolved.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub resolution: Option<NamedText>,
        /// The versions in which the issue is fixed.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub fix_versions: Vec<FixVersion>,
        /// Mapped custom fields by Jira's field id, in the form of Jira's API.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        pub fields: BTreeMap<String, Value>,
        /// Jira's time of the last change: RFC 3339, or with Jira's `+0000` offset.
        pub updated_at: String,
        /// Ids of changelog entries that are included in this snapshot.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub changelog_ids: Vec<String>,
    }
}

wire! {
    /// A version of a project.
    pub struct FixVersion {
        /// Jira's version id.
        pub id: String,
        /// Name.
        pub name: String,
        /// Whether it is released.
        pub released: bool,
        /// Date of the release, planned or past: `2026-12-24`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub release_date: Option<String>,
    }
}

wire! {
    /// `data` of an accepted `field.apply`. A field of the message that is in neither list has the requested value.
    pub struct FieldOutcome {
        /// The issue after the writes.
        pub snapshot: IssueSnapshot,
        /// Fields that Jira refused, each with the reason; the other fields are written.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub refused: Vec<FieldRefusal>,
        /// Fields that were not written because Jira's value differed from `expected`; merge them again with the snapshot.
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
        /// The field, transition or status that prevents the write: ids and names of the workflow, never content.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub detail: Option<String>,
    }
}

/// Returns 16 hex digits of the value's SHA-256: equal for equal values, different for different ones, and not reversible.
#[must_use]
pub fn fingerprint<T: Serialize + ?Sized>(value: &T) -> String {
    /// Hashes what is written, so that the JSON of a large value is never in memory.
    struct Hasher(Sha256);

    impl std::io::Write for Hasher {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.update(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let mut hasher = Hasher(Sha256::new());
    // The hasher takes everything, and the values have only keys that JSON allows.
    let _ = serde_json::to_writer(&mut hasher, value);
    let digest = hasher.0.finalize();
    digest.iter().take(8).fold(String::new(), |mut hex, byte| {
        for half in [byte >> 4, byte & 15] {
            hex.push(char::from_digit(u32::from(half), 16).unwrap_or('0'));
        }
        hex
    })
}

impl IssueSnapshot {
    /// Returns the value of a field in the form that is compared: ids of status and priority, account ids of people, sorted
    /// labels, and custom fields as Jira's API has them. Null if the field is empty.
    #[must_use]
    pub fn value(&self, field: JiraField<'_>) -> Value {
        let text = |text: Option<&String>| text.map_or(Value::Null, |text| Value::String(text.clone()));
        let account = |author: Option<&Author>| text(author.map(|author| &author.account_id));
        match field {
            JiraField::Summary => Value::String(self.summary.clone()),
            JiraField::Status => Value::String(self.status_id.clone()),
            JiraField::Priority => text(self.priority_id.as_ref()),
            JiraField::Assignee => account(self.assignee.as_ref()),
            JiraField::Reporter => account(self.reporter.as_ref()),
            JiraField::Labels => {
                let mut labels = self.labels.clone();
                labels.sort_unstable();
                Value::Array(labels.into_iter().map(Value::String).collect())
            }
            JiraField::Custom(id) => self.fields.get(id).cloned().unwrap_or_default(),
        }
    }

    /// Returns the [`fingerprint()`] of [`IssueSnapshot::value`].
    #[must_use]
    pub fn fingerprint(&self, field: JiraField<'_>) -> String {
        fingerprint(&self.value(field))
    }
}

impl Validate for IssueSnapshot {
    fn validate(&self) -> Result<(), Invalid> {
        max_chars("summary", &self.summary, TITLE)?;
        max_chars("statusId", &self.status_id, KEY)?;
        max_chars("status", &self.status, NAME)?;
        max_chars("statusCategory", &self.status_category, KEY)?;
        optional_max_chars("priorityId", self.priority_id.as_ref(), KEY)?;
        optional_max_chars("priority", self.priority.as_ref(), NAME)?;
        self.assignee.as_ref().map_or(Ok(()), Validate::validate)?;
        self.reporter.as_ref().map_or(Ok(()), Validate::validate)?;
        max_items("labels", self.labels.len(), LIST)?;
        self.labels.iter().try_for_each(|label| max_chars("labels", label, NAME))?;
        self.resolution.as_ref().map_or(Ok(()), Validate::validate)?;
        max_items("fixVersions", self.fix_versions.len(), LIST)?;
        self.fix_versions.iter().try_for_each(|version| {
            non_empty("fixVersions.id", &version.id, KEY)?;
            max_chars("fixVersions.name", &version.name, NAME)?;
            optional_max_chars("fixVersions.releaseDate", version.release_date.as_ref(), TIME)
        })?;
        max_items("fields", self.fields.len(), LIST)?;
        self.fields.iter().try_for_each(|(name, value)| {
            non_empty("fields", name, NAME)?;
            max_json_bytes("fields", value, DOCUMENT_BYTES / 10)
        })?;
        max_chars("updatedAt", &self.updated_at, TIME)?;
        max_items("changelogIds", self.changelog_ids.len(), LIST)
    }
}
