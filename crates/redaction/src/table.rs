//! The privacy table of docs/protocol.md §4 as data: the datum (kind of content) of every field of every message, and the rule
//! of each datum with privacy mode off and on. A field without a row does not cross in either mode.

/// Privacy mode, set only in the sidecar's environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Privacy {
    /// Content may cross, as the table says.
    Off,
    /// Only ids, numbers, buckets, times and counts cross.
    On,
}

/// A kind of content, one row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datum {
    /// Ids, numbers, state buckets, priorities, times, link ids, counts, versions, URLs of the installation.
    Technical,
    /// Names an operator gave to states and groups.
    OperatorName,
    /// A ticket's title, also in the text of a remote link.
    Title,
    /// The summary of an issue to create; Jira requires it, so it is replaced and not removed.
    NewSummary,
    /// Body and subject of an article.
    ArticleText,
    /// Bytes of a file, and its hash (equal files can be recognised by it).
    FileBytes,
    /// Name of a file.
    FileName,
    /// A customer's name.
    CustomerName,
    /// A customer's e-mail, phone, organization.
    CustomerContact,
    /// An agent's name.
    AgentName,
    /// An agent's e-mail.
    AgentEmail,
    /// Values of mapped custom fields.
    FieldValues,
    /// A search text of an agent.
    SearchWords,
    /// A fingerprint: shows whether a value has changed, and nothing of the value (`schema::fingerprint`).
    Fingerprint,
}

/// The treatment of a datum at the boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Crosses as it is.
    Pass,
    /// Does not cross: the field is left out.
    Never,
    /// Only the file extension crosses.
    ExtensionOnly,
    /// Replaced by `Zammad ticket <number>`.
    TicketNumber,
    /// Only values that belong to closed lists cross: booleans, integers, dates, option ids; see [`crate::cross`].
    ClosedOnly,
    /// Crosses only if it is an issue key (`ABC-123`); other words could come from the ticket.
    KeyOnly,
    /// Crosses only if it is 16 hex digits.
    HexOnly,
}

impl Datum {
    /// Returns the rule for this datum.
    #[must_use]
    pub const fn rule(self, privacy: Privacy) -> Rule {
        match (self, privacy) {
            (Self::CustomerContact, Privacy::Off) => Rule::Never,
            (_, Privacy::Off) | (Self::Technical, Privacy::On) => Rule::Pass,
            (Self::FileName, Privacy::On) => Rule::ExtensionOnly,
            (Self::NewSummary, Privacy::On) => Rule::TicketNumber,
            (Self::FieldValues, Privacy::On) => Rule::ClosedOnly,
            (Self::SearchWords, Privacy::On) => Rule::KeyOnly,
            (Self::Fingerprint, Privacy::On) => Rule::HexOnly,
            (_, Privacy::On) => Rule::Never,
        }
    }
}

/// Every field that may cross, by kind of message. In a dotted path, `[]` stands for the elements of a list and `*` for each
/// key of a map. The rule applies to the whole value of such a key, and to the whole of an object with a row (a document).
pub const FIELDS: &[(&str, &[(&str, Datum)])] = {
    use Datum::{
        AgentEmail, AgentName, ArticleText, CustomerContact, CustomerName, FieldValues, FileBytes, FileName,
        Fingerprint, NewSummary, OperatorName, SearchWords, Technical, Title,
    };
    const ARTICLE: &[(&str, Datum)] = &[
        ("articleId", Technical),
        ("internal", Technical),
        ("createdAt", Technical),
        ("document", ArticleText),
        ("notice", Technical),
        ("part.number", Technical),
        ("part.of", Technical),
        ("attachmentCount", Technical),
        ("url", Technical),
        ("issues[]", Technical),
        ("comments[].issueId", Technical),
        ("comments[].commentId", Technical),
        ("files[].issueId", Technical),
        ("files[].attachmentId", Technical),
        ("again", Technical),
    ];
    &[
        (
            "hello",
            &[
                ("capabilities[]", Technical),
                ("privacyMode", Technical),
                ("zammadVersion", Technical),
                ("zammadUrl", Technical),
            ],
        ),
        (
            "sidecar.status",
            &[
                ("problems[]", Technical),
                ("warnings[]", Technical),
                ("skewSeconds", Technical),
                ("waitingTickets", Technical),
                ("waitingMessages", Technical),
                ("failedMessages", Technical),
                ("oldestMs", Technical),
            ],
        ),
        (
            "helpdesk.names",
            &[
                ("states[].id", Technical),
                ("states[].name", OperatorName),
                ("states[].typeId", Technical),
                ("states[].active", Technical),
                ("priorities[].id", Technical),
                ("priorities[].name", Technical),
                ("priorities[].active", Technical),
                ("groups[].id", Technical),
                ("groups[].name", OperatorName),
                ("groups[].active", Technical),
                ("agents[].id", Technical),
                ("agents[].name", AgentName),
                ("agents[].email", AgentEmail),
            ],
        ),
        (
            "ticket.changed",
            &[
                ("number", Technical),
                ("title", Title),
                ("state.bucket", Technical),
                ("state.name", OperatorName),
                ("priority.id", Technical),
                ("priority.name", Technical),
                ("group.id", Technical),
                ("group.name", OperatorName),
                ("owner.id", Technical),
                ("owner.name", AgentName),
                ("owner.email", AgentEmail),
                ("customer.id", Technical),
                ("customer.name", CustomerName),
                ("customer.email", CustomerContact),
                ("articleCount", Technical),
                ("demanded[]", OperatorName),
                ("sync[].issueId", Technical),
                ("sync[].subject", Technical),
                ("sync[].code", Technical),
                ("sync[].since", Technical),
                ("sync[].nextTry", Technical),
                ("createdAt", Technical),
                ("updatedAt", Technical),
            ],
        ),
        ("article.added", ARTICLE),
        ("article.changed", ARTICLE),
        (
            "article.removed",
            &[
                ("articleId", Technical),
                ("comments[].issueId", Technical),
                ("comments[].commentId", Technical),
                ("files[].issueId", Technical),
                ("files[].attachmentId", Technical),
                ("delete", Technical),
            ],
        ),
        (
            "attachment.added",
            &[
                ("articleId", Technical),
                ("attachmentId", Technical),
                ("internal", Technical),
                ("again", Technical),
                ("name", FileName),
                ("size", Technical),
                ("mediaType", OperatorName),
                ("sha256", FileBytes),
                ("bytes", FileBytes),
                ("notice", Technical),
                ("issues[]", Technical),
            ],
        ),
        ("ticket.merged", &[("intoTicketId", Technical), ("intoNumber", Technical), ("intoUrl", Technical)]),
        (
            "ticket.gone",
            &[
                ("reason", Technical),
                ("erase", Technical),
                ("comments[].issueId", Technical),
                ("comments[].commentId", Technical),
                ("files[].issueId", Technical),
                ("files[].attachmentId", Technical),
                ("more", Technical),
            ],
        ),
        (
            "link.requested",
            &[
                ("issue", Technical),
                ("ticketNumber", Technical),
                ("ticketUrl", Technical),
                ("title", Title),
                ("description", ArticleText),
                ("afterArticle", Technical),
            ],
        ),
        ("link.removed", &[("issueId", Technical), ("reason", Technical)]),
        (
            "link.restore",
            &[
                ("issueId", Technical),
                ("ticketNumber", Technical),
                ("ticketUrl", Technical),
                ("title", Title),
                ("linkedAt", Technical),
            ],
        ),
        (
            "issue.create",
            &[
                ("project", Technical),
                ("issueType", Technical),
                ("summary", NewSummary),
                ("fields.*", FieldValues),
                ("description", ArticleText),
                ("ticketNumber", Technical),
                ("ticketUrl", Technical),
                ("afterArticle", Technical),
            ],
        ),
        (
            "field.apply",
            &[
                ("issueId", Technical),
                ("fields.*", FieldValues),
                ("status.anyOf[].id", Technical),
                ("status.anyOf[].category", Technical),
                ("status.anyOf[].resolution", Technical),
                ("expected.*", Fingerprint),
            ],
        ),
        (
            "identity.upsert",
            &[
                ("person.id", Technical),
                ("person.name", AgentName),
                ("person.email", AgentEmail),
                ("accountId", Technical),
            ],
        ),
        ("drift.report", &[("checked", Technical), ("differed", Technical), ("repaired", Technical)]),
        ("issue.search", &[("query", SearchWords), ("limit", Technical)]),
        ("issue.get", &[("issue", Technical), ("catchUpSince", Technical)]),
        ("issues.changed", &[("since", Technical)]),
        (
            "issues.read",
            &[
                ("links[].ticketId", Technical),
                ("links[].issueId", Technical),
                ("links[].updatedAt", Technical),
                ("allFields", Technical),
            ],
        ),
        ("project.meta", &[("project", Technical)]),
        ("user.search", &[("query", SearchWords), ("project", Technical)]),
        ("attachment.fetch", &[("issueId", Technical), ("attachmentId", Technical)]),
    ]
};

/// The fields of a request, outside of its messages, that may cross.
pub const REQUEST_FIELDS: &[&str] = &[
    "v",
    "installId",
    "sidecar.version",
    "sidecar.instance",
    "sidecar.startedAt",
    "acks[].commandId",
    "acks[].status",
    "acks[].code",
    "acks[].detail",
    "poll.max",
    "poll.skipTickets[]",
    "poll.emptyMark",
    "configEtag",
];

/// Words that the wire format itself contains. A title that is one of them ("open") cannot be distinguished from that use, so
/// the egress check does not search for it.
pub const WORDS: &[&str] = &[
    "agent",
    "customer",
    "system",
    "open",
    "pending",
    "closed",
    "done",
    "failed",
    "skipped",
    "retry",
    "dropped",
    "privacy",
    "tooLarge",
    "unreadable",
    "empty",
    "true",
    "false",
    "null",
    "kind",
    "data",
    "messages",
    "comments",
    "links",
    "deleted",
    "asked",
    "merged",
    "moved",
    "low",
    "normal",
    "high",
    "https",
    "http",
    "ticket",
    "zoom",
    "article",
    "zammad",
];

/// Returns the datum of a field of a message kind; `None` if the field may not cross.
#[must_use]
pub fn datum(kind: &str, path: &str) -> Option<Datum> {
    let fields = FIELDS.iter().find(|(name, _)| *name == kind)?.1;
    fields.iter().find(|(name, _)| *name == path).map(|(_, datum)| *datum)
}
