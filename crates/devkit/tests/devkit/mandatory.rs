//! Fields that must be filled in: by their attribute, or by a core workflow.

use devkit::{
    sample::{self, Sample},
    zammad_sim::{Id, ZammadSim},
};
use serde_json::{Value, json};

use crate::support::http::{self, Answer};

async fn ask(sim: &ZammadSim, token: &str, method: &str, path: &str, body: Value) -> Answer {
    http::ask(&sim.url, &format!("Token token={token}"), method, &format!("/api/v1/{path}"), &body).await
}

async fn seeded() -> (ZammadSim, Sample, Id) {
    let sim = ZammadSim::builder().start().await.unwrap();
    let sample = sample::seed_zammad(&sim).unwrap();
    let ticket = sample.tickets[0];
    (sim, sample, ticket)
}

/// Whether the reason of a refusal is hidden.
fn hidden(answer: &Answer) -> bool {
    let text = answer.json()["error"].as_str().unwrap_or_default().to_owned();
    let id = text.strip_prefix("Error ID ").and_then(|rest| rest.strip_suffix(": Please contact your administrator."));
    answer.status == 422
        && answer.json().get("error_human").is_none()
        && id.is_some_and(|id| {
            id.len() == 8 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        })
}

async fn form(sim: &ZammadSim, sample: &Sample, params: Value) -> Value {
    let body = json!({"event": "core_workflow", "request_id": "x", "class_name": "Ticket", "screen": "edit",
                      "params": params});
    ask(sim, &sample.bot_token, "POST", "core_workflows/perform", body).await.json()
}

#[tokio::test]
async fn an_empty_mandatory_attribute_refuses_every_change_of_its_ticket() {
    let (sim, sample, ticket) = seeded().await;
    let body = json!({"name": "category", "options": ["hardware", "software"]});
    assert_eq!(http::ask(&sim.url, "none", "POST", "/__sim/mandatory_attributes", &body).await.status, 200);
    let (path, bot) = (format!("tickets/{ticket}"), &sample.bot_token);
    assert!(hidden(&ask(&sim, bot, "PUT", &path, json!({"title": "x"})).await));
    assert!(hidden(&ask(&sim, bot, "PUT", &path, json!({"priority_id": 3, "category": ""})).await));
    let open = ask(&sim, &sample.admin_token, "PUT", &path, json!({"title": "x"})).await.status;
    assert_eq!(open, 403, "the administrator has no access to the group");
    let article = json!({"ticket_id": ticket, "body": "a comment", "internal": true});
    assert_eq!(ask(&sim, bot, "POST", "ticket_articles", article).await.status, 201);

    let shown = form(&sim, &sample, json!({"id": ticket})).await;
    assert_eq!((&shown["mandatory"]["category"], &shown["visibility"]["category"]), (&json!(true), &json!("show")));
    assert_eq!(shown["restrict_values"]["category"], json!(["", "hardware", "software"]));
    assert_eq!(ask(&sim, bot, "PUT", &path, json!({"title": "x", "category": "hardware"})).await.status, 200);
    assert_eq!(ask(&sim, bot, "PUT", &path, json!({"title": "y"})).await.status, 200);
}

#[tokio::test]
async fn administrators_see_which_field_is_missing() {
    let (sim, sample, ticket) = seeded().await;
    sim.state().add_mandatory_attribute("category", &[]);
    let group = sim.ticket(ticket).unwrap().group_id;
    sim.state().set_group_access(devkit::zammad_sim::ADMIN, group, &["full"]);
    let answer = ask(&sim, &sample.admin_token, "PUT", &format!("tickets/{ticket}"), json!({"title": "x"})).await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (422, Some("Missing required value for field 'category'!"))
    );
}

#[tokio::test]
async fn a_core_workflow_demands_a_field_and_excludes_values() {
    let (sim, sample, ticket) = seeded().await;
    let group = sim.ticket(ticket).unwrap().group_id;
    let workflow = json!({
        "name": "rules", "object": "Ticket", "active": true, "preferences": {"screen": ["edit"]},
        "condition_selected": {"ticket.group_id": {"operator": "is", "value": [group.to_string()]}},
        "perform": {"ticket.owner_id": {"operator": "set_mandatory", "set_mandatory": "true"},
                    "ticket.priority_id": {"operator": "set_fixed_to", "set_fixed_to": ["1", "2"]}},
    });
    let made = ask(&sim, &sample.admin_token, "POST", "core_workflows", workflow).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let shown = form(&sim, &sample, json!({"id": ticket})).await;
    assert_eq!(shown["mandatory"]["owner_id"], true);
    assert_eq!(shown["restrict_values"]["priority_id"], json!(["1", "2"]));
    assert_eq!(shown["matched_workflows"], json!([made.json()["id"]]));
    let elsewhere = form(&sim, &sample, json!({"group_id": group + 1})).await;
    assert_eq!(elsewhere["restrict_values"]["priority_id"], json!(["1", "2", "3"]));

    let (path, bot) = (format!("tickets/{ticket}"), &sample.bot_token);
    assert!(hidden(&ask(&sim, bot, "PUT", &path, json!({"owner_id": 1})).await));
    let owner = json!({"owner_id": sample.agents[0].id, "priority_id": 1});
    assert_eq!(ask(&sim, bot, "PUT", &path, owner).await.status, 200);
    assert!(hidden(&ask(&sim, bot, "PUT", &path, json!({"priority_id": 3})).await));
    assert_eq!(ask(&sim, bot, "PUT", &path, json!({"title": "x"})).await.status, 200);
}

#[tokio::test]
async fn a_pending_time_is_shown_and_demanded_in_pending_states_only() {
    let (sim, sample, ticket) = seeded().await;
    let of = |form: &Value| (form["visibility"]["pending_time"].clone(), form["mandatory"]["pending_time"].clone());
    assert_eq!(of(&form(&sim, &sample, json!({"id": ticket, "state_id": 2})).await), (json!("remove"), json!(false)));
    assert_eq!(of(&form(&sim, &sample, json!({"id": ticket, "state_id": 3})).await), (json!("show"), json!(true)));
}
