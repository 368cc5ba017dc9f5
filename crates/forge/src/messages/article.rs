//! Articles: one comment on each linked issue, which follows its article.

use schema::{ArticleAnswer, ArticleContent, ArticleRemoved, CommentRef};
use serde_json::Value;

use crate::json::json;

use super::comment::{self, PerIssue};
use super::{Answer, At, Stop};
use crate::adf;
use crate::files::{self, File};
use crate::jira::{self, Failed};
use crate::links::Linked;
use crate::platform::Platform;

/// What is written for an article on one issue.
struct Text {
    document: Value,
    /// Without pictures, where Jira does not take it with them.
    plain: Option<Value>,
}

pub(super) async fn added(at: &At<'_, impl Platform>, article: &ArticleContent) -> Answer {
    let links = comment::links_among(at, &article.issues).await?;
    let files = files_of(at, article).await?;
    let mut comments = PerIssue::new();
    for link in &links {
        let Text { document, plain } = text(at.platform, article, link, &files).await?;
        let written = comment::once(at, &link.issue_id, Some(article.article_id), document, plain).await;
        comments.take(written.map(|comment_id| CommentRef { issue_id: link.issue_id.clone(), comment_id }))?;
    }
    Ok(json!(ArticleAnswer { comments: comments.done()? }))
}

/// Gives the comments that an article became its new text. One that is gone, or is none of ours, is left out of the answer.
pub(super) async fn changed(at: &At<'_, impl Platform>, article: &ArticleContent) -> Answer {
    let links = comment::links_of(at).await?;
    let files = files_of(at, article).await?;
    let mut comments = Vec::new();
    for known in &article.comments {
        let Some(link) = ours(at, &links, known).await? else { continue };
        let Text { document, plain } = text(at.platform, article, link, &files).await?;
        let (issue_id, comment_id) = (&known.issue_id, &known.comment_id);
        let mut written = jira::edit_comment(at.platform, issue_id, comment_id, document).await;
        if let (Err(Failed::Refused { status: 400, .. }), Some(plain)) = (&written, plain) {
            written = jira::edit_comment(at.platform, issue_id, comment_id, plain).await;
        }
        match written {
            Ok(_) => comments.push(known.clone()),
            Err(Failed::Gone) => {}
            Err(failed) => return Err(failed.into()),
        }
    }
    Ok(json!(ArticleAnswer { comments }))
}

pub(super) async fn removed(at: &At<'_, impl Platform>, article: &ArticleRemoved) -> Answer {
    let links = comment::links_of(at).await?;
    let mut comments = Vec::new();
    for known in &article.comments {
        let Some(link) = ours(at, &links, known).await? else { continue };
        let (issue_id, comment_id) = (&known.issue_id, &known.comment_id);
        let done = if article.delete {
            jira::delete_comment(at.platform, issue_id, comment_id).await
        } else {
            let text = format!("Article #{} is no longer shown here. ", article.article_id);
            jira::edit_comment(at.platform, issue_id, comment_id, adf::line(&text, link, "")).await
        };
        match done {
            Ok(_) => comments.push(known.clone()),
            Err(Failed::Gone) => {}
            Err(failed) => return Err(failed.into()),
        }
    }
    Ok(json!(ArticleAnswer { comments }))
}

/// The link whose issue has this comment, if the comment is one that we wrote: what a person wrote is never touched.
async fn ours<'l>(
    at: &At<'_, impl Platform>,
    links: &'l [Linked],
    known: &CommentRef,
) -> Result<Option<&'l Linked>, Stop> {
    let Some(link) = links.iter().find(|link| link.issue_id == known.issue_id) else { return Ok(None) };
    match jira::comment(at.platform, &known.issue_id, &known.comment_id).await {
        Ok(comment) => Ok(jira::mark_of(&comment).map(|_| link)),
        Err(Failed::Gone) => Ok(None),
        Err(failed) => Err(failed.into()),
    }
}

/// The files that an article shows, as far as they travelled.
async fn files_of(at: &At<'_, impl Platform>, article: &ArticleContent) -> Result<Vec<File>, Stop> {
    let mut found: Vec<File> = Vec::new();
    for number in article.document.as_ref().map(adf::files_in).unwrap_or_default() {
        if found.iter().all(|file| file.number != number) {
            found.extend(files::of(at.platform, at.ticket_id(), number).await?);
        }
    }
    Ok(found)
}

async fn text(platform: &impl Platform, article: &ArticleContent, link: &Linked, files: &[File]) -> Result<Text, Stop> {
    let Some(document) = &article.document else {
        return Ok(Text { document: adf::notice(article, link), plain: None });
    };
    let mut known = Vec::new();
    for file in files.iter().filter(|file| file.issue_id == link.issue_id) {
        if let Some(id) = files::media_id_of(platform, &file.attachment_id).await? {
            known.push((file.number, id));
        }
    }
    let url = article.url.as_deref().unwrap_or(&link.ticket_url);
    let with = |media: adf::Media<'_>| {
        let mut document = document.clone();
        adf::with_media(&mut document, media, url);
        document
    };
    let media = |number| known.iter().find(|(known, _)| *known == number).map(|(_, id)| id.clone());
    let plain = (!known.is_empty()).then(|| with(&|_| None));
    Ok(Text { document: with(&media), plain })
}
