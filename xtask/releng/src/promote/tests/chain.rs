//! The ledger: every change to its lines is detected.

use std::fs;
use std::path::Path;

use super::support::{ANN, CY, TestEnv};
use crate::promote::ledger;

const LEDGER: &str = "repo/promotions/ledger.jsonl";
const NEXT: &str = "--to staging --version 1.0.0 --release RELEASE-1.0.0";

/// Two promotions, four lines, recorded in git.
fn four_lines() -> TestEnv {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.wait(1);
    env.deploy("1.0.0", "staging");
    env
}

fn refused(env: &TestEnv, why: &str) {
    let refusal = env.refused(NEXT);
    assert!(refusal.starts_with("refused by the gate ledger: ") && refusal.contains(why), "{refusal}");
}

fn lines(env: &TestEnv) -> Vec<String> {
    env.read(LEDGER).split_inclusive('\n').map(str::to_owned).collect()
}

#[test]
fn detects_a_changed_line() {
    let env = four_lines();
    let mut lines = lines(&env);
    assert_eq!(lines.len(), 4);
    lines[1] = lines[1].replace("Dee", "Eve");
    env.write(LEDGER, &lines.concat());
    refused(&env, "promotions/ledger.jsonl:3: the chain is broken");
}

#[test]
fn the_chain_detects_every_changed_byte() {
    let env = four_lines();
    let bytes = env.read(LEDGER).into_bytes();
    // No line follows the last one; git detects its change (`git_detects_a_shortened_ledger`).
    let chained = bytes.len() - lines(&env)[3].len();
    assert!(ledger::parse(&bytes).is_ok() && chained > 1_000);
    for at in 0..chained {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        assert!(ledger::parse(&bytes).is_err(), "byte {at}");
    }
}

#[test]
fn our_own_ledger_is_valid() {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../promotions/ledger.jsonl");
    ledger::parse(&fs::read(ours).unwrap()).unwrap();
}

#[test]
fn detects_removed_moved_and_added_lines() {
    let env = four_lines();
    let lines = lines(&env);
    env.write(LEDGER, &lines[1..].concat());
    refused(&env, "ledger.jsonl:1: the chain is broken");
    env.write(LEDGER, &[&lines[0], &lines[2], &lines[1], &lines[3]].map(String::as_str).concat());
    refused(&env, "ledger.jsonl:2: the chain is broken");
    env.write(LEDGER, &[&lines[0], &lines[0], &lines[1]].map(String::as_str).concat());
    refused(&env, "ledger.jsonl:2: the chain is broken");
    env.write(LEDGER, &format!("{}{{}}\n", lines.concat()));
    refused(&env, "ledger.jsonl:5: not a line of the ledger");
}

#[test]
fn detects_a_torn_line() {
    let env = four_lines();
    let text = lines(&env).concat();
    env.write(LEDGER, text.trim_end());
    refused(&env, "ledger.jsonl:4: torn");
}

#[test]
fn git_detects_a_shortened_ledger() {
    let env = four_lines();
    // The remaining chain is valid.
    env.write(LEDGER, &lines(&env)[..2].concat());
    refused(&env, "it does not continue its version of commit");
    env.commit(ANN, "Forget");
    refused(&env, "lines were removed or rewritten");
    fs::remove_file(env.path(LEDGER)).unwrap();
    refused(&env, "lines were removed or rewritten");
    fs::remove_file(env.path(LEDGER)).unwrap();
    env.commit(ANN, "Forget all");
    refused(&env, "removed it");
}

#[test]
fn detects_an_end_without_a_begin() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    // A valid chain, made by hand, that begins with the end of a change.
    let line = lines(&env)[1].clone();
    let previous = &line[line.find("\"previous\":\"").unwrap() + 12..][..64];
    env.write(LEDGER, &line.replacen(previous, &"0".repeat(64), 1));
    refused(&env, "ledger.jsonl:1: ends a change that was never begun");
}

#[test]
fn writes_nothing_if_the_clock_is_behind_the_ledger() {
    let env = four_lines();
    env.wait(-3);
    env.release("1.1.0");
    let words = "--to development --version 1.1.0 --release RELEASE-1.1.0";
    env.approve(words);
    assert!(env.refused(words).contains("the clock is behind the ledger"));
    assert_eq!(env.records().len(), 4);
}

#[test]
fn refuses_a_second_promotion_at_the_same_time() {
    let env = four_lines();
    let held = fs::File::open(env.path(LEDGER)).unwrap();
    held.lock().unwrap();
    refused(&env, "another promotion is running");
    held.unlock().unwrap();
    env.promote(NEXT).unwrap();
}

#[test]
fn pushes_new_lines_to_a_branch() {
    let env = TestEnv::new();
    let remote = env.path("remote.git").display().to_string();
    env.git(CY, &["init", "--quiet", "--bare", &remote]);
    env.git(CY, &["remote", "add", "origin", &remote]);
    env.promote("--record origin").unwrap();
    assert!(env.printed().contains("the ledger is empty"));

    let words = "--to development --version 1.0.0 --release RELEASE-1.0.0";
    env.approve(words);
    env.promote(words).unwrap();
    let before = env.git(CY, &["rev-parse", "HEAD"]);
    env.promote("--record origin").unwrap();
    let changed = env.git(CY, &["diff", "--name-only", &before, "HEAD"]);
    assert_eq!(changed, "promotions/ledger.jsonl");
    let pushed = env.git(CY, &["ls-remote", "--heads", "origin", "promotions/*"]);
    assert!(pushed.starts_with(&env.git(CY, &["rev-parse", "HEAD"])), "{pushed}");
    env.promote("--record origin").unwrap();
    assert!(env.printed().contains("no new line"));
}
