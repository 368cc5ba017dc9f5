//! Cases that somebody will ask about.

use schema::settings::{Action, Condition, Conflict, CustomKind, Rule};
use schema::{Bucket, FieldOutcome, FieldRefusal, Settings, UnixMs};
use serde_json::json;
use sync::{
    Answered, Base, Intents, Issue, Memory, Plan, Policy, Reason, Role, Side, Ticket, TicketWrite, Word, after_jira,
    after_refusal, after_zammad, look, merge, rules,
};

use crate::support::{account, issue, policy, settings, ticket};

fn base(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Base {
    let plan = merge(&Base::default(), ticket, issue, policy);
    Base { group: Some(plan.group), ..Base::default() }.with(plan.accepted)
}

fn merged(settings: &Settings, change: impl FnOnce(&mut Ticket, &mut Issue)) -> Plan {
    let (mut here, mut there) = (ticket(1), issue(1));
    let base = base(&here, &there, &policy(settings));
    change(&mut here, &mut there);
    merge(&base, &here, &there, &policy(settings))
}

#[test]
fn with_the_defaults_a_plain_zammad_and_a_plain_jira_work() {
    let settings = Settings::default();
    let plan = merged(&settings, |ticket, _| {
        ticket.title = "Printer burns".into();
        (ticket.state, ticket.state_type) = (4, 5);
        ticket.priority = 3;
    });
    assert_eq!(plan.jira.fields["summary"], "Printer burns");
    assert_eq!(plan.jira.fields["priority"], json!({ "id": "2" }));
    assert_eq!(plan.jira.status.unwrap().any_of[0].category.as_deref(), Some("done"));
    let plan = merged(&settings, |_, issue| {
        issue.snapshot.summary = "Drucker brennt 🔥".into();
        (issue.snapshot.status_id, issue.snapshot.status_category) = ("10002".into(), "done".into());
        issue.snapshot.priority_id = Some("1".into());
    });
    assert_eq!(plan.zammad["title"], TicketWrite::Title("Drucker brennt 🔥".into()));
    assert_eq!(plan.zammad["state"], TicketWrite::State(4, None));
    assert_eq!(plan.zammad["priority"], TicketWrite::Priority(3));
}

/// docs/platforms/zammad.md §2: a title over 250 is cut without a word. Jira keeps its 255; the two must not differ for ever.
#[test]
fn a_title_of_300_characters_settles() {
    let settings = Settings::default();
    let long = "word ".repeat(60);
    let plan = merged(&settings, |_, issue| issue.snapshot.summary = long.trim()[..255].to_owned());
    let TicketWrite::Title(written) = &plan.zammad["title"] else { unreachable!() };
    assert!(written.chars().count() <= 250 && written.ends_with('…'));
    let (here, there) = (Ticket { title: written.clone(), ..ticket(2) }, {
        let mut there = issue(1);
        there.snapshot.summary = long.trim()[..255].to_owned();
        there
    });
    let policy = policy(&settings);
    let done = after_zammad(&plan, &here, &there, &policy);
    assert_eq!(done.written, ["title"]);
    let after = base(&ticket(1), &issue(1), &policy).with(done.pairs);
    assert!(merge(&after, &here, &there, &policy).is_empty());
}

#[test]
fn an_owner_without_access_is_listed_and_unassigns_nobody() {
    let settings = settings();
    let policy = policy(&settings);
    let plan = merged(&settings, |_, issue| issue.snapshot.assignee = account("acc-a"));
    assert_eq!(plan.zammad["owner"], TicketWrite::Owner(Some(3)));
    // Zammad: 200, and owner 1.
    let (answer, mut there) = (ticket(2), issue(1));
    there.snapshot.assignee = account("acc-a");
    let done = after_zammad(&plan, &answer, &there, &policy);
    assert_eq!(done.refused, [("owner".to_owned(), "owner-without-access".to_owned(), None)]);
    let after = base(&ticket(1), &issue(1), &policy).with(done.pairs);
    let again = merge(&after, &answer, &there, &policy);
    assert!(again.is_empty() && again.left.is_empty(), "{again:?}");
}

#[test]
fn an_owner_lost_by_a_move_unassigns_nobody() {
    let settings = settings();
    let policy = policy(&settings);
    let (mut here, mut there) = (ticket(1), issue(1));
    (here.owner, there.snapshot.assignee) = (Some(3), account("acc-a"));
    let before = base(&here, &there, &policy);
    (here.owner, here.group) = (None, 2);
    let plan = merge(&before, &here, &there, &policy);
    assert!(plan.is_empty());
    assert_eq!(plan.left[0].reason, Reason::OwnerLostByMove);
    let after = Base { group: Some(plan.group), ..before.clone() }.with(plan.accepted);
    assert!(merge(&after, &here, &there, &policy).left.is_empty(), "told once");
    // Without a move it is what somebody meant.
    here.group = 1;
    assert_eq!(merge(&before, &here, &there, &policy).jira.fields["assignee"], json!(null));
}

#[test]
fn in_a_conflict_the_newest_wins_and_both_values_are_kept() {
    let change = |ticket: &mut Ticket, issue: &mut Issue| {
        (ticket.title, issue.snapshot.summary) = ("here".into(), "there".into());
        (ticket.changed_at, issue.changed_at) = (UnixMs(5), UnixMs(6));
    };
    let mut settings = Settings::default();
    let plan = merged(&settings, change);
    assert_eq!(plan.zammad["title"], TicketWrite::Title("there".into()));
    let conflict = &plan.conflicts[0];
    assert_eq!((conflict.winner, &conflict.zammad, &conflict.jira), (Side::Jira, &json!("here"), &json!("there")));
    settings.fields.title.conflict = Conflict::Zammad;
    assert_eq!(merged(&settings, change).jira.fields["summary"], "here");
}

#[test]
fn pending_gets_its_time_and_comes_back_as_it_is() {
    let mut settings = Settings::default();
    settings.fields.state.pairs[1].zammad.type_id = Some(3);
    let plan = merged(&settings, |_, issue| {
        (issue.snapshot.status_id, issue.snapshot.status_category) = ("10000".into(), "new".into());
    });
    assert_eq!(plan.zammad["state"], TicketWrite::State(3, Some(UnixMs(1_000_000 + 86_400_000))));
}

#[test]
fn in_privacy_mode_no_words_sync_in_either_direction() {
    let settings = settings();
    let policy = Policy { privacy: true, ..policy(&settings) };
    let before = base(&ticket(1), &issue(1), &policy);
    let (mut here, mut there) = (ticket(2), issue(1));
    here.title = "Confidential".into();
    here.tags = ["j-secret".to_owned()].into();
    there.snapshot.labels = vec!["j-other".into()];
    let plan = merge(&before, &here, &there, &policy);
    assert!(plan.is_empty(), "{plan:?}");
    there.snapshot.summary = "Zammad ticket 42".into();
    assert!(merge(&before, &here, &there, &policy).zammad.is_empty());
}

#[test]
fn a_field_that_jira_refuses_fails_alone() {
    let settings = Settings::default();
    let policy = policy(&settings);
    let plan = merged(&settings, |ticket, _| (ticket.title, ticket.priority) = ("new".into(), 3));
    let intents = Intents { message: "m".into(), fields: plan.intended.clone() };
    let mut snapshot = issue(2).snapshot;
    snapshot.summary = "new".into();
    let refused = vec![FieldRefusal { field: "priority".into(), code: "not-on-screen".into(), detail: None }];
    let done = after_jira(&intents, &FieldOutcome { snapshot: snapshot.clone(), refused, stale: vec![] }, &policy);
    assert_eq!(done.written, ["title"]);
    assert_eq!(done.refused, [("priority".to_owned(), "not-on-screen".to_owned(), None)]);
    let mut here = ticket(2);
    (here.title, here.priority) = ("new".into(), 3);
    let after = base(&ticket(1), &issue(1), &policy).with(done.pairs);
    assert!(
        merge(&after, &here, &Issue { snapshot, changed_at: UnixMs(2) }, &policy).is_empty(),
        "not asked for again"
    );
    let all = after_refusal(&intents, &issue(1).snapshot, "jira-refused", &policy);
    assert_eq!(all.refused.len(), 2);
}

/// What was refused for want of a setting is tried again once there are others.
#[test]
fn a_refused_field_is_tried_again_under_other_settings() {
    let settings = settings();
    let before = policy(&settings);
    let mut memory = Memory::default();
    let first = look(memory.clone(), None, &ticket(1), &issue(1), &before);
    memory.wrote_zammad(&first.plan, &ticket(1), &issue(1), &before);
    let here = Ticket { state: 4, state_type: 5, ..ticket(2) };
    let seen = look(memory, None, &here, &issue(1), &before);
    let mut memory = seen.memory;
    memory.wrote_zammad(&seen.plan, &here, &issue(1), &before);
    memory.sends(&seen.plan, "m".into(), UnixMs(0));
    let answered = Answered { message: "m".into(), word: Word::Refused("field-required".into()) };
    let seen = look(memory, Some(&answered), &here, &issue(1), &before);
    assert!(seen.plan.is_empty() && !seen.settled.refused.is_empty());
    let again = look(seen.memory.clone(), Some(&answered), &here, &issue(1), &before);
    assert!(again.plan.is_empty(), "not under the same ones");
    let after = Policy { etag: "2", ..before };
    let again = look(seen.memory, Some(&answered), &here, &issue(1), &after);
    assert!(again.plan.jira.status.is_some());
}

#[test]
fn a_stale_field_is_planned_anew() {
    let settings = Settings::default();
    let policy = policy(&settings);
    let plan = merged(&settings, |ticket, _| ticket.title = "here".into());
    let intents = Intents { message: "m".into(), fields: plan.intended.clone() };
    let mut there = issue(9);
    there.snapshot.summary = "there".into();
    let outcome = FieldOutcome { snapshot: there.snapshot.clone(), refused: vec![], stale: vec!["summary".into()] };
    let done = after_jira(&intents, &outcome, &policy);
    assert!(done.pairs.is_empty());
    let again =
        merge(&base(&ticket(1), &issue(1), &policy), &Ticket { title: "here".into(), ..ticket(2) }, &there, &policy);
    assert_eq!(again.zammad["title"], TicketWrite::Title("there".into()));
    assert_eq!(again.conflicts.len(), 1);
}

#[test]
fn while_writes_are_on_their_way_nothing_more_is_sent() {
    let settings = Settings::default();
    let plan = merged(&settings, |ticket, issue| {
        ticket.title = "here".into();
        issue.snapshot.priority_id = Some("1".into());
    });
    let intents = Intents { message: "m".into(), fields: [("title".to_owned(), "x".to_owned())].into() };
    let held = plan.while_in_flight(&intents);
    assert!(held.jira.is_empty() && held.intended.is_empty());
    assert!(held.zammad.contains_key("priority"));
}

#[test]
fn an_issue_made_for_a_ticket_gets_what_the_ticket_has() {
    let settings = settings();
    let policy = policy(&settings);
    let (mut here, mut there) = (ticket(1), issue(1));
    (here.priority, here.owner, there.snapshot.assignee) = (3, None, account("acc-a"));
    let base = Base::of_created(&there.snapshot, &settings);
    let plan = merge(&base, &here, &there, &policy);
    assert_eq!(plan.jira.fields.keys().collect::<Vec<_>>(), ["priority"], "the project's own assignee stays");
    here.owner = Some(4);
    assert_eq!(merge(&base, &here, &there, &policy).jira.fields["assignee"], json!({ "accountId": "acc-b" }));
}

#[test]
fn a_follower_hears_the_status_only() {
    let settings = Settings::default();
    let policy = Policy { role: Role::Follower, ..policy(&settings) };
    let before = base(&ticket(1), &issue(1), &policy);
    let mut there = issue(2);
    there.snapshot.summary = "other".into();
    (there.snapshot.status_id, there.snapshot.status_category) = ("10002".into(), "done".into());
    let plan = merge(&before, &ticket(1), &there, &policy);
    assert_eq!(plan.zammad.keys().collect::<Vec<_>>(), ["state"]);
}

/// Forge writes `{}` for a value that does not travel: it fits no kind of field, and what Zammad holds stays.
#[test]
fn a_value_that_does_not_travel_blanks_nothing() {
    for kind in [CustomKind::Text, CustomKind::Integer, CustomKind::Boolean, CustomKind::Date, CustomKind::Option] {
        let mut settings = settings();
        settings.fields.custom[0].kind = kind;
        let plan = merged(&settings, |_, issue| {
            issue.snapshot.fields.insert("customfield_10050".into(), json!({}));
        });
        assert!(plan.is_empty(), "{kind:?}: {plan:?}");
        assert_eq!(plan.left[0].reason, Reason::Unmapped);
    }
}

#[test]
fn rules_act_on_what_holds_of_the_ticket() {
    let rule = |id: &str, enabled, when| Rule {
        id: id.into(),
        enabled,
        when,
        then: Action::CreateIssue { project: "PROJ".into(), issue_type: "10001".into() },
    };
    let all = [
        rule("dry", false, vec![Condition::Group(1)]),
        rule(
            "tagged",
            true,
            vec![Condition::Tag("jira".into()), Condition::Bucket(Bucket::Open), Condition::Priority(2)],
        ),
        rule("empty", true, vec![]),
    ];
    let mut here = ticket(1);
    assert_eq!(rules::matching(&all, &here, true), None);
    assert_eq!(rules::matching(&all, &here, false).unwrap().id, "dry");
    here.tags.insert("jira".into());
    assert_eq!(rules::matching(&all, &here, true).unwrap().id, "tagged");
    here.state_type = 5;
    assert_eq!(rules::matching(&all, &here, true), None);
}
