//! Service projects (Jira Service Management): which of their comments a customer may read.

use serde::{Deserialize, Serialize};

use crate::limits::{Invalid, KEY, LIST, Validate, max_items, non_empty};

/// Settings for service projects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(not(target_family = "wasm"), derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceProjects {
    /// Keys of the projects in which the comment of a public article is public too: it is shown in the portal and sent to
    /// the customer by e-mail. In all other projects every comment of the connector is internal.
    pub public_comments: Vec<String>,
}

impl Validate for ServiceProjects {
    fn validate(&self) -> Result<(), Invalid> {
        max_items("serviceProjects.publicComments", self.public_comments.len(), LIST)?;
        self.public_comments.iter().try_for_each(|key| non_empty("serviceProjects.publicComments", key, KEY))
    }
}
