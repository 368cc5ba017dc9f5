//! Promotion: order, soak time, steps, failures and resuming.

use super::support::{CY, TOKEN, TestEnv};
use crate::promote::change::Step;
use crate::promote::ledger::{Event, Outcome};

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";
const STAGING: &str = "--to staging --version 1.0.0 --release RELEASE-1.0.0";
const PRODUCTION: &str = "--to production --version 1.0.0 --release RELEASE-1.0.0";

#[test]
fn promotes_a_release_through_all_stages() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    assert_eq!(
        env.calls(),
        [
            "deploy --non-interactive -e development -t v1.0.0",
            "install --non-interactive --upgrade -e development -s dev.example -p Jira --confirm-scopes",
        ]
    );
    env.wait(1);
    env.deploy("1.0.0", "staging");
    assert_eq!(env.calls(), ["deploy --non-interactive -e staging -t v1.0.0"]);
    env.wait(24);
    env.deploy("1.0.0", "production");
    assert_eq!(env.calls().len(), 3);

    let records = env.records();
    assert_eq!(records.len(), 6);
    assert!(records.iter().all(|record| record.by == "Dee <dee@example.com>"));
    let Event::Ended { outcome, done, failure, .. } = &records[5].event else { panic!("{records:?}") };
    assert_eq!((outcome, done.len(), failure), (&Outcome::Done, 3, &None));

    env.promote(PRODUCTION).unwrap();
    assert!(env.printed().contains("production has 1.0.0 already"));
    assert_eq!((env.calls().len(), env.records().len()), (0, 6));
}

#[test]
fn refuses_skipping_a_stage() {
    let env = TestEnv::new();
    env.approve(STAGING);
    let refusal = env.refused(STAGING);
    assert!(refusal.contains("gate stage order: 1.0.0 was never in development: stages are not skipped"), "{refusal}");
    assert!(env.calls().is_empty() && env.records().is_empty());
}

#[test]
fn refuses_before_the_soak_time_is_over() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.wait(1);
    env.deploy("1.0.0", "staging");
    env.wait(23);
    env.approve(PRODUCTION);
    let refusal = env.refused(PRODUCTION);
    assert!(refusal.contains("gate soak time: 1.0.0 may go to production from"), "{refusal}");
    env.wait(1);
    env.promote(PRODUCTION).unwrap();
}

#[test]
fn refuses_a_version_that_was_replaced_before_it_had_soaked() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.release("1.1.0");
    env.deploy("1.1.0", "development");
    env.wait(2);
    env.approve(STAGING);
    let refusal = env.refused(STAGING);
    assert!(refusal.contains("1.0.0 was in development for 0 min only"), "{refusal}");
}

#[test]
fn refuses_an_older_version_than_is_there() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.release("1.1.0");
    env.deploy("1.1.0", "development");
    env.wait(1);
    env.approve(DEVELOPMENT);
    let refusal = env.refused(DEVELOPMENT);
    assert!(refusal.contains("development has 1.1.0, which is newer: use --rollback"), "{refusal}");
}

#[test]
fn refuses_a_dirty_tree() {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    env.write("repo/forge-app/manifest.yml", "app: {changed: true}\n");
    env.write("repo/new.txt", "not in git");
    let refusal = env.refused(DEVELOPMENT);
    assert!(
        refusal.contains("gate clean tree: the working tree is not clean: forge-app/manifest.yml, new.txt"),
        "{refusal}"
    );
    assert!(env.calls().is_empty() && env.records().is_empty());
}

#[test]
fn refuses_a_shallow_clone() {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    let shallow = env.git(CY, &["rev-list", "--max-parents=0", "HEAD"]);
    env.write("repo/.git/shallow", &format!("{shallow}\n"));
    assert!(env.refused(DEVELOPMENT).contains("gate clean tree: this clone is shallow"));
}

#[test]
fn resumes_after_a_network_failure() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.wait(1);
    env.deploy("1.0.0", "staging");
    env.wait(24);
    env.approve(PRODUCTION);
    env.calls();
    env.fail_at(2);
    let error = env.refused(PRODUCTION);
    assert!(error.contains("install on one.example: exit status: 1; it is in the ledger"), "{error}");
    assert_eq!(env.calls().len(), 2);
    let failed = env.records().pop().unwrap();
    let Event::Ended { begun, outcome, done, failure } = failed.event else { panic!("no end") };
    assert_eq!((outcome, &done[..]), (Outcome::Failed, &[Step::Deploy][..]));
    assert_eq!(failure.as_deref(), Some("install on one.example: exit status: 1"));

    // The same command resumes with the same approval, although the ledger differs from HEAD.
    env.fail_at(0);
    env.promote(PRODUCTION).unwrap();
    assert!(env.printed().contains("step deploy: done already"));
    assert_eq!(env.calls().iter().filter(|call| call.starts_with("install")).count(), 2);
    let records = env.records();
    let Event::Begun { resumes, left } = &records[records.len() - 2].event else { panic!("no begin") };
    assert_eq!((resumes.as_ref(), left.len()), (Some(&begun), 2));
    let Event::Ended { outcome, done, .. } = &records[records.len() - 1].event else { panic!("no end") };
    assert_eq!((outcome, done.len()), (&Outcome::Done, 3));
}

#[test]
fn repeats_a_promotion_whose_process_died() {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    env.promote(DEVELOPMENT).unwrap();
    env.calls();
    // As if the machine had died before the second line was written.
    let ledger = env.read("repo/promotions/ledger.jsonl");
    env.write("repo/promotions/ledger.jsonl", ledger.split_inclusive('\n').next().unwrap());

    env.release("1.1.0");
    env.approve("--to development --version 1.1.0 --release RELEASE-1.1.0");
    let refusal = env.refused("--to development --version 1.1.0 --release RELEASE-1.1.0");
    assert!(refusal.contains("development: the promotion of 1.0.0 was begun on"), "{refusal}");
    assert!(refusal.contains("by Dee <dee@example.com> and never ended"), "{refusal}");

    env.promote(DEVELOPMENT).unwrap();
    assert_eq!(env.calls().len(), 2);
    let records = env.records();
    assert!(matches!(&records[1].event, Event::Begun { resumes: Some(_), .. }));
    assert_eq!(records.len(), 3);
}

#[test]
fn a_dry_run_prints_everything_and_changes_nothing() {
    let env = TestEnv::new();
    let words = format!("{DEVELOPMENT} --dry-run");
    let refusal = env.refused(&words);
    assert!(refusal.contains("gate approval: nobody approved this"), "{refusal}");
    env.approve(DEVELOPMENT);
    env.promote(&words).unwrap();
    let printed = env.printed();
    for line in [
        "gate clean tree: ok",
        "gate released: ok, v1.0.0 is",
        "gate digests: ok, 2 files hashed again",
        "gate signature: ok",
        "gate stage order: ok, development is the first stage",
        "gate soak time: ok",
        "gate approval: ok, ben@example.com approved with",
        "gate Forge CLI: ok",
        "step deploy: forge deploy --non-interactive -e development -t v1.0.0",
        "step install on dev.example: forge install",
        "dry run, nothing was changed",
    ] {
        assert!(printed.contains(line), "{line:?} is not in\n{printed}");
    }
    assert!(env.calls().is_empty() && env.records().is_empty());
    assert!(!printed.contains(TOKEN));
}

#[test]
fn upgrades_a_requested_site_once_and_requires_a_host_name() {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    assert!(env.refused(&format!("{DEVELOPMENT} --site=--verbose")).contains("is not the host name of a site"));
    env.promote(&format!("{DEVELOPMENT} --site other.example --site dev.example")).unwrap();
    let sites = [" -s dev.example ", " -s other.example "];
    let calls = env.calls();
    assert!(calls.len() == 3 && sites.iter().zip(&calls[1..]).all(|(site, call)| call.contains(site)), "{calls:?}");
}
