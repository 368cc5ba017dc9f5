//! Rollbacks.

use super::support::{CY, TestEnv};
use crate::promote::change::Action;
use crate::promote::ledger::{Event, Outcome};

const BACK: &str = "--to development --rollback --release RELEASE-1.0.0";

fn with_two_versions() -> TestEnv {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.release("1.1.0");
    env.deploy("1.1.0", "development");
    env.calls();
    env
}

#[test]
fn rolls_back_to_the_previous_version() {
    let env = with_two_versions();
    let refusal = env.refused(BACK);
    assert!(refusal.contains("promotions/1.1.0-development-rollback.toml is not in this branch"), "{refusal}");
    env.approve(BACK);
    env.promote(BACK).unwrap();
    assert_eq!(env.calls()[0], "deploy --non-interactive -e development -t v1.0.0");
    let last = env.records().pop().unwrap();
    assert_eq!((last.action, last.version.to_string().as_str()), (Action::Rollback, "1.0.0"));
    assert!(matches!(last.event, Event::Ended { outcome: Outcome::Done, .. }));
    env.commit(CY, "Record");
    assert!(env.refused(BACK).contains("development had no version before: nothing to go back to"));
}

#[test]
fn needs_the_release_of_the_target_version() {
    let env = with_two_versions();
    env.approve(BACK);
    let refusal = env.refused("--to development --rollback --release RELEASE-1.1.0");
    assert!(refusal.contains("gate released: 1.0.0 is not released: release.json is that of 1.1.0"), "{refusal}");
}

#[test]
fn refuses_a_version_that_was_rolled_back_from_the_stage_before() {
    let env = with_two_versions();
    env.wait(2);
    env.approve(BACK);
    env.promote(BACK).unwrap();
    env.commit(CY, "Record");
    let staging = "--to staging --version 1.1.0 --release RELEASE-1.1.0";
    env.approve(staging);
    let refusal = env.refused(staging);
    assert!(refusal.contains("1.1.0 was rolled back from development on"), "{refusal}");
}

#[test]
fn rolls_a_failed_promotion_back() {
    let env = with_two_versions();
    env.release("1.2.0");
    let forwards = "--to development --version 1.2.0 --release RELEASE-1.2.0";
    env.approve(forwards);
    env.fail_at(2);
    env.refused(forwards);
    env.fail_at(0);
    env.calls();
    env.commit(CY, "Record");

    let back = "--to development --rollback --release RELEASE-1.1.0";
    env.approve(back);
    env.promote(back).unwrap();
    assert_eq!(env.calls()[0], "deploy --non-interactive -e development -t v1.1.0");
    assert!(env.printed().contains("roll development back from 1.2.0 to 1.1.0"));
}

#[test]
fn resumes_a_failed_rollback() {
    let env = with_two_versions();
    env.approve(BACK);
    env.fail_at(2);
    assert!(env.refused(BACK).contains("install on dev.example"));
    env.fail_at(0);
    env.calls();
    env.promote(BACK).unwrap();
    let calls = env.calls();
    assert!(calls.len() == 1 && calls[0].starts_with("install "), "{calls:?}");
}
