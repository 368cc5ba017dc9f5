//! Recorded steps of Zammad 6.5, played and compared one by one.

use crate::player::Player;

const REDUCED: &str = "the recording keeps only a reduced form of this answer";

async fn holds(recording: &str, leave_out: &[(&str, &str)], at_least: usize) {
    let mut player = Player::start().await;
    let result = player.play(recording, leave_out).await;
    assert!(
        result.differences.is_empty(),
        "{} of {} differ:\n{}",
        result.differences.len(),
        result.equal,
        result.differences.join("\n")
    );
    assert!(result.equal >= at_least, "only {} steps were compared", result.equal);
}

#[tokio::test]
async fn credentials_and_odd_requests() {
    let leave_out = [
        ("limited_me", REDUCED),
        ("limited_tickets", REDUCED),
        ("from_*", REDUCED),
        ("on_behalf_of", REDUCED),
        ("token_short_used", REDUCED),
        ("token_list", "reduced, and the fixtures here make one token more"),
    ];
    holds(include_str!("../recordings/6.5/auth_errors.json"), &leave_out, 50).await;
}

#[tokio::test]
async fn tickets_are_made_read_and_changed() {
    let leave_out = [
        ("create_links_wrong", "sends the number 5, which the recording took for a ticket"),
        ("extras_links", REDUCED),
        ("read_all", REDUCED),
        ("create_unknown_keys", "the recording's own ticket 1"),
    ];
    holds(include_str!("../recordings/6.5/tickets_crud.json"), &leave_out, 120).await;
}

#[tokio::test]
async fn articles_and_their_bodies() {
    let leave_out =
        [("body_too_long", "the recording cuts the body"), ("html_unclosed", "misnested tags are repaired otherwise")];
    holds(include_str!("../recordings/6.5/articles.json"), &leave_out, 93).await;
}

#[tokio::test]
async fn files_go_up_and_come_down() {
    holds(include_str!("../recordings/6.5/attachments.json"), &[], 33).await;
}

#[tokio::test]
async fn tags() {
    let leave_out = [("search", REDUCED)];
    holds(include_str!("../recordings/6.5/tags.json"), &leave_out, 20).await;
}

#[tokio::test]
async fn webhooks_as_configuration() {
    let leave_out = [
        ("create_endpoint_2020", "the recording's text is cut"),
        ("list", REDUCED),
        ("search", REDUCED),
        ("preview", REDUCED),
        ("pre_defined", REDUCED),
        ("replacements", "not served yet"),
    ];
    holds(include_str!("../recordings/6.5/webhooks_config.json"), &leave_out, 36).await;
}

#[tokio::test]
async fn triggers_as_configuration() {
    let leave_out = [("read_full", REDUCED), ("list", REDUCED)];
    holds(include_str!("../recordings/6.5/triggers.json"), &leave_out, 45).await;
}

#[tokio::test]
async fn what_fires_and_what_is_sent() {
    let leave_out = [
        ("article_large", "the recording cuts the body"),
        ("article_large.deliveries", "the recording cuts the body"),
        ("http_logs", REDUCED),
        ("http_logs_shape", REDUCED),
    ];
    holds(include_str!("../recordings/6.5/webhook_events.json"), &leave_out, 105).await;
}

#[tokio::test]
async fn links_and_merges() {
    let lists = [("list_*", REDUCED)];
    holds(include_str!("../recordings/6.5/links.json"), &lists, 14).await;
    let lists = [("source_links", REDUCED), ("target_links", REDUCED)];
    holds(include_str!("../recordings/6.5/merge.json"), &lists, 19).await;
}
