//! Fields sync in both directions, whatever the two systems change in them.

use devkit::jira_sim::Screens;
use serde_json::{Value, json};

use crate::support::{LinkedSite, eventually, eventually_async};

async fn shows(env: &LinkedSite, field: &str, wanted: Value) {
    let looks = || async { field_of(env, field).await == wanted };
    eventually_async(&format!("{field} = {wanted}"), looks).await;
}

async fn field_of(env: &LinkedSite, field: &str) -> Value {
    let value = env.field(field).await;
    match field {
        "priority" | "status" => value["name"].clone(),
        "assignee" => value["accountId"].clone(),
        _ => value,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_fields_sync_to_the_issue() {
    let env = LinkedSite::start().await;
    env.change_ticket(json!({ "title": "Drucker brennt 🔥", "priority_id": 1, "state_id": 4 })).await;
    shows(&env, "summary", json!("Drucker brennt 🔥")).await;
    shows(&env, "priority", json!("Low")).await;
    shows(&env, "status", json!("Done")).await;
    env.change_ticket(json!({ "state_id": 2 })).await;
    shows(&env, "status", json!("In Progress")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn issue_fields_sync_to_the_ticket() {
    let env = LinkedSite::start().await;
    env.close_with_the_issue().await;
    env.change_issue(json!({ "summary": "Login loop behind lb-2", "priority": { "id": "5" } })).await;
    eventually("the title", || env.now().title == "Login loop behind lb-2").await;
    eventually("the priority", || env.now().priority_id == 1).await;
    env.jira("POST", &format!("issue/{}/transitions", env.issue_key), &json!({ "transition": { "id": "41" } })).await;
    eventually("the state", || env.now().state_id == 4).await;
    // Neither side reacts to the other's write: once everything is synced, nothing changes any more.
    env.article(env.ticket, "<p>One more.</p>", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    assert_eq!(env.now().title, "Login loop behind lb-2");
    shows(&env, "summary", json!("Login loop behind lb-2")).await;
}

/// docs/platforms/zammad.md §2: an owner without access to the group is replaced by nobody, with a 200.
#[tokio::test(flavor = "multi_thread")]
async fn people_are_mapped_never_guessed_and_a_lost_owner_unassigns_nobody() {
    let env = LinkedSite::start().await;
    let sample = &env.site.sample;
    let (amira, priya) = (sample.agents[0].id, sample.agents[2].id);
    let (noor, kwame) = (sample.engineers[0].account_id.clone(), sample.engineers[2].account_id.clone());
    // Amira the engineer has the agent's name; that alone does not make her an owner.
    env.change_issue(json!({ "assignee": { "accountId": sample.engineers[1].account_id } })).await;
    eventually_async("the trouble", || async { env.troubles().await.contains("unmapped") }).await;
    let before = env.now().owner_id;
    let pairs = json!([{ "zammad": amira, "accountId": kwame }, { "zammad": priya, "accountId": noor }]);
    env.settings(|value| value["people"] = pairs).await;
    assert_eq!(env.now().owner_id, before);
    env.change_issue(json!({ "assignee": { "accountId": kwame } })).await;
    eventually("the owner", || env.now().owner_id == amira).await;
    // Priya works in the other group only.
    env.change_issue(json!({ "assignee": { "accountId": noor } })).await;
    eventually_async("the trouble", || async { env.troubles().await.contains("owner-without-access") }).await;
    assert_eq!(env.now().owner_id, 1);
    shows(&env, "assignee", json!(noor)).await;
    // An agent takes the ticket: that is meant.
    env.change_ticket(json!({ "owner_id": amira })).await;
    shows(&env, "assignee", json!(kwame)).await;
    // It is moved to a group that Jonas cannot see; this must not unassign him.
    env.settings(|value| value["people"] = json!([{ "zammad": env.site.sample.agents[1].id, "accountId": noor }]))
        .await;
    env.change_ticket(json!({ "owner_id": env.site.sample.agents[1].id })).await;
    shows(&env, "assignee", json!(noor)).await;
    eventually_async("the change to be accepted", || async {
        let queue = env.readiness().await.1["queue"].clone();
        queue["inbox"] == 0 && queue["outbox"] == 0
    })
    .await;
    env.change_ticket(json!({ "group_id": env.site.sample.groups[1].0 })).await;
    eventually_async("the trouble", || async { env.troubles().await.contains("owner-lost-by-move") }).await;
    assert_eq!(env.now().owner_id, 1);
    shows(&env, "assignee", json!(noor)).await;
}

/// docs/platforms/zammad.md §2: titles over 250 are silently cut; compared in the cut form, they do not differ forever.
#[tokio::test(flavor = "multi_thread")]
async fn a_title_of_300_characters_settles_on_both_sides() {
    let env = LinkedSite::start().await;
    let long = "größer ".repeat(60);
    let summary: String = long.chars().take(254).collect();
    env.change_issue(json!({ "summary": summary.trim() })).await;
    eventually("the title", || env.now().title.starts_with("größer")).await;
    let title = env.now().title;
    assert!(title.chars().count() <= 250 && title.ends_with('…'), "{title}");
    // A further change on either side goes through, and the long summary stays as it was.
    env.change_ticket(json!({ "priority_id": 3 })).await;
    shows(&env, "priority", json!("High")).await;
    shows(&env, "summary", json!(summary.trim())).await;
    let answer = env.change_ticket(json!({ "title": long })).await;
    let cut = answer["title"].as_str().unwrap();
    assert_eq!(cut.chars().count(), 250);
    shows(&env, "summary", json!(cut.trim())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_changed_during_an_outage_and_both_values_are_kept() {
    let mut env = LinkedSite::start().await;
    env.settings(|value| value["fields"]["title"]["conflict"] = json!("jira")).await;
    env.kill().await;
    env.change_ticket(json!({ "title": "The agent's word" })).await;
    env.change_issue(json!({ "summary": "The engineer's word" })).await;
    env.restart().await;
    eventually("the engineer's word", || env.now().title == "The engineer's word").await;
    shows(&env, "summary", json!("The engineer's word")).await;
    let history = || async {
        let number = env.now().number;
        let arguments = ["history", number.as_str(), "--show-values"];
        let (_, out, _) =
            devkit::harness::Connector::run(&env.site.built, &env.site.settings, &arguments).await.unwrap();
        out.contains("The agent's word") && out.contains("The engineer's word")
    };
    eventually_async("both in the history", history).await;
}

/// A field that is not on the screen fails alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_may_not_be_written_fails_alone() {
    let env = LinkedSite::start().await;
    {
        let mut state = env.site.jira.state();
        let project = env.issue_key.split('-').next().unwrap().to_owned();
        let screens = Screens { edit_lacks: ["priority".to_owned()].into(), ..Screens::default() };
        state.set_screens(&project, screens);
    }
    env.change_ticket(json!({ "title": "Only the title", "priority_id": 1 })).await;
    shows(&env, "summary", json!("Only the title")).await;
    eventually_async("the trouble", || async { env.troubles().await.contains("not-on-screen") }).await;
    assert_ne!(field_of(&env, "priority").await, json!("Low"));
}

/// Many edits in two seconds are few writes.
#[tokio::test(flavor = "multi_thread")]
async fn many_edits_are_combined_into_few_writes() {
    let env = LinkedSite::start().await;
    for number in 1..=20 {
        env.change_ticket(json!({ "title": format!("Edit {number}") })).await;
    }
    shows(&env, "summary", json!("Edit 20")).await;
    let exchanges = env.site.jira.exchanges();
    let writes =
        exchanges.iter().filter(|exchange| exchange.method == "PUT" && exchange.path.contains("/issue/")).count();
    assert!(writes <= 5, "{writes} writes for 20 edits");
}

/// A strict workflow is walked step by step, with what its transitions ask for; what it lacks is named.
#[tokio::test(flavor = "multi_thread")]
async fn a_status_is_reached_over_several_transitions() {
    let env = LinkedSite::start().await;
    let ticket = env.site.sample.tickets[2];
    let (_, key) = env.site.sample.issues[10].clone();
    env.site.link(ticket, &key).await.unwrap();
    let status = || async {
        let issue = env.jira("GET", &format!("issue/{key}?fields=status"), &Value::Null).await;
        issue["fields"]["status"]["name"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(status().await, "To Do");
    env.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "state_id": 4 })).await;
    // The last step requires a resolution that is not configured.
    eventually_async("the reason", || async { env.troubles().await.contains("field-required") }).await;
    env.settings(|value| value["fields"]["state"]["transitionFields"] = json!({ "resolution": { "name": "Done" } }))
        .await;
    // Under the new settings it is retried automatically.
    eventually_async("the last status", || async { status().await == "Done" }).await;
    eventually_async("no trouble", || async { !env.troubles().await.contains("field-required") }).await;
}

/// A pair of a state and a status may name the resolution, in either direction.
#[tokio::test(flavor = "multi_thread")]
async fn the_resolution_and_the_state_of_a_closed_ticket_follow_each_other() {
    let env = LinkedSite::start().await;
    env.settings(|value| {
        let pair = |resolution: &str, direction: &str| {
            let jira = json!({ "category": "done", "resolution": resolution });
            json!({ "zammad": { "id": 4 }, "jira": jira, "direction": direction })
        };
        let pairs = value["fields"]["state"]["pairs"].as_array_mut().unwrap();
        pairs.extend([pair("10001", "toJira"), pair("10000", "toZammad")]);
    })
    .await;
    // The last transition of this workflow requires a resolution; none is configured for all of them.
    let ticket = env.site.sample.tickets[2];
    let (_, key) = env.site.sample.issues[10].clone();
    env.site.link(ticket, &key).await.unwrap();
    let fields = || async { env.jira("GET", &format!("issue/{key}?fields=status,resolution"), &Value::Null).await };
    env.zammad("PUT", &format!("tickets/{ticket}"), &json!({ "state_id": 4 })).await;
    eventually_async("the resolution", || async { fields().await["fields"]["resolution"]["id"] == "10001" }).await;
    assert_eq!(fields().await["fields"]["status"]["name"], "Done");
    // The other way round: this workflow sets the resolution "Done" with the status.
    env.jira("POST", &format!("issue/{}/transitions", env.issue_key), &json!({ "transition": { "id": "41" } })).await;
    eventually("the ticket to close", || env.now().state_id == 4).await;
}

/// Custom fields, by kind; an unmapped value blanks nothing.
#[tokio::test(flavor = "multi_thread")]
async fn custom_fields_follow_by_their_mapping() {
    let env = LinkedSite::with(|options| {
        let zammad = std::mem::replace(&mut options.zammad, devkit::zammad_sim::ZammadSim::builder());
        options.zammad = zammad.ticket_attribute("severity", Value::Null).ticket_attribute("build", Value::Null);
        let jira = std::mem::replace(&mut options.jira, devkit::jira_sim::JiraSim::builder());
        options.jira = jira.custom_field("customfield_10050", "Build").custom_field("customfield_10051", "Severity");
    })
    .await;
    env.settings(|value| {
        value["fields"]["custom"] = json!([
            { "zammad": "build", "jira": "customfield_10050", "kind": "text", "direction": "both" },
            { "zammad": "severity", "jira": "customfield_10051", "kind": "text", "direction": "toZammad" },
        ]);
    })
    .await;
    // The fields that begin to sync begin with what both sides hold.
    env.article(env.ticket, "<p>First look.</p>", true).await;
    eventually("the comment", || env.mirrored().len() == 1).await;
    env.change_ticket(json!({ "build": "7.4.3-größer" })).await;
    shows(&env, "customfield_10050", json!("7.4.3-größer")).await;
    env.change_issue(json!({ "customfield_10050": "7.4.4", "customfield_10051": "high" })).await;
    let attribute = |name: &str| env.now().attributes.get(name).cloned().unwrap_or_default();
    eventually("the build", || attribute("build") == json!("7.4.4")).await;
    eventually("the severity", || attribute("severity") == json!("high")).await;
    // One direction only.
    env.change_ticket(json!({ "severity": "low" })).await;
    env.change_ticket(json!({ "build": "8" })).await;
    shows(&env, "customfield_10050", json!("8")).await;
    shows(&env, "customfield_10051", json!("high")).await;
}
