use schema::{DriftReport, IssueSearch};
use serde_json::{Value, json};
use store::{Effects, FactKind};

use super::*;
use crate::support::{NOW, Setup, link};
use crate::ticket::facts::LinkKey;

fn body(message: &NewMessage) -> Value {
    serde_json::from_str(&message.body).unwrap()
}

/// The question begins where the last answer ended, and belongs to the order of the link's ticket.
#[tokio::test]
async fn a_link_is_asked_for_what_is_not_known_yet() {
    for (caught_up, since) in
        [(None, "1970-01-01T00:00:00Z"), (Some("2026-11-28T01:16:12.426+0000"), "2026-11-28T01:16:12.426+0000")]
    {
        let setup = Setup::new().await;
        let link = link(7);
        setup.link(vec![link.clone()]).await;
        let facts = caught_up.map(|until| LinkKey::from(&link).set(FactKind::CaughtUpTo, &until));
        setup.store.record(Effects { facts: facts.into_iter().collect(), ..Effects::default() }).await.unwrap();
        let question = issue_of(setup.store.as_ref(), &link, Privacy::On, &setup.env).await.unwrap();
        assert_eq!((question.ticket_id, question.kind.as_str(), question.created_at), (7, "issue.get", NOW));
        assert_eq!(body(&question)["data"], json!({ "issue": "1007", "catchUpSince": since }));
        assert_eq!(question.dedup_key, None, "each round asks again");
        let again = issue_of(setup.store.as_ref(), &link, Privacy::On, &setup.env).await.unwrap();
        assert_ne!(question.id, again.id);
    }
}

#[tokio::test]
async fn a_message_without_a_ticket_is_for_no_ticket() {
    let setup = Setup::new().await;
    let report = || MessageBody::DriftReport(DriftReport { checked: 3, differed: 2, repaired: 1 });
    let row = message(report(), None, Privacy::On, &setup.env).unwrap();
    assert_eq!((row.ticket_id, row.kind.as_str()), (0, "drift.report"));
    assert_eq!(body(&row)["data"], json!({ "checked": 3, "differed": 2, "repaired": 1 }));
}

/// Each reason why there is no message, with its code in the log.
#[tokio::test]
async fn a_message_that_cannot_be_made_is_an_error() {
    let setup = Setup::new().await;
    let words = || MessageBody::IssueSearch(IssueSearch { query: "printer".into(), limit: 5 });
    let without_bytes = setup.env_without_bytes();
    for (privacy, env, code) in [
        (Privacy::Off, &setup.env, None),
        (Privacy::On, &setup.env, Some("boundary")),
        (Privacy::Off, &without_bytes, Some("no-entropy")),
    ] {
        let answer = message(words(), Some(7), privacy, env);
        assert_eq!(answer.as_ref().err().map(ReconcileError::code), code, "{privacy:?}: {answer:?}");
    }
}
