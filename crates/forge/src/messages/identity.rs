//! `identity.upsert`: one pair of the identity map, confirmed by somebody on the Zammad side.

use schema::settings::Identity;
use schema::{IdentityUpsert, Validate};
use serde_json::Value;

use crate::json::json;

use super::{Answer, At, Stop};
use crate::config;
use crate::platform::Platform;

pub(super) async fn apply(at: &At<'_, impl Platform>, pair: &IdentityUpsert) -> Answer {
    // Not the one of this exchange: a neighbour may have written since.
    let before = config::load(at.platform).await?;
    let mut settings = before.settings.clone();
    let zammad = pair.person.id;
    let known = settings.people.iter().position(|known| known.zammad == zammad);
    match (known, pair.account_id.clone()) {
        (Some(at), Some(account_id)) => settings.people[at].account_id = account_id,
        (Some(at), None) => drop(settings.people.remove(at)),
        (None, Some(account_id)) => settings.people.push(Identity { zammad, account_id }),
        (None, None) => {}
    }
    if let Err(invalid) = settings.validate() {
        return Err(Stop::Rejected { code: "invalid", data: json!({ "field": invalid.field, "rule": invalid.rule }) });
    }
    if settings != before.settings {
        config::store(at.platform, &before, settings).await?;
    }
    Ok(Value::Null)
}
