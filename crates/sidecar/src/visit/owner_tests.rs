use schema::settings::Identity;
use schema::{Settings, UnixMs};
use serde_json::{Value, json};

use super::super::context::tests::begun;
use super::*;
use crate::support::verdicts::errors;
use crate::support::{Setup, ticket};

const BOT: u64 = 9;
const ADMIN: u64 = 5;
const AGENT: u64 = 3;

fn user(id: u64, active: bool, rights: Value) -> Value {
    json!({ "id": id, "login": format!("user{id}"), "active": active, "group_ids": rights })
}

/// Ticket 7 of group 2 without owner, changed last by `by`; the admin has all rights, and the agent is mapped.
async fn setup(owner: u64, by: u64, agent: Value) -> Setup {
    let setup = Setup::new().await;
    let mut own = ticket(7);
    (own["owner_id"], own["updated_by_id"]) = (owner.into(), by.into());
    setup.helpdesk.add_ticket(own);
    let mut contents = setup.helpdesk.contents();
    contents.me = Some(json!({ "id": BOT, "active": true, "group_ids": { "2": ["full"] } }));
    contents.users.extend([(ADMIN, user(ADMIN, true, json!({ "2": ["full"] }))), (AGENT, agent)]);
    drop(contents);
    setup
}

fn issue(assignee: Option<&str>) -> Issue {
    let mut snapshot = json!({
        "summary": "s", "statusId": "1", "status": "To Do", "statusCategory": "new", "updatedAt": "2026-11-28T01:16:12Z",
    });
    if let Some(account) = assignee {
        snapshot["assignee"] = json!({ "accountId": account });
    }
    Issue { snapshot: serde_json::from_value(snapshot).unwrap(), changed_at: UnixMs(0) }
}

async fn taken_away(setup: &Setup, assignee: Option<&str>) -> Result<bool, ClientError> {
    let people = vec![Identity { zammad: AGENT, account_id: "acc-1".into() }];
    let settings = Settings { people, ..Settings::default() };
    let visitor = setup.visitor();
    begun(&visitor, &settings, 7).await.owner_taken_away(&issue(assignee), &Base::default()).await
}

/// Who changed the ticket last, and whether the assignee could own it still.
#[tokio::test]
async fn an_owner_was_taken_away_unless_an_agent_removed_a_possible_one() {
    let may = || user(AGENT, true, json!({ "2": ["full"] }));
    let reads = || user(AGENT, true, json!({ "2": ["read"] }));
    let hidden_rights = || json!({ "id": AGENT, "login": "agent", "active": true });
    for (name, owner, by, agent, assignee, expected) in [
        ("an agent removed the owner", NOBODY, ADMIN, may(), Some("acc-1"), false),
        ("the owner gave the ticket back", NOBODY, AGENT, may(), Some("acc-1"), false),
        ("the ticket has an owner", AGENT, NOBODY, may(), Some("acc-1"), false),
        ("the issue has no assignee", NOBODY, NOBODY, may(), None, false),
        ("the system user", NOBODY, NOBODY, may(), Some("acc-1"), true),
        ("the customer", NOBODY, 4, may(), Some("acc-1"), true),
        ("the bot", NOBODY, BOT, may(), Some("acc-1"), true),
        ("the agent is inactive", NOBODY, ADMIN, user(AGENT, false, json!({ "2": ["full"] })), Some("acc-1"), true),
        ("the agent lost the group", NOBODY, ADMIN, user(AGENT, true, json!({ "6": ["full"] })), Some("acc-1"), true),
        ("the agent has no right there", NOBODY, ADMIN, user(AGENT, true, json!({ "2": [] })), Some("acc-1"), true),
        ("any right is enough", NOBODY, ADMIN, reads(), Some("acc-1"), false),
        ("rights that Zammad does not show", NOBODY, ADMIN, hidden_rights(), Some("acc-1"), false),
        ("an assignee who is not mapped", NOBODY, ADMIN, may(), Some("acc-2"), false),
        ("somebody without rights in the group", NOBODY, AGENT, user(AGENT, true, json!({})), Some("acc-2"), true),
    ] {
        let setup = setup(owner, by, agent).await;
        assert_eq!(taken_away(&setup, assignee).await, Ok(expected), "{name}");
    }
}

/// A person who was erased cannot own a ticket, and one who cannot be asked for now fails the visit.
#[tokio::test]
async fn each_error_about_a_person_is_decided() {
    let may = || user(AGENT, true, json!({ "2": ["full"] }));
    for error in errors("user") {
        let is_unknown = is_without_user(&error);
        // The only person asked for changed the ticket, and is not mapped.
        let setup_changer = setup(NOBODY, ADMIN, may()).await;
        setup_changer.helpdesk.fail_with("user", error.clone());
        let expected = if is_unknown { Ok(false) } else { Err(error.clone()) };
        assert_eq!(taken_away(&setup_changer, Some("acc-2")).await, expected, "who changed it: {error:?}");
        // Now the assignee is asked for as well, and only that fails.
        let setup_assignee = setup(NOBODY, ADMIN, may()).await;
        let people = vec![Identity { zammad: AGENT, account_id: "acc-1".into() }];
        let settings = Settings { people, ..Settings::default() };
        let visitor = setup_assignee.visitor();
        visitor.reader.user(ADMIN).await.unwrap();
        setup_assignee.helpdesk.fail_with("user", error.clone());
        let answer =
            begun(&visitor, &settings, 7).await.owner_taken_away(&issue(Some("acc-1")), &Base::default()).await;
        assert_eq!(answer, if is_unknown { Ok(true) } else { Err(error.clone()) }, "the assignee: {error:?}");
    }
    let setup = setup(NOBODY, ADMIN, may()).await;
    setup.helpdesk.fail("me", 503);
    assert!(taken_away(&setup, Some("acc-1")).await.is_err(), "who the bot is");
}
