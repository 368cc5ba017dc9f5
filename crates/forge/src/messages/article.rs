//! `article.added`: one comment on each linked issue, exactly once.

use schema::{ArticleContent, Message};
use serde_json::{Value, json};

use super::Effect;
use crate::issue::{self, Outcome};
use crate::links::Linked;
use crate::platform::Platform;
use crate::{adf, links};

pub(super) async fn apply(
    platform: &impl Platform,
    message: &Message,
    article: &ArticleContent,
    interrupted: bool,
) -> Effect {
    let links = match links::of_ticket(platform, message.ticket_id.unwrap_or_default()).await {
        Ok(links) => links,
        Err(error) => return error.into(),
    };
    if links.is_empty() {
        return Effect::Rejected("not-linked");
    }
    let mut comments = Vec::new();
    for link in &links {
        // After an interruption, and once one comment is there, nothing may be written before looking.
        let look_first = interrupted || !comments.is_empty();
        match comment_once(platform, message, article, link, look_first).await {
            Ok(comment_id) => comments.push(json!({ "issueId": link.issue_id, "commentId": comment_id })),
            // The claim stays with `Unsure`, so a retry looks for what the other issues already have.
            Err(Effect::Later { after_ms, code }) if look_first => return Effect::Unsure { after_ms, code },
            Err(effect) => return effect,
        }
    }
    Effect::Applied(json!({ "comments": comments }))
}

async fn comment_once(
    platform: &impl Platform,
    message: &Message,
    article: &ArticleContent,
    link: &Linked,
    look_first: bool,
) -> Result<String, Effect> {
    let message_id = message.id.to_string();
    if look_first && let Some(comment_id) = find(platform, &link.issue_id, &message_id).await? {
        return Ok(comment_id);
    }
    let mark = json!({ "message": message_id, "ticket": link.ticket_id, "article": article.article_id });
    match issue::add_comment(platform, &link.issue_id, adf::comment(article, link), mark).await {
        Outcome::Ok(comment) => {
            comment["id"].as_str().map(str::to_owned).ok_or(Effect::Unsure { after_ms: 5_000, code: "jira-unreadable" })
        }
        // A limit is refused before anything is written; anything else that failed may have been written.
        Outcome::Later { after_ms, code: code @ "jira-limited" } => Err(Effect::Later { after_ms, code }),
        Outcome::Later { after_ms, code } => Err(Effect::Unsure { after_ms, code }),
        Outcome::Gone => Err(Effect::Rejected("issue-gone")),
        Outcome::Refused(code) => Err(Effect::Rejected(code)),
    }
}

/// The comment that carries this message's mark.
async fn find(platform: &impl Platform, issue_id: &str, message_id: &str) -> Result<Option<String>, Effect> {
    match issue::newest_comments(platform, issue_id).await {
        Outcome::Ok(page) => {
            let comments = page["comments"].as_array().cloned().unwrap_or_default();
            let ours = |comment: &&Value| issue::mark_of(comment).is_some_and(|mark| mark["message"] == message_id);
            Ok(comments.iter().find(ours).and_then(|comment| comment["id"].as_str()).map(str::to_owned))
        }
        Outcome::Gone => Err(Effect::Rejected("issue-gone")),
        Outcome::Later { after_ms, code } => Err(Effect::Unsure { after_ms, code }),
        Outcome::Refused(code) => Err(Effect::Rejected(code)),
    }
}
