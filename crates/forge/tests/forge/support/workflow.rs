//! The statuses of the small Jira, and the transitions between them.

use serde_json::{Value, json};

/// One transition of the workflow.
#[derive(Clone, Debug)]
pub(crate) struct TransitionRule {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) needs: Vec<String>,
    /// Fields that may be set.
    pub(crate) takes: Vec<String>,
    /// Not offered to the app.
    pub(crate) hidden: bool,
    /// Offered, but refused by a validator.
    pub(crate) refused: bool,
}

pub(crate) fn rule(from: &str, to: &str) -> TransitionRule {
    TransitionRule { from: from.into(), to: to.into(), needs: vec![], takes: vec![], hidden: false, refused: false }
}

pub(crate) fn status(id: &str) -> Value {
    let category = match id.as_bytes()[0] {
        b'n' => "new",
        b'd' => "done",
        _ => "indeterminate",
    };
    json!({ "id": id, "name": format!("Status {id}"), "statusCategory": { "key": category } })
}
