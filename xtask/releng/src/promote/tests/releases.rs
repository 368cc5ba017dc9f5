//! Folders that hold no release, or one that was changed.

use std::fs;

use super::support::{ANN, TestEnv, flip};
use crate::manifest::PRODUCT;
use crate::sign::NAMESPACE;

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";
const STAGING: &str = "--to staging --version 1.0.0 --release RELEASE-1.0.0";
const KIT: &str = "release-1.0.0/chefstackz-zammad-connector-1.0.0-linux-amd64.tar";

/// The refusal of a release that was approved and then changed.
fn changed(change: impl FnOnce(&TestEnv)) -> String {
    let env = TestEnv::new();
    env.approve(DEVELOPMENT);
    change(&env);
    let refusal = env.refused(DEVELOPMENT);
    assert!(env.calls().is_empty() && env.records().is_empty(), "{refusal}");
    refusal
}

#[test]
fn refuses_an_unreleased_version() {
    let env = TestEnv::new();
    let refusal = env.refused("--to development --version 2.0.0 --release RELEASE-2.0.0");
    assert!(refusal.contains("2.0.0 is not released there"), "{refusal}");
    let refusal = env.refused("--to development --version 2.0.0 --release RELEASE-1.0.0");
    assert!(refusal.contains("gate released: 2.0.0 is not released: release.json is that of 1.0.0"), "{refusal}");
}

#[test]
fn refuses_a_version_without_its_tag() {
    let refusal = changed(|env| drop(env.git(ANN, &["tag", "-d", "v1.0.0"])));
    assert!(refusal.contains("gate released: 1.0.0 is not released: there is no tag v1.0.0"), "{refusal}");
}

#[test]
fn refuses_a_moved_tag() {
    let refusal = changed(|env| drop(env.git(ANN, &["tag", "-f", "v1.0.0", "HEAD"])));
    assert!(refusal.contains("one of them was moved"), "{refusal}");
}

#[test]
fn refuses_a_changed_digest() {
    let refusal = changed(|env| flip(&env.path(KIT)));
    let name = KIT.rsplit('/').next().unwrap();
    assert!(refusal.contains(&format!("gate digests: {name} is not what was released")), "{refusal}");
}

#[test]
fn refuses_a_missing_kit() {
    let refusal = changed(|env| fs::remove_file(env.path(KIT)).unwrap());
    assert!(refusal.contains("linux-amd64.tar is listed, but missing"), "{refusal}");
}

#[test]
fn refuses_a_release_that_changed_since_the_stage_before() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.wait(1);
    // A new release with a valid signature: only the ledger has the old digest.
    flip(&env.path(KIT));
    env.sum_up("1.0.0");
    let refusal = env.refused(STAGING);
    assert!(refusal.contains("gate digests: 1.0.0 has changed since it went to development on"), "{refusal}");
}

#[test]
fn refuses_a_list_that_names_too_little_or_too_much() {
    let listed = |edit: fn(String) -> String| {
        changed(|env| {
            let sums = "release-1.0.0/SHA256SUMS";
            env.write(sums, &edit(env.read(sums)));
            env.sign("1.0.0", "key", NAMESPACE);
        })
    };
    assert!(listed(|text| without(&text, "release.json")).contains("SHA256SUMS does not list release.json"));
    assert!(listed(|text| without(&text, PRODUCT)).contains("SHA256SUMS lists no kit of 1.0.0"));
    assert!(listed(|text| format!("{text}{text}")).contains("is listed twice"));
    assert!(listed(|text| format!("{text}{}  ../a\n", "0".repeat(64))).contains("is not the name of a file"));
    assert!(listed(|text| format!("{text}what\n")).contains("SHA256SUMS:3: not a digest and a name"));
    assert!(listed(|text| text.to_uppercase()).contains("SHA256SUMS:1: not a SHA-256"));
}

fn without(text: &str, part: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.contains(part)).collect()
}

#[test]
fn refuses_a_signature_that_is_missing_or_not_ours() {
    let refusal = changed(|env| fs::remove_file(env.path("release-1.0.0/SHA256SUMS.sig")).unwrap());
    assert!(refusal.contains("gate signature: the release is not signed"), "{refusal}");
    let refusal = changed(|env| {
        env.make_key("other");
        env.sign("1.0.0", "other", NAMESPACE);
    });
    assert!(refusal.contains("gate signature: the signature of SHA256SUMS: the signature is not one by"), "{refusal}");
    let refusal = changed(|env| env.sign("1.0.0", "key", "file"));
    assert!(refusal.contains("gate signature: the signature of SHA256SUMS: the signature is not one by"), "{refusal}");
    let refusal = changed(|env| fs::remove_file(env.path("signers")).unwrap());
    assert!(refusal.contains("gate signature: there is no list of signers at"), "{refusal}");
}

#[test]
fn refuses_to_propose_a_damaged_release() {
    let env = TestEnv::new();
    flip(&env.path(KIT));
    let refusal = env.refused(&format!("{DEVELOPMENT} --propose --reason x"));
    assert!(refusal.contains("gate digests"), "{refusal}");
    assert!(!env.path("repo/promotions/1.0.0-development.toml").exists());
}
