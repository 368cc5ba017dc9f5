use schema::Settings;
use schema::settings::Direction;
use serde_json::{Value, json};
use store::Effects;

use super::super::context::tests::{begun, sent};
use super::*;
use crate::support::{NOW, Setup, ticket};

fn file(id: u64, size: Value) -> Value {
    json!({ "id": id, "filename": "error.log", "size": size, "preferences": { "Mime-Type": "text/plain" } })
}

/// Article 10 with these files.
fn article(files: Value) -> Article {
    let mut article = crate::support::article(10, 7, "text");
    article["attachments"] = files;
    serde_json::from_value(article).unwrap()
}

async fn setup(privacy: &str) -> Setup {
    let setup = Setup::with(&[("PRIVACY_MODE", privacy)]).await;
    setup.helpdesk.add_ticket(ticket(7));
    setup
}

fn issues() -> Vec<String> {
    vec!["1007".into(), "1008".into()]
}

/// Whether the bytes are sent, or why not.
#[tokio::test]
async fn the_mode_and_the_size_decide_whether_the_bytes_are_sent() {
    use AttachmentNotice::{Empty, Privacy as Private, TooLarge};
    for (privacy, size, notice) in [
        ("off", json!("3"), None),
        ("off", json!(1_000), None),
        ("off", json!(1_001), Some(TooLarge)),
        ("off", json!(0), Some(Empty)),
        ("off", Value::Null, None),
        ("on", json!(3), Some(Private)),
        ("on", json!(0), Some(Private)),
        ("on", json!(1_001), Some(Private)),
    ] {
        let (setup, mut settings) = (setup(privacy).await, Settings::default());
        settings.attachments.max_bytes = 1_000;
        let visitor = setup.visitor();
        let visit = begun(&visitor, &settings, 7).await;
        let article = article(json!([file(5, size.clone())]));
        let content = visit.file(&article, &article.attachments[0], &issues());
        assert_eq!(content.notice, notice, "{privacy} {size}");
        assert_eq!(content.size, size.as_u64().or(size.as_str().map(|_| 3)).unwrap_or(0), "{privacy} {size}");
        assert_eq!((content.bytes, content.sha256), (None, None), "read when the message is sent");
    }
}

#[tokio::test]
async fn a_file_is_described_within_the_limits_of_the_wire() {
    let (setup, settings) = (setup("off").await, Settings::default());
    let visitor = setup.visitor();
    let visit = begun(&visitor, &settings, 7).await;
    for internal in [true, false] {
        let mut long = file(5, json!("3"));
        long["filename"] = format!("a\u{7}\nb{}", "ä".repeat(300)).into();
        long["preferences"] = json!({ "Content-Type": "x".repeat(300) });
        let article = Article { internal, ..article(json!([long])) };
        let content = visit.file(&article, &article.attachments[0], &issues());
        assert!(content.name.starts_with("abä") && content.name.chars().count() == 255, "{}", content.name);
        assert_eq!(content.media_type.as_ref().map(String::len), Some(255));
        assert_eq!((content.article_id, content.attachment_id, content.internal), (10, 5, internal));
        assert_eq!((content.issues, content.again), (issues(), false));
    }
}

#[tokio::test]
async fn each_file_is_sent_once_and_recorded_with_its_article() {
    let (setup, settings) = (setup("off").await, Settings::default());
    let visitor = setup.visitor();
    let mut visit = begun(&visitor, &settings, 7).await;
    let article = article(json!([file(5, json!("3")), file(6, json!("0")), file(8, json!("3"))]));
    let with_bytes = visit.files(&article, &issues(), ":again:9").await.unwrap();
    assert_eq!(with_bytes, [5, 8], "a picture can be shown only if its bytes arrive");
    let sent = sent(&visit);
    assert!(sent.iter().all(|(kind, data)| kind == "attachment.added" && data["issues"] == json!(["1007", "1008"])));
    let numbers: Vec<_> = sent.iter().map(|(_, data)| (&data["attachmentId"], &data["notice"])).collect();
    let empty = json!("empty");
    assert_eq!(numbers, [(&json!(5), &Value::Null), (&json!(6), &empty), (&json!(8), &Value::Null)]);
    let completion = &visit.completion;
    let keys: Vec<_> = completion.messages.iter().map(|row| row.dedup_key.as_deref().unwrap()).collect();
    assert_eq!(keys, ["file:10:5:again:9", "file:10:6:again:9", "file:10:8:again:9"]);
    for (record, message) in completion.effects.provenance.iter().zip(&completion.messages) {
        assert_eq!((record.side, record.object, record.origin), (Side::Zammad, ObjectKind::File, Origin::Theirs));
        assert_eq!((record.fingerprint.as_deref(), record.mirror.as_deref()), (Some("article:10"), None));
        assert_eq!((&record.carried_by, record.ticket_id, record.at), (&message.id, 7, NOW));
    }
    let recorded: Vec<&str> = completion.effects.provenance.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(recorded, ["5", "6", "8"]);
}

/// Tiny pictures inside the text are logos and icons of signatures.
#[tokio::test]
async fn the_settings_decide_which_files_are_sent_at_all() {
    let picture = |size: Value| {
        let mut picture = file(5, size);
        picture["preferences"] = json!({ "Content-Disposition": "inline" });
        picture
    };
    for (name, direction, from_bytes, one, sent_files) in [
        ("a file", Direction::Both, 100, file(5, json!(99)), 1),
        ("to Jira only", Direction::ToJira, 100, file(5, json!(99)), 1),
        ("to Zammad only", Direction::ToZammad, 100, file(5, json!(99)), 0),
        ("off", Direction::Off, 100, file(5, json!(99)), 0),
        ("a tiny picture", Direction::Both, 100, picture(json!(99)), 0),
        ("a picture", Direction::Both, 100, picture(json!(100)), 1),
        ("a picture of unknown size", Direction::Both, 100, picture(Value::Null), 1),
        ("every picture", Direction::Both, 0, picture(json!(1)), 1),
    ] {
        let (setup, mut settings) = (setup("off").await, Settings::default());
        (settings.attachments.direction, settings.attachments.inline_from_bytes) = (direction, from_bytes);
        let visitor = setup.visitor();
        let mut visit = begun(&visitor, &settings, 7).await;
        let with_bytes = visit.files(&article(json!([one])), &issues(), "").await.unwrap();
        let recorded = visit.completion.effects.provenance.len();
        assert_eq!((with_bytes.len(), sent(&visit).len(), recorded), (sent_files, sent_files, sent_files), "{name}");
    }
}

/// The record of a file that became these attachments of issue 1007.
fn recorded(id: &str, article: u64, attachments: &[&str]) -> Provenance {
    let mirror: Vec<Value> = attachments.iter().map(|id| json!({ "issueId": "1007", "attachmentId": id })).collect();
    Provenance {
        side: Side::Zammad,
        object: ObjectKind::File,
        id: id.into(),
        origin: Origin::Theirs,
        mirror: Some(json!(mirror).to_string()),
        fingerprint: Some(of_article(article)),
        ticket_id: 7,
        carried_by: "m".into(),
        at: NOW,
    }
}

/// Equal files of an issue are one attachment, which must stay while another article shows it.
#[tokio::test]
async fn the_attachments_of_an_article_are_those_that_no_other_shows() {
    let (setup, settings) = (setup("off").await, Settings::default());
    let unanswered = Provenance { mirror: None, ..recorded("9", 10, &[]) };
    let of_another_ticket = Provenance { ticket_id: 8, ..recorded("20", 10, &["90"]) };
    let provenance = vec![
        recorded("5", 10, &["70"]),
        recorded("6", 10, &["71", "72"]),
        recorded("7", 11, &["71"]),
        recorded("8", 101, &["80"]),
        unanswered,
        of_another_ticket,
    ];
    setup.store.record(Effects { provenance, ..Effects::default() }).await.unwrap();
    let visitor = setup.visitor();
    let visit = begun(&visitor, &settings, 7).await;
    for (article, expected) in [(10, &["70", "72"][..]), (11, &[]), (101, &["80"]), (12, &[])] {
        let files = visit.files_of(article).await.unwrap();
        let ids: Vec<&str> = files.iter().map(|file| file.attachment_id.as_str()).collect();
        assert_eq!(ids, expected, "article {article}");
    }
}
