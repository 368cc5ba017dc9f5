//! Merges per second: `cargo bench -p sync`.

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use schema::settings::Identity;
use schema::{Author, IssueSnapshot, Settings, UnixMs};
use sync::{Base, Issue, Policy, Role, StateInfo, Ticket, merge};

fn merges(criterion: &mut Criterion) {
    let people = (2..502).map(|user| Identity { zammad: user, account_id: format!("5b10ac8d82e05b22cc7d{user:04}") });
    let settings = Settings { people: people.collect(), ..Settings::default() };
    let states =
        [(1, 1), (2, 2), (3, 3), (4, 5), (5, 6), (6, 4)].map(|(id, type_id)| StateInfo { id, type_id, active: true });
    let policy = Policy {
        settings: &settings,
        etag: "1",
        privacy: false,
        role: Role::Primary,
        states: &states,
        resting: &[],
        now: UnixMs(0),
    };
    let ticket = Ticket {
        title: "Printer on the third floor prints blank pages".into(),
        state: 2,
        state_type: 2,
        priority: 2,
        owner: Some(400),
        owner_taken_away: false,
        group: 1,
        customer: 9,
        ..Ticket::default()
    };
    let snapshot = IssueSnapshot {
        summary: ticket.title.clone(),
        status_id: "10001".into(),
        status: "In Progress".into(),
        status_category: "indeterminate".into(),
        priority_id: Some("3".into()),
        priority: Some("Medium".into()),
        assignee: Some(Author { account_id: "5b10ac8d82e05b22cc7d0400".into(), name: None }),
        reporter: None,
        labels: Vec::new(),
        fields: BTreeMap::new(),
        updated_at: String::new(),
        labels_truncated: false,
        resolution: None,
        fix_versions: vec![],
        changelog_ids: Vec::new(),
    };
    let issue = Issue { snapshot, changed_at: UnixMs(1) };
    let first = merge(&Base::default(), &ticket, &issue, &policy);
    let base = Base { pairs: first.accepted, group: Some(first.group) };
    let changed = Ticket { title: "Printer prints nothing at all".into(), state: 4, state_type: 5, ..ticket.clone() };
    let mut group = criterion.benchmark_group("merge");
    group.throughput(Throughput::Elements(1));
    group.bench_function("nothing changed", |b| b.iter(|| merge(black_box(&base), &ticket, &issue, &policy)));
    group.bench_function("title and state changed", |b| b.iter(|| merge(black_box(&base), &changed, &issue, &policy)));
    group.finish();
}

criterion_group!(benches, merges);
criterion_main!(benches);
