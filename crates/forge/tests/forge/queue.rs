//! The queue of commands: what a reply delivers, and what the operator does with failed commands.

use envelope::Secret;
use schema::{Ack, AckStatus, Command, CommandBody, CommentRemoved, Id, Poll};
use serde_json::json;

use crate::support::{A, TestEnv, id, linked, opened, request, run, sealed, send};

fn connected() -> (TestEnv, Secret) {
    let env = TestEnv::new();
    let secret = env.connect(A);
    (env, secret)
}

/// Queues commands of a ticket with these numbers; the queue is sorted by them.
fn fill(env: &TestEnv, ticket: u64, numbers: std::ops::Range<u128>) {
    for number in numbers {
        let body = CommandBody::CommentRemoved(CommentRemoved { comment_id: number.to_string() });
        let command = Command { id: id(number), ticket_id: Some(ticket), issue_id: None, issue_key: None, body };
        let row = json!({ "installId": A, "value": command });
        env.kv.borrow_mut().insert((A.to_owned(), format!("cmd:{}", id(number))), (row, None));
    }
}

/// Returns the tickets and ids of the delivered commands.
fn deliver(env: &TestEnv, secret: &Secret, nonce: u8, poll: Poll) -> Vec<(u64, Id)> {
    let request = schema::Request { poll, ..request(A, vec![]) };
    let commands = opened(&send(env, secret, nonce, &request), secret, nonce).commands;
    commands.into_iter().map(|command| (command.ticket_id.unwrap(), command.id)).collect()
}

fn skipping(tickets: &[u64]) -> Poll {
    Poll { skip_tickets: tickets.to_vec(), ..Poll::default() }
}

fn of_ticket(delivered: &[(u64, Id)], ticket: u64) -> Vec<Id> {
    delivered.iter().filter(|(of, _)| *of == ticket).map(|(_, id)| *id).collect()
}

#[test]
fn ticket_that_the_sidecar_names_takes_no_place() {
    let (env, secret) = connected();
    fill(&env, 42, 0..55);
    fill(&env, 43, 100..103);
    assert_eq!(
        deliver(&env, &secret, 2, skipping(&[42])),
        (100..103).map(|number| (43, id(number))).collect::<Vec<_>>()
    );
    assert!(deliver(&env, &secret, 3, skipping(&[42, 43])).is_empty());
    assert_eq!(of_ticket(&deliver(&env, &secret, 4, Poll::default()), 43).len(), 3, "they stay in the queue");
    assert_eq!(env.keys_of(A, "cmd:").len(), 58);
}

#[test]
fn ticket_with_many_commands_leaves_room_for_others_and_keeps_its_order() {
    let (env, secret) = connected();
    fill(&env, 42, 0..60);
    fill(&env, 43, 100..107);
    let delivered = deliver(&env, &secret, 2, Poll::default());
    assert_eq!(delivered.len(), 50);
    assert_eq!(of_ticket(&delivered, 43), (100..107).map(id).collect::<Vec<_>>());
    assert_eq!(of_ticket(&delivered, 42), (0..43).map(id).collect::<Vec<_>>(), "the oldest, in their order");
}

#[test]
fn commands_beyond_the_first_page_are_delivered() {
    let (env, secret) = connected();
    fill(&env, 42, 0..220);
    fill(&env, 43, 1_000..1_003);
    assert_eq!(of_ticket(&deliver(&env, &secret, 2, Poll::default()), 43).len(), 3, "behind two pages of one ticket");
    fill(&env, 42, 220..620);
    assert_eq!(deliver(&env, &secret, 3, skipping(&[42])).len(), 3, "behind six pages of a ticket that is left out");
    // Many tickets with few commands fill a reply from the first page.
    let (env, secret) = connected();
    for ticket in 0..100_u8 {
        fill(&env, u64::from(ticket) + 1, u128::from(ticket) * 10..u128::from(ticket) * 10 + 2);
    }
    let platform = env.platform(A);
    let body = json!(request(A, vec![])).to_string();
    run(forge::web_trigger(&platform, sealed(&env, &secret, A, 2, body))).unwrap();
    assert_eq!(platform.reads.get(), 6, "one page");
}

#[test]
fn nothing_is_delivered_to_a_sidecar_that_accepts_nothing() {
    let (env, secret) = connected();
    fill(&env, 42, 0..3);
    assert!(deliver(&env, &secret, 2, Poll { max: 0, ..Poll::default() }).is_empty());
    assert_eq!(deliver(&env, &secret, 3, Poll { max: 2, ..Poll::default() }).len(), 2);
}

#[test]
fn request_that_names_too_many_tickets_is_refused() {
    let (env, secret) = connected();
    let naming = |number| schema::Request { poll: skipping(&vec![42; number]), ..request(A, vec![]) };
    assert_eq!(send(&env, &secret, 2, &naming(1_000)).status_code, 200);
    assert_eq!(send(&env, &secret, 3, &naming(1_001)).status_code, 413);
}

/// Sends acknowledgements and returns what is delivered afterwards.
fn acknowledge(env: &TestEnv, secret: &Secret, nonce: u8, acks: &[(u128, AckStatus)]) -> Vec<Id> {
    let ack = |&(number, status)| Ack { command_id: id(number), status, code: None, detail: None };
    let request = schema::Request { acks: acks.iter().map(ack).collect(), ..request(A, vec![]) };
    opened(&send(env, secret, nonce, &request), secret, nonce).commands.iter().map(|command| command.id).collect()
}

#[test]
fn failed_command_is_delivered_again_under_its_id_or_dropped() {
    use AckStatus::{Done, Dropped, Failed, Retry};
    let (env, secret) = connected();
    fill(&env, 42, 0..3);
    assert!(acknowledge(&env, &secret, 2, &[(0, Failed), (1, Failed), (2, Failed)]).is_empty());
    assert_eq!(env.keys_of(A, "cmdfailed:").len(), 3);
    let audited = env.keys_of(A, "audit:").len();
    assert_eq!(acknowledge(&env, &secret, 3, &[(0, Retry), (1, Dropped)]), [id(0)]);
    assert_eq!(env.keys_of(A, "cmdfailed:"), [format!("cmdfailed:{}", id(2))]);
    assert_eq!(env.keys_of(A, "audit:").len(), audited + 2);
    // A repeated acknowledgement changes nothing: the first command waits, and the second one is gone.
    assert_eq!(acknowledge(&env, &secret, 4, &[(0, Retry), (1, Retry), (1, Dropped), (9, Retry)]), [id(0)]);
    assert_eq!(env.keys_of(A, "audit:").len(), audited + 2);
    // It may fail again, and be applied at last.
    assert!(acknowledge(&env, &secret, 5, &[(0, Failed)]).is_empty());
    assert_eq!(acknowledge(&env, &secret, 6, &[(0, Retry)]), [id(0)]);
    assert!(acknowledge(&env, &secret, 7, &[(0, Done)]).is_empty());
    assert!(acknowledge(&env, &secret, 8, &[(0, Retry)]).is_empty());
}

/// The mark of an empty queue: the queue is not read while it holds, and every change of the queue ends it.
#[test]
fn an_empty_queue_is_read_again_only_after_a_change() {
    let (env, secret) = linked();
    let poll = |nonce: u8, empty_mark: Option<String>| {
        let poll = Poll { empty_mark, ..Poll::default() };
        let platform = env.platform(A);
        let wire = sealed(&env, &secret, A, nonce, json!(schema::Request { poll, ..request(A, vec![]) }).to_string());
        let reply = opened(&run(forge::web_trigger(&platform, wire)).unwrap(), &secret, nonce);
        let queue = reply.queue.unwrap();
        (reply.commands.len(), queue.empty_mark, platform.queries.get(), queue.changed_ms_ago)
    };
    let (_, first, queries, _) = poll(2, None);
    assert!(first.is_some() && queries == 1);
    assert_eq!(poll(3, first.clone()), (0, first.clone(), 0, None));
    assert_eq!(poll(4, Some("17".into())).2, 1, "a mark of something else");

    let event = json!({ "eventType": "avi:jira:updated:issue", "issue": { "id": "10007" } });
    run(forge::jira_event(&env.platform(A), &event)).unwrap();
    assert_eq!(poll(5, first.clone()), (1, None, 1, Some(0)));
    // A listing may lack the newest records, so an empty one proves nothing for a minute.
    let queued = env.keys_of(A, "cmd:");
    let taken = env.kv.borrow_mut().remove(&(A.to_owned(), queued[0].clone())).unwrap();
    assert_eq!(poll(6, first.clone()), (0, None, 1, Some(0)));
    env.kv.borrow_mut().insert((A.to_owned(), queued[0].clone()), taken);
    env.now.set(env.now.get() + 60_000);
    assert_eq!(poll(7, first.clone()).0, 1, "the change was after the mark");
    env.kv.borrow_mut().remove(&(A.to_owned(), queued[0].clone()));
    let (_, second, ..) = poll(8, first.clone());
    assert!(second.is_some() && second != first);
    assert_eq!(poll(9, second.clone()), (0, second, 0, Some(60_000)));
}
