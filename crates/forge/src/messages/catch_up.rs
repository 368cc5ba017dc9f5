//! What people wrote on an issue while nobody told: events may be lost (docs/platforms/forge.md §2.4), so the sidecar asks now
//! and then. Nothing restricted, nothing of ours and nothing from before the link is told.

use schema::{CatchUp, Command, UnixMs};
use serde_json::Value;

use super::{At, Stop};
use crate::issue::{Issue, text};
use crate::platform::Platform;
use crate::{events, files, jira, links, time};

/// Room for comments in one answer; what does not fit is told the next time.
const LARGEST: usize = 1_000_000;

pub(super) async fn since(at: &At<'_, impl Platform>, issue: &Issue, since: &str) -> Result<Option<CatchUp>, Stop> {
    let Some(asked) = time::instant(since) else { return Ok(None) };
    // Only of an issue that is linked to this very ticket: nobody else's comments are any of its business.
    let links = links::of_issue(at.platform, &issue.id).await?;
    let Some(link) = links.iter().find(|link| Some(link.ticket_id) == at.message.ticket_id) else { return Ok(None) };
    let settings = &at.config.settings;
    let is_new = |created: &Value, changed: &Value| is_since(created, link.linked_at) && is_since(changed, asked);
    let mut told: Vec<(UnixMs, String, Command)> = Vec::new();
    let mut all_comments = None;
    if settings.comments.to_zammad {
        let page = jira::newest_comments(at.platform, &issue.id).await?;
        let shown: Vec<&Value> = page["comments"].as_array().into_iter().flatten().collect();
        let may_be_told = |comment: &&&Value| jira::mark_of(comment).is_none() && comment["visibility"].is_null();
        if page["total"].as_u64().is_some_and(|total| total <= shown.len() as u64) {
            all_comments = Some(shown.iter().filter(may_be_told).map(|comment| text(&comment["id"])).collect());
        }
        for comment in shown.iter().filter(may_be_told) {
            if is_new(&comment["created"], &comment["updated"]) {
                let updated = text(&comment["updated"]);
                let command = events::comment_command(at.platform, link, &issue.key, comment);
                told.push((time::instant(&updated).unwrap_or_default(), updated, command));
            }
        }
    }
    if settings.attachments.direction.to_zammad() {
        for file in files::on_issue(at.platform, &issue.id).await? {
            let created = text(&file["created"]);
            if is_new(&file["created"], &file["created"]) && !files::is_own(at.platform, &text(&file["id"])).await? {
                let command = events::file_command(at.platform, link, &issue.key, &file);
                told.push((time::instant(&created).unwrap_or_default(), created, command));
            }
        }
    }
    told.sort_by_key(|(when, _, _)| *when);
    let (mut commands, mut until, mut size) = (Vec::new(), since.to_owned(), 0);
    for (_, when, command) in told {
        size += serde_json::to_string(&command).map_or(0, |json| json.len());
        if size > LARGEST && !commands.is_empty() {
            break;
        }
        until = when;
        commands.push(command);
    }
    Ok(Some(CatchUp { commands, all_comments, until }))
}

fn is_since(value: &Value, since: UnixMs) -> bool {
    time::instant(&text(value)).is_some_and(|at| at >= since)
}
