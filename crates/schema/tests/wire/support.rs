//! Test helpers: one sample of every kind with all optional fields set, so that the golden files show them all; and the
//! comparison with golden files.

use std::fs;
use std::path::{Path, PathBuf};

use schema::settings::StatusSelector;
use schema::{
    Ack, AckStatus, ArticleContent, ArticleRemoved, AttachmentAnnounced, AttachmentContent, AttachmentFetch,
    AttachmentNotice, Author, Bucket, Command, CommandBody, CommentContent, CommentRef, CommentRemoved, Config,
    ConfigChanged, DescriptionChanged, DriftReport, Erase, Erasure, FieldApply, FileRef, FixVersion, ForgeInfo, Hello,
    HelpdeskNames, Id, IdentityUpsert, IssueCreate, IssueGet, IssueGone, IssueMoved, IssueSearch, IssueSnapshot,
    IssuesChanged, IssuesRead, KnownLink, LinkEnded, LinkRequest, LinkRestore, LiveKeys, Message, MessageBody,
    MessageResult, NamedId, NamedText, Nothing, ObjectName, OutOfSync, Part, Person, Poll, ProjectMeta, QueueState,
    Quota, Reply, Request, ResultStatus, ServiceVisibility, SidecarInfo, SidecarStatus, StateName, TargetStatus,
    TicketGone, TicketMerged, TicketSnapshot, TicketState, TicketWanted, UnixMs, UserSearch, fingerprint,
};
use serde::Serialize;
use serde_json::json;

pub(crate) const INSTALL: &str = "0b2c6d1e-8f4a-4c3b-9a57-2f1d7c9e0a11";
const TIME: &str = "2026-11-24T08:15:30.123Z";

pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a value with a golden file, or writes the file if `UPDATE_GOLDEN` is set.
pub(crate) fn compare_with_golden(path: &Path, value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    } else {
        let golden = fs::read_to_string(path).unwrap_or_else(|_| format!("missing file {}", path.display()));
        assert_eq!(golden, text, "{}", path.display());
    }
}

pub(crate) fn id(number: u128) -> Id {
    Id::new(UnixMs(1_790_000_000_000), number)
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn person(id: u64) -> Person {
    Person { id, name: Some(text("Nicole Braun")), email: Some(text("nicole@helpdesk.example")) }
}

fn author() -> Author {
    Author { account_id: text("5b10ac8d82e05b22cc7d4ef5"), name: Some(text("Mia Krystof")) }
}

fn comment_ref() -> CommentRef {
    CommentRef { issue_id: text("10007"), comment_id: text("10042") }
}

fn file_ref() -> FileRef {
    FileRef { issue_id: text("10007"), attachment_id: text("10100") }
}

fn article() -> ArticleContent {
    ArticleContent {
        article_id: 317,
        internal: true,
        created_at: text(TIME),
        document: Some(
            json!({"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"With ümläut 🙂"}]}]}),
        ),
        notice: true,
        part: Some(Part { number: 1, of: 2 }),
        attachment_count: 1,
        url: Some(text("https://help.example/#ticket/zoom/42/317")),
        issues: vec![text("10007")],
        comments: vec![comment_ref()],
        files: vec![file_ref()],
        again: true,
    }
}

pub(crate) fn messages() -> Vec<Message> {
    let bodies = vec![
        MessageBody::Hello(Hello {
            capabilities: vec![text("comments"), text("links")],
            privacy_mode: false,
            zammad_version: Some(text("6.5.1")),
            zammad_url: Some(text("https://help.example")),
        }),
        MessageBody::TicketChanged(TicketSnapshot {
            number: text("50042"),
            title: Some(text("Printer on fire")),
            state: TicketState { bucket: Bucket::Pending, name: Some(text("pending reminder")) },
            priority: NamedId { id: 2, name: Some(text("2 normal")) },
            group: NamedId { id: 1, name: Some(text("Support::2nd")) },
            owner: Some(person(4)),
            customer: Some(Person { id: 9, name: Some(text("Emma Taylor")), email: None }),
            article_count: 3,
            demanded: vec![text("category")],
            sync: vec![OutOfSync {
                issue_id: text("10007"),
                subject: text("priority"),
                code: text("unmapped"),
                since: text(TIME),
                next_try: Some(text(TIME)),
            }],
            created_at: text(TIME),
            updated_at: text(TIME),
        }),
        MessageBody::ArticleAdded(article()),
        MessageBody::ArticleChanged(article()),
        MessageBody::ArticleRemoved(ArticleRemoved {
            article_id: 317,
            comments: vec![comment_ref()],
            files: vec![file_ref()],
            delete: false,
        }),
        MessageBody::AttachmentAdded(AttachmentContent {
            article_id: 317,
            attachment_id: 12,
            name: text("trace.log"),
            size: 4_000_000,
            media_type: Some(text("text/plain")),
            sha256: Some("0".repeat(64)),
            bytes: None,
            notice: Some(AttachmentNotice::TooLarge),
            internal: true,
            again: true,
            issues: vec![text("10007")],
        }),
        MessageBody::TicketMerged(TicketMerged {
            into_ticket_id: 43,
            into_number: text("50043"),
            into_url: text("https://help.example/#ticket/zoom/43"),
        }),
        MessageBody::TicketGone(TicketGone {
            reason: text("deleted"),
            erase: Erasure::Delete,
            comments: vec![comment_ref()],
            files: vec![file_ref()],
            more: true,
        }),
        MessageBody::LinkRequested(LinkRequest {
            issue: text("PROJ-7"),
            ticket_number: text("50042"),
            ticket_url: text("https://help.example/#ticket/zoom/42"),
            title: Some(text("Printer on fire")),
            description: Some(comment().document),
            after_article: 316,
        }),
        MessageBody::LinkRemoved(LinkEnded { issue_id: text("10007"), reason: text("asked") }),
        MessageBody::LinkRestore(LinkRestore {
            issue_id: text("10007"),
            ticket_number: text("50042"),
            ticket_url: text("https://help.example/#ticket/zoom/42"),
            title: Some(text("Printer on fire")),
            linked_at: Some(text(TIME)),
        }),
        MessageBody::IssueCreate(IssueCreate {
            project: text("PROJ"),
            issue_type: text("10001"),
            summary: text("Printer on fire"),
            fields: [(text("labels"), json!(["helpdesk"]))].into(),
            description: Some(comment().document),
            ticket_number: text("50042"),
            ticket_url: text("https://help.example/#ticket/zoom/42"),
            after_article: 316,
        }),
        MessageBody::FieldApply(FieldApply {
            issue_id: text("10007"),
            fields: [(text("summary"), json!("Printer on fire"))].into(),
            status: Some(TargetStatus {
                any_of: vec![
                    StatusSelector { resolution: Some(text("10001")), ..StatusSelector::of_id("10002") },
                    StatusSelector::of_category("done"),
                ],
            }),
            expected: [
                (text("summary"), fingerprint(&json!("Printer"))),
                (text("status"), fingerprint(&json!("10000"))),
            ]
            .into(),
        }),
        MessageBody::IdentityUpsert(IdentityUpsert { person: person(4), account_id: Some(author().account_id) }),
        MessageBody::DriftReport(DriftReport { checked: 120, differed: 3, repaired: 2 }),
        MessageBody::IssueSearch(IssueSearch { query: text("printer"), limit: 20 }),
        MessageBody::IssueGet(IssueGet { issue: text("PROJ-7"), catch_up_since: Some(text(TIME)) }),
        MessageBody::IssuesChanged(IssuesChanged { since: text(TIME) }),
        MessageBody::IssuesRead(IssuesRead {
            links: vec![KnownLink { ticket_id: 42, issue_id: text("10007"), updated_at: Some(text(TIME)) }],
            all_fields: true,
        }),
        MessageBody::ProjectMeta(ProjectMeta { project: Some(text("PROJ")) }),
        MessageBody::UserSearch(UserSearch { query: text("mia"), project: Some(text("PROJ")) }),
        MessageBody::AttachmentFetch(AttachmentFetch { issue_id: text("10007"), attachment_id: text("10100") }),
        MessageBody::HelpdeskNames(HelpdeskNames {
            states: vec![StateName { id: 1, name: Some(text("new")), type_id: 1, active: true }],
            priorities: vec![ObjectName { id: 2, name: Some(text("2 normal")), active: true }],
            groups: vec![ObjectName { id: 1, name: Some(text("Support::2nd")), active: true }],
            agents: vec![person(4)],
        }),
        MessageBody::SidecarStatus(SidecarStatus {
            problems: vec![text("clock-is-off")],
            warnings: vec![text("webhooks-missing")],
            skew_seconds: -31,
            waiting_tickets: 2,
            waiting_messages: 3,
            failed_messages: 1,
            oldest_ms: 90_000,
        }),
    ];
    bodies.into_iter().zip(1..).map(|(body, number)| Message { id: id(number), ticket_id: Some(42), body }).collect()
}

fn comment() -> CommentContent {
    CommentContent {
        comment_id: text("10042"),
        author: author(),
        created_at: text("2026-11-24T09:15:30.123+0100"),
        updated_at: text("2026-11-24T09:15:30.123+0100"),
        document: json!({"type":"doc","version":1,"content":[{"type":"paragraph","content":[{"type":"text","text":"Fixed."}]}]}),
        reduced: false,
        service: Some(ServiceVisibility { public: true, by_customer: true }),
    }
}

pub(crate) fn commands() -> Vec<Command> {
    let bodies = vec![
        CommandBody::IssueChanged(IssueSnapshot {
            summary: text("Printer on fire"),
            status_id: text("10001"),
            status: text("In Progress"),
            status_category: text("indeterminate"),
            priority_id: Some(text("2")),
            priority: Some(text("High")),
            assignee: Some(author()),
            reporter: Some(author()),
            labels: vec![text("helpdesk")],
            labels_truncated: true,
            resolution: Some(NamedText { id: text("10000"), name: text("Done") }),
            fix_versions: vec![FixVersion {
                id: text("10200"),
                name: text("4.2"),
                released: false,
                release_date: Some(text("2026-12-24")),
            }],
            fields: [(text("customfield_10050"), json!({ "id": "10100" }))].into(),
            updated_at: text("2026-11-24T09:15:30.123+0100"),
            changelog_ids: vec![text("10500")],
        }),
        CommandBody::CommentAdded(comment()),
        CommandBody::CommentChanged(comment()),
        CommandBody::CommentRemoved(CommentRemoved { comment_id: text("10042") }),
        CommandBody::AttachmentAdded(AttachmentAnnounced {
            attachment_id: text("10100"),
            name: text("trace.log"),
            size: 1_234,
            media_type: Some(text("text/plain")),
            author: author(),
            created_at: text("2026-11-24T09:15:30.123+0100"),
        }),
        CommandBody::DescriptionChanged(DescriptionChanged {
            document: Some(comment().document),
            reduced: false,
            author: author(),
            at: text("2026-11-24T09:15:30.123+0100"),
            at_link: true,
        }),
        CommandBody::IssueMoved(IssueMoved { old_key: text("OLD-7") }),
        CommandBody::IssueGone(IssueGone { reason: text("deleted") }),
        CommandBody::LinkRequested(TicketWanted { ticket_number: text("50042"), requested_by: author() }),
        CommandBody::LinkRemoved(Nothing {}),
        CommandBody::Refresh(Nothing {}),
        CommandBody::ConfigChanged(ConfigChanged { etag: text("7") }),
        CommandBody::Erase(Erase { account_ids: vec![author().account_id] }),
        CommandBody::Disconnect(Nothing {}),
        CommandBody::StatusRequested(Nothing {}),
    ];
    let command = |(body, number)| Command {
        id: id(number),
        ticket_id: Some(42),
        issue_id: Some(text("10007")),
        issue_key: Some(text("PROJ-7")),
        body,
    };
    bodies.into_iter().zip(100..).map(command).collect()
}

pub(crate) fn request() -> Request {
    Request {
        v: 1,
        install_id: text(INSTALL),
        sidecar: SidecarInfo { version: text("1.4.0"), instance: text("a1b2"), started_at: text(TIME) },
        messages: messages().into_iter().take(1).collect(),
        acks: vec![Ack {
            command_id: id(100),
            status: AckStatus::Failed,
            code: Some(text("ticket-gone")),
            detail: Some(text("the ticket was deleted")),
        }],
        poll: Poll { max: 50, skip_tickets: vec![7], empty_mark: Some(text("01M3250V000000000000000009")) },
        config_etag: Some(text("7")),
    }
}

pub(crate) fn reply() -> Reply {
    Reply {
        v: 1,
        install_id: text(INSTALL),
        results: vec![MessageResult {
            id: id(1).to_string(),
            status: ResultStatus::Retry,
            code: Some(text("jira-busy")),
            retry_after_ms: Some(2000),
            data: Some(json!({"issueId":"10007"})),
        }],
        commands: commands().into_iter().take(1).collect(),
        config: Config { etag: text("7"), value: Some(json!({})) },
        keys: LiveKeys { live: vec![text("e34eeca3")] },
        forge: ForgeInfo { version: text("1.4.0"), min_sidecar: text("1.2.0") },
        next_poll_ms: 3000,
        queue: Some(QueueState { empty_mark: Some(text("01M3250V000000000000000009")), changed_ms_ago: Some(61_000) }),
        quota: Some(Quota { spent: 700, rest: Some(12_000), background_wait_ms: Some(60_000), wait_ms: Some(1_000) }),
    }
}
