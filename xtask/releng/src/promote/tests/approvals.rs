//! Who may approve what, and how.

use std::path::Path;

use super::scene::{ANN, BEN, CY, Scene};

const DEVELOPMENT: &str = "--to development --version 1.0.0 --release RELEASE-1.0.0";
const FILE: &str = "repo/promotions/1.0.0-development.toml";
const BENS: &str = "Merge\n\nSigned-off-by: Ben <ben@example.com>";

/// Proposed by Ann; what follows is the test's.
fn proposed() -> Scene {
    let scene = Scene::new();
    scene.propose(DEVELOPMENT);
    scene
}

fn refused(scene: &Scene, why: &str) {
    let refusal = scene.refused(DEVELOPMENT);
    assert!(refusal.contains(&format!("gate approval: {why}")) || refusal.contains(why), "{refusal}");
    assert!(scene.calls().is_empty() && scene.records().is_empty());
}

#[test]
fn promote_refuses_without_approval() {
    let scene = proposed();
    refused(&scene, "nobody approved this: promotions/1.0.0-development.toml is not in this branch");
}

#[test]
fn promote_refuses_a_file_that_was_not_merged() {
    let scene = proposed();
    scene.git(BEN, &["merge", "--quiet", "--ff-only", "proposal"]);
    refused(&scene, "which is no merge of a branch");
    // Neither is a squash, whoever makes it.
    let scene = proposed();
    scene.git(BEN, &["merge", "--quiet", "--squash", "proposal"]);
    scene.git(BEN, &["commit", "--quiet", "-m", BENS]);
    refused(&scene, "which is no merge of a branch");
}

#[test]
fn promote_refuses_an_approver_who_is_the_author() {
    let scene = proposed();
    scene.merge(ANN, "Merge\n\nSigned-off-by: Ann <ann@example.com>");
    refused(&scene, "ann@example.com wrote promotions/1.0.0-development.toml and merged it");
    // Whatever the case of the letters.
    let scene = proposed();
    scene.merge(("Ann", "ANN@example.com"), "Merge\n\nSigned-off-by: Ann <Ann@Example.com>");
    refused(&scene, "author and approver must be two people");
}

#[test]
fn promote_refuses_an_author_under_another_name() {
    // Committed by Ben in Ann's name.
    let scene = proposed();
    scene.git(BEN, &["checkout", "--quiet", "proposal"]);
    scene.git(BEN, &["commit", "--quiet", "--amend", "--no-edit", "--author", "Ann <ann@example.com>"]);
    scene.git(BEN, &["checkout", "--quiet", "main"]);
    scene.merge(BEN, BENS);
    refused(&scene, "ben@example.com wrote");
    // Written under an address that .mailmap knows to be Ben's.
    let scene = Scene::new();
    scene.write("repo/.mailmap", "Ben <ben@example.com> <ben@home.example>\n");
    scene.commit(CY, "Map");
    scene.git(ANN, &["checkout", "--quiet", "-B", "proposal"]);
    scene.promote(&format!("{DEVELOPMENT} --propose --reason tested")).unwrap();
    scene.commit(("Ben", "ben@home.example"), "Propose");
    scene.git(ANN, &["checkout", "--quiet", "main"]);
    scene.merge(BEN, BENS);
    refused(&scene, "ben@example.com wrote");
}

#[test]
fn promote_refuses_a_merge_that_is_not_signed_off() {
    let scene = proposed();
    scene.merge(BEN, "Merge");
    refused(&scene, "has no Signed-off-by of ben@example.com, who made it");
    let scene = proposed();
    scene.merge(BEN, "Merge\n\nSigned-off-by: Ann <ann@example.com>");
    refused(&scene, "has no Signed-off-by of ben@example.com, who made it");
}

#[test]
fn promote_refuses_whoever_is_no_approver() {
    let scene = proposed();
    scene.merge(CY, "Merge\n\nSigned-off-by: Cy <cy@example.com>");
    refused(&scene, "cy@example.com merged it, but is not among the approvers");
}

#[test]
fn a_merge_by_githubs_button_is_that_of_who_pressed_it() {
    let merged = |author: (&str, &str), trailer: &str| {
        let scene = proposed();
        scene.merge(("GitHub", "noreply@github.com"), &format!("Merge\n\nSigned-off-by: {trailer}"));
        let author = format!("{} <{}>", author.0, author.1);
        scene
            .git(("GitHub", "noreply@github.com"), &["commit", "--quiet", "--amend", "--no-edit", "--author", &author]);
        scene
    };
    merged(BEN, "Ben <ben@example.com>").promote(DEVELOPMENT).unwrap();
    refused(&merged(ANN, "Ann <ann@example.com>"), "author and approver must be two people");
}

#[test]
fn promote_refuses_a_file_that_changed_after_the_merge() {
    let scene = proposed();
    scene.merge(BEN, BENS);
    scene.write(FILE, &scene.read(FILE).replace("tested", "tested twice"));
    scene.commit(ANN, "Reword");
    refused(&scene, "which is no merge of a branch");
}

#[test]
fn promote_refuses_a_file_that_the_merge_itself_changed() {
    let scene = proposed();
    scene.git(BEN, &["merge", "--quiet", "--no-ff", "--no-commit", "proposal"]);
    scene.write(FILE, &scene.read(FILE).replace("tested", "tested twice"));
    scene.git(BEN, &["add", "--all"]);
    scene.git(BEN, &["commit", "--quiet", "-m", BENS]);
    refused(&scene, "is not what was reviewed");
}

#[test]
fn promote_refuses_an_approval_of_something_else() {
    let edited = |from: &str, to: &str| {
        let scene = Scene::new();
        scene.git(ANN, &["checkout", "--quiet", "-B", "proposal"]);
        scene.promote(&format!("{DEVELOPMENT} --propose --reason tested")).unwrap();
        let text = scene.read(FILE);
        assert!(text.contains(from), "{text}");
        scene.write(FILE, &text.replace(from, to));
        scene.commit(ANN, "Propose");
        scene.git(ANN, &["checkout", "--quiet", "main"]);
        scene.merge(BEN, BENS);
        scene
    };
    refused(&edited("\"1.0.0\"", "\"1.0.1\""), "approves something else");
    refused(&edited("to = \"development\"", "to = \"production\""), "approves something else");
    refused(&edited("sums = \"", "sums = \"00"), "approves other bytes");
    refused(&edited("\"tested\"", "\" \""), "gives no reason");
    refused(&edited("reason", "because"), "unknown field `because`");
}

#[test]
fn an_approval_is_good_once() {
    let scene = Scene::new();
    scene.bring("1.0.0", "development");
    scene.release("1.1.0");
    scene.bring("1.1.0", "development");
    let back = "--to development --rollback --release RELEASE-1.0.0";
    scene.approve(back);
    scene.promote(back).unwrap();
    scene.commit(CY, "Record");
    let again = "--to development --version 1.1.0 --release RELEASE-1.1.0";
    let refusal = scene.refused(again);
    assert!(refusal.contains("was used on") && refusal.contains("propose again"), "{refusal}");
    scene.wait(1);
    scene.approve(again);
    scene.promote(again).unwrap();
}

#[test]
fn nobody_approves_until_the_owner_names_people() {
    // The policy as it is committed here.
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../promotions/policy.toml");
    let scene = Scene::with_policy(|_| std::fs::read_to_string(&ours).unwrap());
    scene.approve(DEVELOPMENT);
    refused(&scene, "ben@example.com merged it, but is not among the approvers");
}

#[test]
fn a_policy_that_is_not_understood_is_no_policy() {
    for (from, to, fault) in [
        ("approvers", "aprovers", "unknown field `aprovers`"),
        ("soak_hours = 24", "soak_hours = -1", "soak_hours"),
        ("soak_hours = 0", "soak_hours = 1", "nothing comes before development"),
        ("[production]\nsoak_hours = 24", "[production]", "missing field `soak_hours`"),
    ] {
        let scene = Scene::with_policy(|policy| policy.replacen(from, to, 1));
        let refusal = scene.refused(DEVELOPMENT);
        assert!(refusal.contains("promotions/policy.toml") && refusal.contains(fault), "{refusal}");
    }
}
