//! The ledger: whoever changes it is found out.

use std::fs;
use std::path::Path;

use super::scene::{ANN, CY, Scene};
use crate::promote::ledger;

const LEDGER: &str = "repo/promotions/ledger.jsonl";
const NEXT: &str = "--to staging --version 1.0.0 --release RELEASE-1.0.0";

/// Two promotions, four lines, recorded in git.
fn four_lines() -> Scene {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.wait(1);
    scene.bring("1.0.0", "staging");
    scene
}

fn refused(scene: &Scene, why: &str) {
    let refusal = scene.refused(NEXT);
    assert!(refusal.starts_with("refused by the gate ledger: ") && refusal.contains(why), "{refusal}");
}

fn lines(scene: &Scene) -> Vec<String> {
    scene.read(LEDGER).split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn a_changed_line_is_found_out() {
    let scene = four_lines();
    let mut lines = lines(&scene);
    assert_eq!(lines.len(), 4);
    lines[1] = lines[1].replace("Dee", "Eve");
    scene.write(LEDGER, &lines.concat());
    refused(&scene, "promotions/ledger.jsonl:3: the chain is broken");
}

#[test]
fn every_changed_byte_is_found_out_by_the_chain() {
    let scene = four_lines();
    let bytes = scene.read(LEDGER).into_bytes();
    // The last line has none after it that could tell; git does (`a_shortened_ledger_is_found_out_by_git`).
    let chained = bytes.len() - lines(&scene)[3].len();
    assert!(ledger::parse(&bytes).is_ok() && chained > 1_000);
    for at in 0..chained {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert!(ledger::parse(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn our_own_ledger_is_whole() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../promotions/ledger.jsonl");
    ledger::parse(&fs::read(ours).unwrap()).unwrap();
}

#[test]
fn a_removed_a_moved_and_an_added_line_are_found_out() {
    let scene = four_lines();
    let lines = lines(&scene);
    scene.write(LEDGER, &lines[1..].concat());
    refused(&scene, "ledger.jsonl:1: the chain is broken");
    scene.write(LEDGER, &[&lines[0], &lines[2], &lines[1], &lines[3]].map(String::as_str).concat());
    refused(&scene, "ledger.jsonl:2: the chain is broken");
    scene.write(LEDGER, &[&lines[0], &lines[0], &lines[1]].map(String::as_str).concat());
    refused(&scene, "ledger.jsonl:2: the chain is broken");
    scene.write(LEDGER, &format!("{}{{}}\n", lines.concat()));
    refused(&scene, "ledger.jsonl:5: not a line of the ledger");
}

#[test]
fn a_torn_line_is_found_out() {
    let scene = four_lines();
    let text = lines(&scene).concat();
    scene.write(LEDGER, text.trim_end());
    refused(&scene, "ledger.jsonl:4: torn");
}

#[test]
fn a_shortened_ledger_is_found_out_by_git() {
    let scene = four_lines();
    // The chain of what is left is whole.
    scene.write(LEDGER, &lines(&scene)[..2].concat());
    refused(&scene, "it does not go on from what it was in commit");
    scene.commit(ANN, "Forget");
    refused(&scene, "lines were removed or rewritten");
    fs::remove_file(scene.path(LEDGER)).unwrap();
    refused(&scene, "lines were removed or rewritten");
    fs::remove_file(scene.path(LEDGER)).unwrap();
    scene.commit(ANN, "Forget all");
    refused(&scene, "removed it");
}

#[test]
fn an_end_without_a_begin_is_found_out() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    // A whole chain, made by hand: the end of something, first of all.
    let line = lines(&scene)[1].clone();
    let previous = &line[line.find("\"previous\":\"").unwrap() + 12..][..64];
    scene.write(LEDGER, &line.replacen(previous, &"0".repeat(64), 1));
    refused(&scene, "ledger.jsonl:1: ends something that was never begun");
}

#[test]
fn a_clock_behind_the_ledger_writes_nothing() {
    let scene = four_lines();
    scene.wait(-3);
    scene.release("1.1.0");
    let words = "--to development --version 1.1.0 --release RELEASE-1.1.0";
    scene.approve(words);
    assert!(scene.refused(words).contains("the clock is behind the ledger"));
    assert_eq!(scene.records().len(), 4);
}

#[test]
fn two_promotions_at_once_are_one_too_many() {
    let scene = four_lines();
    let held = fs::File::open(scene.path(LEDGER)).unwrap();
    held.lock().unwrap();
    refused(&scene, "another promotion is at work");
    held.unlock().unwrap();
    scene.promote(NEXT).unwrap();
}

#[test]
fn the_ledgers_new_lines_are_pushed_to_a_branch() {
    let scene = Scene::new();
    let remote = scene.path("remote.git").display().to_string();
    scene.git(CY, &["init", "--quiet", "--bare", &remote]);
    scene.git(CY, &["remote", "add", "origin", &remote]);
    scene.promote("--record origin").unwrap();
    assert!(scene.said().contains("the ledger is empty"));

    let words = "--to development --version 1.0.0 --release RELEASE-1.0.0";
    scene.approve(words);
    scene.promote(words).unwrap();
    let before = scene.git(CY, &["rev-parse", "HEAD"]);
    scene.promote("--record origin").unwrap();
    let changed = scene.git(CY, &["diff", "--name-only", &before, "HEAD"]);
    assert_eq!(changed, "promotions/ledger.jsonl");
    let pushed = scene.git(CY, &["ls-remote", "--heads", "origin", "promotions/*"]);
    assert!(pushed.starts_with(&scene.git(CY, &["rev-parse", "HEAD"])), "{pushed}");
    scene.promote("--record origin").unwrap();
    assert!(scene.said().contains("no new line"));
}
