//! Every code that Forge can send about a message, with the reaction to it. A code of Forge's source without a row fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::tests::{outcome, result, row, store};
use super::*;

/// Where a code can stand, and so what becomes of it.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Place {
    /// With `retry`: the message is sent again.
    Retry,
    /// With `rejected`: the message is a dead letter, or its refusal is kept with the link.
    Rejected,
    /// In `failed` of a comment or file: the part is listed.
    Part,
    /// The same, and the ticket is visited some minutes later to send the part again.
    PartAgain,
    /// In `refused` of a file: the file is listed.
    File,
    /// In `failed` of an erasure: what stays in Jira is listed.
    Erasure,
    /// In `refused` of `field.apply`: the next visit lists the field.
    Field,
}

use Place::{Erasure, Field, File, Part, PartAgain, Rejected, Retry};

const ROWS: &[(&str, &[Place])] = &[
    ("attachment-gone", &[Rejected]),
    ("behind-another", &[Retry]),
    ("comments-not-searched", &[Erasure]),
    ("description-kept", &[Erasure]),
    ("empty", &[File]),
    ("field-required", &[Field]),
    ("in-progress", &[Retry]),
    ("internal", &[File]),
    ("invalid", &[Rejected]),
    ("issue-no-access", &[Retry, Rejected, PartAgain, Erasure]),
    ("issue-not-found", &[Rejected]),
    ("jira-forbidden", &[Retry, Rejected, PartAgain, Erasure]),
    ("jira-issue-limit", &[Retry]),
    ("jira-limited", &[Retry]),
    ("jira-quota", &[Retry]),
    ("jira-refused", &[Rejected, Part, File, Erasure, Field]),
    ("jira-unavailable", &[Retry]),
    ("jira-unreadable", &[Retry]),
    ("jql-refused", &[Rejected]),
    ("licence-inactive", &[Retry]),
    ("malformed", &[Rejected]),
    ("next-exchange", &[Retry]),
    ("no-path", &[Field]),
    ("no-permission", &[Field]),
    ("not-a-project", &[Rejected]),
    ("not-a-target", &[Rejected]),
    ("not-a-url", &[Rejected]),
    ("not-a-time", &[Rejected]),
    ("not-an-attachment", &[Rejected]),
    ("not-an-issue", &[Rejected]),
    ("not-linked", &[Rejected, Part, Erasure]),
    ("not-on-screen", &[Field]),
    ("not-ours", &[Part, Erasure]),
    ("option-missing", &[Field]),
    ("platform-error", &[Retry]),
    ("privacy", &[File]),
    ("project-out-of-scope", &[Rejected, Part]),
    ("summary-kept", &[Erasure]),
    ("too-large", &[File]),
    ("too-large-for-jira", &[File]),
    ("unreadable", &[File]),
    ("unsupported", &[Rejected]),
];

/// Texts of the form of a code that are none of a message's: names of log lines, reasons of a command or of `ticket.gone`, and
/// the refusals of a whole request.
const OTHERS: &[&str] = &[
    "install-mismatch",
    "issue-not-readable",
    "message-not-applied",
    "message-refused",
    "no-access",
    "out-of-scope",
    "unsupported-version",
];

#[tokio::test]
async fn every_code_has_its_reaction() {
    for (code, places) in ROWS {
        for place in *places {
            match place {
                Retry => is_sent_again(code).await,
                Rejected => is_kept_as_refused(code).await,
                Part => lists_a_part(code, false).await,
                PartAgain => lists_a_part(code, true).await,
                File => lists_a_file(code).await,
                Erasure => lists_what_stays(code).await,
                Field => lists_a_field(code).await,
            }
        }
    }
}

fn apply() -> Value {
    json!({ "kind": "field.apply", "data": { "issueId": "10007", "fields": { "summary": "x" } } })
}

fn article() -> Value {
    json!({ "kind": "article.added", "data": {
        "articleId": 5, "internal": true, "createdAt": "t", "attachmentCount": 0, "issues": ["10007", "10008"],
    } })
}

fn file() -> Value {
    json!({ "kind": "attachment.added", "data": {
        "articleId": 5, "attachmentId": 6, "name": "a.log", "size": 3, "issues": ["10007", "10008"],
    } })
}

/// The settlement of a message with this answer, and its effects.
async fn settle(body: &Value, answer: MessageResult) -> (Settlement, Effects) {
    let (_folder, store) = store().await;
    let mut outcome = outcome(&store);
    let settlement = outcome.settle(&row("m1", body), Some(&answer)).await.unwrap();
    (settlement, outcome.effects)
}

async fn accepted(body: &Value, data: Value) -> Effects {
    let (settlement, effects) = settle(body, result(ResultStatus::Accepted, None, Some(data))).await;
    assert_eq!(settlement, Settlement::Done { result: None });
    effects
}

/// The listed troubles: issue, subject, code, detail.
fn listed(effects: &Effects) -> Vec<(&str, String, &str, Option<&str>)> {
    let of = |one: &store::Trouble| one.subject.to_string();
    let all = effects.troubles.iter();
    all.map(|one| (one.issue_id.as_str(), of(one), one.code.as_deref().unwrap(), one.detail.as_deref())).collect()
}

async fn is_sent_again(code: &str) {
    for body in [apply(), article(), json!({ "kind": "issue.get", "data": { "issue": "10007" } })] {
        let answer = MessageResult { code: Some(code.into()), ..result(ResultStatus::Retry, Some(60_000), None) };
        let (settlement, effects) = settle(&body, answer).await;
        assert_eq!(settlement, Settlement::Retry { at: UnixMs(61_000), code: code.into() }, "{body}");
        assert!(effects.facts.is_empty() && effects.troubles.is_empty() && effects.rechecks.is_empty(), "{body}");
    }
}

async fn is_kept_as_refused(code: &str) {
    let rejected = || MessageResult { code: Some(code.into()), ..result(ResultStatus::Rejected, None, None) };
    let (settlement, effects) = settle(&article(), rejected()).await;
    assert_eq!(settlement, Settlement::Dead { code: code.into() });
    assert!(effects.facts.is_empty() && effects.troubles.is_empty() && effects.links.is_empty(), "{code}");

    let (settlement, effects) = settle(&apply(), rejected()).await;
    assert_eq!((settlement, effects.troubles.len()), (Settlement::Done { result: None }, 0), "{code}");
    let answered: Answered = serde_json::from_str(effects.facts[0].value.as_ref().unwrap()).unwrap();
    assert_eq!(answered.outcome, ApplyOutcome::Refused(code.into()));
    assert_eq!(effects.rechecks.len(), 1, "{code}: the visit goes on without it");

    let question = json!({ "kind": "issue.get", "data": { "issue": "10007" } });
    let (settlement, effects) = settle(&question, rejected()).await;
    assert_eq!(settlement, Settlement::Done { result: None });
    assert_eq!(listed(&effects), [("10007", "issue".to_owned(), code, None)]);
    assert!(effects.links.is_empty() && effects.facts.is_empty(), "{code}: no link ends");
}

async fn lists_a_part(code: &str, again: bool) {
    let failed = json!([{ "issueId": "10007", "reason": code }]);
    for (body, data, subject) in [
        (article(), json!({ "comments": [{ "issueId": "10008", "commentId": "9" }], "failed": failed }), "article:5:1"),
        (file(), json!({ "files": [{ "issueId": "10008", "attachmentId": "9" }], "failed": failed }), "file:6"),
    ] {
        let effects = accepted(&body, data).await;
        assert_eq!(listed(&effects), [("10007", subject.to_owned(), code, None)]);
        let visits: Vec<_> = effects.rechecks.iter().map(|recheck| recheck.not_before).collect();
        let expected = if again { Some(UnixMs(601_000)) } else { None };
        assert_eq!(visits, [expected], "{code} {subject}: the panel is told, at once or when it is sent again");
        assert_eq!(effects.provenance.len(), 1, "{code}: the other issue has it");
    }
}

async fn lists_a_file(code: &str) {
    let effects = accepted(&file(), json!({ "files": [], "refused": code })).await;
    let of_issue = |issue| (issue, "file:6".to_owned(), code, Some("attachment 6"));
    assert_eq!(listed(&effects), [of_issue("10007"), of_issue("10008")]);
    assert_eq!(effects.rechecks.len(), 1, "{code}: the panel is told");
}

async fn lists_what_stays(code: &str) {
    let failed =
        json!([{ "issueId": "10007", "commentId": "9", "reason": code }, { "issueId": "10008", "reason": code }]);
    for (body, visits) in [
        (json!({ "kind": "ticket.gone", "data": { "reason": "deleted", "erase": "delete" } }), 0),
        (json!({ "kind": "article.removed", "data": { "articleId": 5, "comments": [] } }), 1),
    ] {
        let effects = accepted(&body, json!({ "issues": [], "failed": failed })).await;
        let comment = ("10007", "not-erased:comment 9".to_owned(), code, Some("comment 9"));
        let issue = ("10008", "not-erased:issue".to_owned(), code, Some("issue"));
        assert_eq!(listed(&effects), [comment, issue]);
        assert_eq!(effects.rechecks.len(), visits, "{code}: the panel of a ticket that exists is told");
    }
}

async fn lists_a_field(code: &str) {
    let snapshot = json!({
        "summary": "s", "statusId": "1", "status": "To Do", "statusCategory": "new", "updatedAt": "2026-11-28T01:16:12Z",
    });
    let data = json!({ "snapshot": snapshot, "refused": [{ "field": "summary", "code": code }] });
    for (state, subjects) in [(LinkState::Active, &[][..]), (LinkState::Ended, &["summary"])] {
        let (_folder, store) = store().await;
        let links = vec![Link { ticket_id: 42, issue_id: "10007".into(), state, ..crate::support::link(42) }];
        store.record(Effects { links, ..Effects::default() }).await.unwrap();
        let mut outcome = outcome(&store);
        let answer = result(ResultStatus::Accepted, None, Some(data.clone()));
        outcome.settle(&row("m1", &apply()), Some(&answer)).await.unwrap();
        let kept = outcome.effects.facts.iter().find(|fact| fact.kind == FactKind::ApplyResult).unwrap();
        let answered: Answered = serde_json::from_str(kept.value.as_ref().unwrap()).unwrap();
        let ApplyOutcome::Applied(applied) = answered.outcome else { panic!("{code}: {answered:?}") };
        assert_eq!((applied.refused[0].field.as_str(), applied.refused[0].code.as_str()), ("summary", code));
        let found = listed(&outcome.effects);
        assert!(found.iter().all(|(issue, _, listed, _)| (*issue, *listed) == ("10007", code)), "{found:?}");
        // The fields of a link that has ended are listed here, since no visit will do it.
        assert_eq!(found.iter().map(|(_, subject, ..)| subject.as_str()).collect::<Vec<_>>(), subjects, "{state:?}");
    }
}

/// The Rust files below a path.
fn files(path: &Path) -> Vec<PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|entry| files(&entry)).collect()
}

/// The codes in a source: texts of lower-case words with hyphens, and single words where only a code can stand.
fn codes(source: &str) -> BTreeSet<String> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let mut found = BTreeSet::new();
    for line in lines {
        let parts: Vec<&str> = line.split('"').collect();
        for at in (1..parts.len()).step_by(2) {
            let (before, text) = (parts[at - 1], parts[at]);
            let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
            let is_alone = ["code: ", "rejected(", "=> "].iter().any(|sign| before.ends_with(sign));
            if text.split('-').all(is_word) && (text.contains('-') || is_alone) {
                found.insert(text.to_owned());
            }
        }
    }
    found
}

#[test]
fn codes_are_found_in_a_source() {
    let source = "f(\"a-b\");\nrejected(\"word\"); g(\"other\", \"Not-This\");\n/// \"e-f\"\n#[cfg(test)]\n\"g-h\"";
    assert_eq!(codes(source).into_iter().collect::<Vec<_>>(), ["a-b", "word"]);
}

/// The sources of the codes are those that `docs/codes.md` is checked against.
#[test]
fn every_code_of_forges_source_has_a_row() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let sources = [
        "forge/src/access.rs",
        "forge/src/jira.rs",
        "forge/src/messages",
        "forge/src/transitions",
        "schema/src/codes.rs",
        "schema/src/request.rs",
    ];
    let is_test = |path: &Path| path.to_string_lossy().ends_with("_tests.rs");
    let paths = sources.iter().flat_map(|source| files(&crates.join(source))).filter(|path| !is_test(path));
    let found: BTreeSet<String> = paths.flat_map(|path| codes(&std::fs::read_to_string(path).unwrap())).collect();
    let known = ROWS.iter().map(|(code, _)| *code).chain(OTHERS.iter().copied());
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    assert_eq!(found.difference(&known).collect::<Vec<_>>(), Vec::<&String>::new(), "a code without a row");
    assert_eq!(known.difference(&found).collect::<Vec<_>>(), Vec::<&String>::new(), "a row of no code");
}
