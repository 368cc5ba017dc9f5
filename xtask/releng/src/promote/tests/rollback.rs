//! The way back.

use super::scene::{CY, Scene};
use crate::promote::change::Action;
use crate::promote::ledger::{Event, Outcome};

const BACK: &str = "--to development --rollback --release RELEASE-1.0.0";

fn with_two_versions() -> Scene {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.release("1.1.0");
    scene.bring("1.1.0", "development");
    scene.calls();
    scene
}

#[test]
fn a_rollback_goes_to_what_was_there_before() {
    let scene = with_two_versions();
    let refusal = scene.refused(BACK);
    assert!(refusal.contains("promotions/1.1.0-development-rollback.toml is not in this branch"), "{refusal}");
    scene.approve(BACK);
    scene.promote(BACK).unwrap();
    assert_eq!(scene.calls()[0], "deploy --non-interactive -e development -t v1.0.0");
    let last = scene.records().pop().unwrap();
    assert_eq!((last.action, last.version.to_string().as_str()), (Action::Rollback, "1.0.0"));
    assert!(matches!(last.event, Event::Ended { outcome: Outcome::Done, .. }));
    scene.commit(CY, "Record");
    assert!(scene.refused(BACK).contains("development had no version before: no way back"));
}

#[test]
fn a_rollback_needs_the_release_it_goes_to() {
    let scene = with_two_versions();
    scene.approve(BACK);
    let refusal = scene.refused("--to development --rollback --release RELEASE-1.1.0");
    assert!(refusal.contains("gate released: 1.0.0 is not released: release.json is that of 1.1.0"), "{refusal}");
}

#[test]
fn promote_refuses_a_version_that_was_rolled_back_from_the_stage_before() {
    let scene = with_two_versions();
    scene.wait(2);
    scene.approve(BACK);
    scene.promote(BACK).unwrap();
    scene.commit(CY, "Record");
    let staging = "--to staging --version 1.1.0 --release RELEASE-1.1.0";
    scene.approve(staging);
    let refusal = scene.refused(staging);
    assert!(refusal.contains("1.1.0 was rolled back from development on"), "{refusal}");
}

#[test]
fn a_promotion_that_failed_half_way_is_rolled_back_to_what_was_there() {
    let scene = with_two_versions();
    scene.release("1.2.0");
    let forwards = "--to development --version 1.2.0 --release RELEASE-1.2.0";
    scene.approve(forwards);
    scene.fail_at(2);
    scene.refused(forwards);
    scene.fail_at(0);
    scene.calls();
    scene.commit(CY, "Record");

    let back = "--to development --rollback --release RELEASE-1.1.0";
    scene.approve(back);
    scene.promote(back).unwrap();
    assert_eq!(scene.calls()[0], "deploy --non-interactive -e development -t v1.1.0");
    assert!(scene.said().contains("roll development back from 1.2.0 to 1.1.0"));
}

#[test]
fn a_rollback_that_fails_is_resumed() {
    let scene = with_two_versions();
    scene.approve(BACK);
    scene.fail_at(2);
    assert!(scene.refused(BACK).contains("install on dev.example"));
    scene.fail_at(0);
    scene.calls();
    scene.promote(BACK).unwrap();
    let calls = scene.calls();
    assert!(calls.len() == 1 && calls[0].starts_with("install "), "{calls:?}");
}
