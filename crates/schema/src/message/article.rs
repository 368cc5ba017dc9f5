//! Messages about articles and their files.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::is_false;
use crate::macros::wire;
use crate::parts::{AttachmentNotice, CommentRef, FileRef, Part};

wire! {
    /// An article in the form of its comment.
    pub struct ArticleContent {
        /// Zammad's article id.
        pub article_id: u64,
        /// Not visible to the customer.
        pub internal: bool,
        /// RFC 3339.
        pub created_at: String,
        /// The whole comment as an Atlassian document, with its head line, at most 32,767 characters as JSON. A media node
        /// with the id `zammad-<attachment id>` stands for a file that was sent before. Never set in privacy mode; Forge then
        /// writes a notice.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub document: Option<Value>,
        /// The document only says that there is an article, whose text is not sent. Such a comment is never shown to customers.
        #[serde(default, skip_serializing_if = "is_false")]
        pub notice: bool,
        /// The part of the article, if it was split.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub part: Option<Part>,
        /// Number of files of the article.
        pub attachment_count: u32,
        /// URL of the article in Zammad.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub url: Option<String>,
        /// Jira's numeric ids of the target issues: those whose primary ticket is this one.
        pub issues: Vec<String>,
        /// For `article.changed`: the comments that were written for this part.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub comments: Vec<CommentRef>,
        /// For `article.changed` of an article that has become internal: the files that were added for it. Those on issues of
        /// service projects are deleted, since the portal shows every attachment to the customer.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub files: Vec<FileRef>,
        /// Sent again for issues that could not be written before: a failure is answered and does not wait, so that the ticket's
        /// other messages go on.
        #[serde(default, skip_serializing_if = "is_false")]
        pub again: bool,
    }
}

impl ArticleContent {
    /// Number of the part, from 1; an article that was not split has one part.
    #[must_use]
    pub fn part_number(&self) -> u32 {
        self.part.as_ref().map_or(1, |part| part.number)
    }
}

wire! {
    /// An article that was deleted, or that the comment policy no longer allows.
    pub struct ArticleRemoved {
        /// Zammad's article id.
        pub article_id: u64,
        /// The comments that were written for it.
        pub comments: Vec<CommentRef>,
        /// The files that were added for it; they are deleted. Without those that another article still shows: equal files of
        /// an issue are one attachment.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pub files: Vec<FileRef>,
        /// Whether to delete the comments; otherwise their text is replaced by a note.
        #[serde(default)]
        pub delete: bool,
    }
}

wire! {
    /// A file of an article.
    pub struct AttachmentContent {
        /// Zammad's id of its article.
        pub article_id: u64,
        /// Zammad's attachment id.
        pub attachment_id: u64,
        /// File name; in privacy mode only the extension.
        pub name: String,
        /// Size in bytes.
        pub size: u64,
        /// Media type as stored in Zammad.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub media_type: Option<String>,
        /// SHA-256 of the bytes, hex.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub sha256: Option<String>,
        /// The bytes in base64, at most 2.5 MiB before encoding.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub bytes: Option<String>,
        /// Why the bytes are missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pub notice: Option<AttachmentNotice>,
        /// Whether its article is internal.
        #[serde(default, skip_serializing_if = "is_false")]
        pub internal: bool,
        /// As [`ArticleContent::again`].
        #[serde(default, skip_serializing_if = "is_false")]
        pub again: bool,
        /// Jira's numeric ids of the target issues.
        pub issues: Vec<String>,
    }
}
