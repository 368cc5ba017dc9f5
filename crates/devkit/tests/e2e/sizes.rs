//! Large, many or unusual contents arrive whole and in order, and delay nothing else.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use devkit::faults::{Fault, FaultKind};
use devkit::jira_sim::JiraSim;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::{LinkedSite, client, eventually, eventually_async};

/// 300 characters, of which 250 or 255 are taken: emoji of several code points, and text from right to left.
fn long_title(begin: &str) -> String {
    let words = " 🖨️ طابعة printer \u{202b}שלום\u{202c} 👩‍💻 größer".chars().cycle();
    begin.chars().chain(words).take(300).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn titles_of_300_characters_with_emoji_and_two_directions() {
    let env = LinkedSite::start().await;
    let answer = env.change_ticket(json!({ "title": long_title("agent") })).await;
    let stored = answer["title"].as_str().unwrap().to_owned();
    assert_eq!(stored.chars().count(), 250, "Zammad cuts silently");
    eventually_async("the summary", || async { env.field("summary").await == stored.trim() }).await;
    let summary: String = long_title("engineer").chars().take(255).collect();
    env.change_issue(json!({ "summary": summary })).await;
    eventually("the title", || env.now().title.starts_with("engineer")).await;
    let title = env.now().title;
    assert!(title.chars().count() <= 250 && summary.starts_with(title.trim_end_matches('…')), "{title}");
    // Nothing moves any more: what comes after it finds both as they were.
    env.article(env.ticket, "<p>Afterwards.</p>", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    assert_eq!((env.now().title, env.field("summary").await), (title, json!(summary)));
}

/// The numbers of `w000000`, `w000001`, … in a text.
fn numbers(text: &str) -> Vec<usize> {
    let number = |word: &str| word.strip_prefix('w')?.get(..6)?.parse().ok();
    text.split_whitespace().filter_map(number).collect()
}

fn counted(count: usize) -> String {
    (0..count).map(|number| format!("w{number:06} ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_article_of_200_000_characters_comes_in_parts() {
    let env = LinkedSite::start().await;
    let words = 25_000;
    let body: String = counted(words).split_inclusive("9 ").map(|line| format!("<p>{line}</p>")).collect();
    assert!(body.chars().count() >= 200_000);
    env.article(env.ticket, &body, false).await;
    eventually("all words", || env.mirrored().iter().flat_map(|part| numbers(part)).count() >= words).await;
    let parts = env.mirrored();
    let of = parts.len();
    assert!(of > 6);
    for (at, part) in parts.iter().enumerate() {
        assert!(part.contains(&format!("part {} of {of} ", at + 1)), "{}", &part[..200]);
    }
    let received: Vec<usize> = parts.iter().flat_map(|part| numbers(part)).collect();
    assert_eq!(received, (0..words).collect::<Vec<_>>(), "complete and in order");
    for comment in env.site.jira.comments(env.issue) {
        assert!(comment.body.to_string().chars().count() <= 32_767);
    }
}

/// The longest text that Jira accepts, and the deepest nesting of lists: both arrive, and so do later comments.
#[tokio::test(flavor = "multi_thread")]
async fn the_largest_comment_and_the_deepest() {
    let env = LinkedSite::start().await;
    let text: String = counted(4_095);
    assert!(text.len() > 32_700);
    env.comment(&env.issue_key, &text, json!({})).await;
    eventually("the large one", || env.noted().iter().any(|note| numbers(&plain(note)).len() == 4_095)).await;
    // Characters that storage accepts, that it rejects, and that JSON readers reject after it.
    for levels in [2, 20, 29] {
        let mut node = paragraph(&format!("inmost of {levels}."));
        for _ in 0..levels {
            let item = json!({ "type": "listItem", "content": [paragraph("in a list."), node] });
            node = json!({ "type": "bulletList", "content": [item] });
        }
        let body = json!({ "body": { "type": "doc", "version": 1, "content": [node] } });
        let made = env.jira("POST", &format!("issue/{}/comment", env.issue_key), &body).await;
        assert!(made["id"].is_string(), "{made}");
    }
    env.comment(&env.issue_key, "after them.", json!({})).await;
    for words in ["inmost of 2.", "inmost of 20.", "read it in Jira for the rest", "after them."] {
        eventually(words, || env.noted().iter().any(|note| note.contains(words))).await;
    }
    let reduced = env.noted().into_iter().find(|note| note.contains("for the rest")).unwrap();
    assert!(reduced.matches("in a list.").count() > 20, "as much of its text as there is: {reduced}");
    assert_eq!(env.noted().len(), 5);
}

fn paragraph(text: &str) -> Value {
    json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] })
}

fn plain(html: &str) -> String {
    html.replace(['<', '>'], " ")
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_comments_in_each_direction_at_once_arrive_once_and_in_order() {
    let env = LinkedSite::start().await;
    for number in 0..60 {
        env.article(env.ticket, &format!("<p>w{number:06} from Zammad.</p>"), number % 2 == 0).await;
        env.comment(&env.issue_key, &format!("w{number:06} from Jira."), json!({})).await;
    }
    eventually("sixty comments", || env.mirrored().len() >= 60).await;
    eventually("sixty notes", || env.noted().len() >= 60).await;
    env.site.zammad.deliveries_done().await;
    env.site.jira.deliveries_done().await;
    env.site.emulator.idle().await.unwrap();
    eventually_async("empty queues", || async { env.readiness().await.1["queue"]["outbox"] == 0 }).await;
    let wanted: Vec<usize> = (0..60).collect();
    assert_eq!(numbers(&env.mirrored().concat()), wanted, "comments");
    assert_eq!(numbers(&plain(&env.noted().concat())), wanted, "notes");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_files_arrive_and_do_not_delay_other_tickets() {
    let env = LinkedSite::start().await;
    let (other, (issue, key)) = (env.site.sample.tickets[1], env.site.sample.issues[1].clone());
    env.site.link(other, &key).await.unwrap();
    let file = |number: usize| json!({ "filename": format!("{number:03}.log"), "data": STANDARD.encode(format!("file {number}")), "mime-type": "text/plain" });
    let files: Vec<Value> = (0..500).map(file).collect();
    let article = json!({ "ticket_id": env.ticket, "body": "Five hundred.", "internal": true, "attachments": files });
    env.zammad("POST", "ticket_articles", &article).await;
    let uploaded = || env.site.jira.state().attachments_of(env.issue).count();
    eventually("the first files", || uploaded() > 0).await;
    env.article(other, "<p>Meanwhile.</p>", true).await;
    let arrived =
        || env.site.jira.comments(issue).iter().any(|comment| comment.body.to_string().contains("Meanwhile."));
    eventually("the other ticket's comment", arrived).await;
    assert!(uploaded() < 500, "it did not wait for the last of them");
    // Takes longer than one `eventually`: each upload is a separate request.
    let started = Instant::now();
    while uploaded() < 500 && started.elapsed() < Duration::from_secs(150) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut names: Vec<String> =
        env.site.jira.state().attachments_of(env.issue).map(|file| file.filename.clone()).collect();
    names.sort();
    assert_eq!(names, (0..500).map(|number| format!("{number:03}.log")).collect::<Vec<_>>(), "each once");
    eventually("the comment behind them", || env.mirrored().iter().any(|text| text.contains("Five hundred."))).await;
    assert!(env.violations().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn control_characters_are_dropped_and_lone_surrogates_are_rejected_by_zammad() {
    let env = LinkedSite::start().await;
    for (kind, number) in [("text/plain", 1), ("text/html", 2)] {
        let body = format!("a\u{0}b\u{1}c\u{7}d\u{1b}e\u{7f}f number {number}.");
        let article = json!({ "ticket_id": env.ticket, "body": body, "internal": true, "content_type": kind });
        env.zammad("POST", "ticket_articles", &article).await;
        eventually("the comment", || env.mirrored().iter().any(|text| text.contains(&format!("number {number}."))))
            .await;
    }
    let mirrored = env.mirrored().concat();
    assert!(mirrored.chars().all(|c| c == '\n' || !c.is_control()), "{mirrored:?}");
    env.change_ticket(json!({ "title": "a\u{0}b\u{1b}c title" })).await;
    eventually_async("the summary", || async { env.field("summary").await.as_str().unwrap().ends_with("c title") })
        .await;
    assert!(!env.field("summary").await.as_str().unwrap().contains(char::is_control));
    // Zammad answers 500 to half a character, so none ever comes from there.
    let url = format!("{}/api/v1/ticket_articles", env.site.zammad.url);
    let request = client().post(url).header("Content-Type", "application/json");
    let request = request.header("Authorization", format!("Token token={}", env.site.sample.agent_tokens[0]));
    let body = format!(r#"{{"ticket_id":{},"body":"half \ud800 of it"}}"#, env.ticket);
    assert_eq!(request.body(body).send().await.unwrap().status(), 500);
}

/// Jira stores a lone surrogate if a client sends one, and returns it in the event, the comment and the issue.
#[tokio::test(flavor = "multi_thread")]
async fn a_lone_surrogate_from_jira_becomes_a_replacement_character_and_stops_nothing() {
    // Not recorded: what Atlassian describes holds no such text.
    let env = LinkedSite::with(|options| options.jira = JiraSim::builder()).await;
    let rewrite = |from: &str, to: &str| FaultKind::Rewrite { from: from.to_owned(), to: to.to_owned() };
    for (from, to) in [("HALF", r"\ud800"), ("NOTHING", r"\u0000"), ("STEERS", r"\u001b[2J")] {
        env.site.jira.faults().add(Fault::always(rewrite(from, to)).on("GET", "/rest/"));
    }
    env.comment(&env.issue_key, "odd HALF NOTHING STEERS words.", json!({})).await;
    eventually("the note", || env.noted().iter().any(|note| note.contains("odd") && note.contains("words."))).await;
    let note = env.noted().concat();
    assert!(note.contains('\u{fffd}') && !note.contains(|c: char| c.is_control() && c != '\n'), "{note:?}");
    env.change_issue(json!({ "summary": "HALF a NOTHING summary" })).await;
    eventually("the title", || env.now().title.ends_with("summary")).await;
    let title = env.now().title;
    assert!(title.starts_with('\u{fffd}') && !title.contains(char::is_control), "{title:?}");
    // The event itself: its content is ignored, and it notifies all the same.
    let comment = env.comment(&env.issue_key, "told by an odd event.", json!({})).await;
    let event = format!(
        r#"{{"eventType":"avi:jira:commented:issue","issue":{{"id":"{}","fields":{{"summary":"\ud800\u0000"}}}},"comment":{{"id":"{comment}","body":"\udfff"}}}}"#,
        env.issue
    );
    let url = env.site.emulator.events_url(&env.site.install_id);
    let sent = client().post(url).header("Content-Type", "application/json").body(event).send().await.unwrap();
    assert!(sent.status().is_success());
    eventually("its note", || env.noted().iter().any(|note| note.contains("told by an odd event."))).await;
    env.article(env.ticket, "<p>And back.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("And back."))).await;
}
