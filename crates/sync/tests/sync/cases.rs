//! Single cases, one per documented rule (docs/sync-rules.md).

use schema::settings::{Action, Condition, Conflict, CustomKind, Rule};
use schema::{Bucket, FieldOutcome, FieldRefusal, Settings, Side, UnixMs};
use serde_json::json;
use sync::{
    Answered, ApplyOutcome, Base, Detail, FieldName, Intents, Issue, Memory, Plan, Policy, Reason, Role, Ticket,
    TicketWrite, UnmappedPerson, after_jira, after_refusal, after_zammad, merge, reconcile, rules,
};

use crate::support::{account, issue, policy, settings, ticket, with_pairs};

fn base(ticket: &Ticket, issue: &Issue, policy: &Policy<'_>) -> Base {
    let plan = merge(&Base::default(), ticket, issue, policy);
    Base { pairs: plan.accepted, group: Some(plan.group) }
}

fn merged(settings: &Settings, change: impl FnOnce(&mut Ticket, &mut Issue)) -> Plan {
    let (mut here, mut there) = (ticket(1), issue(1));
    let base = base(&here, &there, &policy(settings));
    change(&mut here, &mut there);
    merge(&base, &here, &there, &policy(settings))
}

#[test]
fn default_settings_sync_a_stock_zammad_and_a_stock_jira() {
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
    assert_eq!(plan.zammad[&FieldName::Title], TicketWrite::Title("Drucker brennt 🔥".into()));
    assert!(!plan.zammad.contains_key(&FieldName::State), "an open ticket stays with its agent");
    assert_eq!(plan.zammad[&FieldName::Priority], TicketWrite::Priority(3));
}

/// Two automations that disagree would change a field for ever.
#[test]
fn field_that_rests_is_listed_and_not_written_while_others_are() {
    let settings = Settings::default();
    let (mut here, there) = (ticket(1), issue(1));
    let base = base(&here, &there, &policy(&settings));
    here.title = "Changed by an automation".into();
    here.priority = 3;
    let resting = [FieldName::Title];
    let plan = merge(&base, &here, &there, &Policy { resting: &resting, ..policy(&settings) });
    assert!(!plan.jira.fields.contains_key("summary") && plan.jira.fields.contains_key("priority"), "{plan:?}");
    let skipped: Vec<_> = plan.skipped.iter().map(|skipped| (&skipped.field, skipped.reason)).collect();
    assert_eq!(skipped, [(&FieldName::Title, Reason::BackAndForth)]);
    assert!(merge(&base, &here, &there, &policy(&settings)).jira.fields.contains_key("summary"), "it is written later");
}

/// Jira shows at most 200 labels, those that sync first: one that is not among them was not removed.
#[test]
fn labels_beyond_the_snapshot_are_no_removed_tags() {
    let mut settings = Settings::default();
    settings.fields.tags.direction = schema::settings::Direction::Both;
    settings.fields.tags.prefix = "j-".into();
    let names = |count: u32| (0..count).map(|number| format!("j-{number:03}"));
    let (mut here, mut there) = (ticket(1), issue(1));
    here.tags = names(201).collect();
    there.snapshot.labels = names(201).collect();
    let base = base(&here, &there, &policy(&settings));
    there.snapshot.labels = names(200).collect();
    there.snapshot.labels_truncated = true;
    let removed = |issue: &Issue| match merge(&base, &here, issue, &policy(&settings)).zammad.get(&FieldName::Tags) {
        Some(TicketWrite::Tags { remove, .. }) => remove.len(),
        _ => 0,
    };
    assert_eq!(removed(&there), 0);
    there.snapshot.labels_truncated = false;
    assert_eq!(removed(&there), 1, "a complete list says what was removed");
}

/// Zammad silently cuts a title over 250 characters, Jira keeps 255 (docs/platforms/zammad.md §2).
#[test]
fn long_title_converges_after_one_write() {
    let settings = Settings::default();
    let long = "word ".repeat(60);
    let plan = merged(&settings, |_, issue| issue.snapshot.summary = long.trim()[..255].to_owned());
    let TicketWrite::Title(written) = &plan.zammad[&FieldName::Title] else { unreachable!() };
    assert!(written.chars().count() <= 250 && written.ends_with('…'));
    let (here, there) = (Ticket { title: written.clone(), ..ticket(2) }, {
        let mut there = issue(1);
        there.snapshot.summary = long.trim()[..255].to_owned();
        there
    });
    let policy = policy(&settings);
    let done = after_zammad(&plan, &here, &there, &policy);
    assert_eq!(done.written, [FieldName::Title]);
    let after = with_pairs(base(&ticket(1), &issue(1), &policy), done.pairs);
    assert!(merge(&after, &here, &there, &policy).is_empty());
}

#[test]
fn owner_without_access_is_listed_and_does_not_unassign() {
    let settings = settings();
    let policy = policy(&settings);
    let plan = merged(&settings, |_, issue| issue.snapshot.assignee = account("acc-a"));
    assert_eq!(plan.zammad[&FieldName::Owner], TicketWrite::Owner(Some(3)));
    // Zammad responds 200 and stores owner 1, which is nobody.
    let (answer, mut there) = (ticket(2), issue(1));
    there.snapshot.assignee = account("acc-a");
    let done = after_zammad(&plan, &answer, &there, &policy);
    assert_eq!(done.refused, [(FieldName::Owner, "owner-without-access".to_owned(), None)]);
    let after = with_pairs(base(&ticket(1), &issue(1), &policy), done.pairs);
    let again = merge(&after, &answer, &there, &policy);
    assert!(again.is_empty() && again.skipped.is_empty(), "{again:?}");
}

#[test]
fn unmapped_values_are_listed() {
    let settings = settings();
    let to_jira = merged(&settings, |ticket, _| ticket.owner = Some(5));
    assert_eq!(to_jira.skipped[0].detail, Some(Detail::Person(UnmappedPerson::ZammadUser(5))));
    let to_zammad = merged(&settings, |_, issue| issue.snapshot.assignee = account("acc-x"));
    assert_eq!(to_zammad.skipped[0].detail, Some(Detail::Person(UnmappedPerson::JiraAccount("acc-x".into()))));
    let no_person = merged(&settings, |ticket, _| ticket.priority = 4);
    assert_eq!(no_person.skipped[0].detail, Some(Detail::Priority(4)));
}

/// The names under which the store keeps a result must not change with the Rust names.
#[test]
fn stored_form_of_a_result_is_stable() {
    let refused = Answered { message: "m".into(), outcome: ApplyOutcome::Refused("x".into()) };
    assert_eq!(json!(refused), json!({ "message": "m", "word": { "Refused": "x" } }));
    let outcome = FieldOutcome { snapshot: issue(1).snapshot, refused: vec![], stale: vec![] };
    let applied = Answered { message: "m".into(), outcome: ApplyOutcome::Applied(Box::new(outcome)) };
    assert!(json!(applied)["word"]["Outcome"]["snapshot"].is_object());
}

#[test]
fn owner_lost_by_a_move_does_not_unassign() {
    let settings = settings();
    let policy = policy(&settings);
    let (mut here, mut there) = (ticket(1), issue(1));
    (here.owner, there.snapshot.assignee) = (Some(3), account("acc-a"));
    let before = base(&here, &there, &policy);
    (here.owner, here.group) = (None, 2);
    let plan = merge(&before, &here, &there, &policy);
    assert!(plan.is_empty());
    assert_eq!(plan.skipped[0].reason, Reason::OwnerLostByMove);
    let after = with_pairs(Base { group: Some(plan.group), ..before.clone() }, plan.accepted);
    assert!(merge(&after, &here, &there, &policy).skipped.is_empty(), "listed once");
    // Without a move an agent removed the owner.
    here.group = 1;
    assert_eq!(merge(&before, &here, &there, &policy).jira.fields["assignee"], json!(null));
}

#[test]
fn owner_taken_away_by_zammad_does_not_unassign() {
    let settings = settings();
    let policy = policy(&settings);
    let (mut here, mut there) = (ticket(1), issue(1));
    (here.owner, there.snapshot.assignee) = (Some(3), account("acc-a"));
    let before = base(&here, &there, &policy);
    (here.owner, here.owner_taken_away) = (None, true);
    let plan = merge(&before, &here, &there, &policy);
    assert!(plan.is_empty());
    assert_eq!(plan.skipped[0].reason, Reason::OwnerTakenAway);
}

/// Zammad 7.2 makes tags unique regardless of case and may change their spelling; a label has no blanks.
#[test]
fn another_spelling_of_a_tag_is_the_same_tag() {
    let settings = settings();
    let policy = policy(&settings);
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let plan = |tags_before: &[&str], labels_before: &[&str], tags: &[&str], labels: &[&str]| {
        let (mut here, mut there) = (ticket(1), issue(1));
        here.tags = names(tags_before).into_iter().collect();
        there.snapshot.labels = names(labels_before);
        let before = base(&here, &there, &policy);
        here.tags = names(tags).into_iter().collect();
        there.snapshot.labels = names(labels);
        merge(&before, &here, &there, &policy)
    };
    let tags = |plan: &Plan| match plan.zammad.get(&FieldName::Tags) {
        Some(TicketWrite::Tags { add, remove }) => (Vec::from_iter(add.clone()), Vec::from_iter(remove.clone())),
        _ => (vec![], vec![]),
    };
    assert!(plan(&["J-vip"], &["j-vip"], &["J-vip"], &["j-vip"]).is_empty(), "equal from the start");
    assert!(plan(&["j-vip"], &["j-vip"], &["J-VIP"], &["j-vip"]).is_empty(), "an upgrade changed the spelling");
    assert!(plan(&["j-a b"], &["j-a_b"], &["j-a b"], &["j-a_b"]).is_empty(), "a blank is an underscore");
    let added = plan(&[], &["own"], &["J-needs info"], &["own"]);
    assert_eq!(added.jira.fields["labels"], json!(["J-needs_info", "own"]));
    let kept = plan(&["J-vip"], &["j-vip"], &["J-vip", "j-new"], &["j-vip"]);
    assert_eq!(kept.jira.fields["labels"], json!(["j-new", "j-vip"]), "the label keeps its spelling");
    let removed = plan(&["J-Needs Info"], &["j-needs_info"], &["J-Needs Info"], &[]);
    assert_eq!(tags(&removed), (vec![], names(&["J-Needs Info"])), "removed in the ticket's own spelling");
    let renamed = plan(&["J-vip"], &["J-vip"], &["J-vip"], &["j-VIP", "j-x"]);
    assert_eq!(tags(&renamed), (names(&["j-x"]), vec![]), "never added and removed under one name");
}

#[test]
fn conflict_is_won_by_the_newest_and_reports_both_values() {
    let change = |ticket: &mut Ticket, issue: &mut Issue| {
        (ticket.title, issue.snapshot.summary) = ("here".into(), "there".into());
        (ticket.changed_at, issue.changed_at) = (UnixMs(5), UnixMs(6));
    };
    let mut settings = Settings::default();
    let plan = merged(&settings, change);
    assert_eq!(plan.zammad[&FieldName::Title], TicketWrite::Title("there".into()));
    let conflict = &plan.conflicts[0];
    assert_eq!((conflict.winner, &conflict.zammad, &conflict.jira), (Side::Jira, &json!("here"), &json!("there")));
    settings.fields.title.conflict = Conflict::Zammad;
    assert_eq!(merged(&settings, change).jira.fields["summary"], "here");
}

#[test]
fn pending_state_is_written_with_its_time() {
    let mut settings = Settings::default();
    settings.fields.state.pairs[1].zammad.type_id = Some(3);
    let plan = merged(&settings, |_, issue| {
        (issue.snapshot.status_id, issue.snapshot.status_category) = ("10000".into(), "new".into());
    });
    assert_eq!(plan.zammad[&FieldName::State], TicketWrite::State(3, Some(UnixMs(1_000_000 + 86_400_000))));
}

#[test]
fn privacy_mode_syncs_no_text_in_either_direction() {
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
fn field_refused_by_jira_fails_alone() {
    let settings = Settings::default();
    let policy = policy(&settings);
    let plan = merged(&settings, |ticket, _| (ticket.title, ticket.priority) = ("new".into(), 3));
    let intents = Intents { message: "m".into(), fields: plan.intended.clone() };
    let mut snapshot = issue(2).snapshot;
    snapshot.summary = "new".into();
    let refused = vec![FieldRefusal { field: "priority".into(), code: "not-on-screen".into(), detail: None }];
    let done = after_jira(&intents, &FieldOutcome { snapshot: snapshot.clone(), refused, stale: vec![] }, &policy);
    assert_eq!(done.written, [FieldName::Title]);
    assert_eq!(done.refused, [(FieldName::Priority, "not-on-screen".to_owned(), None)]);
    let mut here = ticket(2);
    (here.title, here.priority) = ("new".into(), 3);
    let after = with_pairs(base(&ticket(1), &issue(1), &policy), done.pairs);
    assert!(merge(&after, &here, &Issue { snapshot, changed_at: UnixMs(2) }, &policy).is_empty(), "not written again");
    let all = after_refusal(&intents, &issue(1).snapshot, "jira-refused", &policy);
    assert_eq!(all.refused.len(), 2);
}

/// A missing setting may be the cause of a refusal, so new settings lead to a retry.
#[test]
fn refused_field_is_retried_under_new_settings() {
    let settings = settings();
    let before = policy(&settings);
    let mut memory = Memory::default();
    let first = reconcile(memory.clone(), None, &ticket(1), &issue(1), &before);
    memory.record_zammad_writes(&first.plan, &ticket(1), &issue(1), &before);
    let here = Ticket { state: 4, state_type: 5, ..ticket(2) };
    let seen = reconcile(memory, None, &here, &issue(1), &before);
    let mut memory = seen.memory;
    memory.record_zammad_writes(&seen.plan, &here, &issue(1), &before);
    memory.record_jira_writes(&seen.plan, "m".into(), UnixMs(0));
    let answered = Answered { message: "m".into(), outcome: ApplyOutcome::Refused("field-required".into()) };
    let seen = reconcile(memory, Some(&answered), &here, &issue(1), &before);
    assert!(seen.plan.is_empty() && !seen.settled.refused.is_empty());
    let again = reconcile(seen.memory.clone(), Some(&answered), &here, &issue(1), &before);
    assert!(again.plan.is_empty(), "not under the same settings");
    let after = Policy { etag: "2", ..before };
    let again = reconcile(seen.memory, Some(&answered), &here, &issue(1), &after);
    assert!(again.plan.jira.status.is_some());
}

#[test]
fn stale_field_is_merged_again() {
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
    assert_eq!(again.zammad[&FieldName::Title], TicketWrite::Title("there".into()));
    assert_eq!(again.conflicts.len(), 1);
}

#[test]
fn sends_nothing_to_jira_while_writes_are_in_flight() {
    let settings = Settings::default();
    let plan = merged(&settings, |ticket, issue| {
        ticket.title = "here".into();
        issue.snapshot.priority_id = Some("1".into());
    });
    let intents = Intents { message: "m".into(), fields: [(FieldName::Title, "x".to_owned())].into() };
    let held = plan.while_in_flight(&intents);
    assert!(held.jira.is_empty() && held.intended.is_empty());
    assert!(held.zammad.contains_key(&FieldName::Priority));
}

#[test]
fn issue_created_for_a_ticket_gets_the_tickets_values() {
    let settings = settings();
    let policy = policy(&settings);
    let (mut here, mut there) = (ticket(1), issue(1));
    (here.priority, here.owner, there.snapshot.assignee) = (3, None, account("acc-a"));
    let base = Base::of_created(&there.snapshot, &settings);
    let plan = merge(&base, &here, &there, &policy);
    assert_eq!(plan.jira.fields.keys().collect::<Vec<_>>(), ["priority"], "the project's default assignee stays");
    here.owner = Some(4);
    assert_eq!(merge(&base, &here, &there, &policy).jira.fields["assignee"], json!({ "accountId": "acc-b" }));
}

#[test]
fn follower_receives_the_status_only() {
    let settings = Settings::default();
    let policy = Policy { role: Role::Follower, ..policy(&settings) };
    let waiting = Ticket { state: 3, state_type: 3, ..ticket(1) };
    let before = base(&waiting, &issue(1), &policy);
    let mut there = issue(2);
    there.snapshot.summary = "other".into();
    (there.snapshot.status_id, there.snapshot.status_category) = ("10002".into(), "done".into());
    let plan = merge(&before, &waiting, &there, &policy);
    assert_eq!(plan.zammad.keys().collect::<Vec<_>>(), [&FieldName::State]);
}

/// Forge sends `{}` for a value that is too large. It matches no kind of field, so Zammad's value stays.
#[test]
fn value_that_is_too_large_clears_nothing() {
    for kind in [CustomKind::Text, CustomKind::Integer, CustomKind::Boolean, CustomKind::Date, CustomKind::Option] {
        let mut settings = settings();
        settings.fields.custom[0].kind = kind;
        let plan = merged(&settings, |_, issue| {
            issue.snapshot.fields.insert("customfield_10050".into(), json!({}));
        });
        assert!(plan.is_empty(), "{kind:?}: {plan:?}");
        assert_eq!(plan.skipped[0].reason, Reason::Unmapped);
    }
}

#[test]
fn first_rule_whose_conditions_all_hold_applies() {
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
