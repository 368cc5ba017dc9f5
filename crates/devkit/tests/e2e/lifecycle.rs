//! Links live as long as what they link: merged, moved, deleted, out of scope, shared.

use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

impl LinkedSite {
    fn has_note(&self, ticket: u64, words: &str) -> bool {
        self.site.zammad.articles(ticket).iter().any(|article| article.body.contains(words))
    }

    /// The data that Forge stores for the ticket.
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

/// docs/platforms/zammad.md §12: a merge into a ticket that the bot wrote last sends a webhook for the source only.
#[tokio::test(flavor = "multi_thread")]
async fn a_merge_moves_the_link_even_if_only_the_source_sends_a_webhook() {
    let env = LinkedSite::start().await;
    env.article(env.ticket, "<p>Before the merge.</p>", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    let target = env.site.sample.tickets[4];
    let number = env.site.zammad.ticket(target).unwrap().number;
    env.zammad("PUT", &format!("ticket_merge/{}/{number}", env.ticket), &json!({})).await;
    eventually("the note in the target", || env.has_note(target, "was merged into this one")).await;
    eventually_async("the link to move", || async {
        env.link_in_forge(target).await.contains(&env.issue.to_string())
            && env.link_in_forge(env.ticket).await.is_empty()
    })
    .await;
    // Earlier articles are not sent again; new ones in the target are sent.
    env.article(target, "<p>After the merge.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("After the merge."))).await;
    assert_eq!(env.mirrored().iter().filter(|text| text.contains("Before the merge.")).count(), 1);
    env.comment(&env.issue_key, "Seen in the target.", json!({})).await;
    eventually("the note", || env.has_note(target, "Seen in the target.")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_issue_ends_the_link_with_a_note_and_nothing_else() {
    let env = LinkedSite::start().await;
    env.jira("DELETE", &format!("issue/{}", env.issue_key), &Value::Null).await;
    eventually("the note", || env.has_note(env.ticket, "has been deleted")).await;
    assert!(env.site.zammad.ticket(env.ticket).is_some());
    let before = env.site.zammad.articles(env.ticket).len();
    env.article(env.ticket, "<p>Nobody listens.</p>", true).await;
    // Another link works on meanwhile.
    let (ticket, issue) = (env.site.sample.tickets[1], env.site.sample.issues[1].clone());
    env.site.link(ticket, &issue.1).await.unwrap();
    env.article(ticket, "<p>Somebody listens.</p>", true).await;
    eventually("the other comment", || {
        env.site.jira.comments(issue.0).iter().any(|c| c.body.to_string().contains("Somebody"))
    })
    .await;
    assert_eq!(env.site.zammad.articles(env.ticket).len(), before + 1);
}

/// By an admin, by retention or for data protection: no webhook, and no change that a search by time could find.
#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_ticket_is_noticed_and_ends_the_link_with_a_comment() {
    let env = LinkedSite::with(|options| {
        let settings = [("CHECK_DELETED_SECONDS", "1"), ("CONFIRM_DELETED_SECONDS", "2")];
        options.settings.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    })
    .await;
    let url = format!("{}/api/v1/tickets/{}", env.site.zammad.url, env.ticket);
    let request = crate::support::client()
        .delete(url)
        .header("Authorization", format!("Token token={}", env.site.sample.admin_token));
    assert!(request.send().await.unwrap().status().is_success());
    eventually_async("the link to end", || async { env.link_in_forge(env.ticket).await.is_empty() }).await;
    assert!(env.site.jira.issue(&env.issue_key).is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_that_moves_keeps_its_link() {
    let env = LinkedSite::start().await;
    let account = env.site.sample.engineers[0].account_id.clone();
    let moved = env.site.jira.move_issue(&account, &env.issue_key, "NET").unwrap();
    env.jira("PUT", &format!("issue/{moved}"), &json!({ "fields": { "summary": "After the move" } })).await;
    eventually("the title", || env.now().title == "After the move").await;
    env.article(env.ticket, "<p>Still linked.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Still linked."))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_tickets_on_one_issue_the_older_writes_and_the_younger_only_receives() {
    let env = LinkedSite::start().await;
    let follower = env.site.sample.tickets[1];
    env.site.link(follower, &env.issue_key).await.unwrap();
    env.zammad("PUT", &format!("tickets/{follower}"), &json!({ "title": "A follower's own title" })).await;
    env.article(follower, "<p>A follower's own words.</p>", true).await;
    // A ticket that waits agrees with an issue in progress.
    let waits = json!({ "title": "The primary's title", "state_id": 3, "pending_time": "2099-01-01T00:00:00Z" });
    env.change_ticket(waits).await;
    eventually_async("the summary", || async { env.field("summary").await == "The primary's title" }).await;
    env.jira("POST", &format!("issue/{}/transitions", env.issue_key), &json!({ "transition": { "id": "41" } })).await;
    eventually("the ticket to come back to its agent", || env.now().state_id == 2).await;
    eventually("the note", || env.has_note(env.ticket, "is done: Done")).await;
    eventually("the fixed note", || env.has_note(follower, "has been solved")).await;
    assert!(!env.has_note(env.ticket, "has been solved"));
    assert!(env.mirrored().iter().all(|text| !text.contains("A follower's own words.")));
    assert_eq!(env.site.zammad.ticket(follower).unwrap().title, "A follower's own title");
}

/// By default the ticket of a done issue stays with its agent, who goes on with it; the issue is done meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn a_done_issue_leaves_its_ticket_to_the_agent() {
    let env = LinkedSite::start().await;
    let moves = format!("issue/{}/transitions", env.issue_key);
    // Everything that either side did has arrived on the other.
    let settled = || async {
        env.site.zammad.deliveries_done().await;
        env.site.jira.deliveries_done().await;
        env.site.emulator.idle().await.unwrap();
        eventually_async("empty queues", || async {
            let stored = env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string();
            let queue = &env.readiness().await.1["queue"];
            !stored.contains("cmd:") && (queue["inbox"].as_u64(), queue["outbox"].as_u64()) == (Some(0), Some(0))
        })
        .await;
    };
    let status = || async { env.field("status").await["name"].as_str().unwrap_or_default().to_owned() };
    let notes =
        || env.site.zammad.articles(env.ticket).into_iter().filter(|article| article.body.contains("is done: Done"));
    env.change_ticket(json!({ "state_id": 2 })).await;
    env.jira("POST", &moves, &json!({ "transition": { "id": "41" } })).await;
    eventually("the note", || notes().count() == 1).await;
    assert!(notes().all(|note| note.internal));
    for state in [3, 2] {
        env.change_ticket(json!({ "state_id": state, "pending_time": "2099-01-01T00:00:00Z" })).await;
        settled().await;
        assert_eq!((env.now().state_id, status().await.as_str()), (state, "Done"));
    }
    // Reopened and done again: the second time is told too.
    env.jira("POST", &moves, &json!({ "transition": { "id": "21" } })).await;
    settled().await;
    assert_eq!((env.now().state_id, status().await.as_str()), (2, "In Progress"));
    env.change_ticket(json!({ "state_id": 4 })).await;
    eventually_async("the issue to be done", || async { status().await == "Done" }).await;
    settled().await;
    assert_eq!((env.now().state_id, notes().count()), (4, 1), "who closed the ticket knows");
}

/// A release changes no issue: Jira's event of the version brings it.
#[tokio::test(flavor = "multi_thread")]
async fn agents_are_told_when_the_version_is_released() {
    let env = LinkedSite::start().await;
    env.settings(|value| value["doneNotes"]["at"] = json!("released")).await;
    let project = env.field("project").await["id"].as_str().unwrap().parse::<u64>().unwrap();
    let version = env.jira("POST", "version", &json!({ "name": "4.2", "projectId": project })).await;
    let version = version["id"].as_str().unwrap_or_else(|| panic!("{version}")).to_owned();
    env.change_issue(json!({ "fixVersions": [{ "id": version }] })).await;
    env.jira("POST", &format!("issue/{}/transitions", env.issue_key), &json!({ "transition": { "id": "41" } })).await;
    eventually("the announcement", || env.has_note(env.ticket, "It will be in 4.2.")).await;
    env.jira("PUT", &format!("version/{version}"), &json!({ "released": true })).await;
    eventually("the release", || env.has_note(env.ticket, "is released: 4.2.")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_gets_the_comments_if_the_admin_wants_that() {
    let env = LinkedSite::start().await;
    let follower = env.site.sample.tickets[1];
    env.site.link(follower, &env.issue_key).await.unwrap();
    env.comment(&env.issue_key, "Only for the first.", json!({})).await;
    eventually("the note", || env.has_note(env.ticket, "Only for the first.")).await;
    env.settings(|value| value["followers"]["comments"] = json!(true)).await;
    env.comment(&env.issue_key, "For both of them.", json!({})).await;
    eventually("both notes", || [env.ticket, follower].iter().all(|id| env.has_note(*id, "For both of them."))).await;
    assert!(!env.has_note(follower, "Only for the first."));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_issues_on_one_ticket_both_receive() {
    let env = LinkedSite::start().await;
    let (second, key) = env.site.sample.issues[1].clone();
    env.site.link(env.ticket, &key).await.unwrap();
    env.article(env.ticket, "<p>For both.</p>", true).await;
    eventually("both comments", || {
        [env.issue, second].iter().all(|issue| {
            env.site.jira.comments(*issue).iter().filter(|c| c.body.to_string().contains("For both.")).count() == 1
        })
    })
    .await;
    env.change_ticket(json!({ "title": "One title" })).await;
    for key in [&env.issue_key, &key] {
        eventually_async("the summary", || async {
            env.jira("GET", &format!("issue/{key}?fields=summary"), &Value::Null).await["fields"]["summary"]
                == "One title"
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_out_of_scope_is_suspended_and_resumes() {
    let env = LinkedSite::start().await;
    let [inside, outside] = [0, 1].map(|at: usize| env.site.sample.groups[at].0);
    env.settings(|value| value["scope"] = json!({ "projects": [], "groups": [inside] })).await;
    env.change_ticket(json!({ "group_id": outside })).await;
    eventually_async("the pause", || async { env.troubles().await.contains("group-out-of-scope") }).await;
    env.article(env.ticket, "<p>Not for Jira.</p>", true).await;
    env.comment(&env.issue_key, "Not for Zammad.", json!({})).await;
    env.site.jira.deliveries_done().await;
    env.site.emulator.idle().await.unwrap();
    let waiting =
        || async { env.site.emulator.stored(&env.site.install_id).await.unwrap().to_string().contains("cmd:") };
    eventually_async("the command to be heard", || async { !waiting().await }).await;
    env.change_ticket(json!({ "group_id": inside })).await;
    eventually_async("the end of the pause", || async { !env.troubles().await.contains("out-of-scope") }).await;
    env.article(env.ticket, "<p>For Jira again.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("For Jira again."))).await;
    assert!(!env.has_note(env.ticket, "Not for Zammad."));
    // Articles from outside the scope are not sent.
    assert!(env.mirrored().iter().all(|text| !text.contains("Not for Jira.")));
    // The move removed the owner; this must not unassign the engineer.
    assert!(!env.field("assignee").await.is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_creates_an_issue_once() {
    let env = LinkedSite::start().await;
    env.settings(|value| {
        value["rules"] = json!([{ "id": "tagged", "enabled": true, "when": [{ "tag": "jira" }],
                "then": { "createIssue": { "project": "SUP", "issueType": "10001" } } }]);
    })
    .await;
    let ticket = env.site.sample.tickets[2];
    let title = env.site.zammad.ticket(ticket).unwrap().title;
    env.zammad("POST", "tags/add", &json!({ "object": "Ticket", "o_id": ticket, "item": "jira" })).await;
    // A tag sends no webhook (docs/platforms/zammad.md §12); the next change does.
    env.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "priority_id": 1 })).await;
    let made = || env.site.jira.state().issues.values().filter(|issue| issue.summary == title).count();
    eventually("the issue", || made() == 1).await;
    eventually_async("the link", || async { !env.link_in_forge(ticket).await.is_empty() }).await;
    env.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "priority_id": 3 })).await;
    env.article(ticket, "<p>Said after.</p>", true).await;
    eventually("the comment", || env.site.jira.dump().to_string().contains("Said after.")).await;
    assert_eq!(made(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engineer_unlinks_and_links_again_and_nothing_from_between_is_sent() {
    let env = LinkedSite::start().await;
    let (install, engineer) = (&env.site.install_id, &env.site.sample.engineers[0].account_id);
    env.article(env.ticket, "<p>Said first.</p>", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    let issue = env.issue.to_string();
    let wanted = json!({ "ticketId": env.ticket });
    let who = (engineer.as_str(), issue.as_str());
    assert_eq!(env.site.emulator.panel(install, who, "links.remove", wanted).await.unwrap(), json!({}));
    eventually_async("the end of the link", || async { env.link_in_forge(env.ticket).await.is_empty() }).await;
    // Another ticket's link shows when the command has been applied.
    let waiting = || async { env.site.emulator.stored(install).await.unwrap().to_string().contains("cmd:") };
    eventually_async("the command to be heard", || async { !waiting().await }).await;
    env.article(env.ticket, "<p>Said between.</p>", true).await;
    env.change_ticket(json!({ "title": "Changed between" })).await;

    let wanted = json!({ "ticketNumber": env.now().number });
    assert_eq!(env.site.emulator.panel(install, who, "links.request", wanted).await.unwrap(), json!({}));
    eventually_async("the link", || async { !env.link_in_forge(env.ticket).await.is_empty() }).await;
    eventually_async("the link to settle", || async { env.readiness().await.1["queue"]["outbox"] == 0 }).await;
    env.article(env.ticket, "<p>Said after.</p>", true).await;
    eventually("the comment", || env.mirrored().iter().any(|text| text.contains("Said after."))).await;
    assert!(env.mirrored().iter().all(|text| !text.contains("Said between.")));
    // The link began anew with what both sides held; the next change follows.
    env.change_ticket(json!({ "title": "Changed after" })).await;
    eventually_async("the summary", || async { env.field("summary").await == "Changed after" }).await;
}
