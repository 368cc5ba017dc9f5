use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use store::{Notification, TicketLease};
use zammad::{ClientError, Said};

use super::*;
use crate::support::{NOW, Setup};

/// A probe, and how often it reported a recovery.
fn probe(setup: &Setup) -> (Probe, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let recoveries = Arc::clone(&count);
    let on_recovery = Box::new(move || {
        recoveries.fetch_add(1, Ordering::SeqCst);
    });
    let (store, health) = (Arc::clone(&setup.store), Arc::clone(&setup.health));
    (Probe::new(store, setup.shared_helpdesk(), setup.env.clone(), health, on_recovery), count)
}

fn problems(setup: &Setup) -> Vec<&'static str> {
    setup.health.report(NOW, false).problems
}

fn status(status: u16, said: Said) -> ClientError {
    ClientError::Status { operation: "me", status, text: String::new(), said, retry_after: None }
}

/// Whatever keeps Zammad from being used is a problem with its own word and advice, and ends when Zammad answers again.
#[tokio::test]
async fn health_names_what_keeps_zammad_from_being_used() {
    for (error, word) in [
        (ClientError::Connect { operation: "me" }, "zammad-unreachable"),
        (ClientError::Tls { operation: "me", fault: zammad::TlsFault::UnknownIssuer }, "tls-unknown-issuer"),
        (ClientError::Interrupted { operation: "me" }, "zammad-does-not-answer"),
        (status(500, Said::Other), "zammad-error"),
        (status(502, Said::NotZammad), "zammad-error"),
        (status(429, Said::NotZammad), "zammad-error"),
        (status(403, Said::Maintenance), "zammad-maintenance"),
        (status(403, Said::TokenAccessDisabled), "zammad-token-access-disabled"),
        (status(403, Said::Other), "zammad-refuses-the-bot"),
        (status(401, Said::Other), "zammad-refuses-the-token"),
        (status(403, Said::NoCredentials), "zammad-refuses-the-token"),
        (status(404, Said::NotZammad), "zammad-not-zammad"),
        (status(404, Said::NotFound), "zammad-not-zammad"),
        (status(301, Said::NotZammad), "zammad-redirects"),
        (ClientError::Unreadable { operation: "me", is_json: false }, "zammad-not-zammad"),
        (ClientError::Unreadable { operation: "me", is_json: true }, "zammad-not-zammad"),
    ] {
        let setup = Setup::new().await;
        let (mut probe, recoveries) = probe(&setup);
        setup.helpdesk.fail_with("me", error);
        probe.look().await.unwrap();
        let report = setup.health.report(NOW, false);
        assert_eq!((report.ready, report.problems.as_slice()), (false, [word].as_slice()));
        assert!(report.help.contains_key(word), "{word} has advice");
        assert!(!setup.health.is_zammad_up());
        assert_eq!(recoveries.load(Ordering::SeqCst), 0);
        probe.look().await.unwrap();
        assert!(setup.health.report(NOW, false).ready && setup.health.is_zammad_up(), "{word}");
        assert_eq!(recoveries.load(Ordering::SeqCst), 1, "{word}: work that waited is tried again");
    }
}

#[tokio::test]
async fn an_inactive_bot_is_a_problem() {
    let setup = Setup::new().await;
    setup.helpdesk.contents().me = Some(json!({ "id": 3, "active": false }));
    probe(&setup).0.look().await.unwrap();
    assert_eq!(problems(&setup), ["zammad-bot-inactive"]);
}

async fn waiting_ticket(setup: &Setup) -> TicketLease {
    let now = setup.env.now();
    let notification = Notification { delivery: "d".into(), ticket_id: 7, article_id: None, received_at: now };
    setup.store.receive(notification).await.unwrap();
    let lease = setup.store.lease_ticket(now, 90_000).await.unwrap().unwrap();
    setup.store.retry_ticket(&lease, now.plus(300_000), "zammad-no-access").await.unwrap();
    assert_eq!(setup.store.lease_ticket(now, 90_000).await.unwrap(), None);
    lease
}

/// Taken out of the group, or read only: named with group and right, across a restart, and what waited is due when the right
/// is back.
#[tokio::test]
async fn a_lost_right_is_named_until_it_is_back() {
    for (left, detail) in [
        (json!({}), "group \"Support\" (id 2): no access, needs full"),
        (json!({ "2": ["read"] }), "group \"Support\" (id 2): has read only, needs full"),
    ] {
        let setup = Setup::new().await;
        probe(&setup).0.look().await.unwrap();
        assert!(setup.health.report(NOW, false).warnings.is_empty());
        setup.helpdesk.contents().me = Some(json!({ "id": 3, "active": true, "group_ids": left }));
        for _ in 0..2 {
            // A new process knows the rights of the one before.
            probe(&setup).0.look().await.unwrap();
            let report = setup.health.report(NOW, false);
            assert!(report.ready, "other groups work");
            assert_eq!(report.warnings, ["bot-lacks-rights"]);
            assert_eq!(report.details["bot-lacks-rights"], [detail]);
            assert!(report.help.contains_key("bot-lacks-rights"));
        }
        waiting_ticket(&setup).await;
        setup.helpdesk.contents().me = None;
        let (mut probe, recoveries) = probe(&setup);
        probe.look().await.unwrap();
        assert!(setup.health.report(NOW, false).warnings.is_empty());
        assert_eq!(recoveries.load(Ordering::SeqCst), 1);
        assert!(setup.store.lease_ticket(setup.env.now(), 90_000).await.unwrap().is_some(), "the ticket is due");
    }
}

#[tokio::test]
async fn a_deactivated_group_is_named() {
    let setup = Setup::new().await;
    probe(&setup).0.look().await.unwrap();
    let groups = json!([{ "id": 2, "name": "Support", "active": false }, { "id": 9, "name": "Old", "active": false }]);
    setup.helpdesk.contents().groups = Some(groups);
    probe(&setup).0.look().await.unwrap();
    let report = setup.health.report(NOW, false);
    assert_eq!(report.details["group-inactive"], ["group \"Support\" (id 2)"], "only one that was in use before");
}

/// 6.1 shows the list of groups to admins only.
#[tokio::test]
async fn without_the_list_of_groups_their_ids_are_named() {
    let setup = Setup::new().await;
    probe(&setup).0.look().await.unwrap();
    setup.helpdesk.contents().me = Some(json!({ "id": 3, "active": true }));
    setup.helpdesk.fail("groups", 403);
    probe(&setup).0.look().await.unwrap();
    let report = setup.health.report(NOW, false);
    assert_eq!(report.details["bot-lacks-rights"], ["group 2: no access, needs full"]);
}

#[tokio::test]
async fn a_right_that_is_missing_for_a_week_is_taken_as_intended() {
    let setup = Setup::new().await;
    probe(&setup).0.look().await.unwrap();
    setup.helpdesk.contents().me = Some(json!({ "id": 3, "active": true }));
    probe(&setup).0.look().await.unwrap();
    setup.pass(ACCEPTED_MS);
    for _ in 0..2 {
        probe(&setup).0.look().await.unwrap();
    }
    assert!(setup.health.report(NOW, false).warnings.is_empty());
}

/// The only warning after these many looks, with its objects; it has advice and leaves the sidecar ready.
async fn only_warning(setup: &Setup, probe: &mut Probe, looks: u32) -> Option<(&'static str, Vec<String>)> {
    for _ in 0..looks {
        probe.look().await.unwrap();
    }
    let mut report = setup.health.report(NOW, false);
    assert!(report.ready && report.warnings.len() <= 1, "{report:?}");
    let code = report.warnings.pop()?;
    assert!(report.help.contains_key(code), "{code} has advice");
    Some((code, report.details.remove(code).unwrap()))
}

#[tokio::test]
async fn a_version_without_security_fixes_is_named_until_zammad_is_updated() {
    let setup = Setup::new().await;
    setup.helpdesk.contents().version = Some("6.5.1".into());
    let mut probe = probe(&setup).0;
    let (code, details) = only_warning(&setup, &mut probe, 1).await.unwrap();
    assert_eq!((code, details.len()), ("zammad-version", 1));
    assert!(details[0].starts_with("Zammad 6.5.1 ") && details[0].contains("security hole"), "{details:?}");
    setup.helpdesk.contents().version = Some("7.3.1".into());
    assert_eq!(only_warning(&setup, &mut probe, GROUPS_EVERY).await, None);
}

/// A version that cannot be read now says nothing.
#[tokio::test]
async fn an_unknown_version_is_no_warning() {
    let setup = Setup::new().await;
    setup.helpdesk.fail("version", 403);
    assert_eq!(only_warning(&setup, &mut probe(&setup).0, 1).await, None);
}

/// Found by others and stored; a command of the operator ends them in another process.
#[tokio::test]
async fn stored_conditions_are_warnings_until_they_end() {
    let paused = |since| brake::watermark("wide", &brake::Brake { paused: since, ..brake::Brake::default() });
    let trouble = |code: Option<&str>| store::Trouble {
        ticket_id: 7,
        issue_id: "1007".into(),
        subject: "priority".into(),
        code: code.map(str::to_owned),
        detail: None,
        at: NOW,
    };
    let watermark =
        |text: &str| Effects { watermarks: vec![(LINKS_UNKNOWN.into(), text.into())], ..Effects::default() };
    let rule = |since| Effects { watermarks: vec![paused(since)], ..Effects::default() };
    let field = |code| Effects { troubles: vec![trouble(code)], ..Effects::default() };
    for (code, object, begins, ends) in [
        ("rule-paused", "wide", rule(Some(NOW)), rule(None)),
        (
            "links-unknown-to-forge",
            "3 links here, none in the Forge app",
            watermark("3 links here, none in the Forge app"),
            watermark(""),
        ),
        ("field-back-and-forth", "5007: priority", field(Some("back-and-forth")), field(None)),
    ] {
        let setup = Setup::new().await;
        setup.link(vec![crate::support::link(7)]).await;
        let mut probe = probe(&setup).0;
        assert_eq!(only_warning(&setup, &mut probe, 1).await, None);
        setup.store.record(begins).await.unwrap();
        let found = only_warning(&setup, &mut probe, GROUPS_EVERY).await;
        assert_eq!(found, Some((code, vec![object.to_owned()])));
        setup.store.record(ends).await.unwrap();
        assert_eq!(only_warning(&setup, &mut probe, GROUPS_EVERY).await, None, "{code}");
    }
}
