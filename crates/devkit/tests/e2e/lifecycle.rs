//! Links live as long as what they link: merged, moved, deleted, out of scope, shared.

use serde_json::{Value, json};

use crate::kit::{Linked, eventually, eventually_async};

impl Linked {
    fn has_note(&self, ticket: u64, words: &str) -> bool {
        self.site.zammad.articles(ticket).iter().any(|article| article.body.contains(words))
    }

    /// What Forge has under the ticket's key.
    async fn link_in_forge(&self, ticket: u64) -> String {
        let stored = self.site.emulator.stored(&self.site.install_id).await.unwrap();
        find(&stored, &format!("link:t:{ticket}")).map(Value::to_string).unwrap_or_default()
    }
}

/// A key's value, wherever the emulator puts it.
fn find<'v>(stored: &'v Value, key: &str) -> Option<&'v Value> {
    match stored {
        Value::Object(object) if object.get("key").is_some_and(|own| own == key) => object.get("value"),
        Value::Object(object) => object.get(key).or_else(|| object.values().find_map(|value| find(value, key))),
        Value::Array(items) => items.iter().find_map(|item| find(item, key)),
        _ => None,
    }
}

/// docs/platforms/zammad.md §12: a merge into a ticket that the bot wrote last rings for the source only.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_takes_the_link_along_even_if_only_the_source_rings() {
    let world = Linked::start().await;
    world.article(world.ticket, "<p>Before the merge.</p>", true).await;
    eventually("the comment", || world.mirrored().len() == 1).await;
    let target = world.site.story.tickets[4];
    let number = world.site.zammad.ticket(target).unwrap().number;
    world.zammad("PUT", &format!("ticket_merge/{}/{number}", world.ticket), &json!({})).await;
    eventually("the note in the target", || world.has_note(target, "was merged into this one")).await;
    eventually_async("the link to move", || async {
        world.link_in_forge(target).await.contains(&world.issue.to_string())
            && world.link_in_forge(world.ticket).await.is_empty()
    })
    .await;
    // What was carried before is not carried again; what is written in the target now is.
    world.article(target, "<p>After the merge.</p>", true).await;
    eventually("the comment", || world.mirrored().iter().any(|text| text.contains("After the merge."))).await;
    assert_eq!(world.mirrored().iter().filter(|text| text.contains("Before the merge.")).count(), 1);
    world.comment(&world.issue_key, "Seen in the target.", json!({})).await;
    eventually("the note", || world.has_note(target, "Seen in the target.")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_issue_ends_the_link_with_a_note_and_nothing_else() {
    let world = Linked::start().await;
    world.jira("DELETE", &format!("issue/{}", world.issue_key), &Value::Null).await;
    eventually("the note", || world.has_note(world.ticket, "has been deleted")).await;
    assert!(world.site.zammad.ticket(world.ticket).is_some());
    let before = world.site.zammad.articles(world.ticket).len();
    world.article(world.ticket, "<p>Nobody listens.</p>", true).await;
    // Another link works on meanwhile.
    let (ticket, issue) = (world.site.story.tickets[1], world.site.story.issues[1].clone());
    world.site.link(ticket, &issue.1).await.unwrap();
    world.article(ticket, "<p>Somebody listens.</p>", true).await;
    eventually("the other comment", || {
        world.site.jira.comments(issue.0).iter().any(|c| c.body.to_string().contains("Somebody"))
    })
    .await;
    assert_eq!(world.site.zammad.articles(world.ticket).len(), before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_ticket_ends_the_link_with_a_comment() {
    let world = Linked::start().await;
    let url = format!("{}/api/v1/tickets/{}", world.site.zammad.url, world.ticket);
    let request = crate::kit::client()
        .delete(url)
        .header("Authorization", format!("Token token={}", world.site.story.admin_token));
    assert!(request.send().await.unwrap().status().is_success());
    // Zammad rings for nothing here, and the sweep does not see it either: the drift check does, and settings begin a round.
    world.settings(|value| value["attachments"]["maxBytes"] = json!(1_000_000)).await;
    eventually_async("the link to end", || async { world.link_in_forge(world.ticket).await.is_empty() }).await;
    assert!(world.site.jira.issue(&world.issue_key).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_moves_keeps_its_link() {
    let world = Linked::start().await;
    let account = world.site.story.engineers[0].account_id.clone();
    let moved = world.site.jira.move_issue(&account, &world.issue_key, "NET").unwrap();
    world.jira("PUT", &format!("issue/{moved}"), &json!({ "fields": { "summary": "After the move" } })).await;
    eventually("the title", || world.now().title == "After the move").await;
    world.article(world.ticket, "<p>Still linked.</p>", true).await;
    eventually("the comment", || world.mirrored().iter().any(|text| text.contains("Still linked."))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tickets_on_one_issue_the_older_writes_the_younger_hears() {
    let world = Linked::start().await;
    let follower = world.site.story.tickets[1];
    world.site.link(follower, &world.issue_key).await.unwrap();
    world.zammad("PUT", &format!("tickets/{follower}"), &json!({ "title": "A follower's own title" })).await;
    world.article(follower, "<p>A follower's own words.</p>", true).await;
    world.change_ticket(json!({ "title": "The primary's title" })).await;
    eventually_async("the summary", || async { world.field("summary").await == "The primary's title" }).await;
    world
        .jira("POST", &format!("issue/{}/transitions", world.issue_key), &json!({ "transition": { "id": "41" } }))
        .await;
    eventually("both closed", || {
        [world.ticket, follower].iter().all(|id| world.site.zammad.ticket(*id).unwrap().state_id == 4)
    })
    .await;
    eventually("the fixed note", || world.has_note(follower, "has been solved")).await;
    assert!(!world.has_note(world.ticket, "has been solved"));
    assert!(world.mirrored().iter().all(|text| !text.contains("A follower's own words.")));
    assert_eq!(world.site.zammad.ticket(follower).unwrap().title, "A follower's own title");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_issues_on_one_ticket_both_hear() {
    let world = Linked::start().await;
    let (second, key) = world.site.story.issues[1].clone();
    world.site.link(world.ticket, &key).await.unwrap();
    world.article(world.ticket, "<p>For both.</p>", true).await;
    eventually("both comments", || {
        [world.issue, second].iter().all(|issue| {
            world.site.jira.comments(*issue).iter().filter(|c| c.body.to_string().contains("For both.")).count() == 1
        })
    })
    .await;
    world.change_ticket(json!({ "title": "One title" })).await;
    for key in [&world.issue_key, &key] {
        eventually_async("the summary", || async {
            world.jira("GET", &format!("issue/{key}?fields=summary"), &Value::Null).await["fields"]["summary"]
                == "One title"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_out_of_scope_rests_and_comes_back() {
    let world = Linked::start().await;
    let [inside, outside] = [0, 1].map(|at: usize| world.site.story.groups[at].0);
    world.settings(|value| value["scope"] = json!({ "projects": [], "groups": [inside] })).await;
    world.change_ticket(json!({ "group_id": outside })).await;
    eventually_async("the pause", || async { world.troubles().await.contains("group-out-of-scope") }).await;
    world.article(world.ticket, "<p>Not for Jira.</p>", true).await;
    world.comment(&world.issue_key, "Not for Zammad.", json!({})).await;
    world.site.jira.deliveries_done().await;
    world.site.emulator.idle().await.unwrap();
    let waiting =
        || async { world.site.emulator.stored(&world.site.install_id).await.unwrap().to_string().contains("cmd:") };
    eventually_async("the command to be heard", || async { !waiting().await }).await;
    world.change_ticket(json!({ "group_id": inside })).await;
    eventually_async("the end of the pause", || async { !world.troubles().await.contains("out-of-scope") }).await;
    world.article(world.ticket, "<p>For Jira again.</p>", true).await;
    eventually("the comment", || world.mirrored().iter().any(|text| text.contains("For Jira again."))).await;
    assert!(!world.has_note(world.ticket, "Not for Zammad."));
    // What was written outside stays outside.
    assert!(world.mirrored().iter().all(|text| !text.contains("Not for Jira.")));
    // The move took the owner away, and nobody meant to unassign the engineer.
    assert!(!world.field("assignee").await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_makes_an_issue_once() {
    let world = Linked::start().await;
    world
        .settings(|value| {
            value["rules"] = json!([{ "id": "tagged", "enabled": true, "when": [{ "tag": "jira" }],
                "then": { "createIssue": { "project": "SUP", "issueType": "10001" } } }]);
        })
        .await;
    let ticket = world.site.story.tickets[2];
    let title = world.site.zammad.ticket(ticket).unwrap().title;
    world.zammad("POST", "tags/add", &json!({ "object": "Ticket", "o_id": ticket, "item": "jira" })).await;
    // A tag rings for nothing (docs/platforms/zammad.md §12); the next thing that happens does.
    world.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "priority_id": 1 })).await;
    let made = || world.site.jira.state().issues.values().filter(|issue| issue.summary == title).count();
    eventually("the issue", || made() == 1).await;
    eventually_async("the link", || async { !world.link_in_forge(ticket).await.is_empty() }).await;
    world.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "priority_id": 3 })).await;
    world.article(ticket, "<p>Said after.</p>", true).await;
    eventually("the comment", || world.site.jira.dump().to_string().contains("Said after.")).await;
    assert_eq!(made(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_unlinks_and_links_again_and_nothing_from_between_travels() {
    let world = Linked::start().await;
    let (install, engineer) = (&world.site.install_id, &world.site.story.engineers[0].account_id);
    world.article(world.ticket, "<p>Said first.</p>", true).await;
    eventually("the comment", || world.mirrored().len() == 1).await;
    let issue = world.issue.to_string();
    let wanted = json!({ "issueId": issue, "ticketId": world.ticket });
    assert_eq!(world.site.emulator.panel(install, engineer, "links.remove", wanted).await.unwrap(), json!({}));
    eventually_async("the end of the link", || async { world.link_in_forge(world.ticket).await.is_empty() }).await;
    // Another ticket's link shows when the command has been worked off.
    let waiting = || async { world.site.emulator.stored(install).await.unwrap().to_string().contains("cmd:") };
    eventually_async("the command to be heard", || async { !waiting().await }).await;
    world.article(world.ticket, "<p>Said between.</p>", true).await;
    world.change_ticket(json!({ "title": "Changed between" })).await;

    let wanted = json!({ "issueId": issue, "ticketNumber": world.now().number });
    assert_eq!(world.site.emulator.panel(install, engineer, "links.request", wanted).await.unwrap(), json!({}));
    eventually_async("the link", || async { !world.link_in_forge(world.ticket).await.is_empty() }).await;
    eventually_async("the link to settle", || async { world.readiness().await.1["queue"]["outbox"] == 0 }).await;
    world.article(world.ticket, "<p>Said after.</p>", true).await;
    eventually("the comment", || world.mirrored().iter().any(|text| text.contains("Said after."))).await;
    assert!(world.mirrored().iter().all(|text| !text.contains("Said between.")));
    // The link began anew with what both sides held; the next change follows.
    world.change_ticket(json!({ "title": "Changed after" })).await;
    eventually_async("the summary", || async { world.field("summary").await == "Changed after" }).await;
}
