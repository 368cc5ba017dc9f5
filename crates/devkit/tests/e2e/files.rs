//! Files in both directions.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{LinkedSite, client, eventually, eventually_async};

const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

impl LinkedSite {
    async fn upload(&self, name: &str, kind: &str, bytes: &[u8]) -> Value {
        let url = format!("{}/rest/api/3/issue/{}/attachments", self.site.jira.url, self.issue_key);
        let boundary = "b0undary";
        let mut body = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        let account = &self.site.sample.engineers[0].account_id;
        let request = client().post(url).bearer_auth(format!("user:{account}")).header("X-Atlassian-Token", "no-check");
        let request = request.header("Content-Type", format!("multipart/form-data; boundary={boundary}")).body(body);
        request.send().await.unwrap().json().await.unwrap()
    }

    fn on_issue(&self) -> Vec<(String, usize)> {
        let state = self.site.jira.state();
        state.attachments_of(self.issue).map(|file| (file.filename.clone(), file.data.len())).collect()
    }
}

fn file(name: &str, bytes: &[u8]) -> Value {
    json!({ "filename": name, "data": STANDARD.encode(bytes), "mime-type": "text/plain" })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_article_is_attached_to_the_issue_once() {
    let env = LinkedSite::start().await;
    let (a, b) = (vec![b'a'; 10_000], vec![b'b'; 2_621_440]);
    let article = json!({ "ticket_id": env.ticket, "body": "See the logs.", "internal": true,
        "attachments": [file("one.log", &a), file("same again.log", &a), file("größer.bin", &b), file("empty", b"")] });
    env.zammad("POST", "ticket_articles", &article).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("See the logs."))).await;
    let files = env.on_issue();
    let with_name = |name: &str| files.iter().filter(|(known, _)| known == name).count();
    assert_eq!((with_name("one.log"), with_name("same again.log"), with_name("empty")), (1, 1, 0), "{files:?}");
    assert!(files.contains(&("größer.bin".to_owned(), b.len())), "{files:?}");
    assert!(env.violations().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_too_large_to_transfer_is_shown_with_name_size_and_reason() {
    let env = LinkedSite::start().await;
    let article = json!({ "ticket_id": env.ticket, "body": "A big one.", "internal": true,
        "attachments": [file("big.iso", &vec![0; 2_621_441])] });
    env.zammad("POST", "ticket_articles", &article).await;
    eventually("the placeholder", || {
        env.site.jira.comments(env.issue).iter().any(|c| c.body.to_string().contains("big.iso"))
    })
    .await;
    assert!(env.on_issue().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_issue_comes_as_an_internal_note() {
    let env = LinkedSite::start().await;
    env.upload("trace.log", "text/plain", b"a trace").await;
    let has_file = || {
        let articles = env.site.zammad.articles(env.ticket);
        articles.iter().any(|article| article.internal && article.body.contains("trace.log"))
    };
    eventually("the note", has_file).await;
    let listed = env.zammad("GET", &format!("ticket_articles/by_ticket/{}", env.ticket), &Value::Null).await;
    let last = listed
        .as_array()
        .unwrap()
        .iter()
        .rfind(|article| !article["attachments"].as_array().unwrap().is_empty())
        .unwrap()
        .clone();
    assert_eq!(
        (last["attachments"][0]["filename"].as_str(), last["attachments"][0]["size"].as_str()),
        (Some("trace.log"), Some("7"))
    );
    // It does not come back as a file of the ticket's.
    env.article(env.ticket, "<p>Thanks.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Thanks."))).await;
    assert_eq!(env.on_issue().len(), 1);
}

/// Together they are more than the platform's 5 MB, which the emulator enforces; the batch must not be sent for ever.
#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_too_large_for_one_reply_come_one_after_the_other() {
    let mut env = LinkedSite::start().await;
    env.kill().await;
    for number in 0..3u8 {
        env.upload(&format!("dump-{number}.bin"), "application/octet-stream", &vec![number; 2_000_000]).await;
    }
    env.restart().await;
    let files = || -> usize {
        env.site.zammad.articles(env.ticket).iter().filter(|note| note.internal && note.body.contains("dump-")).count()
    };
    eventually("all files", || files() == 3).await;
    assert_eq!(
        env.site.emulator.captures().await.unwrap().iter().filter(|capture| capture["status"] == 500).count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_inside_an_article_is_attached_to_the_issue() {
    let env = LinkedSite::start().await;
    // By default a picture as small as this one is taken for a logo of a signature.
    env.settings(|value| value["attachments"]["inlineFromBytes"] = json!(0)).await;
    let body = format!("<p>Look: <img src=\"data:image/png;base64,{PIXEL}\"></p>");
    env.article(env.ticket, &body, true).await;
    eventually("the picture", || env.on_issue().iter().any(|(name, _)| name.ends_with(".png"))).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Look:"))).await;
}

/// The comment names the file, and the note with the file shows it. Files that are large, or no pictures for Zammad,
/// are only attached.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_a_comment_is_shown_in_the_note_of_its_file() {
    let env = LinkedSite::start().await;
    let pixel = STANDARD.decode(PIXEL).unwrap();
    for (name, kind, bytes) in [
        ("shot.png", "image/png", pixel.clone()),
        ("drawing.svg", "image/svg+xml", b"<svg onload='alert(1)'/>".to_vec()),
        ("poster.png", "image/png", [pixel, vec![0; 1_048_576]].concat()),
    ] {
        env.upload(name, kind, &bytes).await;
    }
    let media = json!({ "type": "media", "attrs": { "type": "file", "id": "5c2e8f1a-9b7d-4e3c-8a61-0f4d2b9c7e55", "collection": "", "alt": "shot.png" } });
    let body = json!({ "body": { "type": "doc", "version": 1, "content": [{ "type": "mediaSingle", "attrs": { "layout": "center" }, "content": [media] }] } });
    env.jira("POST", &format!("issue/{}/comment", env.issue_key), &body).await;
    let notes = |name: &str| {
        let articles = env.site.zammad.articles(env.ticket);
        articles.into_iter().filter(|article| article.body.contains(name)).collect::<Vec<_>>()
    };
    for (name, count) in [("shot.png", 2), ("drawing.svg", 1), ("poster.png", 1)] {
        eventually(name, || notes(name).len() == count).await;
    }
    let of_file = |name: &str| notes(name).into_iter().find(|note| !note.attachments.is_empty()).unwrap();
    let shot = of_file("shot.png");
    assert!(shot.body.contains("<img") && shot.body.contains("/api/v1/ticket_attachment/"), "{}", shot.body);
    // The file itself keeps its name; Zammad names the one that it makes of the picture.
    let names: Vec<_> = shot.attachments.iter().map(|file| file.filename.as_str()).collect();
    assert_eq!(names, ["shot.png", "image1.png"]);
    for name in ["drawing.svg", "poster.png"] {
        let note = of_file(name);
        assert!(!note.body.contains("<img") && note.attachments.len() == 1, "{}", note.body);
    }
    // It does not come back.
    env.article(env.ticket, "<p>Thanks.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Thanks."))).await;
    assert_eq!(env.on_issue().len(), 3);
}

/// Jira says no: it is shown, not dropped, and the article comes all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_upload_is_shown() {
    let env = LinkedSite::start().await;
    let refusal = devkit::faults::FaultKind::Status { status: 413, retry_after: None };
    env.site.jira.faults().add(devkit::faults::Fault::always(refusal).on("POST", "/attachments"));
    let article =
        json!({ "ticket_id": env.ticket, "body": "Refused.", "internal": true, "attachments": [file("no.log", b"x")] });
    env.zammad("POST", "ticket_articles", &article).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Refused."))).await;
    eventually("the placeholder", || {
        env.site.jira.comments(env.issue).iter().any(|c| c.body.to_string().contains("no.log"))
    })
    .await;
    eventually_async("the trouble", || async { env.troubles().await.contains("file:") }).await;
}
