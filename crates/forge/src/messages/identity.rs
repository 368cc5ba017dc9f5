//! `identity.upsert`: adds, changes or removes one pair of the identity map, as confirmed by an agent.

use schema::settings::Identity;
use schema::{IdentityUpsert, Validate};
use serde_json::Value;

use super::context::{Answer, MessageContext, NotApplied};
use crate::config;
use crate::json::json;
use crate::platform::Platform;

pub(super) async fn apply(context: &MessageContext<'_, impl Platform>, pair: &IdentityUpsert) -> Answer {
    // Read again, because another message of this exchange may have changed the settings.
    let before = config::load(context.platform).await?;
    let mut settings = before.settings.clone();
    let zammad = pair.person.id;
    let index = settings.people.iter().position(|pair| pair.zammad == zammad);
    match (index, pair.account_id.clone()) {
        (Some(index), Some(account_id)) => settings.people[index].account_id = account_id,
        (Some(index), None) => drop(settings.people.remove(index)),
        (None, Some(account_id)) => settings.people.push(Identity { zammad, account_id }),
        (None, None) => {}
    }
    if let Err(invalid) = settings.validate() {
        return Err(NotApplied::Rejected {
            code: "invalid",
            data: json!({ "field": invalid.field, "rule": invalid.rule }),
        });
    }
    if settings != before.settings {
        config::store(context.platform, &before, settings).await?;
    }
    Ok(Value::Null)
}
