use schema::Settings;
use store::Effects;
use sync::{Detail, Pair, Reason, Skipped};

use super::super::context::tests::begun;
use super::*;
use crate::support::{NOW, Setup, link, ticket};

/// A linked ticket with this entry in the list.
async fn listed(entry: Option<(Subject, &str, Option<&str>)>) -> Setup {
    let setup = Setup::new().await;
    setup.helpdesk.add_ticket(ticket(7));
    setup.link(vec![link(7)]).await;
    let link = link(7);
    let trouble = entry.map(|(subject, code, detail)| {
        LinkKey::from(&link).trouble(subject, Some(code), detail.map(str::to_owned), NOW)
    });
    setup.store.record(Effects { troubles: trouble.into_iter().collect(), ..Effects::default() }).await.unwrap();
    setup
}

/// The changes of the list after a merge: subject, code, detail.
async fn update(setup: &Setup, plan: &Plan, settled: &[&Settled]) -> Vec<(String, Option<String>, Option<String>)> {
    let (settings, visitor, link) = (Settings::default(), setup.visitor(), link(7));
    let mut visit = begun(&visitor, &settings, 7).await;
    visit.update_troubles(&link, plan, settled).await.unwrap();
    let changes = visit.completion.effects.troubles.into_iter();
    changes
        .map(|change| {
            assert_eq!((change.ticket_id, change.issue_id.as_str(), change.at), (7, "1007", NOW));
            (change.subject.to_string(), change.code, change.detail)
        })
        .collect()
}

fn skips(reason: Reason, detail: Option<Detail>) -> Plan {
    Plan { skipped: vec![Skipped { field: FieldName::Title, reason, detail }], ..Plan::default() }
}

/// Both sides hold the same title.
fn accepts() -> Plan {
    let pair = Pair { zammad: "z".into(), jira: "j".into() };
    Plan { accepted: [(FieldName::Title, pair)].into(), ..Plan::default() }
}

fn refuses(code: &str, detail: Option<&str>) -> Settled {
    let refused = vec![(FieldName::Title, code.to_owned(), detail.map(str::to_owned))];
    Settled { refused, ..Settled::default() }
}

fn change(code: Option<&str>, detail: Option<&str>) -> Vec<(String, Option<String>, Option<String>)> {
    vec![("title".into(), code.map(str::to_owned), detail.map(str::to_owned))]
}

/// An entry is written when it is new or different only, so that its beginning stays known.
#[tokio::test]
async fn fields_that_are_left_out_of_sync_are_listed_with_their_reason() {
    let title = || Subject::Field("title".into());
    let state = || Some(Detail::State(17));
    for (name, before, plan, settled, expected) in [
        ("new", None, skips(Reason::Unmapped, state()), Settled::default(), change(Some("unmapped"), Some("state 17"))),
        ("without detail", None, skips(Reason::NotStored, None), Settled::default(), change(Some("not-stored"), None)),
        ("refused by a side", None, Plan::default(), refuses("no-path", Some("a")), change(Some("no-path"), Some("a"))),
        (
            "the same",
            Some((title(), "unmapped", Some("state 17"))),
            skips(Reason::Unmapped, state()),
            Settled::default(),
            Vec::new(),
        ),
        (
            "another detail",
            Some((title(), "unmapped", Some("state 18"))),
            skips(Reason::Unmapped, state()),
            Settled::default(),
            change(Some("unmapped"), Some("state 17")),
        ),
        (
            "another reason",
            Some((title(), "unmapped", None)),
            skips(Reason::NotStored, None),
            Settled::default(),
            change(Some("not-stored"), None),
        ),
        ("refused, and both sides agree since", None, accepts(), refuses("no-path", None), Vec::new()),
        (
            "refused again, and both sides agree since",
            Some((title(), "no-path", None)),
            accepts(),
            refuses("no-path", None),
            change(None, None),
        ),
        (
            "the answer of a side counts",
            None,
            skips(Reason::Unmapped, None),
            refuses("x", None),
            change(Some("x"), None),
        ),
    ] {
        let setup = listed(before).await;
        assert_eq!(update(&setup, &plan, &[&Settled::default(), &settled]).await, expected, "{name}");
    }
}

/// An entry ends with proof only: a value was written or accepted, or a value that every merge would find unmapped is mapped.
#[tokio::test]
async fn an_entry_ends_when_its_field_is_in_sync_again() {
    let writes = || Settled { written: vec![FieldName::Title], ..Settled::default() };
    let accepts = || {
        let pair = Pair { zammad: "a".into(), jira: "b".into() };
        Plan { accepted: [(FieldName::Title, pair)].into(), ..Plan::default() }
    };
    let title = |code| Some((Subject::Field("title".into()), code, None));
    for (name, before, plan, settled, ended) in [
        ("written", title("no-path"), Plan::default(), writes(), true),
        ("accepted", title("no-path"), accepts(), Settled::default(), true),
        ("not looked at", title("no-path"), Plan::default(), Settled::default(), false),
        ("mapped now", title("unmapped"), Plan::default(), Settled::default(), true),
        ("another field", Some((Subject::Field("state".into()), "no-path", None)), accepts(), writes(), false),
        ("the issue", Some((Subject::Issue, "issue-no-access", None)), accepts(), writes(), false),
        ("an article", Some((Subject::Article { id: 10, part: 1 }, "unmapped", None)), accepts(), writes(), false),
        ("nothing", None, accepts(), writes(), false),
    ] {
        let setup = listed(before).await;
        let expected = if ended { change(None, None) } else { Vec::new() };
        assert_eq!(update(&setup, &plan, &[&settled]).await, expected, "{name}");
    }
}

#[tokio::test]
async fn the_list_of_another_link_is_not_touched() {
    let setup = listed(None).await;
    let other = LinkKey { ticket_id: 7, issue_id: "2007" };
    let troubles = vec![other.trouble(Subject::Field("title".into()), Some("unmapped"), None, NOW)];
    setup.store.record(Effects { troubles, ..Effects::default() }).await.unwrap();
    assert_eq!(update(&setup, &Plan::default(), &[]).await, []);
}

#[tokio::test]
async fn a_trouble_of_the_link_begins_and_ends() {
    let setup = listed(None).await;
    setup.pass(5);
    let (visitor, link) = (setup.visitor(), link(7));
    for code in [Some("group-out-of-scope"), None] {
        let trouble = of_link(&visitor, &link, code);
        assert_eq!((trouble.ticket_id, trouble.issue_id.as_str()), (7, "1007"));
        assert_eq!((trouble.subject, trouble.code.as_deref(), trouble.at), (Subject::Link, code, NOW.plus(5)));
    }
}

/// Kinds of things and codes, each once: no ids, no names that the customer gave, and what this visit has found counts.
#[tokio::test]
async fn the_panel_gets_kinds_and_codes_only() {
    let setup = listed(Some((Subject::Field("custom:Salary of Nicole".into()), "unmapped", Some("secret")))).await;
    let (settings, visitor, link) = (Settings::default(), setup.visitor(), link(7));
    let more = [
        (Subject::Field("title".into()), Some("not-on-screen")),
        (Subject::Field("state".into()), Some("no-path")),
        (Subject::Article { id: 10, part: 1 }, Some("jira-forbidden")),
        (Subject::Article { id: 11, part: 1 }, Some("jira-forbidden")),
        (Subject::File(5), Some("too-large-for-jira")),
        (Subject::Command("01M3250V000000000000000001".into()), Some("zammad-refused")),
        (Subject::NotErased("comment 5".into()), Some("not-ours")),
        (Subject::Issue, Some("issue-no-access")),
        (Subject::Link, Some("merge-target-unknown")),
    ];
    let troubles = more.map(|(subject, code)| LinkKey::from(&link).trouble(subject, code, None, NOW.plus(-1_000)));
    setup.store.record(Effects { troubles: troubles.into(), ..Effects::default() }).await.unwrap();
    let mut visit = begun(&visitor, &settings, 7).await;
    let now_in_sync = LinkKey::from(&link).trouble(Subject::Field("title".into()), None, None, NOW);
    let still_out = LinkKey::from(&link).trouble(Subject::Field("state".into()), Some("field-required"), None, NOW);
    let other_issue = LinkKey { ticket_id: 7, issue_id: "2007" }.trouble(Subject::Link, Some("x"), None, NOW);
    visit.completion.effects.troubles.extend([now_in_sync, still_out, other_issue]);
    let shown = visit.out_of_sync(&link).await.unwrap();
    let rows: Vec<(&str, &str)> = shown.iter().map(|row| (row.subject.as_str(), row.code.as_str())).collect();
    assert_eq!(
        rows,
        [
            ("article", "jira-forbidden"),
            ("command", "zammad-refused"),
            ("custom", "unmapped"),
            ("file", "too-large-for-jira"),
            ("issue", "issue-no-access"),
            ("link", "merge-target-unknown"),
            ("not-erased", "not-ours"),
            ("state", "field-required"),
        ]
    );
    assert_eq!(shown[7].since, rfc3339(NOW.plus(-1_000)), "since it was found first");
    assert!(shown.iter().all(|row| row.issue_id == "1007" && row.next_try.is_some() == (row.subject == "article")));
}
