use super::*;
use crate::support::Setup;

/// A Thursday, 00:00 UTC: weeks are counted from 1 January 1970, a Thursday.
const WEEK: i64 = 168 * HOUR_MS;
const MONDAY_9: i64 = 2_900 * WEEK + (4 * 24 + 9) * HOUR_MS;

fn polling() -> Polling {
    Polling::new(Duration::from_secs(60))
}

async fn pause(polling: &mut Polling, setup: &Setup, at: i64) -> i64 {
    polling.pause_ms(setup.store.as_ref(), UnixMs(at)).await.unwrap()
}

#[tokio::test]
async fn pauses_grow_after_a_change() {
    let (setup, mut polling) = (Setup::new().await, polling());
    polling.changed(setup.store.as_ref(), UnixMs(MONDAY_9)).await.unwrap();
    for (after, expected) in [
        (0, 1_000),
        (89_999, 1_000),
        (90_000, 2_000),
        (129_999, 2_000),
        (130_000, 5_000),
        (169_999, 5_000),
        (170_000, 10_000),
        (-5_000, 1_000),
    ] {
        assert_eq!(pause(&mut polling, &setup, MONDAY_9 + after).await, expected, "{after}");
    }
    // An older change does not take back what is known.
    polling.changed(setup.store.as_ref(), UnixMs(MONDAY_9 - 900_000)).await.unwrap();
    assert_eq!(pause(&mut polling, &setup, MONDAY_9 + 1_000).await, 1_000);
}

#[tokio::test]
async fn the_hours_are_learned_and_kept() {
    let setup = Setup::new().await;
    let mut first = polling();
    for week in 0..3 {
        first.changed(setup.store.as_ref(), UnixMs(MONDAY_9 + week * WEEK)).await.unwrap();
    }
    let later = MONDAY_9 + 3 * WEEK;
    for mut polling in [first, polling()] {
        for (hour, expected) in [(-2, 30_000), (-1, 10_000), (0, 10_000), (1, 10_000), (2, 30_000), (24, 30_000)] {
            assert_eq!(pause(&mut polling, &setup, later + hour * HOUR_MS).await, expected, "{hour}");
        }
    }
    let mut polling = polling();
    assert_eq!(pause(&mut polling, &setup, MONDAY_9 + 8 * WEEK).await, 10_000, "twice in the last eight weeks");
    assert_eq!(pause(&mut polling, &setup, MONDAY_9 + 10 * WEEK).await, 30_000, "forgotten");
}

#[tokio::test]
async fn the_week_has_no_seam() {
    let (setup, mut polling) = (Setup::new().await, polling());
    let last_hour = 2_900 * WEEK - HOUR_MS;
    for week in 0..3 {
        polling.changed(setup.store.as_ref(), UnixMs(last_hour + week * WEEK)).await.unwrap();
    }
    assert_eq!(pause(&mut polling, &setup, last_hour + 3 * WEEK + HOUR_MS).await, 10_000);
}

#[tokio::test]
async fn a_new_installation_counts_every_hour_and_an_unreadable_record_begins_anew() {
    let (setup, mut first) = (Setup::new().await, polling());
    assert_eq!(pause(&mut first, &setup, MONDAY_9).await, 10_000);
    assert_eq!(pause(&mut first, &setup, MONDAY_9 + 3 * WEEK).await, 30_000, "nothing happened in three weeks");
    for json in ["", "{}", r#"{"first":1,"week":1,"weeks":[1]}"#] {
        let watermarks = vec![(NAME.to_owned(), json.to_owned())];
        setup.store.record(Effects { watermarks, ..Effects::default() }).await.unwrap();
        assert_eq!(pause(&mut polling(), &setup, MONDAY_9 + 9 * WEEK).await, 10_000, "{json}");
    }
}

#[tokio::test]
async fn the_operator_may_shorten_the_pauses() {
    let setup = Setup::new().await;
    let mut polling = Polling::new(Duration::from_secs(3));
    assert_eq!(pause(&mut polling, &setup, MONDAY_9).await, 3_000);
}

#[test]
fn questions_of_the_connector_are_no_changes() {
    for kind in [
        "hello",
        "sidecar.status",
        "helpdesk.names",
        "drift.report",
        "issue.get",
        "issues.changed",
        "issues.read",
        "user.search",
    ] {
        assert!(!is_change(MessageKind::read(kind).unwrap()), "{kind}");
    }
    for kind in ["article.added", "ticket.changed", "field.apply", "link.requested", "attachment.fetch"] {
        assert!(is_change(MessageKind::read(kind).unwrap()), "{kind}");
    }
}
