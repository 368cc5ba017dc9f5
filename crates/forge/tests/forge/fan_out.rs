//! Issues with many tickets: each ticket hears of each event once and in order, however many there are, and no invocation has more
//! to do than the platform allows.

use std::collections::{BTreeMap, BTreeSet};

use envelope::Secret;
use schema::{Ack, AckStatus, Command, CommandBody, Id, LinkEnded, LinkRequest, MessageBody, Poll, Request};
use serde_json::{Value, json};

use crate::support::{A, TestEnv, about, apply, golden, opened, request, run, sealed};

const COMMENTED: &str = "avi:jira:commented:issue";
/// Links per record; see `links::PAGE`.
const PAGE: usize = 100;

struct Setup {
    env: TestEnv,
    secret: Secret,
    nonce: u8,
}

impl Setup {
    /// PROJ-7 with these tickets, and PROJ-8 with ticket 9.
    fn with(tickets: std::ops::Range<u64>) -> Self {
        let env = TestEnv::new();
        let secret = env.connect(A);
        let mut setup = Self { env, secret, nonce: 0 };
        let tickets: Vec<u64> = tickets.collect();
        for tickets in tickets.chunks(50) {
            let messages = tickets.iter().map(|&ticket| link(ticket, "PROJ-7")).collect();
            setup.exchange(&request(A, messages));
            setup.env.now.set(setup.env.now.get() + 1);
        }
        setup.exchange(&request(A, vec![link(9, "PROJ-8")]));
        setup
    }

    fn exchange(&mut self, request: &Request) -> Vec<Command> {
        self.nonce += 1;
        let platform = self.env.platform(A);
        let wire = sealed(&self.env, &self.secret, A, self.nonce, json!(request).to_string());
        let response = run(forge::web_trigger(&platform, wire)).unwrap();
        assert!(platform.calls.get() < 2_000, "{} calls in one invocation", platform.calls.get());
        let reply = opened(&response, &self.secret, self.nonce);
        let failed: Vec<_> = reply.results.iter().filter(|result| result.code.is_some()).collect();
        assert!(failed.is_empty(), "{failed:?}");
        reply.commands
    }

    /// Exchanges until nothing is delivered: returns the commands of each exchange. Everything is acknowledged, except for the
    /// tickets that are left out.
    fn deliver_all(&mut self, skipped: &[u64]) -> Vec<Vec<Command>> {
        let (mut all, mut acks) = (Vec::new(), Vec::new());
        loop {
            let poll = Poll { skip_tickets: skipped.to_vec(), ..Poll::default() };
            let commands = self.exchange(&Request { acks, poll, ..request(A, vec![]) });
            if commands.is_empty() && !self.has_event() {
                return all;
            }
            let ack =
                |command: &Command| Ack { command_id: command.id, status: AckStatus::Done, code: None, detail: None };
            acks = commands.iter().map(ack).collect();
            all.push(commands);
        }
    }

    /// A user comments on an issue. Returns the calls of the invocation.
    fn comment(&self, issue: &str, id: &str, minute: u8) -> u32 {
        let at = format!("2026-11-24T09:{minute:02}:00.000+0000");
        let body = json!({ "type": "doc", "version": 1, "content": [] });
        let author = json!({ "accountId": "acc-1", "displayName": "Mia Krystof" });
        let comment = json!({ "id": id, "author": author, "body": body, "created": at, "updated": at });
        self.env.jira.comments.borrow_mut().push(comment);
        self.event(COMMENTED, issue, id)
    }

    fn event(&self, kind: &str, issue: &str, comment: &str) -> u32 {
        let event = json!({ "eventType": kind, "issue": { "id": issue }, "comment": { "id": comment } });
        let platform = self.env.platform(A);
        assert_eq!(run(forge::jira_event(&platform, &event)).unwrap(), json!({}));
        platform.calls.get()
    }

    /// Whether there is an event of which some tickets have no command yet.
    fn has_event(&self) -> bool {
        self.env.kv.borrow().values().any(|(row, _)| row["value"].get("fanOut").is_some())
    }

    fn records(&self) -> usize {
        self.env.keys_of(A, "cmd:").len()
    }

    /// The tickets in the records of an issue's links.
    fn stored_tickets(&self, issue: &str) -> Vec<u64> {
        let kv = self.env.kv.borrow();
        let prefix = format!("link:i:{issue}");
        let mut pages: Vec<(usize, Value)> = kv
            .iter()
            .filter_map(|((_, key), (row, _))| {
                let rest = key.strip_prefix(&prefix)?;
                Some((rest.trim_start_matches(':').parse().unwrap_or(0), row["value"].clone()))
            })
            .collect();
        pages.sort_by_key(|(page, _)| *page);
        let links = pages.iter().flat_map(|(_, links)| links.as_array().unwrap());
        links.map(|link| link["ticketId"].as_u64().unwrap()).collect()
    }
}

fn link(ticket: u64, issue: &str) -> schema::Message {
    let MessageBody::LinkRequested(request) = golden("link.requested") else { panic!() };
    let request = LinkRequest { issue: issue.into(), ticket_number: format!("50{ticket}"), ..request };
    about(u128::from(ticket), ticket, MessageBody::LinkRequested(request))
}

/// The comments that each ticket got, in their order.
fn comments(delivered: &[Vec<Command>]) -> BTreeMap<u64, Vec<String>> {
    let mut of_ticket = BTreeMap::<u64, Vec<String>>::new();
    for command in delivered.iter().flatten() {
        if let CommandBody::CommentAdded(content) = &command.body {
            of_ticket.entry(command.ticket_id.unwrap()).or_default().push(content.comment_id.clone());
        }
    }
    of_ticket
}

#[test]
fn each_of_500_and_of_2_000_tickets_gets_each_event_once_and_in_order() {
    for number in [500, 2_000] {
        let mut setup = Setup::with(1_000..1_000 + number);
        for (id, minute) in [("30001", 1), ("30002", 2), ("30003", 3)] {
            let calls = setup.comment("10007", id, minute);
            assert!(calls < 40, "{calls} calls");
        }
        assert_eq!(setup.records(), 3, "one record for all tickets");
        let delivered = setup.deliver_all(&[]);
        let of_ticket = comments(&delivered);
        assert_eq!(of_ticket.len() as u64, number);
        for (ticket, ids) in of_ticket {
            assert_eq!(ids, ["30001", "30002", "30003"], "ticket {ticket}");
        }
        assert_eq!(setup.records(), 0);
        if number == 500 {
            // The end of the issue reaches all of them too.
            let calls = setup.event("avi:jira:updated:issue", "10007", "");
            assert!(calls < 40, "{calls} calls");
            let changed = setup.deliver_all(&[]);
            assert_eq!(
                changed.iter().flatten().filter(|it| matches!(it.body, CommandBody::IssueChanged(_))).count(),
                500
            );
        }
        // 240 exchanges at most have a nonce here.
        assert!(setup.nonce < 240);
    }
}

#[test]
fn other_issues_do_not_wait_for_an_issue_with_many_tickets() {
    let mut setup = Setup::with(1_000..1_300);
    for (id, minute) in [("30001", 1), ("30002", 2)] {
        setup.comment("10007", id, minute);
    }
    setup.comment("10008", "30009", 9);
    let delivered = setup.deliver_all(&[]);
    assert!(delivered[0].iter().any(|command| command.ticket_id == Some(9)), "in the first reply");
    assert_eq!(delivered.iter().flatten().count(), 601);
}

#[test]
fn tickets_that_wait_hold_back_no_other_ticket_of_the_issue() {
    let mut setup = Setup::with(1_000..1_300);
    setup.comment("10007", "30001", 1);
    let waiting: Vec<u64> = (1_000..1_120).collect();
    let of_ticket = comments(&setup.deliver_all(&waiting));
    assert_eq!(of_ticket.len(), 180);
    assert!(of_ticket.keys().all(|ticket| !waiting.contains(ticket)));
    setup.comment("10008", "30009", 9);
    assert_eq!(comments(&setup.deliver_all(&waiting))[&9], ["30009"], "behind 120 that wait");
    assert_eq!(comments(&setup.deliver_all(&[])).len(), 120, "when they can be applied");
    assert_eq!(setup.records(), 0);
}

#[test]
fn only_the_newest_state_of_an_issue_is_made_for_its_tickets() {
    let mut setup = Setup::with(1_000..1_100);
    for minute in [1, 2, 3] {
        setup.env.jira.set("10007", "updated", json!(format!("2026-11-24T09:0{minute}:00.000+0000")));
        setup.event("avi:jira:updated:issue", "10007", "");
    }
    assert_eq!(setup.deliver_all(&[]).iter().flatten().count(), 100);
}

/// An exchange that ends at any of its calls loses nothing.
#[test]
fn an_interrupted_exchange_is_continued() {
    for stop in 1.. {
        let mut setup = Setup::with(1_000..1_060);
        setup.comment("10007", "30001", 1);
        let platform = setup.env.platform(A);
        platform.calls_left.set(stop);
        let wire = sealed(&setup.env, &setup.secret, A, 200, json!(request(A, vec![])).to_string());
        let is_through = run(forge::web_trigger(&platform, wire)).is_some();
        // A command may be delivered again under its id, which the sidecar applies once.
        let delivered = setup.deliver_all(&[]);
        let ids: BTreeSet<Id> = delivered.iter().flatten().map(|command| command.id).collect();
        assert_eq!((ids.len(), comments(&delivered).len()), (60, 60), "stopped at call {stop}");
        assert_eq!(setup.records(), 0, "stopped at call {stop}");
        if is_through {
            assert!(stop > 50, "the exchange made the commands");
            return;
        }
    }
}

#[test]
fn links_of_an_issue_are_kept_in_records_of_limited_size() {
    let mut setup = Setup::with(1_000..1_250);
    let all: Vec<u64> = (1_000..1_250).collect();
    assert_eq!(setup.stored_tickets("10007"), all);
    assert_eq!(setup.env.keys_of(A, "link:i:10007"), ["link:i:10007", "link:i:10007:1", "link:i:10007:2"]);
    // A link that is removed from the first record moves the others up.
    let ended = LinkEnded { issue_id: "10007".into(), reason: "asked".into() };
    setup.nonce += 1;
    apply(&setup.env, &setup.secret, setup.nonce, about(9_000, 1_003, MessageBody::LinkRemoved(ended)));
    let left: Vec<u64> = all.iter().copied().filter(|ticket| *ticket != 1_003).collect();
    assert_eq!(setup.stored_tickets("10007"), left);
    assert!(setup.env.keys_of(A, "link:t:1003").is_empty());
    // A move of the issue reaches each record.
    setup.env.jira.issues.borrow_mut().get_mut("10007").unwrap()["key"] = json!("NEW-1");
    setup.event("avi:jira:updated:issue", "10007", "");
    let keys: Vec<String> = setup
        .env
        .kv
        .borrow()
        .iter()
        .filter(|((_, key), _)| key.starts_with("link:"))
        .map(|(_, (row, _))| row["value"].to_string())
        .collect();
    assert_eq!(keys.iter().filter(|links| links.contains("PROJ-7")).count(), 0);
    assert_eq!(keys.iter().filter(|links| links.contains("NEW-1")).count(), 3 + 249);
    let moved = setup.deliver_all(&[]);
    assert_eq!(moved.iter().flatten().filter(|it| matches!(it.body, CommandBody::IssueMoved(_))).count(), 249);
    // And so does its end.
    setup.event("avi:jira:deleted:issue", "10007", "");
    assert_eq!(setup.env.keys_of(A, "link:"), ["link:i:10008", "link:t:9"]);
    let gone = setup.deliver_all(&[]);
    assert_eq!(gone.iter().flatten().filter(|it| matches!(it.body, CommandBody::IssueGone(_))).count(), 249);
}

/// An invocation that ends between two writes of an issue's records loses no link.
#[test]
fn an_interrupted_change_of_the_records_loses_no_link() {
    let full = 2 * PAGE as u64;
    for (change, expected) in [(true, full + 1), (false, full - 1)] {
        for stop in 1..60 {
            let mut setup = Setup::with(1_000..1_000 + full);
            let message = if change {
                link(5_000, "PROJ-7")
            } else {
                let ended = LinkEnded { issue_id: "10007".into(), reason: "asked".into() };
                about(9_000, 1_003, MessageBody::LinkRemoved(ended))
            };
            let platform = setup.env.platform(A);
            platform.calls_left.set(stop);
            let wire = sealed(&setup.env, &setup.secret, A, 200, json!(request(A, vec![message.clone()])).to_string());
            let is_through = run(forge::web_trigger(&platform, wire)).is_some();
            let others = setup.stored_tickets("10007").into_iter().filter(|id| ![1_003, 5_000].contains(id));
            assert_eq!(others.collect::<BTreeSet<_>>().len() as u64, full - 1, "stopped at call {stop}");
            // The claim of the first run ends.
            setup.env.now.set(setup.env.now.get() + 120_000);
            setup.exchange(&request(A, vec![message]));
            assert_eq!(setup.stored_tickets("10007").len() as u64, expected, "stopped at call {stop}");
            if is_through {
                break;
            }
            assert!(stop < 59, "the exchange never ends");
        }
    }
}
