//! Shared test data: two small sides, and settings in which some states, priorities and people have no mapping.

pub(crate) mod write;

use std::collections::BTreeMap;

use proptest::prelude::*;
use schema::settings::{Conflict, CustomField, CustomKind, Direction, Identity};
use schema::{Author, IssueSnapshot, Settings, UnixMs};
use serde_json::{Value, json};
use sync::{Base, FieldName, Issue, Pair, Policy, Role, StateInfo, Ticket};

/// Zammad's stock states, and a custom one that is inactive.
pub(crate) const STATES: [StateInfo; 7] = [
    StateInfo { id: 1, type_id: 1, active: true },
    StateInfo { id: 2, type_id: 2, active: true },
    StateInfo { id: 3, type_id: 3, active: true },
    StateInfo { id: 4, type_id: 5, active: true },
    StateInfo { id: 6, type_id: 4, active: true },
    StateInfo { id: 8, type_id: 2, active: false },
    // Of a type that is in no pair.
    StateInfo { id: 9, type_id: 7, active: true },
];

/// Jira's statuses: id and category key. The last category is in no pair.
pub(crate) const STATUSES: [(&str, &str); 4] =
    [("10000", "new"), ("10001", "indeterminate"), ("10002", "done"), ("10003", "undefined")];

pub(crate) fn settings() -> Settings {
    let people = [(3, "acc-a"), (4, "acc-b")].map(|(zammad, account)| Identity { zammad, account_id: account.into() });
    let mut settings = Settings { people: people.into(), ..Settings::default() };
    settings.fields.customer.direction = Direction::ToJira;
    settings.fields.tags.direction = Direction::Both;
    settings.fields.tags.prefix = "j-".into();
    settings.fields.custom = vec![CustomField {
        zammad: "severity".into(),
        jira: "customfield_10050".into(),
        kind: CustomKind::Option,
        direction: Direction::Both,
        conflict: Conflict::Newest,
        options: [("high".to_owned(), "1".to_owned()), ("low".to_owned(), "2".to_owned())].into(),
    }];
    settings
}

pub(crate) const fn policy(settings: &Settings) -> Policy<'_> {
    Policy {
        settings,
        etag: "1",
        privacy: false,
        role: Role::Primary,
        states: &STATES,
        resting: &[],
        now: UnixMs(1_000_000),
    }
}

/// Makes tickets close with their issues: every pair holds both ways.
pub(crate) fn close_with_the_issue(settings: &mut Settings) {
    let pairs = &mut settings.fields.state.pairs;
    pairs.retain(|pair| pair.direction != Direction::ToZammad);
    pairs.iter_mut().for_each(|pair| pair.direction = Direction::Both);
}

/// Returns a base with the given pairs replaced or added.
pub(crate) fn with_pairs(mut base: Base, newer: impl IntoIterator<Item = (FieldName, Pair)>) -> Base {
    base.pairs.extend(newer);
    base
}

pub(crate) fn ticket(changed_at: i64) -> Ticket {
    Ticket {
        title: "Printer".into(),
        state: 2,
        state_type: 2,
        priority: 2,
        group: 1,
        customer: 9,
        changed_at: UnixMs(changed_at),
        ..Ticket::default()
    }
}

pub(crate) fn issue(changed_at: i64) -> Issue {
    let snapshot = IssueSnapshot {
        summary: "Printer".into(),
        status_id: "10001".into(),
        status: "In Progress".into(),
        status_category: "indeterminate".into(),
        priority_id: Some("3".into()),
        priority: None,
        assignee: None,
        reporter: None,
        labels: Vec::new(),
        fields: BTreeMap::new(),
        updated_at: String::new(),
        labels_truncated: false,
        resolution: None,
        fix_versions: vec![],
        changelog_ids: Vec::new(),
    };
    Issue { snapshot, changed_at: UnixMs(changed_at) }
}

pub(crate) fn account(id: &str) -> Option<Author> {
    Some(Author { account_id: id.into(), name: None })
}

/// Any ticket that Zammad can store.
pub(crate) fn tickets() -> impl Strategy<Value = Ticket> {
    let title = prop_oneof!["[a-zé🙂 ]{1,12}", "[a-z ]{260,300}"].prop_map(|title| sync::cut(&title, 250));
    let title = title.prop_filter("Zammad accepts no empty title", |title| !title.is_empty());
    let owner = prop_oneof![Just(None), Just(Some(3)), Just(Some(4)), Just(Some(5))];
    let tags = prop::collection::btree_set(prop_oneof!["j-[ab]", "other", "j-with blank"].prop_map(String::from), 0..3);
    let severity = prop_oneof![Just(Value::Null), Just(json!("high")), Just(json!("low")), Just(json!("unmapped"))];
    let numbers = (0..STATES.len(), 1u64..5, 1u64..3, prop_oneof![Just(3u64), Just(9)], 0i64..4);
    (title, numbers, owner, tags, severity).prop_map(
        |(title, (state, priority, group, customer, at), owner, tags, severity)| Ticket {
            owner_taken_away: false,
            title,
            state: STATES[state].id,
            state_type: STATES[state].type_id,
            priority,
            owner,
            group,
            customer,
            tags,
            attributes: [("severity".to_owned(), severity)].into(),
            changed_at: UnixMs(at),
        },
    )
}

/// Any issue that Jira can store.
pub(crate) fn issues() -> impl Strategy<Value = Issue> {
    let summary = prop_oneof!["[a-zé🙂 ]{1,12}", "[a-z ]{250,255}"].prop_map(|text| text.trim().to_owned());
    let summary = summary.prop_filter("Jira accepts no empty summary", |summary| !summary.is_empty());
    let person = || prop_oneof![Just(None), Just(account("acc-a")), Just(account("acc-b")), Just(account("acc-x"))];
    let labels = prop::collection::btree_set(prop_oneof!["j-[ab]", "team"].prop_map(String::from), 0..3);
    let severity = prop_oneof![Just(None), Just(Some("1")), Just(Some("2")), Just(Some("3"))];
    let priority = prop_oneof![Just(None), (1u8..7).prop_map(|id| Some(id.to_string()))];
    (summary, 0..STATUSES.len(), priority, person(), person(), labels, severity, 0i64..4).prop_map(
        |(summary, status, priority_id, assignee, reporter, labels, severity, at)| {
            let mut issue = issue(at);
            let (status_id, category) = STATUSES[status];
            let fields = severity.map(|id| ("customfield_10050".to_owned(), json!({ "id": id, "value": "x" })));
            issue.snapshot = IssueSnapshot {
                summary,
                status_id: status_id.into(),
                status_category: category.into(),
                priority_id,
                assignee,
                reporter,
                labels: labels.into_iter().collect(),
                fields: fields.into_iter().collect(),
                ..issue.snapshot
            };
            issue
        },
    )
}

/// Settings with any directions and conflict rules; tickets close with their issues or come back to their agents.
pub(crate) fn any_settings() -> impl Strategy<Value = Settings> {
    let direction =
        || prop_oneof![Just(Direction::Both), Just(Direction::ToJira), Just(Direction::ToZammad), Just(Direction::Off)];
    let conflict = || prop_oneof![Just(Conflict::Newest), Just(Conflict::Zammad), Just(Conflict::Jira)];
    let all = (prop::array::uniform6(direction()), prop::array::uniform6(conflict()), any::<bool>());
    all.prop_map(|(directions, conflicts, closes)| {
        let mut settings = settings();
        if closes {
            close_with_the_issue(&mut settings);
        }
        let fields = &mut settings.fields;
        (fields.title.direction, fields.title.conflict) = (directions[0], conflicts[0]);
        (fields.state.direction, fields.state.conflict) = (directions[1], conflicts[1]);
        (fields.priority.direction, fields.priority.conflict) = (directions[2], conflicts[2]);
        (fields.owner.direction, fields.owner.conflict) = (directions[3], conflicts[3]);
        (fields.tags.direction, fields.tags.conflict) = (directions[4], conflicts[4]);
        (fields.custom[0].direction, fields.custom[0].conflict) = (directions[5], conflicts[5]);
        settings
    })
}
