//! The way forwards: order, soak time, acting, failing and going on.

use super::scene::{CY, Scene, TOKEN};
use crate::promote::change::Step;
use crate::promote::ledger::{Event, Outcome};

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";
const STAGING: &str = "--to staging --version 1.0.0 --release RELEASE-1.0.0";
const PRODUCTION: &str = "--to production --version 1.0.0 --release RELEASE-1.0.0";

#[test]
fn a_release_goes_through_all_stages() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    assert_eq!(
        scene.calls(),
        [
            "deploy --non-interactive -e development -t v1.0.0",
            "install --non-interactive --upgrade -e development -s dev.example -p Jira --confirm-scopes",
        ]
    );
    scene.wait(1);
    scene.bring("1.0.0", "staging");
    assert_eq!(scene.calls(), ["deploy --non-interactive -e staging -t v1.0.0"]);
    scene.wait(24);
    scene.bring("1.0.0", "production");
    assert_eq!(scene.calls().len(), 3);

    let records = scene.records();
    assert_eq!(records.len(), 6);
    assert!(records.iter().all(|record| record.by == "Dee <dee@example.com>"));
    let Event::Ended { outcome, done, failure, .. } = &records[5].event else { panic!("{records:?}") };
    assert_eq!((outcome, done.len(), failure), (&Outcome::Done, 3, &None));

    scene.promote(PRODUCTION).unwrap();
    assert!(scene.said().contains("production has 1.0.0 already"));
    assert_eq!((scene.calls().len(), scene.records().len()), (0, 6));
}

#[test]
fn promote_refuses_skipping_a_stage() {
    let scene = Scene::new();
    scene.approve(STAGING);
    let refusal = scene.refused(STAGING);
    assert!(refusal.contains("gate stage order: 1.0.0 was never in development: stages are not skipped"), "{refusal}");
    assert!(scene.calls().is_empty() && scene.records().is_empty());
}

#[test]
fn promote_refuses_before_the_soak_time_is_over() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.wait(1);
    scene.bring("1.0.0", "staging");
    scene.wait(23);
    scene.approve(PRODUCTION);
    let refusal = scene.refused(PRODUCTION);
    assert!(refusal.contains("gate soak time: 1.0.0 may go to production from"), "{refusal}");
    scene.wait(1);
    scene.promote(PRODUCTION).unwrap();
}

#[test]
fn promote_refuses_a_version_that_was_replaced_before_it_had_soaked() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.release("1.1.0");
    scene.bring("1.1.0", "development");
    scene.wait(2);
    scene.approve(STAGING);
    let refusal = scene.refused(STAGING);
    assert!(refusal.contains("1.0.0 was in development for 0 min only"), "{refusal}");
}

#[test]
fn promote_refuses_an_older_version_than_is_there() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.release("1.1.0");
    scene.bring("1.1.0", "development");
    scene.wait(1);
    scene.approve(DEVELOPMENT);
    let refusal = scene.refused(DEVELOPMENT);
    assert!(refusal.contains("development has 1.1.0, which is newer: the way back is --rollback"), "{refusal}");
}

#[test]
fn promote_refuses_a_dirty_tree() {
    let scene = Scene::new();
    scene.approve(DEVELOPMENT);
    scene.write("repo/forge-app/manifest.yml", "app: {changed: true}\n");
    scene.write("repo/new.txt", "not in git");
    let refusal = scene.refused(DEVELOPMENT);
    assert!(
        refusal.contains("gate clean tree: the working tree is not clean: forge-app/manifest.yml, new.txt"),
        "{refusal}"
    );
    assert!(scene.calls().is_empty() && scene.records().is_empty());
}

#[test]
fn promote_refuses_a_shallow_clone() {
    let scene = Scene::new();
    scene.approve(DEVELOPMENT);
    let shallow = scene.git(CY, &["rev-list", "--max-parents=0", "HEAD"]);
    scene.write("repo/.git/shallow", &format!("{shallow}\n"));
    assert!(scene.refused(DEVELOPMENT).contains("gate clean tree: this clone is shallow"));
}

#[test]
fn a_network_failure_half_way_is_seen_and_resumed() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.wait(1);
    scene.bring("1.0.0", "staging");
    scene.wait(24);
    scene.approve(PRODUCTION);
    scene.calls();
    scene.fail_at(2);
    let error = scene.refused(PRODUCTION);
    assert!(error.contains("install on one.example: exit status: 1; it is in the ledger"), "{error}");
    assert_eq!(scene.calls().len(), 2);
    let failed = scene.records().pop().unwrap();
    let Event::Ended { begun, outcome, done, failure } = failed.event else { panic!("no end") };
    assert_eq!((outcome, &done[..]), (Outcome::Failed, &[Step::Deploy][..]));
    assert_eq!(failure.as_deref(), Some("install on one.example: exit status: 1"));

    // The same command goes on where it stopped, with the same approval, though the ledger differs from HEAD.
    scene.fail_at(0);
    scene.promote(PRODUCTION).unwrap();
    assert!(scene.said().contains("step deploy: done already"));
    assert_eq!(scene.calls().iter().filter(|call| call.starts_with("install")).count(), 2);
    let records = scene.records();
    let Event::Begun { resumes, left } = &records[records.len() - 2].event else { panic!("no begin") };
    assert_eq!((resumes.as_ref(), left.len()), (Some(&begun), 2));
    let Event::Ended { outcome, done, .. } = &records[records.len() - 1].event else { panic!("no end") };
    assert_eq!((outcome, done.len()), (&Outcome::Done, 3));
}

#[test]
fn a_promotion_that_died_is_seen_and_repeated() {
    let scene = Scene::new();
    scene.approve(DEVELOPMENT);
    scene.promote(DEVELOPMENT).unwrap();
    scene.calls();
    // As if the machine had died before the second line was written.
    let ledger = scene.read("repo/promotions/ledger.jsonl");
    scene.write("repo/promotions/ledger.jsonl", ledger.split_inclusive('\n').next().unwrap());

    scene.release("1.1.0");
    scene.approve("--to development --version 1.1.0 --release RELEASE-1.1.0");
    let refusal = scene.refused("--to development --version 1.1.0 --release RELEASE-1.1.0");
    assert!(refusal.contains("development: the promotion of 1.0.0 was begun on"), "{refusal}");
    assert!(refusal.contains("by Dee <dee@example.com> and never ended"), "{refusal}");

    scene.promote(DEVELOPMENT).unwrap();
    assert_eq!(scene.calls().len(), 2);
    let records = scene.records();
    assert!(matches!(&records[1].event, Event::Begun { resumes: Some(_), .. }));
    assert_eq!(records.len(), 3);
}

#[test]
fn a_dry_run_tells_everything_and_does_nothing() {
    let scene = Scene::new();
    let words = format!("{DEVELOPMENT} --dry-run");
    let refusal = scene.refused(&words);
    assert!(refusal.contains("gate approval: nobody approved this"), "{refusal}");
    scene.approve(DEVELOPMENT);
    scene.promote(&words).unwrap();
    let said = scene.said();
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
        "dry run, nothing was done",
    ] {
        assert!(said.contains(line), "{line:?} is not in\n{said}");
    }
    assert!(scene.calls().is_empty() && scene.records().is_empty());
    assert!(!said.contains(TOKEN));
}

#[test]
fn an_asked_site_is_upgraded_once_and_has_to_be_a_host_name() {
    let scene = Scene::new();
    scene.approve(DEVELOPMENT);
    assert!(scene.refused(&format!("{DEVELOPMENT} --site=--verbose")).contains("is not the host name of a site"));
    scene.promote(&format!("{DEVELOPMENT} --site other.example --site dev.example")).unwrap();
    let sites = [" -s dev.example ", " -s other.example "];
    let calls = scene.calls();
    assert!(calls.len() == 3 && sites.iter().zip(&calls[1..]).all(|(site, call)| call.contains(site)), "{calls:?}");
}
