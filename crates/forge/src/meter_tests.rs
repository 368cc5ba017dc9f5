use serde_json::json;

use super::*;

const NOW: UnixMs = UnixMs(1_790_000_100_000);

fn used(spent: u32) -> Meter {
    let meter = Meter::default();
    meter.before.set(Used { hour: hour_of(NOW), spent, ..Used::default() });
    meter
}

fn waits(meter: &Meter) -> [bool; 3] {
    [Urgency::Background, Urgency::CatchUp, Urgency::Change].map(|urgency| meter.wait_ms(urgency, NOW).is_some())
}

#[test]
fn background_waits_first_and_changes_last() {
    assert_eq!(waits(&used(0)), [false, false, false]);
    assert_eq!(waits(&used(MOST / 2)), [true, true, false]);
    assert_eq!(waits(&used(MOST)), [true, true, true]);
    let meter = used(700);
    meter.count_background(650);
    assert_eq!(waits(&meter), [true, false, false], "the share of background questions");
    let wait = meter.wait_ms(Urgency::Background, NOW).unwrap();
    assert_eq!((NOW.0 + i64::from(wait)) % HOUR_MS, 0, "until the next hour");
    assert_eq!(meter.quota(NOW).unwrap().background_wait_ms, Some(wait));
}

#[test]
fn a_short_pool_leaves_a_twentieth_to_each() {
    let meter = used(5_000);
    meter.count(1, Some(12_999), None, NOW);
    assert_eq!(waits(&meter), [true, false, false]);
    for _ in 0..MOST_IF_SHORT / 2 {
        meter.count(1, None, None, NOW);
    }
    assert_eq!(waits(&meter), [true, true, false]);
    for _ in 0..MOST_IF_SHORT / 2 {
        meter.count(1, None, None, NOW);
    }
    assert_eq!(waits(&meter), [true, true, true]);
    let next_hour = NOW.plus(i64::from(until_next_hour(NOW)));
    let meter = Meter { before: Cell::new(meter.now(NOW)), added: Cell::default() };
    assert_eq!(meter.wait_ms(Urgency::Background, next_hour), None, "a new hour, a new pool");
    assert_eq!(meter.wait_ms(Urgency::Change, NOW.plus(HOUR_MS)), None);
}

#[test]
fn a_refusal_of_the_quota_stops_everything_until_its_end() {
    let meter = used(0);
    meter.count(0, None, None, NOW);
    assert_eq!(waits(&meter), [false, false, false], "another limit is over in a second");
    meter.count(0, None, Some(90), NOW);
    assert_eq!(meter.wait_ms(Urgency::Change, NOW), Some(90_000));
    assert_eq!(meter.wait_ms(Urgency::Change, NOW.plus(90_000)), None);
}

#[test]
fn the_record_is_small() {
    let used = Used { hour: 497_222, spent: 700, background: 20, ..Used::default() };
    assert_eq!(json!(used).to_string(), r#"{"background":20,"hour":497222,"spent":700}"#);
}
