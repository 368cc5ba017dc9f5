//! Approvals: by whom, of what, and how.

use std::path::Path;

use super::support::{ANN, BEN, CY, TestEnv};

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";
const FILE: &str = "repo/promotions/1.0.0-development.toml";
const BENS: &str = "Merge\n\nSigned-off-by: Ben <ben@example.com>";

/// A repository with a proposal by Ann.
fn proposed() -> TestEnv {
    let env = TestEnv::new();
    env.propose(DEVELOPMENT);
    env
}

fn refused(env: &TestEnv, why: &str) {
    let refusal = env.refused(DEVELOPMENT);
    assert!(refusal.contains(&format!("gate approval: {why}")) || refusal.contains(why), "{refusal}");
    assert!(env.calls().is_empty() && env.records().is_empty());
}

#[test]
fn refuses_without_approval() {
    let env = proposed();
    refused(&env, "nobody approved this: promotions/1.0.0-development.toml is not in this branch");
}

#[test]
fn refuses_a_file_that_was_not_merged() {
    let env = proposed();
    env.git(BEN, &["merge", "--quiet", "--ff-only", "proposal"]);
    refused(&env, "which is no merge of a branch");
    // A squash is no merge either.
    let env = proposed();
    env.git(BEN, &["merge", "--quiet", "--squash", "proposal"]);
    env.git(BEN, &["commit", "--quiet", "-m", BENS]);
    refused(&env, "which is no merge of a branch");
}

#[test]
fn refuses_an_approver_who_is_the_author() {
    let env = proposed();
    env.merge(ANN, "Merge\n\nSigned-off-by: Ann <ann@example.com>");
    refused(&env, "ann@example.com wrote promotions/1.0.0-development.toml and merged it");
    // Letters are compared without regard to case.
    let env = proposed();
    env.merge(("Ann", "ANN@example.com"), "Merge\n\nSigned-off-by: Ann <Ann@Example.com>");
    refused(&env, "author and approver must be two people");
}

#[test]
fn refuses_an_author_under_another_name() {
    // Committed by Ben in Ann's name.
    let env = proposed();
    env.git(BEN, &["checkout", "--quiet", "proposal"]);
    env.git(BEN, &["commit", "--quiet", "--amend", "--no-edit", "--author", "Ann <ann@example.com>"]);
    env.git(BEN, &["checkout", "--quiet", "main"]);
    env.merge(BEN, BENS);
    refused(&env, "ben@example.com wrote");
    // Written under an address that .mailmap knows to be Ben's.
    let env = TestEnv::new();
    env.write("repo/.mailmap", "Ben <ben@example.com> <ben@home.example>\n");
    env.commit(CY, "Map");
    env.git(ANN, &["checkout", "--quiet", "-B", "proposal"]);
    env.promote(&format!("{DEVELOPMENT} --propose --reason tested")).unwrap();
    env.commit(("Ben", "ben@home.example"), "Propose");
    env.git(ANN, &["checkout", "--quiet", "main"]);
    env.merge(BEN, BENS);
    refused(&env, "ben@example.com wrote");
}

#[test]
fn refuses_a_merge_that_is_not_signed_off() {
    let env = proposed();
    env.merge(BEN, "Merge");
    refused(&env, "has no Signed-off-by of ben@example.com, who made it");
    let env = proposed();
    env.merge(BEN, "Merge\n\nSigned-off-by: Ann <ann@example.com>");
    refused(&env, "has no Signed-off-by of ben@example.com, who made it");
}

#[test]
fn refuses_a_person_who_is_no_approver() {
    let env = proposed();
    env.merge(CY, "Merge\n\nSigned-off-by: Cy <cy@example.com>");
    refused(&env, "cy@example.com merged it, but is not among the approvers");
}

#[test]
fn a_merge_by_githubs_button_counts_for_the_person_who_pressed_it() {
    let merged = |author: (&str, &str), trailer: &str| {
        let env = proposed();
        env.merge(("GitHub", "noreply@github.com"), &format!("Merge\n\nSigned-off-by: {trailer}"));
        let author = format!("{} <{}>", author.0, author.1);
        env.git(("GitHub", "noreply@github.com"), &["commit", "--quiet", "--amend", "--no-edit", "--author", &author]);
        env
    };
    merged(BEN, "Ben <ben@example.com>").promote(DEVELOPMENT).unwrap();
    refused(&merged(ANN, "Ann <ann@example.com>"), "author and approver must be two people");
}

#[test]
fn refuses_a_file_that_changed_after_the_merge() {
    let env = proposed();
    env.merge(BEN, BENS);
    env.write(FILE, &env.read(FILE).replace("tested", "tested twice"));
    env.commit(ANN, "Reword");
    refused(&env, "which is no merge of a branch");
}

#[test]
fn refuses_a_file_that_the_merge_itself_changed() {
    let env = proposed();
    env.git(BEN, &["merge", "--quiet", "--no-ff", "--no-commit", "proposal"]);
    env.write(FILE, &env.read(FILE).replace("tested", "tested twice"));
    env.git(BEN, &["add", "--all"]);
    env.git(BEN, &["commit", "--quiet", "-m", BENS]);
    refused(&env, "is not what was reviewed");
}

#[test]
fn refuses_an_approval_of_something_else() {
    let edited = |from: &str, to: &str| {
        let env = TestEnv::new();
        env.git(ANN, &["checkout", "--quiet", "-B", "proposal"]);
        env.promote(&format!("{DEVELOPMENT} --propose --reason tested")).unwrap();
        let text = env.read(FILE);
        assert!(text.contains(from), "{text}");
        env.write(FILE, &text.replace(from, to));
        env.commit(ANN, "Propose");
        env.git(ANN, &["checkout", "--quiet", "main"]);
        env.merge(BEN, BENS);
        env
    };
    refused(&edited("\"1.0.0\"", "\"1.0.1\""), "approves another change");
    refused(&edited("to = \"development\"", "to = \"production\""), "approves another change");
    refused(&edited("sums = \"", "sums = \"00"), "approves other bytes");
    refused(&edited("\"tested\"", "\" \""), "gives no reason");
    refused(&edited("reason", "because"), "unknown field `because`");
}

#[test]
fn an_approval_is_valid_once() {
    let env = TestEnv::new();
    env.deploy("1.0.0", "development");
    env.release("1.1.0");
    env.deploy("1.1.0", "development");
    let back = "--to development --rollback --release RELEASE-1.0.0";
    env.approve(back);
    env.promote(back).unwrap();
    env.commit(CY, "Record");
    let again = "--to development --version 1.1.0 --release RELEASE-1.1.0";
    let refusal = env.refused(again);
    assert!(refusal.contains("was used on") && refusal.contains("propose again"), "{refusal}");
    env.wait(1);
    env.approve(again);
    env.promote(again).unwrap();
}

#[test]
fn refuses_everyone_while_no_approver_is_listed() {
    // The policy as it is committed here.
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../promotions/policy.toml");
    let env = TestEnv::with_policy(|_| std::fs::read_to_string(&ours).unwrap());
    env.approve(DEVELOPMENT);
    refused(&env, "ben@example.com merged it, but is not among the approvers");
}

#[test]
fn refuses_an_invalid_policy() {
    for (from, to, fault) in [
        ("approvers", "aprovers", "unknown field `aprovers`"),
        ("soak_hours = 24", "soak_hours = -1", "soak_hours"),
        ("soak_hours = 0", "soak_hours = 1", "nothing comes before development"),
        ("[production]\nsoak_hours = 24", "[production]", "missing field `soak_hours`"),
    ] {
        let env = TestEnv::with_policy(|policy| policy.replacen(from, to, 1));
        let refusal = env.refused(DEVELOPMENT);
        assert!(refusal.contains("promotions/policy.toml") && refusal.contains(fault), "{refusal}");
    }
}
