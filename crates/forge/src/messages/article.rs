//! `article.added`, `article.changed` and `article.removed`: one comment per target issue, kept in step with its article.

use schema::codes::NOT_LINKED;
use schema::{ArticleAnswer, ArticleContent, ArticleRemoved, CommentRef, FileRef, RefFailure};
use serde_json::Value;

use super::comment::{self, NewComment, PerIssue};
use super::context::{Answer, MessageContext, NotApplied};
use super::erase;
use crate::files::{self, File};
use crate::jira::{self, JiraError};
use crate::json::json;
use crate::links::Link;
use crate::platform::Platform;
use crate::{adf, comments, service};

/// The comment of an article on one issue.
struct CommentText {
    document: Value,
    /// The same document without pictures, if Jira refuses the one with pictures.
    plain: Option<Value>,
}

pub(super) async fn added(context: &MessageContext<'_, impl Platform>, article: &ArticleContent) -> Answer {
    let links = comment::links_among(context, &article.issues).await?;
    let files = files_of(context, article).await?;
    let mut comments = PerIssue::new();
    for link in &links {
        comments.add(RefFailure::of_issue(&link.issue_id), add(context, article, link, &files).await)?;
    }
    let (comments, failed) = comments.finish(article.again)?;
    Ok(json!(ArticleAnswer { comments, failed }))
}

async fn add(
    context: &MessageContext<'_, impl Platform>,
    article: &ArticleContent,
    link: &Link,
    files: &[File],
) -> Result<CommentRef, NotApplied> {
    let CommentText { document, plain } = text(context.platform, article, link, files).await?;
    let internal = is_internal(context, article, link).await?;
    let comment = NewComment { document, plain, article_id: Some(article.article_id), internal, is_history: false };
    let comment_id = comment::write_once(context, &link.issue_id, comment).await?;
    Ok(CommentRef { issue_id: link.issue_id.clone(), comment_id })
}

/// Replaces the text of an article's comments. The answer lists only comments that exist and that the connector wrote.
pub(super) async fn changed(context: &MessageContext<'_, impl Platform>, article: &ArticleContent) -> Answer {
    let links = comment::links_of(context).await?;
    let files = files_of(context, article).await?;
    let mut changed = PerIssue::new();
    for known in &article.comments {
        changed.add(RefFailure::of_comment(known), change(context, &links, article, &files, known).await)?;
    }
    for (part, result) in hide_files(context, &links, &article.files).await? {
        changed.add(part, result.map(|()| None))?;
    }
    let (changed, failed) = changed.finish(article.again)?;
    Ok(json!(ArticleAnswer { comments: changed.into_iter().flatten().collect(), failed }))
}

/// Deletes the files of an article that has become internal, where customers would see them: on issues of service projects.
async fn hide_files(
    context: &MessageContext<'_, impl Platform>,
    links: &[Link],
    files: &[FileRef],
) -> Result<Vec<(RefFailure, Result<(), NotApplied>)>, NotApplied> {
    let (mut done, mut hidden) = (Vec::new(), Vec::new());
    for link in links {
        let of_issue = || files.iter().filter(|file| file.issue_id == link.issue_id);
        if of_issue().next().is_none() {
            continue;
        }
        match service::allows_file(context.platform, context.config, link, true).await {
            Ok(true) => {}
            Ok(false) => hidden.extend(of_issue().cloned()),
            Err(error) => done.push((RefFailure::of_issue(&link.issue_id), Err(error.into()))),
        }
    }
    done.extend(erase::files(context, &hidden).await?);
    Ok(done)
}

/// Replaces the text of one comment; `None` if it does not exist or if a person wrote it.
async fn change(
    context: &MessageContext<'_, impl Platform>,
    links: &[Link],
    article: &ArticleContent,
    files: &[File],
    known: &CommentRef,
) -> Result<Option<CommentRef>, NotApplied> {
    let Some((link, comment)) = own_comment(context, links, known).await? else { return Ok(None) };
    let internal = is_internal(context, article, link).await?;
    let CommentText { document, plain } = text(context.platform, article, link, files).await?;
    let mut written = comments::edit(context.platform, &link.issue_id, &comment, document, internal).await;
    if let (Err(JiraError::Refused { status: 400, .. }), Some(plain)) = (&written, plain) {
        written = comments::edit(context.platform, &link.issue_id, &comment, plain, internal).await;
    }
    written?;
    Ok(Some(known.clone()))
}

pub(super) async fn removed(context: &MessageContext<'_, impl Platform>, article: &ArticleRemoved) -> Answer {
    let links = comment::links_of(context).await?;
    let mut removed = PerIssue::new();
    for known in &article.comments {
        removed.add(RefFailure::of_comment(known), remove(context, &links, article, known).await)?;
    }
    for (part, result) in erase::files(context, &article.files).await? {
        removed.add(part, result.map(|()| None))?;
    }
    let (removed, failed) = removed.finish_with_failures()?;
    Ok(json!(ArticleAnswer { comments: removed.into_iter().flatten().collect(), failed }))
}

/// Deletes one comment or replaces its text; `None` if it does not exist.
async fn remove(
    context: &MessageContext<'_, impl Platform>,
    links: &[Link],
    article: &ArticleRemoved,
    known: &CommentRef,
) -> Result<Option<CommentRef>, NotApplied> {
    let link = links.iter().find(|link| link.issue_id == known.issue_id);
    let link = link.ok_or(NotApplied::rejected(NOT_LINKED))?;
    let Some(comment) = comment::read_own(context, known).await? else { return Ok(None) };
    let done = if article.delete {
        comments::delete(context.platform, &known.issue_id, &known.comment_id).await
    } else {
        let text = format!("Article #{} is no longer shown here. ", article.article_id);
        comments::edit(context.platform, &known.issue_id, &comment, adf::sentence(&text, link, ""), true).await
    };
    match done {
        Ok(_) => Ok(Some(known.clone())),
        // The comment was deleted meanwhile, or the app cannot see the issue any more.
        Err(JiraError::NotFound) => Ok(jira::key_of(context.platform, &known.issue_id).await.map(|_| None)?),
        Err(error) => Err(error.into()),
    }
}

/// Whether the comment of an article is hidden from the customer of a service project. A notice without the article's text is
/// for agents only.
async fn is_internal(
    context: &MessageContext<'_, impl Platform>,
    article: &ArticleContent,
    link: &Link,
) -> Result<bool, NotApplied> {
    if article.internal || article.notice || article.document.is_none() {
        return Ok(true);
    }
    Ok(!service::allows_public(context.platform, context.config, link).await?)
}

/// Returns a comment with the link of its issue, if the connector wrote the comment. Comments of people are never changed.
async fn own_comment<'l>(
    context: &MessageContext<'_, impl Platform>,
    links: &'l [Link],
    known: &CommentRef,
) -> Result<Option<(&'l Link, Value)>, NotApplied> {
    let Some(link) = links.iter().find(|link| link.issue_id == known.issue_id) else { return Ok(None) };
    match comment::read_own(context, known).await {
        Err(NotApplied::Rejected { .. }) => Ok(None),
        other => Ok(other?.map(|comment| (link, comment))),
    }
}

/// Returns the attachments of the files that an article shows, as far as they were sent.
async fn files_of(
    context: &MessageContext<'_, impl Platform>,
    article: &ArticleContent,
) -> Result<Vec<File>, NotApplied> {
    let mut files: Vec<File> = Vec::new();
    for number in article.document.as_ref().map(adf::files_in).unwrap_or_default() {
        if files.iter().all(|file| file.number != number) {
            files.extend(files::of(context.platform, context.ticket_id(), number).await?);
        }
    }
    Ok(files)
}

async fn text(
    platform: &impl Platform,
    article: &ArticleContent,
    link: &Link,
    files: &[File],
) -> Result<CommentText, NotApplied> {
    let Some(document) = &article.document else {
        return Ok(CommentText { document: adf::notice(article, link), plain: None });
    };
    let mut known = Vec::new();
    for file in files.iter().filter(|file| file.issue_id == link.issue_id) {
        if let Some(id) = files::media_id_of(platform, &file.attachment_id).await? {
            known.push((file.number, id));
        }
    }
    let url = article.url.as_deref().unwrap_or(&link.ticket_url);
    let with_files = |media: adf::Media<'_>| {
        let mut document = document.clone();
        adf::with_media(&mut document, media, url);
        document
    };
    let media = |number| known.iter().find(|(known, _)| *known == number).map(|(_, id)| id.clone());
    let plain = (!known.is_empty()).then(|| with_files(&|_| None));
    Ok(CommentText { document: with_files(&media), plain })
}
