//! The content that a new link would share, shown before it is made. Read from the settings, and from what the sidecar said about itself.

use schema::settings::Direction;
use serde_json::Value;

use crate::join::join;
use crate::json::json;
use crate::platform::Platform;
use crate::{config, contact};

/// Returns `{comments: {toJira, history, toZammad}, files: {direction, maxBytes}, fields: [{name, direction}], sidecar}`. The UI says
/// it in words.
///
/// # Errors
/// Storage does not answer.
pub(super) async fn answer(platform: &impl Platform) -> Result<Value, &'static str> {
    let (config, contact) = join(config::load(platform), contact::read(platform)).await;
    let (Ok(config), Ok(contact)) = (config, contact) else { return Err("unavailable") };
    let settings = &config.settings;
    let fields = &settings.fields;
    let named = [
        ("title", fields.title.direction),
        ("state", fields.state.direction),
        ("priority", fields.priority.direction),
        ("owner", fields.owner.direction),
        ("customer", fields.customer.direction),
        ("tags", fields.tags.direction),
    ];
    let custom = fields.custom.iter().map(|field| ("custom", field.direction));
    let shared = named.into_iter().chain(custom).filter(|(_, direction)| *direction != Direction::Off);
    let comments = &settings.comments;
    Ok(json!({
        "comments": json!({
            "toJira": comments.to_jira, "history": comments.history, "toZammad": comments.to_zammad,
        }),
        "files": json!({ "direction": settings.attachments.direction, "maxBytes": settings.attachments.max_bytes }),
        "fields": shared.map(|(name, direction)| json!({ "name": name, "direction": direction })).collect::<Vec<_>>(),
        "sidecar": contact.json(platform.now()),
    }))
}
